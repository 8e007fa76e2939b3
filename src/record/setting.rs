//! Pure. Settings that operators change without a deployment.

use serde::{Deserialize, Serialize};

use super::{Kind, Meta, Unreadable};
use crate::parties::Score;
use crate::terms::{Share, SignalSource};

/// The default of `match_threshold`, in thousandths.
pub const MATCH_THRESHOLD: Score = Score(760);

/// `setting`/`screening`. An absent attribute or record means the strictest setting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Screening {
    /// The lowest score, 0 to 1, of a potential match with a listed party. Lower thresholds need more comparisons; from
    /// [`MOST_STEPS`](crate::register::MOST_STEPS) on the result is unknown.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1)))]
    pub match_threshold: Option<f64>,
    /// What to do with a request whose destination is unknown.
    #[serde(skip_serializing_if = "WhenUnknown::refuses")]
    pub unknown_destination: WhenUnknown,
    /// What to do with a request whose signals of its destination disagree.
    #[serde(skip_serializing_if = "WhenUnknown::refuses")]
    pub inconsistent_destination: WhenUnknown,
    /// The largest share of an organisation, in percent, whose owners may be unknown; a larger share is reviewed. Absent: a
    /// share is reviewed if it could satisfy an embargo by ownership.
    #[serde(
        deserialize_with = "super::embargo::percent_if_given",
        serialize_with = "super::embargo::write_percent_if_given"
    )]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub unknown_ownership: Option<Share>,
    /// Whether the countries of an organisation's ultimate parents count as its own.
    pub parent_countries: Option<ParentCountries>,
    /// What to do with a request through a tunnel. `refuse`: its destination is unknown. `permit`: its destination is the
    /// country of the tunnel's exit.
    #[serde(skip_serializing_if = "WhenUnknown::refuses")]
    pub tunnelled_destination: WhenUnknown,
    /// What to do with a request from an unknown region of a country of which an embargo names a region. `permit`: it counts
    /// as coming from none of these regions.
    #[serde(skip_serializing_if = "WhenUnknown::refuses")]
    pub unknown_region: WhenUnknown,
    /// Pairs of signals that must state the same country. A signal without a country agrees with none.
    pub must_agree: Vec<Pair>,
    /// What to do with a client that moves faster than is possible.
    pub impossible_travel: Option<ImpossibleTravel>,
    /// The lowest confidence, 1 to 99, at which an address counts as anonymous, for databases with confidence scores.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 99)))]
    pub anonymizer_confidence: Option<u8>,
    /// For how many days an address counts as anonymous after it was last seen so, for databases with that date.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub anonymizer_days: Option<u32>,
    /// The age in days at which an MMDB counts as too old. The compiled-in delegations have their own limit.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub database_days: Option<u32>,
}

/// The settings if no record is in force.
pub(crate) static STRICTEST: Screening = Screening {
    match_threshold: None,
    unknown_destination: WhenUnknown::Refuse,
    inconsistent_destination: WhenUnknown::Refuse,
    unknown_ownership: None,
    parent_countries: None,
    tunnelled_destination: WhenUnknown::Refuse,
    unknown_region: WhenUnknown::Refuse,
    must_agree: Vec::new(),
    impossible_travel: None,
    anonymizer_confidence: None,
    anonymizer_days: None,
    database_days: None,
};

/// The default of `database_days`.
const DATABASE_DAYS: u32 = 30;

/// Two signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pair(pub SignalSource, pub SignalSource);

/// What to do with a client that moves faster than is possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ImpossibleTravel {
    /// Record it.
    Observe,
    /// Refuse it, as if its signals disagreed.
    Refuse,
}

/// Whether the countries of an organisation's ultimate parents count as its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ParentCountries {
    /// They count (15 CFR 744.23 depends on the headquarters of the parent).
    Count,
}

impl Screening {
    /// The lowest score of a potential match.
    #[must_use]
    pub fn threshold(&self) -> Score {
        self.match_threshold.map_or(MATCH_THRESHOLD, thousandths)
    }

    /// The age in days at which an MMDB counts as too old.
    #[must_use]
    pub fn database_days(&self) -> u32 {
        self.database_days.unwrap_or(DATABASE_DAYS)
    }
}

/// Converts a score, clamped to 0 to 1, to thousandths.
#[must_use]
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is clamped first"
)]
pub fn thousandths(score: f64) -> Score {
    Score((score.clamp(0.0, 1.0) * 1000.0).round() as u16)
}

/// What to do with a request with such a fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhenUnknown {
    /// Refuse it.
    #[default]
    Refuse,
    /// Refuse it only by the embargoes that depend on the fact.
    Permit,
}

impl WhenUnknown {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn refuses(&self) -> bool {
        *self == Self::Refuse
    }
}

impl Kind for Screening {
    const KIND: &'static str = "setting";

    fn check(&self, meta: &Meta) -> Result<(), Unreadable> {
        if meta.id != "screening" {
            return Err(Unreadable("id: expected `screening`".into()));
        }
        if self.match_threshold.is_some_and(|threshold| !(0.0..=1.0).contains(&threshold)) {
            return Err(Unreadable("match_threshold: expected a number from 0 to 1".into()));
        }
        if self.must_agree.iter().any(|Pair(one, other)| one == other) {
            return Err(Unreadable("must_agree: expected two different signals".into()));
        }
        if self.anonymizer_confidence.is_some_and(|confidence| !(1..=99).contains(&confidence)) {
            return Err(Unreadable("anonymizer_confidence: expected 1 to 99".into()));
        }
        let days = [("anonymizer_days", self.anonymizer_days), ("database_days", self.database_days)];
        match days.into_iter().find(|(_, days)| *days == Some(0)) {
            Some((name, _)) => Err(Unreadable(format!("{name}: expected 1 or more"))),
            None => Ok(()),
        }
    }
}
