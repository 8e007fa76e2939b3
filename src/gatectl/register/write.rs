//! I/O. Writing what was planned: batch by batch, each one transaction on what the one before left.

use std::collections::VecDeque;
use std::time::Duration;

use export_gate::error_chain::ErrorChain;
use export_gate::record::Item;
use export_gate::register::history::Key;
use export_gate::register::{MOST_RECORDS, RegisterWriter};
use futures_util::stream::{StreamExt as _, iter};
use indicatif::ProgressBar;
use jiff::Timestamp;
use tokio::time::Instant;

use super::compare::CallerStep;
use super::order::{Batches, batches};
use super::plan::{Planned, Target};
use crate::backoff::Backoff;
use crate::callers::{Callers, content};
use crate::change::{self, Step, Unwritten, faults};
use crate::item::substance;
use crate::outcome::Failure;
use crate::progress::bar;
use crate::snapshot::Snapshot;

/// How many callers' records are written at a time: each is a transaction of its own.
const AT_A_TIME: usize = 16;

/// How long batches follow each other before other writers get a turn: one directive must not wait for a whole folder.
const TURN: Duration = Duration::from_secs(2);

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
enum Stopped {
    /// It should not: others changed what was shown.
    Refused(String),
    /// It could not.
    Failed(Failure),
}

/// The register on the way from one state to the other.
struct Way<'a> {
    target: &'a Target,
    writer: RegisterWriter,
    dynamodb: aws_sdk_dynamodb::Client,
    snapshot: Snapshot,
    progress: ProgressBar,
    written: usize,
}

/// Writes the plan. What restricts comes before callers' records, and what permits comes behind them.
///
/// # Errors
/// Where nothing at all was written.
pub(super) async fn write(target: &Target, planned: Planned, now: Timestamp) -> Result<Written, Failure> {
    let Planned { snapshot, plan, .. } = planned;
    let Batches { restricting, permitting } = match batches(
        &snapshot,
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
            return Ok(Written { records: 0, revision: snapshot.revision, left, why: Some(why) });
        }
    };
    let dynamodb = target.aws.dynamodb().await;
    let writer = RegisterWriter::new(dynamodb.clone(), target.register.register_table.clone());
    let progress = bar(plan.steps.len().saturating_add(plan.callers.len()), "records");
    let mut way = Way { target, writer, dynamodb, snapshot, progress, written: 0 };
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
        Some(Stopped::Failed(failure)) if way.written == 0 => Err(failure),
        stopped => {
            let why = stopped.map(|stopped| match stopped {
                Stopped::Refused(why) => why,
                Stopped::Failed(failure) => ErrorChain(&failure).to_string(),
            });
            Ok(Written { records: way.written, revision: way.snapshot.revision, left, why })
        }
    }
}

impl Way<'_> {
    /// Writes batches one after the other, and lets other writers go ahead in between. Returns why it stopped, where it
    /// did, and adds what is left then.
    async fn register(&mut self, batches: Vec<Vec<Step>>, left: &mut Vec<String>, now: Timestamp) -> Option<Stopped> {
        let mut batches = VecDeque::from(batches);
        let mut turn = Instant::now();
        while let Some(batch) = batches.pop_front() {
            if turn.elapsed() >= TURN {
                Backoff::of(&self.dynamodb).let_others_ahead().await;
                turn = Instant::now();
            }
            if let Err((why, batch)) = self.batch(batch, &batches, now).await {
                left.extend(batch.iter().chain(batches.iter().flatten()).map(|step| step.key.to_string()));
                return Some(why);
            }
        }
        None
    }

    /// Writes one batch. Where somebody else was faster, it goes on only if what is still to be written stands as it was
    /// shown, and the gate could rely on what comes of it.
    async fn batch(
        &mut self,
        mut batch: Vec<Step>,
        rest: &VecDeque<Vec<Step>>,
        now: Timestamp,
    ) -> Result<(), (Stopped, Vec<Step>)> {
        let mut backoff = Backoff::of(&self.dynamodb);
        while !batch.is_empty() {
            match change::write(&self.writer, &self.snapshot.heads, &batch, &mut backoff).await {
                Ok(heads) => {
                    self.snapshot.wrote(heads, batch.iter().map(|step| step.after.clone()));
                    self.done(&batch);
                    return Ok(());
                }
                Err(Unwritten::Conflict(_)) if backoff.let_others_ahead().await => {}
                Err(unwritten) => return Err((Stopped::Failed(unwritten.failure()), batch)),
            }
            let keys: Vec<Key> = batch.iter().map(|step| step.key.clone()).collect();
            let table = &self.target.register.register_table;
            if let Err(failure) = self.snapshot.refresh(&self.dynamodb, table, &keys).await {
                return Err((Stopped::Failed(failure), batch));
            }
            // What somebody else wrote to the letter is done.
            let (written, open): (Vec<Step>, Vec<Step>) =
                batch.into_iter().partition(|step| is_done(self.snapshot.records.get(&step.key), step));
            self.done(&written);
            batch = open;
            let still: Vec<Step> = batch.iter().chain(rest.iter().flatten()).cloned().collect();
            if let Some(why) = other_than_shown(&self.snapshot, &still, now) {
                return Err((Stopped::Refused(why), batch));
            }
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
                    first.get_or_insert(Stopped::Refused(why));
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
        Err(failure) => Some(ErrorChain(&failure).to_string()),
    }
}

/// Why the steps can't be made any more.
fn other_than_shown(snapshot: &Snapshot, steps: &[Step], now: Timestamp) -> Option<String> {
    let other = |step: &&Step| {
        let there = snapshot.records.get(&step.key);
        there != step.before.as_ref() && !is_done(there, step)
    };
    if let Some(Step { key, .. }) = steps.iter().find(other) {
        return Some(format!("somebody else changed `{key}` meanwhile"));
    }
    let found = faults(snapshot, steps, now);
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
