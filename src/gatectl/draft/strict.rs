//! Pure. A record of a file, read as the gate reads it; what is wrong is said with its line and the nearest right name.

use export_gate::record::{
    self, Clearance, Embargo, Group, Item, Kind, Licence, List, Model, Screening, Unreadable, read,
};
use serde_json::Value;

use super::callers;
use super::tree::Tree;
use crate::item::text;

/// The kinds that a folder may have.
const KINDS: [&str; 7] =
    [Model::KIND, Group::KIND, Embargo::KIND, Licence::KIND, Clearance::KIND, List::KIND, Screening::KIND];

/// The attributes that every record of the register may have.
const COMMON: [&str; 8] = ["kind", "id", "from", "until", "withdrawn", "by", "at", "why"];

/// What is wrong, and on which line.
pub(super) struct Fault {
    pub(super) line: u64,
    pub(super) why: String,
}

/// Whether a record is one of the register's; else it is a caller's.
pub(super) fn is_of_register(item: &Item) -> bool {
    item.contains_key("kind")
}

/// Reads a record of the register as the gate would.
pub(super) fn check(item: &Item, tree: &Tree) -> Result<(), Fault> {
    let at = |line, why: String| Fault { line, why };
    for name in ["kind", "id"] {
        if text(item, name).trim().is_empty() {
            return Err(at(tree.line_of(name), format!("`{name}` is missing, or no text")));
        }
    }
    if item.contains_key("revision") {
        return Err(at(tree.line_of("revision"), "`revision` is the register's own: leave it out".to_owned()));
    }
    let kind = text(item, "kind");
    let read = match kind {
        Model::KIND => read::<Model>(item).err(),
        Group::KIND => read::<Group>(item).err(),
        Embargo::KIND => read::<Embargo>(item).err(),
        Licence::KIND => read::<Licence>(item).err(),
        Clearance::KIND => read::<Clearance>(item).err(),
        List::KIND => read::<List>(item).err(),
        Screening::KIND => read::<Screening>(item).err(),
        _ => {
            let why = format!("`{kind}` is no kind of record{}", nearest(kind, KINDS.iter().copied()));
            return Err(at(tree.line_of("kind"), why));
        }
    };
    for name in ["by", "at", "why"] {
        if item.get(name).is_some_and(|value| value.as_s().is_err()) {
            return Err(at(tree.line_of(name), format!("`{name}` is no text")));
        }
    }
    read.map_or(Ok(()), |Unreadable(why)| Err(told(&why, tree, &COMMON)))
}

/// Reads a caller's record as the gate would, and as it is to be written.
pub(super) fn check_caller(value: &Value, item: &Item, tree: &Tree) -> Result<(), Fault> {
    let id = text(item, "id");
    let read = match id.split_once('#') {
        Some(("client", _)) => written::<callers::Client>(value).err().or(record::Client::read(item.clone()).err()),
        Some(("organisation", _)) => {
            written::<callers::Organisation>(value).err().or(record::Organisation::read(item.clone()).err())
        }
        Some(("person", _)) => written::<callers::Person>(value).err().or(record::Person::read(item.clone()).err()),
        _ => {
            let why = "this is no record: one of the register has `kind` and `id`, a caller's an `id` that begins with \
                       client#, organisation# or person#";
            return Err(Fault { line: tree.line, why: why.to_owned() });
        }
    };
    read.map_or(Ok(()), |Unreadable(why)| Err(told(&why, tree, &[])))
}

fn written<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, Unreadable> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let fault = error.into_inner().to_string();
        Unreadable(if path == "." { fault } else { format!("{path}: {fault}") })
    })
}

/// A fault, with the line of what it is about and, of an unknown field, the nearest name that is known.
fn told(why: &str, tree: &Tree, also: &[&str]) -> Fault {
    let (path, fault) = why.split_once(": ").filter(|(path, _)| !path.contains(' ')).unwrap_or(("", why));
    let Some(rest) = fault.strip_prefix("unknown field `") else {
        return Fault { line: tree.at(path).line, why: why.to_owned() };
    };
    let (name, rest) = rest.split_once('`').unwrap_or((rest, ""));
    // The path ends with the field itself.
    let parent = path.strip_suffix(name).map_or(path, |parent| parent.trim_end_matches('.'));
    let known = rest.split('`').skip(1).step_by(2);
    let also = if parent.is_empty() { also } else { &[] };
    let place = if parent.is_empty() { String::new() } else { format!("{parent}: ") };
    Fault {
        line: tree.at(parent).line_of(name),
        why: format!("{place}there is no field `{name}`{}", nearest(name, known.chain(also.iter().copied()))),
    }
}

/// `: did you mean …?`, where one of the names is near.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let scored = known.map(|known| (strsim::jaro_winkler(name, known), known));
    let best = scored.filter(|(score, _)| *score > 0.75).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, known)| format!(": did you mean `{known}`?")).unwrap_or_default()
}
