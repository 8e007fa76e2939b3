//! I/O. Writing what was planned: batch by batch, each one transaction on what the one before left.

use export_gate::causes::Causes;
use export_gate::record::Item;
use export_gate::register::{MOST_RECORDS, RegisterWriter, WriteTrouble};
use futures_util::stream::{StreamExt as _, iter};
use indicatif::ProgressBar;
use jiff::Timestamp;

use super::compare::CallerStep;
use super::order::{Batches, batches};
use super::plan::{Planned, Target};
use crate::callers::{Callers, content};
use crate::change::{Step, faults};
use crate::item::substance;
use crate::outcome::Trouble;
use crate::patience::Patience;
use crate::present::Present;
use crate::progress::bar;

/// How many callers' records are written at a time: each is a transaction of its own.
const AT_A_TIME: usize = 16;

/// What was written.
pub(super) struct Written {
    /// How many records are.
    pub(super) records: usize,
    /// The register's revision then.
    pub(super) revision: u64,
    /// Those that are not.
    pub(super) left: Vec<String>,
    /// Why not; absent where all are.
    pub(super) why: Option<String>,
}

/// Why it went no further.
struct Stopped {
    why: String,
    /// Whether it could not be done, rather than should not.
    is_trouble: bool,
}

/// The register on the way from one state to the other.
struct Way<'a> {
    target: &'a Target,
    writer: RegisterWriter,
    dynamodb: aws_sdk_dynamodb::Client,
    present: Present,
    progress: ProgressBar,
    written: usize,
}

/// Writes the plan. What restricts comes before callers' records, and what permits comes behind them.
///
/// # Errors
/// Where nothing at all was written.
pub(super) async fn write(target: &Target, planned: Planned, now: Timestamp) -> Result<Written, Trouble> {
    let Planned { present, plan, .. } = planned;
    let Batches { restricting, permitting } = match batches(
        &present,
        &plan.steps,
        MOST_RECORDS,
        plan.callers.is_empty(),
    ) {
        Ok(batches) => batches,
        Err(together) => {
            let why = format!(
                "{together} of them bear on the same models, each restricting and permitting more at once, and no more than {MOST_RECORDS} can change together: apply parts of the folder first"
            );
            let left = plan.callers.into_iter().map(|step| step.id);
            let left = plan.steps.iter().map(|step| step.key.to_string()).chain(left).collect();
            return Ok(Written { records: 0, revision: present.revision, left, why: Some(why) });
        }
    };
    let dynamodb = target.aws.dynamodb().await;
    let writer = RegisterWriter::new(dynamodb.clone(), target.register.register_table.clone());
    let progress = bar(plan.steps.len().saturating_add(plan.callers.len()), "records");
    let mut way = Way { target, writer, dynamodb, present, progress, written: 0 };
    let mut left: Vec<String> = Vec::new();
    let mut why = way.register(restricting, &mut left, now).await;
    if why.is_none() {
        why = way.callers(plan.callers, &mut left, now).await;
    } else {
        left.extend(plan.callers.into_iter().map(|step| step.id));
    }
    if why.is_none() {
        why = way.register(permitting, &mut left, now).await;
    } else {
        left.extend(permitting.iter().flatten().map(|step| step.key.to_string()));
    }
    way.progress.finish_and_clear();
    match why {
        Some(Stopped { why, is_trouble: true }) if way.written == 0 => {
            Err(Trouble::new(format!("nothing was changed: {why}")))
        }
        stopped => {
            let why = stopped.map(|stopped| stopped.why);
            Ok(Written { records: way.written, revision: way.present.revision, left, why })
        }
    }
}

impl Way<'_> {
    /// Writes batches one after the other. Returns why it stopped, where it did, and adds what is left then.
    async fn register(&mut self, batches: Vec<Vec<Step>>, left: &mut Vec<String>, now: Timestamp) -> Option<Stopped> {
        let mut batches = batches.into_iter();
        while let Some(batch) = batches.next() {
            let rest: Vec<Step> = batches.clone().flatten().collect();
            if let Err((why, batch)) = self.batch(batch, &rest, now).await {
                left.extend(batch.iter().chain(&rest).map(|step| step.key.to_string()));
                return Some(why);
            }
        }
        None
    }

    /// Writes one batch. Where somebody else was faster, it goes on only if what is still to be written stands as it was
    /// shown, and the gate could rely on what comes of it.
    async fn batch(&mut self, mut batch: Vec<Step>, rest: &[Step], now: Timestamp) -> Result<(), (Stopped, Vec<Step>)> {
        let mut patience = Patience::default();
        while !batch.is_empty() {
            let changes = batch.iter().map(|step| (step.before.clone(), step.after.clone())).collect();
            match self.writer.replace_at(self.present.revision, changes).await {
                Ok(revision) => {
                    self.present.revision = revision;
                    self.done(&batch);
                    return Ok(());
                }
                Err(error) if !is_worth_another(&error) || !patience.wait().await => {
                    let is_trouble = !error.is_conflict();
                    return Err((Stopped { why: Causes(&error).to_string(), is_trouble }, batch));
                }
                Err(_) => {}
            }
            // A table that is throttled is so for reads too.
            let Ok(present) = Present::read(&self.dynamodb, &self.target.register.register_table).await else {
                continue;
            };
            // What was written though its answer was lost is done, and so is what somebody else wrote to the letter.
            let (written, open): (Vec<Step>, Vec<Step>) =
                batch.into_iter().partition(|step| is_done(present.records.get(&step.key), step));
            self.done(&written);
            batch = open;
            let still: Vec<Step> = batch.iter().chain(rest).cloned().collect();
            if let Some(why) = other_than_shown(&present, &still, now) {
                return Err((Stopped { why, is_trouble: false }, batch));
            }
            self.present.revision = present.revision;
        }
        Ok(())
    }

    fn done(&mut self, steps: &[Step]) {
        self.written = self.written.saturating_add(steps.len());
        self.progress.inc(u64::try_from(steps.len()).unwrap_or_default());
    }

    /// Writes callers' records, several at a time.
    async fn callers(&mut self, steps: Vec<CallerStep>, left: &mut Vec<String>, now: Timestamp) -> Option<Stopped> {
        let table = self.target.callers_table.as_ref()?;
        let callers = Callers::new(self.dynamodb.clone(), table.clone());
        let one = |step: CallerStep| {
            let (callers, progress) = (&callers, &self.progress);
            async move {
                let why = caller(callers, &step, now).await;
                progress.inc(1);
                (step.id, why)
            }
        };
        let written: Vec<(String, Option<String>)> = iter(steps).map(one).buffered(AT_A_TIME).collect().await;
        let mut first = None;
        for (id, why) in written {
            match why {
                None => self.written = self.written.saturating_add(1),
                Some(why) => {
                    left.push(id);
                    first.get_or_insert(Stopped { why, is_trouble: false });
                }
            }
        }
        first
    }
}

async fn caller(callers: &Callers, CallerStep { id, before, after }: &CallerStep, now: Timestamp) -> Option<String> {
    match callers.replace(before.as_ref(), after.clone(), now).await {
        Ok(true) => None,
        Ok(false) => match callers.record(id).await {
            Ok(Some(there)) if content(&there) == content(after) => None,
            _ => Some(format!("somebody else changed `{id}` meanwhile")),
        },
        Err(trouble) => Some(Causes(&trouble).to_string()),
    }
}

fn is_worth_another(error: &WriteTrouble) -> bool {
    error.is_conflict() || error.is_passing()
}

/// Why the steps can't be made any more.
fn other_than_shown(present: &Present, steps: &[Step], now: Timestamp) -> Option<String> {
    let other = |step: &&Step| {
        let there = present.records.get(&step.key);
        there != step.before.as_ref() && !is_done(there, step)
    };
    if let Some(Step { key, .. }) = steps.iter().find(other) {
        return Some(format!("somebody else changed `{key}` meanwhile"));
    }
    let found = faults(present, steps, now);
    (!found.is_empty()).then(|| {
        format!(
            "somebody else changed the register, and the gate could not rely on what comes of both: {}",
            found.join("; ")
        )
    })
}

/// Whether a record is what a step makes of it.
fn is_done(there: Option<&Item>, step: &Step) -> bool {
    there != step.before.as_ref() && there.is_some_and(|there| substance(there) == substance(&step.after))
}
