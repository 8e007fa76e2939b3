//! I/O. Invoking the model's SageMaker endpoint, which takes a permit.

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

/// How long opening the connection ahead may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a connection may be idle before it is tried again ahead of a call. Lambda freezes an environment between two
/// requests, and a connection that the other side closes meanwhile looks open.
const IDLE: SignedDuration = SignedDuration::from_secs(15);

/// How long that try may take. It runs beside the evidence's read, and a call opens a connection of its own without it.
const READY_TIMEOUT: Duration = Duration::from_millis(250);

/// The SageMaker Runtime.
#[derive(Debug)]
pub struct Models {
    client: Client,
    connections: Connections,
    timeout: Duration,
    used: Mutex<Option<Used>>,
}

/// When the connection was last used: what the clock said at a moment, and that moment.
#[derive(Clone, Copy, Debug)]
struct Used(Timestamp, Instant);

/// What the model is asked with.
pub struct Invocation {
    /// The body's `Content-Type`.
    pub content_type: Option<String>,
    /// What types of answers are taken, as `Accept` has it.
    pub accept: Option<String>,
    /// The body as it is.
    pub body: Vec<u8>,
    /// The body's SHA-256, in lower-case hex.
    pub sha256: String,
}

/// What the model answered.
#[derive(PartialEq, Eq)]
pub struct ModelAnswer {
    /// The model, `name@version`.
    pub model: String,
    /// Its `Content-Type`.
    pub content_type: Option<String>,
    /// Its body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[error("the model gave no answer: {detail}")]
pub struct ModelError {
    /// `model.unavailable`, `model.failed` or `model.timeout`.
    pub code: Code,
    /// Whether the model may have run, so that a quota is used.
    pub may_have_run: bool,
    /// In words for operators. It has nothing of prompt or answer.
    pub detail: String,
}

impl Models {
    /// Models behind this client, each given `timeout` at the most.
    #[must_use]
    pub fn new(client: &Client, timeout: Duration) -> Self {
        let connections = Connections::default();
        // The SDK would try three times, and take a model that thinks for a stream that has stalled.
        let config = client.config().to_builder().retry_config(RetryConfig::disabled());
        let config = config.stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        let config = config.interceptor(connections.interceptor());
        Self { client: Client::from_conf(config.build()), connections, timeout, used: Mutex::default() }
    }

    /// Opens the connection ahead of the first call.
    pub async fn connect(&self, now: Timestamp) {
        self.use_at(now);
        let _ = tokio::time::timeout(CONNECT_TIMEOUT, self.page()).await;
    }

    /// Replaces the connection where it was idle for long and doesn't answer any more, so that no model is called over it.
    pub async fn ready(&self, now: Timestamp) {
        let idle = self.use_at(now).is_some_and(|Used(at, _)| now.duration_since(at) > IDLE);
        if idle {
            let pages = async {
                // The first finds that the connection is closed, the second opens another.
                if matches!(self.page().await, Err(SdkError::DispatchFailure(_))) {
                    let _ = self.page().await;
                }
            };
            let _ = tokio::time::timeout(READY_TIMEOUT, pages).await;
        }
    }

    /// Asks for a page that isn't there, since SageMaker has no harmless operation.
    async fn page(&self) -> Result<InvokeEndpointOutput, SdkError<InvokeEndpointError>> {
        let any = self.client.invoke_endpoint().endpoint_name("-").body(Blob::new([]));
        let page = any.customize().mutate_request(|request| {
            let _ = request.set_method("GET"); // a method of a form that can't be refused
        });
        Box::pin(page.send()).await
    }

    fn use_at(&self, now: Timestamp) -> Option<Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).replace(Used(now, Instant::now()))
    }

    /// Counts the connection as used until now: a model may take minutes.
    fn used(&self) {
        if let Some(Used(at, moment)) = self.used.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            let elapsed = SignedDuration::try_from(moment.elapsed()).unwrap_or_default();
            (*at, *moment) = (at.saturating_add(elapsed).unwrap_or(*at), Instant::now());
        }
    }

    /// Invokes the permitted model with the body as it is. One attempt; a second only where no connection could be had, so
    /// that no byte was sent. A connection that closes without a reply is no proof that the model didn't run, nor that no
    /// byte of a reply had arrived: the SDK's error is the same for a reply that was cut off. ([`Models::ready`] keeps
    /// connections that were closed meanwhile from being called over.)
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
            // The SDK would name a type where the caller named none.
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
        self.used();
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

/// What may be logged of an error. A service's own message can quote the model's output, so only its name is kept.
fn detail(error: &SdkError<InvokeEndpointError>) -> String {
    if matches!(error, SdkError::ResponseError(_)) {
        return "its answer could not be read".into();
    }
    let SdkError::ServiceError(service) = error else { return ErrorChain(error).to_string() };
    if let InvokeEndpointError::ModelError(error) = service.err() {
        return format!("ModelError, original status {}", error.original_status_code().unwrap_or_default());
    }
    service.err().code().unwrap_or("an error without a name").to_owned()
}
