//! Pure. Which way a record's change bears: whether the gate then refuses more, permits more, or both.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{
    Clearance, Embargo, Group, Item, Kind, Licence, List, Model, NetworkClass, Screening, is_withdrawn, read,
};
use export_gate::terms::parse_time;

use super::settings::of_settings;
use super::surroundings::Surroundings;
use crate::change::Step;
use crate::item::text;

/// Which way a change bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bearing {
    /// Neither way.
    Neutral,
    /// Whatever is permitted then was permitted before.
    Tightens,
    /// Whatever was permitted before is permitted then.
    Loosens,
    /// Nobody can say, or both ways.
    Mixed,
}

use Bearing::{Loosens, Mixed, Neutral, Tightens};

impl Bearing {
    /// Of two changes at once.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Neutral, one) | (one, Neutral) => one,
            (one, other) if one == other => one,
            _ => Mixed,
        }
    }

    pub(super) fn turned(self) -> Self {
        match self {
            Tightens => Loosens,
            Loosens => Tightens,
            Neutral | Mixed => self,
        }
    }
}

/// Which way a step bears. Where a rule here doesn't know, the step counts as mixed: that costs freedom of order, and
/// nothing else.
pub(super) fn bearing(step: &Step, around: &Surroundings) -> Bearing {
    let (before, after) = (step.before.as_ref().filter(|item| !is_withdrawn(item)), Some(&step.after));
    let after = after.filter(|item| !is_withdrawn(item));
    match step.key.kind.as_str() {
        // What restricts: the wider it is, the more is refused.
        Embargo::KIND if is_read::<Embargo>(&step.before) => width(before, after, of_embargo).turned(),
        Licence::KIND if is_read::<Licence>(&step.before) => width(before, after, of_licence),
        Clearance::KIND if is_read::<Clearance>(&step.before) => width(before, after, of_clearance),
        Model::KIND if is_read::<Model>(&step.before) => of_models(step, before, after, around),
        Group::KIND if is_read::<Group>(&step.before) => of_groups(step, before, after, around),
        List::KIND if is_read::<List>(&step.before) => of_lists(before, after, around),
        Screening::KIND if is_read::<Screening>(&step.before) => of_settings(before, after),
        _ => Mixed,
    }
}

/// A record that can't be read keeps models from being decided on: what takes its place loosens that, whatever it says.
/// A withdrawn one keeps none, readable or not.
fn is_read<T: Kind>(before: &Option<Item>) -> bool {
    before.as_ref().is_none_or(|item| is_withdrawn(item) || read::<T>(item).is_ok())
}

/// `Loosens` where a record reaches further than before, `Tightens` where it reaches less far: as of what permits.
fn width(before: Option<&Item>, after: Option<&Item>, of: fn(&str, &Pair<'_>) -> Bearing) -> Bearing {
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
    each.fold(Neutral, Bearing::and)
}

/// An attribute before and after, which differ.
struct Pair<'a> {
    before: Option<&'a AttributeValue>,
    after: Option<&'a AttributeValue>,
}

impl Pair<'_> {
    /// What a later time does is told; a window without this end reaches further.
    fn time(&self, later: Bearing) -> Bearing {
        let time = |value: &AttributeValue| value.as_s().ok().and_then(|text| parse_time(text).ok());
        match (self.before, self.after) {
            (None, Some(_)) => Tightens,
            (Some(_), None) => Loosens,
            (Some(before), Some(after)) => match (time(before), time(after)) {
                (Some(before), Some(after)) if before == after => Neutral,
                (Some(before), Some(after)) if before < after => later,
                (Some(_), Some(_)) => later.turned(),
                _ => Mixed,
            },
            (None, None) => Neutral,
        }
    }

    /// `Loosens` where a list of texts has more. Exceptions, and what is no list on both sides, are not weighed.
    fn list(&self) -> Bearing {
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

    /// `Loosens` where a word stands further back in a row.
    fn word(&self, row: &[&str]) -> Bearing {
        let place = |value: Option<&AttributeValue>| {
            let word = value?.as_s().ok()?;
            row.iter().position(|one| one == word)
        };
        match (place(self.before), place(self.after)) {
            (Some(before), Some(after)) if before < after => Loosens,
            (Some(before), Some(after)) if before > after => Tightens,
            _ => Mixed,
        }
    }
}

fn of_embargo(name: &str, pair: &Pair<'_>) -> Bearing {
    match name {
        "citation" | "url" | "disclose" => Neutral,
        "models" => pair.list(),
        "effect" => pair.word(&["observed", "licence_required", "prohibited"]),
        "applies_to" => {
            let map = |value: Option<&'_ AttributeValue>| value.and_then(|value| value.as_m().ok()).cloned();
            let (Some(before), Some(after)) = (map(pair.before), map(pair.after)) else { return Mixed };
            // Which keys there are also says which licences answer it.
            if before.keys().collect::<BTreeSet<_>>() != after.keys().collect() {
                return Mixed;
            }
            let pairs = before.iter().map(|(key, value)| Pair { before: Some(value), after: after.get(key) });
            pairs.filter(|pair| pair.before != pair.after).map(|pair| pair.list()).fold(Neutral, Bearing::and)
        }
        _ => Mixed,
    }
}

fn of_licence(name: &str, pair: &Pair<'_>) -> Bearing {
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

fn of_clearance(name: &str, _: &Pair<'_>) -> Bearing {
    if matches!(name, "reason" | "officer") { Neutral } else { Mixed }
}

fn of_models(step: &Step, before: Option<&Item>, after: Option<&Item>, around: &Surroundings) -> Bearing {
    let offered = |item: &&Item| text(item, "status") == "available";
    let (before, after) = (before.filter(offered), after.filter(offered));
    let bearing = width(before, after, |name, pair| match (name, pair.before, pair.after) {
        // An unknown classification is under every embargo by classification, and under no licence.
        ("eccn", None, Some(_)) => Loosens,
        ("eccn", Some(_), None) => Tightens,
        // Alone behind its endpoint, it may change that.
        ("endpoint", ..) => Neutral,
        _ => Mixed,
    });
    let is_seen = before.is_some() || after.is_some();
    // Two models with one endpoint, or two defaults of one name, stand in each other's way.
    if is_seen && before != after && around.is_shared(step) { Mixed } else { bearing }
}

fn of_groups(step: &Step, before: Option<&Item>, after: Option<&Item>, around: &Surroundings) -> Bearing {
    let named = around.naming(&step.key.id);
    if !named.before || !named.after {
        return Neutral;
    }
    match (before, after) {
        // Named by embargoes alone, and by none as an exception.
        // Named by embargoes alone, and by none as an exception. Outside its window it is a fault, not an empty group.
        (Some(_), Some(_)) if named.by_restrictions_alone => {
            let has_window = |item: &Item| item.contains_key("from") || item.contains_key("until");
            if before.is_some_and(has_window) || after.is_some_and(has_window) {
                return Mixed;
            }
            width(before, after, |name, pair| if name == "countries" { pair.list() } else { Mixed }).turned()
        }
        _ => Mixed,
    }
}

/// A list of networks takes the country of those that it has, and else says nothing, where no embargo names their class:
/// one that does is unknown of every address until the first list is there. A relay's takes back what lists of VPNs say.
fn of_lists(before: Option<&Item>, after: Option<&Item>, around: &Surroundings) -> Bearing {
    let class = |item| read::<List>(item).ok()?.class.filter(|class| *class != NetworkClass::Relay);
    let naming = |item| Some(around.naming_class(class(item)?.as_str()));
    match (before, after) {
        (None, None) => Neutral,
        (None, Some(after)) if naming(after).is_some_and(|naming| !naming.before) => Tightens,
        (Some(before), None) if naming(before).is_some_and(|naming| !naming.after) => Loosens,
        _ => Mixed,
    }
}
