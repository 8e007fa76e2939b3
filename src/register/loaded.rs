//! Pure. An edition of a list in memory, ready to be asked.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::networks;
use crate::parties::{Abandoned, Budget, Hit, Index, Score, Somebody};
use crate::record::{List, ListContent, NetworkClass};

/// An edition of a list of either content.
#[derive(Clone, Debug)]
pub enum Edition {
    /// Of parties.
    Parties(Arc<Loaded>),
    /// Of networks.
    Networks(Arc<NetworkList>),
}

impl Edition {
    /// Whether its entries are of the content and the class that a list's record states.
    pub(super) fn is_comparable(&self, list: &List) -> bool {
        let content = match self {
            Self::Parties(_) => ListContent::Parties,
            Self::Networks(_) => ListContent::Networks,
        };
        (content, self.class()) == (list.content, list.class)
    }

    /// What its networks are; absent for parties.
    pub(super) fn class(&self) -> Option<NetworkClass> {
        match self {
            Self::Parties(_) => None,
            Self::Networks(loaded) => Some(loaded.class),
        }
    }

    /// Whether it is the one that a list's record speaks of.
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
    /// The edition that a list's record speaks of.
    #[must_use]
    pub fn new(list: &List, class: NetworkClass, index: networks::Index) -> Self {
        Self { edition: list.edition.clone(), sha256: list.sha256.clone(), class, index }
    }

    /// The edition's name.
    #[must_use]
    pub fn edition(&self) -> &str {
        &self.edition
    }

    /// What its networks are.
    #[must_use]
    pub fn class(&self) -> NetworkClass {
        self.class
    }

    /// What is asked about addresses.
    #[must_use]
    pub fn index(&self) -> &networks::Index {
        &self.index
    }
}

/// How many callers an edition remembers before its memory is begun anew, and how many bytes of them.
const REMEMBERED: usize = 10_000;
const REMEMBERED_BYTES: usize = 4 << 20;

/// The steps that one search may take, and that the screening of a request's organisation, owners and person may take in
/// all: enough for some 500 names and a list of 20,000 parties. Both together take less than 250 ms of a whole processor.
/// Steps count whether a name is in memory or not, so that the same request comes out in the same way everywhere.
pub const MOST_STEPS: u64 = 7_500_000;

/// An edition of a list of parties, with what it said before. Another edition has another memory.
pub struct Loaded {
    edition: String,
    sha256: String,
    index: Index,
    memory: Mutex<Memory>,
    searches: AtomicU64,
}

/// Who was searched for, and what was found from which score on.
#[derive(Default)]
struct Memory {
    found: HashMap<Somebody, (Score, Searched)>,
    /// About how many bytes that is.
    bytes: usize,
}

/// What a search came to.
#[derive(Clone, Debug)]
pub struct Searched {
    /// The parties that are near enough; why nobody can say which are.
    pub hits: Result<Arc<[Hit]>, Abandoned>,
    /// The steps that it took.
    pub steps: u64,
}

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

    /// The parties that are at least so near, from memory where the same was asked before. A search that takes more than
    /// [`MOST_STEPS`] is abandoned, and so is one for a name that is not compared whole.
    #[must_use]
    pub fn hits(&self, who: &Somebody, at_least: Score) -> Searched {
        let memory = || self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, searched)) = memory().found.get(who).filter(|(from, _)| *from == at_least) {
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
        memory().keep(who, at_least, searched.clone());
        searched
    }

    /// How often the index was searched by [`Self::hits`], which is not how often it was asked.
    #[must_use]
    pub fn searches(&self) -> u64 {
        self.searches.load(Ordering::Relaxed)
    }
}

impl Memory {
    fn keep(&mut self, who: &Somebody, at_least: Score, searched: Searched) {
        let texts = who.names.iter().chain(&who.identifiers).map(String::len);
        let hits = searched.hits.iter().flat_map(|hits| hits.iter());
        let hits = hits.map(|hit| hit.why.iter().map(String::len).fold(BESIDE, usize::saturating_add));
        let bytes = texts.chain(hits).fold(BESIDE, usize::saturating_add);
        if self.found.len() >= REMEMBERED || self.bytes.saturating_add(bytes) > REMEMBERED_BYTES {
            *self = Self::default();
        }
        if bytes <= REMEMBERED_BYTES {
            self.bytes = self.bytes.saturating_add(bytes);
            self.found.insert(who.clone(), (at_least, searched));
        }
    }
}

/// About how many bytes a party or a hit takes beside its texts.
const BESIDE: usize = 200;

// An index is no text for a log.
impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded").field("edition", &self.edition).finish_non_exhaustive()
    }
}
