//! Pure. Settings: what operators change without a deployment.

use serde::Deserialize;

use super::{Kind, Meta, Unreadable};
use crate::parties::Score;
use crate::terms::Share;

/// The score from which a name is a possible match where no setting says another.
pub const MATCH_THRESHOLD: Score = Score(760);

/// `setting`/`screening`. Absent attributes, or no record at all, mean the strictest.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "gatectl", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Screening {
    /// The score, 0 to 1, from which a name is a possible match with a listed party.
    #[cfg_attr(feature = "gatectl", schemars(range(min = 0, max = 1)))]
    pub match_threshold: Option<f64>,
    /// What becomes of a request whose destination nobody knows.
    pub unknown_destination: WhenUnknown,
    /// What becomes of a request whose signals of its destination disagree.
    pub inconsistent_destination: WhenUnknown,
    /// The share of an organisation, in percent, of which nobody need know who owns it; more is reviewed. Absent, what could
    /// bring an embargo by ownership about is.
    #[serde(deserialize_with = "super::embargo::percent_if_given")]
    #[cfg_attr(feature = "gatectl", schemars(range(min = 0, max = 100)))]
    pub unknown_ownership: Option<Share>,
    /// Whether the countries of an organisation's ultimate parents are its own.
    pub parent_countries: Option<ParentCountries>,
}

/// That the countries of an organisation's ultimate parents are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "gatectl", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "gatectl", derive(schemars::JsonSchema))]
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
            return Err(Unreadable(format!("`{}` is no setting that this version knows", meta.id)));
        }
        match self.match_threshold {
            Some(threshold) if !(0.0..=1.0).contains(&threshold) => {
                Err(Unreadable(format!("match_threshold: {threshold} is not between 0 and 1")))
            }
            _ => Ok(()),
        }
    }
}
