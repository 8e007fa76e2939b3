//! Pure. Kleene's three-valued logic, in which the gate weighs facts that it may not know.

use serde::{Deserialize, Serialize};

/// Whether a fact is among what a record names.
///
/// An embargo takes `Unknown` as a match, a licence does not: unknown never permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// It is not.
    No,
    /// The fact is not known, so nobody can say.
    Unknown,
    /// It is.
    Yes,
}

impl Match {
    /// `Yes` where every one is; `Yes` for none at all.
    pub fn all(matches: impl IntoIterator<Item = Self>) -> Self {
        matches.into_iter().min().unwrap_or(Self::Yes)
    }

    /// `Yes` where at least one is; `No` for none at all.
    pub fn any(matches: impl IntoIterator<Item = Self>) -> Self {
        matches.into_iter().max().unwrap_or(Self::No)
    }

    /// Among these and not among those.
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
    fn from(known: bool) -> Self {
        if known { Self::Yes } else { Self::No }
    }
}
