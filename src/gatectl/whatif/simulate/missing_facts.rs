//! Pure. Facts on places that a draft needs, and that a recorded decision may lack.

use std::collections::BTreeSet;

use export_gate::decision::Facts;
use export_gate::record::{AppliesTo, Embargo, Item, Kind as _, NetworkClass, Record, Screening, read};
use export_gate::register::history::Key;

use crate::change::Step;
use crate::snapshot::Snapshot;

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
