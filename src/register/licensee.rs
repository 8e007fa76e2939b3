//! Pure. Finds the licences of one licensee that can lift an embargo.

use std::sync::Arc;

use super::record_index::{Criteria, Key, RecordIndex};
use super::records::Records;
use crate::record::{Group, Licence, Record};

/// The licences of one licensee.
#[derive(Clone, Debug, Default)]
pub(super) struct Licensee {
    /// Sorted by id.
    all: Vec<Arc<Record<Licence>>>,
    /// Absent for few licences, which are all returned.
    index: Option<Box<RecordIndex>>,
}

/// The fewest licences for which an index is worth its memory.
const INDEX_FROM: usize = 16;

impl Licensee {
    pub(super) fn new(mut all: Vec<Arc<Record<Licence>>>, groups: &Records<Group>) -> Self {
        all.shrink_to_fit();
        let index = (all.len() >= INDEX_FROM).then(|| Box::new(RecordIndex::of_licences(&all, groups)));
        Self { all, index }
    }

    /// All licences, by id.
    pub(super) fn all(&self) -> &[Arc<Record<Licence>>] {
        &self.all
    }

    /// The licences that can lift the embargo from a request with these facts, by id.
    pub(super) fn concerning(&self, embargo: &str, criteria: &Criteria) -> Vec<&Arc<Record<Licence>>> {
        let Some(index) = &self.index else { return self.all.iter().collect() };
        let keys = criteria.keys.iter().filter(|key| !matches!(key, Key::Embargo(_))).cloned();
        let keys = keys.chain([Key::Embargo(embargo.to_owned())]).collect();
        let places = index.find(&Criteria { keys, addresses: Vec::new() }).into_iter();
        places.filter_map(|place| self.all.get(usize::try_from(place).ok()?)).collect()
    }
}
