//! I/O. `gatectl register`: records as files, compared with the register and applied to it.

mod apply;
mod compare;
mod effect;
mod export;
mod order;
mod plan;
mod references;
mod settings_effect;
mod write;

use std::collections::BTreeMap;
use std::path::PathBuf;

use export_gate::record::{Kind, Model};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::change::{Step, faults, unnamed_models};
use crate::display::{count, text_line};
use crate::draft::{Checked, Draft, Schema, nearest, read_nonempty, schemas};
use crate::options::Globals;
use crate::outcome::{Failure, Outcome};
use crate::snapshot::Snapshot;

/// Subcommands of `gatectl register`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Validate a folder of records as the gate and DynamoDB would
    Validate(Box<ValidateArguments>),
    /// Show what applying a folder would change; exit code 2 if anything
    Plan(Box<plan::Arguments>),
    /// Apply a folder to the register
    Apply(Box<apply::Arguments>),
    /// Export the register into a folder, whose plan is then empty
    Export(Box<export::Arguments>),
    /// Print the JSON Schemas of all records, for editors
    Schema(Box<SchemaArguments>),
}

/// Runs a subcommand.
pub(crate) async fn run(command: &Command, globals: &Globals) -> Result<Outcome, Failure> {
    match command {
        Command::Validate(arguments) => validate(arguments, globals),
        Command::Plan(arguments) => plan::run(arguments, globals).await,
        Command::Apply(arguments) => apply::run(arguments, globals).await,
        Command::Export(arguments) => export::run(arguments, globals).await,
        Command::Schema(arguments) => schema(arguments, globals),
    }
}

/// Options of `gatectl register validate`.
#[derive(clap::Args)]
pub(crate) struct ValidateArguments {
    /// The folder of .json and .yaml files, or one file
    #[arg(value_name = "FOLDER|FILE")]
    folder: PathBuf,
}

/// Reports every fault.
fn validate(arguments: &ValidateArguments, globals: &Globals) -> Result<Outcome, Failure> {
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
    Ok(Outcome::new(globals.json, json, text, is_fine))
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

/// Options of `gatectl register schema`.
#[derive(clap::Args)]
pub(crate) struct SchemaArguments {
    /// The kind: model, group, embargo, licence, clearance, list, setting, client, organisation or person; default: all
    #[arg(value_name = "KIND", conflicts_with = "folder")]
    kind: Option<String>,
    /// Write KIND.schema.json for every kind, and record.schema.json for all, into this folder
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Prints the schemas, or writes them.
fn schema(arguments: &SchemaArguments, globals: &Globals) -> Result<Outcome, Failure> {
    let all = schemas();
    if let Some(kind) = &arguments.kind {
        let Some(found) = all.iter().find(|schema| schema.kind == kind) else {
            let near = nearest(kind, all.iter().map(|schema| schema.kind));
            return Err(Failure::new(format!("`{kind}` is not a kind of record{near}")));
        };
        return Ok(Outcome::new(true, || found.schema.clone(), String::new(), true));
    }
    let Some(folder) = &arguments.folder else {
        let by_kind: Map<String, Value> =
            all.into_iter().map(|Schema { kind, schema }| (kind.into(), schema)).collect();
        return Ok(Outcome::new(true, || Value::Object(by_kind), String::new(), true));
    };
    let unwritten = |error| Failure::of(format!("`{}` can't be written", folder.display()), error);
    std::fs::create_dir_all(folder).map_err(unwritten)?;
    for Schema { kind, schema } in &all {
        std::fs::write(folder.join(format!("{kind}.schema.json")), format!("{schema:#}\n")).map_err(unwritten)?;
    }
    let text = text_line!(
        "{} schemas are in `{}`. Begin a YAML file with `# yaml-language-server: $schema={}/record.schema.json` \
         to have an editor complete and check it.",
        all.len(),
        folder.display(),
        folder.display()
    );
    Ok(Outcome::new(globals.json, || json!({"folder": folder, "schemas": all.len()}), text, true))
}
