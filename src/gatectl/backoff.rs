//! I/O. Backoff: waiting out a busy table and other writers, never longer than `--timeout`, never all at the same moment.

use std::time::Duration;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use export_gate::register::is_busy;
use tokio::time::Instant;

use crate::aws::TIMEOUT;

/// The first pause for a busy table, which doubles.
const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// The pause for another writer: most of them are done by then.
const FOR_OTHERS: Duration = Duration::from_millis(200);

/// The pause by which bulk work lets other writers go ahead: time for a command that reads anew and writes.
const YIELD: Duration = Duration::from_secs(1);

/// What is left of it.
pub(crate) struct Backoff {
    until: Instant,
    pause: Duration,
}

impl Backoff {
    /// As long as a client's operations may take.
    pub(crate) fn of(dynamodb: &DynamoDb) -> Self {
        let limit = dynamodb.config().timeout_config().and_then(|timeouts| timeouts.operation_timeout());
        let limit = limit.unwrap_or(Duration::from_secs(TIMEOUT));
        let now = Instant::now();
        Self { until: now.checked_add(limit).unwrap_or(now), pause: FIRST }
    }

    /// Waits for a busy table, longer each time; false at once where the time is up.
    pub(crate) async fn wait(&mut self) -> bool {
        let pause = self.pause;
        self.pause = self.pause.saturating_mul(2).min(LONGEST);
        self.sleep(pause).await
    }

    /// Waits for another writer; false at once where the time is up.
    pub(crate) async fn wait_for_others(&mut self) -> bool {
        self.sleep(FOR_OTHERS).await
    }

    /// Lets other writers go ahead of bulk work; false at once where the time is up.
    pub(crate) async fn let_others_ahead(&mut self) -> bool {
        self.sleep(YIELD).await
    }

    async fn sleep(&self, pause: Duration) -> bool {
        let is_left = Instant::now() < self.until;
        if is_left {
            tokio::time::sleep(jittered(pause).min(self.until.saturating_duration_since(Instant::now()))).await;
        }
        is_left
    }
}

/// Sends a read until the table has time for it, or the client's operation time-out is over.
pub(crate) async fn patiently<T, E: ProvideErrorMetadata>(
    dynamodb: &DynamoDb,
    send: impl AsyncFn() -> Result<T, SdkError<E>>,
) -> Result<T, SdkError<E>> {
    let mut backoff = Backoff::of(dynamodb);
    loop {
        match send().await {
            Err(error)
                if error.as_service_error().is_some_and(|error| is_busy(error.code())) && backoff.wait().await => {}
            answer => return answer,
        }
    }
}

/// Half of the pause, and by chance up to as much again, so that two who wait don't meet again.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [0_u8; 1];
    let chance = getrandom::fill(&mut byte).map_or(0, |()| u32::from(byte[0]));
    let half = pause.checked_div(2).unwrap_or_default();
    half.saturating_add(half.saturating_mul(chance).checked_div(255).unwrap_or_default())
}
