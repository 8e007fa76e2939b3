//! Pure. Somebody who is held against lists: an organisation, an owner of one, or a person.

use serde::{Deserialize, Serialize};

use super::fold;
use crate::terms::Country;

/// What a party is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// A natural person.
    Person,
    /// A company, an agency, a group: any body that is no person.
    Organisation,
    /// A ship.
    Vessel,
    /// An aeroplane.
    Aircraft,
}

impl PartyKind {
    /// Reads a kind as lists and records write it.
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

/// Somebody, by all that is known and that lists tell parties by.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Somebody {
    /// What it is; `None` may be anything.
    pub kind: Option<PartyKind>,
    /// Every name, as it is written.
    pub names: Vec<String>,
    /// The countries that it is known to be of.
    pub countries: Vec<Country>,
    /// When a person was born, as exact as is known: `1970`, `1970-12` or `1970-12-31`.
    pub born: Option<String>,
    /// Numbers of passports, registers and the like.
    pub identifiers: Vec<String>,
}

impl Somebody {
    /// Whether every name is compared whole. What stands behind the end of a longer one is not looked at, so that a listed
    /// name there would be missed.
    #[must_use]
    pub fn is_compared_whole(&self) -> bool {
        self.names.iter().all(|name| is_compared_whole(name))
    }
}

/// Whether a name is compared whole: it has no more than 24 words and 512 letters.
#[must_use]
pub fn is_compared_whole(name: &str) -> bool {
    let words = fold::words(name);
    words.len() <= fold::MOST_WORDS && words.iter().map(String::len).sum::<usize>() <= fold::LONGEST
}

// Names, and what else tells a person from another, are for no log.
impl std::fmt::Debug for Somebody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Somebody").field("kind", &self.kind).finish_non_exhaustive()
    }
}
