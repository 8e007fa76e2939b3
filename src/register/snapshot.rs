//! Pure. The register at one revision, and how a newer revision is made from it.
//!
//! INVARIANT: a [`Register`] never changes. A newer revision is a new value, so a request keeps the one that decided it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::edition::LoadedList;
use super::embargoed_parties::EmbargoedParties;
use super::heads::{self, Kinds, Progress};
use super::licensee::Licensee;
use super::record_index::{PlaceSet, RecordIndex};
use super::records::Records;
use super::unreadable_record::{Concerns, UnreadableRecord};
use crate::record::{
    AppliesTo, Clearance, Embargo, Group, Head, Item, Kind, Licence, List, Model, Record, Screening, is_withdrawn,
};
use crate::terms::{ModelPattern, Window};

/// The kinds that this version reads.
pub const KINDS: [&str; 7] =
    [Model::KIND, Group::KIND, Embargo::KIND, Licence::KIND, Clearance::KIND, List::KIND, Screening::KIND];

/// All records of the register at one revision.
#[derive(Clone, Debug, Default)]
pub struct Register {
    revision: u64,
    /// What a head must state to agree with the records.
    pub(super) kinds: Kinds,
    pub(super) read_at: Timestamp,
    pub(super) models: Records<Model>,
    pub(super) groups: Records<Group>,
    pub(super) embargoes: Records<Embargo>,
    pub(super) licences: Records<Licence>,
    pub(super) clearances: Records<Clearance>,
    pub(super) lists: Records<List>,
    pub(super) settings: Records<Screening>,
    /// Absent in a register made of records alone, which decides on facts and screens no party.
    pub(super) loaded_lists: Option<BTreeMap<String, LoadedList>>,
    /// The records of unknown kinds, by kind and id.
    pub(super) unknown_kinds: BTreeMap<(String, String), UnreadableRecord>,

    // The fields below are derived from the fields above for each revision.
    pub(super) unreadable: Arc<[UnreadableRecord]>,
    pub(super) defaults: HashMap<String, Vec<Arc<Record<Model>>>>,
    /// The embargoes that are not withdrawn, by id.
    pub(super) active_embargoes: Vec<Arc<Record<Embargo>>>,
    pub(super) embargo_index: RecordIndex,
    /// For each model, by id, which active embargoes name it.
    pub(super) embargoes_by_model: HashMap<String, PlaceSet>,
    /// The active embargoes that name no model of the register, by id.
    pub(super) unmatched_embargoes: Vec<Arc<Record<Embargo>>>,
    pub(super) embargoes_by_name: Vec<Arc<Record<Embargo>>>,
    pub(super) embargoes_by_ownership: Vec<Arc<Record<Embargo>>>,
    pub(super) embargoes_by_spread: Vec<Arc<Record<Embargo>>>,
    pub(super) embargoed_parties: EmbargoedParties,
    /// The windows of the embargoes that name a list, by its name.
    pub(super) list_windows: BTreeMap<String, BTreeSet<Window>>,
    pub(super) licences_by_licensee: HashMap<String, Licensee>,
    pub(super) clearances_by_subject: HashMap<String, Vec<Arc<Record<Clearance>>>>,
    pub(super) screening: Option<Arc<Record<Screening>>>,
}

impl Register {
    /// The register at `head` once `items` replace their earlier versions.
    #[must_use]
    pub fn with(&self, items: Vec<Item>, head: &Head, now: Timestamp) -> Self {
        let mut next = self.clone();
        let mut kinds = next.kinds.clone();
        heads::count(&mut kinds, heads::revisions(&items));
        for item in items {
            next.put(item, now);
        }
        next.at_head(&kinds, head, now)
    }

    /// The register at `head` once all of its records are put; `kinds` summarises them.
    pub(super) fn at_head(mut self, kinds: &Kinds, head: &Head, now: Timestamp) -> Self {
        self.kinds.clone_from(kinds);
        self.revision = head.revision;
        self.read_at = now;
        self.derive();
        self
    }

    /// Whether `head` states this register's revision and kinds.
    #[must_use]
    pub fn is_at(&self, head: &Head) -> bool {
        self.revision == head.revision && self.kinds == head.kinds
    }

    pub(super) fn progress(&self) -> Progress {
        Progress::of(&self.kinds, self.revision)
    }

    /// The register's revision; 0 before the first record.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// When this revision was read.
    #[must_use]
    pub fn read_at(&self) -> Timestamp {
        self.read_at
    }

    /// Every record that cannot be relied on, for health, log and metrics.
    #[must_use]
    pub fn unreadable(&self) -> &[UnreadableRecord] {
        &self.unreadable
    }

    /// [`Self::unreadable`], shared.
    #[must_use]
    pub fn shared_unreadable(&self) -> Arc<[UnreadableRecord]> {
        Arc::clone(&self.unreadable)
    }

    /// The unreadable record that blocks decisions on a model at `now`.
    #[must_use]
    pub fn record_blocking(&self, model: &Record<Model>, now: Timestamp) -> Option<&UnreadableRecord> {
        self.unreadable.iter().find(|fault| fault.blocks(model, now))
    }

    /// The unreadable record that blocks decisions on every model at `now`.
    #[must_use]
    pub fn record_blocking_all(&self, now: Timestamp) -> Option<&UnreadableRecord> {
        self.unreadable.iter().find(|fault| fault.blocks_all(now))
    }

    pub(super) fn put(&mut self, item: Item, now: Timestamp) {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        let (kind, id) = (text("kind"), text("id"));
        match kind.as_str() {
            Model::KIND => self.models.put(&id, &item, now),
            Group::KIND => self.groups.put(&id, &item, now),
            Embargo::KIND => self.embargoes.put(&id, &item, now),
            Licence::KIND => self.licences.put(&id, &item, now),
            Clearance::KIND => self.clearances.put(&id, &item, now),
            List::KIND => self.lists.put(&id, &item, now),
            Screening::KIND => self.settings.put(&id, &item, now),
            // Records are never deleted, so withdrawing a record of an unknown kind must remove it here.
            _ if is_withdrawn(&item) => {
                self.unknown_kinds.remove(&(kind, id));
            }
            _ => {
                let why = "this version does not read records of this kind".to_owned();
                let fault = UnreadableRecord::new(&kind, &id, why, Concerns::Every);
                self.unknown_kinds.insert((kind, id), fault);
            }
        }
    }

    fn derive(&mut self) {
        self.defaults.clear();
        for model in self.models.readable().filter(|model| model.default) {
            self.defaults.entry(model.name.clone()).or_default().push(Arc::clone(model));
        }
        let mut licensees: HashMap<String, Vec<Arc<Record<Licence>>>> = HashMap::new();
        for licence in self.licences.readable() {
            for licensee in &licence.licensees {
                licensees.entry(licensee.clone()).or_default().push(Arc::clone(licence));
            }
        }
        let licensee = |(id, licences)| (id, Licensee::new(licences, &self.groups));
        self.licences_by_licensee = licensees.into_iter().map(licensee).collect();
        self.clearances_by_subject.clear();
        for clearance in self.clearances.readable() {
            self.clearances_by_subject.entry(clearance.subject.clone()).or_default().push(Arc::clone(clearance));
        }
        self.active_embargoes = self.embargoes.readable().filter(|embargo| !embargo.meta.withdrawn).cloned().collect();
        self.embargo_index = RecordIndex::of_embargoes(&self.active_embargoes, &self.groups);
        let named = |model: &Record<Model>| self.active_embargoes.iter().map(|embargo| embargo.is_on(model)).collect();
        self.embargoes_by_model = self.models.readable().map(|model| (model.meta.id.clone(), named(model))).collect();
        let is_matched = |place: u32, embargo: &Embargo| {
            embargo.models.contains(&ModelPattern::Every)
                || self.embargoes_by_model.values().any(|named| named.contains(place))
        };
        let by_place = (0_u32..).zip(&self.active_embargoes);
        self.unmatched_embargoes = by_place
            .filter(|(place, embargo)| !is_matched(*place, embargo))
            .map(|(_, embargo)| Arc::clone(embargo))
            .collect();
        let by = |key: fn(&AppliesTo) -> bool| {
            self.active_embargoes.iter().filter(|embargo| key(&embargo.applies_to)).cloned().collect()
        };
        let by_name = by(AppliesTo::is_by_name);
        let by_ownership = by(|to| to.ownership.is_some());
        let by_spread = by(|to| to.spread.is_some());
        (self.embargoes_by_name, self.embargoes_by_ownership, self.embargoes_by_spread) =
            (by_name, by_ownership, by_spread);
        self.embargoed_parties = std::mem::take(&mut self.embargoed_parties).updated(&self.embargoes_by_name);
        self.list_windows.clear();
        for embargo in &self.embargoes_by_name {
            for list in embargo.applies_to.lists_named() {
                self.list_windows.entry(list.clone()).or_default().insert(embargo.meta.window);
            }
        }
        self.screening = self.settings.get("screening").cloned();
        self.derive_unreadable();
    }
}
