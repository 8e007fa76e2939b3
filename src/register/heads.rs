//! Pure. The register's eight heads, and what to read so that a snapshot agrees with one of them.
//!
//! INVARIANT: a head is believed only where the records agree with it: in each kind that any head lists, and in each that
//! this version knows, the last revision and the number of records with that revision are those that the head states.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{Key, revision_of};
use crate::record::{HEADS, Head, Item, KindHead, Unreadable};

/// Of each kind its last revision, and how many records have that revision.
pub type Kinds = BTreeMap<String, KindHead>;

/// The eight heads, read at about the same time. While a writer's transaction is applied they differ by one revision;
/// otherwise a head that differs was edited by hand.
#[derive(Clone, Debug)]
pub struct Heads {
    /// The valid ones, each content once.
    valid: Vec<Head>,
    leading: Head,
    /// Every kind that a valid head lists.
    listed: BTreeSet<String>,
}

/// What has been read of the records so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Progress {
    /// What the records agree with.
    pub(super) kinds: Kinds,
    /// Every record up to this revision is among them, in that version or a newer one.
    pub(super) read_to: u64,
    /// Whether every kind was read from its beginning.
    pub(super) is_anew: bool,
}

/// What to do next to have the register whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    /// Nothing: the records agree with this head.
    Whole(&'a Head),
    /// Read these kinds' records that are newer than what was read.
    Read(Vec<&'a str>),
    /// Read every kind from its beginning.
    Anew,
    /// Read the heads again: the records are ahead of them.
    Wait,
}

impl Heads {
    /// What the heads state: `items` as they stand, `None` where one is missing.
    ///
    /// # Errors
    /// [`Unreadable`] where none is valid.
    pub fn of<'a>(items: impl IntoIterator<Item = Option<&'a Item>>) -> Result<Self, Unreadable> {
        let (mut valid, mut fault) = (Vec::new(), Unreadable("there is none".into()));
        for item in items.into_iter().flatten() {
            match Head::read(item.clone()) {
                Ok(head) => valid.push((head, 1)),
                Err(error) => fault = error,
            }
        }
        Self::stated(valid).ok_or(fault)
    }

    /// What these valid heads state, each with how many there are; `None` where there is none.
    pub(super) fn stated(heads: Vec<(Head, u8)>) -> Option<Self> {
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

    /// The head that more than half of them state, else the newest.
    #[must_use]
    pub fn leading(&self) -> &Head {
        &self.leading
    }

    /// Every kind that a valid head lists.
    pub(super) fn listed(&self) -> &BTreeSet<String> {
        &self.listed
    }

    /// Whether a head that is not newer states more of a kind than the leading one: kinds and revisions only grow.
    fn is_contradicted(&self) -> bool {
        let own = &self.leading.kinds;
        let states_more =
            |(name, kind): (&String, &KindHead)| own.get(name).is_none_or(|own| own.revision < kind.revision);
        let earlier = self.valid.iter().filter(|head| head.revision <= self.leading.revision);
        earlier.flat_map(|head| &head.kinds).any(states_more)
    }

    fn agreeing(&self, progress: &Progress) -> Option<&Head> {
        // An environment that was idle may agree with a single head that nobody raised; a reading of all records can't.
        // A head that states more than the leading one may have been edited: the next change gets its revision, and is
        // not whole when as many records have it as that head states.
        let is_earlier = |head: &&Head| progress.is_anew && head.revision < self.leading.revision;
        let mut believed = std::iter::once(&self.leading).chain(self.valid.iter().filter(is_earlier));
        believed.find(|head| head.kinds == progress.kinds)
    }
}

impl Progress {
    /// That of a snapshot which agreed with its head.
    pub(super) fn of(kinds: &Kinds, revision: u64) -> Self {
        Self { kinds: kinds.clone(), read_to: revision, is_anew: false }
    }

    /// That of a reading of every kind from its beginning, begun after `heads` were read.
    pub(super) fn anew(read: impl IntoIterator<Item = (Key, u64)>, heads: &Heads) -> Self {
        let mut kinds = Kinds::new();
        count(&mut kinds, read);
        let newest = kinds.values().map(|kind| kind.revision).max().unwrap_or_default();
        // A writer's transaction is made on the one before, which is therefore whole; the last may still be applied.
        let read_to = newest.min(heads.leading.revision).saturating_sub(1);
        Self { kinds, read_to, is_anew: true }
    }

    /// Adds what was read since.
    pub(super) fn add(&mut self, read: impl IntoIterator<Item = (Key, u64)>) {
        count(&mut self.kinds, read);
    }

    /// What to do next, by the heads as they stand now.
    pub(super) fn next<'a>(&self, heads: &'a Heads) -> Next<'a> {
        if let Some(head) = heads.agreeing(self) {
            return Next::Whole(head);
        }
        let head = heads.leading();
        if self.kinds.values().any(|kind| kind.revision > head.revision) && self.read_to <= head.revision {
            return Next::Wait;
        }
        let is_listed = |kind: &String| head.kinds.contains_key(kind);
        // A revision that went back is a table restored from a backup: nothing read before can be trusted.
        if self.read_to == 0
            || self.read_to > head.revision
            || heads.is_contradicted()
            || !self.kinds.keys().all(is_listed)
        {
            return Next::Anew;
        }
        let mut differing = head.kinds.iter().filter(|(name, kind)| self.kinds.get(*name) != Some(kind));
        if differing.any(|(_, kind)| kind.revision <= self.read_to) {
            return Next::Anew;
        }
        // Also where the head states nothing new of a kind: all heads may have been set back to what was read before.
        Next::Read(head.kinds.keys().map(String::as_str).collect())
    }
}

/// Which records items are, and their revisions. The index by which the gate reads has no item without a revision.
pub(super) fn revisions(items: &[Item]) -> impl Iterator<Item = (Key, u64)> {
    items.iter().filter_map(|item| Some((Key::of(item)?, revision_of(item)?)))
}

/// Brings `kinds` up to date with records that are newer, or are all. A record that was read twice counts once.
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

/// The head once a change on top of `before` has written these records.
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
