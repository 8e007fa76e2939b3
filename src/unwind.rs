//! Pure. A panic ends one request, not the environment.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

use crate::account::Account;
use crate::answer::Answer;
use crate::terms::Code;

/// What the request comes to, or a 500 where it panics. What it shares with later requests is behind locks that a panic
/// leaves as they were: the ledger notes what it sends before it sends it, and completes what was dropped.
pub async fn unless_it_panics(handled: impl Future<Output = (Answer, Account)>) -> (Answer, Account) {
    AssertUnwindSafe(handled).catch_unwind().await.unwrap_or_else(|_| {
        let code = Code::InternalFailure;
        (Answer::trouble(code), Account { codes: vec![code], status: code.status(), ..Account::default() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_answered_as_a_problem() {
        let (answer, account) = unless_it_panics(async { panic!("a secret") }).await;
        assert_eq!((answer.status(), account.status), (500, 500));
        let payload = serde_json::to_string(&answer.into_payload()).unwrap();
        assert!(payload.contains("urn:export-gate:internal.failure"));
        assert!(!payload.contains("secret"));
    }
}
