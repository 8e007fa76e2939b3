//! Pure. What a change does to records, shown as Terraform's users know it, and read as the gate would read it.

use std::collections::BTreeSet;

use export_gate::record::{
    Clearance, Embargo, Group, Head, Item, Kind, Licence, List, Model, Record, Screening, is_withdrawn, read,
};
use export_gate::register::Register;
use export_gate::register::history::Key;
use export_gate::register::limits::unstorable_once_attributed;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::display::text_line;
use crate::item::{as_json, substance, value_as_json};
use crate::snapshot::Snapshot;

/// From how many elements on a list is shown by what comes and goes.
const LONG: usize = 6;

/// One record's change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    /// The record's key.
    pub(crate) key: Key,
    /// The record as it stands.
    pub(crate) before: Option<Item>,
    /// The record as it will be, without a revision.
    pub(crate) after: Item,
}

impl Step {
    /// A record in the place of what is there. It takes key and content of `after`.
    pub(crate) fn put(snapshot: &Snapshot, mut after: Item) -> Option<Self> {
        let key = Key::of(&after)?;
        after.remove("revision");
        Some(Self { before: snapshot.records.get(&key).cloned(), key, after })
    }

    /// The steps that put a record where it isn't yet, just so, whoever said it: none where it is. Another that stands in
    /// its place is replaced only where that is wanted.
    ///
    /// # Errors
    /// A sentence with what differs.
    pub(crate) fn wanted(snapshot: &Snapshot, record: &Item, replace: bool) -> Result<Vec<Self>, String> {
        let step = Self::put(snapshot, record.clone()).ok_or("the record has no id")?;
        match &step.before {
            Some(before) if substance(before) == substance(&step.after) => Ok(Vec::new()),
            Some(_) if !replace => {
                let differs = step.substantial_lines().join("; ").replace("  ", " ");
                let id = &step.key.id;
                Err(format!("`{id}` is there already, and differs: {differs}; say `--replace` if it is to be replaced"))
            }
            Some(_) | None => Ok(vec![step]),
        }
    }

    /// The record as it will be, where it is one of this kind that can be read.
    pub(crate) fn record<T: Kind>(&self) -> Option<Record<T>> {
        (self.key.kind == T::KIND).then(|| read::<T>(&self.after).ok()).flatten()
    }

    /// [`Step::lines`], without who says so, when and why.
    pub(crate) fn substantial_lines(&self) -> Vec<String> {
        let said = |line: &String| ["by  ", "at  ", "why  "].iter().any(|said| line.starts_with(said));
        self.lines().into_iter().filter(|line| !said(line)).collect()
    }

    /// Attribute by attribute, what it changes.
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

    /// `+` a record that is new, `-` one that is withdrawn, `~` one that differs.
    pub(crate) fn sign(&self) -> char {
        match &self.before {
            None => '+',
            Some(before) if is_withdrawn(&self.after) && !is_withdrawn(before) => '-',
            Some(_) => '~',
        }
    }

    /// For `--json`.
    pub(crate) fn told(&self) -> Value {
        json!({"record": self.key.to_string(), "before": self.before.as_ref().map(as_json), "after": as_json(&self.after)})
    }
}

/// What becomes of an attribute: of a map member by member, of a long list element by element.
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

/// What all steps change.
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

/// What the gate would find fault with once the steps are made, and doesn't now, a sentence each. A step's own record is
/// at fault where it can't be read, whatever was wrong before.
pub(crate) fn faults(snapshot: &Snapshot, steps: &[Step], now: Timestamp) -> Vec<String> {
    faults_upon(&snapshot.register(now), steps, now)
}

/// [`faults`], by a register that was read already.
pub(crate) fn faults_upon(register: &Register, steps: &[Step], now: Timestamp) -> Vec<String> {
    let named = |register: &Register| -> Vec<String> {
        register.faults().iter().map(|fault| format!("`{}/{}`: {}", fault.kind, fault.id, fault.why)).collect()
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

/// Why the gate would not read a step's record.
fn unread(step: &Step) -> Option<String> {
    fn why<T: Kind>(item: &Item) -> Option<String> {
        read::<T>(item).err().filter(|_| !is_withdrawn(item)).map(|error| error.to_string())
    }
    match step.key.kind.as_str() {
        Model::KIND => why::<Model>(&step.after),
        Group::KIND => why::<Group>(&step.after),
        Embargo::KIND => why::<Embargo>(&step.after),
        Licence::KIND => why::<Licence>(&step.after),
        Clearance::KIND => why::<Clearance>(&step.after),
        List::KIND => why::<List>(&step.after),
        Screening::KIND => why::<Screening>(&step.after),
        _ => None,
    }
}
