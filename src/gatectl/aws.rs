//! I/O. AWS clients, their options, and warnings about the local clock and silent endpoints.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::config::interceptors::{BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::date_time::{DateTime, Format};
use jiff::Timestamp;
use serde_json::Value;

use crate::clock::difference;
use crate::outcome::{Failure, Outcome};

/// The default time-out of an answer in seconds, retries included.
pub(crate) const TIMEOUT: u64 = 60;

/// The time-out of a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// Number of attempts that share the time-out of an answer.
const ATTEMPTS: u32 = 3;

/// The heading of the AWS options in the help.
pub(crate) const HEADING: &str = "AWS";

/// Options of every command that uses AWS.
#[derive(clap::Args)]
pub(crate) struct Aws {
    /// Send requests to this URL instead of AWS
    #[arg(long, value_name = "URL", global = true, help_heading = HEADING)]
    endpoint_url: Option<String>,
    /// Name the profile of the AWS configuration files
    #[arg(long, value_name = "NAME", global = true, help_heading = HEADING)]
    profile: Option<String>,
    /// Name the region
    #[arg(long, value_name = "NAME", global = true, help_heading = HEADING)]
    region: Option<String>,
    /// Wait at most this many seconds for an answer, retries included, and as long for other writers and a throttled table
    #[arg(long, value_name = "SECONDS", default_value_t = TIMEOUT, global = true, help_heading = HEADING,
        value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

impl Aws {
    /// A DynamoDB client.
    pub(crate) async fn dynamodb(&self) -> DynamoDb {
        let config = aws_sdk_dynamodb::config::Builder::from(&self.config().await);
        DynamoDb::from_conf(config.interceptor(Watch { is_dynamodb: true }).build())
    }

    /// A DynamoDB Streams client.
    pub(crate) async fn streams(&self) -> aws_sdk_dynamodbstreams::Client {
        let config = aws_sdk_dynamodbstreams::config::Builder::from(&self.config().await);
        aws_sdk_dynamodbstreams::Client::from_conf(config.interceptor(Watch { is_dynamodb: false }).build())
    }

    /// A KMS client.
    pub(crate) async fn kms(&self) -> aws_sdk_kms::Client {
        let config = aws_sdk_kms::config::Builder::from(&self.config().await);
        aws_sdk_kms::Client::from_conf(config.interceptor(Watch { is_dynamodb: false }).build())
    }

    /// An S3 client. A substitute endpoint has no host name per bucket, so it gets path-style requests.
    pub(crate) async fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config().await);
        let config = config.force_path_style(self.endpoint_url.is_some()).interceptor(Watch { is_dynamodb: false });
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// The time-out of an answer, body included.
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    /// The configuration of every client.
    async fn config(&self) -> SdkConfig {
        let attempt = self.timeout().checked_div(ATTEMPTS).unwrap_or_default();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT.min(attempt))
            .operation_attempt_timeout(attempt)
            .operation_timeout(self.timeout());
        let mut config = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts.build());
        if let Some(url) = &self.endpoint_url {
            config = config.endpoint_url(url);
        }
        if let Some(profile) = &self.profile {
            // An explicit profile takes precedence over keys in the environment.
            let named = ProfileFileCredentialsProvider::builder().profile_name(profile).build();
            config = config.profile_name(profile).credentials_provider(named);
        }
        if let Some(region) = &self.region {
            config = config.region(Region::new(region.clone()));
        }
        config.load().await
    }
}

/// Records a silent endpoint, and the difference between the local clock and DynamoDB's.
#[derive(Debug)]
struct Watch {
    is_dynamodb: bool,
}

/// The local time of an attempt, and its endpoint.
#[derive(Debug)]
struct Sent(Timestamp, String);

impl Storable for Sent {
    type Storer = StoreReplace<Self>;
}

/// The endpoint that did not answer the last attempt.
static SILENT: Mutex<Option<String>> = Mutex::new(None);

/// The warning about the local clock, by the first answer; `None` if it is right.
static CLOCK: OnceLock<Option<String>> = OnceLock::new();

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "Watch"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state().store_put(Sent(Timestamp::now(), endpoint(context.request().uri())));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(Sent(sent, endpoint)) = bag.load::<Sent>() else { return Ok(()) };
        let answer = context.response();
        let silent = if answer.is_none() { Some(endpoint.clone()) } else { None };
        *SILENT.lock().unwrap_or_else(PoisonError::into_inner) = silent;
        let date = answer.filter(|_| self.is_dynamodb).and_then(|answer| answer.headers().get("date"));
        if let Some(date) = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok()) {
            CLOCK.get_or_init(|| difference(*sent, Timestamp::now(), date.secs()).inspect(|note| warn(note)));
        }
        Ok(())
    }
}

/// Writes a warning. A closed standard error must not stop a change.
fn warn(note: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "warning: {note}");
}

/// The scheme and the authority of a URL.
fn endpoint(uri: &str) -> String {
    let end = uri.match_indices('/').nth(2).map_or(uri.len(), |(index, _)| index);
    uri.get(..end).unwrap_or(uri).to_owned()
}

/// Adds the warnings to the result of a command.
pub(crate) fn with_warnings(result: Result<Outcome, Failure>) -> Result<Outcome, Failure> {
    match result {
        Ok(mut outcome) => {
            if let (Some(Some(note)), Some(Value::Object(json))) = (CLOCK.get(), outcome.json.as_mut())
                && let Value::Array(notes) = json.entry("notes").or_insert_with(|| Value::Array(Vec::new()))
            {
                notes.push(note.as_str().into());
            }
            Ok(outcome)
        }
        Err(failure) => {
            let silent = SILENT.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let Some(endpoint) = silent else { return Err(failure) };
            let message = format!(
                "`{endpoint}` did not answer in time, or is unreachable: check the network, `--region` and `--endpoint-url`, \
                 or allow more time with `--timeout`"
            );
            let code = failure.code();
            Err(Failure::of(message, failure).with_code(code))
        }
    }
}
