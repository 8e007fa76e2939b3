//! Pure. What `GET /v1/models`, `GET /v1/health` and `POST /v1/parties/screenings` tell.

use std::collections::BTreeMap;

use serde::Serialize;

use super::problem::ReasonTold;
use crate::parties::Hit;

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

/// The most unreadable records that an answer names: it must not grow with the register.
pub const MOST_UNREADABLE: usize = 100;

/// How the gate is.
#[derive(Debug, Serialize)]
pub struct HealthReport<'a> {
    /// `ok`, or `unavailable` while the gate would refuse everyone.
    pub status: &'static str,
    /// The register's revision; absent while it can't be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// The records that can't be relied on, the first [`MOST_UNREADABLE`] of them.
    pub unreadable: Vec<UnreadableRecord<'a>>,
    /// How many there are.
    pub unreadable_total: usize,
    /// The embargoes in force that name no model of the register, and so apply to nothing.
    pub unmatched_embargoes: Vec<&'a str>,
    /// The lists in force, by name, and their editions.
    pub lists: BTreeMap<&'a str, &'a str>,
    /// The location data.
    pub location: LocationReport<'a>,
    /// Every database, the one that gives the location first.
    pub databases: Vec<DatabaseReport<'a>>,
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

/// A database of locations, or of networks that hide their users.
#[derive(Debug, Serialize)]
pub struct DatabaseReport<'a> {
    /// The file's name without its folder; absent of what is compiled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<&'a str>,
    /// `location` or `anonymity`.
    pub tells: &'static str,
    /// What it calls itself.
    #[serde(rename = "type")]
    pub database_type: &'a str,
    /// Which one of these it is.
    pub edition: &'a str,
    /// When it was made; of what is compiled in, when it was published. Absent where it doesn't say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// How old it is, in whole days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_days: Option<u32>,
    /// Whether that is too old.
    pub stale: bool,
    /// Why the file as it stands now is not the one in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'a str>,
}

impl HealthReport<'_> {
    /// Whether anybody could get an answer.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.status == "ok"
    }
}

/// Who on the lists somebody may be.
#[derive(Debug, Serialize)]
pub struct PartiesReport<'a> {
    /// The lists that were asked.
    pub lists: Vec<ListAsked<'a>>,
    /// Each who was asked about, in the request's order.
    pub results: Vec<Screened<'a>>,
}

/// A list that was asked.
#[derive(Debug, Serialize)]
pub struct ListAsked<'a> {
    /// Its name.
    pub list: &'a str,
    /// The edition.
    pub edition: &'a str,
}

/// One who was asked about.
#[derive(Debug, Serialize)]
pub struct Screened<'a> {
    /// The caller's own word for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    /// The parties that it may be, the nearest first.
    pub candidates: Vec<Candidate>,
    /// How many more there are.
    #[serde(skip_serializing_if = "is_none")]
    pub left_out: usize,
}

/// A party that somebody may be.
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
    /// How many candidates there are.
    #[must_use]
    pub fn candidates(&self) -> usize {
        self.results.iter().map(|one| one.candidates.len().saturating_add(one.left_out)).sum()
    }
}

impl Candidate {
    /// What a list answered.
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
