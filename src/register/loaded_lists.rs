//! Pure. The register's lists: which editions are in memory, and which of them can be relied on.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::edition::{Edition, Editions, LoadFailure, Loaded, LoadedList, NetworkList};
use super::grace::Grace;
use super::snapshot::Register;
use crate::record::{List, Record};
use crate::terms::Window;

impl Register {
    /// The lists, each in its last readable record, whose edition is not in memory.
    #[must_use]
    pub fn unloaded(&self) -> Vec<Arc<Record<List>>> {
        let is_loaded = |list: &Record<List>| self.loaded(&list.meta.id).is_some_and(|loaded| loaded.has(list));
        self.active_lists().filter(|list| !is_loaded(list)).cloned().collect()
    }

    /// The register with these editions of its [unloaded](Self::unloaded) lists. Editions that are already in memory stay
    /// where their list is still active.
    #[must_use]
    pub fn holding(&self, mut editions: Editions, now: Timestamp) -> Self {
        let load = |list: &Arc<Record<List>>| {
            let id = &list.meta.id;
            let mut before = self.loaded(id).cloned().unwrap_or_default();
            // An edition of another content or class cannot replace this one.
            before.edition = before.edition.filter(|edition| edition.is_comparable(list));
            let loaded = match editions.remove(id) {
                Some(Ok(edition)) => LoadedList { edition: Some(edition), window: list.meta.window, failure: None },
                Some(Err(why)) => {
                    let since = before.failure.as_ref().map_or(now, |failure| failure.since);
                    LoadedList { failure: Some(LoadFailure { why, since }), ..before }
                }
                // The list names the edition in memory again.
                None if before.has(list) => LoadedList { window: list.meta.window, failure: None, ..before },
                None => before,
            };
            (id.clone(), loaded)
        };
        let mut next = self.clone();
        next.loaded_lists = Some(self.active_lists().map(load).collect());
        // Of the derived fields, only the unreadable records depend on the loaded lists.
        next.derive_unreadable();
        next
    }

    /// Whether an edition could not be loaded, so that trying again can help.
    #[must_use]
    pub fn lacks_editions(&self) -> bool {
        self.loaded_lists.iter().flatten().any(|(_, loaded)| loaded.failure.is_some())
    }

    /// A list of parties that is in force at `now` and can be relied on.
    #[must_use]
    pub fn party_list(&self, name: &str, now: Timestamp) -> Option<&Arc<Loaded>> {
        match self.reliable_edition(name, now)? {
            Edition::Parties(loaded) => Some(loaded),
            Edition::Networks(_) => None,
        }
    }

    /// Every list of parties that is in force at `now` and can be relied on, by name.
    pub fn party_lists(&self, now: Timestamp) -> impl Iterator<Item = (&str, &Arc<Loaded>)> {
        self.loaded_names().filter_map(move |name| Some((name, self.party_list(name, now)?)))
    }

    /// Every list of networks that is in force at `now` and can be relied on, by name.
    pub fn network_lists(&self, now: Timestamp) -> impl Iterator<Item = (&str, &NetworkList)> {
        self.loaded_names().filter_map(move |name| match self.reliable_edition(name, now)? {
            Edition::Networks(loaded) => Some((name, loaded.as_ref())),
            Edition::Parties(_) => None,
        })
    }

    /// The lists of parties that callers are screened against at `now`: an embargo in force names them.
    pub fn lists_asked(&self, now: Timestamp) -> impl Iterator<Item = (&str, &Arc<Loaded>)> {
        self.lists_named(now).filter_map(move |name| Some((name, self.party_list(name, now)?)))
    }

    /// The lists that embargoes in force at `now` name, by name, including lists that do not exist.
    pub fn lists_named(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        let is_named =
            move |(_, windows): &(&String, &BTreeSet<Window>)| windows.iter().any(|window| window.is_open(now));
        self.list_windows.iter().filter(is_named).map(|(name, _)| name.as_str())
    }

    /// The edition of a list that is in force at `now` and can be relied on.
    fn reliable_edition(&self, name: &str, now: Timestamp) -> Option<&Edition> {
        let (loaded, list) = (self.loaded(name)?, self.lists.get(name)?);
        let serves = |grace: Option<Grace>| grace.is_some_and(|grace| grace.serves(now));
        let failure = self.lists.failure_of(name);
        let is_reliable = failure.is_none_or(|failure| serves(Grace::of(&list.meta, failure.since)))
            && (loaded.failure.is_none() || serves(loaded.grace()));
        loaded.edition.as_ref().filter(|_| list.meta.is_in_force(now) && is_reliable)
    }

    fn loaded_names(&self) -> impl Iterator<Item = &str> {
        self.loaded_lists.iter().flatten().map(|(name, _)| name.as_str())
    }

    /// The lists that are not withdrawn, in force now, later or no longer.
    fn active_lists(&self) -> impl Iterator<Item = &Arc<Record<List>>> {
        self.lists.readable().filter(|list| !list.meta.withdrawn)
    }

    fn loaded(&self, list: &str) -> Option<&LoadedList> {
        self.loaded_lists.as_ref()?.get(list)
    }
}
