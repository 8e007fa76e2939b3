//! I/O. `gatectl setting set`: settings that the gate obeys on its next request.

use export_gate::record::{Item, Kind as _, Screening};
use jiff::Timestamp;
use serde_json::json;

use super::known::{Wanted, key, wanted};
use crate::attribution::Attribution;
use crate::change::{Manner, Step, make};
use crate::item::{of_json, text};
use crate::outcome::{Failure, Outcome};
use crate::record_table::State;
use crate::snapshot::Snapshot;

/// Which settings, and who says so.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A setting and its value; `default` for what holds where nobody sets it
    #[arg(value_name = "KEY=VALUE", required = true, value_parser = wanted)]
    settings: Vec<Wanted>,
    #[command(flatten)]
    says: Attribution,
    #[command(flatten)]
    manner: Manner,
}

/// Shows the change, asks, writes it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let mut names: Vec<&str> = arguments.settings.iter().map(|wanted| wanted.name).collect();
    names.sort_unstable();
    if let Some([twice, _]) = names.array_windows().find(|[one, next]| one == next) {
        return Err(Failure::new(format!("`{twice}` is said twice: say it once")));
    }
    let now = Timestamp::now();
    let made = make(&arguments.manner, now, |snapshot| plan(snapshot, arguments, now)).await?;
    Ok(made.outcome(&arguments.manner, "the gate obeys it from its next request on.", "the settings are just so."))
}

/// What stands beside the settings that are set stays; a record of the past says nothing, and is begun anew.
fn plan(snapshot: &Snapshot, arguments: &Arguments, now: Timestamp) -> Result<Vec<Step>, String> {
    let key = key();
    let before = snapshot.record(&key.kind, &key.id);
    let mut after = match before.map(|item| (State::of::<Screening>(item, now), item)) {
        Some((State::InForce, item)) => item.clone(),
        Some((State::NotYet, item)) => {
            let from = text(item, "from");
            return Err(format!(
                "the settings on record begin at {from} only: change them by `gatectl register apply`"
            ));
        }
        Some((State::Unreadable(why), _)) => {
            return Err(format!("`{key}` can't be read ({why}): mend that record first, by `gatectl register apply`"));
        }
        Some((State::Over | State::Withdrawn, _)) | None => Item::new(),
    };
    let wanted = arguments.settings.iter().map(|wanted| (wanted.name.to_owned(), json!(wanted.value)));
    for (name, value) in wanted {
        after.remove(&name);
        after.extend(of_json(json!({ name: value })));
    }
    after.extend(of_json(json!({"kind": Screening::KIND, "id": key.id})));
    arguments.says.sign(&mut after, now);
    Step::wanted(snapshot, &after, true)
}
