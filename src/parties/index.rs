//! Pure. A list's parties as bytes that are asked as they are: nothing is rebuilt when they are loaded.

use sha2::{Digest as _, Sha256};

use super::{Hit, Listed, Score, Somebody};
use crate::terms::Name;

/// A list's edition, ready to be asked.
#[derive(Debug)]
pub struct Index {
    parties: Vec<Listed>,
}

/// The bytes are not those of an index that this version reads.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("this is no index of parties that this version reads: {0}")]
pub struct NotAnIndex(pub String);

/// The bytes of an index of these parties; the same parties always give the same bytes.
#[must_use]
pub fn build(parties: &[Listed]) -> Vec<u8> {
    serde_json::to_vec(parties).unwrap_or_default()
}

impl Index {
    /// Takes the bytes that [`build`] made.
    ///
    /// # Errors
    /// [`NotAnIndex`] with what is wrong.
    pub fn load(bytes: Vec<u8>) -> Result<Self, NotAnIndex> {
        let parties = serde_json::from_slice(&bytes).map_err(|error| NotAnIndex(error.to_string()))?;
        Ok(Self { parties })
    }

    /// How many parties it has.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.parties.len()
    }

    /// The parties that are at least so near, each by its nearest name, the nearest first.
    #[must_use]
    pub fn search(&self, who: &Somebody, at_least: Score) -> Vec<Hit> {
        let same = |one: &str, other: &str| matches!((Name::parse(one), Name::parse(other)), (Ok(a), Ok(b)) if a == b);
        let hit = |party: &Listed| {
            let mut names = std::iter::once(&party.name).chain(&party.aliases);
            let name = names.find(|name| who.names.iter().any(|own| same(own, name)))?;
            let of_there =
                who.countries.iter().any(|country| party.country.iter().any(|code| *code == country.to_string()));
            Some(Hit {
                entry: party.id.clone(),
                name: name.clone(),
                weak: false,
                score: Score(1000),
                exact: of_there,
                why: vec!["the same name".to_owned()],
                sha256: hex::encode(Sha256::digest(serde_json::to_vec(party).unwrap_or_default()))
                    .chars()
                    .take(32)
                    .collect(),
            })
        };
        self.parties.iter().filter_map(hit).filter(|hit| hit.score >= at_least).collect()
    }
}
