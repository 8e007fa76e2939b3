//! I/O. Creates the AWS clients, and extends the SDK.

pub mod calls;
pub mod connections;
pub(crate) mod payload_digest;
pub mod trust_roots;

use std::time::Duration;

use aws_config::{AppName, BehaviorVersion};
use aws_sdk_dynamodb::config::StalledStreamProtectionConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::box_error::BoxError;

use trust_roots::trusted;

/// The time-out of one of the SDK's three attempts at DynamoDB, which answers in single-digit milliseconds.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);

/// The clients of DynamoDB and SageMaker, by the environment's AWS configuration. They share one HTTP client.
///
/// # Errors
/// If the trust roots cannot be loaded.
pub async fn clients(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<(aws_sdk_dynamodb::Client, aws_sdk_sagemakerruntime::Client), BoxError> {
    let trusted = trusted(variable).map(|pem| TrustStore::empty().with_pem_certificate(pem));
    let tls = TlsContext::builder().with_trust_store(trusted.unwrap_or_default()).build()?;
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    let http = http.tls_context(tls).build_https();
    // Appears in CloudTrail's `userAgent`.
    let name = AppName::new(env!("CARGO_PKG_NAME"))?;
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).app_name(name).load().await;
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build();
    // An attempt times out long before the SDK would report a stalled stream.
    let dynamodb = aws_sdk_dynamodb::config::Builder::from(&config)
        .timeout_config(timeouts)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    Ok((aws_sdk_dynamodb::Client::from_conf(dynamodb.build()), aws_sdk_sagemakerruntime::Client::new(&config)))
}
