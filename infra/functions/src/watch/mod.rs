//! I/O. `register-watch`: gives a manual change of the register a revision, its history and new heads, so that gates read it.
//!
//! INVARIANT: every step is idempotent, since a stream repeats what failed.

mod heads;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::DynamoDbEventResponse;
use aws_sdk_dynamodb::Client as DynamoDb;
use export_gate::error_chain::ErrorChain;
use export_gate::record::{Item, is_same};
use export_gate::register::history::{self, HISTORY, Key, revision_of};
use export_gate::register::{GRACE, RegisterStore, RegisterWriter, UnreadableRecord, WriteError};

use crate::alarm::{AlarmError, Alarms, listed};
use crate::metric;
use crate::parked::{self, Parked};
use crate::serve::retry;
use crate::stream::{self, Change, ChangeRecord};
use heads::HeadsError;

/// Attempts at a change that conflicts with other writers, before the stream retries it.
const TRIES: u32 = 5;

/// The watch over the register's table.
#[derive(Debug)]
pub struct Watch {
    dynamodb: DynamoDb,
    table: String,
    writer: RegisterWriter,
    /// The register as a gate would read it.
    register: RegisterStore,
    alarms: Alarms,
    /// The unreadable records already reported, each with its reason.
    reported: Mutex<BTreeSet<(Key, String)>>,
}

/// Why a change could not be processed.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// An item without a key.
    #[error("an item of the stream has no `kind` or `id`")]
    NoKey,
    /// The register could not be read or written.
    #[error("the record could not be processed")]
    Write(#[from] WriteError),
    /// Every attempt conflicted with another writer.
    #[error("other writers changed the register during all {TRIES} attempts to give `{0}` a revision")]
    Interrupted(Key),
    /// The heads could not be read or repaired.
    #[error("the register's heads could not be repaired")]
    Heads(#[from] HeadsError),
    /// The alarm could not be sent.
    #[error(transparent)]
    Alarm(#[from] AlarmError),
}

impl WatchError {
    /// Whether every retry of the change fails.
    fn is_permanent(&self) -> bool {
        match self {
            Self::NoKey | Self::Heads(HeadsError::Request(_)) => true,
            Self::Write(failure) | Self::Heads(HeadsError::Write(failure)) => failure.is_permanent(),
            Self::Interrupted(_) | Self::Heads(HeadsError::Read(_) | HeadsError::Records(_)) | Self::Alarm(_) => false,
        }
    }
}

/// Advice to operators about changes that cannot be processed.
const ADVICE: &str = "register-watch skipped these changes, since it cannot process them. A manually written record then has \
    no revision, and no gate applies it: change the record (split a large one, or use a list), or write it with gatectl. \
    The function's log has the error.";

/// A cache of changes by revision, since one change often wrote many records of a batch.
type Changes = HashMap<u64, Item>;

impl Watch {
    /// A watch over this table.
    #[must_use]
    pub fn new(dynamodb: &DynamoDb, table: String, alarms: Alarms) -> Self {
        Self {
            writer: RegisterWriter::new(dynamodb.clone(), table.clone()),
            register: RegisterStore::new(dynamodb.clone(), table.clone()),
            dynamodb: dynamodb.clone(),
            table,
            alarms,
            reported: Mutex::default(),
        }
    }

    /// Processes every change of a batch, then reports unreadable records. A change that fails permanently is reported and
    /// skipped; from any other failed change on, the batch is retried.
    pub async fn handle(&self, event: Event) -> DynamoDbEventResponse {
        let first = stream::first(&event);
        let (changes, mut parked) = stream::read(event);
        let mut cache = Changes::new();
        let mut again = None;
        for ChangeRecord { sequence, change, .. } in &changes {
            match self.process(change, &mut cache).await {
                Ok(()) => {}
                Err(failure) if failure.is_permanent() => parked.push(self.park(change, &failure)),
                Err(failure) => {
                    again = Some(retry(&failure, Some(sequence.clone())));
                    break;
                }
            }
        }
        if let Err(failure) = parked::report(&self.alarms, &parked, ADVICE).await {
            return retry(&failure, first);
        }
        if let Some(again) = again {
            return again;
        }
        match self.report_unreadable().await {
            Ok(()) => stream::retry_from(None),
            Err(failure) => retry(&failure, first),
        }
    }

    /// Logs the whole error, which can quote the record; the report has only its kind.
    fn park(&self, change: &Change, failure: &WatchError) -> Parked {
        let (Change::Put { new: image, .. } | Change::Removed { old: image }) = change;
        let key = Key::of(image).map_or_else(|| "?".to_owned(), |key| key.to_string());
        tracing::error!(record = key, failure = %ErrorChain(failure), "the change cannot be processed");
        let why = match failure {
            WatchError::Write(WriteError::Unstorable(_, why)) => format!("DynamoDB cannot store it: {why}"),
            WatchError::Heads(HeadsError::Write(_)) | WatchError::Write(_) => "DynamoDB rejected the write".to_owned(),
            WatchError::NoKey | WatchError::Interrupted(_) | WatchError::Heads(_) | WatchError::Alarm(_) => {
                ErrorChain(failure).to_string()
            }
        };
        Parked::new(key, why)
    }

    async fn process(&self, change: &Change, cache: &mut Changes) -> Result<(), WatchError> {
        let image = match change {
            Change::Put { old: Some(old), new } if is_same(old, new) => return Ok(()),
            Change::Put { new, .. } => new,
            Change::Removed { old } => old,
        };
        let key = Key::of(image).ok_or(WatchError::NoKey)?;
        // A list's chunks are written before their list and take effect with it.
        if key.kind.starts_with("chunk#") {
            return Ok(());
        }
        if key.kind.starts_with("head#") {
            return self.process_head(change, cache).await;
        }
        if key.kind.starts_with(HISTORY) {
            return self.process_history(&key, change).await;
        }
        for attempt in 1..=TRIES {
            let outcome = match change {
                Change::Put { old, new } => self.process_put(&key, old.as_ref(), new, cache).await,
                Change::Removed { old } => self.process_removal(&key, old, cache).await,
            };
            match outcome {
                // The heads can be the reason, although their change is later in the batch.
                Err(WatchError::Write(WriteError::BadHead(_))) => self.repair_heads(None).await?,
                Err(WatchError::Write(failure)) if failure.is_conflict() && attempt == TRIES / 2 => {
                    self.repair_heads(None).await?;
                }
                Err(WatchError::Write(failure)) if failure.is_conflict() => {}
                outcome => return outcome,
            }
        }
        Err(WatchError::Interrupted(key))
    }

    async fn process_put(
        &self,
        key: &Key,
        old: Option<&Item>,
        new: &Item,
        cache: &mut Changes,
    ) -> Result<(), WatchError> {
        if self.is_written(key, new, cache).await? {
            return Ok(());
        }
        let there = self.writer.get(key).await?;
        if there.is_some_and(|there| is_same(&there, new)) {
            let settled = self.writer.settle(new.clone(), old.cloned()).await;
            if let (Err(failure), Some(old)) = (&settled, old)
                && failure.is_permanent()
            {
                self.writer.keep(old).await?;
            }
            repaired(key, settled?, "a manually edited record was given its revision");
        } else if let Some(old) = old {
            // A later edit follows in the stream. The version before this one must stay in the history.
            self.writer.keep(old).await?;
        }
        Ok(())
    }

    async fn process_removal(&self, key: &Key, old: &Item, cache: &mut Changes) -> Result<(), WatchError> {
        match self.writer.get(key).await? {
            None => {
                let revision = self.writer.restore(old.clone()).await?;
                repaired(key, revision, "a manually deleted record was restored");
            }
            Some(there) if self.is_written(key, &there, cache).await? => self.writer.keep(old).await?,
            // Added again manually, perhaps changed: gates that read the register in between must read it again.
            Some(there) => {
                let revision = self.writer.settle(there, Some(old.clone())).await?;
                repaired(key, revision, "a manually deleted and re-added record was given its revision");
            }
        }
        Ok(())
    }

    /// A writer raises all heads by one and lists what it wrote. Any other change of a head is manual: then the heads are
    /// rebuilt from the records.
    async fn process_head(&self, change: &Change, cache: &mut Changes) -> Result<(), WatchError> {
        if let Change::Put { old, new } = change {
            let before = old.as_ref().map_or(Some(0), revision_of);
            let revision = before.and_then(|before| before.checked_add(1));
            if let Some(revision) = revision.filter(|revision| revision_of(new) == Some(*revision))
                && self.change(revision, cache).await?.is_some()
            {
                return Ok(());
            }
        }
        match change {
            Change::Put { old, .. } => self.repair_heads(old.as_ref()).await,
            Change::Removed { old } => self.repair_heads(Some(old)).await,
        }
    }

    /// Repairs the heads if they are wrong. `earlier` is a previous version of a head.
    async fn repair_heads(&self, earlier: Option<&Item>) -> Result<(), WatchError> {
        for _ in 0..TRIES {
            match heads::repair(&self.dynamodb, &self.table, &self.writer, &self.register, earlier).await {
                Err(HeadsError::Write(failure)) if failure.is_conflict() => {}
                Ok(Some(revision)) => {
                    repaired(&Key::head(0), revision, "manually changed heads were repaired");
                    return Ok(());
                }
                outcome => return Ok(outcome.map(drop)?),
            }
        }
        Err(WatchError::Interrupted(Key::head(0)))
    }

    /// Whether a writer wrote `there`: it equals what its revision wrote, and the history has no such version. A revision
    /// that was typed, copied or kept in a manual edit does not pass.
    async fn is_written(&self, key: &Key, there: &Item, cache: &mut Changes) -> Result<bool, WatchError> {
        let Some(revision) = revision_of(there) else { return Ok(false) };
        let change = self.change(revision, cache).await?;
        Ok(change.is_some_and(|change| history::wrote(change, key, there)) && !self.writer.keeps(there).await?)
    }

    /// The register's list of what a revision wrote.
    async fn change<'a>(&self, revision: u64, cache: &'a mut Changes) -> Result<Option<&'a Item>, WatchError> {
        if !cache.contains_key(&revision)
            && let Some(change) = self.writer.get(&history::change_key(revision)).await?
        {
            cache.insert(revision, change);
        }
        Ok(cache.get(&revision))
    }

    /// The history is append-only: a deleted version is restored, and a changed one is reported.
    async fn process_history(&self, key: &Key, change: &Change) -> Result<(), WatchError> {
        match change {
            Change::Put { old: None, .. } => Ok(()),
            Change::Put { old: Some(_), .. } => {
                let subject = format!("export-gate: the register's history was changed: {key}");
                let message = format!(
                    "`{key}` is an earlier version of a record, and was edited. Point-in-time recovery of the table has \
                     the original."
                );
                Ok(self.alarms.send(&subject, &message).await?)
            }
            Change::Removed { old } => {
                self.writer.put_back(old.clone(), None).await?;
                repaired(key, 0, "a manually deleted version was restored to the history");
                Ok(())
            }
        }
    }

    /// Reads the register as a gate does, and reports each unreadable record once.
    async fn report_unreadable(&self) -> Result<(), WatchError> {
        let register = match self.register.newest(jiff::Timestamp::now()).await {
            Ok(register) => register,
            // Gates report this too, with 503; the changes themselves are processed.
            Err(failure) => {
                tracing::error!(failure = %ErrorChain(&failure), "the register cannot be read");
                return Ok(());
            }
        };
        let faults = register.unreadable();
        metric::count("UnreadableRecords", faults.len());
        let named =
            |fault: &UnreadableRecord| (Key { kind: fault.kind.clone(), id: fault.id.clone() }, fault.why.clone());
        let current: BTreeSet<(Key, String)> = faults.iter().map(named).collect();
        let new: Vec<(Key, String)> = current.difference(&self.reported()).cloned().collect();
        // One message for all, since many messages could exceed the function's time-out.
        if let Some((key, _)) = new.first() {
            let subject = match new.len() {
                1 => format!("export-gate: {key} is unreadable"),
                count => format!("export-gate: {count} records are unreadable: {key}, …"),
            };
            let lines: Vec<String> = new.iter().map(|(key, why)| format!("`{key}`: {why}")).collect();
            let message = format!(
                "The gate cannot read:\n{}\nAn unreadable record that only permits counts as absent. For any other, the \
                 last readable version applies for {} s; then its models are refused (at once if that version was not \
                 in force, or does not exist). Correct or withdraw the record in the register's table: this takes effect \
                 with the next request.",
                listed(&lines),
                GRACE.as_secs()
            );
            self.alarms.send(&subject, &message).await?;
        }
        *self.reported() = current;
        Ok(())
    }

    fn reported(&self) -> std::sync::MutexGuard<'_, BTreeSet<(Key, String)>> {
        self.reported.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn repaired(key: &Key, revision: u64, what: &str) {
    tracing::warn!(record = %key, revision, what);
    metric::count("RegisterRepairs", 1);
}
