//! I/O. Making a change of the register: read, planned, shown, agreed to, written.

use std::convert::identity;

use export_gate::record::Head;
use export_gate::register::history::Key;
use export_gate::register::{Register, RegisterWriter};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::notes::notes;
use super::step::{Step, diff, faults_upon};
use super::write::{Unwritten, write};
use crate::aws::Aws;
use crate::backoff::Backoff;
use crate::confirm::agrees;
use crate::display::text_line;
use crate::outcome::{Failure, Outcome};
use crate::output::notice;
use crate::snapshot::Snapshot;
use crate::table_options::RegisterTable;

/// How a change is made.
#[derive(clap::Args)]
pub(crate) struct Manner {
    #[command(flatten)]
    pub(crate) register: RegisterTable,
    /// Don't ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) aws: Aws,
}

/// What came of a change.
pub(crate) struct Made {
    /// The records that were to change.
    pub(super) steps: Vec<Step>,
    /// What is shown of each.
    veil: fn(Step) -> Step,
    /// The revision that they bear now; absent where nothing was written.
    revision: Option<u64>,
    /// What looks like a slip.
    notes: Vec<String>,
    /// Why nothing was written; absent where all is as wanted.
    refused: Option<String>,
}

/// Makes the change that `plan` finds, by the register as it stands. What is written is what was shown: where somebody
/// else changes one of its records meanwhile, nothing is. `plan` says why not where there can be no such change.
pub(crate) async fn make(
    manner: &Manner,
    now: Timestamp,
    plan: impl Fn(&Snapshot) -> Result<Vec<Step>, String>,
) -> Result<Made, Failure> {
    make_as(manner, now, Vec::new(), identity, plan).await
}

/// [`make`], with notes of the command's own, which are told before anybody is asked.
pub(crate) async fn make_noting(
    manner: &Manner,
    now: Timestamp,
    own_notes: Vec<String>,
    plan: impl Fn(&Snapshot) -> Result<Vec<Step>, String>,
) -> Result<Made, Failure> {
    make_as(manner, now, own_notes, identity, plan).await
}

/// [`make`], where `veil` is what anybody is shown of a step; what is written is the step itself.
pub(crate) async fn make_veiled(
    manner: &Manner,
    now: Timestamp,
    veil: fn(Step) -> Step,
    plan: impl Fn(&Snapshot) -> Result<Vec<Step>, String>,
) -> Result<Made, Failure> {
    make_as(manner, now, Vec::new(), veil, plan).await
}

async fn make_as(
    manner: &Manner,
    now: Timestamp,
    own_notes: Vec<String>,
    veil: fn(Step) -> Step,
    plan: impl Fn(&Snapshot) -> Result<Vec<Step>, String>,
) -> Result<Made, Failure> {
    let dynamodb = manner.aws.dynamodb().await;
    let table = &manner.register.register_table;
    let writer = RegisterWriter::new(dynamodb.clone(), table.clone());
    let mut made = Made { steps: Vec::new(), veil, revision: None, notes: own_notes, refused: None };
    let mut snapshot = Snapshot::read(&dynamodb, table).await?;
    let mut register = snapshot.register(now);
    made.steps = match planned(&snapshot, &register, now, &plan) {
        Ok(steps) if steps.is_empty() => return Ok(made),
        Ok(steps) => steps,
        Err(why) => return Ok(made.refused(&why)),
    };
    made.notes.extend(notes(&snapshot, &made.steps, now));
    if !made.is_agreed(manner)? {
        return Ok(made.refused("you did not agree"));
    }
    let keys: Vec<Key> = made.steps.iter().map(|step| step.key.clone()).collect();
    let mut backoff = Backoff::of(&dynamodb);
    loop {
        match write(&writer, &snapshot.heads, &made.steps, &mut backoff).await {
            Ok(heads) => return Ok(Made { revision: Some(heads.revision()), ..made }),
            Err(Unwritten::Conflict(_)) if backoff.wait_for_others().await => {}
            Err(unwritten) => return Err(unwritten.failure()),
        }
        let newer = snapshot.refresh(&dynamodb, table, &keys).await?;
        register = register.with(newer, &Head { revision: snapshot.revision, ..Head::default() }, now);
        match planned(&snapshot, &register, now, &plan) {
            Ok(steps) if steps == made.steps => {}
            Ok(_) => {
                return Ok(made.refused("somebody else changed the same records meanwhile: look, and run it again"));
            }
            Err(why) => return Ok(made.refused(&why)),
        }
    }
}

/// The steps by the register as it stands; why not, where the gate would find fault with what they leave.
fn planned(
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
        Err(format!("the gate could not rely on what this leaves: {}", faults.join("; ")))
    }
}

impl Made {
    /// Shows the steps and asks. A script that takes JSON and asks nobody is shown nothing.
    fn is_agreed(&self, manner: &Manner) -> Result<bool, Failure> {
        if !(manner.json && manner.yes) {
            notice(&diff(&self.shown()));
            for note in &self.notes {
                notice(&text_line!("note: {note}"));
            }
        }
        Ok(manner.yes || agrees(&manner.register.register_table)?)
    }

    /// The steps as they may be shown.
    fn shown(&self) -> Vec<Step> {
        self.steps.iter().cloned().map(self.veil).collect()
    }

    fn refused(self, why: &str) -> Self {
        Self { refused: Some(why.to_owned()), ..self }
    }

    /// What is printed: `done` says what holds once it is written, `already` what holds where nothing had to be.
    pub(crate) fn outcome(self, manner: &Manner, done: &str, already: &str) -> Outcome {
        let (is_fine, says) = match (&self.refused, self.revision) {
            (Some(why), _) => (false, format!("Nothing was changed: {why}.")),
            (None, Some(revision)) => (true, format!("Written, revision {revision}: {done}")),
            (None, None) => (true, format!("Nothing was changed: {already}")),
        };
        let json = || {
            json!({"ok": is_fine, "says": says.clone(), "revision": self.revision,
                   "changes": self.shown().iter().map(Step::told).collect::<Vec<Value>>(),
                   "notes": self.notes, "table": manner.register.register_table})
        };
        Outcome::new(manner.json, json, text_line!("{says}"), is_fine)
    }
}
