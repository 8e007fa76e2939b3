//! Pure. Whom lists name that may stand behind a request: worked out before the decision, which then needs no name, and
//! kept as a fact, so that no name stands in the ledger.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::reason::Review;
use crate::parties::Score;
use crate::register::Register;

/// An entry of a list that somebody behind the request is, or may be. The fields stand in alphabetical order, since the
/// ledger's entry is hashed so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Possible {
    /// Whether nothing is left to review: it is the party.
    pub exact: bool,
    /// The first 32 hex digits of the SHA-256 of what was compared: of the subject's names, birth date, identifiers and
    /// countries, and of the entry. Another where any of that changed.
    pub match_sha256: String,
    /// The entry: `list:entry`.
    pub party: String,
    /// How near it is.
    pub score: Score,
    /// Whose record it is: `organisation#…`, for its owners too, or `person#…`.
    pub subject: String,
    /// `owner` where it is an owner of the subject; absent where it is the subject itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
}

impl Possible {
    /// The list.
    pub(super) fn list(&self) -> &str {
        self.party.split_once(':').map_or(self.party.as_str(), |(list, _)| list)
    }

    /// Whether the operators found at `now` that it is somebody else.
    pub(super) fn is_cleared(&self, register: &Register, now: Timestamp) -> bool {
        let of_subject = register.clearances_of(&self.subject).filter(|clearance| clearance.meta.is_in_force(now));
        of_subject.into_iter().any(|clearance| clearance.clears(&self.subject, &self.party, &self.match_sha256))
    }

    /// As it awaits a decision.
    pub(super) fn review(&self) -> Review {
        Review {
            match_sha256: Some(self.match_sha256.clone()),
            party: self.party.clone(),
            score: Some(self.score),
            subject: self.subject.clone(),
        }
    }
}
