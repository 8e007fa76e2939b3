//! I/O. `gatectl setting set`: changes settings, in force from the next request on.

use export_gate::record::{Item, Kind as _, Screening};
use jiff::Timestamp;
use serde_json::json;

use super::catalogue::{Assignment, assignment, key};
use crate::change::{ChangeOptions, Step, change};
use crate::item::{of_json, text};
use crate::outcome::{Failure, Outcome};
use crate::record_table::State;
use crate::snapshot::Snapshot;

/// Options of `gatectl setting set`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The setting and its value, or `default` to reset it
    #[arg(value_name = "KEY=VALUE", required = true, value_parser = assignment)]
    settings: Vec<Assignment>,
    #[command(flatten)]
    options: ChangeOptions,
}

/// Changes the settings record.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let mut names: Vec<&str> = arguments.settings.iter().map(|setting| setting.name).collect();
    names.sort_unstable();
    if let Some([twice, _]) = names.array_windows().find(|[one, next]| one == next) {
        return Err(Failure::new(format!("`{twice}` is given twice: pass it once")));
    }
    let now = Timestamp::now();
    let changed = change(&arguments.options, now, |snapshot| plan(snapshot, arguments, now)).await?;
    Ok(changed.outcome("the gate applies it from its next request on.", "the settings are so already."))
}

/// Other settings of a record in force are kept; a record that is over or withdrawn is replaced.
fn plan(snapshot: &Snapshot, arguments: &Arguments, now: Timestamp) -> Result<Vec<Step>, String> {
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
