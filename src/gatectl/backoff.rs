//! I/O. Backoff for a busy table and other writers, with jitter, for at most `--timeout`.

use std::time::Duration;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use export_gate::register::is_busy;
use tokio::time::Instant;

use crate::aws::TIMEOUT;

/// The first pause for a busy table; each is twice as long as the one before.
const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// The pause for another writer; most finish within it.
const FOR_OTHERS: Duration = Duration::from_millis(200);

/// The pause of bulk work for other writers: time for a command that reads and writes.
const YIELD: Duration = Duration::from_secs(1);

/// A wait with a deadline.
pub(crate) struct Backoff {
    until: Instant,
    pause: Duration,
}

impl Backoff {
    /// A wait for as long as the client's operation time-out.
    pub(crate) fn of(dynamodb: &DynamoDb) -> Self {
        let limit = dynamodb.config().timeout_config().and_then(|timeouts| timeouts.operation_timeout());
        let limit = limit.unwrap_or(Duration::from_secs(TIMEOUT));
        let now = Instant::now();
        Self { until: now.checked_add(limit).unwrap_or(now), pause: FIRST }
    }

    /// Waits for a busy table, longer each time; returns false at once after the deadline.
    pub(crate) async fn wait(&mut self) -> bool {
        let pause = self.pause;
        self.pause = self.pause.saturating_mul(2).min(LONGEST);
        self.sleep(pause).await
    }

    /// Waits for another writer; returns false at once after the deadline.
    pub(crate) async fn wait_for_others(&mut self) -> bool {
        self.sleep(FOR_OTHERS).await
    }

    /// Yields to other writers; returns false at once after the deadline.
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

/// Retries a read while the table is busy, until the client's operation time-out.
pub(crate) async fn with_backoff<T, E: ProvideErrorMetadata>(
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

/// A random duration between half of the pause and all of it.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [0_u8; 1];
    let random = getrandom::fill(&mut byte).map_or(0, |()| u32::from(byte[0]));
    let half = pause.checked_div(2).unwrap_or_default();
    half.saturating_add(half.saturating_mul(random).checked_div(255).unwrap_or_default())
}
