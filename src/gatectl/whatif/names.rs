//! Pure. What a simulation can't tell: names are compared before a decision, and stay out of the ledger.

use std::collections::BTreeSet;

use export_gate::record::{AppliesTo, Embargo, Kind as _, List, Record, Screening, read};
use serde_json::Value;

use crate::change::Step;
use crate::json::member;

/// What is not simulated, a sentence each.
pub(super) fn notes(steps: &[Step]) -> Vec<String> {
    steps.iter().filter_map(note).collect()
}

/// The lists that the draft's embargoes name: what they say of a caller is a fact only where they were asked then.
pub(super) fn lists(steps: &[Step]) -> BTreeSet<String> {
    let embargoes = steps.iter().filter_map(Step::record::<Embargo>);
    embargoes.flat_map(|embargo| embargo.applies_to.lists_named().cloned().collect::<Vec<_>>()).collect()
}

/// Whether a decision was taken without asking one of these lists.
pub(super) fn is_unasked(entry: &Value, lists: &BTreeSet<String>) -> bool {
    let asked = member(entry, &["lists"]).as_array().map(Vec::as_slice).unwrap_or_default();
    let asked: BTreeSet<&str> = asked.iter().filter_map(|one| Some(one.as_str()?.split_once('@')?.0)).collect();
    lists.iter().any(|list| !asked.contains(list.as_str()))
}

fn note(step: &Step) -> Option<String> {
    let key = &step.key;
    if key.kind == List::KIND {
        return Some(format!("`{key}` is another edition: what it says of callers is not simulated"));
    }
    if let Some(setting) = step.record::<Screening>() {
        let before = step.before.as_ref().and_then(|before| read::<Screening>(before).ok());
        let before = before.map(|before| before.body).unwrap_or_default();
        let not_simulated = [
            (before.match_threshold != setting.match_threshold, "`match_threshold`: whom that makes or leaves a match"),
            (before.impossible_travel != setting.impossible_travel, "`impossible_travel`: whom nobody held against it"),
        ];
        let what = not_simulated.into_iter().filter(|(differs, _)| *differs).map(|(_, what)| what);
        let what = what.collect::<Vec<_>>().join(", another ");
        return (!what.is_empty()).then(|| format!("`{key}` sets another {what} is not simulated"));
    }
    let embargo = step.record::<Embargo>()?;
    let says = if embargo.applies_to.parties.is_some() {
        "names parties, and the ledger holds no names: whom that reaches is not simulated"
    } else if embargo.applies_to.lists_named().next().is_some() && is_new(step, &embargo.applies_to) {
        "names lists: it is held against what they said at each decision; whom it reaches for want of a name is not \
         simulated"
    } else {
        return None;
    };
    Some(format!("`{key}` {says}"))
}

/// Whether the embargo named other lists before, or none, so that no fact is about it.
fn is_new(step: &Step, to: &AppliesTo) -> bool {
    let before = step.before.as_ref().and_then(|before| read::<Embargo>(before).ok());
    let named = |to: &AppliesTo| to.lists_named().cloned().collect::<BTreeSet<String>>();
    before.is_none_or(|before: Record<Embargo>| named(&before.applies_to) != named(to))
}
