//! Pure. Lists in memory: each in its last edition that could be loaded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::grace::Grace;
use super::{Edition, Loaded, NetworkList, Register};
use crate::record::{List, Record};
use crate::terms::Window;

/// Of each list that was to be loaded, by name: its edition, or in words for operators why there is none.
pub type Editions = BTreeMap<String, Result<Edition, String>>;

/// What is in memory of one list.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    /// The last edition that could be loaded.
    pub(super) serves: Option<Edition>,
    /// The window of the record that last spoke of that edition.
    window: Window,
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
    /// The lists, each in its last readable record, whose edition is not in memory.
    #[must_use]
    pub fn unloaded(&self) -> Vec<Arc<Record<List>>> {
        let is_loaded = |list: &Record<List>| self.held(&list.meta.id).is_some_and(|held| held.has(list));
        self.lists_wanted().filter(|list| !is_loaded(list)).cloned().collect()
    }

    /// The register once loading was tried: of each list that is [unloaded](Self::unloaded) its edition, or why there is
    /// none. What was in memory before serves on where it is still wanted.
    #[must_use]
    pub fn holding(&self, mut editions: Editions, now: Timestamp) -> Self {
        let held = |list: &Arc<Record<List>>| {
            let id = &list.meta.id;
            let mut before = self.held(id).cloned().unwrap_or_default();
            // An edition of another content or class can't serve in place of this one.
            before.serves = before.serves.filter(|edition| edition.is_comparable(list));
            let held = match editions.remove(id) {
                Some(Ok(loaded)) => Held { serves: Some(loaded), window: list.meta.window, failed: None },
                Some(Err(why)) => {
                    let since = before.failed.as_ref().map_or(now, |failure| failure.since);
                    Held { failed: Some(Failure { why, since }), ..before }
                }
                // An edition that is in force again.
                None if before.has(list) => Held { window: list.meta.window, failed: None, ..before },
                None => before,
            };
            (id.clone(), held)
        };
        let mut next = self.clone();
        next.held = Some(self.lists_wanted().map(held).collect());
        // Nothing else depends on what is in memory of lists.
        next.derive_faults();
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
        match self.relied_on(name, now)? {
            Edition::Parties(loaded) => Some(loaded),
            Edition::Networks(_) => None,
        }
    }

    /// Every list of parties that is in force at `now` and may be relied on, by name.
    pub fn party_lists(&self, now: Timestamp) -> impl Iterator<Item = (&str, &Arc<Loaded>)> {
        self.names_held().filter_map(move |name| Some((name, self.party_list(name, now)?)))
    }

    /// Every list of networks that is in force at `now` and may be relied on, by name.
    pub fn network_lists(&self, now: Timestamp) -> impl Iterator<Item = (&str, &NetworkList)> {
        self.names_held().filter_map(move |name| match self.relied_on(name, now)? {
            Edition::Networks(loaded) => Some((name, loaded.as_ref())),
            Edition::Parties(_) => None,
        })
    }

    /// The lists of parties that callers are held against at `now`: an embargo in force names them.
    pub fn lists_asked(&self, now: Timestamp) -> impl Iterator<Item = (&str, &Arc<Loaded>)> {
        self.lists_named(now).filter_map(move |name| Some((name, self.party_list(name, now)?)))
    }

    /// The lists that embargoes in force at `now` name, by name, whether there are such lists or not.
    pub fn lists_named(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        let is_named =
            move |(_, during): &(&String, &BTreeSet<Window>)| during.iter().any(|window| window.is_open(now));
        self.lists_named.iter().filter(is_named).map(|(name, _)| name.as_str())
    }

    /// The edition of a list that is in force at `now` and may be relied on.
    fn relied_on(&self, name: &str, now: Timestamp) -> Option<&Edition> {
        let (held, list) = (self.held(name)?, self.lists.get(name)?);
        let serves = |grace: Option<Grace>| grace.is_some_and(|grace| grace.serves(now));
        let damage = self.lists.damage_of(name);
        let is_relied_on = damage.is_none_or(|damage| serves(Grace::of(&list.meta, damage.since)))
            && (held.failed.is_none() || serves(held.grace()));
        held.serves.as_ref().filter(|_| list.meta.is_in_force(now) && is_relied_on)
    }

    fn names_held(&self) -> impl Iterator<Item = &str> {
        self.held.iter().flatten().map(|(name, _)| name.as_str())
    }

    /// Those that may be asked now or later.
    fn lists_wanted(&self) -> impl Iterator<Item = &Arc<Record<List>>> {
        self.lists.readable().filter(|list| !list.meta.withdrawn)
    }

    fn held(&self, list: &str) -> Option<&Held> {
        self.held.as_ref()?.get(list)
    }
}

impl Held {
    /// The grace period of the edition that serves in place of one that could not be loaded.
    pub(super) fn grace(&self) -> Option<Grace> {
        let failure = self.failed.as_ref()?;
        self.serves.as_ref().map(|_| Grace::during(self.window, failure.since))
    }

    fn has(&self, list: &List) -> bool {
        self.serves.as_ref().is_some_and(|edition| edition.is_of(list))
    }
}
