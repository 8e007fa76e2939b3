//! Pure. Which licence lifts an embargo, and why none does.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::embargo::{among, is_answered_by_name_only};
use super::subject::{Nationality, Persons, Subject};
use crate::record::{Authority, Effect, Embargo, Licence, Model, PersonScope, Record};
use crate::register::{Criteria, Register};
use crate::terms::{Code, Match};

/// What a licence is asked about.
pub(super) struct Asking<'a> {
    model: &'a Record<Model>,
    subject: &'a Subject,
    register: &'a Register,
    exhausted: &'a BTreeSet<String>,
    criteria: &'a Criteria,
    pub(super) now: Timestamp,
    /// Whether the organisation holds a licence for the model by an authority, once that was asked.
    holds: RefCell<BTreeMap<Authority, bool>>,
}

impl<'a> Asking<'a> {
    /// About a subject that asks for a model and is found by `criteria`.
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

    /// Whether the organisation holds a licence for the model by the authority that is in force, whatever its scope.
    fn holds_any(&self, authority: Authority) -> bool {
        *self.holds.borrow_mut().entry(authority).or_insert_with(|| {
            let mut all = self.register.licences_of(&self.subject.organisation);
            all.any(|licence| {
                licence.authority == authority && licence.meta.is_in_force(self.now) && self.is_named(licence)
            })
        })
    }

    fn is_named(&self, licence: &Licence) -> bool {
        licence.models.iter().any(|pattern| pattern.names(&self.model.meta.id, self.model) == Match::Yes)
    }
}

/// The licence that lifts the embargo: without a quota first, then the earliest to end, then by id.
///
/// # Errors
/// Why none does: the code of the licence that came nearest, or nothing where none ever could.
pub(super) fn cover<'a>(
    embargo: &Record<Embargo>,
    asking: &Asking<'a>,
) -> Result<&'a Arc<Record<Licence>>, Option<Code>> {
    if embargo.effect == Effect::Prohibited {
        return Err(None);
    }
    // What is not among the licences that can lift it is out of scope, or no licence for this at all.
    let mut nearest = if asking.holds_any(embargo.authority) { Code::LicenceScope } else { Code::LicenceMissing };
    let mut first: Option<&Arc<Record<Licence>>> = None;
    let Asking { register, subject, criteria, .. } = *asking;
    for licence in register.licences_concerning(&subject.organisation, &embargo.meta.id, criteria) {
        match shortfall(licence, embargo, asking) {
            None if first.is_none_or(|first| order(licence) < order(first)) => first = Some(licence),
            None => {}
            // The codes stand in the order of how near a licence came.
            Some(code) => nearest = nearest.max(code),
        }
    }
    first.ok_or(Some(nearest))
}

/// The organisation's licences, each with what it lacks to lift the embargo; one that is open to all and names the
/// organisation too comes twice.
pub(super) fn considered<'a>(
    embargo: &Record<Embargo>,
    asking: &'a Asking<'_>,
) -> impl Iterator<Item = (&'a Arc<Record<Licence>>, Option<Code>)> {
    let licences = asking.register.licences_of(&asking.subject.organisation);
    licences.map(move |licence| (licence, shortfall(licence, embargo, asking)))
}

/// In which order licences are taken.
fn order(licence: &Record<Licence>) -> (bool, Timestamp, &str) {
    (licence.quota.is_some(), licence.meta.window.until.unwrap_or(Timestamp::MAX), &licence.meta.id)
}

/// What a licence lacks to lift the embargo; `None` where it does.
fn shortfall(licence: &Record<Licence>, embargo: &Record<Embargo>, asking: &Asking<'_>) -> Option<Code> {
    let Asking { now, .. } = *asking;
    if licence.authority != embargo.authority
        || licence.meta.withdrawn
        || !asking.is_named(licence)
        || !licence.meta.window.has_begun(now)
    {
        return Some(Code::LicenceMissing);
    }
    let reaches = answers(licence, embargo) && scope(licence, embargo, asking) == Match::Yes;
    match (reaches, licence.meta.window.is_over(now)) {
        (false, true) => Some(Code::LicenceMissing),
        (false, false) => Some(Code::LicenceScope),
        (true, true) => Some(Code::LicenceExpired),
        (true, false) if asking.exhausted.contains(&licence.meta.id) => Some(Code::LicenceExhausted),
        (true, false) => None,
    }
}

/// Whether a licence is about this embargo: by its name, or by having each scope that the embargo restricts. That the
/// scope then names the matching value is for [`scope`].
fn answers(licence: &Licence, embargo: &Record<Embargo>) -> bool {
    if let Some(named) = &licence.embargoes {
        return named.contains(&embargo.meta.id);
    }
    let to = &embargo.applies_to;
    !is_answered_by_name_only(to)
        && (to.destinations.is_none() || licence.destinations.is_some())
        && (to.nationalities.is_none() || licence.nationalities.is_some())
        && (to.end_uses.is_none() || licence.end_uses.is_some())
}

/// Whether each scope that the licence has admits the fact. What nobody knows is outside every scope.
fn scope(licence: &Licence, embargo: &Embargo, asking: &Asking<'_>) -> Match {
    let Asking { subject, register, now, .. } = *asking;
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
        .map(|choice| among(choice, subject.destination(screening, now), screening, in_group));
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
