//! I/O. A stand-in for the SageMaker Runtime, with the service's failures on request. An endpoint with a container returns
//! the container's answers.

mod answer;

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::json;

use crate::recording::Recording;
use crate::server::{self, Answer, Hangup, Server};
use crate::{BoxFuture, Error};

/// The running stand-in.
pub struct SageMaker {
    server: Server,
    state: Arc<State>,
}

/// The behaviour for one invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// 200 with a document that states that no model ran, and describes the request.
    StandIn,
    /// This answer.
    Answer {
        /// 200 for a model's answer; otherwise an error without a type, as from a proxy.
        status: u16,
        /// The `Content-Type` of the answer.
        content_type: String,
        /// The answer.
        body: Bytes,
    },
    /// 429 `ModelNotReadyException`: a serverless endpoint is starting.
    NotReady,
    /// 400 `ThrottlingException` without a message, as from the service.
    Throttled,
    /// 424 `ModelError`: the model's container answered with this status.
    ModelError {
        /// The container's status.
        original_status: u16,
    },
    /// 424 `ModelError` with the text of the container's answer.
    ContainerError {
        /// The container's status.
        status: u16,
        /// The container's answer.
        body: String,
    },
    /// 500 `InternalFailure`.
    InternalFailure,
    /// 503 `ServiceUnavailable`.
    ServiceUnavailable,
    /// Reads the request and never answers.
    Hang,
    /// Reads the request, then closes the connection without an answer.
    Close,
    /// Reads the request, then resets the connection.
    Reset,
    /// Reads the request, sends these bytes, then closes the connection.
    Raw(Bytes),
    /// 200 with this many bytes.
    TooLarge(usize),
    /// The behaviour after a delay.
    Delay(Duration, Box<Behaviour>),
}

/// A received invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The endpoint's name.
    pub endpoint: String,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Accept`.
    pub accept: Option<String>,
    /// All headers, including the signature.
    pub headers: HeaderMap,
    /// The unchanged body.
    pub body: Bytes,
}

/// The answer of an endpoint's container to an invocation.
type Container = Arc<dyn Fn(Invocation) -> BoxFuture<Behaviour> + Send + Sync>;

struct State {
    next: Mutex<VecDeque<Behaviour>>,
    default: Mutex<Behaviour>,
    containers: Mutex<HashMap<String, Container>>,
    invocations: Recording<Invocation>,
    /// The used connections, and those to be closed at their next request.
    connections: Mutex<HashSet<SocketAddr>>,
    stale: Mutex<HashSet<SocketAddr>>,
}

impl SageMaker {
    /// Listens on loopback; port 0 selects a free port.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`].
    pub async fn start(port: u16) -> Result<SageMaker, Error> {
        let state = Arc::new(State {
            next: Mutex::default(),
            default: Mutex::new(Behaviour::StandIn),
            containers: Mutex::default(),
            invocations: Recording::new(),
            connections: Mutex::default(),
            stale: Mutex::default(),
        });
        let shared = state.clone();
        let handler = move |request| shared.clone().answer(request);
        let server = Server::start(port, handler).await?;
        Ok(SageMaker { server, state })
    }

    /// The value of `AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Sets the container of an endpoint. Queued behaviours take precedence.
    pub fn serve<F>(&self, endpoint: &str, container: impl Fn(Invocation) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Behaviour> + Send + 'static,
    {
        let container: Container = Arc::new(move |invocation| Box::pin(container(invocation)));
        self.state.containers.lock().unwrap().insert(endpoint.to_owned(), container);
    }

    /// Sets the behaviour of every next invocation without a queued one or a container.
    pub fn always(&self, behaviour: Behaviour) {
        *self.state.default.lock().unwrap() = behaviour;
    }

    /// Queues a behaviour for one invocation.
    pub fn next(&self, behaviour: Behaviour) {
        self.state.next.lock().unwrap().push_back(behaviour);
    }

    /// The received invocations.
    pub fn invocations(&self) -> &Recording<Invocation> {
        &self.state.invocations
    }

    /// Closes every used connection at its next request, without reading it, as after a close while the client was frozen.
    pub fn forget_connections(&self) {
        let connections = std::mem::take(&mut *self.state.connections.lock().unwrap());
        self.state.stale.lock().unwrap().extend(connections);
    }

    /// Closes the port and all connections.
    pub async fn cut(&self) {
        self.server.cut().await;
    }

    /// Listens again on the same port.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] when another program uses the port.
    pub async fn mend(&self) -> Result<(), Error> {
        self.server.mend().await
    }
}

impl State {
    async fn answer(self: Arc<Self>, request: Request<Bytes>) -> Result<Answer, Hangup> {
        let connection = server::peer(&request);
        if self.stale.lock().unwrap().contains(&connection) {
            return Err(Hangup::Close);
        }
        self.connections.lock().unwrap().insert(connection);
        // Other requests are answered at once, since clients open connections with them.
        let Some(invocation) = read(request) else {
            let body = json!({"message": "this stand-in supports only POST /endpoints/{name}/invocations"});
            return Ok(server::json(StatusCode::NOT_FOUND, "application/json", &body));
        };
        self.invocations.push(invocation.clone());
        let queued = self.next.lock().unwrap().pop_front();
        let mut behaviour = match queued {
            Some(behaviour) => behaviour,
            None => self.behaviour_for(&invocation).await,
        };
        while let Behaviour::Delay(time, then) = behaviour {
            tokio::time::sleep(time).await;
            behaviour = *then;
        }
        answer::perform(behaviour, &invocation).await
    }

    async fn behaviour_for(&self, invocation: &Invocation) -> Behaviour {
        let container = self.containers.lock().unwrap().get(&invocation.endpoint).cloned();
        match container {
            Some(container) => container(invocation.clone()).await,
            None => self.default.lock().unwrap().clone(),
        }
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
