//! Pure. Clearances: a possible match with a listed party was looked into, and is somebody else.

use serde::Deserialize;

use super::{Kind, Meta, Unreadable};

/// A clearance. It only ever permits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "gatectl", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Clearance {
    /// Who is cleared: `organisation#…` or `person#…`.
    #[cfg_attr(feature = "gatectl", schemars(regex(pattern = "^(organisation|person)#.")))]
    pub subject: String,
    /// Of being whom: `list:entry`.
    #[cfg_attr(feature = "gatectl", schemars(regex(pattern = "^[^:]+:.")))]
    pub party: String,
    /// Why it is somebody else.
    #[serde(deserialize_with = "super::text")]
    #[cfg_attr(feature = "gatectl", schemars(length(min = 1)))]
    pub reason: String,
    /// Who looked into it.
    #[serde(deserialize_with = "super::text")]
    #[cfg_attr(feature = "gatectl", schemars(length(min = 1)))]
    pub officer: String,
}

impl Kind for Clearance {
    const KIND: &'static str = "clearance";
    const LAST_READABLE_SERVES: bool = false;

    fn check(&self, _meta: &Meta) -> Result<(), Unreadable> {
        let is_caller = |id: &str| !id.trim().is_empty();
        if !["organisation#", "person#"].iter().any(|kind| self.subject.strip_prefix(kind).is_some_and(is_caller)) {
            return Err(Unreadable(format!("subject: `{}` is neither `organisation#…` nor `person#…`", self.subject)));
        }
        match self.party.split_once(':') {
            Some((list, entry)) if !list.trim().is_empty() && !entry.trim().is_empty() => Ok(()),
            _ => Err(Unreadable(format!("party: `{}` is no `list:entry`", self.party))),
        }
    }
}
