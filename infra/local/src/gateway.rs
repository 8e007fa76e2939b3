//! I/O. A local API Gateway: converts HTTP requests into REST proxy events for a function, and its answers back.

mod answer;
mod event;
mod token;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value, json};
use uuid::Uuid;

pub use token::bearer;

use crate::client::Client;
use crate::function::Function;
use crate::server::{self, Answer, Hangup, Server};
use crate::{BoxFuture, Error};

/// The header with the simulated source address. Only this gateway reads it.
pub const SOURCE_ADDRESS: &str = "local-source-address";

/// API Gateway's limit of a body, 10 MB.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

/// API Gateway's default integration time-out.
const TIMEOUT: Duration = Duration::from_secs(29);

/// Invokes the function with an event. An error is a message for the log.
pub type Invoke = Arc<dyn Fn(Value) -> BoxFuture<Result<Value, String>> + Send + Sync>;

/// The running gateway.
pub struct Gateway {
    server: Server,
}

impl Gateway {
    /// Listens on loopback in front of `invoke`; port 0 selects a free port.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`].
    pub async fn start(port: u16, invoke: Invoke) -> Result<Gateway, Error> {
        let handler = move |request| answered(request, invoke.clone());
        let server = Server::start(port, handler).await?;
        Ok(Gateway { server })
    }

    /// The base URL, without a stage, as with a custom domain.
    pub fn url(&self) -> String {
        self.server.url()
    }
}

/// Invokes over HTTP, at `http://…/2015-03-31/functions/NAME/invocations`.
///
/// # Panics
///
/// When `url` is invalid.
pub fn by_url(url: &str) -> Invoke {
    let url: http::Uri = url.parse().expect("a URL");
    let client = Client::default();
    Arc::new(move |event| {
        let (url, client) = (url.clone(), client.clone());
        Box::pin(async move {
            let request = Request::post(&url)
                .header(header::CONTENT_TYPE, "application/json")
                .body(Full::from(event.to_string()))
                .map_err(|fault| fault.to_string())?;
            let answer = client.send(request).await.map_err(|fault| format!("{url} did not answer: {fault}"))?;
            let failed = answer.headers().contains_key("x-amz-function-error");
            if failed || !answer.status().is_success() {
                let answer_text = String::from_utf8_lossy(answer.body());
                return Err(format!("the function failed ({}): {answer_text}", answer.status()));
            }
            serde_json::from_slice(answer.body()).map_err(|fault| format!("the function's answer is not JSON: {fault}"))
        })
    })
}

/// Invokes a local process with a time-out for each event.
pub fn by_function(function: Arc<Function>, timeout: Duration) -> Invoke {
    Arc::new(move |event| {
        let function = function.clone();
        Box::pin(async move {
            let outcome = function.invoke(event, timeout).await;
            outcome.map_err(|fault| fault.to_string())
        })
    })
}

async fn answered(request: Request<Bytes>, invoke: Invoke) -> Result<Answer, Hangup> {
    let id = Uuid::new_v4().to_string();
    let mut answer = respond(request, &invoke, &id).await.unwrap_or_else(|refusal| refusal);
    let id = HeaderValue::from_str(&id).expect("a UUID is printable");
    answer.headers_mut().insert("x-amzn-requestid", id);
    Ok(answer)
}

/// `Err` is the gateway's own error; the order of checks is API Gateway's.
async fn respond(request: Request<Bytes>, invoke: &Invoke, id: &str) -> Result<Answer, Answer> {
    let claims = token::claims(request.headers()).ok_or_else(|| {
        let mut refusal = message(StatusCode::UNAUTHORIZED, "Unauthorized");
        refusal.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static("UnauthorizedException"));
        refusal
    })?;
    if request.body().len() > LARGEST_BODY {
        return Err(message(StatusCode::PAYLOAD_TOO_LARGE, "HTTP content length exceeded 10485760 bytes."));
    }
    let source = source_address(&request)
        .ok_or_else(|| message(StatusCode::BAD_REQUEST, "Local-Source-Address must be one IPv4 or IPv6 address"))?;
    let event = event::proxy_event(&request, source, claims, id, jiff::Timestamp::now());
    match tokio::time::timeout(TIMEOUT, invoke(event)).await {
        Err(_) => Err(message(StatusCode::GATEWAY_TIMEOUT, "Endpoint request timed out")),
        Ok(Err(fault)) => {
            eprintln!("gateway: {fault}");
            Err(broken())
        }
        Ok(Ok(proxy)) => answer::http_answer(&proxy).ok_or_else(|| {
            eprintln!("gateway: the function's answer is not a proxy response");
            broken()
        }),
    }
}

/// The source address; `None` for a header without a valid address.
fn source_address(request: &Request<Bytes>) -> Option<IpAddr> {
    match request.headers().get(SOURCE_ADDRESS) {
        Some(given) => given.to_str().ok()?.parse().ok(),
        None => Some(server::peer(request).ip()),
    }
}

/// API Gateway's answer to a failed or malformed integration.
fn broken() -> Answer {
    message(StatusCode::BAD_GATEWAY, "Internal server error")
}

fn message(status: StatusCode, text: &str) -> Answer {
    server::json(status, "application/json", &json!({"message": text}))
}
