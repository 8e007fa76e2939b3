//! Pure. Clearances: a possible match with a listed party that is somebody else.

use serde::Deserialize;

use super::{Kind, Meta, Unreadable};

/// A clearance of one subject against one entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "gatectl", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Clearance {
    /// Who was held up: `organisation#…` or `person#…`.
    #[cfg_attr(feature = "gatectl", schemars(regex(pattern = "^(organisation|person)#.")))]
    pub subject: String,
    /// The entry that it is not: `list:entry`.
    #[cfg_attr(feature = "gatectl", schemars(regex(pattern = "^[^:]+:.")))]
    pub party: String,
    /// Why it is somebody else.
    #[serde(deserialize_with = "super::text")]
    #[cfg_attr(feature = "gatectl", schemars(length(min = 1)))]
    pub reason: String,
    /// Who decided so.
    #[serde(deserialize_with = "super::text")]
    #[cfg_attr(feature = "gatectl", schemars(length(min = 1)))]
    pub officer: String,
}

impl Kind for Clearance {
    const KIND: &'static str = "clearance";
    const LAST_READABLE_SERVES: bool = false;

    fn check(&self, _meta: &Meta) -> Result<(), Unreadable> {
        let is_subject = self
            .subject
            .split_once('#')
            .is_some_and(|(kind, id)| matches!(kind, "organisation" | "person") && !id.trim().is_empty());
        if !is_subject {
            return Err(Unreadable(format!("subject: `{}` is nobody: write organisation#… or person#…", self.subject)));
        }
        let is_party =
            self.party.split_once(':').is_some_and(|(list, entry)| !list.trim().is_empty() && !entry.trim().is_empty());
        if is_party { Ok(()) } else { Err(Unreadable(format!("party: `{}` is no list:entry", self.party))) }
    }
}
