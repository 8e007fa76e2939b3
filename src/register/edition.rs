//! Pure. Editions of lists in memory, ready to be searched.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::grace::Grace;
use crate::networks;
use crate::parties::{Abandoned, Budget, Hit, Index, Score, ScreenedParty};
use crate::record::{List, ListContent, NetworkClass};
use crate::terms::Window;

/// An edition of a list.
#[derive(Clone, Debug)]
pub enum Edition {
    /// A list of parties.
    Parties(Arc<Loaded>),
    /// A list of networks.
    Networks(Arc<NetworkList>),
}

impl Edition {
    /// Whether it has the content and the class of a list's record.
    pub(super) fn is_comparable(&self, list: &List) -> bool {
        let content = match self {
            Self::Parties(_) => ListContent::Parties,
            Self::Networks(_) => ListContent::Networks,
        };
        (content, self.class()) == (list.content, list.class)
    }

    /// The class of its networks; absent for parties.
    pub(super) fn class(&self) -> Option<NetworkClass> {
        match self {
            Self::Parties(_) => None,
            Self::Networks(loaded) => Some(loaded.class),
        }
    }

    /// Whether it is the edition that a list's record names.
    pub(super) fn is_of(&self, list: &List) -> bool {
        let (edition, sha256) = match self {
            Self::Parties(loaded) => (&loaded.edition, &loaded.sha256),
            Self::Networks(loaded) => (&loaded.edition, &loaded.sha256),
        };
        (edition, sha256) == (&list.edition, &list.sha256) && self.is_comparable(list)
    }
}

/// An edition of a list of networks.
#[derive(Debug)]
pub struct NetworkList {
    edition: String,
    sha256: String,
    class: NetworkClass,
    index: networks::Index,
}

impl NetworkList {
    /// The edition that a list's record names.
    #[must_use]
    pub fn new(list: &List, class: NetworkClass, index: networks::Index) -> Self {
        Self { edition: list.edition.clone(), sha256: list.sha256.clone(), class, index }
    }

    /// The edition's name.
    #[must_use]
    pub fn edition(&self) -> &str {
        &self.edition
    }

    /// The class of its networks.
    #[must_use]
    pub fn class(&self) -> NetworkClass {
        self.class
    }

    /// The index of its networks.
    #[must_use]
    pub fn index(&self) -> &networks::Index {
        &self.index
    }
}

/// The maximum number of cached searches of an edition, and their approximate size in bytes. A full cache is cleared.
const CACHED_SEARCHES: usize = 10_000;
const CACHED_BYTES: usize = 4 << 20;

/// The maximum number of steps of one search, and of all searches for one request's organisation, owners and person. It is
/// enough for some 500 names and a list of 20,000 parties, and takes less than 250 ms of a full CPU. Cached searches count
/// too, so that the same request has the same outcome in every environment.
pub const MOST_STEPS: u64 = 7_500_000;

/// An edition of a list of parties, with a cache of its searches.
pub struct Loaded {
    edition: String,
    sha256: String,
    index: Index,
    cache: Mutex<SearchCache>,
    searches: AtomicU64,
}

/// Earlier searches, each with its lowest score.
#[derive(Default)]
struct SearchCache {
    searches: HashMap<ScreenedParty, (Score, Searched)>,
    /// Their approximate size in bytes.
    bytes: usize,
}

/// The result of a search.
#[derive(Clone, Debug)]
pub struct Searched {
    /// The parties at or above the score, or why the search was abandoned.
    pub hits: Result<Arc<[Hit]>, Abandoned>,
    /// The number of steps.
    pub steps: u64,
}

impl Loaded {
    /// The edition that a list's record names.
    #[must_use]
    pub fn new(list: &List, index: Index) -> Self {
        Self { edition: list.edition.clone(), sha256: list.sha256.clone(), ..Self::without_list(index) }
    }

    /// Parties that belong to no list.
    pub(super) fn without_list(index: Index) -> Self {
        let (cache, searches) = (Mutex::default(), AtomicU64::new(0));
        Self { edition: String::new(), sha256: String::new(), index, cache, searches }
    }

    /// The edition's name.
    #[must_use]
    pub fn edition(&self) -> &str {
        &self.edition
    }

    /// The index, for searches without the cache.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The parties with at least this score; an identical search is answered from the cache. A search that takes more than
    /// [`MOST_STEPS`], or that cannot compare every name whole, is abandoned.
    #[must_use]
    pub fn hits(&self, who: &ScreenedParty, at_least: Score) -> Searched {
        let cache = || self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, searched)) = cache().searches.get(who).filter(|(from, _)| *from == at_least) {
            return searched.clone();
        }
        self.searches.fetch_add(1, Ordering::Relaxed);
        let mut budget = Budget::new(MOST_STEPS, &|| false);
        let hits = if who.is_compared_whole() {
            self.index.search_within(who, at_least, &mut budget).map(Arc::from)
        } else {
            Err(Abandoned::TooMuch)
        };
        let searched = Searched { hits, steps: MOST_STEPS.saturating_sub(budget.left()) };
        cache().insert(who, at_least, searched.clone());
        searched
    }

    /// The number of searches by [`Self::hits`] that were not cached.
    #[must_use]
    pub fn searches(&self) -> u64 {
        self.searches.load(Ordering::Relaxed)
    }
}

impl SearchCache {
    fn insert(&mut self, who: &ScreenedParty, at_least: Score, searched: Searched) {
        let texts = who.names.iter().chain(&who.identifiers).map(String::len);
        let hits = searched.hits.iter().flat_map(|hits| hits.iter());
        let hits = hits.map(|hit| hit.why.iter().map(String::len).fold(OVERHEAD, usize::saturating_add));
        let bytes = texts.chain(hits).fold(OVERHEAD, usize::saturating_add);
        if self.searches.len() >= CACHED_SEARCHES || self.bytes.saturating_add(bytes) > CACHED_BYTES {
            *self = Self::default();
        }
        if bytes <= CACHED_BYTES {
            self.bytes = self.bytes.saturating_add(bytes);
            self.searches.insert(who.clone(), (at_least, searched));
        }
    }
}

/// The approximate size of a search or a hit without its texts, in bytes.
const OVERHEAD: usize = 200;

// The parties must not be logged.
impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded").field("edition", &self.edition).finish_non_exhaustive()
    }
}

/// The editions of lists, or why they could not be loaded, for operators.
pub type Editions = BTreeMap<String, Result<Edition, String>>;

/// One list in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct LoadedList {
    /// The last edition that could be loaded.
    pub(super) edition: Option<Edition>,
    /// The window of the last record that named that edition.
    pub(super) window: Window,
    /// Why the edition that the current record names could not be loaded.
    pub(super) failure: Option<LoadFailure>,
}

/// Why an edition could not be loaded.
#[derive(Clone, Debug)]
pub(super) struct LoadFailure {
    /// The message for operators.
    pub(super) why: String,
    /// The time of the first failure.
    pub(super) since: Timestamp,
}

impl LoadedList {
    /// The grace period of the edition that serves in place of one that could not be loaded.
    pub(super) fn grace(&self) -> Option<Grace> {
        let failure = self.failure.as_ref()?;
        self.edition.as_ref().map(|_| Grace::during(self.window, failure.since))
    }

    /// Whether the edition that a list's record names is in memory.
    pub(super) fn has(&self, list: &List) -> bool {
        self.edition.as_ref().is_some_and(|edition| edition.is_of(list))
    }
}
