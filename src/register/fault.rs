//! Pure. What is wrong in the register, and which models nobody can decide on because of it.

use std::collections::HashMap;

use jiff::Timestamp;

use super::grace::Grace;
use super::reliance::{classes, classes_read, relying_on};
use super::{Register, shelf::Shelf};
use crate::record::{Choice, Effect, Embargo, Item, Kind, List, ListContent, Model, ModelStatus, Places, Record, VOID};
use crate::terms::{Match, ModelPattern, Window};

/// A record that can't be relied on.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Its kind.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// What is wrong: the place and the kind of the error, and never a value of a record.
    pub why: String,
    /// The models that can't be decided on because of what can't be read.
    pub concerns: Concerns,
    /// When it counts.
    during: Window,
    /// Where this window is open, it doesn't count.
    but_not: Option<Window>,
    /// What serves for a while in place of what can't be read.
    served: Option<Served>,
}

/// A last readable version, or an earlier edition, within its grace period.
#[derive(Clone, Debug, PartialEq)]
struct Served {
    grace: Grace,
    /// The models for which it serves. No other model has anything to serve in its place.
    on: Concerns,
}

/// The models that a fault concerns.
#[derive(Clone, Debug, PartialEq)]
pub enum Concerns {
    /// Every model.
    Every,
    /// Those that a pattern names.
    Named(Vec<ModelPattern>),
}

impl Concerns {
    /// A fault that keeps no model from being decided on.
    const NONE: Self = Self::Named(Vec::new());

    /// Whether it concerns every model, whatever models there are.
    #[must_use]
    pub fn has_all(&self) -> bool {
        match self {
            Self::Every => true,
            Self::Named(patterns) => patterns.contains(&ModelPattern::Every),
        }
    }

    /// Whether it concerns a model.
    #[must_use]
    pub fn has(&self, model: &Record<Model>) -> bool {
        match self {
            Self::Every => true,
            Self::Named(patterns) => {
                patterns.iter().any(|pattern| pattern.names(&model.meta.id, model) >= Match::Unknown)
            }
        }
    }
}

impl Fault {
    /// Whether it keeps every model that it concerns from being decided on at `now`.
    #[must_use]
    pub fn counts(&self, now: Timestamp) -> bool {
        self.is_open(now) && !self.served.as_ref().is_some_and(|served| served.grace.serves(now))
    }

    /// Whether it keeps `model` from being decided on at `now`.
    pub(super) fn stops(&self, model: &Record<Model>, now: Timestamp) -> bool {
        self.is_open(now)
            && match self.served.as_ref().filter(|served| served.grace.has_begun(now) && served.on.has(model)) {
                Some(served) => !served.grace.serves(now),
                None => self.concerns.has(model),
            }
    }

    /// Whether it keeps every model from being decided on at `now`, whatever models there are.
    pub(super) fn stops_all(&self, now: Timestamp) -> bool {
        let served = self.served.as_ref().filter(|served| served.grace.has_begun(now));
        self.counts(now) && (self.concerns.has_all() || served.is_some_and(|served| served.on.has_all()))
    }

    fn is_open(&self, now: Timestamp) -> bool {
        self.during.is_open(now) && !self.but_not.is_some_and(|window| window.is_open(now))
    }

    fn new(kind: &str, id: &str, why: String, concerns: Concerns) -> Self {
        let (kind, id) = (kind.into(), id.into());
        Self { kind, id, why, concerns, during: Window::default(), but_not: None, served: None }
    }
}

/// The fault of a record whose kind this version doesn't read.
pub(super) fn of_strange_kind(kind: &str, id: &str) -> Fault {
    Fault::new(kind, id, "this version does not read records of this kind".to_owned(), Concerns::Every)
}

/// All faults of a register.
pub(super) fn derive(register: &Register) -> Vec<Fault> {
    let mut faults: Vec<Fault> = register.strange.values().cloned().collect();
    faults.extend(unreadable(&register.settings, |_, _, last| (Concerns::Every, last.map(|_| Concerns::Every))));
    faults.extend(unreadable(&register.models, |id, _, last| {
        let name = id.split_once('@').map_or(id, |(name, _)| name);
        // A name that no model can have is the name of no other model's default either.
        let pattern = ModelPattern::try_from(name.to_owned());
        let concerns = pattern.map_or(Concerns::NONE, |pattern| Concerns::Named(vec![pattern]));
        (concerns.clone(), last.map(|_| concerns))
    }));
    faults.extend(unreadable(&register.embargoes, |_, item, last| {
        // What was observed alone refuses nothing in place of what may refuse.
        let last = last.filter(|embargo| embargo.effect != Effect::Observed);
        let concerns = models_of(item).map_or(Concerns::Every, Concerns::Named);
        (concerns, last.map(|embargo| Concerns::Named(embargo.models.clone())))
    }));
    faults.extend(unreadable(&register.groups, |id, _, last| {
        let naming = register.embargoes.readable().filter(|embargo| groups_of(embargo).any(|(_, group)| group == id));
        let concerns = Concerns::Named(naming.flat_map(|embargo| embargo.models.clone()).collect());
        (concerns.clone(), last.map(|_| concerns))
    }));
    // An unreadable licence or clearance counts as absent: it keeps nothing from being decided.
    faults.extend(unreadable(&register.licences, |_, _, _| (Concerns::NONE, None)));
    faults.extend(unreadable(&register.clearances, |_, _, _| (Concerns::NONE, None)));
    faults.extend(unreadable(&register.lists, |id, _, last| {
        let on = |_| relying_on(id, &classes_read(id, register), register);
        (relying_on(id, &classes(id, register), register), last.map(on))
    }));
    faults.extend(unloaded(register));
    faults.extend(register.named.failure().map(|error| {
        let why = format!("the parties that embargoes name can't be asked: {error}");
        Fault::new(Embargo::KIND, "parties", why, Concerns::Every)
    }));
    faults.extend(missing(register));
    faults.extend(void(register));
    faults.extend(shared_endpoints(register));
    faults
}

/// The faults of the records that can't be read. `concerns` gives, by id, item and last readable version, the models that
/// each concerns, and those for which the last readable version serves.
fn unreadable<'a, T: Kind>(
    shelf: &'a Shelf<T>,
    concerns: impl Fn(&str, &Item, Option<&Record<T>>) -> (Concerns, Option<Concerns>) + 'a,
) -> impl Iterator<Item = Fault> + 'a {
    shelf.damaged().map(move |(id, damage, last)| {
        let last = last.map(AsRef::as_ref);
        let grace = last.and_then(|last| Grace::of(&last.meta, damage.since));
        let (concerns, on) = concerns(id, &damage.item, last);
        let served = grace.zip(on).map(|(grace, on)| Served { grace, on });
        Fault { served, ..Fault::new(T::KIND, id, damage.why.clone(), concerns) }
    })
}

/// The models that an unreadable embargo names, where that much can be read.
fn models_of(item: &Item) -> Option<Vec<ModelPattern>> {
    let written = item.get("models")?.as_l().ok()?.iter();
    let patterns: Option<Vec<ModelPattern>> =
        written.map(|one| ModelPattern::try_from(one.as_s().ok()?.clone()).ok()).collect();
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

/// Lists whose edition could not be loaded: the one before serves for a while.
fn unloaded(register: &Register) -> impl Iterator<Item = Fault> {
    register.held.iter().flatten().filter_map(|(id, held)| {
        let failure = held.failed.as_ref()?;
        let on = |grace| Served { grace, on: relying_on(id, &classes_read(id, register), register) };
        let concerns = relying_on(id, &classes(id, register), register);
        Some(Fault { served: held.grace().map(on), ..Fault::new(List::KIND, id, failure.why.clone(), concerns) })
    })
}

/// Embargoes by a group or a list that is not there, or not in force: whom they are about can't be told.
fn missing(register: &Register) -> Vec<Fault> {
    let mut faults = Vec::new();
    for embargo in register.embargoes.readable().filter(|embargo| !embargo.meta.withdrawn) {
        for (key, id) in groups_of(embargo) {
            let why = format!(
                "applies_to.{key}: it names a group that is not in force; a country is written with its two letters"
            );
            faults.extend(absent(embargo, &register.groups, id, |_| true, &why));
        }
        for id in embargo.applies_to.lists_named() {
            let why = "it names a list that is not in force, or is not one of parties";
            let is_of_parties = |list: &List| list.content == ListContent::Parties;
            faults.extend(absent(embargo, &register.lists, id, is_of_parties, why));
        }
    }
    faults
}

/// The fault of an embargo while a record that it names is not in force; none where that always is.
fn absent<T>(
    embargo: &Record<Embargo>,
    shelf: &Shelf<T>,
    id: &str,
    serves: impl Fn(&T) -> bool,
    why: &str,
) -> Option<Fault> {
    let record = shelf.get(id);
    // The id of a record may be reported. What is not one may be anything that stands in the wrong place.
    let why = record.map_or_else(|| why.to_owned(), |record| format!("{why}: `{}`", record.meta.id));
    let present = record.filter(|record| !record.meta.withdrawn && serves(&record.body));
    // One that has been there, and can't be read, is its own fault; it has its grace.
    let is_unread = || shelf.unread().any(|unread| unread == id);
    if present.map_or_else(is_unread, |record| record.meta.window == Window::default()) {
        return None;
    }
    let mut fault = Fault::new(Embargo::KIND, &embargo.meta.id, why, Concerns::Named(embargo.models.clone()));
    fault.during = embargo.meta.window;
    fault.but_not = present.map(|record| record.meta.window);
    Some(fault)
}

/// Embargoes with a selection that its exceptions leave nothing of, once the groups that it names are looked up.
fn void(register: &Register) -> impl Iterator<Item = Fault> {
    let countries = |id: &str| {
        let group = register.groups.get(id)?;
        (!group.meta.withdrawn).then_some(group.countries)
    };
    register.embargoes.readable().filter(|embargo| !embargo.meta.withdrawn).filter_map(move |embargo| {
        let (key, _) = places_of(embargo).find(|(_, choice)| choice.is_empty(countries))?;
        let why = format!("applies_to.{key}: {VOID}");
        let mut fault = Fault::new(Embargo::KIND, &embargo.meta.id, why, Concerns::Named(embargo.models.clone()));
        fault.during = embargo.meta.window;
        Some(fault)
    })
}

/// Models that share an endpoint: what one may answer, the other may be forbidden to.
fn shared_endpoints(register: &Register) -> Vec<Fault> {
    let mut by_endpoint: HashMap<&str, Vec<&Record<Model>>> = HashMap::new();
    for model in
        register.models.readable().filter(|model| !model.meta.withdrawn && model.status == ModelStatus::Available)
    {
        by_endpoint.entry(&model.endpoint).or_default().push(model);
    }
    let mut faults = Vec::new();
    for sharing in by_endpoint.into_values().filter(|models| models.len() > 1) {
        for model in &sharing {
            let other = sharing.iter().find(|other| other.meta.id != model.meta.id);
            let other = other.map(|other| other.meta.id.as_str()).unwrap_or_default();
            let why = format!("its endpoint is also that of `{other}`");
            let itself = ModelPattern::try_from(model.meta.id.clone());
            let concerns = itself.map_or(Concerns::Every, |pattern| Concerns::Named(vec![pattern]));
            faults.push(Fault::new(Model::KIND, &model.meta.id, why, concerns));
        }
    }
    faults.sort_by(|a, b| a.id.cmp(&b.id));
    faults
}
