//! Pure. Kleene's three-valued logic, for facts that can be unknown.

use serde::{Deserialize, Serialize};

/// Whether a fact is among what a record names.
///
/// `Unknown` matches an embargo but not a licence: an unknown fact never permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// The fact is not among them.
    No,
    /// The fact is unknown.
    Unknown,
    /// The fact is among them.
    Yes,
}

impl Match {
    /// Conjunction; `Yes` for an empty sequence.
    pub fn all(matches: impl IntoIterator<Item = Self>) -> Self {
        matches.into_iter().min().unwrap_or(Self::Yes)
    }

    /// Disjunction; `No` for an empty sequence.
    pub fn any(matches: impl IntoIterator<Item = Self>) -> Self {
        matches.into_iter().max().unwrap_or(Self::No)
    }

    /// Whether the fact is among these and not among the exceptions.
    #[must_use]
    pub fn but_not(self, except: Self) -> Self {
        let not = match except {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        };
        self.min(not)
    }
}

impl From<bool> for Match {
    fn from(is_match: bool) -> Self {
        if is_match { Self::Yes } else { Self::No }
    }
}
