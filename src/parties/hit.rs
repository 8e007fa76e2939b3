//! Pure. The result of comparing a screened party with a list.

use serde::{Deserialize, Serialize};

use crate::digest::sha256_hex;

/// A similarity in thousandths: 0 is nothing in common, 1000 identical.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Score(pub u16);

impl Score {
    /// The score as a number from 0 to 1.
    #[must_use]
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

/// A listed party that a screened party matches exactly or potentially.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The entry's id within its list.
    pub entry: String,
    /// The listed name that is most similar.
    pub name: String,
    /// Whether it is a weak alias of the list.
    pub weak: bool,
    /// The similarity.
    pub score: Score,
    /// Whether the match is certain: the same identifier, or the same name and an agreeing country or birth date.
    pub exact: bool,
    /// The reasons for and against the match, one sentence each. Only for callers who may see the entry.
    pub why: Vec<String>,
    /// The first 32 hex digits of the SHA-256 of the entry.
    pub sha256: String,
}

/// The first 32 hex digits of a SHA-256: enough to detect a change.
#[must_use]
pub fn half_sha256(of: &[u8]) -> String {
    let mut digits = sha256_hex(of);
    digits.truncate(32);
    digits
}
