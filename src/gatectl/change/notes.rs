//! Pure. Notes on likely mistakes in valid records, displayed before the confirmation.

use export_gate::record::{Effect, Embargo, Kind, Licence, Record, read};
use export_gate::register::Register;
use export_gate::terms::{Match, ModelPattern};
use jiff::Timestamp;

use super::step::Step;
use super::{network_notes, screening_notes};
use crate::snapshot::Snapshot;

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
            notes.extend(network_notes::notes(&embargo.applies_to, name, &register, now));
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
