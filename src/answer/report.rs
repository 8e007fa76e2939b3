//! Pure. What `GET /v1/models` and `GET /v1/health` tell.

use std::collections::BTreeMap;

use serde::Serialize;

use super::problem::ReasonTold;

/// A model, with what this caller would get.
#[derive(Debug, Serialize)]
pub struct ModelLine<'a> {
    /// `name@version`.
    pub model: &'a str,
    /// The name.
    pub name: &'a str,
    /// The version.
    pub version: &'a str,
    /// Whether the name alone means this version.
    pub default: bool,
    /// `permit` or `refuse`; `unavailable` while the gate can't decide.
    pub outcome: &'static str,
    /// The status that an invocation would get.
    pub status: u16,
    /// Every reason against it.
    pub reasons: Vec<ReasonTold<'a>>,
}

/// How the gate is.
#[derive(Debug, Serialize)]
pub struct HealthReport<'a> {
    /// `ok`, or `unavailable` while the gate would refuse everyone.
    pub status: &'static str,
    /// The register's revision; absent while it can't be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// Every record that can't be relied on.
    pub unreadable: Vec<UnreadableRecord<'a>>,
    /// The lists in force, by name, and their editions.
    pub lists: BTreeMap<&'a str, &'a str>,
    /// The location data.
    pub location: LocationReport<'a>,
    /// The gate's own version.
    pub version: &'static str,
}

/// A record that can't be relied on.
#[derive(Debug, Serialize)]
pub struct UnreadableRecord<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// Its id.
    pub id: &'a str,
}

/// The location data.
#[derive(Debug, Serialize)]
pub struct LocationReport<'a> {
    /// `mmdb` or `delegations`.
    pub source: &'a str,
    /// Its edition.
    pub edition: &'a str,
    /// When it was made; absent where it doesn't say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

impl HealthReport<'_> {
    /// Whether anybody could get an answer.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.status == "ok"
    }
}
