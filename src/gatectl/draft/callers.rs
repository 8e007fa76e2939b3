//! Pure. Callers' records as people write them: every attribute that section 4 of the table's description has, and no
//! other. The gate passes over what it doesn't know; whoever writes a file wants to be told.

#![allow(dead_code, reason = "what is read of these is whether they can be")]

use std::collections::BTreeMap;

use export_gate::record::{CallerStatus, OrganisationType, UsStatus, Users, VerificationStatus};
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
    /// The organisation's word that only US persons use it.
    attestation: Option<Attestation>,
    /// Who says so.
    by: Option<String>,
    /// When.
    at: Option<String>,
    /// Why.
    why: Option<String>,
    /// The version before, which the table keeps.
    previous: Option<String>,
}

/// The organisation's word that only US persons use a client.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Attestation {
    by: Option<String>,
    at: Option<String>,
    /// The first moment at which it is lapsed.
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
    /// What it is; absent counts as foreign.
    #[serde(rename = "type")]
    kind: Option<OrganisationType>,
    /// Where it was founded.
    incorporated_in: Option<Country>,
    /// Whether it is organised to do business in the US.
    organised_in_us: Option<bool>,
    /// Where it is run from.
    headquartered_in: Option<Country>,
    identifiers: Option<Identifiers>,
    owners: Option<Vec<Owner>>,
    /// The codes of what it does with the models.
    end_uses: Option<Vec<String>>,
    /// Whether it may call at all.
    status: CallerStatus,
    /// How it was identified.
    verification: Option<Verification>,
    /// Who says so.
    by: Option<String>,
    /// When.
    at: Option<String>,
    /// Why.
    why: Option<String>,
    /// The version before, which the table keeps.
    previous: Option<String>,
}

/// Numbers by which somebody is known.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Identifiers {
    List(Vec<String>),
    Named(BTreeMap<String, String>),
}

/// Who owns an organisation.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Owner {
    name: String,
    kind: OwnerKind,
    country: Option<Country>,
    /// How much of it the owner has; absent is unknown.
    #[serde(default, deserialize_with = "percent")]
    #[schemars(with = "Option<f64>", range(min = 0, max = 100))]
    percent: Option<f64>,
    /// Who owns the owner.
    owners: Option<Vec<Owner>>,
}

/// What the gate would take for unknown is a slip.
fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let percent = f64::deserialize(deserializer)?;
    if (0.0..=100.0).contains(&percent) {
        Ok(Some(percent))
    } else {
        Err(serde::de::Error::custom(format!("{percent} is no percentage: write 0 to 100")))
    }
}

/// The owners of a file of their own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Owners {
    owners: Vec<Owner>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OwnerKind {
    Person,
    Organisation,
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
    /// Who says so.
    by: Option<String>,
    /// When.
    at: Option<String>,
    /// Why.
    why: Option<String>,
    /// The version before, which the table keeps.
    previous: Option<String>,
}

fn born<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    crate::value_parsers::born(&String::deserialize(deserializer)?).map(Some).map_err(serde::de::Error::custom)
}

/// How somebody was identified.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Verification {
    status: VerificationStatus,
    /// The first moment at which it is lapsed; required when verified.
    until: Option<String>,
    method: Option<String>,
    by: Option<String>,
    at: Option<String>,
    evidence: Option<String>,
}
