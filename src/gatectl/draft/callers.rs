//! Pure. Callers' records in files. Unknown attributes are errors here, though the gate ignores them in the table.

#![allow(dead_code, reason = "these types only validate")]

use std::collections::BTreeMap;

use export_gate::record::{CallerStatus, OrganisationType, OwnerKind, UsStatus, Users, VerificationStatus};
use export_gate::terms::Country;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

/// An application that calls: `client#<principal>`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Client {
    /// `client#` and the principal that the authorizer names.
    #[schemars(regex(pattern = "^client#."))]
    id: String,
    /// The id of its organisation, without `organisation#`.
    organisation: String,
    /// Whether it may call at all.
    status: CallerStatus,
    /// Who uses it.
    users: Users,
    /// The organisation's attestation that only US persons use it.
    attestation: Option<Attestation>,
    /// Who wrote the record.
    by: Option<String>,
    /// When it was written.
    at: Option<String>,
    /// Why it was written.
    why: Option<String>,
    /// The id of the previous version in the table.
    previous: Option<String>,
}

/// The organisation's attestation that only US persons use a client.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Attestation {
    by: Option<String>,
    at: Option<String>,
    /// When it lapses.
    until: String,
    document: Option<String>,
}

/// A customer: `organisation#<id>`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Organisation {
    /// `organisation#` and its id.
    #[schemars(regex(pattern = "^organisation#."))]
    id: String,
    name: Option<String>,
    aliases: Option<Vec<String>>,
    /// Its type; absent counts as foreign.
    #[serde(rename = "type")]
    kind: Option<OrganisationType>,
    /// The country of incorporation.
    incorporated_in: Option<Country>,
    /// Whether it is organised to do business in the US.
    organised_in_us: Option<bool>,
    /// The country of its headquarters.
    headquartered_in: Option<Country>,
    identifiers: Option<Identifiers>,
    owners: Option<Vec<Owner>>,
    /// The codes of its end uses.
    end_uses: Option<Vec<String>>,
    /// Whether it may call at all.
    status: CallerStatus,
    /// Its verification.
    verification: Option<Verification>,
    /// Who wrote the record.
    by: Option<String>,
    /// When it was written.
    at: Option<String>,
    /// Why it was written.
    why: Option<String>,
    /// The id of the previous version in the table.
    previous: Option<String>,
}

/// Identification numbers.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Identifiers {
    List(Vec<String>),
    Named(BTreeMap<String, String>),
}

/// An owner of an organisation.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Owner {
    name: String,
    kind: OwnerKind,
    country: Option<Country>,
    /// The owner's percentage; absent is unknown.
    #[serde(default, deserialize_with = "percent")]
    #[schemars(with = "Option<f64>", range(min = 0, max = 100))]
    percent: Option<f64>,
    /// The owner's own owners.
    owners: Option<Vec<Owner>>,
}

/// A percentage; the gate would take another number as unknown.
fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let percent = f64::deserialize(deserializer)?;
    if (0.0..=100.0).contains(&percent) {
        Ok(Some(percent))
    } else {
        Err(serde::de::Error::custom(format!("{percent} is not a percentage: write 0 to 100")))
    }
}

/// A file of owners.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Owners {
    owners: Vec<Owner>,
}

/// An end user: `person#<id>`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Person {
    /// `person#` and the id by which requests name the person.
    #[schemars(regex(pattern = "^person#."))]
    id: String,
    /// The id of the organisation whose user this is.
    organisation: String,
    name: Option<String>,
    aliases: Option<Vec<String>>,
    /// Citizenships.
    nationalities: Option<Vec<Country>>,
    /// The most recent citizenship or permanent residence (15 CFR 734.13(b)).
    deemed_country: Option<Country>,
    /// The status under 15 CFR 772.1.
    us_status: Option<UsStatus>,
    /// The date of birth: 1970, 1970-12 or 1970-12-31.
    #[serde(default, deserialize_with = "born")]
    #[schemars(with = "Option<String>", regex(pattern = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"))]
    born: Option<String>,
    identifiers: Option<Identifiers>,
    verification: Option<Verification>,
    /// Who wrote the record.
    by: Option<String>,
    /// When it was written.
    at: Option<String>,
    /// Why it was written.
    why: Option<String>,
    /// The id of the previous version in the table.
    previous: Option<String>,
}

fn born<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    crate::value_parsers::born(&String::deserialize(deserializer)?).map(Some).map_err(serde::de::Error::custom)
}

/// The verification of an organisation or a person.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Verification {
    status: VerificationStatus,
    /// When it lapses; required when verified.
    until: Option<String>,
    method: Option<String>,
    by: Option<String>,
    at: Option<String>,
    evidence: Option<String>,
}
