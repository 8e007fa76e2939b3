//! I/O. `gatectl setting`: displays and changes the settings.

mod catalogue;

use export_gate::record::{Item, Kind as _, Screening};
use export_gate::register::GRACE;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::change::{ChangeOptions, Step, change};
use crate::display::table;
use crate::item::{of_json, text, value_as_json};
use crate::options::{Globals, RegisterTable};
use crate::outcome::{Failure, Outcome};
use crate::record_table::State;
use crate::snapshot::Snapshot;
use crate::versions;
use catalogue::{ALL, Assignment, Setting, assignment, key, render};

/// Subcommands of `gatectl setting`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show every setting with its value, and every version of the record
    Show(Box<ShowArguments>),
    /// Change one or more settings, in force from the next request on
    Set(Box<SetArguments>),
}

/// Runs a subcommand.
pub(crate) async fn run(command: &Command, globals: &Globals) -> Result<Outcome, Failure> {
    match command {
        Command::Show(arguments) => show(arguments, globals).await,
        Command::Set(arguments) => set(arguments, globals).await,
    }
}

/// Options of `gatectl setting set`.
#[derive(clap::Args)]
pub(crate) struct SetArguments {
    /// The setting and its value, or `default` to reset it
    #[arg(value_name = "KEY=VALUE", required = true, value_parser = assignment)]
    settings: Vec<Assignment>,
    #[command(flatten)]
    options: ChangeOptions,
}

/// Changes the settings record.
async fn set(arguments: &SetArguments, globals: &Globals) -> Result<Outcome, Failure> {
    let mut names: Vec<&str> = arguments.settings.iter().map(|setting| setting.name).collect();
    names.sort_unstable();
    if let Some([twice, _]) = names.array_windows().find(|[one, next]| one == next) {
        return Err(Failure::new(format!("`{twice}` is given twice: pass it once")));
    }
    let now = Timestamp::now();
    let changed = change(&arguments.options, globals, now, |snapshot| plan(snapshot, arguments, now)).await?;
    Ok(changed.outcome("the gate applies it from its next request on.", "the settings are so already."))
}

/// Other settings of a record in force are kept; a record that is over or withdrawn is replaced.
fn plan(snapshot: &Snapshot, arguments: &SetArguments, now: Timestamp) -> Result<Vec<Step>, String> {
    let key = key();
    let before = snapshot.record(&key.kind, &key.id);
    let mut after = match before.map(|item| (State::of::<Screening>(item, now), item)) {
        Some((State::InForce, item)) => item.clone(),
        Some((State::NotYet, item)) => {
            let from = text(item, "from");
            return Err(format!("the settings record begins at {from}: change it by `gatectl register apply`"));
        }
        Some((State::Unreadable(why), _)) => {
            return Err(format!("`{key}` can't be read ({why}): correct it first by `gatectl register apply`"));
        }
        Some((State::Over | State::Withdrawn, _)) | None => Item::new(),
    };
    for Assignment { name, value } in &arguments.settings {
        after.remove(*name);
        after.extend(of_json(json!({ *name: value })));
    }
    after.extend(of_json(json!({"kind": Screening::KIND, "id": key.id})));
    arguments.options.attribution.sign(&mut after, now);
    Step::wanted(snapshot, &after, true)
}

/// Options of `gatectl setting show`.
#[derive(clap::Args)]
pub(crate) struct ShowArguments {
    #[command(flatten)]
    register: RegisterTable,
}

/// Displays the settings. The exit code is 1 if the record is unreadable.
async fn show(arguments: &ShowArguments, globals: &Globals) -> Result<Outcome, Failure> {
    let key = key();
    let table = &arguments.register.register_table;
    let found = versions::versions(&globals.aws.dynamodb().await, table, &key).await?;
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
    let mut text = if is_fine { table_of(in_force) } else { String::new() };
    text += &format!("\n{}", versions::display(&key, &state_text, &found));
    Ok(Outcome::new(globals.json, json, text.trim_start().to_owned(), is_fine))
}

fn table_of(in_force: Option<&Item>) -> String {
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
