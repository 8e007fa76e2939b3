//! I/O. `gatectl register plan`: displays what applying a folder would change.

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::compare::{CallerStep, Plan, compare, compare_callers};
use crate::callers::Callers;
use crate::change::{Step, diff, faults, unnamed_models};
use crate::display::{count, text_line};
use crate::draft::{Checked, Draft, read_nonempty};
use crate::item::as_json;
use crate::options::{Globals, RegisterTable};
use crate::outcome::{Failure, Outcome};
use crate::snapshot::Snapshot;

/// The folder, and the tables that it is compared with.
#[derive(clap::Args)]
pub(crate) struct Target {
    /// The folder of .json and .yaml files, or one file
    #[arg(value_name = "FOLDER|FILE")]
    pub(super) folder: PathBuf,
    #[command(flatten)]
    pub(super) register: RegisterTable,
    /// Name the callers table; default: skip callers' records of the folder
    #[arg(long, value_name = "TABLE", env = "CALLERS_TABLE")]
    pub(super) callers_table: Option<String>,
    /// Withdraw register records that the folder lacks; default: leave them unchanged
    #[arg(long)]
    pub(super) withdraw: bool,
}

/// Options of `gatectl register plan`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
}

/// The most records that are named as unchanged or unwritten.
pub(super) const MOST_NAMED: usize = 20;

/// The exit code if there are changes to apply.
const DIFFERS: u8 = 2;

/// Displays the plan.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let target = &arguments.target;
    let Checked { draft, faults } = read_nonempty(&target.folder)?;
    if !faults.is_empty() {
        return Ok(faulty_folder(target, globals, &faults));
    }
    let planned = planned(target, globals, &draft).await?;
    let text = display(&planned, &draft, target);
    let json = || Value::Object(plan_json(&planned));
    let mut outcome = Outcome::new(globals.json, json, text, planned.faults.is_empty());
    if planned.faults.is_empty() && !planned.plan.is_empty() {
        outcome.code = DIFFERS;
    }
    Ok(outcome)
}

/// The result for a folder with faults.
pub(super) fn faulty_folder(target: &Target, globals: &Globals, faults: &[String]) -> Outcome {
    let mut text: String = faults.iter().map(|fault| text_line!("{fault}")).collect();
    text += &text_line!(
        "{} in `{}`: nothing was changed.",
        count(faults.len(), "fault", "faults"),
        target.folder.display()
    );
    Outcome::new(globals.json, || json!({"ok": false, "faults": faults}), text, false)
}

/// A plan with the snapshot that it was made from.
pub(super) struct Planned {
    pub(super) snapshot: Snapshot,
    pub(super) plan: Plan,
    /// Faults that the gate would report after the plan.
    pub(super) faults: Vec<String>,
    /// Notes on patterns that match no registered model.
    pub(super) notes: Vec<String>,
}

/// Compares the folder with the tables.
pub(super) async fn planned(target: &Target, globals: &Globals, draft: &Draft) -> Result<Planned, Failure> {
    let dynamodb = globals.aws.dynamodb().await;
    let snapshot = Snapshot::read(&dynamodb, &target.register.register_table).await?;
    let mut plan = compare(draft, &snapshot, target.withdraw);
    if let Some(table) = target.callers_table.as_ref().filter(|_| !draft.callers.is_empty()) {
        plan.callers = compare_callers(draft, &Callers::new(dynamodb, table.clone()).all().await?);
    }
    let now = Timestamp::now();
    let (faults, notes) = (faults(&snapshot, &plan.steps, now), unnamed_models(&snapshot, &plan.steps, now));
    Ok(Planned { snapshot, plan, faults, notes })
}

/// The plan as text.
pub(super) fn display(planned: &Planned, draft: &Draft, target: &Target) -> String {
    let Planned { plan, faults, notes, .. } = planned;
    let mut text = diff(&plan.steps.iter().map(with_attribution).collect::<Vec<_>>());
    for step in &plan.callers {
        text += &caller_diff(step);
    }
    for key in plan.alone.iter().take(MOST_NAMED) {
        text += &text_line!("  {key} is not in the folder: unchanged; `--withdraw` would withdraw it");
    }
    let more = plan.alone.len().saturating_sub(MOST_NAMED);
    if more > 0 {
        text += &text_line!("  and {} more, unchanged", count(more, "record", "records"));
    }
    if target.callers_table.is_none() && !draft.callers.is_empty() {
        let callers = count(draft.callers.len(), "caller's record is", "callers' records are");
        text += &text_line!("  {callers} skipped: pass `--callers-table`");
    }
    for fault in faults {
        text += &text_line!("! the gate could not rely on the result: {fault}");
    }
    text.extend(notes.iter().map(|note| text_line!("note: {note}")));
    let (add, change, withdraw) = plan.counts();
    if plan.is_empty() {
        text += "Nothing to apply: the register matches the folder.\n";
    }
    text + &text_line!("Plan: {add} to add, {change} to change, {withdraw} to withdraw.")
}

/// A step without a diff for attribution that the file lacks: `apply` adds it.
fn with_attribution(step: &Step) -> Step {
    let mut step = step.clone();
    for name in ["by", "at", "why"] {
        if let (Some(was), false) =
            (step.before.as_ref().and_then(|before| before.get(name)), step.after.contains_key(name))
        {
            step.after.insert(name.to_owned(), was.clone());
        }
    }
    step
}

/// The diff of a caller's record; of a person only the names of attributes.
fn caller_diff(CallerStep { id, before, after }: &CallerStep) -> String {
    let key = export_gate::register::history::Key { kind: String::new(), id: id.clone() };
    let step = with_attribution(&Step { key, before: before.clone(), after: after.clone() });
    let mut text = text_line!("{} {id}", step.sign());
    for line in step.lines() {
        let line = if id.starts_with("person#") { line.split("  ").next().unwrap_or_default() } else { &line };
        text += &text_line!("    {line}");
    }
    text
}

/// For `--json`.
pub(super) fn plan_json(planned: &Planned) -> Map<String, Value> {
    let Planned { plan, faults, notes, snapshot } = planned;
    let (add, change, withdraw) = plan.counts();
    let callers = plan.callers.iter().map(
        |step| json!({"record": step.id, "before": step.before.as_ref().map(as_json), "after": as_json(&step.after)}),
    );
    let changes: Vec<Value> = plan.steps.iter().map(|step| with_attribution(step).json()).chain(callers).collect();
    let alone: Vec<String> = plan.alone.iter().map(ToString::to_string).collect();
    let members = [
        ("revision", json!(snapshot.revision)),
        ("faults", json!(faults)),
        ("notes", json!(notes)),
        ("is_empty", json!(plan.is_empty())),
        ("add", json!(add)),
        ("change", json!(change)),
        ("withdraw", json!(withdraw)),
        ("changes", json!(changes)),
        ("left_alone", json!(alone)),
    ];
    members.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}
