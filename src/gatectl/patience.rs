//! I/O. Waiting out a table that is asked too much: longer each time, never for ever, and never all at the same moment.

use std::time::Duration;

/// How often it is waited before it is given up.
const TRIES: u32 = 10;
/// The first pause, which doubles.
const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// What is left of it.
pub(crate) struct Patience {
    tries: u32,
    pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { tries: TRIES, pause: FIRST }
    }
}

impl Patience {
    /// Waits; false at once where there is none left.
    pub(crate) async fn wait(&mut self) -> bool {
        let Some(left) = self.tries.checked_sub(1) else { return false };
        self.tries = left;
        tokio::time::sleep(jittered(self.pause)).await;
        self.pause = self.pause.saturating_mul(2).min(LONGEST);
        true
    }
}

/// Half of the pause, and by chance up to as much again, so that two who wait don't meet again.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [0_u8; 1];
    let chance = getrandom::fill(&mut byte).map_or(0, |()| u32::from(byte[0]));
    let half = pause.checked_div(2).unwrap_or_default();
    half.saturating_add(half.saturating_mul(chance).checked_div(255).unwrap_or_default())
}
