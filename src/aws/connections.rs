//! I/O. Classifies errors of writes that must not be repeated blindly.
//!
//! The SDK's error does not reveal whether a byte was sent, so [`Connections`] records whether an attempt had a connection.

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

/// Records whether the last attempt of one client had a connection. Attempts must not be concurrent.
#[derive(Clone, Debug, Default)]
pub struct Connections(Arc<AtomicBool>);

/// The most attempts at such a write.
pub const TRIES: u32 = 3;
/// The backoff before the second attempt; it doubles.
pub const FIRST_WAIT: Duration = Duration::from_millis(30);

/// The time-out of one attempt. DynamoDB answers in single-digit milliseconds; a hanging attempt leaves time for another.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);

impl Connections {
    /// Whether no byte of the last attempt was sent, because it had no connection. The attempt failed with this error.
    #[must_use]
    pub fn is_unsent<E>(&self, error: &SdkError<E>) -> bool {
        matches!(error, SdkError::ConstructionFailure(_))
            || (matches!(error, SdkError::DispatchFailure(_)) && !self.0.load(Ordering::Relaxed))
    }

    /// Whether a failed write certainly had no effect: no byte of it was sent, or DynamoDB refused it.
    #[must_use]
    pub fn is_unwritten<E>(&self, error: &SdkError<E>) -> bool {
        self.is_unsent(error)
            || matches!(error, SdkError::ServiceError(service) if service.raw().status().is_client_error())
    }

    /// The interceptor for the client's configuration.
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

/// The configuration of a client without retries, so that its user sees the outcome of each attempt.
pub fn single_attempts(dynamodb: &DynamoDb) -> aws_sdk_dynamodb::config::Builder {
    let timeouts = TimeoutConfig::builder().operation_timeout(ATTEMPT_TIMEOUT).build();
    dynamodb.config().to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts)
}

/// Whether a retry can succeed, as after throttling or a connection error, but not after a missing permission.
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
