//! Pure. All chains of a ledger, followed while their entries come in any order. Of a chain no more is kept than where it
//! stands and what came ahead of it; one that shows any fault is only marked, and looked at as a whole afterwards.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::link::{ChainId, Link, NOTHING_BEFORE, Standing, Sum};

/// Where a chain stands: its last entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) seq: u64,
    pub(super) hash: Sum,
}

/// All chains, as far as they were read.
#[derive(Debug, Default)]
pub(super) struct Chains {
    chains: HashMap<ChainId, Chain>,
    /// The time of the latest decision.
    pub(super) latest: Option<Timestamp>,
}

#[derive(Debug)]
struct Chain {
    head: Head,
    /// By place, what came before the entry in front of it: `prev` and hash.
    ahead: BTreeMap<u64, (Sum, Sum)>,
    is_suspect: bool,
}

impl Chains {
    /// Takes an entry.
    pub(super) fn take(&mut self, link: &Link) {
        self.latest = self.latest.max(link.decided);
        self.chains.entry(link.chain).or_default().take(link);
    }

    /// How many chains there are.
    pub(super) fn count(&self) -> usize {
        self.chains.len()
    }

    /// The chains without a fault, and where they stand; and those that must be looked at.
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
        Self { head: Head { seq: 0, hash: NOTHING_BEFORE }, ahead: BTreeMap::new(), is_suspect: false }
    }
}

impl Chain {
    fn take(&mut self, link: &Link) {
        if self.is_suspect {
            return;
        }
        let new = (link.prev, link.hash);
        // One that comes again behind the head may be the same or another: nobody knows any more what stood there.
        let is_odd = link.standing != Standing::Sound || link.seq <= self.head.seq;
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
