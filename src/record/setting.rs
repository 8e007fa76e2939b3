//! Pure. Settings: what operators change without a deployment.

use serde::Deserialize;

use super::{Kind, Meta, Unreadable};
use crate::parties::Score;
use crate::terms::{Share, SignalSource};

/// The score from which a name is a possible match where no setting says another.
pub const MATCH_THRESHOLD: Score = Score(760);

/// `setting`/`screening`. Absent attributes, or no record at all, mean the strictest.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Screening {
    /// The score, 0 to 1, from which a name is a possible match with a listed party. The lower it is, the more comparisons a
    /// name takes; from [`MOST_STEPS`](crate::register::MOST_STEPS) on its matches are unknown.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1)))]
    pub match_threshold: Option<f64>,
    /// What becomes of a request whose destination nobody knows.
    pub unknown_destination: WhenUnknown,
    /// What becomes of a request whose signals of its destination disagree.
    pub inconsistent_destination: WhenUnknown,
    /// The share of an organisation, in percent, of which nobody need know who owns it; more is reviewed. Absent, what could
    /// bring an embargo by ownership about is.
    #[serde(deserialize_with = "super::embargo::percent_if_given")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub unknown_ownership: Option<Share>,
    /// Whether the countries of an organisation's ultimate parents are its own.
    pub parent_countries: Option<ParentCountries>,
    /// What becomes of a request through a tunnel, whose address has a country that need not be its user's: refused, that
    /// country is nobody's; permitted, it is taken.
    pub tunnelled_destination: WhenUnknown,
    /// What becomes of a request from a country whose regions an embargo names, where nobody knows which region it is:
    /// permitted, it is taken to be none of these.
    pub unknown_region: WhenUnknown,
    /// The signals that must tell the same country, in pairs. What tells none agrees with nothing.
    pub must_agree: Vec<Pair>,
    /// What becomes of a client that travels faster than anybody can.
    pub impossible_travel: Option<ImpossibleTravel>,
    /// The least confidence, 1 to 99, at which a database that has one is believed that an address is anonymous.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 99)))]
    pub anonymizer_confidence: Option<u8>,
    /// For how many days a database that has the day is believed of a network that was last seen anonymous then.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub anonymizer_days: Option<u32>,
    /// From how many days on an MMDB of locations or anonymity is too old. The compiled-in delegations have a limit of
    /// their own.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub database_days: Option<u32>,
}

/// The settings where no record is in force.
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

/// From how many days on an MMDB is too old where no setting says another.
const DATABASE_DAYS: u32 = 30;

/// Two signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pair(pub SignalSource, pub SignalSource);

/// What becomes of a client that travels faster than anybody can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ImpossibleTravel {
    /// It is recorded.
    Observe,
    /// It is refused: the signals of where it is disagree.
    Refuse,
}

/// That the countries of an organisation's ultimate parents are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ParentCountries {
    /// They count (15 CFR 744.23 asks where a parent is headquartered).
    Count,
}

impl Screening {
    /// The score from which a name is a possible match with a listed party.
    #[must_use]
    pub fn threshold(&self) -> Score {
        self.match_threshold.map_or(MATCH_THRESHOLD, thousandths)
    }

    /// From how many days on an MMDB is too old.
    #[must_use]
    pub fn database_days(&self) -> u32 {
        self.database_days.unwrap_or(DATABASE_DAYS)
    }
}

/// A score from 0 to 1 as it is counted; what lies outside is the nearer end.
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

/// What becomes of a request with such a fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhenUnknown {
    /// It is refused.
    #[default]
    Refuse,
    /// It is refused only by the embargoes that depend on the fact.
    Permit,
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
            return Err(Unreadable("must_agree: a signal always agrees with itself; name two".into()));
        }
        if self.anonymizer_confidence.is_some_and(|confidence| !(1..=99).contains(&confidence)) {
            return Err(Unreadable("anonymizer_confidence: write 1 to 99".into()));
        }
        let days = [("anonymizer_days", self.anonymizer_days), ("database_days", self.database_days)];
        match days.into_iter().find(|(_, days)| *days == Some(0)) {
            Some((name, _)) => Err(Unreadable(format!("{name}: write 1 or more"))),
            None => Ok(()),
        }
    }
}
