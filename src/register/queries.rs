//! Pure. Queries on the register: models by name, embargoes, licences, clearances, groups and settings.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::edition::Loaded;
use super::grace::Grace;
use super::licensee::Licensee;
use super::record_index::Criteria;
use super::snapshot::Register;
use crate::record::{Clearance, Embargo, Licence, List, Model, ModelStatus, Record, STRICTEST, Screening};
use crate::terms::{Country, Match, ModelRef, Name};

/// The meaning of a caller's name for a model.
#[derive(Debug)]
pub enum Resolved<'a> {
    /// A model of the register.
    Model(&'a Record<Model>),
    /// No model of the register.
    Unknown,
    /// Undecidable: the record is unreadable, or two defaults contradict each other.
    Unclear,
}

impl Register {
    /// The model that a caller's name stands for at `now`.
    #[must_use]
    pub fn resolve(&self, name: &ModelRef, now: Timestamp) -> Resolved<'_> {
        let is_unreadable =
            |name: &str| self.models.never_readable().any(|id| id == name || id.starts_with(&format!("{name}@")));
        let found = match name {
            ModelRef::Version(version) => self.models.get(version.as_str()),
            ModelRef::Default(name) => {
                let defaults = self.defaults.get(name).map(Vec::as_slice).unwrap_or_default();
                let mut offered = defaults.iter().filter(|model| is_offered(model, now));
                match (offered.next(), offered.next()) {
                    (Some(_), Some(_)) => return Resolved::Unclear,
                    (Some(one), None) => Some(one),
                    // A withdrawn default is reported as withdrawn, not as unknown.
                    (None, _) => defaults.iter().find(|model| model.meta.window.has_begun(now)),
                }
            }
        };
        match found {
            Some(model) if model.meta.window.has_begun(now) => Resolved::Model(model),
            None if is_unreadable(name.as_str()) => Resolved::Unclear,
            Some(_) | None => Resolved::Unknown,
        }
    }

    /// All readable models whose window has begun, by id.
    pub fn models(&self, now: Timestamp) -> impl Iterator<Item = &Record<Model>> {
        self.models.readable().map(AsRef::as_ref).filter(move |model| model.meta.window.has_begun(now))
    }

    /// All readable embargoes by id, in force or not.
    pub fn embargoes(&self) -> impl Iterator<Item = &Record<Embargo>> {
        self.embargoes.readable().map(AsRef::as_ref)
    }

    /// All readable licences by id, in force or not.
    pub fn licences(&self) -> impl Iterator<Item = &Record<Licence>> {
        self.licences.readable().map(AsRef::as_ref)
    }

    /// All readable clearances by id, in force or not.
    pub fn clearances(&self) -> impl Iterator<Item = &Record<Clearance>> {
        self.clearances.readable().map(AsRef::as_ref)
    }

    /// The readable clearances of a subject by id, in force or not.
    pub fn clearances_of(&self, subject: &str) -> impl Iterator<Item = &Arc<Record<Clearance>>> {
        self.clearances_by_subject.get(subject).into_iter().flatten()
    }

    /// The last readable record of each list by name, in force or not.
    pub fn lists(&self) -> impl Iterator<Item = &Record<List>> {
        self.lists.readable().map(AsRef::as_ref)
    }

    /// The last readable version of an embargo.
    #[must_use]
    pub fn embargo(&self, id: &str) -> Option<&Record<Embargo>> {
        self.embargoes.get(id).map(AsRef::as_ref)
    }

    /// The active embargoes on a model that can apply to a request with these facts, by id, in force or not. No other embargo
    /// can apply to it.
    pub fn embargoes_concerning<'a>(
        &'a self,
        model: &'a Record<Model>,
        criteria: &Criteria,
    ) -> impl Iterator<Item = &'a Record<Embargo>> {
        let is_own = self.models.get(&model.meta.id).is_some_and(|own| std::ptr::eq(own.as_ref(), model));
        let on_it = self.embargoes_by_model.get(&model.meta.id).filter(|_| is_own);
        let places = self.embargo_index.find(criteria).into_iter();
        let places = places.filter(move |place| on_it.is_none_or(|named| named.contains(*place)));
        let embargoes = places.filter_map(|place| self.active_embargoes.get(usize::try_from(place).ok()?));
        embargoes.map(AsRef::as_ref).filter(move |embargo| on_it.is_some() || embargo.is_on(model))
    }

    /// The embargoes in force at `now` that name no model of the register, for example because of a misspelt name.
    pub fn unmatched_embargoes(&self, now: Timestamp) -> impl Iterator<Item = &Record<Embargo>> {
        self.unmatched_embargoes.iter().map(AsRef::as_ref).filter(move |embargo| embargo.meta.is_in_force(now))
    }

    /// The active embargoes that name parties, themselves or by list, by id, in force or not.
    #[must_use]
    pub fn embargoes_by_name(&self) -> &[Arc<Record<Embargo>>] {
        &self.embargoes_by_name
    }

    /// The active embargoes by ownership, by id, in force or not.
    #[must_use]
    pub fn embargoes_by_ownership(&self) -> &[Arc<Record<Embargo>>] {
        &self.embargoes_by_ownership
    }

    /// The active embargoes by `spread`, by id, in force or not.
    #[must_use]
    pub fn embargoes_by_spread(&self) -> &[Arc<Record<Embargo>>] {
        &self.embargoes_by_spread
    }

    /// The licences of an organisation, including those open to all, in force or not.
    pub fn licences_of(&self, organisation: &str) -> impl Iterator<Item = &Arc<Record<Licence>>> {
        self.licensees(organisation).flat_map(Licensee::all)
    }

    /// The licences of [`Self::licences_of`] that can lift the embargo from a request with these facts. No other can.
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

    /// Whether a country is in a group at `now`. The answer is unknown if the group is not in force, or if it is unreadable
    /// and its grace period is over.
    #[must_use]
    pub fn in_group(&self, group: &str, country: Country, now: Timestamp) -> Match {
        let Some((group, failure)) = self.groups.get_with_failure(group) else { return Match::Unknown };
        let is_reliable =
            failure.is_none_or(|failure| Grace::of(&group.meta, failure.since).is_some_and(|grace| grace.serves(now)));
        if is_reliable && group.meta.is_in_force(now) {
            Match::from(group.countries.contains(country))
        } else {
            Match::Unknown
        }
    }

    /// The settings at `now`; the strictest ones if no record is in force.
    #[must_use]
    pub fn screening(&self, now: Timestamp) -> &Screening {
        let in_force = self.screening.as_ref().filter(|setting| setting.meta.is_in_force(now));
        in_force.map_or(&STRICTEST, |setting| &setting.body)
    }

    /// The embargoes that name a party by exactly one of these names, by id, in force or not.
    #[must_use]
    pub fn embargoes_naming<'n>(&self, names: impl Iterator<Item = &'n Name>) -> Vec<&Record<Embargo>> {
        let by_name = &self.embargoed_parties.by_name;
        let places: BTreeSet<u32> = names.filter_map(|name| by_name.get(name)).flatten().copied().collect();
        let embargo = |place: u32| self.embargoes_by_name.get(usize::try_from(place).ok()?).map(AsRef::as_ref);
        places.into_iter().filter_map(embargo).collect()
    }

    /// The parties that embargoes name themselves, in force or not; the id of each is `country:embargo`.
    #[must_use]
    pub fn parties_named(&self) -> Option<&Arc<Loaded>> {
        self.embargoed_parties.index.as_ref()?.as_ref().ok()
    }
}

/// Whether a model is in force and available at `now`.
#[must_use]
pub fn is_offered(model: &Record<Model>, now: Timestamp) -> bool {
    model.meta.is_in_force(now) && model.status == ModelStatus::Available
}
