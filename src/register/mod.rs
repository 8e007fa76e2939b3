//! Pure. The register in memory: every record in its last readable version, ready to be asked.
//!
//! A [`Register`] never changes: a newer revision gives a new one, so a request keeps what it was decided on.

mod fault;
mod grace;
mod heads;
mod held;
pub mod history;
mod licensee;
pub mod limits;
mod lists;
mod loaded;
#[cfg(test)]
mod model;
mod named;
mod reach;
mod read;
mod reliance;
mod shelf;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::record::{
    AppliesTo, Clearance, Embargo, Group, Head, Item, Kind, Licence, List, Model, ModelStatus, Record, STRICTEST,
    Screening, is_withdrawn,
};
use crate::terms::{Country, Match, ModelPattern, ModelRef, Window};

pub use fault::{Concerns, Fault};
pub use grace::GRACE;
use grace::Grace;
use heads::Progress;
pub use heads::{Heads, Kinds};
pub use held::Editions;
use held::Held;
use licensee::Licensee;
pub use lists::load;
pub use loaded::{Edition, Loaded, MOST_STEPS, NetworkList, Searched};
use named::Named;
use reach::Index;
pub use reach::{Criteria, Key};
pub use read::{BY_REVISION, HeadsError, RefreshError, RegisterStore, all_heads, is_busy};
use shelf::Shelf;
pub use write::{Basis, Condition, MOST_RECORDS, RegisterWriter, WriteError};

/// The kinds that this version reads.
pub const KINDS: [&str; 7] =
    [Model::KIND, Group::KIND, Embargo::KIND, Licence::KIND, Clearance::KIND, List::KIND, Screening::KIND];

/// All records of the register at one revision.
#[derive(Clone, Debug, Default)]
pub struct Register {
    revision: u64,
    /// By its records, what a head must state to be this register's.
    kinds: Kinds,
    read_at: Timestamp,
    models: Shelf<Model>,
    groups: Shelf<Group>,
    embargoes: Shelf<Embargo>,
    licences: Shelf<Licence>,
    clearances: Shelf<Clearance>,
    lists: Shelf<List>,
    settings: Shelf<Screening>,
    /// What is in memory of the lists; absent of a register that is made of records alone, which decides on
    /// facts and screens nobody.
    held: Option<BTreeMap<String, Held>>,
    /// Records of kinds that this version doesn't read.
    strange: BTreeMap<(String, String), Fault>,

    // What follows is derived from the above, anew for each revision.
    faults: Arc<[Fault]>,
    defaults: HashMap<String, Vec<Arc<Record<Model>>>>,
    /// The embargoes that are not withdrawn, by id, and how they are found.
    standing: Vec<Arc<Record<Embargo>>>,
    concerned: Index,
    /// Those that name no model of the register and are not withdrawn, by id, in force or not.
    unmatched_embargoes: Vec<Arc<Record<Embargo>>>,
    embargoes_by_name: Vec<Arc<Record<Embargo>>>,
    embargoes_by_ownership: Vec<Arc<Record<Embargo>>>,
    embargoes_by_spread: Vec<Arc<Record<Embargo>>>,
    /// The parties that embargoes name themselves.
    named: Named,
    /// When the embargoes are in force that name a list, by its name.
    lists_named: BTreeMap<String, BTreeSet<Window>>,
    licences_by_licensee: HashMap<String, Licensee>,
    clearances_by_subject: HashMap<String, Vec<Arc<Record<Clearance>>>>,
    screening: Option<Arc<Record<Screening>>>,
}

/// What a caller's name for a model stands for.
#[derive(Debug)]
pub enum Resolved<'a> {
    /// This model.
    Model(&'a Record<Model>),
    /// None that the register knows.
    Unknown,
    /// Nobody can say: a record that would tell can't be read, or two contradict each other.
    Unclear,
}

impl Register {
    /// The register with `items` put in or over their earlier versions, as of `head`.
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

    /// The register once all records of `head` are put in, which are of these kinds.
    fn at_head(mut self, kinds: &Kinds, head: &Head, now: Timestamp) -> Self {
        self.kinds.clone_from(kinds);
        self.revision = head.revision;
        self.read_at = now;
        self.derive();
        self
    }

    /// Whether `head` is this register's: the same revision, and of every kind the same.
    #[must_use]
    pub fn is_at(&self, head: &Head) -> bool {
        self.revision == head.revision && self.kinds == head.kinds
    }

    fn progress(&self) -> Progress {
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

    /// Every record that can't be relied on, for health, log and metrics.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// [`Self::faults`], for those who keep them.
    #[must_use]
    pub fn shared_faults(&self) -> Arc<[Fault]> {
        Arc::clone(&self.faults)
    }

    /// The fault that keeps a model from being decided on at `now`.
    #[must_use]
    pub fn fault_of(&self, model: &Record<Model>, now: Timestamp) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.stops(model, now))
    }

    /// The fault that keeps every model from being decided on at `now`.
    #[must_use]
    pub fn fault_of_all(&self, now: Timestamp) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.stops_all(now))
    }

    /// What a caller means by a model's name at `now`.
    #[must_use]
    pub fn resolve(&self, asked: &ModelRef, now: Timestamp) -> Resolved<'_> {
        let unreadable = |name: &str| self.models.unread().any(|id| id == name || id.starts_with(&format!("{name}@")));
        let found = match asked {
            ModelRef::Version(version) => self.models.get(version.as_str()),
            ModelRef::Default(name) => {
                let defaults = self.defaults.get(name).map(Vec::as_slice).unwrap_or_default();
                let mut offered = defaults.iter().filter(|model| is_offered(model, now));
                match (offered.next(), offered.next()) {
                    (Some(_), Some(_)) => return Resolved::Unclear,
                    (Some(one), None) => Some(one),
                    // A default that is no more says so, rather than that it never was.
                    (None, _) => defaults.iter().find(|model| model.meta.window.has_begun(now)),
                }
            }
        };
        match found {
            Some(model) if model.meta.window.has_begun(now) => Resolved::Model(model),
            None if unreadable(asked.as_str()) => Resolved::Unclear,
            Some(_) | None => Resolved::Unknown,
        }
    }

    /// All models that can be read and whose window has begun, by id.
    pub fn models(&self, now: Timestamp) -> impl Iterator<Item = &Record<Model>> {
        self.models.readable().map(AsRef::as_ref).filter(move |model| model.meta.window.has_begun(now))
    }

    /// All embargoes that can be read, by id, in force or not.
    pub fn embargoes(&self) -> impl Iterator<Item = &Record<Embargo>> {
        self.embargoes.readable().map(AsRef::as_ref)
    }

    /// All licences that can be read, by id, in force or not.
    pub fn licences(&self) -> impl Iterator<Item = &Record<Licence>> {
        self.licences.readable().map(AsRef::as_ref)
    }

    /// All clearances that can be read, by id, in force or not.
    pub fn clearances(&self) -> impl Iterator<Item = &Record<Clearance>> {
        self.clearances.readable().map(AsRef::as_ref)
    }

    /// The clearances of a subject that can be read, by id, in force or not.
    pub fn clearances_of(&self, subject: &str) -> impl Iterator<Item = &Arc<Record<Clearance>>> {
        self.clearances_by_subject.get(subject).into_iter().flatten()
    }

    /// All lists, each in its last readable edition, by name, in force or not.
    pub fn lists(&self) -> impl Iterator<Item = &Record<List>> {
        self.lists.readable().map(AsRef::as_ref)
    }

    /// The last readable version of an embargo.
    #[must_use]
    pub fn embargo(&self, id: &str) -> Option<&Record<Embargo>> {
        self.embargoes.get(id).map(AsRef::as_ref)
    }

    /// The embargoes that are not withdrawn and can concern a request with these facts, by id, on whatever model, in force or
    /// not. No other can apply to it.
    pub fn embargoes_concerning(&self, criteria: &Criteria) -> impl Iterator<Item = &Record<Embargo>> {
        let places = self.concerned.find(criteria).into_iter();
        places.filter_map(|place| self.standing.get(usize::try_from(place).ok()?)).map(AsRef::as_ref)
    }

    /// The embargoes in force at `now` that name no model of the register: they apply to nothing, as a misspelt name does.
    pub fn unmatched_embargoes(&self, now: Timestamp) -> impl Iterator<Item = &Record<Embargo>> {
        self.unmatched_embargoes.iter().map(AsRef::as_ref).filter(move |embargo| embargo.meta.is_in_force(now))
    }

    /// The embargoes that name parties, themselves or by list, and are not withdrawn, by id, in force or not.
    #[must_use]
    pub fn embargoes_by_name(&self) -> &[Arc<Record<Embargo>>] {
        &self.embargoes_by_name
    }

    /// The embargoes by ownership that are not withdrawn, by id, in force or not.
    #[must_use]
    pub fn embargoes_by_ownership(&self) -> &[Arc<Record<Embargo>>] {
        &self.embargoes_by_ownership
    }

    /// The embargoes by from how many places a client shows up that are not withdrawn, by id, in force or not.
    #[must_use]
    pub fn embargoes_by_spread(&self) -> &[Arc<Record<Embargo>>] {
        &self.embargoes_by_spread
    }

    /// The licences that an organisation holds, those open to all among them, in force or not.
    pub fn licences_of(&self, organisation: &str) -> impl Iterator<Item = &Arc<Record<Licence>>> {
        self.licensees(organisation).flat_map(Licensee::all)
    }

    /// Those of [`Self::licences_of`] that can lift an embargo from a request with these facts. No other can.
    pub fn licences_concerning(
        &self,
        organisation: &str,
        embargo: &str,
        criteria: &Criteria,
    ) -> impl Iterator<Item = &Arc<Record<Licence>>> {
        self.licensees(organisation).flat_map(move |licensee| licensee.concerning(embargo, criteria))
    }

    fn licensees(&self, organisation: &str) -> impl Iterator<Item = &Licensee> {
        ["*", organisation].into_iter().filter_map(|licensee| self.licences_by_licensee.get(licensee))
    }

    /// Whether a country is in a group at `now`. It is unknown of a group that is not in force, or whose last version can't
    /// be read once its grace period is over.
    #[must_use]
    pub fn in_group(&self, group: &str, country: Country, now: Timestamp) -> Match {
        let Some((group, damage)) = self.groups.slot(group) else { return Match::Unknown };
        let is_relied_on =
            damage.is_none_or(|damage| Grace::of(&group.meta, damage.since).is_some_and(|grace| grace.serves(now)));
        if is_relied_on && group.meta.is_in_force(now) {
            Match::from(group.countries.contains(country))
        } else {
            Match::Unknown
        }
    }

    /// The settings at `now`: the strictest where no record is in force.
    #[must_use]
    pub fn screening(&self, now: Timestamp) -> &Screening {
        let in_force = self.screening.as_ref().filter(|setting| setting.meta.is_in_force(now));
        in_force.map_or(&STRICTEST, |setting| &setting.body)
    }

    fn put(&mut self, item: Item, now: Timestamp) {
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
            // Withdrawn, it is nothing, whatever it was: there is no other way to be rid of it, since nothing is deleted.
            _ if is_withdrawn(&item) => {
                self.strange.remove(&(kind, id));
            }
            _ => {
                let fault = fault::of_strange_kind(&kind, &id);
                self.strange.insert((kind, id), fault);
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
        self.standing = self.embargoes.readable().filter(|embargo| !embargo.meta.withdrawn).cloned().collect();
        self.concerned = Index::of_embargoes(&self.standing, &self.groups);
        let is_matched = |embargo: &Embargo| {
            embargo.models.contains(&ModelPattern::Every) || self.models.readable().any(|model| embargo.is_on(model))
        };
        self.unmatched_embargoes = self.standing.iter().filter(|embargo| !is_matched(embargo)).cloned().collect();
        let by = |key: fn(&AppliesTo) -> bool| {
            self.standing.iter().filter(|embargo| key(&embargo.applies_to)).cloned().collect()
        };
        let by_name = by(AppliesTo::is_by_name);
        let by_ownership = by(|to| to.ownership.is_some());
        let by_spread = by(|to| to.spread.is_some());
        (self.embargoes_by_name, self.embargoes_by_ownership, self.embargoes_by_spread) =
            (by_name, by_ownership, by_spread);
        self.named = std::mem::take(&mut self.named).by(&self.embargoes_by_name);
        self.lists_named.clear();
        for embargo in &self.embargoes_by_name {
            for list in embargo.applies_to.lists_named() {
                self.lists_named.entry(list.clone()).or_default().insert(embargo.meta.window);
            }
        }
        self.screening = self.settings.get("screening").cloned();
        self.derive_faults();
    }

    fn derive_faults(&mut self) {
        let faults = fault::derive(self);
        // The same ones stay as they are, which costs no request a comparison.
        if *self.faults != *faults {
            self.faults = faults.into();
        }
    }
}

/// Whether a model can be had at `now`.
#[must_use]
pub fn is_offered(model: &Record<Model>, now: Timestamp) -> bool {
    model.meta.is_in_force(now) && model.status == ModelStatus::Available
}
