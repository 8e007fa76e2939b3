//! Pure. The effect of a change: whether the gate then refuses more, permits more, or both.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{
    Clearance, Embargo, Group, Item, Kind, Licence, List, Model, NetworkClass, Screening, is_withdrawn, read,
};
use export_gate::terms::parse_time;

use super::references::References;
use super::settings_effect::of_settings;
use crate::change::Step;
use crate::item::text;

/// The effect of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// No decision changes.
    Neutral,
    /// Whatever is permitted after was permitted before.
    Tightens,
    /// Whatever was permitted before is permitted after.
    Loosens,
    /// Unknown, or both.
    Mixed,
}

use Effect::{Loosens, Mixed, Neutral, Tightens};

impl Effect {
    /// The effect of two changes at once.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Neutral, one) | (one, Neutral) => one,
            (one, other) if one == other => one,
            _ => Mixed,
        }
    }

    /// The opposite effect.
    pub(super) fn reversed(self) -> Self {
        match self {
            Tightens => Loosens,
            Loosens => Tightens,
            Neutral | Mixed => self,
        }
    }
}

/// The effect of a step. Unknown counts as mixed, which only limits the order of writes.
pub(super) fn effect(step: &Step, references: &References) -> Effect {
    let (before, after) = (step.before.as_ref().filter(|item| !is_withdrawn(item)), Some(&step.after));
    let after = after.filter(|item| !is_withdrawn(item));
    match step.key.kind.as_str() {
        // A wider embargo refuses more.
        Embargo::KIND if is_readable::<Embargo>(&step.before) => width(before, after, of_embargo).reversed(),
        Licence::KIND if is_readable::<Licence>(&step.before) => width(before, after, of_licence),
        Clearance::KIND if is_readable::<Clearance>(&step.before) => width(before, after, of_clearance),
        Model::KIND if is_readable::<Model>(&step.before) => of_models(step, before, after, references),
        Group::KIND if is_readable::<Group>(&step.before) => of_groups(step, before, after, references),
        List::KIND if is_readable::<List>(&step.before) => of_lists(before, after, references),
        Screening::KIND if is_readable::<Screening>(&step.before) => of_settings(before, after),
        _ => Mixed,
    }
}

/// Whether the earlier record is readable or withdrawn. An unreadable one in force refuses requests, so that any replacement
/// loosens.
fn is_readable<T: Kind>(before: &Option<Item>) -> bool {
    before.as_ref().is_none_or(|item| is_withdrawn(item) || read::<T>(item).is_ok())
}

/// `Loosens` if a record becomes wider, `Tightens` if narrower: the effect of a record that permits.
fn width(before: Option<&Item>, after: Option<&Item>, of: fn(&str, &Pair<'_>) -> Effect) -> Effect {
    let (before, after) = match (before, after) {
        (None, None) => return Neutral,
        (None, Some(_)) => return Loosens,
        (Some(_), None) => return Tightens,
        (Some(before), Some(after)) => (before, after),
    };
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let each = names.into_iter().map(|name| {
        let pair = Pair { before: before.get(name), after: after.get(name) };
        match name.as_str() {
            _ if pair.before == pair.after => Neutral,
            "kind" | "id" | "revision" | "by" | "at" | "why" | "withdrawn" => Neutral,
            "from" => pair.time(Tightens),
            "until" => pair.time(Loosens),
            name => of(name, &pair),
        }
    });
    each.fold(Neutral, Effect::and)
}

/// The two values of an attribute that differs.
struct Pair<'a> {
    before: Option<&'a AttributeValue>,
    after: Option<&'a AttributeValue>,
}

impl Pair<'_> {
    /// The effect of another time, given that of a later one; a window without this end is wider.
    fn time(&self, later: Effect) -> Effect {
        let time = |value: &AttributeValue| value.as_s().ok().and_then(|text| parse_time(text).ok());
        match (self.before, self.after) {
            (None, Some(_)) => Tightens,
            (Some(_), None) => Loosens,
            (Some(before), Some(after)) => match (time(before), time(after)) {
                (Some(before), Some(after)) if before == after => Neutral,
                (Some(before), Some(after)) if before < after => later,
                (Some(_), Some(_)) => later.reversed(),
                _ => Mixed,
            },
            (None, None) => Neutral,
        }
    }

    /// `Loosens` if a list of texts grows. Exceptions and other types count as mixed.
    fn list(&self) -> Effect {
        let texts = |value: Option<&AttributeValue>| -> Option<BTreeSet<String>> {
            value?.as_l().ok()?.iter().map(|one| one.as_s().ok().cloned()).collect()
        };
        match (texts(self.before), texts(self.after)) {
            (Some(before), Some(after)) if before == after => Neutral,
            (Some(before), Some(after)) if before.is_subset(&after) => Loosens,
            (Some(before), Some(after)) if after.is_subset(&before) => Tightens,
            _ => Mixed,
        }
    }

    /// `Loosens` if a word moves towards the end of the order.
    fn word(&self, order: &[&str]) -> Effect {
        let place = |value: Option<&AttributeValue>| {
            let word = value?.as_s().ok()?;
            order.iter().position(|one| one == word)
        };
        match (place(self.before), place(self.after)) {
            (Some(before), Some(after)) if before < after => Loosens,
            (Some(before), Some(after)) if before > after => Tightens,
            _ => Mixed,
        }
    }
}

fn of_embargo(name: &str, pair: &Pair<'_>) -> Effect {
    match name {
        "citation" | "url" | "disclose" => Neutral,
        "models" => pair.list(),
        "effect" => pair.word(&["observed", "licence_required", "prohibited"]),
        "applies_to" => {
            let map = |value: Option<&'_ AttributeValue>| value.and_then(|value| value.as_m().ok()).cloned();
            let (Some(before), Some(after)) = (map(pair.before), map(pair.after)) else { return Mixed };
            // The keys also determine which licences lift it.
            if before.keys().collect::<BTreeSet<_>>() != after.keys().collect() {
                return Mixed;
            }
            let pairs = before.iter().map(|(key, value)| Pair { before: Some(value), after: after.get(key) });
            pairs.filter(|pair| pair.before != pair.after).map(|pair| pair.list()).fold(Neutral, Effect::and)
        }
        _ => Mixed,
    }
}

fn of_licence(name: &str, pair: &Pair<'_>) -> Effect {
    match name {
        "reference" | "type" => Neutral,
        "models" | "licensees" | "embargoes" | "destinations" | "nationalities" | "end_uses" => pair.list(),
        "persons" => pair.word(&["us_persons", "any"]),
        "quota" => {
            let requests = |value: Option<&AttributeValue>| {
                value.map_or(u64::MAX, |value| {
                    let requests = value.as_m().ok().and_then(|quota| quota.get("requests")?.as_n().ok());
                    requests.and_then(|requests| requests.parse().ok()).unwrap_or_default()
                })
            };
            if requests(pair.before) < requests(pair.after) { Loosens } else { Tightens }
        }
        _ => Mixed,
    }
}

fn of_clearance(name: &str, _: &Pair<'_>) -> Effect {
    if matches!(name, "reason" | "officer") { Neutral } else { Mixed }
}

fn of_models(step: &Step, before: Option<&Item>, after: Option<&Item>, references: &References) -> Effect {
    let offered = |item: &&Item| text(item, "status") == "available";
    let (before, after) = (before.filter(offered), after.filter(offered));
    let effect = width(before, after, |name, pair| match (name, pair.before, pair.after) {
        // An unclassified model matches every embargo by ECCN, and no licence.
        ("eccn", None, Some(_)) => Loosens,
        ("eccn", Some(_), None) => Tightens,
        // An endpoint that no other model shares may change.
        ("endpoint", ..) => Neutral,
        _ => Mixed,
    });
    let is_offered = before.is_some() || after.is_some();
    // Models that share an endpoint, or two defaults of one name, affect each other.
    if is_offered && before != after && references.is_shared(step) { Mixed } else { effect }
}

fn of_groups(step: &Step, before: Option<&Item>, after: Option<&Item>, references: &References) -> Effect {
    let named = references.to_group(&step.key.id);
    if !named.before || !named.after {
        return Neutral;
    }
    match (before, after) {
        // Named by embargoes only, and never as an exception. Outside its window it is a fault, not an empty group.
        (Some(_), Some(_)) if named.by_restrictions_alone => {
            let has_window = |item: &Item| item.contains_key("from") || item.contains_key("until");
            if before.is_some_and(has_window) || after.is_some_and(has_window) {
                return Mixed;
            }
            width(before, after, |name, pair| if name == "countries" { pair.list() } else { Mixed }).reversed()
        }
        _ => Mixed,
    }
}

/// A list of networks makes the country of its addresses unknown. If an embargo names its class, the class of every address is
/// unknown until a list of it exists; and a list of relays limits what lists of VPNs say.
fn of_lists(before: Option<&Item>, after: Option<&Item>, references: &References) -> Effect {
    let class = |item| read::<List>(item).ok()?.class.filter(|class| *class != NetworkClass::Relay);
    let class_references = |item| Some(references.to_class(class(item)?.as_str()));
    match (before, after) {
        (None, None) => Neutral,
        (None, Some(after)) if class_references(after).is_some_and(|found| !found.before) => Tightens,
        (Some(before), None) if class_references(before).is_some_and(|found| !found.after) => Loosens,
        _ => Mixed,
    }
}
