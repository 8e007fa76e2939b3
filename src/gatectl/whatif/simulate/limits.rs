//! Pure. The limits of a simulation. The ledger has no names, so names are not screened again.

use std::collections::BTreeSet;

use export_gate::record::{AppliesTo, Embargo, Kind as _, List, Record, Screening, read};
use serde_json::Value;

use crate::change::Step;
use crate::json::member;

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
