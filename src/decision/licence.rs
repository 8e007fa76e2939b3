//! Pure. Finds the licence that lifts an embargo, or the reason why none does.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::embargo::{is_among, requires_named_licence};
use super::facts::Persons;
use super::subject::{Nationality, Subject};
use crate::record::{Authority, Effect, Embargo, Licence, Model, PersonScope, Record};
use crate::register::{Criteria, Register};
use crate::terms::{Code, Match};

/// The inputs for evaluating licences.
pub(super) struct LicenceCheck<'a> {
    model: &'a Record<Model>,
    subject: &'a Subject,
    register: &'a Register,
    exhausted: &'a BTreeSet<String>,
    criteria: &'a Criteria,
    pub(super) now: Timestamp,
    /// Whether the organisation holds a licence for the model, by authority; computed on first use.
    holds: RefCell<BTreeMap<Authority, bool>>,
}

impl<'a> LicenceCheck<'a> {
    /// `criteria` are the subject's.
    pub(super) fn new(
        model: &'a Record<Model>,
        subject: &'a Subject,
        register: &'a Register,
        exhausted: &'a BTreeSet<String>,
        criteria: &'a Criteria,
        now: Timestamp,
    ) -> Self {
        Self { model, subject, register, exhausted, criteria, now, holds: RefCell::default() }
    }

    /// Whether the organisation holds a licence of this authority for the model that is in force, regardless of scope.
    fn holds_any(&self, authority: Authority) -> bool {
        *self.holds.borrow_mut().entry(authority).or_insert_with(|| {
            let mut all = self.register.licences_of(&self.subject.organisation);
            all.any(|licence| {
                licence.authority == authority && licence.meta.is_in_force(self.now) && self.names_model(licence)
            })
        })
    }

    fn names_model(&self, licence: &Licence) -> bool {
        licence.models.iter().any(|pattern| pattern.names(&self.model.meta.id, self.model) == Match::Yes)
    }
}

/// Returns the licence that lifts the embargo: one without a quota first, then the earliest to end, then by id.
///
/// # Errors
/// The code of the closest licence, or `None` if no licence can lift the embargo.
pub(super) fn cover<'a>(
    embargo: &Record<Embargo>,
    check: &LicenceCheck<'a>,
) -> Result<&'a Arc<Record<Licence>>, Option<Code>> {
    if embargo.effect == Effect::Prohibited {
        return Err(None);
    }
    // A licence that is not a candidate is out of scope, or is for another authority or model.
    let mut nearest = if check.holds_any(embargo.authority) { Code::LicenceScope } else { Code::LicenceMissing };
    let mut first: Option<&Arc<Record<Licence>>> = None;
    let LicenceCheck { register, subject, criteria, .. } = *check;
    for licence in register.licences_concerning(&subject.organisation, &embargo.meta.id, criteria) {
        match shortfall(licence, embargo, check) {
            None if first.is_none_or(|first| order(licence) < order(first)) => first = Some(licence),
            None => {}
            // The codes are ordered by how close a licence is to lifting the embargo.
            Some(code) => nearest = nearest.max(code),
        }
    }
    first.ok_or(Some(nearest))
}

/// The organisation's licences, each with the code that keeps it from lifting the embargo. A licence that is open to all and also names
/// the organisation appears twice.
pub(super) fn considered<'a>(
    embargo: &Record<Embargo>,
    check: &'a LicenceCheck<'_>,
) -> impl Iterator<Item = (&'a Arc<Record<Licence>>, Option<Code>)> {
    let licences = check.register.licences_of(&check.subject.organisation);
    licences.map(move |licence| (licence, shortfall(licence, embargo, check)))
}

/// The order in which licences are used.
fn order(licence: &Record<Licence>) -> (bool, Timestamp, &str) {
    (licence.quota.is_some(), licence.meta.window.until.unwrap_or(Timestamp::MAX), &licence.meta.id)
}

/// The code of the first condition that a licence fails; `None` if it lifts the embargo.
fn shortfall(licence: &Record<Licence>, embargo: &Record<Embargo>, check: &LicenceCheck<'_>) -> Option<Code> {
    let LicenceCheck { now, .. } = *check;
    if licence.authority != embargo.authority
        || licence.meta.withdrawn
        || !check.names_model(licence)
        || !licence.meta.window.has_begun(now)
    {
        return Some(Code::LicenceMissing);
    }
    let reaches = concerns(licence, embargo) && scope(licence, embargo, check) == Match::Yes;
    match (reaches, licence.meta.window.is_over(now)) {
        (false, true) => Some(Code::LicenceMissing),
        (false, false) => Some(Code::LicenceScope),
        (true, true) => Some(Code::LicenceExpired),
        (true, false) if check.exhausted.contains(&licence.meta.id) => Some(Code::LicenceExhausted),
        (true, false) => None,
    }
}

/// Whether a licence concerns this embargo: it names the embargo, or has every scope that the embargo restricts. [`scope`]
/// then compares the values.
fn concerns(licence: &Licence, embargo: &Record<Embargo>) -> bool {
    if let Some(named) = &licence.embargoes {
        return named.contains(&embargo.meta.id);
    }
    let to = &embargo.applies_to;
    !requires_named_licence(to)
        && (to.destinations.is_none() || licence.destinations.is_some())
        && (to.nationalities.is_none() || licence.nationalities.is_some())
        && (to.end_uses.is_none() || licence.end_uses.is_some())
}

/// Whether each scope of the licence admits the fact. An unknown fact is outside every scope.
fn scope(licence: &Licence, embargo: &Embargo, check: &LicenceCheck<'_>) -> Match {
    let LicenceCheck { subject, register, now, .. } = *check;
    let in_group = |group: &str, country| register.in_group(group, country, now);
    let screening = register.screening(now);
    let persons = match (&subject.facts.persons, licence.persons) {
        (Persons::Unknown, _) => Match::Unknown,
        (Persons::Named(person), PersonScope::UsPersons) => person.us_status.is_us_person().into(),
        (Persons::None | Persons::Attested, PersonScope::UsPersons) | (_, PersonScope::Any) => Match::Yes,
    };
    let destinations = licence
        .destinations
        .as_ref()
        .map(|choice| is_among(choice, subject.destination(screening, now), screening, in_group));
    let nationalities =
        licence.nationalities.as_ref().map(|choice| match subject.nationality(embargo.basis, screening) {
            Nationality::UsPerson => Match::Yes,
            Nationality::Of { complete: false, .. } => Match::Unknown,
            Nationality::Of { countries, complete: true } => Match::all(
                countries.into_iter().map(|country| choice.ask(|places| places.has_country(country, in_group))),
            ),
        });
    let end_uses = licence.end_uses.as_ref().map(|choice| {
        let words = subject.facts.end_uses.iter().map(|word| choice.ask(|named| named.has(word)));
        words.min().unwrap_or(Match::Unknown)
    });
    Match::all([Some(persons), destinations, nationalities, end_uses].into_iter().flatten())
}
