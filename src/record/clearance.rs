//! Pure. Clearances: a reviewer decided that a potential match is not the listed party.

use serde::{Deserialize, Serialize};

use super::{Kind, Meta, Unreadable};

/// A clearance. It only ever permits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Clearance {
    /// The screened party that is cleared: `organisation#…` or `person#…`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^(organisation|person)#.")))]
    pub subject: String,
    /// The listed party that it is not: `list:entry`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[^:]+:.")))]
    pub party: String,
    /// The digest of both compared sides, from the refusal's reason. The clearance lapses when either side changes. Without
    /// it, the clearance holds regardless of changes.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{32}$")))]
    pub match_sha256: Option<String>,
    /// Why it is not the listed party.
    #[serde(deserialize_with = "super::text")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub reason: String,
    /// The officer who reviewed the match.
    #[serde(deserialize_with = "super::text")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub officer: String,
}

impl Clearance {
    /// Whether it clears this potential match.
    #[must_use]
    pub fn clears(&self, subject: &str, party: &str, match_sha256: &str) -> bool {
        self.subject == subject
            && self.party == party
            && self.match_sha256.as_deref().is_none_or(|compared| compared == match_sha256)
    }
}

impl Kind for Clearance {
    const KIND: &'static str = "clearance";
    const LAST_READABLE_SERVES: bool = false;

    fn check(&self, _meta: &Meta) -> Result<(), Unreadable> {
        let is_caller = |id: &str| !id.trim().is_empty();
        if !["organisation#", "person#"].iter().any(|kind| self.subject.strip_prefix(kind).is_some_and(is_caller)) {
            return Err(Unreadable("subject: expected `organisation#…` or `person#…`".into()));
        }
        let is_digest =
            |text: &String| text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if self.match_sha256.as_ref().is_some_and(|text| !is_digest(text)) {
            return Err(Unreadable("match_sha256: expected 32 lower-case hexadecimal digits".into()));
        }
        match self.party.split_once(':') {
            Some((list, entry)) if !list.trim().is_empty() && !entry.trim().is_empty() => Ok(()),
            _ => Err(Unreadable("party: expected `list:entry`".into())),
        }
    }
}
