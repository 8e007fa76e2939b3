//! I/O. `gatectl setting show`: every setting, what it is, and every version of their record.

use export_gate::record::{Item, Screening};
use export_gate::register::GRACE;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::known::{ALL, Known, key, written};
use crate::aws::Aws;
use crate::display::table;
use crate::item::value_as_json;
use crate::outcome::{Failure, Outcome};
use crate::record_table::State;
use crate::table_options::RegisterTable;
use crate::versions::{shown, told, versions};

/// Where they are.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    register: RegisterTable,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// Shows them; a record that can't be read is told, with exit code 1.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let key = key();
    let found = versions(&arguments.aws.dynamodb().await, &arguments.register.register_table, &key).await?;
    let state = found.first().map(|last| State::of::<Screening>(last, Timestamp::now()));
    let in_force = found.first().filter(|_| state == Some(State::InForce));
    let (is_fine, says) = match &state {
        None => (true, "nobody set any".to_owned()),
        Some(State::Unreadable(why)) => {
            (false, format!("unreadable: {why}; the gate takes the last readable version for {} s", GRACE.as_secs()))
        }
        Some(state) => (true, state.word().to_owned()),
    };
    let json = || {
        let mut json = told(&key, &says, &found);
        if let (true, Some(json)) = (is_fine, json.as_object_mut()) {
            json.insert("settings".to_owned(), ALL.iter().map(|known| as_told(known, in_force)).collect());
        }
        json
    };
    // What holds where the record can't be read, this doesn't know.
    let mut text = if is_fine { settings(in_force) } else { String::new() };
    text += &format!("\n{}", shown(&key, &says, &found));
    Ok(Outcome::new(arguments.json, json, text.trim_start().to_owned(), is_fine))
}

fn settings(in_force: Option<&Item>) -> String {
    let row = |known: &Known| {
        let value = value(known, in_force);
        let set_by = if value.is_some() { "the record" } else { "default" };
        let value = value.map_or_else(|| known.default.to_owned(), |value| written(&value));
        vec![known.name.to_owned(), value, set_by.to_owned(), known.about.to_owned()]
    };
    table(&["setting", "value", "by", "about"], ALL.iter().map(row), &[])
}

fn as_told(known: &Known, in_force: Option<&Item>) -> Value {
    json!({"setting": known.name, "value": value(known, in_force), "default": known.default, "about": known.about})
}

fn value(known: &Known, in_force: Option<&Item>) -> Option<Value> {
    in_force?.get(known.name).map(value_as_json)
}
