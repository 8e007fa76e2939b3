//! Pure. Models: what callers ask for, and the SageMaker endpoint behind each.

use serde::Deserialize;

use super::{Kind, Meta, Unreadable};
use crate::terms::{ModelName, ModelPattern};

/// A model in one version.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "gatectl", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Whether the name alone means this version.
    #[serde(default)]
    pub default: bool,
    /// The SageMaker endpoint, this model's own.
    #[serde(deserialize_with = "super::text")]
    #[cfg_attr(feature = "gatectl", schemars(length(min = 1)))]
    pub endpoint: String,
    /// The Export Control Classification Number, or `EAR99`; absent is unknown.
    pub eccn: Option<String>,
    /// Whether callers may have it.
    pub status: ModelStatus,
}

/// Whether callers may have a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "gatectl", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ModelStatus {
    /// They may, if nothing else stands in the way.
    Available,
    /// It is no more.
    Withdrawn,
}

impl Kind for Model {
    const KIND: &'static str = "model";

    fn check(&self, meta: &Meta) -> Result<(), Unreadable> {
        let written = format!("{}@{}", self.name, self.version);
        if ModelName::parse(&written).is_err() {
            return Err(Unreadable(format!("`{written}` can be no model's `name@version`")));
        }
        if meta.id != written {
            return Err(Unreadable(format!("`name` and `version` say `{written}`, the id says otherwise")));
        }
        // One that no pattern could name would escape every embargo by ECCN.
        match &self.eccn {
            Some(eccn) if ModelPattern::try_from(format!("eccn:{eccn}")).is_err() => {
                Err(Unreadable(format!("eccn: `{eccn}` is no Export Control Classification Number")))
            }
            _ => Ok(()),
        }
    }
}

impl ModelPattern {
    /// Whether the pattern names this model. An unknown ECCN is unknown to every pattern by ECCN.
    #[must_use]
    pub fn names(&self, id: &str, model: &Model) -> crate::terms::Match {
        use crate::terms::Match;
        match self {
            Self::Every => Match::Yes,
            Self::Eccn(eccn) => model.eccn.as_ref().map_or(Match::Unknown, |known| Match::from(known == eccn)),
            Self::Name(name) => Match::from(*name == model.name),
            Self::Version(version) => Match::from(version.as_str() == id),
        }
    }
}
