//! Pure. References between records before and after a change: shared endpoints, defaults, groups and network classes.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Embargo, Item, Kind, Licence, Model, Record, is_withdrawn, read};
use export_gate::terms::{Match, ModelPattern};

use crate::change::Step;
use crate::item::text;
use crate::snapshot::Snapshot;

/// References in the register before or after all steps.
#[derive(Default)]
pub(super) struct References {
    /// The models.
    models: Vec<Record<Model>>,
    /// The ids of the models behind each endpoint.
    endpoints: BTreeMap<String, BTreeSet<String>>,
    /// The ids of the default models of each name.
    defaults: BTreeMap<String, BTreeSet<String>>,
    groups: BTreeMap<String, Reference>,
    classes: BTreeMap<String, Reference>,
}

/// Which records name a group of countries or a network class.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reference {
    /// A record names it before the change.
    pub(super) before: bool,
    /// A record names it after the change.
    pub(super) after: bool,
    /// Only embargoes name it, never as an exception, so that a larger group refuses more.
    pub(super) by_restrictions_alone: bool,
}

impl References {
    /// The references before and after these steps.
    pub(super) fn of(snapshot: &Snapshot, steps: &[Step]) -> Self {
        let mut references = Self::default();
        let changed: BTreeMap<_, _> = steps.iter().map(|step| (&step.key, &step.after)).collect();
        for (key, item) in &snapshot.records {
            references.add(item, true, !changed.contains_key(key));
        }
        for item in changed.into_values() {
            references.add(item, false, true);
        }
        references
    }

    fn add(&mut self, item: &Item, is_before: bool, is_after: bool) {
        if text(item, "kind") == Model::KIND {
            self.add_model(item);
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
                let reference = all.entry(name.to_owned());
                let reference = reference.or_insert(Reference { by_restrictions_alone: true, ..Reference::default() });
                reference.before |= is_before;
                reference.after |= is_after;
                reference.by_restrictions_alone &= is_embargo && !is_exception;
            }
        }
    }

    fn add_model(&mut self, item: &Item) {
        let Ok(model) = read::<Model>(item) else { return };
        let id = &model.meta.id;
        self.endpoints.entry(model.endpoint.clone()).or_default().insert(id.clone());
        if model.default {
            self.defaults.entry(model.name.clone()).or_default().insert(id.clone());
        }
        self.models.push(model);
    }

    /// Whether another model has the endpoint of this step, or is also the default of its name.
    pub(super) fn is_shared(&self, step: &Step) -> bool {
        [step.before.as_ref(), Some(&step.after)].into_iter().flatten().any(|item| {
            let others =
                |ids: Option<&BTreeSet<String>>| ids.is_some_and(|ids| ids.iter().any(|id| *id != step.key.id));
            let is_default = item.get("default").is_some_and(|value| value.as_bool() == Ok(&true));
            others(self.endpoints.get(text(item, "endpoint")))
                || (is_default && others(self.defaults.get(text(item, "name"))))
        })
    }

    /// The records that name a group.
    pub(super) fn to_group(&self, group: &str) -> Reference {
        self.groups.get(group).copied().unwrap_or_default()
    }

    /// The records that name a network class.
    pub(super) fn to_class(&self, class: &str) -> Reference {
        self.classes.get(class).copied().unwrap_or_default()
    }

    /// The names of the models that a step may affect; `None` for all.
    pub(super) fn affected(&self, step: &Step) -> Option<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for item in [step.before.as_ref(), Some(&step.after)].into_iter().flatten() {
            match step.key.kind.as_str() {
                Model::KIND => {
                    names.insert(read::<Model>(item).ok()?.name.clone());
                    let sharing = self.endpoints.get(text(item, "endpoint")).into_iter().flatten();
                    names.extend(sharing.filter_map(|id| id.split_once('@')).map(|(name, _)| name.to_owned()));
                }
                Embargo::KIND => self.add_matching(&read::<Embargo>(item).ok()?.models, &mut names)?,
                Licence::KIND => self.add_matching(&read::<Licence>(item).ok()?.models, &mut names)?,
                _ => return None,
            }
        }
        Some(names)
    }

    /// Adds the names of the models that patterns match; `None` for all.
    fn add_matching(&self, patterns: &[ModelPattern], names: &mut BTreeSet<String>) -> Option<()> {
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

/// The texts of a choice, and whether each is an exception.
fn named_in(value: &AttributeValue, is_exception: bool) -> Vec<(&str, bool)> {
    if let Ok(list) = value.as_l() {
        return list.iter().filter_map(|one| one.as_s().ok()).map(|one| (one.as_str(), is_exception)).collect();
    }
    let choice = value.as_m().into_iter().flatten();
    choice.flat_map(|(name, value)| named_in(value, is_exception || name == "except")).collect()
}
