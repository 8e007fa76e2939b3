//! I/O. `gatectl register plan`: what applying a folder would change.

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::compare::{CallerStep, Plan, compare, compare_callers};
use crate::aws::Aws;
use crate::callers::Callers;
use crate::change::{Step, diff, faults, unnamed_models};
use crate::display::{count, text_line};
use crate::draft::{Checked, Draft, look};
use crate::item::as_json;
use crate::outcome::{Failure, Outcome};
use crate::snapshot::Snapshot;
use crate::table_options::RegisterTable;

/// The folder, and the tables that it is held against.
#[derive(clap::Args)]
pub(crate) struct Target {
    /// A folder of .json and .yaml files, or one file
    #[arg(value_name = "FOLDER|FILE")]
    pub(super) folder: PathBuf,
    #[command(flatten)]
    pub(super) register: RegisterTable,
    /// The callers' table; without it, callers' records of the folder are passed by
    #[arg(long, value_name = "TABLE", env = "CALLERS_TABLE")]
    pub(super) callers_table: Option<String>,
    /// Withdraw the records of the register that the folder doesn't have; they are left alone otherwise
    #[arg(long)]
    pub(super) withdraw: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) aws: Aws,
}

/// What it was told.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
}

/// How many records that are left alone, or unwritten, are named.
pub(super) const NAMED: usize = 20;

/// Exit code 2 where there is something to apply.
const DIFFERS: u8 = 2;

/// Shows the plan.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let target = &arguments.target;
    let Checked { draft, faults } = look(&target.folder)?;
    if !faults.is_empty() {
        return Ok(misread(target, &faults));
    }
    let planned = planned(target, &draft).await?;
    let text = shown(&planned, &draft, target);
    let json = || Value::Object(told(&planned));
    let mut outcome = Outcome::new(target.json, json, text, planned.faults.is_empty());
    if planned.faults.is_empty() && !planned.plan.is_empty() {
        outcome.code = DIFFERS;
    }
    Ok(outcome)
}

/// What a folder with faults comes to.
pub(super) fn misread(target: &Target, faults: &[String]) -> Outcome {
    let mut text: String = faults.iter().map(|fault| text_line!("{fault}")).collect();
    text += &text_line!(
        "{} in `{}`: nothing was changed.",
        count(faults.len(), "fault", "faults"),
        target.folder.display()
    );
    Outcome::new(target.json, || json!({"ok": false, "faults": faults}), text, false)
}

/// A plan, with the register that it was made of.
pub(super) struct Planned {
    pub(super) snapshot: Snapshot,
    pub(super) plan: Plan,
    /// What the gate could not rely on then.
    pub(super) faults: Vec<String>,
    /// What names a model that is not registered.
    pub(super) notes: Vec<String>,
}

/// Holds the folder against the tables.
pub(super) async fn planned(target: &Target, draft: &Draft) -> Result<Planned, Failure> {
    let dynamodb = target.aws.dynamodb().await;
    let snapshot = Snapshot::read(&dynamodb, &target.register.register_table).await?;
    let mut plan = compare(draft, &snapshot, target.withdraw);
    if let Some(table) = target.callers_table.as_ref().filter(|_| !draft.callers.is_empty()) {
        plan.callers = compare_callers(draft, &Callers::new(dynamodb, table.clone()).all().await?);
    }
    let now = Timestamp::now();
    let (faults, notes) = (faults(&snapshot, &plan.steps, now), unnamed_models(&snapshot, &plan.steps, now));
    Ok(Planned { snapshot, plan, faults, notes })
}

/// The plan as people read it.
pub(super) fn shown(planned: &Planned, draft: &Draft, target: &Target) -> String {
    let Planned { plan, faults, notes, .. } = planned;
    let mut text = diff(&plan.steps.iter().map(as_signed).collect::<Vec<_>>());
    for step in &plan.callers {
        text += &caller_diff(step);
    }
    for key in plan.alone.iter().take(NAMED) {
        text += &text_line!("  {key} is not in the folder: left alone; `--withdraw` would withdraw it");
    }
    let more = plan.alone.len().saturating_sub(NAMED);
    if more > 0 {
        text += &text_line!("  and {} more, left alone too", count(more, "record", "records"));
    }
    if target.callers_table.is_none() && !draft.callers.is_empty() {
        let callers = count(draft.callers.len(), "caller's record is", "callers' records are");
        text += &text_line!("  {callers} passed by: `--callers-table` names the table that they belong to");
    }
    for fault in faults {
        text += &text_line!("! the gate could not rely on it: {fault}");
    }
    text.extend(notes.iter().map(|note| format!("note: {note}\n")));
    let (add, change, withdraw) = plan.counts();
    if plan.is_empty() {
        text += "Nothing to apply: the register has what the folder says.\n";
    }
    text + &text_line!("Plan: {add} to add, {change} to change, {withdraw} to withdraw.")
}

/// A step as it will be: what a file doesn't say of who, when and why is said when it is applied.
fn as_signed(step: &Step) -> Step {
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

/// Of a person only the id and the attributes' names are shown.
fn caller_diff(CallerStep { id, before, after }: &CallerStep) -> String {
    let key = export_gate::register::history::Key { kind: String::new(), id: id.clone() };
    let step = as_signed(&Step { key, before: before.clone(), after: after.clone() });
    let mut text = text_line!("{} {id}", step.sign());
    for line in step.lines() {
        let line = if id.starts_with("person#") { line.split("  ").next().unwrap_or_default() } else { &line };
        text += &text_line!("    {line}");
    }
    text
}

/// For `--json`.
pub(super) fn told(planned: &Planned) -> Map<String, Value> {
    let Planned { plan, faults, notes, snapshot } = planned;
    let (add, change, withdraw) = plan.counts();
    let callers = plan.callers.iter().map(
        |step| json!({"record": step.id, "before": step.before.as_ref().map(as_json), "after": as_json(&step.after)}),
    );
    let changes: Vec<Value> = plan.steps.iter().map(|step| as_signed(step).told()).chain(callers).collect();
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
