//! Pure. The plan: differences between a folder of records and the tables.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Item, is_withdrawn};
use export_gate::register::history::Key;

use crate::callers::content;
use crate::change::Step;
use crate::draft::{Draft, Placed};
use crate::item::{text, unattributed};
use crate::snapshot::Snapshot;

/// The changes that apply a folder.
#[derive(Default)]
pub(super) struct Plan {
    /// Steps of register records, by key.
    pub(super) steps: Vec<Step>,
    /// Steps of callers' records.
    pub(super) callers: Vec<CallerStep>,
    /// Keys of steps that withdraw a record which the folder lacks.
    pub(super) unfiled: BTreeSet<Key>,
    /// Register records that the folder lacks and that stay unchanged.
    pub(super) alone: Vec<Key>,
}

/// The change of one caller's record.
#[derive(Clone)]
pub(super) struct CallerStep {
    pub(super) id: String,
    pub(super) before: Option<Item>,
    pub(super) after: Item,
}

impl Plan {
    /// The numbers of records to add, change and withdraw.
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

/// The plan for register records. With `withdraw`, records that the folder lacks are withdrawn.
pub(super) fn compare(draft: &Draft, snapshot: &Snapshot, withdraw: bool) -> Plan {
    let mut plan = Plan::default();
    for (key, placed) in &draft.register {
        let before = snapshot.records.get(key);
        if before.is_none_or(|before| unattributed(before) != unattributed(&placed.item)) {
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

/// The steps for callers' records.
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
