//! Pure. Tables of the records of a kind, each with its state. Unreadable records are always included.

use export_gate::record::{Embargo, Item, Kind, Model, Record, is_withdrawn, read};
use export_gate::register::UnreadableRecord;
use export_gate::register::history::Key;
use export_gate::terms::parse_time;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::display::{count, table, text_line};
use crate::item::{as_json, text, value_as_json};
use crate::snapshot::Snapshot;

/// Options that filter a list.
#[derive(clap::Args)]
pub(crate) struct Filter {
    /// Show the current records' states at this moment, such as 2026-06-12T21:21:00Z; default: now
    #[arg(long, value_name = "TIME", value_parser = export_gate::terms::parse_time)]
    pub(crate) at: Option<Timestamp>,
    /// Include records that are over or withdrawn
    #[arg(long)]
    pub(crate) all: bool,
}

/// The state of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    InForce,
    NotYet,
    Over,
    Withdrawn,
    /// The fault.
    Unreadable(String),
}

/// A list of records.
pub(crate) struct Listing {
    rows: Vec<(Key, State, Item)>,
    omitted: usize,
    /// Ids of records written after `--at`.
    newer: Vec<String>,
    /// Faults of listed records.
    faults: Vec<String>,
    /// Ids of embargoes in force that match no model.
    unmatched: Vec<String>,
}

impl State {
    /// The state of a record of kind `T`. A model is also withdrawn by its `status`.
    pub(crate) fn of<T: Kind>(item: &Item, now: Timestamp) -> Self {
        match read::<T>(item) {
            Err(_) if is_withdrawn(item) => Self::Withdrawn,
            Err(fault) => Self::Unreadable(fault.to_string()),
            Ok(Record { meta, .. }) if meta.withdrawn => Self::Withdrawn,
            Ok(_) if T::KIND == Model::KIND && text(item, "status") == "withdrawn" => Self::Withdrawn,
            Ok(Record { meta, .. }) if meta.window.is_over(now) => Self::Over,
            Ok(Record { meta, .. }) if !meta.window.has_begun(now) => Self::NotYet,
            Ok(_) => Self::InForce,
        }
    }

    /// The state as displayed.
    pub(crate) fn word(&self) -> &str {
        match self {
            Self::InForce => "in force",
            Self::NotYet => "not yet",
            Self::Over => "over",
            Self::Withdrawn => "withdrawn",
            Self::Unreadable(_) => "unreadable",
        }
    }
}

impl Listing {
    /// The records of kind `T`. Those that are over or withdrawn are omitted unless `--all`.
    pub(crate) fn of<T: Kind>(snapshot: &Snapshot, filter: &Filter, now: Timestamp) -> Self {
        let now = filter.at.unwrap_or(now);
        let all = snapshot.of_kind(T::KIND).map(|(key, item)| (key.clone(), State::of::<T>(item, now), item.clone()));
        let is_shown = |state: &State| filter.all || !matches!(state, State::Over | State::Withdrawn);
        let (rows, out): (Vec<_>, Vec<_>) = all.partition(|(_, state, _)| is_shown(state));
        let register = snapshot.register(now);
        let is_listed =
            |fault: &&UnreadableRecord| rows.iter().any(|(key, ..)| key.kind == fault.kind && key.id == fault.id);
        let faults = register.unreadable().iter().filter(is_listed);
        let faults = faults.map(|fault| format!("`{}/{}`: {}", fault.kind, fault.id, fault.why)).collect();
        let is_newer =
            |item: &Item| parse_time(text(item, "at")).is_ok_and(|written| filter.at.is_some_and(|at| at < written));
        let newer = rows.iter().filter(|(.., item)| is_newer(item)).map(|(key, ..)| format!("`{}`", key.id)).collect();
        let unmatched = register.unmatched_embargoes(now).filter(|_| T::KIND == Embargo::KIND);
        let unmatched = unmatched.map(|embargo| embargo.meta.id.clone()).collect();
        Self { rows, omitted: out.len(), newer, faults, unmatched }
    }

    /// Whether no listed record has a fault.
    pub(crate) fn is_fine(&self) -> bool {
        self.faults.is_empty()
    }

    /// A table of ids, states and these attributes.
    pub(crate) fn text(&self, attributes: &[&str]) -> String {
        let heading: Vec<&str> = ["id", "state"].into_iter().chain(attributes.iter().copied()).collect();
        let cell =
            |item: &Item, name: &str| item.get(name).map(|value| plain(&value_as_json(value))).unwrap_or_default();
        let rows = self.rows.iter().map(|(key, state, item)| {
            let cells = attributes.iter().map(|name| cell(item, name));
            [key.id.clone(), state.word().to_owned()].into_iter().chain(cells).collect()
        });
        let mut text = if self.rows.is_empty() { "None.\n".to_owned() } else { table(&heading, rows, &[]) };
        for fault in &self.faults {
            text += &text_line!("The gate can't rely on {fault}");
        }
        if !self.unmatched.is_empty() {
            let ids: Vec<String> = self.unmatched.iter().map(|id| format!("`{id}`")).collect();
            text += &text_line!("In force without effect, because they match no registered model: {}.", ids.join(", "));
        }
        if !self.newer.is_empty() {
            text += &text_line!(
                "Written after that moment, so the state then may have differed: {}.",
                self.newer.join(", ")
            );
        }
        if self.omitted > 0 {
            text += &text_line!(
                "{} omitted, over or withdrawn; `--all` lists them.",
                count(self.omitted, "record is", "records are")
            );
        }
        text
    }

    /// For `--json`.
    pub(crate) fn json(&self) -> Value {
        let row = |(key, state, item): &(Key, State, Item)| {
            let why = if let State::Unreadable(why) = state { json!(why) } else { Value::Null };
            json!({"id": key.id, "state": state.word(), "unreadable": why, "record": as_json(item)})
        };
        json!({"records": self.rows.iter().map(row).collect::<Vec<Value>>(), "left_out": self.omitted,
               "faults": self.faults, "unmatched": self.unmatched})
    }
}

/// A value without JSON punctuation.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) if list.len() > 4 => {
            let first: Vec<String> = list.iter().take(3).map(plain).collect();
            format!("{} and {} more", first.join(" "), list.len().saturating_sub(3))
        }
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(" "),
        Value::Object(object) => {
            let member = |(name, value): (&String, &Value)| match value {
                Value::Bool(true) => name.clone(),
                value @ (Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Object(_)) => {
                    format!("{name}: {}", plain(value))
                }
            };
            object.iter().map(member).collect::<Vec<_>>().join(", ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
