//! A stand-in for the SageMaker Runtime: it says what it is, and fails as the service does when told to. An endpoint
//! that is given a container answers as that does.

mod answer;

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::json;

use crate::record::Record;
use crate::server::{self, Answer, Hangup, Server};
use crate::{BoxFuture, Error};

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
    /// 424 `ModelError` with what the model's container answered, a text.
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
    /// The request is read and never answered.
    Hang,
    /// The request is read, then the connection closes in good order without an answer.
    Close,
    /// The request is read, then the connection is reset.
    Reset,
    /// The request is read, these bytes are sent in place of an answer, then the connection closes.
    Raw(Bytes),
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

/// What an endpoint's own container makes of an invocation.
type Container = Arc<dyn Fn(Invocation) -> BoxFuture<Behaviour> + Send + Sync>;

struct State {
    next: Mutex<VecDeque<Behaviour>>,
    usual: Mutex<Behaviour>,
    containers: Mutex<HashMap<String, Container>>,
    invocations: Record<Invocation>,
    /// The connections that a request came over, and those of them that are closed at their next one.
    connections: Mutex<HashSet<SocketAddr>>,
    stale: Mutex<HashSet<SocketAddr>>,
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
            containers: Mutex::default(),
            invocations: Record::new(),
            connections: Mutex::default(),
            stale: Mutex::default(),
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

    /// Invocations of this endpoint meet what `container` says, save those that have something queued.
    pub fn serve<F>(&self, endpoint: &str, container: impl Fn(Invocation) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Behaviour> + Send + 'static,
    {
        let container: Container = Arc::new(move |invocation| Box::pin(container(invocation)));
        self.state.containers.lock().unwrap().insert(endpoint.to_owned(), container);
    }

    /// Every invocation from now on meets this, save those that have one of their own queued, and those of endpoints
    /// with a container.
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

    /// Every connection that a request came over so far is closed at its next request, which is not read: as where the
    /// other side closed it while the client was frozen.
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
    /// [`Error::Listen`], should another program have taken the port.
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
        // Whatever else is asked is answered at once: clients open connections with any request.
        let Some(invocation) = read(request) else {
            let body = json!({"message": "this stand-in knows only POST /endpoints/{name}/invocations"});
            return Ok(server::json(StatusCode::NOT_FOUND, "application/json", &body));
        };
        self.invocations.push(invocation.clone());
        let queued = self.next.lock().unwrap().pop_front();
        let mut behaviour = match queued {
            Some(behaviour) => behaviour,
            None => self.usual_of(&invocation).await,
        };
        while let Behaviour::Delay(time, then) = behaviour {
            tokio::time::sleep(time).await;
            behaviour = *then;
        }
        answer::perform(behaviour, &invocation).await
    }

    async fn usual_of(&self, invocation: &Invocation) -> Behaviour {
        let container = self.containers.lock().unwrap().get(&invocation.endpoint).cloned();
        match container {
            Some(container) => container(invocation.clone()).await,
            None => self.usual.lock().unwrap().clone(),
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
