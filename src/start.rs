//! I/O. Starts the gate: reads settings and databases, creates the clients, and reads the register.

use std::time::Duration;

use crate::aws;
use crate::error_chain::ErrorChain;
use crate::evidence::{CallerStore, DatabaseContent, Location, SpreadStore};
use crate::gate::Gate;
use crate::ledger::Ledger;
use crate::model::Models;
use crate::quota::Quotas;
use crate::register::RegisterStore;
use crate::settings::{BadSettings, Settings};
use crate::telemetry::log;
use crate::telemetry::unmatched_embargoes;

/// The time-out for reading the register at the start. Without it the gate starts, reads it at each request, and answers
/// 503 until that succeeds.
const WARM_TIMEOUT: Duration = Duration::from_secs(5);

/// Starts a gate with the settings that `variable` looks up and the environment's AWS configuration.
///
/// # Errors
/// [`BadSettings`] with every error, including those of the databases.
pub async fn start(variable: impl Fn(&str) -> Option<String>) -> Result<Gate, BadSettings> {
    let (settings, location) = configured(&variable)?;
    let (dynamodb, sagemaker) =
        aws::clients(&variable).await.map_err(|error| BadSettings(vec![ErrorChain(error.as_ref()).to_string()]))?;
    let gate = build(settings, location, &dynamodb, &sagemaker);
    let now = jiff::Timestamp::now();
    let (warmed, ()) = tokio::join!(tokio::time::timeout(WARM_TIMEOUT, gate.warm(now)), gate.models.connect(now));
    match warmed {
        Ok(Ok(register)) => {
            tracing::info!(revision = register.revision(), "the register was read");
            log::unreadable(&register.shared_unreadable());
            let now = jiff::Timestamp::now();
            log::unmatched(&unmatched_embargoes(&register, now));
            log::databases(&gate.location.unreported_problems(now, register.screening(now).database_days()));
        }
        Ok(Err(error)) => {
            tracing::error!(error, "the register could not be read; until it is, requests are answered with 503")
        }
        Err(_) => {
            tracing::error!("reading the register timed out; until that succeeds, requests are answered with 503")
        }
    }
    Ok(gate)
}

/// The settings and the databases, or every error of both.
fn configured(variable: impl Fn(&str) -> Option<String>) -> Result<(Settings, Location), BadSettings> {
    let location = Location::named(variable("GEO_DATABASE").as_deref(), variable("ANONYMITY_DATABASES").as_deref());
    match (Settings::read(variable), location) {
        (Ok(settings), Ok(location)) => Ok((settings, location)),
        (Err(bad), Ok(_)) => Err(bad),
        (settings, Err(unusable)) => {
            let mut faults = settings.err().map(|BadSettings(faults)| faults).unwrap_or_default();
            faults.extend(unusable.iter().map(|unusable| {
                let name = match unusable.content {
                    DatabaseContent::Location => "GEO_DATABASE",
                    DatabaseContent::Anonymity => "ANONYMITY_DATABASES",
                };
                format!("{name}: {}", ErrorChain(unusable))
            }));
            Err(BadSettings(faults))
        }
    }
}

/// A gate with these settings, location data and clients; it has read nothing yet.
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
