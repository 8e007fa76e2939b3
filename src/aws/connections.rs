//! I/O. What became of the connection under a call that failed: the SDK's error doesn't tell whether a byte was sent.
//! Writes that must not be repeated blindly are sent by [`single_attempts`], and their errors classified here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::config::interceptors::FinalizerInterceptorContextRef;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Watches the attempts of one client, one at a time: whether the last had a connection.
#[derive(Clone, Debug, Default)]
pub struct Connections(Arc<AtomicBool>);

/// How often such a write is tried, and how long is waited before the second try; the wait doubles.
pub const TRIES: u32 = 3;
/// See [`TRIES`].
pub const FIRST_WAIT: Duration = Duration::from_millis(30);

/// How long one try may take. DynamoDB answers in single milliseconds; a try that hangs leaves time for another.
const TRY_TIMEOUT: Duration = Duration::from_secs(2);

impl Connections {
    /// Whether the last attempt, which failed with this error, had no connection, so that no byte of it was sent.
    #[must_use]
    pub fn is_unsent<E>(&self, error: &SdkError<E>) -> bool {
        matches!(error, SdkError::ConstructionFailure(_))
            || (matches!(error, SdkError::DispatchFailure(_)) && !self.0.load(Ordering::Relaxed))
    }

    /// Whether a write that failed surely has no effect: no byte of it was sent, or DynamoDB refused it.
    #[must_use]
    pub fn is_unwritten<E>(&self, error: &SdkError<E>) -> bool {
        self.is_unsent(error)
            || matches!(error, SdkError::ServiceError(service) if service.raw().status().is_client_error())
    }

    /// For the client's configuration.
    #[must_use]
    pub fn interceptor(&self) -> SharedInterceptor {
        SharedInterceptor::permanent(self.clone())
    }
}

impl Intercept for Connections {
    fn name(&self) -> &'static str {
        "Connections"
    }

    fn read_after_attempt(
        &self,
        _context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let connection = bag.load::<CaptureSmithyConnection>().and_then(CaptureSmithyConnection::get);
        self.0.store(connection.is_some(), Ordering::Relaxed);
        Ok(())
    }
}

/// The configuration of a client that sends each call once, so that its user counts what each attempt came to.
pub fn single_attempts(dynamodb: &DynamoDb) -> aws_sdk_dynamodb::config::Builder {
    let timeouts = TimeoutConfig::builder().operation_timeout(TRY_TIMEOUT).build();
    dynamodb.config().to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts)
}

/// Whether another try may fare better: throttling and connections pass, a missing permission doesn't.
pub fn is_passing<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    if let SdkError::ServiceError(service) = error {
        return service.raw().status().is_server_error()
            || matches!(
                service.err().code(),
                Some(
                    "ProvisionedThroughputExceededException"
                        | "ThrottlingException"
                        | "RequestLimitExceeded"
                        | "TransactionConflictException"
                        | "LimitExceededException"
                )
            );
    }
    !matches!(error, SdkError::ConstructionFailure(_))
}
