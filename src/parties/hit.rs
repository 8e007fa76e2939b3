//! Pure. What comes of holding somebody against a list.

use serde::{Deserialize, Serialize};

use crate::digest::sha256_hex;

/// How near two are, in thousandths: 0 is nothing in common, 1000 the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Score(pub u16);

impl Score {
    /// As a number from 0 to 1.
    #[must_use]
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

/// A listed party that somebody may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The entry's id within its list.
    pub entry: String,
    /// The listed name that is nearest.
    pub name: String,
    /// Whether that is one that the list itself calls weak.
    pub weak: bool,
    /// How near it is.
    pub score: Score,
    /// Whether nothing is left to review: an identifier is the same, or a name is and a country or birth date with it.
    pub exact: bool,
    /// What speaks for it and against it, a sentence each, for those who may know the entry.
    pub why: Vec<String>,
    /// The first 32 digits of the SHA-256 of what the list says of the party: another where that changed.
    pub sha256: String,
}

/// The first 32 hex digits of a SHA-256: enough to tell whether what was compared is still the same.
#[must_use]
pub fn half_sha256(of: &[u8]) -> String {
    let mut digits = sha256_hex(of);
    digits.truncate(32);
    digits
}
