//! Pure. A panic ends one request, not the environment.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

use crate::answer::Answer;
use crate::telemetry::RequestLog;
use crate::terms::Code;

/// What the request comes to, or a 500 where it panics. What it shares with later requests is behind locks that a panic
/// leaves as they were: the ledger notes what it sends before it sends it, and completes what was dropped.
pub async fn unless_it_panics(handled: impl Future<Output = (Answer, RequestLog)>) -> (Answer, RequestLog) {
    AssertUnwindSafe(handled).catch_unwind().await.unwrap_or_else(|_| {
        let code = Code::InternalFailure;
        (Answer::failure(code), RequestLog { codes: vec![code], status: code.status(), ..RequestLog::default() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_answered_as_a_problem() {
        let (answer, log) = unless_it_panics(async { panic!("a secret") }).await;
        assert_eq!((answer.status(), log.status), (500, 500));
        let payload = serde_json::to_string(&answer.into_payload()).unwrap();
        assert!(payload.contains("urn:export-gate:internal.failure"));
        assert!(!payload.contains("secret"));
    }
}
