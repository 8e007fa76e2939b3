//! Pure. Decides by the register's eight heads what to read until a snapshot is complete.
//!
//! INVARIANT: a head counts only if the records agree with it. For each kind that a head lists or this version knows, the
//! last revision, and the number of records with that revision, equal those that the head states.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{Key, revision_of};
use crate::record::{HEADS, Head, Item, KindHead, Unreadable};

/// The last revision of each kind, and how many records have that revision.
pub type Kinds = BTreeMap<String, KindHead>;

/// The eight heads, read at about the same time. They differ by one revision while a transaction is applied. Any other
/// difference is a manual edit.
#[derive(Clone, Debug)]
pub struct Heads {
    /// The valid heads, without duplicates.
    valid: Vec<Head>,
    leading: Head,
    /// Every kind that a valid head lists.
    listed: BTreeSet<String>,
}

/// How far the records are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Progress {
    /// Summary of the records that are read.
    pub(super) kinds: Kinds,
    /// Every record up to this revision is read, in that version or a newer one.
    pub(super) read_to: u64,
    /// Whether every kind was read from its beginning.
    pub(super) is_full: bool,
}

/// What to do next to complete the snapshot.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    /// Nothing: the records agree with this head.
    Complete(&'a Head),
    /// Read the newer records of these kinds.
    ReadNewer(Vec<&'a str>),
    /// Read every kind from its beginning.
    ReadAll,
    /// Read the heads again: the records are ahead of them.
    Wait,
}

impl Heads {
    /// Reads the heads; `None` stands for a missing head.
    ///
    /// # Errors
    /// [`Unreadable`] if no head is valid.
    pub fn of<'a>(items: impl IntoIterator<Item = Option<&'a Item>>) -> Result<Self, Unreadable> {
        let (mut valid, mut fault) = (Vec::new(), Unreadable("all heads are missing".into()));
        for item in items.into_iter().flatten() {
            match Head::read(item.clone()) {
                Ok(head) => valid.push((head, 1)),
                Err(error) => fault = error,
            }
        }
        Self::from_valid(valid).ok_or(fault)
    }

    /// The heads from valid ones, each with its number of copies; `None` if there are none.
    pub(super) fn from_valid(heads: Vec<(Head, u8)>) -> Option<Self> {
        let mut votes = Vec::<(Head, u8)>::new();
        for (head, more) in heads {
            match votes.iter_mut().find(|(other, _)| *other == head) {
                Some((_, count)) => *count = count.saturating_add(more),
                None => votes.push((head, more)),
            }
        }
        let listed = votes.iter().flat_map(|(head, _)| head.kinds.keys().cloned()).collect();
        let weight = |(head, count): &&(Head, u8)| (*count > HEADS / 2, head.revision, *count);
        let leading = votes.iter().max_by_key(weight)?.0.clone();
        Some(Self { valid: votes.into_iter().map(|(head, _)| head).collect(), leading, listed })
    }

    /// The head that more than half of the heads equal, else the newest.
    #[must_use]
    pub fn leading(&self) -> &Head {
        &self.leading
    }

    /// Every kind that a valid head lists.
    pub(super) fn listed(&self) -> &BTreeSet<String> {
        &self.listed
    }

    /// Whether a head that is not newer has a later revision of a kind than the leading head. Revisions only grow, so one
    /// of the two was edited.
    fn is_contradicted(&self) -> bool {
        let own = &self.leading.kinds;
        let states_more =
            |(name, kind): (&String, &KindHead)| own.get(name).is_none_or(|own| own.revision < kind.revision);
        let earlier = self.valid.iter().filter(|head| head.revision <= self.leading.revision);
        earlier.flat_map(|head| &head.kinds).any(states_more)
    }

    fn agreeing(&self, progress: &Progress) -> Option<&Head> {
        // Only a full read may agree with a head older than the leading one: an idle environment can agree with one stale
        // head. A newer head may have been edited. The next change gets its revision, and a part of that change could
        // already have as many records as the edited head states.
        let is_earlier = |head: &&Head| progress.is_full && head.revision < self.leading.revision;
        let mut candidates = std::iter::once(&self.leading).chain(self.valid.iter().filter(is_earlier));
        candidates.find(|head| head.kinds == progress.kinds)
    }
}

impl Progress {
    /// The progress of a complete snapshot.
    pub(super) fn of(kinds: &Kinds, revision: u64) -> Self {
        Self { kinds: kinds.clone(), read_to: revision, is_full: false }
    }

    /// The progress after reading every kind from its beginning. Reading began after `heads` were read.
    pub(super) fn of_full_read(read: impl IntoIterator<Item = (Key, u64)>, heads: &Heads) -> Self {
        let mut kinds = Kinds::new();
        count(&mut kinds, read);
        let newest = kinds.values().map(|kind| kind.revision).max().unwrap_or_default();
        // A transaction requires that its predecessor is complete, so only the last one may still be being applied.
        let read_to = newest.min(heads.leading.revision).saturating_sub(1);
        Self { kinds, read_to, is_full: true }
    }

    /// Adds newer records.
    pub(super) fn add(&mut self, read: impl IntoIterator<Item = (Key, u64)>) {
        count(&mut self.kinds, read);
    }

    /// What to do next, by the current heads.
    pub(super) fn next<'a>(&self, heads: &'a Heads) -> Next<'a> {
        if let Some(head) = heads.agreeing(self) {
            return Next::Complete(head);
        }
        let head = heads.leading();
        if self.kinds.values().any(|kind| kind.revision > head.revision) && self.read_to <= head.revision {
            return Next::Wait;
        }
        let is_listed = |kind: &String| head.kinds.contains_key(kind);
        // A lower revision means that the table was restored from a backup, so earlier reads are void.
        if self.read_to == 0
            || self.read_to > head.revision
            || heads.is_contradicted()
            || !self.kinds.keys().all(is_listed)
        {
            return Next::ReadAll;
        }
        let mut differing = head.kinds.iter().filter(|(name, kind)| self.kinds.get(*name) != Some(kind));
        if differing.any(|(_, kind)| kind.revision <= self.read_to) {
            return Next::ReadAll;
        }
        // Every kind: a hand edit may have set all heads back to an earlier state of one kind.
        Next::ReadNewer(head.kinds.keys().map(String::as_str).collect())
    }
}

/// The key and the revision of each item. The index `by-revision` has no item without a revision.
pub(super) fn revisions(items: &[Item]) -> impl Iterator<Item = (Key, u64)> {
    items.iter().filter_map(|item| Some((Key::of(item)?, revision_of(item)?)))
}

/// Updates `kinds` with newer records, or with all records. A record that was read twice counts once.
pub(super) fn count(kinds: &mut Kinds, read: impl IntoIterator<Item = (Key, u64)>) {
    let mut last: BTreeMap<String, (u64, BTreeSet<String>)> = BTreeMap::new();
    for (Key { kind, id }, revision) in read {
        let (newest, ids) = last.entry(kind).or_default();
        if revision > *newest {
            (*newest, *ids) = (revision, BTreeSet::new());
        }
        if revision == *newest {
            ids.insert(id);
        }
    }
    for (kind, (revision, ids)) in last {
        let records = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        let own = kinds.entry(kind).or_insert(KindHead { revision, records });
        if revision >= own.revision {
            *own = KindHead { revision, records };
        }
    }
}

/// The head after a change to `before` wrote these records.
pub(super) fn after<'a>(before: Head, written: impl IntoIterator<Item = &'a Key>) -> Head {
    let revision = before.revision.saturating_add(1);
    let mut kinds = before.kinds;
    for key in written {
        let kind = kinds.entry(key.kind.clone()).or_insert(KindHead { revision, records: 0 });
        let earlier = if kind.revision == revision { kind.records } else { 0 };
        *kind = KindHead { revision, records: earlier.saturating_add(1) };
    }
    Head { revision, kinds }
}
