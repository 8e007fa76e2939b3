//! Pure. Records of a kind as a table: those in force, or all, each with its state; one that can't be read is told.

use export_gate::record::{Embargo, Item, Kind, Model, Record, is_withdrawn, read};
use export_gate::register::Fault;
use export_gate::register::history::Key;
use export_gate::terms::parse_time;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::display::{count, table, text_line};
use crate::item::{as_json, text, value_as_json};
use crate::snapshot::Snapshot;

/// Which records are listed.
#[derive(clap::Args)]
pub(crate) struct Which {
    /// What the records as they stand now say of this moment, such as 2026-06-12T21:21:00Z
    #[arg(long, value_name = "TIME", value_parser = export_gate::terms::parse_time)]
    pub(crate) at: Option<Timestamp>,
    /// List those too that are not in force
    #[arg(long)]
    pub(crate) all: bool,
}

/// Whether a record is in force, in a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    InForce,
    NotYet,
    Over,
    Withdrawn,
    /// What is wrong.
    Unreadable(String),
}

/// What is listed.
pub(crate) struct Listing {
    rows: Vec<(Key, State, Item)>,
    left_out: usize,
    /// Those that were written since the moment that was asked for.
    since: Vec<String>,
    /// What the gate can't rely on, a sentence each.
    faults: Vec<String>,
    /// The embargoes in force that name no model, by id.
    unmatched: Vec<String>,
}

impl State {
    /// The state of a record of kind `T`. Of a model its status says too whether it is withdrawn.
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

    /// As it is shown.
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
    /// The records of kind `T`. Those of the history are left out unless all are wanted; what can't be read never is.
    pub(crate) fn of<T: Kind>(snapshot: &Snapshot, which: &Which, now: Timestamp) -> Self {
        let now = which.at.unwrap_or(now);
        let all = snapshot.of_kind(T::KIND).map(|(key, item)| (key.clone(), State::of::<T>(item, now), item.clone()));
        let is_shown = |state: &State| which.all || !matches!(state, State::Over | State::Withdrawn);
        let (rows, out): (Vec<_>, Vec<_>) = all.partition(|(_, state, _)| is_shown(state));
        let register = snapshot.register(now);
        let is_listed = |fault: &&Fault| rows.iter().any(|(key, ..)| key.kind == fault.kind && key.id == fault.id);
        let faults = register.faults().iter().filter(is_listed);
        let faults = faults.map(|fault| format!("`{}/{}`: {}", fault.kind, fault.id, fault.why)).collect();
        let is_since =
            |item: &Item| parse_time(text(item, "at")).is_ok_and(|written| which.at.is_some_and(|at| at < written));
        let since = rows.iter().filter(|(.., item)| is_since(item)).map(|(key, ..)| format!("`{}`", key.id)).collect();
        let unmatched = register.unmatched_embargoes(now).filter(|_| T::KIND == Embargo::KIND);
        let unmatched = unmatched.map(|embargo| format!("`{}`", embargo.meta.id)).collect();
        Self { rows, left_out: out.len(), since, faults, unmatched }
    }

    /// Whether the gate can rely on all of it.
    pub(crate) fn is_fine(&self) -> bool {
        self.faults.is_empty()
    }

    /// A table with the id, the state and these attributes.
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
            text += &format!(
                "In force and without effect, since no model is registered that they name: {}.\n",
                self.unmatched.join(", ")
            );
        }
        if !self.since.is_empty() {
            text += &text_line!("Written since, so that it may have been otherwise then: {}.", self.since.join(", "));
        }
        if self.left_out > 0 {
            text += &text_line!(
                "{} left out that are over or withdrawn; `--all` lists them.",
                count(self.left_out, "is", "are")
            );
        }
        text
    }

    /// For `--json`.
    pub(crate) fn told(&self) -> Value {
        let row = |(key, state, item): &(Key, State, Item)| {
            let why = if let State::Unreadable(why) = state { json!(why) } else { Value::Null };
            json!({"id": key.id, "state": state.word(), "unreadable": why, "record": as_json(item)})
        };
        json!({"records": self.rows.iter().map(row).collect::<Vec<Value>>(), "left_out": self.left_out,
               "faults": self.faults, "unmatched": self.unmatched})
    }
}

/// A value without the marks of JSON.
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
