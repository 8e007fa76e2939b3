//! Pure. Records of a kind as a table: those in force, or all, each with its state; one that can't be read is told.

use export_gate::record::{Item, Kind, Record, read};
use export_gate::register::history::Key;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::item::{as_json, value_as_json};
use crate::present::Present;
use crate::show::{count, table};

/// Which records are listed.
#[derive(clap::Args)]
pub(crate) struct Which {
    /// As of this moment instead of now, such as 2026-06-12T21:21:00Z
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
    unreadable: usize,
}

impl State {
    /// The state of a record of kind `T`.
    pub(crate) fn of<T: Kind>(item: &Item, now: Timestamp) -> Self {
        match read::<T>(item) {
            Err(fault) => Self::Unreadable(fault.to_string()),
            Ok(Record { meta, .. }) if meta.withdrawn => Self::Withdrawn,
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
    /// The records of kind `T`. Those of the past are left out unless all are wanted; what can't be read never is.
    pub(crate) fn of<T: Kind>(present: &Present, which: &Which, now: Timestamp) -> Self {
        let now = which.at.unwrap_or(now);
        let all = present.of_kind(T::KIND).map(|(key, item)| (key.clone(), State::of::<T>(item, now), item.clone()));
        let is_shown = |state: &State| which.all || !matches!(state, State::Over | State::Withdrawn);
        let (rows, out): (Vec<_>, Vec<_>) = all.partition(|(_, state, _)| is_shown(state));
        let unreadable = rows.iter().filter(|(_, state, _)| matches!(state, State::Unreadable(_))).count();
        Self { rows, left_out: out.len(), unreadable }
    }

    /// Whether all of it could be read.
    pub(crate) fn is_fine(&self) -> bool {
        self.unreadable == 0
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
        for (key, state, _) in &self.rows {
            if let State::Unreadable(why) = state {
                text += &format!("`{key}` can't be read: {why}\n");
            }
        }
        if self.left_out > 0 {
            text += &format!(
                "{} left out that are over or withdrawn; `--all` lists them.\n",
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
        json!({"records": self.rows.iter().map(row).collect::<Vec<Value>>(), "left_out": self.left_out})
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
