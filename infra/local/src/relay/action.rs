//! What a test can have the relay do, and what it can tell requests apart by (no I/O).

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use crate::BoxFuture;

/// An operation that came in.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// `GetItem`, `BatchGetItem`, `Query`, `PutItem`, `UpdateItem`, `TransactWriteItems`, …
    pub operation: String,
    /// The request.
    pub body: Value,
    /// Which one of its operation this is, from 1; a retry counts as another.
    pub count: usize,
}

impl Seen {
    /// Whether it reads or writes this table.
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

/// What becomes of an operation.
pub enum Action {
    /// It is passed on, and so is the answer.
    Forward,
    /// The connection is closed; DynamoDB never hears of it.
    Refuse,
    /// It is passed on, then the connection is closed without an answer.
    LoseAnswer,
    /// It is passed on, then the connection is closed after half of the answer.
    Truncate,
    /// It is passed on twice; the first answer is returned.
    Duplicate,
    /// It is never answered; DynamoDB never hears of it.
    Hang,
    /// It is passed on, and never answered.
    HangAfter,
    /// This is the answer; DynamoDB never hears of it.
    Reply {
        /// The HTTP status.
        status: u16,
        /// The body.
        json: Value,
    },
    /// It is passed on, and the answer is changed on its way back.
    Rewrite(Box<dyn FnOnce(Value) -> Value + Send>),
    /// It is passed on, and the whole answer, its status and headers included, is changed on its way back.
    Remake(Box<dyn FnOnce(Response<Bytes>) -> Response<Bytes> + Send>),
    /// It is passed on; this runs while the answer waits here.
    Then(Box<dyn FnOnce() -> BoxFuture<()> + Send>),
    /// It is passed on after this time.
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

    /// More than the table or the account may do: the SDK retries it.
    pub fn throttled() -> Action {
        let name = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";
        Action::error(400, name, "throttled by the relay")
    }

    /// A fault of DynamoDB itself: the SDK retries it.
    pub fn internal_error() -> Action {
        let name = "com.amazonaws.dynamodb.v20120810#InternalServerError";
        Action::error(500, name, "failed by the relay")
    }

    /// A role without the right: the SDK does not retry it.
    pub fn access_denied() -> Action {
        let name = "com.amazon.coral.service#AccessDeniedException";
        Action::error(400, name, "denied by the relay")
    }

    /// Any other error, by its full name.
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
