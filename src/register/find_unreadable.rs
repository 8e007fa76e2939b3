//! Pure. Finds the records of a register that cannot be relied on.

use std::collections::HashMap;

use super::dependent_models::{dependent_models, possible_classes, readable_classes};
use super::grace::Grace;
use super::records::Records;
use super::snapshot::Register;
use super::unreadable_record::{Concerns, Substitute, UnreadableRecord};
use crate::record::{
    Choice, EMPTY_SELECTION, Effect, Embargo, Item, Kind, List, ListContent, Model, ModelStatus, Places, Record,
};
use crate::terms::{ModelPattern, Window};

impl Register {
    /// Finds the unreadable records anew. An unchanged result keeps its allocation, so that requests compare pointers only.
    pub(super) fn derive_unreadable(&mut self) {
        let found = find_unreadable(self);
        if *self.unreadable != *found {
            self.unreadable = found.into();
        }
    }
}

fn find_unreadable(register: &Register) -> Vec<UnreadableRecord> {
    let mut found: Vec<UnreadableRecord> = register.unknown_kinds.values().cloned().collect();
    found.extend(unreadable(&register.settings, |_, _, last| (Concerns::Every, last.map(|_| Concerns::Every))));
    found.extend(unreadable(&register.models, |id, _, last| {
        let name = id.split_once('@').map_or(id, |(name, _)| name);
        // A malformed name is not the default of any other model either.
        let pattern = ModelPattern::try_from(name.to_owned());
        let concerns = pattern.map_or(Concerns::NONE, |pattern| Concerns::Named(vec![pattern]));
        (concerns.clone(), last.map(|_| concerns))
    }));
    found.extend(unreadable(&register.embargoes, |_, item, last| {
        // The unreadable version may refuse, so a version that only observes cannot replace it.
        let last = last.filter(|embargo| embargo.effect != Effect::Observed);
        let concerns = models_of(item).map_or(Concerns::Every, Concerns::Named);
        (concerns, last.map(|embargo| Concerns::Named(embargo.models.clone())))
    }));
    found.extend(unreadable(&register.groups, |id, _, last| {
        let naming = register.embargoes.readable().filter(|embargo| groups_of(embargo).any(|(_, group)| group == id));
        let concerns = Concerns::Named(naming.flat_map(|embargo| embargo.models.clone()).collect());
        (concerns.clone(), last.map(|_| concerns))
    }));
    // An unreadable licence or clearance counts as absent, so it blocks no decision.
    found.extend(unreadable(&register.licences, |_, _, _| (Concerns::NONE, None)));
    found.extend(unreadable(&register.clearances, |_, _, _| (Concerns::NONE, None)));
    found.extend(unreadable(&register.lists, |id, _, last| {
        let served = |_| dependent_models(id, &readable_classes(id, register), register);
        (dependent_models(id, &possible_classes(id, register), register), last.map(served))
    }));
    found.extend(unloaded(register));
    found.extend(register.embargoed_parties.failure().map(|error| {
        let why = format!("the parties that embargoes name cannot be searched: {error}");
        UnreadableRecord::new(Embargo::KIND, "parties", why, Concerns::Every)
    }));
    found.extend(missing_references(register));
    found.extend(empty_selections(register));
    found.extend(shared_endpoints(register));
    found
}

/// The records of a kind that cannot be parsed. `concerns` takes the id, the item and the last readable version. It returns the
/// models that the record concerns, and the models that the last readable version serves.
fn unreadable<'a, T: Kind>(
    records: &'a Records<T>,
    concerns: impl Fn(&str, &Item, Option<&Record<T>>) -> (Concerns, Option<Concerns>) + 'a,
) -> impl Iterator<Item = UnreadableRecord> + 'a {
    records.unreadable().map(move |(id, failure, last)| {
        let last = last.map(AsRef::as_ref);
        let grace = last.and_then(|last| Grace::of(&last.meta, failure.since));
        let (concerns, models) = concerns(id, &failure.item, last);
        let substitute = grace.zip(models).map(|(grace, models)| Substitute { grace, models });
        UnreadableRecord { substitute, ..UnreadableRecord::new(T::KIND, id, failure.why.clone(), concerns) }
    })
}

/// The models that an unreadable embargo names, where its `models` can be read.
fn models_of(item: &Item) -> Option<Vec<ModelPattern>> {
    let texts = item.get("models")?.as_l().ok()?.iter();
    let patterns: Option<Vec<ModelPattern>> =
        texts.map(|text| ModelPattern::try_from(text.as_s().ok()?.clone()).ok()).collect();
    patterns.filter(|patterns| !patterns.is_empty())
}

/// The groups that an embargo names, each with the key that names it.
fn groups_of(embargo: &Embargo) -> impl Iterator<Item = (&'static str, &String)> {
    places_of(embargo).flat_map(|(key, choice)| {
        let named = std::iter::once(&choice.any_of).chain(&choice.except).flat_map(Places::groups);
        named.map(move |group| (key, group))
    })
}

/// The places that an embargo names, by key.
fn places_of(embargo: &Embargo) -> impl Iterator<Item = (&'static str, &Choice<Places>)> {
    let to = &embargo.applies_to;
    let keys = [("destinations", &to.destinations), ("nationalities", &to.nationalities)];
    keys.into_iter().filter_map(|(key, choice)| Some((key, choice.as_ref()?)))
}

/// Lists whose edition could not be loaded. The edition in memory serves for the grace period.
fn unloaded(register: &Register) -> impl Iterator<Item = UnreadableRecord> {
    register.loaded_lists.iter().flatten().filter_map(|(id, loaded)| {
        let failure = loaded.failure.as_ref()?;
        let models = dependent_models(id, &readable_classes(id, register), register);
        let substitute = loaded.grace().map(|grace| Substitute { grace, models });
        let concerns = dependent_models(id, &possible_classes(id, register), register);
        Some(UnreadableRecord { substitute, ..UnreadableRecord::new(List::KIND, id, failure.why.clone(), concerns) })
    })
}

/// Embargoes that name a group or a list that is missing or not in force, so that their scope is unknown.
fn missing_references(register: &Register) -> Vec<UnreadableRecord> {
    let mut found = Vec::new();
    for embargo in register.embargoes.readable().filter(|embargo| !embargo.meta.withdrawn) {
        for (key, id) in groups_of(embargo) {
            let why = format!(
                "applies_to.{key}: it names a group that is not in force; write a country as its two-letter code"
            );
            found.extend(missing_reference(embargo, &register.groups, id, |_| true, &why));
        }
        for id in embargo.applies_to.lists_named() {
            let why = "it names a list that is not in force, or is not a list of parties";
            let is_of_parties = |list: &List| list.content == ListContent::Parties;
            found.extend(missing_reference(embargo, &register.lists, id, is_of_parties, why));
        }
    }
    found
}

/// An embargo, unreadable while a record that it names is not in force; `None` where that record always is.
fn missing_reference<T>(
    embargo: &Record<Embargo>,
    records: &Records<T>,
    id: &str,
    serves: impl Fn(&T) -> bool,
    why: &str,
) -> Option<UnreadableRecord> {
    let record = records.get(id);
    // Only the id of an existing record is reported: any other text may be personal data in the wrong place.
    let why = record.map_or_else(|| why.to_owned(), |record| format!("{why}: `{}`", record.meta.id));
    let present = record.filter(|record| !record.meta.withdrawn && serves(&record.body));
    // A record that cannot be parsed is reported itself, with a grace period.
    let is_unreadable = || records.never_readable().any(|unreadable| unreadable == id);
    if present.map_or_else(is_unreadable, |record| record.meta.window == Window::default()) {
        return None;
    }
    let mut fault =
        UnreadableRecord::new(Embargo::KIND, &embargo.meta.id, why, Concerns::Named(embargo.models.clone()));
    fault.during = embargo.meta.window;
    fault.except_during = present.map(|record| record.meta.window);
    Some(fault)
}

/// Embargoes with a selection that is empty once its groups are resolved and its exceptions are applied.
fn empty_selections(register: &Register) -> impl Iterator<Item = UnreadableRecord> {
    let countries = |id: &str| {
        let group = register.groups.get(id)?;
        (!group.meta.withdrawn).then_some(group.countries)
    };
    register.embargoes.readable().filter(|embargo| !embargo.meta.withdrawn).filter_map(move |embargo| {
        let (key, _) = places_of(embargo).find(|(_, choice)| choice.is_empty(countries))?;
        let why = format!("applies_to.{key}: {EMPTY_SELECTION}");
        let mut fault =
            UnreadableRecord::new(Embargo::KIND, &embargo.meta.id, why, Concerns::Named(embargo.models.clone()));
        fault.during = embargo.meta.window;
        Some(fault)
    })
}

/// Models that share an endpoint: a permit for one would also reach the other.
fn shared_endpoints(register: &Register) -> Vec<UnreadableRecord> {
    let mut by_endpoint: HashMap<&str, Vec<&Record<Model>>> = HashMap::new();
    for model in
        register.models.readable().filter(|model| !model.meta.withdrawn && model.status == ModelStatus::Available)
    {
        by_endpoint.entry(&model.endpoint).or_default().push(model);
    }
    let mut found = Vec::new();
    for sharing in by_endpoint.into_values().filter(|models| models.len() > 1) {
        for model in &sharing {
            let other = sharing.iter().find(|other| other.meta.id != model.meta.id);
            let other = other.map(|other| other.meta.id.as_str()).unwrap_or_default();
            let why = format!("its endpoint is also the endpoint of `{other}`");
            let itself = ModelPattern::try_from(model.meta.id.clone());
            let concerns = itself.map_or(Concerns::Every, |pattern| Concerns::Named(vec![pattern]));
            found.push(UnreadableRecord::new(Model::KIND, &model.meta.id, why, concerns));
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}
