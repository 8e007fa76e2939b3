//! Pure. Notes on likely mistakes in valid records, displayed before the confirmation.

use export_gate::record::{
    AppliesTo, Choice, Classes, Effect, Embargo, Kind, Licence, ListContent, NetworkClass, Record, Spread, read,
};
use export_gate::register::Register;
use export_gate::terms::{Match, ModelPattern};
use jiff::Timestamp;

use super::screening_notes;
use super::step::Step;
use crate::snapshot::Snapshot;

/// Fewer networks than this can be one person's phone, home and office: a train shows several, and IPv4 and IPv6 differ.
const ORDINARY_NETWORKS: u32 = 10;

/// Fewer countries than this can be an ordinary journey.
const ORDINARY_COUNTRIES: u32 = 3;

/// The notes on all steps.
pub(crate) fn notes(snapshot: &Snapshot, steps: &[Step], now: Timestamp) -> Vec<String> {
    let next = after(snapshot, steps);
    let register = next.register(now);
    let mut notes = Vec::new();
    for step in steps {
        let name = &step.key.id;
        if let Some(embargo) = continuing::<Embargo>(step, now) {
            notes.extend(unmatched(&embargo.models, Match::Unknown, name, &register));
            notes.extend(over(&embargo, name, now));
            notes.extend(network_notes(&embargo.applies_to, name, &register, now));
        }
        if let Some(licence) = continuing::<Licence>(step, now) {
            notes.extend(unmatched(&licence.models, Match::Yes, name, &register));
            notes.extend(over(&licence, name, now));
            notes.extend(not_lifted(&licence, name, &next));
        }
        notes.extend(screening_notes::notes(step));
    }
    notes
}

/// The notes on model patterns of embargoes and licences that match no registered model.
pub(crate) fn unnamed_models(snapshot: &Snapshot, steps: &[Step], now: Timestamp) -> Vec<String> {
    let register = after(snapshot, steps).register(now);
    let mut notes = Vec::new();
    for step in steps {
        let embargo = continuing::<Embargo>(step, now).map(|embargo| (embargo.body.models, Match::Unknown));
        let named = embargo.or_else(|| Some((continuing::<Licence>(step, now)?.body.models, Match::Yes)));
        notes.extend(named.into_iter().flat_map(|(models, least)| unmatched(&models, least, &step.key.id, &register)));
    }
    notes
}

fn after(snapshot: &Snapshot, steps: &[Step]) -> Snapshot {
    let mut next = snapshot.clone();
    next.records.extend(steps.iter().map(|step| (step.key.clone(), step.after.clone())));
    next
}

/// A step's record, if it is of this kind and the step does not end it: a record that ends needs no notes.
fn continuing<T: Kind>(step: &Step, now: Timestamp) -> Option<Record<T>> {
    let is_past = |record: &Record<T>| record.meta.withdrawn || record.meta.window.is_over(now);
    let was_past = step.before.as_ref().is_none_or(|before| read::<T>(before).is_ok_and(|record| is_past(&record)));
    step.record::<T>().filter(|record| was_past || !is_past(record))
}

/// Notes on patterns that match no registered model with at least certainty `least`.
fn unmatched(patterns: &[ModelPattern], least: Match, name: &str, register: &Register) -> Vec<String> {
    let is_matched = |pattern: &ModelPattern| {
        register.models(Timestamp::MAX).any(|model| pattern.names(&model.meta.id, model) >= least)
    };
    let unmatched = patterns.iter().filter(|pattern| **pattern != ModelPattern::Every && !is_matched(pattern));
    unmatched.map(|pattern| format!("`{name}` names `{pattern}`, which matches no registered model")).collect()
}

/// The note on a new record whose window is over.
fn over<T>(record: &Record<T>, name: &str, now: Timestamp) -> Option<String> {
    let meta = &record.meta;
    (!meta.withdrawn && meta.window.is_over(now)).then(|| format!("`{name}` is over already: it has no effect"))
}

/// Notes on embargoes that a licence names but can't lift.
fn not_lifted(licence: &Record<Licence>, name: &str, next: &Snapshot) -> Vec<String> {
    let mut notes = Vec::new();
    for id in licence.embargoes.iter().flatten() {
        let Some(item) = next.record(Embargo::KIND, id) else {
            notes.push(format!("`{name}` names `{id}`, and there is no such embargo"));
            continue;
        };
        let Ok(embargo) = read::<Embargo>(item) else { continue };
        if embargo.authority != licence.authority {
            let (imposed_by, granted_by) = (embargo.authority, licence.authority);
            notes.push(format!(
                "`{name}` can't lift `{id}`: the embargo is by {imposed_by}, the licence by {granted_by}"
            ));
        }
        if embargo.effect == Effect::Prohibited {
            notes.push(format!("`{name}` can't lift `{id}`: its effect is `prohibited`, which no licence lifts"));
        }
    }
    notes
}

/// Notes on likely mistakes in embargoes by network class and by spread.
fn network_notes(to: &AppliesTo, name: &str, register: &Register, now: Timestamp) -> Vec<String> {
    let classes = to.network_classes.iter().flat_map(|choice| unlisted(choice, name, register, now));
    classes.chain(to.spread.iter().flat_map(|limit| ordinary(limit, name))).collect()
}

/// Notes on classes that no list covers. Only the gate knows whether its databases do.
fn unlisted(choice: &Choice<Classes>, name: &str, register: &Register, now: Timestamp) -> Vec<String> {
    let is_listed = |class: NetworkClass| {
        let in_force = register.lists().filter(|list| list.meta.is_in_force(now));
        in_force.into_iter().any(|list| list.content == ListContent::Networks && list.class == Some(class))
    };
    let unlisted = |classes: &Classes| -> Vec<&str> {
        classes.iter().filter(|class| !is_listed(*class)).map(NetworkClass::as_str).collect()
    };
    let note = |classes: Vec<&str>, consequence: &str| {
        let classes = classes.join("`, `");
        format!(
            "`{name}` names `{classes}`, which no list in force covers: unless ANONYMITY_DATABASES do, {consequence}"
        )
    };
    let any_of = Some(unlisted(&choice.any_of)).filter(|classes| !classes.is_empty());
    let except = choice.except.as_ref().map(unlisted).filter(|classes| !classes.is_empty());
    let any_of = any_of.map(|classes| note(classes, "it applies to every address"));
    any_of.into_iter().chain(except.map(|classes| note(classes, "the exception never holds"))).collect()
}

/// Notes on limits that an ordinary user reaches.
fn ordinary(limit: &Spread, name: &str) -> Vec<String> {
    let countries = limit.countries.filter(|countries| *countries < ORDINARY_COUNTRIES).map(|countries| {
        format!(
            "`{name}` applies from {countries} countries on: one border crossing or one address of unknown country is \
             enough"
        )
    });
    let networks = limit.networks.filter(|networks| *networks < ORDINARY_NETWORKS).map(|networks| {
        format!(
            "`{name}` applies from {networks} networks on: one person's phone, home and office can reach that, since \
             IPv4 and IPv6 count as two networks"
        )
    });
    countries.into_iter().chain(networks).collect()
}
