//! I/O. Lambda's Runtime API, which a function polls for events and posts its answers to.

use std::collections::HashMap;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot, watch};
use tokio::time::Instant;
use uuid::Uuid;

use crate::Error;
use crate::server::{self, Answer, Hangup, Server};

/// Lambda's limit of an answer that is not streamed.
const LARGEST_ANSWER: usize = 6_291_556;

const FUNCTION_ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:export-gate";

const PREFIX: &str = "/2018-06-01/runtime/";

/// The running API of one function.
pub struct RuntimeApi {
    server: Server,
    state: Arc<State>,
}

/// Why an invocation has no answer.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// The function reported an error.
    #[error("the function reported {kind}: {message}")]
    Reported {
        /// `errorType`.
        kind: String,
        /// `errorMessage`.
        message: String,
    },
    /// The time-out.
    #[error("the function did not answer in time")]
    Timeout,
    /// Its process ended first.
    #[error("the function ended ({0})")]
    Exited(ExitStatus),
    /// The function posted invalid JSON.
    #[error("the function's answer is not JSON")]
    NotJson(#[from] serde_json::Error),
}

/// The payload of an invocation: a JSON value, or bytes of any form.
#[derive(Debug, Clone)]
pub struct Event(Bytes);

impl From<Value> for Event {
    fn from(value: Value) -> Self {
        Event(value.to_string().into())
    }
}

impl From<&Value> for Event {
    fn from(value: &Value) -> Self {
        Event(value.to_string().into())
    }
}

impl From<&str> for Event {
    fn from(text: &str) -> Self {
        Event(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl From<Vec<u8>> for Event {
    fn from(bytes: Vec<u8>) -> Self {
        Event(bytes.into())
    }
}

type Outcome = Result<Bytes, FunctionError>;

struct Invocation {
    id: String,
    event: Bytes,
    deadline_ms: u128,
    outcome: oneshot::Sender<Outcome>,
}

struct State {
    queue: mpsc::UnboundedSender<Invocation>,
    waiting: AsyncMutex<mpsc::UnboundedReceiver<Invocation>>,
    running: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
    first_poll: watch::Sender<Option<Instant>>,
}

impl RuntimeApi {
    /// Listens on a free port.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`].
    pub async fn start() -> Result<RuntimeApi, Error> {
        let (queue, waiting) = mpsc::unbounded_channel();
        let state = Arc::new(State {
            queue,
            waiting: AsyncMutex::new(waiting),
            running: Mutex::default(),
            first_poll: watch::Sender::new(None),
        });
        let shared = state.clone();
        let handler = move |request| shared.clone().answer(request);
        let server = Server::start(0, handler).await?;
        Ok(RuntimeApi { server, state })
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`: host and port.
    pub fn address(&self) -> String {
        self.server.address().to_string()
    }

    /// Passes `event` to the function's next poll and waits for its answer. `timeout` sets the deadline that the function
    /// receives.
    ///
    /// # Errors
    ///
    /// The function's error, or a time-out.
    pub async fn invoke(&self, event: impl Into<Event>, timeout: Duration) -> Result<Value, FunctionError> {
        let (outcome, outcome_of) = oneshot::channel();
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let invocation = Invocation {
            id: Uuid::new_v4().to_string(),
            event: event.into().0,
            deadline_ms: (since_epoch + timeout).as_millis(),
            outcome,
        };
        let queued = self.state.queue.send(invocation);
        assert!(queued.is_ok(), "the queue lives as long as the handle");
        let answered = tokio::time::timeout(timeout, outcome_of).await;
        let Ok(Ok(outcome)) = answered else {
            return Err(FunctionError::Timeout);
        };
        Ok(serde_json::from_slice(&outcome?)?)
    }

    /// The time of the function's first poll, which ends its start.
    pub async fn first_poll(&self) -> Instant {
        let mut polled = self.state.first_poll.subscribe();
        let polled = polled.wait_for(Option::is_some).await;
        polled.ok().and_then(|polled| *polled).expect("the state outlives its reader, and the wait is for Some")
    }
}

impl State {
    async fn answer(self: Arc<Self>, request: Request<Bytes>) -> Result<Answer, Hangup> {
        let path = request.uri().path().to_owned();
        let route = path.strip_prefix(PREFIX).unwrap_or_default();
        let route: Vec<&str> = route.split('/').collect();
        let method = request.method().clone();
        Ok(match (method, route.as_slice()) {
            (Method::GET, ["invocation", "next"]) => self.next().await,
            (Method::POST, ["invocation", id, "response"]) => self.finish(id, request.into_body()),
            (Method::POST, ["invocation", id, "error"]) => self.end(id, Err(reported_error(request.body()))),
            (Method::POST, ["init", "error"]) => accepted(),
            _ => error(StatusCode::NOT_FOUND, "NotFound", "no such route"),
        })
    }

    /// Waits for the next invocation, and skips those that timed out.
    async fn next(&self) -> Answer {
        self.first_poll.send_if_modified(|first| {
            let is_first = first.is_none();
            first.get_or_insert_with(Instant::now);
            is_first
        });
        let invocation = loop {
            let next = self.waiting.lock().await.recv().await;
            let next = next.expect("the state itself holds a sender");
            if !next.outcome.is_closed() {
                break next;
            }
        };
        let mut answer = Response::new(Full::new(invocation.event));
        let trace = format!("Root=1-00000000-{};Sampled=0", &Uuid::new_v4().simple().to_string()[..24]);
        let deadline = invocation.deadline_ms.to_string();
        for (name, value) in [
            ("content-type", "application/json"),
            ("lambda-runtime-aws-request-id", invocation.id.as_str()),
            ("lambda-runtime-deadline-ms", deadline.as_str()),
            ("lambda-runtime-invoked-function-arn", FUNCTION_ARN),
            ("lambda-runtime-trace-id", trace.as_str()),
        ] {
            let value = HeaderValue::from_str(value).expect("ids and numbers are printable");
            answer.headers_mut().insert(name, value);
        }
        let mut running = self.running.lock().unwrap();
        running.insert(invocation.id, invocation.outcome);
        answer
    }

    fn finish(&self, id: &str, answer: Bytes) -> Answer {
        if answer.len() <= LARGEST_ANSWER {
            return self.end(id, Ok(answer));
        }
        let kind = "Function.ResponseSizeTooLarge";
        let message = format!("Response payload size exceeded maximum allowed payload size ({LARGEST_ANSWER} bytes).");
        self.end(id, Err(FunctionError::Reported { kind: kind.to_owned(), message: message.clone() }));
        error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
    }

    fn end(&self, id: &str, outcome: Outcome) -> Answer {
        match self.running.lock().unwrap().remove(id) {
            Some(waiting) => {
                let _ = waiting.send(outcome);
                accepted()
            }
            None => error(StatusCode::BAD_REQUEST, "InvalidRequestID", "not running"),
        }
    }
}

fn reported_error(body: &[u8]) -> FunctionError {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |member: &str| body[member].as_str().unwrap_or_default().to_owned();
    FunctionError::Reported { kind: text("errorType"), message: text("errorMessage") }
}

fn accepted() -> Answer {
    let body = json!({"status": "OK"});
    server::json(StatusCode::ACCEPTED, "application/json", &body)
}

fn error(status: StatusCode, kind: &str, message: &str) -> Answer {
    let body = json!({"errorType": kind, "errorMessage": message});
    server::json(status, "application/json", &body)
}
