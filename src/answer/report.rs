//! Pure. The bodies of `GET /v1/models`, `GET /v1/health` and `POST /v1/parties/screenings`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::problem::DisclosedReason;
use crate::parties::Hit;

/// A model, with the outcome for this caller.
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
    /// `permit` or `refuse`; `unavailable` while the gate cannot decide.
    pub outcome: &'static str,
    /// The status that an invocation would get.
    pub status: u16,
    /// Every reason to refuse.
    pub reasons: Vec<DisclosedReason<'a>>,
}

/// The maximum number of unreadable records in an answer, so that it does not grow with the register.
pub const MOST_UNREADABLE: usize = 100;

/// The gate's health.
#[derive(Debug, Serialize)]
pub struct HealthReport<'a> {
    /// `ok`, or `unavailable` while the gate would refuse everyone.
    pub status: &'static str,
    /// The register's revision; absent while it is unreadable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// The unreadable records, the first [`MOST_UNREADABLE`] of them.
    pub unreadable: Vec<UnreadableReport<'a>>,
    /// The number of unreadable records.
    pub unreadable_total: usize,
    /// The embargoes in force that match no model of the register, and so apply to nothing.
    pub unmatched_embargoes: Vec<&'a str>,
    /// The lists in force, by name, and their editions.
    pub lists: BTreeMap<&'a str, &'a str>,
    /// The location data.
    pub location: LocationReport<'a>,
    /// Every database, the location database first.
    pub databases: Vec<DatabaseReport<'a>>,
    /// The gate's own version.
    pub version: &'static str,
}

/// An unreadable record.
#[derive(Debug, Serialize)]
pub struct UnreadableReport<'a> {
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
    /// The build time; absent if unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// A location or anonymity database.
#[derive(Debug, Serialize)]
pub struct DatabaseReport<'a> {
    /// The file's name without its folder; absent for compiled-in data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<&'a str>,
    /// `location` or `anonymity`.
    #[serde(rename = "tells")]
    pub content: &'static str,
    /// The type according to its metadata.
    #[serde(rename = "type")]
    pub database_type: &'a str,
    /// The edition.
    pub edition: &'a str,
    /// The build time, or for compiled-in data the publication time; absent if unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The age in whole days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_days: Option<u32>,
    /// Whether it is too old.
    pub stale: bool,
    /// Why the current file is not loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'a str>,
}

impl HealthReport<'_> {
    /// Whether at least one model is available.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.status == "ok"
    }
}

/// The result of screening parties.
#[derive(Debug, Serialize)]
pub struct PartiesReport<'a> {
    /// The lists used.
    pub lists: Vec<ListEdition<'a>>,
    /// The results, in the request's order.
    pub results: Vec<ScreeningResult<'a>>,
}

/// A list that was used.
#[derive(Debug, Serialize)]
pub struct ListEdition<'a> {
    /// Its name.
    pub list: &'a str,
    /// The edition.
    pub edition: &'a str,
}

/// The result for one screened party.
#[derive(Debug, Serialize)]
pub struct ScreeningResult<'a> {
    /// The caller's id for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    /// The candidates, best match first.
    pub candidates: Vec<Candidate>,
    /// The number of further candidates.
    #[serde(skip_serializing_if = "is_none")]
    pub left_out: usize,
}

/// A listed party that the screened party matches exactly or potentially.
#[derive(Debug, Serialize)]
pub struct Candidate {
    party: String,
    name: String,
    score: f64,
    exact: bool,
    weak: bool,
    why: Vec<String>,
}

impl PartiesReport<'_> {
    /// The total number of candidates.
    #[must_use]
    pub fn candidates(&self) -> usize {
        self.results.iter().map(|one| one.candidates.len().saturating_add(one.left_out)).sum()
    }
}

impl Candidate {
    /// A candidate from a list's hit.
    #[must_use]
    pub fn of(list: &str, hit: Hit) -> Self {
        let Hit { entry, name, weak, score, exact, why, sha256: _ } = hit;
        Self { party: format!("{list}:{entry}"), name, score: f64::from(score.0) / 1000.0, exact, weak, why }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_none(left_out: &usize) -> bool {
    *left_out == 0
}
