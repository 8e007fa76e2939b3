//! A stand-in for the SageMaker Runtime: it says what it is, and fails as the service does when told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Error;
use crate::record::Record;
use crate::server::{self, Answer, Hangup, Server};

/// The running stand-in.
pub struct SageMaker {
    server: Server,
    state: Arc<State>,
}

/// What one invocation meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// 200 with a document that says that no model ran, and what came in.
    StandIn,
    /// This answer.
    Answer {
        /// 200 is a model's answer; any other is an error without a type, as a proxy's would be.
        status: u16,
        /// The `Content-Type` of the answer.
        content_type: String,
        /// The answer.
        body: Bytes,
    },
    /// 429 `ModelNotReadyException`: a serverless endpoint still starts.
    NotReady,
    /// 400 `ThrottlingException`; the service really says 400, and has no message.
    Throttled,
    /// 424 `ModelError`: the model's container answered with this status.
    ModelError {
        /// The container's status.
        original_status: u16,
    },
    /// 500 `InternalFailure`.
    InternalFailure,
    /// 503 `ServiceUnavailable`.
    ServiceUnavailable,
    /// The request is read and never answered.
    Hang,
    /// The request is read, then the connection closes in good order without an answer.
    Close,
    /// The request is read, then the connection is reset.
    Reset,
    /// 200 with this many bytes.
    TooLarge(usize),
    /// The same, later.
    Delay(Duration, Box<Behaviour>),
}

/// An invocation as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The endpoint's name.
    pub endpoint: String,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Accept`.
    pub accept: Option<String>,
    /// All headers, the signature's too.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub body: Bytes,
}

struct State {
    next: Mutex<VecDeque<Behaviour>>,
    usual: Mutex<Behaviour>,
    invocations: Record<Invocation>,
}

impl SageMaker {
    /// Listens on loopback; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`].
    pub async fn start(port: u16) -> Result<SageMaker, Error> {
        let state = Arc::new(State {
            next: Mutex::default(),
            usual: Mutex::new(Behaviour::StandIn),
            invocations: Record::new(),
        });
        let shared = state.clone();
        let handler = move |request| shared.clone().answer(request);
        let server = Server::start(port, handler).await?;
        Ok(SageMaker { server, state })
    }

    /// What `AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME` should be.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Every invocation from now on meets this, save those that have one of their own queued.
    pub fn always(&self, behaviour: Behaviour) {
        *self.state.usual.lock().unwrap() = behaviour;
    }

    /// One invocation, after those queued before, meets this.
    pub fn next(&self, behaviour: Behaviour) {
        self.state.next.lock().unwrap().push_back(behaviour);
    }

    /// What has come in.
    pub fn invocations(&self) -> &Record<Invocation> {
        &self.state.invocations
    }

    /// Closes the port and all connections.
    pub async fn cut(&self) {
        self.server.cut().await;
    }

    /// Listens again on the same port.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`], should another program have taken the port.
    pub async fn mend(&self) -> Result<(), Error> {
        self.server.mend().await
    }
}

impl State {
    async fn answer(self: Arc<Self>, request: Request<Bytes>) -> Result<Answer, Hangup> {
        // Whatever else is asked is answered at once: clients open connections with any request.
        let Some(invocation) = read(request) else {
            let body = json!({"message": "this stand-in knows only POST /endpoints/{name}/invocations"});
            return Ok(server::json(StatusCode::NOT_FOUND, "application/json", &body));
        };
        self.invocations.push(invocation.clone());
        let queued = self.next.lock().unwrap().pop_front();
        let mut behaviour = queued.unwrap_or_else(|| self.usual.lock().unwrap().clone());
        while let Behaviour::Delay(time, then) = behaviour {
            tokio::time::sleep(time).await;
            behaviour = *then;
        }
        perform(behaviour, &invocation).await
    }
}

fn read(request: Request<Bytes>) -> Option<Invocation> {
    let path = request.uri().path();
    let endpoint = path.strip_prefix("/endpoints/")?.strip_suffix("/invocations")?;
    if request.method() != Method::POST || endpoint.is_empty() || endpoint.contains('/') {
        return None;
    }
    let text = |name| {
        let value = request.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Some(Invocation {
        endpoint: endpoint.to_owned(),
        content_type: text(header::CONTENT_TYPE),
        accept: text(header::ACCEPT),
        headers: request.headers().clone(),
        body: request.into_body(),
    })
}

async fn perform(behaviour: Behaviour, invocation: &Invocation) -> Result<Answer, Hangup> {
    Ok(match behaviour {
        Behaviour::StandIn => {
            let body = stand_in(invocation).to_string();
            model_answer(200, "application/json", body.into())
        }
        Behaviour::Answer { status, content_type, body } => model_answer(status, &content_type, body),
        Behaviour::TooLarge(bytes) => model_answer(200, "application/octet-stream", vec![b'x'; bytes].into()),
        Behaviour::NotReady => {
            failure(429, "ModelNotReadyException", json!({"Message": "the stand-in's model is not ready"}))
        }
        Behaviour::Throttled => failure(400, "ThrottlingException", json!({"message": null})),
        Behaviour::ModelError { original_status } => failure(424, "ModelError", model_error(original_status)),
        Behaviour::InternalFailure => {
            failure(500, "InternalFailure", json!({"Message": "the stand-in failed, as it was told to"}))
        }
        Behaviour::ServiceUnavailable => {
            failure(503, "ServiceUnavailable", json!({"Message": "the stand-in is unavailable, as it was told to be"}))
        }
        Behaviour::Hang | Behaviour::Delay(..) => std::future::pending().await,
        Behaviour::Close => return Err(Hangup::Close),
        Behaviour::Reset => return Err(Hangup::Reset),
    })
}

fn stand_in(invocation: &Invocation) -> Value {
    json!({
        "stand_in": true,
        "message": "A local stand-in for a SageMaker endpoint answered this; no model ran.",
        "endpoint": invocation.endpoint,
        "request": {
            "content_type": invocation.content_type,
            "accept": invocation.accept,
            "bytes": invocation.body.len(),
        },
    })
}

fn model_error(original_status: u16) -> Value {
    json!({
        "Message": format!("Received an error ({original_status}) from the stand-in's model"),
        "OriginalMessage": "the stand-in's model failed, as it was told to",
        "OriginalStatusCode": original_status,
        "LogStreamArn": "arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/stand-in",
    })
}

fn model_answer(status: u16, content_type: &str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status of three digits");
    let content_type = HeaderValue::from_str(content_type).expect("a printable content type");
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert("x-amzn-invoked-production-variant", HeaderValue::from_static("AllTraffic"));
    with_request_id(answer)
}

/// The type stands in the header; the SDK would take it from the body too.
fn failure(status: u16, kind: &'static str, body: Value) -> Answer {
    let status = StatusCode::from_u16(status).expect("a status of three digits");
    let mut answer = server::json(status, "application/json", &body);
    let headers = answer.headers_mut();
    headers.insert("x-amzn-errortype", HeaderValue::from_static(kind));
    with_request_id(answer)
}

fn with_request_id(mut answer: Answer) -> Answer {
    let id = HeaderValue::from_str(&Uuid::new_v4().to_string()).expect("a UUID is printable");
    answer.headers_mut().insert("x-amzn-requestid", id);
    answer
}
