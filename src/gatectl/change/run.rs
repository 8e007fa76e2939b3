//! I/O. Running a change of the register: read, plan, display, confirm, write.

use std::convert::identity;

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Head, Item};
use export_gate::register::history::Key;
use export_gate::register::{Basis, Register, RegisterWriter, WriteError};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::notes::notes;
use super::step::{Step, diff, faults_upon};
use crate::backoff::Backoff;
use crate::confirm::{WriteOptions, with_notes};
use crate::display::text_line;
use crate::options::{Attribution, Globals, RegisterTable};
use crate::outcome::{Failure, Outcome};
use crate::snapshot::Snapshot;

/// Options of every command that changes the register.
#[derive(clap::Args)]
pub(crate) struct ChangeOptions {
    #[command(flatten)]
    pub(crate) attribution: Attribution,
    #[command(flatten)]
    pub(crate) register: RegisterTable,
    #[command(flatten)]
    pub(crate) write: WriteOptions,
}

/// A change and how it ended.
pub(crate) struct Change<'a> {
    options: &'a ChangeOptions,
    globals: &'a Globals,
    /// The steps of the plan.
    pub(super) steps: Vec<Step>,
    /// Removes from a displayed step what must not be displayed.
    redact: fn(Step) -> Step,
    /// Likely mistakes.
    notes: Vec<String>,
    end: End,
}

/// How a change ended.
enum End {
    /// The plan has no step.
    Unchanged,
    DryRun,
    Declined,
    /// The change is impossible; the reason.
    Refused(String),
    /// The register's new revision.
    Written(u64),
}

/// Runs the change that `plan` derives from the register. Only the displayed steps are written: if another writer changes one
/// of their records first, nothing is. An error of `plan` is the reason why the change is impossible.
pub(crate) async fn change<'a>(
    options: &'a ChangeOptions,
    globals: &'a Globals,
    now: Timestamp,
    plan: impl Fn(&Snapshot) -> Result<Vec<Step>, String>,
) -> Result<Change<'a>, Failure> {
    run(options, globals, now, Vec::new(), identity, plan).await
}

/// [`change`] that sets one attribute of the record that `find` returns: none if `set` returns none.
pub(crate) async fn update<'a>(
    options: &'a ChangeOptions,
    globals: &'a Globals,
    now: Timestamp,
    find: impl Fn(&Snapshot) -> Result<&Item, String>,
    set: impl Fn(&Item) -> Result<Option<(&'static str, AttributeValue)>, String>,
) -> Result<Change<'a>, Failure> {
    change(options, globals, now, |snapshot| {
        let before = find(snapshot)?;
        let Some((name, value)) = set(before)? else { return Ok(Vec::new()) };
        let after = before.iter().map(|(name, value)| (name.clone(), value.clone()));
        let after = after.chain([(name.to_owned(), value)]).collect();
        Ok(Step::put(snapshot, options.attribution.signed(after, now)).into_iter().collect())
    })
    .await
}

/// [`change`] with the command's own notes.
pub(crate) async fn change_with_notes<'a>(
    options: &'a ChangeOptions,
    globals: &'a Globals,
    now: Timestamp,
    notes: Vec<String>,
    plan: impl Fn(&Snapshot) -> Result<Vec<Step>, String>,
) -> Result<Change<'a>, Failure> {
    run(options, globals, now, notes, identity, plan).await
}

/// [`change`] that displays each step through `redact`, and writes it whole.
pub(crate) async fn change_redacted<'a>(
    options: &'a ChangeOptions,
    globals: &'a Globals,
    now: Timestamp,
    redact: fn(Step) -> Step,
    plan: impl Fn(&Snapshot) -> Result<Vec<Step>, String>,
) -> Result<Change<'a>, Failure> {
    run(options, globals, now, Vec::new(), redact, plan).await
}

async fn run<'a>(
    options: &'a ChangeOptions,
    globals: &'a Globals,
    now: Timestamp,
    own_notes: Vec<String>,
    redact: fn(Step) -> Step,
    plan: impl Fn(&Snapshot) -> Result<Vec<Step>, String>,
) -> Result<Change<'a>, Failure> {
    let dynamodb = globals.aws.dynamodb().await;
    let table = &options.register.register_table;
    let writer = RegisterWriter::new(dynamodb.clone(), table.clone());
    let mut change = Change { options, globals, steps: Vec::new(), redact, notes: own_notes, end: End::Unchanged };
    let mut snapshot = Snapshot::read(&dynamodb, table).await?;
    let mut register = snapshot.register(now);
    change.steps = match checked_plan(&snapshot, &register, now, &plan) {
        Ok(steps) if steps.is_empty() => return Ok(change),
        Ok(steps) => steps,
        Err(why) => return Ok(change.ended(End::Refused(why))),
    };
    change.notes.extend(notes(&snapshot, &change.steps, now));
    if options.write.dry_run {
        return Ok(change.ended(End::DryRun));
    }
    if !options.write.confirm(globals.json, table, &diff(&change.displayed()), &change.notes)? {
        return Ok(change.ended(End::Declined));
    }
    let keys: Vec<Key> = change.steps.iter().map(|step| step.key.clone()).collect();
    let mut backoff = Backoff::of(&dynamodb);
    loop {
        match write(&writer, &snapshot.heads, &change.steps, &mut backoff).await {
            Ok(heads) => return Ok(change.ended(End::Written(heads.revision()))),
            Err(Unwritten::Conflict(_)) if backoff.wait_for_others().await => {}
            Err(unwritten) => return Err(unwritten.failure()),
        }
        let newer = snapshot.refresh(&dynamodb, table, &keys).await?;
        register = register.with(newer, &Head { revision: snapshot.revision, ..Head::default() }, now);
        match checked_plan(&snapshot, &register, now, &plan) {
            Ok(steps) if steps == change.steps => {}
            Ok(_) => {
                let why = "another writer changed the same records: review them, and run the command again";
                return Ok(change.ended(End::Refused(why.to_owned())));
            }
            Err(why) => return Ok(change.ended(End::Refused(why))),
        }
    }
}

/// The steps of the plan, unless the gate would report faults once they are written.
fn checked_plan(
    snapshot: &Snapshot,
    register: &Register,
    now: Timestamp,
    plan: impl Fn(&Snapshot) -> Result<Vec<Step>, String>,
) -> Result<Vec<Step>, String> {
    let steps = plan(snapshot)?;
    let faults = faults_upon(register, &steps, now);
    if faults.is_empty() {
        Ok(steps)
    } else {
        Err(format!("the gate could not rely on the result: {}", faults.join("; ")))
    }
}

impl Change<'_> {
    fn ended(self, end: End) -> Self {
        Self { end, ..self }
    }

    /// The steps as they may be displayed.
    fn displayed(&self) -> Vec<Step> {
        self.steps.iter().cloned().map(self.redact).collect()
    }

    /// The result of the command: `done` describes the register after the write, `unchanged` when no write was needed.
    pub(crate) fn outcome(self, done: &str, unchanged: &str) -> Outcome {
        let dry_run = self.options.write.dry_run;
        let table = &self.options.register.register_table;
        let (is_fine, message, revision) = match &self.end {
            End::Unchanged => (true, format!("Nothing was changed: {unchanged}"), None),
            End::DryRun => (true, "Nothing was changed: this is a dry run.".to_owned(), None),
            End::Declined => (false, "Nothing was changed: you declined.".to_owned(), None),
            End::Refused(why) => (false, format!("Nothing was changed: {why}."), None),
            End::Written(revision) => (true, format!("Written, revision {revision}: {done}"), Some(*revision)),
        };
        let json = || {
            json!({"ok": is_fine, "says": message, "revision": revision, "dry_run": dry_run,
                   "changes": self.displayed().iter().map(Step::json).collect::<Vec<Value>>(),
                   "notes": self.notes, "table": table})
        };
        let shown = match self.end {
            End::DryRun => with_notes(&diff(&self.displayed()), &self.notes),
            End::Unchanged | End::Declined | End::Refused(_) | End::Written(_) => String::new(),
        };
        let outcome = Outcome::new(self.globals.json, json, shown + &text_line!("{message}"), is_fine);
        if matches!(self.end, End::Refused(_)) { outcome.not_done() } else { outcome }
    }
}

/// Why steps were not written.
pub(crate) enum Unwritten {
    /// The register has changed: plan again.
    Conflict(WriteError),
    /// They could not be written.
    Failed(WriteError),
    /// They may have been written, or may still be.
    Unknown(WriteError),
}

/// Writes steps, on condition that the register still has the heads that the plan was made from.
pub(crate) async fn write(
    writer: &RegisterWriter,
    heads: &Basis,
    steps: &[Step],
    backoff: &mut Backoff,
) -> Result<Basis, Unwritten> {
    let mut is_unknown = false;
    loop {
        let changes = steps.iter().map(|step| (step.before.clone(), step.after.clone())).collect();
        let error = match writer.replace_at(heads, changes).await {
            Ok(heads) => return Ok(heads),
            Err(error) => error,
        };
        is_unknown |= matches!(error, WriteError::Unknown(_));
        // Once an answer is lost, only another revision in its place proves that nothing was written.
        if matches!(error, WriteError::Moved(_)) || (error.is_conflict() && !is_unknown) {
            return Err(Unwritten::Conflict(error));
        }
        if !(is_unknown || error.is_passing()) || !backoff.wait().await {
            return Err(if is_unknown { Unwritten::Unknown(error) } else { Unwritten::Failed(error) });
        }
    }
}

impl Unwritten {
    /// The error for the operator.
    pub(crate) fn failure(self) -> Failure {
        match self {
            Self::Conflict(error) => Failure::of(
                "nothing was changed: other writers changed the register until `--timeout`; run the command again",
                error,
            ),
            Self::Failed(error) => Failure::of("nothing was changed", error),
            Self::Unknown(error) => Failure::of(
                "it is unknown whether the change was written: check the records, and run the same command again, which \
                 writes what is missing",
                error,
            ),
        }
    }
}
