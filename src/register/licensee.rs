//! Pure. The licences of one licensee, and which of them can lift an embargo.

use std::sync::Arc;

use super::reach::{Criteria, Index, Key};
use super::shelf::Shelf;
use crate::record::{Group, Licence, Record};

/// The licences of one licensee.
#[derive(Clone, Debug, Default)]
pub(super) struct Licensee {
    /// By id.
    all: Vec<Arc<Record<Licence>>>,
    /// Absent where they are few, which are all asked.
    index: Option<Box<Index>>,
}

/// From how many licences on a licensee has an index.
const MANY: usize = 16;

impl Licensee {
    /// That of these licences.
    pub(super) fn new(mut all: Vec<Arc<Record<Licence>>>, groups: &Shelf<Group>) -> Self {
        all.shrink_to_fit();
        let index = (all.len() >= MANY).then(|| Box::new(Index::of_licences(&all, groups)));
        Self { all, index }
    }

    /// All of them, by id.
    pub(super) fn all(&self) -> &[Arc<Record<Licence>>] {
        &self.all
    }

    /// Those that can lift an embargo from a request with these facts, by id.
    pub(super) fn concerning(&self, embargo: &str, criteria: &Criteria) -> Vec<&Arc<Record<Licence>>> {
        let Some(index) = &self.index else { return self.all.iter().collect() };
        let keys = criteria.keys.iter().filter(|key| !matches!(key, Key::Embargo(_))).cloned();
        let keys = keys.chain([Key::Embargo(embargo.to_owned())]).collect();
        let places = index.find(&Criteria { keys, addresses: Vec::new() }).into_iter();
        places.filter_map(|place| self.all.get(usize::try_from(place).ok()?)).collect()
    }
}
