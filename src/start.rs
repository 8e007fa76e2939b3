//! I/O. From the settings to a gate that is ready: clients, location data, connections, the register.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::config::StalledStreamProtectionConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};

use crate::account::unmatched_embargoes;
use crate::authorities::trusted;
use crate::causes::Causes;
use crate::evidence::{CallerStore, Location, SpreadStore, Tells};
use crate::gate::Gate;
use crate::ledger::Ledger;
use crate::log;
use crate::model::Models;
use crate::quota::Quotas;
use crate::register::RegisterStore;
use crate::settings::{BadSettings, Settings};
use crate::user_agent::user_agent;

/// How long one attempt at DynamoDB may take; it answers in single milliseconds, and the SDK makes three.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the start waits for the register. The gate answers 503 until it is read, and reads it at each request.
const WARM_TIMEOUT: Duration = Duration::from_secs(5);

/// A gate with the settings that `variable` looks up, over the AWS configuration of the environment.
///
/// # Errors
/// [`BadSettings`] with every fault, the databases' among them.
pub async fn start(variable: impl Fn(&str) -> Option<String>) -> Result<Gate, BadSettings> {
    let (settings, location) = configured(&variable)?;
    // One HTTP client for both services: one set of connections, one TLS configuration.
    let trusted = trusted(variable).map(|pem| TrustStore::empty().with_pem_certificate(pem));
    let tls = TlsContext::builder().with_trust_store(trusted.unwrap_or_default()).build();
    let tls = tls.map_err(|error| BadSettings(vec![Causes(&error).to_string()]))?;
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    let http = http.tls_context(tls).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build();
    // The attempt's time is over long before the SDK would call its stream stalled.
    let dynamodb = aws_sdk_dynamodb::config::Builder::from(&config)
        .timeout_config(timeouts)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .interceptor(user_agent("aws-sdk-dynamodb", aws_sdk_dynamodb::meta::PKG_VERSION));
    let dynamodb = aws_sdk_dynamodb::Client::from_conf(dynamodb.build());
    let sagemaker = aws_sdk_sagemakerruntime::config::Builder::from(&config)
        .interceptor(user_agent("aws-sdk-sagemakerruntime", aws_sdk_sagemakerruntime::meta::PKG_VERSION));
    let sagemaker = aws_sdk_sagemakerruntime::Client::from_conf(sagemaker.build());
    let gate = build(settings, location, &dynamodb, &sagemaker);
    let now = jiff::Timestamp::now();
    let (warmed, ()) = tokio::join!(tokio::time::timeout(WARM_TIMEOUT, gate.warm(now)), gate.models.connect(now));
    match warmed {
        Ok(Ok(register)) => {
            tracing::info!(revision = register.revision(), "the register is read");
            log::unreadable(&register.shared_faults());
            let now = jiff::Timestamp::now();
            log::unmatched(&unmatched_embargoes(&register, now));
            log::databases(&gate.location.news(now, register.screening(now).database_days()));
        }
        Ok(Err(error)) => tracing::error!(error, "the register could not be read; the gate refuses until it is"),
        Err(_) => tracing::error!("the register could not be read in time; the gate refuses until it is"),
    }
    Ok(gate)
}

/// The settings and the databases, or every fault of either.
fn configured(variable: impl Fn(&str) -> Option<String>) -> Result<(Settings, Location), BadSettings> {
    let location = Location::named(variable("GEO_DATABASE").as_deref(), variable("ANONYMITY_DATABASES").as_deref());
    match (Settings::read(variable), location) {
        (Ok(settings), Ok(location)) => Ok((settings, location)),
        (Err(bad), Ok(_)) => Err(bad),
        (settings, Err(unusable)) => {
            let mut faults = settings.err().map(|BadSettings(faults)| faults).unwrap_or_default();
            faults.extend(unusable.iter().map(|unusable| {
                let name = match unusable.tells {
                    Tells::Location => "GEO_DATABASE",
                    Tells::Anonymity => "ANONYMITY_DATABASES",
                };
                format!("{name}: {}", Causes(unusable))
            }));
            Err(BadSettings(faults))
        }
    }
}

/// A gate with these settings over this location data and these clients, with nothing read yet.
#[must_use]
pub fn build(
    settings: Settings,
    location: Location,
    dynamodb: &aws_sdk_dynamodb::Client,
    sagemaker: &aws_sdk_sagemakerruntime::Client,
) -> Gate {
    Gate {
        callers: CallerStore::new(dynamodb.clone(), settings.callers_table, settings.register_table.clone()),
        register: RegisterStore::new(dynamodb.clone(), settings.register_table),
        location,
        spread: SpreadStore::new(dynamodb.clone(), settings.usage_table.clone()),
        quotas: Quotas::new(dynamodb.clone(), settings.usage_table),
        models: Models::new(sagemaker, settings.model_timeout),
        ledger: Ledger::new(dynamodb, settings.ledger_table),
        distribution: settings.distribution,
        operator_url: settings.operator_url,
    }
}
