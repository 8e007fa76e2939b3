//! Pure. A screened party: an organisation, an owner or a person.

use serde::{Deserialize, Serialize};

use super::fold;
use crate::terms::Country;

/// The kind of a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// A natural person.
    Person,
    /// A company, an agency, a group: any party that is not a natural person.
    Organisation,
    /// A ship.
    Vessel,
    /// An aeroplane.
    Aircraft,
}

impl PartyKind {
    /// Parses a kind as lists and records write it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "person" => Some(Self::Person),
            "organisation" => Some(Self::Organisation),
            "vessel" => Some(Self::Vessel),
            "aircraft" => Some(Self::Aircraft),
            _ => None,
        }
    }
}

/// A screened party, with everything that lists identify parties by.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct ScreenedParty {
    /// The kind; `None` if unknown.
    pub kind: Option<PartyKind>,
    /// Every name, as recorded.
    pub names: Vec<String>,
    /// The known countries.
    pub countries: Vec<Country>,
    /// The date of birth, as precise as it is known: `1970`, `1970-12` or `1970-12-31`.
    pub born: Option<String>,
    /// Identifying numbers, such as those of passports and registrations.
    pub identifiers: Vec<String>,
}

impl ScreenedParty {
    /// Whether every name is compared in full. A listed name beyond the end of a longer one would be missed.
    #[must_use]
    pub fn is_compared_whole(&self) -> bool {
        self.names.iter().all(|name| is_compared_whole(name))
    }
}

/// Whether a name is compared in full: it has at most 24 words and 512 letters.
#[must_use]
pub fn is_compared_whole(name: &str) -> bool {
    let words = fold::words(name);
    words.len() <= fold::MOST_WORDS && words.iter().map(String::len).sum::<usize>() <= fold::LONGEST
}

// Personal data does not belong in a log.
impl std::fmt::Debug for ScreenedParty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScreenedParty").field("kind", &self.kind).finish_non_exhaustive()
    }
}
