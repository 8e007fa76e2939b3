//! I/O. Invokes the model's SageMaker endpoint.
//!
//! INVARIANT: an invocation consumes a [`Permit`], which only a decision creates.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_sagemakerruntime::Client;
use aws_sdk_sagemakerruntime::config::StalledStreamProtectionConfig;
use aws_sdk_sagemakerruntime::config::retry::RetryConfig;
use aws_sdk_sagemakerruntime::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sagemakerruntime::operation::invoke_endpoint::{InvokeEndpointError, InvokeEndpointOutput};
use aws_sdk_sagemakerruntime::primitives::Blob;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::aws::connections::Connections;
use crate::aws::payload_digest::PayloadDigest;
use crate::decision::Permit;
use crate::error_chain::ErrorChain;
use crate::terms::Code;

/// The time-out for opening the connection at the start.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The idle time after which a connection is probed before a call. Lambda freezes an environment between requests, and a
/// connection that the other side closed meanwhile still looks open.
const IDLE: SignedDuration = SignedDuration::from_secs(15);

/// The time-out of the probe. It runs while evidence is collected; if it fails, the call opens a connection itself.
const READY_TIMEOUT: Duration = Duration::from_millis(250);

/// The client of the SageMaker Runtime.
#[derive(Debug)]
pub struct Models {
    client: Client,
    connections: Connections,
    timeout: Duration,
    last_use: Mutex<Option<LastUse>>,
}

/// When the connection was last used, by the wall clock and by the monotonic clock.
#[derive(Clone, Copy, Debug)]
struct LastUse(Timestamp, Instant);

/// A request to the model.
pub struct Invocation {
    /// The body's `Content-Type`.
    pub content_type: Option<String>,
    /// The caller's `Accept` header.
    pub accept: Option<String>,
    /// The unchanged body.
    pub body: Vec<u8>,
    /// The body's SHA-256, in lower-case hex.
    pub sha256: String,
}

/// The model's answer.
#[derive(PartialEq, Eq)]
pub struct ModelAnswer {
    /// The model, `name@version`.
    pub model: String,
    /// Its `Content-Type`.
    pub content_type: Option<String>,
    /// Its body.
    pub body: Vec<u8>,
}

/// Why the model gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("the model gave no answer: {detail}")]
pub struct ModelError {
    /// `model.unavailable`, `model.failed` or `model.timeout`.
    pub code: Code,
    /// Whether the model may have run, so that a quota is used.
    pub may_have_run: bool,
    /// The message for operators, without any part of prompt or answer.
    pub detail: String,
}

impl Models {
    /// Invocations by this client, each with this time-out.
    #[must_use]
    pub fn new(client: &Client, timeout: Duration) -> Self {
        let connections = Connections::default();
        // The SDK would make three attempts, and would mistake a slow model for a stalled stream.
        let config = client.config().to_builder().retry_config(RetryConfig::disabled());
        let config = config.stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        let config = config.interceptor(connections.interceptor());
        Self { client: Client::from_conf(config.build()), connections, timeout, last_use: Mutex::default() }
    }

    /// Opens the connection before the first call.
    pub async fn connect(&self, now: Timestamp) {
        self.start_use(now);
        let _ = tokio::time::timeout(CONNECT_TIMEOUT, self.probe()).await;
    }

    /// Replaces a connection that was idle for long and is closed, so that no model is called over it.
    pub async fn ready(&self, now: Timestamp) {
        let idle = self.start_use(now).is_some_and(|LastUse(at, _)| now.duration_since(at) > IDLE);
        if idle {
            let probes = async {
                // The first detects a closed connection, the second opens another.
                if matches!(self.probe().await, Err(SdkError::DispatchFailure(_))) {
                    let _ = self.probe().await;
                }
            };
            let _ = tokio::time::timeout(READY_TIMEOUT, probes).await;
        }
    }

    /// Requests a page that does not exist, because SageMaker Runtime has no operation without an effect.
    async fn probe(&self) -> Result<InvokeEndpointOutput, SdkError<InvokeEndpointError>> {
        let call = self.client.invoke_endpoint().endpoint_name("-").body(Blob::new([]));
        let probe = call.customize().mutate_request(|request| {
            let _ = request.set_method("GET"); // cannot fail: the method is well-formed
        });
        Box::pin(probe.send()).await
    }

    fn start_use(&self, now: Timestamp) -> Option<LastUse> {
        self.last_use.lock().unwrap_or_else(PoisonError::into_inner).replace(LastUse(now, Instant::now()))
    }

    /// Extends the connection's last use to the present: a model can take minutes.
    fn end_use(&self) {
        if let Some(LastUse(at, moment)) = self.last_use.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            let elapsed = SignedDuration::try_from(moment.elapsed()).unwrap_or_default();
            (*at, *moment) = (at.saturating_add(elapsed).unwrap_or(*at), Instant::now());
        }
    }

    /// Invokes the permitted model with the unchanged body. It makes one attempt, and a second one only if no connection
    /// could be opened, so that no byte was sent. A connection that closes without a reply does not prove that the model did
    /// not run. [`Models::ready`] replaces closed connections beforehand.
    ///
    /// # Errors
    /// [`ModelError`] with the code for the caller.
    pub async fn invoke(
        &self,
        permit: Permit,
        invocation: Invocation,
        deadline: Instant,
    ) -> Result<ModelAnswer, ModelError> {
        let Invocation { content_type, accept, body, sha256 } = invocation;
        let body = Blob::new(body);
        let call = || async {
            let invocation = self.client.invoke_endpoint().endpoint_name(permit.endpoint()).body(body.clone());
            let invocation = invocation.set_content_type(content_type.clone()).set_accept(accept.clone());
            let invocation = invocation.customize().interceptor(PayloadDigest(sha256.clone()));
            if content_type.is_some() {
                return Box::pin(invocation.send()).await;
            }
            // The SDK would add a `Content-Type` that the caller did not send.
            let untyped = invocation.mutate_request(|request| {
                request.headers_mut().remove("content-type");
            });
            Box::pin(untyped.send()).await
        };
        let attempts = async {
            match call().await {
                Err(error) if self.connections.is_unsent(&error) => call().await,
                first => first,
            }
        };
        let until = deadline.min(Instant::now().checked_add(self.timeout).unwrap_or(deadline));
        let answered = tokio::time::timeout_at(until, attempts).await;
        self.end_use();
        match answered {
            Ok(Ok(output)) => Ok(answer(permit, output)),
            Ok(Err(error)) => Err(self.failure(error)),
            Err(_) => Err(ModelError {
                code: Code::ModelTimeout,
                may_have_run: true,
                detail: "it did not answer in time".into(),
            }),
        }
    }

    fn failure(&self, error: SdkError<InvokeEndpointError>) -> ModelError {
        let unsent = self.connections.is_unsent(&error);
        let (code, may_have_run) = if let SdkError::ServiceError(service) = &error {
            match (service.err().code(), service.raw().status().as_u16()) {
                (Some("ModelNotReadyException" | "ServiceUnavailable" | "ThrottlingException" | "Throttling"), _)
                | (_, 429 | 503) => (Code::ModelUnavailable, false),
                (Some("ValidationError" | "AccessDeniedException"), _) => (Code::ModelFailed, false),
                (_, _) => (Code::ModelFailed, true),
            }
        } else if unsent {
            (Code::ModelUnavailable, false)
        } else {
            (Code::ModelFailed, true)
        };
        ModelError { code, may_have_run, detail: detail(&error) }
    }
}

fn answer(permit: Permit, output: InvokeEndpointOutput) -> ModelAnswer {
    let body = output.body.map(Blob::into_inner).unwrap_or_default();
    ModelAnswer { model: permit.model().to_owned(), content_type: output.content_type, body }
}

/// The part of an error that may be logged. A service's message can quote the model's output, so only its code is kept.
fn detail(error: &SdkError<InvokeEndpointError>) -> String {
    if matches!(error, SdkError::ResponseError(_)) {
        return "its answer could not be read".into();
    }
    let SdkError::ServiceError(service) = error else { return ErrorChain(error).to_string() };
    if let InvokeEndpointError::ModelError(error) = service.err() {
        return format!("ModelError, original status {}", error.original_status_code().unwrap_or_default());
    }
    service.err().code().unwrap_or("an error without a code").to_owned()
}
