//! I/O. Writing a plan in batches. Each is one transaction on the revision of the batch before.

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
use crate::item::unattributed;
use crate::options::Globals;
use crate::outcome::Failure;
use crate::progress::bar;
use crate::snapshot::Snapshot;

/// Number of callers' records written at a time, each in its own transaction.
const CONCURRENT_WRITES: usize = 16;

/// Time after which other writers get a turn, so that an urgent embargo does not wait for a whole folder.
const TURN: Duration = Duration::from_secs(2);

/// The result of writing a plan.
pub(super) struct Written {
    /// Number of written records.
    pub(super) records: usize,
    /// The register's revision.
    pub(super) revision: u64,
    /// Unwritten records.
    pub(super) left: Vec<String>,
    /// Why some are unwritten; absent if all are written.
    pub(super) why: Option<String>,
}

/// Why writing stopped.
enum Stopped {
    /// Another writer changed what was displayed.
    Refused(String),
    /// A write failed.
    Failed(Failure),
}

/// Writing in progress.
struct Progress<'a> {
    target: &'a Target,
    writer: RegisterWriter,
    dynamodb: aws_sdk_dynamodb::Client,
    snapshot: Snapshot,
    progress: ProgressBar,
    written: usize,
}

/// Writes the plan: steps that restrict, then callers' records, then steps that permit.
///
/// # Errors
/// Nothing was written.
pub(super) async fn write(
    target: &Target,
    globals: &Globals,
    planned: Planned,
    now: Timestamp,
) -> Result<Written, Failure> {
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
                "{together} of them affect the same models and both restrict and permit, and at most {MOST_RECORDS} can change together: apply parts of the folder first"
            );
            let left = plan.callers.into_iter().map(|step| step.id);
            let left = plan.steps.iter().map(|step| step.key.to_string()).chain(left).collect();
            return Ok(Written { records: 0, revision: snapshot.revision, left, why: Some(why) });
        }
    };
    let dynamodb = globals.aws.dynamodb().await;
    let writer = RegisterWriter::new(dynamodb.clone(), target.register.register_table.clone());
    let progress = bar(plan.steps.len().saturating_add(plan.callers.len()), "records");
    let mut running = Progress { target, writer, dynamodb, snapshot, progress, written: 0 };
    let mut left: Vec<String> = Vec::new();
    let mut why = running.register(restricting, &mut left, now).await;
    if why.is_none() {
        why = running.callers(plan.callers, &mut left, now).await;
    } else {
        left.extend(plan.callers.into_iter().map(|step| step.id));
    }
    if why.is_none() {
        why = running.register(permitting, &mut left, now).await;
    } else {
        left.extend(permitting.iter().flatten().map(|step| step.key.to_string()));
    }
    running.progress.finish_and_clear();
    match why {
        Some(Stopped::Failed(failure)) if running.written == 0 => Err(failure),
        stopped => {
            let why = stopped.map(|stopped| match stopped {
                Stopped::Refused(why) => why,
                Stopped::Failed(failure) => ErrorChain(&failure).to_string(),
            });
            Ok(Written { records: running.written, revision: running.snapshot.revision, left, why })
        }
    }
}

impl Progress<'_> {
    /// Writes batches in order, and yields to other writers. If it stops, returns why and adds the unwritten records to `left`.
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

    /// Writes one batch. After a conflict it continues only if the unwritten records are as displayed, and the gate could rely
    /// on the result.
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
            // What another writer has written with the same content is done.
            let (written, open): (Vec<Step>, Vec<Step>) =
                batch.into_iter().partition(|step| is_done(self.snapshot.records.get(&step.key), step));
            self.done(&written);
            batch = open;
            let still: Vec<Step> = batch.iter().chain(rest.iter().flatten()).cloned().collect();
            if let Some(why) = changed_since_display(&self.snapshot, &still, now) {
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
        let written: Vec<(String, Option<String>)> = iter(steps).map(one).buffered(CONCURRENT_WRITES).collect().await;
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
            Ok(Some(current)) if content(&current) == content(after) => None,
            _ => Some(format!("another writer changed `{id}`")),
        },
        Err(failure) => Some(ErrorChain(&failure).to_string()),
    }
}

/// Why the steps can no longer be written.
fn changed_since_display(snapshot: &Snapshot, steps: &[Step], now: Timestamp) -> Option<String> {
    let other = |step: &&Step| {
        let current = snapshot.records.get(&step.key);
        current != step.before.as_ref() && !is_done(current, step)
    };
    if let Some(Step { key, .. }) = steps.iter().find(other) {
        return Some(format!("another writer changed `{key}`"));
    }
    let found = faults(snapshot, steps, now);
    (!found.is_empty()).then(|| {
        format!("another writer changed the register, and the gate could not rely on the result: {}", found.join("; "))
    })
}

/// Whether a record has the content that a step gives it.
fn is_done(current: Option<&Item>, step: &Step) -> bool {
    current != step.before.as_ref() && current.is_some_and(|current| unattributed(current) == unattributed(&step.after))
}
