//! Pure. Turns a panic into a 500 answer, so that the environment survives.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

use crate::answer::Answer;
use crate::telemetry::RequestLog;
use crate::terms::Code;

/// The result of `handled`, or a 500 if it panics. State shared with later requests stays consistent: the ledger notes each
/// write before sending it, and completes permits that are dropped.
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
    async fn a_panic_is_answered_with_a_problem_without_its_message() {
        let (answer, log) = unless_it_panics(async { panic!("a secret") }).await;
        assert_eq!((answer.status(), log.status), (500, 500));
        let payload = serde_json::to_string(&answer.into_payload()).unwrap();
        assert!(payload.contains("urn:export-gate:internal.failure"));
        assert!(!payload.contains("secret"));
    }
}
