//! I/O. `gatectl register validate`: validates a folder of records as the gate and DynamoDB would.

use std::collections::BTreeMap;
use std::path::PathBuf;

use export_gate::record::{Kind, Model};
use jiff::Timestamp;
use serde_json::json;

use crate::change::{Step, faults, unnamed_models};
use crate::display::{count, text_line};
use crate::draft::{Checked, Draft, read_nonempty};
use crate::outcome::{Failure, Outcome};
use crate::snapshot::Snapshot;

/// Options of `gatectl register validate`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder of .json and .yaml files, or one file
    #[arg(value_name = "FOLDER|FILE")]
    folder: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Reports every fault.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Checked { draft, mut faults } = read_nonempty(&arguments.folder)?;
    let snapshot = as_snapshot(&draft);
    let steps = steps(&snapshot);
    let now = Timestamp::now();
    faults.extend(placed_faults(&draft, &steps, now));
    // A folder without models may be a part of the register.
    let has_models = snapshot.of_kind(Model::KIND).next().is_some();
    let notes = if has_models { unnamed_models(&Snapshot::default(), &steps, now) } else { Vec::new() };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let kinds = draft.register.keys().map(|key| key.kind.as_str());
    for kind in kinds.chain(draft.callers.keys().filter_map(|id| id.split('#').next())) {
        let number = counts.entry(kind).or_default();
        *number = number.saturating_add(1);
    }
    let is_fine = faults.is_empty();
    let mut text: String = faults.iter().map(|fault| text_line!("{fault}")).collect();
    text.extend(notes.iter().map(|note| text_line!("note: {note}")));
    let counted: Vec<String> = counts.iter().map(|(kind, number)| format!("{number} {kind}")).collect();
    text += &if is_fine {
        text_line!("The gate would read all of it: {}.", counted.join(", "))
    } else {
        text_line!("{} in `{}`.", count(faults.len(), "fault", "faults"), arguments.folder.display())
    };
    let json = || json!({"ok": is_fine, "faults": faults, "notes": notes, "records": counts});
    Ok(Outcome::new(arguments.json, json, text, is_fine))
}

/// The folder's records as a snapshot.
fn as_snapshot(draft: &Draft) -> Snapshot {
    let records = draft.register.iter().map(|(key, placed)| (key.clone(), placed.item.clone())).collect();
    Snapshot { records, ..Snapshot::default() }
}

/// The faults of the records as a whole, each with its place.
fn placed_faults(draft: &Draft, steps: &[Step], now: Timestamp) -> Vec<String> {
    let found = faults(&Snapshot::default(), steps, now);
    let place = |fault: &String| {
        let named = draft.register.iter().find(|(key, _)| fault.starts_with(&format!("`{key}`")));
        named.map_or(String::new(), |(_, placed)| format!("{}: ", placed.place))
    };
    found.iter().map(|fault| format!("{}{fault}", place(fault))).collect()
}

fn steps(snapshot: &Snapshot) -> Vec<Step> {
    snapshot.records.values().filter_map(|item| Step::put(&Snapshot::default(), item.clone())).collect()
}
