//! Pure. Follows all chains of a ledger. Entries may come in any order. Memory holds only heads and early entries; a chain
//! with a fault is marked as suspect, for a second reading.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::link::{ChainId, Integrity, Link, NO_PREVIOUS, Sum};

/// The last entry of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) seq: u64,
    pub(super) hash: Sum,
}

/// The chains read so far.
#[derive(Debug, Default)]
pub(super) struct Chains {
    chains: HashMap<ChainId, Chain>,
    /// The time of the latest decision.
    pub(super) latest: Option<Timestamp>,
}

#[derive(Debug)]
struct Chain {
    head: Head,
    /// Entries that came before their predecessor: `prev` and hash, by place.
    ahead: BTreeMap<u64, (Sum, Sum)>,
    is_suspect: bool,
}

impl Chains {
    /// Adds an entry.
    pub(super) fn take(&mut self, link: &Link) {
        self.latest = self.latest.max(link.decided);
        self.chains.entry(link.chain).or_default().take(link);
    }

    /// The number of chains.
    pub(super) fn count(&self) -> usize {
        self.chains.len()
    }

    /// The heads of the sound chains, and the suspect chains.
    pub(super) fn end(self) -> (BTreeMap<ChainId, Head>, BTreeSet<ChainId>) {
        let (mut heads, mut suspects) = (BTreeMap::new(), BTreeSet::new());
        for (id, chain) in self.chains {
            if chain.is_suspect || !chain.ahead.is_empty() {
                suspects.insert(id);
            } else {
                heads.insert(id, chain.head);
            }
        }
        (heads, suspects)
    }
}

impl Default for Chain {
    fn default() -> Self {
        Self { head: Head { seq: 0, hash: NO_PREVIOUS }, ahead: BTreeMap::new(), is_suspect: false }
    }
}

impl Chain {
    fn take(&mut self, link: &Link) {
        if self.is_suspect {
            return;
        }
        let new = (link.prev, link.hash);
        // An entry at or before the head may be a duplicate or another version: its predecessor is no longer in memory.
        let is_odd = link.integrity != Integrity::Sound || link.seq <= self.head.seq;
        let is_odd = is_odd || self.ahead.insert(link.seq, new).is_some_and(|old| old != new);
        while !is_odd && let Some((prev, hash)) = self.ahead.remove(&self.head.seq.saturating_add(1)) {
            if prev != self.head.hash {
                return self.suspect();
            }
            self.head = Head { seq: self.head.seq.saturating_add(1), hash };
        }
        if is_odd {
            self.suspect();
        }
    }

    fn suspect(&mut self) {
        self.is_suspect = true;
        self.ahead.clear();
    }
}
