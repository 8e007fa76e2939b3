//! Pure. The relay's actions, and the operations that a rule receives.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use crate::BoxFuture;

/// A received operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// `GetItem`, `BatchGetItem`, `Query`, `PutItem`, `UpdateItem`, `TransactWriteItems`, …
    pub operation: String,
    /// The request.
    pub body: Value,
    /// The number of this operation's request, from 1; retries count.
    pub count: usize,
}

impl Seen {
    /// Whether it uses this table.
    pub fn touches(&self, table: &str) -> bool {
        let named = |request: &Value| request["TableName"] == table;
        let in_batch = self.body["RequestItems"].get(table).is_some();
        let in_transaction = self.body["TransactItems"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .flat_map(|part| part.values())
            .any(named);
        named(&self.body) || in_batch || in_transaction
    }
}

/// What the relay does with an operation.
pub enum Action {
    /// Forwards the request and the answer.
    Forward,
    /// Closes the connection without forwarding the request.
    Refuse,
    /// Forwards the request, then closes the connection without an answer.
    LoseAnswer,
    /// Forwards the request, then closes the connection after half of the answer.
    Truncate,
    /// Forwards the request twice and returns the first answer.
    Duplicate,
    /// Neither forwards nor answers the request.
    Hang,
    /// Forwards the request, but never answers.
    HangAfter,
    /// Returns this answer without forwarding the request.
    Reply {
        /// The HTTP status.
        status: u16,
        /// The body.
        json: Value,
    },
    /// Forwards the request and changes the answer's body.
    Rewrite(Box<dyn FnOnce(Value) -> Value + Send>),
    /// Forwards the request and changes the answer, including status and headers.
    Remake(Box<dyn FnOnce(Response<Bytes>) -> Response<Bytes> + Send>),
    /// Forwards the request and runs this before it returns the answer.
    Then(Box<dyn FnOnce() -> BoxFuture<()> + Send>),
    /// Forwards the request after this time.
    Delay(Duration),
}

impl Action {
    /// [`Action::Rewrite`] by a closure.
    pub fn rewrite(rewrite: impl FnOnce(Value) -> Value + Send + 'static) -> Action {
        Action::Rewrite(Box::new(rewrite))
    }

    /// [`Action::Remake`] by a closure.
    pub fn remake(remake: impl FnOnce(Response<Bytes>) -> Response<Bytes> + Send + 'static) -> Action {
        Action::Remake(Box::new(remake))
    }

    /// [`Action::Then`] by an async closure or a function that returns a future.
    pub fn then<F>(hook: impl FnOnce() -> F + Send + 'static) -> Action
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Action::Then(Box::new(|| Box::pin(hook())))
    }

    /// A throttling error, which the SDK retries.
    pub fn throttled() -> Action {
        let name = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";
        Action::error(400, name, "throttled by the relay")
    }

    /// An internal error of DynamoDB, which the SDK retries.
    pub fn internal_error() -> Action {
        let name = "com.amazonaws.dynamodb.v20120810#InternalServerError";
        Action::error(500, name, "failed by the relay")
    }

    /// A missing permission, which the SDK does not retry.
    pub fn access_denied() -> Action {
        let name = "com.amazon.coral.service#AccessDeniedException";
        Action::error(400, name, "denied by the relay")
    }

    /// An error by its full name.
    pub fn error(status: u16, name: &str, message: &str) -> Action {
        Action::Reply { status, json: json!({"__type": name, "message": message}) }
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Action::Forward => "Forward",
            Action::Refuse => "Refuse",
            Action::LoseAnswer => "LoseAnswer",
            Action::Truncate => "Truncate",
            Action::Duplicate => "Duplicate",
            Action::Hang => "Hang",
            Action::HangAfter => "HangAfter",
            Action::Reply { .. } => "Reply",
            Action::Rewrite(_) => "Rewrite",
            Action::Remake(_) => "Remake",
            Action::Then(_) => "Then",
            Action::Delay(_) => "Delay",
        })
    }
}
