//! Pure. What stands around a change before and after all of it: which models share what, and who names a group.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Embargo, Item, Kind, Licence, Model, Record, is_withdrawn, read};
use export_gate::terms::{Match, ModelPattern};

use crate::change::Step;
use crate::item::text;
use crate::snapshot::Snapshot;

/// The register before and after all steps.
#[derive(Default)]
pub(super) struct Surroundings {
    /// The models of either.
    models: Vec<Record<Model>>,
    /// The ids of the models behind each endpoint.
    endpoints: BTreeMap<String, BTreeSet<String>>,
    /// The ids of the default models of each name.
    defaults: BTreeMap<String, BTreeSet<String>>,
    groups: BTreeMap<String, Naming>,
    classes: BTreeMap<String, Naming>,
}

/// Who names a group of countries, or a class of networks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Naming {
    /// A record does before the change.
    pub(super) before: bool,
    /// A record does after it.
    pub(super) after: bool,
    /// Embargoes alone do, and none as an exception, so that a larger group only refuses more.
    pub(super) by_restrictions_alone: bool,
}

impl Surroundings {
    /// What stands around these steps.
    pub(super) fn of(snapshot: &Snapshot, steps: &[Step]) -> Self {
        let mut around = Self::default();
        let changed: BTreeMap<_, _> = steps.iter().map(|step| (&step.key, &step.after)).collect();
        for (key, item) in &snapshot.records {
            around.take(item, true, !changed.contains_key(key));
        }
        for item in changed.into_values() {
            around.take(item, false, true);
        }
        around
    }

    fn take(&mut self, item: &Item, is_before: bool, is_after: bool) {
        if text(item, "kind") == Model::KIND {
            self.take_model(item);
        }
        if is_withdrawn(item) {
            return;
        }
        let is_embargo = text(item, "kind") == Embargo::KIND;
        let places = if is_embargo { item.get("applies_to").and_then(|value| value.as_m().ok()) } else { Some(item) };
        for attribute in ["destinations", "nationalities", "network_classes"] {
            let all = if attribute == "network_classes" { &mut self.classes } else { &mut self.groups };
            let named = places.and_then(|places| places.get(attribute)).map(|value| named_in(value, false));
            for (name, is_exception) in named.into_iter().flatten() {
                let naming = all.entry(name.to_owned());
                let naming = naming.or_insert(Naming { by_restrictions_alone: true, ..Naming::default() });
                naming.before |= is_before;
                naming.after |= is_after;
                naming.by_restrictions_alone &= is_embargo && !is_exception;
            }
        }
    }

    fn take_model(&mut self, item: &Item) {
        let Ok(model) = read::<Model>(item) else { return };
        let id = &model.meta.id;
        self.endpoints.entry(model.endpoint.clone()).or_default().insert(id.clone());
        if model.default {
            self.defaults.entry(model.name.clone()).or_default().insert(id.clone());
        }
        self.models.push(model);
    }

    /// Whether a model's step concerns an endpoint that another model has too, or a name that has another default.
    pub(super) fn is_shared(&self, step: &Step) -> bool {
        [step.before.as_ref(), Some(&step.after)].into_iter().flatten().any(|item| {
            let others =
                |ids: Option<&BTreeSet<String>>| ids.is_some_and(|ids| ids.iter().any(|id| *id != step.key.id));
            let is_default = item.get("default").is_some_and(|value| value.as_bool() == Ok(&true));
            others(self.endpoints.get(text(item, "endpoint")))
                || (is_default && others(self.defaults.get(text(item, "name"))))
        })
    }

    /// Who names a group.
    pub(super) fn naming(&self, group: &str) -> Naming {
        self.groups.get(group).copied().unwrap_or_default()
    }

    /// Who names a class of networks.
    pub(super) fn naming_class(&self, class: &str) -> Naming {
        self.classes.get(class).copied().unwrap_or_default()
    }

    /// The names of the models that a step may bear on; `None` where it is any.
    pub(super) fn concerned(&self, step: &Step) -> Option<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for item in [step.before.as_ref(), Some(&step.after)].into_iter().flatten() {
            match step.key.kind.as_str() {
                Model::KIND => {
                    names.insert(read::<Model>(item).ok()?.name.clone());
                    let beside = self.endpoints.get(text(item, "endpoint")).into_iter().flatten();
                    names.extend(beside.filter_map(|id| id.split_once('@')).map(|(name, _)| name.to_owned()));
                }
                Embargo::KIND => self.named(&read::<Embargo>(item).ok()?.models, &mut names)?,
                Licence::KIND => self.named(&read::<Licence>(item).ok()?.models, &mut names)?,
                _ => return None,
            }
        }
        Some(names)
    }

    fn named(&self, patterns: &[ModelPattern], names: &mut BTreeSet<String>) -> Option<()> {
        for pattern in patterns {
            if *pattern == ModelPattern::Every {
                return None;
            }
            let hit = self.models.iter().filter(|model| pattern.names(&model.meta.id, model) >= Match::Unknown);
            names.extend(hit.map(|model| model.name.clone()));
        }
        Some(())
    }
}

/// The texts of a choice, each with whether it is an exception.
fn named_in(value: &AttributeValue, is_exception: bool) -> Vec<(&str, bool)> {
    if let Ok(list) = value.as_l() {
        return list.iter().filter_map(|one| one.as_s().ok()).map(|one| (one.as_str(), is_exception)).collect();
    }
    let choice = value.as_m().into_iter().flatten();
    choice.flat_map(|(name, value)| named_in(value, is_exception || name == "except")).collect()
}
