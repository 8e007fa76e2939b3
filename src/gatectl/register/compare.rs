//! Pure. What a folder of records changes in the register.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Item, is_withdrawn};
use export_gate::register::history::Key;

use crate::callers::content;
use crate::change::Step;
use crate::draft::{Draft, Placed};
use crate::item::{substance, text};
use crate::snapshot::Snapshot;

/// What applying a folder does.
#[derive(Default)]
pub(super) struct Plan {
    /// The register's records that change, by key.
    pub(super) steps: Vec<Step>,
    /// The callers' records that change.
    pub(super) callers: Vec<CallerStep>,
    /// Those of them that the folder doesn't have, and that are withdrawn.
    pub(super) unfiled: BTreeSet<Key>,
    /// Records of the register that the folder doesn't have, and that are left alone.
    pub(super) alone: Vec<Key>,
}

/// A caller's record that changes.
#[derive(Clone)]
pub(super) struct CallerStep {
    pub(super) id: String,
    pub(super) before: Option<Item>,
    pub(super) after: Item,
}

impl Plan {
    /// `3 to add, 1 to change, 0 to withdraw`.
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        let new = self.callers.iter().filter(|step| step.before.is_none()).count();
        let signs = |sign| self.steps.iter().filter(|step| step.sign() == sign).count();
        let changed = self.callers.len().saturating_sub(new);
        (signs('+').saturating_add(new), signs('~').saturating_add(changed), signs('-'))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.callers.is_empty()
    }
}

/// What makes the register have what the folder has. With `withdraw` what the folder doesn't have is withdrawn.
pub(super) fn compare(draft: &Draft, snapshot: &Snapshot, withdraw: bool) -> Plan {
    let mut plan = Plan::default();
    for (key, placed) in &draft.register {
        let before = snapshot.records.get(key);
        if before.is_none_or(|before| substance(before) != substance(&placed.item)) {
            plan.steps.push(Step { key: key.clone(), before: before.cloned(), after: placed.item.clone() });
        }
    }
    for (key, item) in &snapshot.records {
        if draft.register.contains_key(key) || is_withdrawn(item) {
            continue;
        }
        if withdraw {
            let mut after = item.clone();
            after.insert("withdrawn".into(), AttributeValue::Bool(true));
            after.remove("revision");
            plan.unfiled.insert(key.clone());
            plan.steps.push(Step { key: key.clone(), before: Some(item.clone()), after });
        } else {
            plan.alone.push(key.clone());
        }
    }
    plan.steps.sort_by(|a, b| a.key.cmp(&b.key));
    plan
}

/// What makes the callers' table have what the folder has.
pub(super) fn compare_callers(draft: &Draft, snapshot: &[Item]) -> Vec<CallerStep> {
    let differs = |before: Option<&Item>, after: &Item| before.is_none_or(|before| content(before) != content(after));
    let snapshot: BTreeMap<&str, &Item> = snapshot.iter().map(|item| (text(item, "id"), item)).collect();
    let step = |(id, placed): (&String, &Placed)| {
        let before = snapshot.get(id.as_str()).copied();
        differs(before, &placed.item).then(|| CallerStep {
            id: id.clone(),
            before: before.cloned(),
            after: placed.item.clone(),
        })
    };
    draft.callers.iter().filter_map(step).collect()
}
