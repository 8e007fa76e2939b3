//! I/O. A relay in front of DynamoDB that drops, delays, rejects or rewrites requests by a test's rule.

mod action;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Request, Response, StatusCode, Uri, header};
use http_body_util::Full;
use serde_json::Value;

pub use action::{Action, Seen};

use crate::Error;
use crate::client::Client;
use crate::recording::Recording;
use crate::server::{self, Answer, Hangup, Server};

/// A rule: the action for each operation.
type Rule = Arc<dyn Fn(&Seen) -> Action + Send + Sync>;

/// The running relay. Without a rule it forwards everything.
pub struct Relay {
    server: Server,
    state: Arc<State>,
}

struct State {
    upstream: Authority,
    client: Client,
    rule: Mutex<Rule>,
    seen: Recording<Seen>,
}

impl Relay {
    /// Listens on a free port in front of the engine at `upstream` (`http://host:port`).
    ///
    /// # Errors
    ///
    /// [`Error::Listen`].
    ///
    /// # Panics
    ///
    /// When `upstream` is not such a URL.
    pub async fn start(upstream: &str) -> Result<Relay, Error> {
        let upstream: Uri = upstream.parse().expect("a URL");
        let state = Arc::new(State {
            upstream: upstream.authority().expect("a URL with a host").clone(),
            client: Client::default(),
            rule: Mutex::new(Arc::new(|_| Action::Forward)),
            seen: Recording::new(),
        });
        let shared = state.clone();
        let handler = move |request| shared.clone().answer(request);
        let server = Server::start(0, handler).await?;
        Ok(Relay { server, state })
    }

    /// The value of `AWS_ENDPOINT_URL_DYNAMODB`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Applies `rule` to every next operation.
    pub fn rule(&self, rule: impl Fn(&Seen) -> Action + Send + Sync + 'static) {
        *self.state.rule.lock().unwrap() = Arc::new(rule);
    }

    /// Forwards every next operation.
    pub fn forward(&self) {
        self.rule(|_| Action::Forward);
    }

    /// The received operations. Clearing them resets [`Seen::count`].
    pub fn seen(&self) -> &Recording<Seen> {
        &self.state.seen
    }

    /// The names of the received operations in order: the round trips.
    pub fn operations(&self) -> Vec<String> {
        let seen = self.state.seen.all();
        seen.into_iter().map(|seen| seen.operation).collect()
    }

    /// Closes the port and all connections, as an outage would.
    pub async fn cut(&self) {
        self.server.cut().await;
    }

    /// Listens again at the same URL.
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
        let Some(operation) = operation(request.headers()) else {
            // A plain request that only opens a connection.
            return Ok(relayed(self.ask(request).await?));
        };
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let seen = self.seen.push_with(|before| Seen {
            count: 1 + before.iter().filter(|seen| seen.operation == operation).count(),
            operation,
            body,
        });
        let rule = self.rule.lock().unwrap().clone();
        match rule(&seen) {
            Action::Forward => Ok(relayed(self.ask(request).await?)),
            Action::Refuse => Err(Hangup::Close),
            Action::LoseAnswer => {
                self.ask(request).await?;
                Err(Hangup::Close)
            }
            Action::Truncate => {
                let answer = self.ask(request).await?;
                Err(Hangup::Raw(server::first_half(relayed(answer)).await))
            }
            Action::Duplicate => {
                let answer = self.ask(request.clone()).await?;
                self.ask(request).await?;
                Ok(relayed(answer))
            }
            Action::Hang => std::future::pending().await,
            Action::HangAfter => {
                self.ask(request).await?;
                std::future::pending().await
            }
            Action::Reply { status, json } => {
                let status = StatusCode::from_u16(status).expect("a status of three digits");
                Ok(server::json(status, "application/x-amz-json-1.0", &json))
            }
            Action::Rewrite(rewrite) => Ok(rewritten(self.ask(request).await?, rewrite)),
            Action::Remake(remake) => {
                let mut answer = self.ask(request).await?;
                answer.headers_mut().remove("x-amz-crc32");
                Ok(relayed(remake(answer)))
            }
            Action::Then(hook) => {
                let answer = self.ask(request).await?;
                hook().await;
                Ok(relayed(answer))
            }
            Action::Delay(time) => {
                tokio::time::sleep(time).await;
                Ok(relayed(self.ask(request).await?))
            }
        }
    }

    /// Forwards the request unchanged, with `Host`, since it is signed.
    async fn ask(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Hangup> {
        let (mut parts, body) = request.into_parts();
        let mut uri = parts.uri.into_parts();
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Some(self.upstream.clone());
        parts.uri = Uri::from_parts(uri).map_err(|_| Hangup::Close)?;
        parts.extensions.clear();
        parts.headers.remove(header::CONNECTION);
        let asked = self.client.send(Request::from_parts(parts, Full::new(body)));
        asked.await.map_err(|_| Hangup::Close)
    }
}

/// `X-Amz-Target` is `DynamoDB_20120810.GetItem` and the like.
fn operation(headers: &HeaderMap) -> Option<String> {
    let target = headers.get("x-amz-target")?.to_str().ok()?;
    let (_, operation) = target.split_once('.')?;
    Some(operation.to_owned())
}

fn rewritten(answer: Response<Bytes>, rewrite: impl FnOnce(Value) -> Value) -> Answer {
    let (mut parts, body) = answer.into_parts();
    let before = serde_json::from_slice(&body).expect("DynamoDB answers in JSON");
    // The optional checksum does not match the new body.
    parts.headers.remove("x-amz-crc32");
    let after = rewrite(before).to_string();
    relayed(Response::from_parts(parts, after.into()))
}

/// Removes the length and the connection's headers, which are set again.
fn relayed(answer: Response<Bytes>) -> Answer {
    let (mut parts, body) = answer.into_parts();
    for name in [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        parts.headers.remove(name);
    }
    parts.extensions.clear();
    Response::from_parts(parts, Full::new(body))
}
