//! Pure. The limits of a simulation. The ledger has no names, so names are not screened again, and a recorded decision may lack
//! facts on places that a draft needs.

use std::collections::BTreeSet;

use export_gate::decision::Facts;
use export_gate::record::{AppliesTo, Embargo, Item, Kind as _, List, NetworkClass, Record, Screening, read};
use export_gate::register::history::Key;
use serde_json::Value;

use crate::change::Step;
use crate::json::member;
use crate::snapshot::Snapshot;

/// A note for each change that is not simulated.
pub(super) fn notes(steps: &[Step]) -> Vec<String> {
    steps.iter().filter_map(note).collect()
}

/// The lists that the draft's embargoes name. A decision has their matches only if they were screened then.
pub(super) fn lists(steps: &[Step]) -> BTreeSet<String> {
    let embargoes = steps.iter().filter_map(Step::record::<Embargo>);
    embargoes.flat_map(|embargo| embargo.applies_to.lists_named().cloned().collect::<Vec<_>>()).collect()
}

/// Whether a decision was made without one of the lists.
pub(super) fn lacks_list(entry: &Value, lists: &BTreeSet<String>) -> bool {
    let screened = member(entry, &["lists"]).as_array().map(Vec::as_slice).unwrap_or_default();
    let screened: BTreeSet<&str> = screened.iter().filter_map(|one| Some(one.as_str()?.split_once('@')?.0)).collect();
    lists.iter().any(|list| !screened.contains(list.as_str()))
}

fn note(step: &Step) -> Option<String> {
    let key = &step.key;
    if key.kind == List::KIND {
        return Some(format!(
            "the new edition `{key}` is not simulated: recorded decisions have the matches of their own edition"
        ));
    }
    if let Some(setting) = step.record::<Screening>() {
        let before = step.before.as_ref().and_then(|before| read::<Screening>(before).ok());
        let before = before.map(|before| before.body).unwrap_or_default();
        let not_simulated = [
            (before.match_threshold != setting.match_threshold, "`match_threshold`"),
            (before.impossible_travel != setting.impossible_travel, "`impossible_travel`"),
        ];
        let changed = not_simulated.into_iter().filter(|(differs, _)| *differs).map(|(_, name)| name);
        let changed = changed.collect::<Vec<_>>().join(" and ");
        return (!changed.is_empty()).then(|| format!("the change of {changed} in `{key}` is not simulated"));
    }
    let embargo = step.record::<Embargo>()?;
    let why = if embargo.applies_to.parties.is_some() {
        "names parties: they are not simulated, since the ledger has no names"
    } else if embargo.applies_to.lists_named().next().is_some() && is_new(step, &embargo.applies_to) {
        "names lists: the matches recorded with each decision are used; missing names are not simulated"
    } else {
        return None;
    };
    Some(format!("`{key}` {why}"))
}

/// Whether the embargo named other lists before, or none.
fn is_new(step: &Step, to: &AppliesTo) -> bool {
    let before = step.before.as_ref().and_then(|before| read::<Embargo>(before).ok());
    let named = |to: &AppliesTo| to.lists_named().cloned().collect::<BTreeSet<String>>();
    before.is_none_or(|before: Record<Embargo>| named(&before.applies_to) != named(to))
}

/// The facts that the changed records need, before or after the draft.
#[derive(Default)]
pub(super) struct DraftNeeds {
    classes: BTreeSet<NetworkClass>,
    hours: BTreeSet<u32>,
    /// Whether signals must agree.
    signals: bool,
    /// The embargoes that need them.
    embargoes: BTreeSet<Key>,
}

impl DraftNeeds {
    /// The needs of the steps.
    pub(super) fn of(steps: &[Step]) -> Self {
        let mut needs = Self::default();
        for step in steps {
            let before = step.before.as_ref();
            let settings = [step.record::<Screening>(), before.and_then(|before| read(before).ok())];
            if step.key.kind == Screening::KIND {
                needs.signals |= settings.iter().flatten().any(|setting| !setting.must_agree.is_empty());
            }
            if step.key.kind == Embargo::KIND {
                let before = before.and_then(|before| read(before).ok());
                [step.record::<Embargo>(), before].into_iter().flatten().for_each(|embargo| needs.take(step, &embargo));
            }
        }
        needs
    }

    fn take(&mut self, step: &Step, embargo: &Record<Embargo>) {
        let AppliesTo { network_classes, spread, .. } = &embargo.applies_to;
        if network_classes.is_some() || spread.is_some() {
            self.embargoes.insert(step.key.clone());
        }
        if let Some(choice) = network_classes {
            self.classes.extend(choice.any_of.iter().chain(choice.except.iter().flat_map(|classes| classes.iter())));
        }
        self.hours.extend(spread.map(|limit| limit.hours));
    }

    /// Whether the facts lack any of them.
    pub(super) fn are_missing_in(&self, facts: &Facts) -> bool {
        let is_counted = |hours: &u32| facts.spread.iter().any(|places| places.hours == *hours);
        self.classes.iter().any(|class| !facts.network.covered.contains(class))
            || !self.hours.iter().all(is_counted)
            || (self.signals && facts.signals.is_empty())
    }

    /// The records without those that need the facts.
    pub(super) fn without(&self, snapshot: &Snapshot) -> Snapshot {
        let mut snapshot = snapshot.clone();
        snapshot.records.retain(|key, _| !self.embargoes.contains(key));
        let settings = snapshot.records.iter_mut().filter(|(key, _)| key.kind == Screening::KIND);
        settings.for_each(|(_, item): (_, &mut Item)| {
            item.remove("must_agree");
        });
        snapshot
    }
}
