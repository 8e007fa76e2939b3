//! I/O. Writes entries to a hash chain, so that a changed, removed or inserted entry is detectable.
//!
//! INVARIANT: a write with an unknown outcome is retried unchanged before the next entry. A write that certainly failed
//! frees its number. An answer leaves only once its entry is certainly written.

#[cfg(test)]
mod protocol_model;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use tokio::sync::Mutex;

use super::entry::{Entry, NOTHING_BEFORE};
use super::storable::{Storable, Unstorable};
use crate::aws::connections::{Connections, FIRST_WAIT, TRIES, is_passing, single_attempts};
use crate::record::Item;
use crate::terms::Code;

/// The ledger's table, and this worker's chain in it.
#[derive(Debug)]
pub struct Ledger {
    dynamodb: DynamoDb,
    connections: Connections,
    table: String,
    chain: Mutex<Chain>,
    /// Completions that are not written yet.
    pending: std::sync::Mutex<Vec<Entry>>,
}

/// Proof that an entry is in the ledger. Every answer requires it.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "an answer requires this proof"]
pub struct Recorded {
    decision_id: String,
}

/// A permit that is in the ledger and has no answer yet.
///
/// INVARIANT: every permit without an answer gets a completion. If this value is dropped, the permit is completed as
/// `internal.failure` before the next entry.
#[derive(Debug)]
#[must_use = "call `answered` or `completed`"]
pub struct Unanswered<'a> {
    ledger: &'a Ledger,
    permit: Option<Entry>,
    decision_id: String,
}

/// Why an entry is not certainly in the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// It was certainly not written.
    #[error("the ledger entry was not written")]
    NotWritten(#[source] Box<SdkError<PutItemError>>),
    /// The outcome is unknown. The write is retried before the next entry.
    #[error("it is unknown whether the ledger entry was written")]
    Unknown(#[source] Box<SdkError<PutItemError>>),
    /// DynamoDB cannot store the entry.
    #[error(transparent)]
    Unstorable(#[from] Unstorable),
    /// No id could be generated for a new chain.
    #[error("no random id for a new chain of the ledger: {0}")]
    Unnamed(getrandom::Error),
    /// Other entries occupied its place in two chains.
    #[error("the ledger entry's place was taken by another entry in two chains")]
    Taken,
}

#[derive(Debug, Default)]
struct Chain {
    /// 32 hex digits; `None` before the first entry.
    id: Option<String>,
    /// The last entry's number, and its hash.
    seq: u64,
    hash: String,
    /// The last entry that was sent, while its outcome is unknown.
    unsettled: Option<Unsettled>,
}

#[derive(Debug)]
struct Unsettled {
    entry: Entry,
    hash: String,
    /// The entry as an item, for the first attempt.
    item: Option<Item>,
}

enum Put {
    Written,
    Taken,
    NotWritten(SdkError<PutItemError>),
    Unknown(SdkError<PutItemError>),
}

impl Recorded {
    /// `<chain>-<seq>`.
    #[must_use]
    pub fn decision_id(&self) -> &str {
        &self.decision_id
    }
}

impl Ledger {
    /// A ledger in this table with its own chain.
    #[must_use]
    pub fn new(dynamodb: &DynamoDb, table: String) -> Self {
        let connections = Connections::default();
        // No SDK retries: the outcome of each attempt matters here.
        let config = single_attempts(dynamodb).interceptor(connections.interceptor());
        Self {
            dynamodb: DynamoDb::from_conf(config.build()),
            connections,
            table,
            chain: Mutex::default(),
            pending: std::sync::Mutex::default(),
        }
    }

    /// Appends a permit.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub async fn permit(&self, permit: Storable) -> Result<Unanswered<'_>, LedgerError> {
        let permit = self.write(permit).await?;
        Ok(Unanswered { ledger: self, decision_id: permit.decision_id.clone(), permit: Some(permit) })
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// [`LedgerError`] if it is not certainly written. A permit that may have been written is completed as
    /// `ledger.unavailable` before the next entry.
    pub async fn record(&self, entry: Storable) -> Result<Recorded, LedgerError> {
        let Entry { decision_id, .. } = self.write(entry).await?;
        Ok(Recorded { decision_id })
    }

    async fn write(&self, entry: Storable) -> Result<Entry, LedgerError> {
        let mut chain = self.chain.lock().await;
        self.settle(&mut chain).await?;
        self.append(&mut chain, entry).await
    }

    /// Retries the write with an unknown outcome, then writes pending completions.
    async fn settle(&self, chain: &mut Chain) -> Result<(), LedgerError> {
        if let Some(unsettled) = &mut chain.unsettled {
            match self.put_until_known(unsettled).await {
                // Its request got no answer.
                Put::Written => {
                    let dropped = chain.advance().filter(Entry::is_permit).map(|permit| {
                        let at = permit.at.clone();
                        permit.completion(Code::LedgerUnavailable, at)
                    });
                    self.pending().extend(dropped);
                }
                // Another entry has its place, so it was never written.
                Put::Taken => drop(chain.abandon()),
                // An earlier attempt may have succeeded, whatever the outcome of this one.
                Put::NotWritten(error) | Put::Unknown(error) => return Err(LedgerError::Unknown(Box::new(error))),
            }
        }
        while let Some(completion) = self.next_pending() {
            let appended = match completion.clone().storable() {
                Ok(completion) => self.append(chain, completion).await,
                Err(error) => Err(error.into()),
            };
            match appended {
                Ok(_) => {}
                // It is `unsettled` now, so it is retried.
                Err(error @ LedgerError::Unknown(_)) => return Err(error),
                Err(error) => {
                    self.pending().insert(0, completion);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, Vec<Entry>> {
        self.pending.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn next_pending(&self) -> Option<Entry> {
        let mut pending = self.pending();
        (!pending.is_empty()).then(|| pending.remove(0))
    }

    async fn append(&self, chain: &mut Chain, mut next: Storable) -> Result<Entry, LedgerError> {
        for _ in 0..2 {
            let (entry, hash, item) = next.seal(&chain.id()?, chain.next(), chain.last_hash())?;
            // Set before sending: if this future is dropped meanwhile, the entry may still be written.
            let unsettled = chain.unsettled.insert(Unsettled { entry, hash, item: Some(item) });
            match self.put_until_known(unsettled).await {
                Put::Written => return chain.advance().ok_or(LedgerError::Taken),
                Put::Taken => next = chain.abandon().ok_or(LedgerError::Taken)?.storable()?,
                Put::NotWritten(error) => {
                    chain.unsettled = None;
                    return Err(LedgerError::NotWritten(Box::new(error)));
                }
                Put::Unknown(error) => return Err(LedgerError::Unknown(Box::new(error))),
            }
        }
        Err(LedgerError::Taken)
    }

    async fn put_until_known(&self, unsettled: &mut Unsettled) -> Put {
        let mut backoff = FIRST_WAIT;
        let mut may_be_written = false;
        for attempt in 1..=TRIES {
            let put = self.put(unsettled).await;
            may_be_written |= matches!(put, Put::Unknown(_));
            match put {
                Put::Written | Put::Taken => return put,
                Put::NotWritten(error) if attempt == TRIES || !is_passing(&error) => {
                    return if may_be_written { Put::Unknown(error) } else { Put::NotWritten(error) };
                }
                Put::Unknown(_) if attempt == TRIES => return put,
                Put::NotWritten(_) | Put::Unknown(_) => {}
            }
            tokio::time::sleep(backoff).await;
            backoff = backoff.saturating_mul(2);
        }
        Put::Taken // not reached: the last attempt returns
    }

    async fn put(&self, Unsettled { entry, hash, item }: &mut Unsettled) -> Put {
        let item = match item.take().map_or_else(|| entry.item(hash), Ok) {
            Ok(item) => item,
            Err(error) => return Put::NotWritten(SdkError::construction_failure(error)),
        };
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#chain) OR #hash = :hash")
            .expression_attribute_names("#chain", "chain")
            .expression_attribute_names("#hash", "hash")
            .expression_attribute_values(":hash", AttributeValue::S(hash.clone()));
        match Box::pin(put.send()).await {
            Ok(_) => Put::Written,
            Err(error) => self.classify(error),
        }
    }

    fn classify(&self, error: SdkError<PutItemError>) -> Put {
        if let SdkError::ServiceError(service) = &error
            && service.err().is_conditional_check_failed_exception()
        {
            return Put::Taken;
        }
        if self.connections.is_unwritten(&error) { Put::NotWritten(error) } else { Put::Unknown(error) }
    }
}

impl Unanswered<'_> {
    /// The caller gets its answer.
    pub fn answered(mut self) -> Recorded {
        self.permit = None;
        Recorded { decision_id: std::mem::take(&mut self.decision_id) }
    }

    /// Completes the permit with `code`, which the caller gets instead of an answer. If writing fails, the completion is
    /// written before the next entry.
    ///
    /// # Errors
    /// [`LedgerError`] if the completion is not certainly written yet.
    pub async fn completed(mut self, code: Code, at: String) -> Result<Recorded, LedgerError> {
        let Some(permit) = self.permit.take() else { return Err(LedgerError::Taken) };
        self.ledger.pending().push(permit.completion(code, at));
        let mut chain = self.ledger.chain.lock().await;
        self.ledger.settle(&mut chain).await?;
        Ok(Recorded { decision_id: std::mem::take(&mut self.decision_id) })
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            let at = permit.at.clone();
            self.ledger.pending().push(permit.completion(Code::InternalFailure, at));
        }
    }
}

impl Chain {
    fn id(&mut self) -> Result<String, LedgerError> {
        if let Some(id) = &self.id {
            return Ok(id.clone());
        }
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(LedgerError::Unnamed)?;
        let id = hex::encode(bytes);
        self.id = Some(id.clone());
        Ok(id)
    }

    fn next(&self) -> u64 {
        self.seq.saturating_add(1)
    }

    fn last_hash(&self) -> &str {
        if self.seq == 0 { NOTHING_BEFORE } else { &self.hash }
    }

    /// The unsettled entry is written and becomes the last one.
    fn advance(&mut self) -> Option<Entry> {
        let Unsettled { entry, hash, .. } = self.unsettled.take()?;
        self.seq = self.next();
        self.hash = hash;
        Some(entry)
    }

    /// Begins a new chain, because another entry has the place of the unsettled one, which is returned.
    fn abandon(&mut self) -> Option<Entry> {
        std::mem::take(self).unsettled.map(|unsettled| unsettled.entry)
    }
}
