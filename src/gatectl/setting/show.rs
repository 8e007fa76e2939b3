//! I/O. `gatectl setting show`: displays every setting and every version of the settings record.

use export_gate::record::{Item, Screening};
use export_gate::register::GRACE;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::catalogue::{ALL, Setting, key, render};
use crate::display::table;
use crate::item::value_as_json;
use crate::outcome::{Failure, Outcome};
use crate::record_table::State;
use crate::table_options::ReadOptions;
use crate::versions;

/// Options of `gatectl setting show`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    read: ReadOptions,
}

/// Displays the settings. The exit code is 1 if the record is unreadable.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let key = key();
    let ReadOptions { register, json: as_json, aws } = &arguments.read;
    let found = versions::versions(&aws.dynamodb().await, &register.register_table, &key).await?;
    let state = found.first().map(|last| State::of::<Screening>(last, Timestamp::now()));
    let in_force = found.first().filter(|_| state == Some(State::InForce));
    let (is_fine, state_text) = match &state {
        None => (true, "all are defaults".to_owned()),
        Some(State::Unreadable(why)) => {
            (false, format!("unreadable: {why}; the gate uses the last readable version for {} s", GRACE.as_secs()))
        }
        Some(state) => (true, state.word().to_owned()),
    };
    let json = || {
        let mut json = versions::json(&key, &state_text, &found);
        if let (true, Some(json)) = (is_fine, json.as_object_mut()) {
            json.insert("settings".to_owned(), ALL.iter().map(|setting| to_json(setting, in_force)).collect());
        }
        json
    };
    // An unreadable record leaves the values unknown: the gate uses an earlier version.
    let mut text = if is_fine { settings(in_force) } else { String::new() };
    text += &format!("\n{}", versions::display(&key, &state_text, &found));
    Ok(Outcome::new(*as_json, json, text.trim_start().to_owned(), is_fine))
}

fn settings(in_force: Option<&Item>) -> String {
    let row = |setting: &Setting| {
        let value = value(setting, in_force);
        let set_by = if value.is_some() { "the record" } else { "default" };
        let value = value.map_or_else(|| setting.default.to_owned(), |value| render(&value));
        vec![setting.name.to_owned(), value, set_by.to_owned(), setting.about.to_owned()]
    };
    table(&["setting", "value", "by", "about"], ALL.iter().map(row), &[])
}

fn to_json(setting: &Setting, in_force: Option<&Item>) -> Value {
    json!({"setting": setting.name, "value": value(setting, in_force), "default": setting.default, "about": setting.about})
}

fn value(setting: &Setting, in_force: Option<&Item>) -> Option<Value> {
    in_force?.get(setting.name).map(value_as_json)
}
