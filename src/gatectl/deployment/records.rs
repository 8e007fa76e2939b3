//! Pure. Whether records may go out: read as the gate reads them, and each model with what it must have.

use std::collections::{BTreeMap, BTreeSet};

use export_gate::record::{Embargo, Head, Item, Kind, Model, ModelStatus, Record, read};
use export_gate::register::history::{HISTORY, Key};
use export_gate::register::{Register, Resolved};
use export_gate::terms::{Match, ModelPattern, ModelRef, parse_time};
use jiff::Timestamp;

use super::pattern::covers;
use crate::draft::{Checked, Placed};
use crate::item::text;

/// All records that are looked at.
#[derive(Debug, Default)]
pub(super) struct Records {
    register: BTreeMap<Key, Placed>,
    callers: BTreeMap<String, Placed>,
    faults: Vec<String>,
}

/// The endpoints that models may have.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    /// The endpoints that the template lets the gate invoke, if there is a template.
    pub(super) invocable: Option<Vec<String>>,
    /// The existing endpoints, if given.
    pub(super) existing: Vec<String>,
}

/// The result of a check.
#[derive(Debug)]
pub(super) struct Found {
    /// All faults.
    pub(super) faults: Vec<String>,
    /// How many records of each kind there are.
    pub(super) counts: BTreeMap<String, usize>,
}

impl Records {
    /// Takes the records of files, and what is wrong with them.
    pub(super) fn take_files(&mut self, Checked { draft, faults }: Checked) {
        self.faults.extend(faults);
        for (key, placed) in draft.register {
            if let Some(other) = self.register.get(&key) {
                self.faults.push(twice(&key.to_string(), other, &placed));
            }
            self.register.insert(key, placed);
        }
        for (id, placed) in draft.callers {
            if let Some(other) = self.callers.get(&id) {
                self.faults.push(twice(&id, other, &placed));
            }
            self.callers.insert(id, placed);
        }
    }

    /// How much was taken, and found fault with.
    pub(super) fn size(&self) -> usize {
        self.register.len().saturating_add(self.callers.len()).saturating_add(self.faults.len())
    }

    /// A place that was to have records has none.
    pub(super) fn miss(&mut self, place: &str, ask: &str) {
        self.faults.push(format!("no records in `{place}`: {ask}"));
    }

    /// Takes an item of the register's table. What the gate doesn't read as a record is passed by, and a file's record
    /// counts instead of the table's.
    pub(super) fn take_item(&mut self, item: Item, table: &str) {
        let Some(key) = Key::of(&item) else { return };
        let is_other = |kind: &str| {
            kind.starts_with(HISTORY) || kind.starts_with("chunk#") || (kind.starts_with("head#") && key.id == Head::ID)
        };
        if !is_other(&key.kind) {
            self.register.entry(key).or_insert(Placed { item, place: table.to_owned() });
        }
    }

    /// Every fault at `at`.
    pub(super) fn check(&self, at: Timestamp, endpoints: &Endpoints) -> Found {
        let items: Vec<Item> = self.register.values().map(|placed| placed.item.clone()).collect();
        let register = Register::default().with(items, &Head::default(), at);
        let mut faults = self.faults.clone();
        faults.extend(self.unreadable(&register, at));
        let mut names = BTreeSet::new();
        for placed in self.register.values().filter(|placed| text(&placed.item, "kind") == Model::KIND) {
            let Ok(model) = read::<Model>(&placed.item) else { continue };
            if model.meta.withdrawn || model.meta.window.is_over(at) || model.status == ModelStatus::Withdrawn {
                continue;
            }
            names.insert(model.name.clone());
            faults.extend(self.model(placed, &model, at));
            faults.extend(endpoint(&model, endpoints));
        }
        for name in names {
            if matches!(register.resolve(&ModelRef::Default(name.clone()), at), Resolved::Unclear) {
                faults.push(format!("two versions of `{name}` are its default, so requests without a version are refused: set `default` of one to false"));
            }
        }
        let mut counts = BTreeMap::new();
        let kinds = self.register.keys().map(|key| key.kind.clone());
        for kind in kinds.chain(self.callers.values().map(|_| "caller".to_owned())) {
            let count: &mut usize = counts.entry(kind).or_default();
            *count = count.saturating_add(1);
        }
        Found { faults, counts }
    }

    /// What the gate itself would name, now or at any later moment at which a record comes into force or goes out of it.
    fn unreadable(&self, register: &Register, at: Timestamp) -> Vec<String> {
        let windows = self.register.values().flat_map(|placed| ["from", "until"].map(|name| text(&placed.item, name)));
        let moments: BTreeSet<Timestamp> =
            windows.filter_map(|text| parse_time(text).ok()).filter(|moment| *moment > at).chain([at]).collect();
        let faults = register.unreadable().iter().filter(|fault| moments.iter().any(|moment| fault.counts(*moment)));
        faults
            .map(|fault| {
                let placed = self.register.get(&Key { kind: fault.kind.clone(), id: fault.id.clone() });
                let place = placed.map_or("the records", |placed| placed.place.as_str());
                let has_no_endpoint = fault.kind == Model::KIND
                    && placed.is_some_and(|placed| text(&placed.item, "endpoint").trim().is_empty());
                if has_no_endpoint {
                    return format!("`{}` has no endpoint: add it in `{place}`", fault.id);
                }
                format!("`{}/{}` is invalid: {}; correct it in `{place}`", fault.kind, fault.id, fault.why)
            })
            .collect()
    }

    /// What a model that callers can have lacks.
    fn model(&self, placed: &Placed, model: &Record<Model>, at: Timestamp) -> Vec<String> {
        let (id, place) = (&model.meta.id, &placed.place);
        let mut faults = Vec::new();
        if model.eccn.is_none() {
            faults.push(format!("`{id}` has no classification: add its `eccn` in `{place}`"));
        }
        let has_author = !text(&placed.item, "by").trim().is_empty();
        for embargo in self.register.values().filter(|placed| text(&placed.item, "kind") == Embargo::KIND) {
            let Ok(embargo) = read::<Embargo>(&embargo.item) else { continue };
            let by_name =
                |pattern: &ModelPattern| *pattern != ModelPattern::Every && pattern.names(id, model) == Match::Yes;
            if !embargo.meta.is_in_force(at) || !embargo.models.iter().any(by_name) {
                continue;
            }
            if !mentions(text(&placed.item, "why"), &embargo.meta.id) || !has_author {
                faults.push(format!(
                    "`{id}` is under the embargo `{}`: to deploy it anyway, give the embargo's id in its `why`, and the author in its `by`, in `{place}`",
                    embargo.meta.id
                ));
            }
        }
        faults
    }
}

fn twice(name: &str, one: &Placed, other: &Placed) -> String {
    format!("duplicate `{name}` at `{}` and at `{}`: keep one", one.place, other.place)
}

fn endpoint(model: &Record<Model>, endpoints: &Endpoints) -> Vec<String> {
    let (id, name) = (&model.meta.id, &model.endpoint);
    let is_among = |list: &[String]| list.iter().any(|own| covers(own, name));
    let mut faults = Vec::new();
    if !endpoints.existing.is_empty() && !is_among(&endpoints.existing) {
        faults.push(format!("the endpoint `{name}` of `{id}` does not exist: create it, or name another"));
    }
    if endpoints.invocable.as_deref().is_some_and(|invocable| !is_among(invocable)) {
        faults.push(format!("the template does not let the gate invoke the endpoint `{name}` of `{id}`: add it to the gate's policy, or to the given parameters"));
    }
    faults
}

/// Whether a text names an id as a word of its own.
fn mentions(text: &str, id: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    text.match_indices(id).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at.saturating_add(id.len())..).and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_named_as_a_whole() {
        assert!(mentions("Goes out under letter-1, all the same.", "letter-1"));
        for other in ["letter-12", "my-letter-1", "letter", "", "a letter-1b"] {
            assert!(!mentions(other, "letter-1"), "{other}");
        }
    }
}
