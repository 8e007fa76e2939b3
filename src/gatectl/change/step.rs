//! Pure. Steps: the change of one record each, displayed as a diff and checked as the gate would read it.

use std::collections::BTreeSet;

use export_gate::record::{Head, Item, Kind, Record, is_withdrawn, read};
use export_gate::register::Register;
use export_gate::register::history::Key;
use export_gate::register::limits::unstorable_once_attributed;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::display::text_line;
use crate::draft::closest;
use crate::item::{as_json, for_kind, unattributed, value_as_json};
use crate::snapshot::Snapshot;

/// Lists longer than this are displayed as removed and added elements.
const LONG: usize = 6;

/// The change of one record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    /// The record's key.
    pub(crate) key: Key,
    /// The current record.
    pub(crate) before: Option<Item>,
    /// The new record, without a revision.
    pub(crate) after: Item,
}

impl Step {
    /// The step that puts `after` in place of the record with its key.
    pub(crate) fn put(snapshot: &Snapshot, mut after: Item) -> Option<Self> {
        let key = Key::of(&after)?;
        after.remove("revision");
        Some(Self { before: snapshot.records.get(&key).cloned(), key, after })
    }

    /// The steps that make a record exist with this content: none if it does, whatever its attribution. A record with other
    /// content is replaced only if `replace`.
    ///
    /// # Errors
    /// The difference.
    pub(crate) fn wanted(snapshot: &Snapshot, record: &Item, replace: bool) -> Result<Vec<Self>, String> {
        let step = Self::put(snapshot, record.clone()).ok_or("the record has no id")?;
        match &step.before {
            Some(before) if unattributed(before) == unattributed(&step.after) => Ok(Vec::new()),
            Some(_) if !replace => {
                let differs = step.unattributed_lines().join("; ").replace("  ", " ");
                let id = &step.key.id;
                Err(format!("`{id}` exists and differs: {differs}; pass `--replace` to replace it"))
            }
            Some(_) | None => Ok(vec![step]),
        }
    }

    /// The new record, if it is of this kind and readable.
    pub(crate) fn record<T: Kind>(&self) -> Option<Record<T>> {
        (self.key.kind == T::KIND).then(|| read::<T>(&self.after).ok()).flatten()
    }

    /// [`Step::lines`] without the attribution.
    pub(crate) fn unattributed_lines(&self) -> Vec<String> {
        let is_attribution = |line: &String| ["by  ", "at  ", "why  "].iter().any(|start| line.starts_with(start));
        self.lines().into_iter().filter(|line| !is_attribution(line)).collect()
    }

    /// The changes, by attribute.
    pub(crate) fn lines(&self) -> Vec<String> {
        let before = self.before.as_ref();
        let mut names: Vec<&String> = before.into_iter().flatten().chain(&self.after).map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        let value = |item: &Item, name: &str| item.get(name).map(value_as_json);
        let names = names.into_iter().filter(|name| !["kind", "id", "revision"].contains(&name.as_str()));
        let lines = |name: &String| lines(name, before.and_then(|item| value(item, name)), value(&self.after, name));
        names.flat_map(lines).collect()
    }

    /// `+` for a new record, `-` for one that is withdrawn, `~` for any other change.
    pub(crate) fn sign(&self) -> char {
        match &self.before {
            None => '+',
            Some(before) if is_withdrawn(&self.after) && !is_withdrawn(before) => '-',
            Some(_) => '~',
        }
    }

    /// For `--json`.
    pub(crate) fn json(&self) -> Value {
        json!({"record": self.key.to_string(), "before": self.before.as_ref().map(as_json), "after": as_json(&self.after)})
    }
}

/// The change of an attribute: of a map by member, of a long list by element.
fn lines(name: &str, was: Option<Value>, is: Option<Value>) -> Vec<String> {
    match (was, is) {
        (was, is) if was == is => Vec::new(),
        (Some(Value::Object(mut was)), Some(Value::Object(mut is))) => {
            let names: BTreeSet<String> = was.keys().chain(is.keys()).cloned().collect();
            names.iter().flat_map(|one| lines(&format!("{name}.{one}"), was.remove(one), is.remove(one))).collect()
        }
        (Some(Value::Array(was)), Some(Value::Array(is))) if was.len().max(is.len()) > LONG => {
            let without = |list: &[Value], other: &[Value]| -> Vec<String> {
                list.iter().filter(|one| !other.contains(one)).map(written).collect()
            };
            let (gone, new) = (without(&was, &is), without(&is, &was));
            if gone.is_empty() && new.is_empty() {
                return vec![format!("{name}  the same {} in another order", is.len())];
            }
            let each = |sign, list: Vec<String>| list.into_iter().map(move |one| format!("{name}  {sign} {one}"));
            each('-', gone).chain(each('+', new)).collect()
        }
        (Some(was), Some(is)) => vec![format!("{name}  {} → {}", written(&was), written(&is))],
        (Some(was), None) => vec![format!("{name}  {} → none", written(&was))],
        (None, Some(is)) => vec![format!("{name}  {}", written(&is))],
        (None, None) => Vec::new(),
    }
}

fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A register record.
///
/// # Errors
/// It does not exist; the message has the nearest id.
pub(crate) fn existing<'a>(snapshot: &'a Snapshot, kind: &str, id: &str) -> Result<&'a Item, String> {
    snapshot.record(kind, id).ok_or_else(|| absent(kind, id, snapshot.of_kind(kind).map(|(key, _)| key.id.as_str())))
}

/// The message that a register record does not exist, with the nearest of the known ids.
pub(crate) fn absent<'a>(kind: &str, id: &str, known: impl Iterator<Item = &'a str>) -> String {
    let nearest = closest(id, known.map(|known| (known, known)));
    let nearest = nearest.map(|known| format!("; the nearest id is `{known}`")).unwrap_or_default();
    format!("there is no {kind} `{id}`{nearest}; `gatectl {kind} list --all` lists all")
}

/// The steps as a diff.
pub(crate) fn diff(steps: &[Step]) -> String {
    let mut shown = String::new();
    for step in steps {
        shown += &text_line!("{} {}", step.sign(), step.key);
        for line in step.lines() {
            shown += &text_line!("    {line}");
        }
    }
    shown
}

/// The faults that the gate would report after the steps and does not report now. An unreadable record of a step is always
/// a fault.
pub(crate) fn faults(snapshot: &Snapshot, steps: &[Step], now: Timestamp) -> Vec<String> {
    faults_upon(&snapshot.register(now), steps, now)
}

/// [`faults`] for a register in memory.
pub(crate) fn faults_upon(register: &Register, steps: &[Step], now: Timestamp) -> Vec<String> {
    let named = |register: &Register| -> Vec<String> {
        register.unreadable().iter().map(|fault| format!("`{}/{}`: {}", fault.kind, fault.id, fault.why)).collect()
    };
    let head = Head { revision: register.revision(), ..Head::default() };
    let next = register.with(steps.iter().map(|step| step.after.clone()).collect(), &head, now);
    let mut before = named(register);
    let own: Vec<String> = steps.iter().filter_map(|step| Some(format!("`{}`: {}", step.key, unread(step)?))).collect();
    before.retain(|fault| !own.contains(fault));
    let unstorable = steps.iter().filter_map(|step| {
        let why = unstorable_once_attributed(&step.after)?;
        Some(format!("`{}`: DynamoDB cannot store it: {why}", step.key))
    });
    named(&next).into_iter().filter(|fault| !before.contains(fault)).chain(unstorable).collect()
}

/// Why the gate could not read a step's record.
fn unread(step: &Step) -> Option<String> {
    fn why<T: Kind>(item: &Item) -> Option<String> {
        read::<T>(item).err().filter(|_| !is_withdrawn(item)).map(|error| error.to_string())
    }
    for_kind!(step.key.kind.as_str(), why(&step.after)).flatten()
}
