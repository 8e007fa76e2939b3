//! I/O. `register-watch`: what was changed by hand becomes a change like any other, with a revision, its history and the
//! heads moved, so that every gate reads it.
//!
//! Every step may come twice, since a stream sends again what failed, and none does harm the second time.

mod heads;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::DynamoDbEventResponse;
use aws_sdk_dynamodb::Client as DynamoDb;
use export_gate::error_chain::ErrorChain;
use export_gate::record::{Item, is_same};
use export_gate::register::history::{self, HISTORY, Key, revision_of};
use export_gate::register::{Fault, GRACE, RegisterStore, RegisterWriter, WriteError};

use crate::alarm::{Alarms, Untold, listed};
use crate::metric;
use crate::parked::{self, Parked};
use crate::serve::ask_again;
use crate::stream::{self, Change, Told};
use heads::HeadsError;

/// How often a change that others interrupted is tried anew before the stream is asked to send it again.
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
    /// The faults that the operators were told of: record, and why.
    told: Mutex<BTreeSet<(Key, String)>>,
}

/// Why a change could not be seen to.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// An item without a key.
    #[error("an item of the stream has no `kind` or `id`")]
    NoKey,
    /// The register could not be read or written.
    #[error("the register's record could not be seen to")]
    Write(#[from] WriteError),
    /// Others were always faster.
    #[error("others changed the register {TRIES} times while `{0}` was to get its revision")]
    Interrupted(Key),
    /// The heads could not be read or put right.
    #[error("the register's heads could not be seen to")]
    Heads(#[from] HeadsError),
    /// The operators could not be told.
    #[error(transparent)]
    Untold(#[from] Untold),
}

impl WatchError {
    /// Whether the same change fails however often the stream sends it.
    fn is_permanent(&self) -> bool {
        match self {
            Self::NoKey | Self::Heads(HeadsError::Unmade(_)) => true,
            Self::Write(failure) | Self::Heads(HeadsError::Write(failure)) => failure.is_permanent(),
            Self::Interrupted(_) | Self::Heads(HeadsError::Read(_) | HeadsError::Records(_)) | Self::Untold(_) => false,
        }
    }
}

/// What operators do about changes that register-watch cannot process.
const ADVICE: &str = "register-watch cannot process these changes, and goes on with those after them. A record that was \
    written by hand has no revision then, and no gate applies it: change the record (split a large one, or use a list), \
    or write it with gatectl. The function's log has the error.";

/// The changes of a batch, by revision: many records of a batch were most often written by the same one.
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
            told: Mutex::default(),
        }
    }

    /// Sees to every change of a batch, then tells the operators of each record that can't be relied on. A change that
    /// fails permanently is reported and passed over; from one that fails otherwise on, the batch is asked for again.
    pub async fn handle(&self, event: Event) -> DynamoDbEventResponse {
        let first = stream::first(&event);
        let (changes, mut parked) = stream::read(event);
        let mut known = Changes::new();
        let mut again = None;
        for Told { sequence, change, .. } in &changes {
            match self.see_to(change, &mut known).await {
                Ok(()) => {}
                Err(failure) if failure.is_permanent() => parked.push(self.park(change, &failure)),
                Err(failure) => {
                    again = Some(ask_again(&failure, Some(sequence.clone())));
                    break;
                }
            }
        }
        if let Err(failure) = parked::report(&self.alarms, &parked, ADVICE).await {
            return ask_again(&failure, first);
        }
        if let Some(again) = again {
            return again;
        }
        match self.look_over().await {
            Ok(()) => stream::again_from(None),
            Err(failure) => ask_again(&failure, first),
        }
    }

    /// The log has the whole error, which may quote the record; operators get its kind.
    fn park(&self, change: &Change, failure: &WatchError) -> Parked {
        let (Change::Put { new: image, .. } | Change::Removed { old: image }) = change;
        let key = Key::of(image).map_or_else(|| "?".to_owned(), |key| key.to_string());
        tracing::error!(record = key, failure = %ErrorChain(failure), "the change cannot be processed");
        let why = match failure {
            WatchError::Write(WriteError::Unstorable(_, why)) => format!("DynamoDB cannot store it: {why}"),
            WatchError::Heads(HeadsError::Write(_)) | WatchError::Write(_) => "DynamoDB refuses the write".to_owned(),
            WatchError::NoKey | WatchError::Interrupted(_) | WatchError::Heads(_) | WatchError::Untold(_) => {
                ErrorChain(failure).to_string()
            }
        };
        Parked::new(key, why)
    }

    async fn see_to(&self, change: &Change, known: &mut Changes) -> Result<(), WatchError> {
        let image = match change {
            Change::Put { old: Some(old), new } if is_same(old, new) => return Ok(()),
            Change::Put { new, .. } => new,
            Change::Removed { old } => old,
        };
        let key = Key::of(image).ok_or(WatchError::NoKey)?;
        // A list's chunks are written before their list, and count through it.
        if key.kind.starts_with("chunk#") {
            return Ok(());
        }
        if key.kind.starts_with("head#") {
            return self.see_to_head(change, known).await;
        }
        if key.kind.starts_with(HISTORY) {
            return self.see_to_history(&key, change).await;
        }
        for attempt in 1..=TRIES {
            let outcome = match change {
                Change::Put { old, new } => self.see_to_put(&key, old.as_ref(), new, known).await,
                Change::Removed { old } => self.see_to_removal(&key, old, known).await,
            };
            match outcome {
                // The heads may be the reason, though their change comes behind this one.
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

    async fn see_to_put(
        &self,
        key: &Key,
        old: Option<&Item>,
        new: &Item,
        known: &mut Changes,
    ) -> Result<(), WatchError> {
        if self.is_written(key, new, known).await? {
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
            repaired(key, settled?, "a record edited by hand has got its revision");
        } else if let Some(old) = old {
            // Another edit came behind this one, and is told next. The version before must not be lost between them.
            self.writer.keep(old).await?;
        }
        Ok(())
    }

    async fn see_to_removal(&self, key: &Key, old: &Item, known: &mut Changes) -> Result<(), WatchError> {
        match self.writer.get(key).await? {
            None => {
                let revision = self.writer.restore(old.clone()).await?;
                repaired(key, revision, "a record deleted by hand is back");
            }
            Some(there) if self.is_written(key, &there, known).await? => self.writer.keep(old).await?,
            // Put again by hand, perhaps as another: who read the register in between must read it anew.
            Some(there) => {
                let revision = self.writer.settle(there, Some(old.clone())).await?;
                repaired(key, revision, "a record deleted and put again by hand has got its revision");
            }
        }
        Ok(())
    }

    /// A writer raises all heads by one, and lists what it wrote. Any other change of a head was made by hand: then the
    /// records decide what the heads should state.
    async fn see_to_head(&self, change: &Change, known: &mut Changes) -> Result<(), WatchError> {
        if let Change::Put { old, new } = change {
            let before = old.as_ref().map_or(Some(0), revision_of);
            let revision = before.and_then(|before| before.checked_add(1));
            if let Some(revision) = revision.filter(|revision| revision_of(new) == Some(*revision))
                && self.change(revision, known).await?.is_some()
            {
                return Ok(());
            }
        }
        match change {
            Change::Put { old, .. } => self.repair_heads(old.as_ref()).await,
            Change::Removed { old } => self.repair_heads(Some(old)).await,
        }
    }

    /// Repairs the heads unless they are right. `earlier` is a head as it stood before.
    async fn repair_heads(&self, earlier: Option<&Item>) -> Result<(), WatchError> {
        for _ in 0..TRIES {
            match heads::repair(&self.dynamodb, &self.table, &self.writer, &self.register, earlier).await {
                Err(HeadsError::Write(failure)) if failure.is_conflict() => {}
                Ok(Some(revision)) => {
                    repaired(&Key::head(0), revision, "heads that were edited or deleted by hand are repaired");
                    return Ok(());
                }
                outcome => return Ok(outcome.map(drop)?),
            }
        }
        Err(WatchError::Interrupted(Key::head(0)))
    }

    /// Whether a writer put `there`, and nobody has replaced it since: it is to the letter what its revision wrote, and
    /// the history has no such version. A revision that was typed, copied or left as it was does not pass.
    async fn is_written(&self, key: &Key, there: &Item, known: &mut Changes) -> Result<bool, WatchError> {
        let Some(revision) = revision_of(there) else { return Ok(false) };
        let change = self.change(revision, known).await?;
        Ok(change.is_some_and(|change| history::wrote(change, key, there)) && !self.writer.keeps(there).await?)
    }

    /// The register's own list of what a revision wrote, which is written with it.
    async fn change<'a>(&self, revision: u64, known: &'a mut Changes) -> Result<Option<&'a Item>, WatchError> {
        if !known.contains_key(&revision)
            && let Some(change) = self.writer.get(&history::change_key(revision)).await?
        {
            known.insert(revision, change);
        }
        Ok(known.get(&revision))
    }

    /// The past only grows. What was taken out of it is put back; what was changed in it is told.
    async fn see_to_history(&self, key: &Key, change: &Change) -> Result<(), WatchError> {
        match change {
            Change::Put { old: None, .. } => Ok(()),
            Change::Put { old: Some(_), .. } => {
                let subject = format!("export-gate: the register's history was changed: {key}");
                let message = format!(
                    "`{key}` holds an earlier version of a record, and was edited. The table's point-in-time recovery \
                     has what it was."
                );
                Ok(self.alarms.tell(&subject, &message).await?)
            }
            Change::Removed { old } => {
                self.writer.put_back(old.clone(), None).await?;
                repaired(key, 0, "an item of the history that was deleted by hand is back");
                Ok(())
            }
        }
    }

    /// Reads the register as a gate would, and tells of each record that can't be relied on, once.
    async fn look_over(&self) -> Result<(), WatchError> {
        let register = match self.register.newest(jiff::Timestamp::now()).await {
            Ok(register) => register,
            // The gates say so too, with 503; the changes themselves are seen to.
            Err(failure) => {
                tracing::error!(failure = %ErrorChain(&failure), "the register can't be read whole");
                return Ok(());
            }
        };
        let faults = register.faults();
        metric::count("UnreadableRecords", faults.len());
        let named = |fault: &Fault| (Key { kind: fault.kind.clone(), id: fault.id.clone() }, fault.why.clone());
        let current: BTreeSet<(Key, String)> = faults.iter().map(named).collect();
        let new: Vec<(Key, String)> = current.difference(&self.told()).cloned().collect();
        // One message for all: an edit by hand of many records would outlast the function's time-out otherwise.
        if let Some((key, _)) = new.first() {
            let subject = match new.len() {
                1 => format!("export-gate: {key} can't be relied on"),
                count => format!("export-gate: {count} records can't be relied on: {key}, …"),
            };
            let lines: Vec<String> = new.iter().map(|(key, why)| format!("`{key}`: {why}")).collect();
            let message = format!(
                "The gate can't rely on:\n{}\nA record that only permits counts as absent. For any other its last \
                 readable version serves for {} s, then the models that it concerns are refused (at once where it was \
                 not in force, or there was none). Mend the record, or withdraw it, in the register's table: it counts \
                 from the next request.",
                listed(&lines),
                GRACE.as_secs()
            );
            self.alarms.tell(&subject, &message).await?;
        }
        *self.told() = current;
        Ok(())
    }

    fn told(&self) -> std::sync::MutexGuard<'_, BTreeSet<(Key, String)>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn repaired(key: &Key, revision: u64, what: &str) {
    tracing::warn!(record = %key, revision, what);
    metric::count("RegisterRepairs", 1);
}
