//! Pure. An edition of a list in memory, ready to be asked.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::networks;
use crate::parties::{Hit, Index, Score, Somebody};
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
}

// An index is no text for a log.
impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded").field("edition", &self.edition).finish_non_exhaustive()
    }
}
