//! Pure. The relay's actions, and the operations that a rule receives.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use export_gate::aws::calls::Call;
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

    /// The calls among `calls` that it consists of; its text for one that is not among them. `variables` names the tables.
    pub fn calls(&self, calls: &[Call], variables: &[(String, String)]) -> Vec<Result<Call, String>> {
        let operation = self.operation.as_str();
        let parts: Vec<(&str, &str, Vec<&Value>, &Value)> = match operation {
            "BatchGetItem" => {
                let tables = self.body["RequestItems"].as_object().into_iter().flatten();
                tables
                    .map(|(table, request)| {
                        (operation, table.as_str(), request["Keys"].as_array().into_iter().flatten().collect(), request)
                    })
                    .collect()
            }
            "TransactGetItems" | "TransactWriteItems" => {
                let parts = self.body["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object);
                let action = |kind: &str| match kind {
                    "Get" => "GetItem",
                    "Put" => "PutItem",
                    "Update" => "UpdateItem",
                    "Delete" => "DeleteItem",
                    _ => "ConditionCheckItem",
                };
                let parts = parts.flatten();
                parts.map(|(kind, part)| (action(kind), text(&part["TableName"]), vec![&part["Key"]], part)).collect()
            }
            _ => vec![(operation, text(&self.body["TableName"]), vec![&self.body["Key"]], &self.body)],
        };
        let find = |(action, table, keys, request): (&str, &str, Vec<&Value>, &Value)| {
            let below = request["IndexName"].as_str().map(|index| format!("/index/{index}")).unwrap_or_default();
            let partition = |key: &Value| ["id", "kind", "licence"].map(|name| text(&key[name]["S"]).to_owned());
            let is_key = |call: &Call, key: &Value| {
                call.keys.iter().any(|start| partition(key).iter().any(|text| text.starts_with(start)))
            };
            let is_call = |call: &&Call| {
                call.action.strip_prefix("dynamodb:") == Some(action)
                    && variables.iter().any(|(name, value)| name == call.on && value == table)
                    && call.below == below
                    && (call.keys.is_empty() || keys.iter().all(|key| is_key(call, key)))
            };
            calls.iter().find(is_call).copied().ok_or_else(|| format!("{action} on {table}{below} by {keys:?}"))
        };
        parts.into_iter().map(find).collect()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
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
