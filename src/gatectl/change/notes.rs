//! Pure. What is most often a slip, though the gate reads it: told before anybody is asked.

use export_gate::record::{Effect, Embargo, Kind, Licence, Record, read};
use export_gate::register::Register;
use export_gate::terms::{Match, ModelPattern};
use jiff::Timestamp;

use super::step::Step;
use super::{permits, places};
use crate::snapshot::Snapshot;

/// The notes on all steps, a sentence each.
pub(crate) fn notes(snapshot: &Snapshot, steps: &[Step], now: Timestamp) -> Vec<String> {
    let next = after(snapshot, steps);
    let register = next.register(now);
    let mut notes = Vec::new();
    for step in steps {
        let name = &step.key.id;
        if let Some(embargo) = begun::<Embargo>(step, now) {
            notes.extend(unnamed(&embargo.models, Match::Unknown, name, &register));
            notes.extend(history(&embargo, name, now));
            notes.extend(places::notes(&embargo.applies_to, name, &register, now));
        }
        if let Some(licence) = begun::<Licence>(step, now) {
            notes.extend(unnamed(&licence.models, Match::Yes, name, &register));
            notes.extend(history(&licence, name, now));
            notes.extend(unanswered(&licence, name, &next));
        }
        notes.extend(permits::notes(step));
    }
    notes
}

/// The notes on the models that the steps' embargoes and licences name and that are not registered, a sentence each.
pub(crate) fn unnamed_models(snapshot: &Snapshot, steps: &[Step], now: Timestamp) -> Vec<String> {
    let register = after(snapshot, steps).register(now);
    let mut notes = Vec::new();
    for step in steps {
        let embargo = begun::<Embargo>(step, now).map(|embargo| (embargo.body.models, Match::Unknown));
        let named = embargo.or_else(|| Some((begun::<Licence>(step, now)?.body.models, Match::Yes)));
        notes.extend(named.into_iter().flat_map(|(models, least)| unnamed(&models, least, &step.key.id, &register)));
    }
    notes
}

fn after(snapshot: &Snapshot, steps: &[Step]) -> Snapshot {
    let mut next = snapshot.clone();
    next.records.extend(steps.iter().map(|step| (step.key.clone(), step.after.clone())));
    next
}

/// A step's record, where it is of this kind and the step doesn't end it: of what ends nothing more is said.
fn begun<T: Kind>(step: &Step, now: Timestamp) -> Option<Record<T>> {
    let is_past = |record: &Record<T>| record.meta.withdrawn || record.meta.window.is_over(now);
    let was_past = step.before.as_ref().is_none_or(|before| read::<T>(before).is_ok_and(|record| is_past(&record)));
    step.record::<T>().filter(|record| was_past || !is_past(record))
}

/// Patterns that name no model that there is, as far as the record needs: an embargo takes a model that they may mean.
fn unnamed(patterns: &[ModelPattern], least: Match, name: &str, register: &Register) -> Vec<String> {
    let is_had = |pattern: &ModelPattern| {
        register.models(Timestamp::MAX).any(|model| pattern.names(&model.meta.id, model) >= least)
    };
    let missed = patterns.iter().filter(|pattern| **pattern != ModelPattern::Every && !is_had(pattern));
    missed.map(|pattern| format!("`{name}` names `{pattern}`, and no model is registered that it means")).collect()
}

/// A new window that is over.
fn history<T>(record: &Record<T>, name: &str, now: Timestamp) -> Option<String> {
    let meta = &record.meta;
    (!meta.withdrawn && meta.window.is_over(now)).then(|| format!("`{name}` is over already: it changes nothing"))
}

/// Embargoes that a licence names, and doesn't lift.
fn unanswered(licence: &Record<Licence>, name: &str, next: &Snapshot) -> Vec<String> {
    let mut notes = Vec::new();
    for id in licence.embargoes.iter().flatten() {
        let Some(item) = next.record(Embargo::KIND, id) else {
            notes.push(format!("`{name}` answers `{id}`, and there is no such embargo"));
            continue;
        };
        let Ok(embargo) = read::<Embargo>(item) else { continue };
        if embargo.authority != licence.authority {
            let (its, own) = (embargo.authority, licence.authority);
            notes.push(format!("`{name}` can't lift `{id}`: the embargo is by {its}, the licence by {own}"));
        }
        if embargo.effect == Effect::Prohibited {
            notes.push(format!("`{name}` can't lift `{id}`: what it does is prohibited, whatever the licence"));
        }
    }
    notes
}
