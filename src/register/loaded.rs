//! Pure. Lists of parties in memory: each in its last edition that could be loaded, ready to be asked.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::{GRACE, Register};
use crate::parties::{Hit, Index, Score, Somebody};
use crate::record::{List, ListContent, Record};
use crate::terms::Window;

/// How many callers an edition remembers before its memory is begun anew.
const REMEMBERED: usize = 10_000;

/// An edition of a list of parties, with what it said before. Another edition has another memory.
pub struct Loaded {
    edition: String,
    sha256: String,
    index: Index,
    memory: Mutex<HashMap<Somebody, Found>>,
    searches: AtomicU64,
}

/// What was found of somebody, and from which score on.
type Found = (Score, Arc<[Hit]>);

impl Loaded {
    /// The edition that a list's record speaks of, with nothing asked yet.
    #[must_use]
    pub fn new(list: &List, index: Index) -> Self {
        Self { edition: list.edition.clone(), sha256: list.sha256.clone(), ..Self::named(index) }
    }

    /// What is of no list.
    pub(super) fn named(index: Index) -> Self {
        let (memory, searches) = (Mutex::default(), AtomicU64::new(0));
        Self { edition: String::new(), sha256: String::new(), index, memory, searches }
    }

    /// The edition's name.
    #[must_use]
    pub fn edition(&self) -> &str {
        &self.edition
    }

    /// The index itself, for those who are not asked about again.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The parties that are at least so near, from memory where the same was asked before.
    #[must_use]
    pub fn hits(&self, who: &Somebody, at_least: Score) -> Arc<[Hit]> {
        let memory = || self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, hits)) = memory().get(who).filter(|(from, _)| *from == at_least) {
            return Arc::clone(hits);
        }
        self.searches.fetch_add(1, Ordering::Relaxed);
        let hits: Arc<[Hit]> = self.index.search(who, at_least).into();
        let mut memory = memory();
        if memory.len() >= REMEMBERED {
            memory.clear();
        }
        memory.insert(who.clone(), (at_least, Arc::clone(&hits)));
        hits
    }

    /// How often the index was searched by [`Self::hits`], which is not how often it was asked.
    #[must_use]
    pub fn searches(&self) -> u64 {
        self.searches.load(Ordering::Relaxed)
    }

    fn is_of(&self, list: &List) -> bool {
        self.edition == list.edition && self.sha256 == list.sha256
    }
}

// An index is no text for a log.
impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded").field("edition", &self.edition).finish_non_exhaustive()
    }
}

/// Of each list that was to be loaded, by name: its edition, or in words for operators why there is none.
pub type Editions = BTreeMap<String, Result<Arc<Loaded>, String>>;

/// What is in memory of one list.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    /// The last edition that could be loaded.
    pub(super) serves: Option<Arc<Loaded>>,
    /// Why that is not the one that the record speaks of.
    pub(super) failed: Option<Failure>,
}

/// That an edition could not be loaded.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// In words for operators.
    pub(super) why: String,
    /// Since when no edition that was wanted could be.
    pub(super) since: Timestamp,
}

impl Register {
    /// The lists of parties, each in its last readable record, whose edition is not in memory.
    #[must_use]
    pub fn unloaded(&self) -> Vec<Arc<Record<List>>> {
        let is_loaded = |list: &Record<List>| self.held(&list.meta.id).is_some_and(|held| held.has(list));
        self.lists_of_parties().filter(|list| !is_loaded(list)).cloned().collect()
    }

    /// The register once loading was tried: of each list that is [unloaded](Self::unloaded) its edition, or why there is
    /// none. What was in memory before serves on where it is still wanted.
    #[must_use]
    pub fn holding(&self, mut editions: Editions, now: Timestamp) -> Self {
        let held = |list: &Arc<Record<List>>| {
            let id = &list.meta.id;
            let before = self.held(id).cloned().unwrap_or_default();
            let held = match editions.remove(id) {
                Some(Ok(loaded)) => Held { serves: Some(loaded), failed: None },
                Some(Err(why)) => {
                    let since = before.failed.map_or(now, |failure| failure.since);
                    Held { serves: before.serves, failed: Some(Failure { why, since }) }
                }
                // An edition that is in force again.
                None if before.has(list) => Held { failed: None, ..before },
                None => before,
            };
            (id.clone(), held)
        };
        let mut next = self.clone();
        next.held = Some(self.lists_of_parties().map(held).collect());
        next.derive();
        next
    }

    /// Whether an edition could not be loaded, so that it may help to try again.
    #[must_use]
    pub fn lacks_editions(&self) -> bool {
        self.held.iter().flatten().any(|(_, held)| held.failed.is_some())
    }

    /// A list of parties that is in force at `now` and may be relied on.
    #[must_use]
    pub fn party_list(&self, name: &str, now: Timestamp) -> Option<&Arc<Loaded>> {
        let outlived = |since: Timestamp| since.checked_add(GRACE).is_ok_and(|end| end <= now);
        let held = self.held(name)?;
        let is_damaged = self.lists.damage_of(name).is_some_and(|damage| outlived(damage.since));
        let is_relied_on = !is_damaged && !held.failed.as_ref().is_some_and(|failure| outlived(failure.since));
        let is_in_force = self.lists.get(name).is_some_and(|list| list.meta.is_in_force(now));
        held.serves.as_ref().filter(|_| is_in_force && is_relied_on)
    }

    /// Every list of parties that is in force at `now` and may be relied on, by name.
    pub fn party_lists(&self, now: Timestamp) -> impl Iterator<Item = (&str, &Arc<Loaded>)> {
        let names = self.held.iter().flatten().map(|(name, _)| name.as_str());
        names.filter_map(move |name| Some((name, self.party_list(name, now)?)))
    }

    /// Those of them that callers are held against at `now`: an embargo in force names them.
    pub fn lists_asked(&self, now: Timestamp) -> impl Iterator<Item = (&str, &Arc<Loaded>)> {
        let is_named = move |(_, during): &(&String, &Vec<Window>)| during.iter().any(|window| window.is_open(now));
        let named = self.lists_named.iter().filter(is_named);
        named.filter_map(move |(name, _)| Some((name.as_str(), self.party_list(name, now)?)))
    }

    /// Those that may be asked now or later.
    fn lists_of_parties(&self) -> impl Iterator<Item = &Arc<Record<List>>> {
        self.lists.readable().filter(|list| !list.meta.withdrawn && list.content == ListContent::Parties)
    }

    fn held(&self, list: &str) -> Option<&Held> {
        self.held.as_ref()?.get(list)
    }
}

impl Held {
    fn has(&self, list: &List) -> bool {
        self.serves.as_ref().is_some_and(|loaded| loaded.is_of(list))
    }
}
