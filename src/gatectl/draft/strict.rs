//! Pure. Strict validation of a record in a file. A fault has its line and the nearest valid name.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::limits::{LARGEST_ITEM, LONGEST_PARTITION_KEY, size};
use export_gate::record::{
    self, Clearance, DEEPEST_OWNERS, Embargo, Group, Item, Kind, Licence, List, Model, Organisation, Owner, Screening,
    Unreadable, read,
};
use export_gate::register::limits::ATTRIBUTION;
use export_gate::terms::parse_time;
use serde::de::DeserializeOwned;

use super::callers;
use super::tree::Tree;
use crate::item::{for_kind, text};

/// The kinds of register records in files.
pub(crate) const KINDS: [&str; 7] =
    [Model::KIND, Group::KIND, Embargo::KIND, Licence::KIND, Clearance::KIND, List::KIND, Screening::KIND];

/// The attributes that every register record may have.
pub(crate) const COMMON: [&str; 8] = ["kind", "id", "from", "until", "withdrawn", "by", "at", "why"];

/// A fault and its line.
pub(super) struct Fault {
    pub(super) line: u64,
    pub(super) why: String,
}

/// Whether a record belongs to the register; else it is a caller's.
pub(super) fn is_of_register(item: &Item) -> bool {
    item.contains_key("kind")
}

/// Every fault of a register record.
pub(super) fn check(item: &Item, tree: &Tree) -> Vec<Fault> {
    let kind = text(item, "kind");
    for_kind!(kind, of_kind(item, tree)).unwrap_or_else(|| {
        let why = if kind.is_empty() {
            "`kind` is empty or not a text".to_owned()
        } else {
            format!("`{kind}` is not a kind of record{}", nearest(kind, KINDS.iter().copied()))
        };
        vec![Fault { line: tree.line_of("kind"), why }]
    })
}

fn of_kind<T: Kind>(item: &Item, tree: &Tree) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut report = |name: &str, why: String| faults.push(Fault { line: tree.line_of(name), why });
    match item.get("id") {
        None => report("id", "`id` is missing".to_owned()),
        Some(id) if id.as_s().is_err() => report("id", "`id` is not a text: put it in quotes".to_owned()),
        Some(_) if text(item, "id").is_empty() => report("id", "`id` is empty".to_owned()),
        Some(_) => {}
    }
    if item.contains_key("revision") {
        report("revision", "`revision` is set by the register: omit it".to_owned());
    }
    for name in ["by", "at", "why"] {
        if item.get(name).is_some_and(|value| value.as_s().is_err()) {
            report(name, format!("`{name}` is not a text: put it in quotes"));
        }
    }
    for name in ["from", "until", "withdrawn"] {
        let Some(value) = item.get(name) else { continue };
        let why = match (value.as_s(), value.as_bool()) {
            _ if has_null(value) => Some("null; omit an attribute without a value".to_owned()),
            (_, Ok(_)) if name == "withdrawn" => None,
            _ if name == "withdrawn" => Some("expected `true` or `false`".to_owned()),
            (Ok(time), _) => parse_time(time).err().map(|error| error.to_string()),
            (Err(_), _) => Some("expected a text: put it in quotes".to_owned()),
        };
        if let Some(why) = why {
            report(name, format!("{name}: {why}"));
        }
    }
    let own = item.iter().filter(|(name, _)| !COMMON.contains(&name.as_str()) && *name != "revision");
    faults.extend(structure::<T>(own.map(|(name, value)| (name.clone(), value.clone())).collect(), tree, &COMMON));
    // Contradictions between attributes are reported once each attribute is valid.
    if let (true, Err(Unreadable(why))) = (faults.is_empty(), read::<T>(item)) {
        faults.push(located(&why, tree, &[]).0);
    }
    faults
}

/// Every fault of a caller's record.
pub(super) fn check_caller(item: &Item, tree: &Tree) -> Vec<Fault> {
    let faults = match text(item, "id").split_once('#') {
        Some(("client", id)) if !id.is_empty() => structure::<callers::Client>(item.clone(), tree, &[]),
        Some(("organisation", id)) if !id.is_empty() => structure::<callers::Organisation>(item.clone(), tree, &[]),
        Some(("person", id)) if !id.is_empty() => structure::<callers::Person>(item.clone(), tree, &[]),
        _ => {
            let why = "this is not a record: a register record has `kind` and `id`, a caller's an `id` that begins with \
                       client#, organisation# or person#";
            return vec![Fault { line: tree.line, why: why.to_owned() }];
        }
    };
    let is_person = text(item, "id").starts_with("person#");
    let read = match text(item, "id").split('#').next() {
        _ if !faults.is_empty() => None,
        Some("client") => record::Client::read(item.clone()).err(),
        Some("organisation") => record::Organisation::read(item.clone()).and_then(storable).err(),
        _ => record::Person::read(item.clone()).err(),
    };
    let read = read.map(|Unreadable(why)| located(&why, tree, &[]).0);
    let stored = unstorable(item).map(|why| Fault { line: tree.line, why: format!("DynamoDB cannot store it: {why}") });
    faults
        .into_iter()
        .chain(read)
        .chain(stored)
        .map(|fault| if is_person { without_personal_data(fault) } else { fault })
        .collect()
}

/// Why DynamoDB cannot store a caller's record with its attribution.
fn unstorable(item: &Item) -> Option<String> {
    let size = size(item).saturating_add(ATTRIBUTION);
    let id = text(item, "id").len();
    if size > LARGEST_ITEM {
        Some(format!("{size} bytes in DynamoDB, and an item may have {LARGEST_ITEM}"))
    } else if id > LONGEST_PARTITION_KEY {
        Some(format!("id: {id} bytes, and a caller's may have {LONGEST_PARTITION_KEY}"))
    } else {
        record::limits::fault(item)
    }
}

/// The organisation, unless the ledger cannot store its owners.
fn storable(Organisation { owners, .. }: Organisation) -> Result<(), Unreadable> {
    let levels = Owner::levels(&owners);
    if levels <= DEEPEST_OWNERS {
        return Ok(());
    }
    let why = format!("owners: {levels} levels, and the ledger can store {DEEPEST_OWNERS}: omit levels");
    Err(Unreadable(why))
}

/// Every fault of a map with `owners`.
pub(super) fn check_owners(tree: &Tree) -> Vec<Fault> {
    match serde_dynamo::to_item::<_, Item>(tree.value()) {
        Ok(mut item) => {
            let faults = structure::<callers::Owners>(item.clone(), tree, &[]);
            item.insert("status".to_owned(), AttributeValue::S("active".to_owned()));
            let deep = record::Organisation::read(item).and_then(storable).err();
            let deep = deep.filter(|_| faults.is_empty()).map(|Unreadable(why)| located(&why, tree, &[]).0);
            faults.into_iter().chain(deep).collect()
        }
        Err(_) => vec![Fault { line: tree.line, why: "this is not a list of owners".to_owned() }],
    }
}

/// A fault of a person's record without its values.
fn without_personal_data(fault: Fault) -> Fault {
    let is_about_a_name = |why: &str| why.contains("unknown field `") || why.contains("missing field `");
    match fault.why.split_once(": ") {
        Some((path, rest)) if rest.contains('`') && !is_about_a_name(&fault.why) => {
            Fault { line: fault.line, why: format!("{path}: the gate can't read this") }
        }
        _ => fault,
    }
}

/// Every fault of a record's attributes: each faulty attribute is removed, and the rest is parsed again.
fn structure<T: DeserializeOwned>(mut own: Item, tree: &Tree, also: &[&str]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut removed: Vec<String> = Vec::new();
    for (name, _) in own.extract_if(|_, value| has_null(value)) {
        let why = format!("{name}: null; omit an attribute without a value");
        faults.push(Fault { line: tree.line_of(&name), why });
        removed.push(name);
    }
    while let Err(why) = parsed::<T>(&own) {
        let (fault, path) = located(&why, tree, also);
        let missing = fault.why.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        match missing {
            Some(name) if removed.iter().any(|removed| removed == name) => {}
            _ => faults.push(fault),
        }
        // Only the first missing attribute is reported, since it cannot be removed.
        let Some(name) = path.split(['.', '[']).next().filter(|name| !name.is_empty()) else { break };
        if !remove_field(&mut own, &path) && own.remove(name).is_none() {
            break;
        }
        removed.push(name.to_owned());
    }
    faults
}

fn parsed<T: DeserializeOwned>(own: &Item) -> Result<T, String> {
    let own: serde_dynamo::Item = own.clone().into();
    let value = serde_dynamo::AttributeValue::M(own.into_inner());
    serde_path_to_error::deserialize(serde_dynamo::Deserializer::from_attribute_value(value)).map_err(|error| {
        let path = error.path().to_string();
        let fault = error.into_inner().to_string();
        if path == "." { fault } else { format!("{path}: {fault}") }
    })
}

/// Removes a field from a map inside an attribute. Returns whether it did: not from a list, nor from the record itself.
fn remove_field(own: &mut Item, path: &str) -> bool {
    let Some((parents, name)) = path.rsplit_once('.').filter(|(parents, _)| !parents.contains('[')) else {
        return false;
    };
    let mut map = own;
    for parent in parents.split('.') {
        match map.get_mut(parent) {
            Some(AttributeValue::M(next)) => map = next,
            _ => return false,
        }
    }
    // An empty map would be reported as a fault.
    map.len() > 1 && map.remove(name).is_some()
}

fn has_null(value: &AttributeValue) -> bool {
    value.is_null()
        || value.as_l().is_ok_and(|list| list.iter().any(has_null))
        || value.as_m().is_ok_and(|map| map.values().any(has_null))
}

/// A fault with its line and, for an unknown field, the nearest known name; and the path to it.
fn located(why: &str, tree: &Tree, also: &[&str]) -> (Fault, String) {
    let (path, fault) = why.split_once(": ").filter(|(path, _)| !path.contains(' ')).unwrap_or(("", why));
    let Some(rest) = fault.strip_prefix("unknown field `") else {
        return (Fault { line: tree.at(path).line, why: reworded(why) }, path.to_owned());
    };
    let (name, rest) = rest.split_once('`').unwrap_or((rest, ""));
    // The path ends with the field itself.
    let parent = path.strip_suffix(name).map_or(path, |parent| parent.trim_end_matches('.'));
    let known = rest.split('`').skip(1).step_by(2);
    let also = if parent.is_empty() { also } else { &[] };
    let place = if parent.is_empty() { String::new() } else { format!("{parent}: ") };
    let why = format!("{place}unknown field `{name}`{}", nearest(name, known.chain(also.iter().copied())));
    let path = if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") };
    (Fault { line: tree.at(parent).line_of(name), why }, path)
}

/// A message of serde_dynamo, such as `Expected bool`, in our words.
fn reworded(why: &str) -> String {
    let Some((path, rest)) = why.split_once(": Expected ") else { return why.to_owned() };
    match rest {
        "string" => format!("{path}: expected a text: put it in quotes"),
        "bool" => format!("{path}: expected `true` or `false`"),
        other => format!("{path}: expected {other}"),
    }
}

/// `: did you mean …?`, if a known name is close.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let best = closest(name, known.map(|known| (known, known)));
    best.map(|known| format!(": did you mean `{known}`?")).unwrap_or_default()
}

/// The value whose name is closest, if any is close. `known` are names with their values.
pub(crate) fn closest<'a>(name: &str, known: impl Iterator<Item = (&'a str, &'a str)>) -> Option<&'a str> {
    let scored = known.map(|(known, value)| (strsim::jaro_winkler(name, known), value));
    let best = scored.filter(|(score, _)| *score > 0.75).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, value)| value)
}
