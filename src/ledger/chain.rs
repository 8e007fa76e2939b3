//! I/O. Writing entries, each behind the one before, so that none can be changed, removed or slipped in unseen.
//!
//! A write that may or may not have landed is put again, byte for byte, before anything is chained behind it. A write
//! that surely didn't land leaves its number free. Nothing is answered for that isn't known to be there.

#[cfg(test)]
mod model;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use tokio::sync::Mutex;

use super::entry::{Draft, Entry, NOTHING_BEFORE};
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
    /// Completions that are still to be written.
    owed: std::sync::Mutex<Vec<Draft>>,
}

/// The proof that an entry is in the ledger. Answers are made of it.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "an entry is written so that an answer may leave"]
pub struct Recorded {
    decision_id: String,
}

/// A permit that is in the ledger and has given no answer yet. Unless it is told how it ended, it is completed as
/// `internal.failure` before the next entry: whatever drops it, the ledger doesn't keep quiet about it.
#[derive(Debug)]
#[must_use = "say how the permit ended"]
pub struct Unanswered<'a> {
    ledger: &'a Ledger,
    permit: Option<Entry>,
    decision_id: String,
}

/// Why an entry is not known to be in the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Surely not written.
    #[error("the ledger's entry was not written")]
    NotWritten(#[source] Box<SdkError<PutItemError>>),
    /// Written or not, nobody knows. It is put again before the next one.
    #[error("nobody knows whether the ledger's entry was written")]
    Unknown(#[source] Box<SdkError<PutItemError>>),
    /// DynamoDB can't store the entry.
    #[error(transparent)]
    Unstorable(#[from] Unstorable),
    /// A new chain could not be named.
    #[error("a new chain of the ledger could not be named: no random numbers: {0}")]
    Unnamed(getrandom::Error),
    /// Other entries stood in the place of this one, in two chains.
    #[error("the places of the ledger's entry were taken")]
    Taken,
}

#[derive(Debug, Default)]
struct Chain {
    /// 32 hex digits; none before the first entry.
    id: Option<String>,
    /// The last entry's number, and its hash.
    seq: u64,
    hash: String,
    /// The entry that was sent last and is not known to be there.
    unsettled: Option<Unsettled>,
}

#[derive(Debug)]
struct Unsettled {
    entry: Entry,
    hash: String,
    /// The entry as an item, for the first try.
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
    /// A ledger over this table, with a chain of its own. `dynamodb` is the configuration to write with.
    #[must_use]
    pub fn new(dynamodb: &DynamoDb, table: String) -> Self {
        let connections = Connections::default();
        // The tries are made here, where it counts what each came to.
        let config = single_attempts(dynamodb).interceptor(connections.interceptor());
        Self {
            dynamodb: DynamoDb::from_conf(config.build()),
            connections,
            table,
            chain: Mutex::default(),
            owed: std::sync::Mutex::default(),
        }
    }

    /// Writes a permit behind the last entry.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub async fn permit(&self, permit: Storable) -> Result<Unanswered<'_>, LedgerError> {
        let permit = self.write(permit).await?;
        Ok(Unanswered { ledger: self, decision_id: permit.decision_id.clone(), permit: Some(permit) })
    }

    /// Writes an entry behind the last one.
    ///
    /// # Errors
    /// [`LedgerError`] where it is not known to be there. Where it may be there all the same and was a permit, it is
    /// completed as `ledger.unavailable` before the next entry.
    pub async fn record(&self, entry: Storable) -> Result<Recorded, LedgerError> {
        let Entry { decision_id, .. } = self.write(entry).await?;
        Ok(Recorded { decision_id })
    }

    async fn write(&self, entry: Storable) -> Result<Entry, LedgerError> {
        let mut chain = self.chain.lock().await;
        self.settle(&mut chain).await?;
        self.append(&mut chain, entry).await
    }

    /// Puts what may or may not be there again, then writes what is owed.
    async fn settle(&self, chain: &mut Chain) -> Result<(), LedgerError> {
        if let Some(unsettled) = &mut chain.unsettled {
            match self.put_until_known(unsettled).await {
                // Its permit gave no answer.
                Put::Written => {
                    let dropped = chain.advance().filter(Entry::is_permit).map(|permit| {
                        let at = permit.at.clone();
                        permit.completion(Code::LedgerUnavailable, at)
                    });
                    self.owed().extend(dropped);
                }
                // Another entry stands in its place, so this one never landed.
                Put::Taken => drop(chain.abandon()),
                // An earlier try may have landed, whatever this one came to.
                Put::NotWritten(error) | Put::Unknown(error) => return Err(LedgerError::Unknown(Box::new(error))),
            }
        }
        while let Some(draft) = self.next_owed() {
            let appended = match draft.clone().storable() {
                Ok(completion) => self.append(chain, completion).await,
                Err(error) => Err(error.into()),
            };
            match appended {
                Ok(_) => {}
                // It is among the unsettled now.
                Err(error @ LedgerError::Unknown(_)) => return Err(error),
                Err(error) => {
                    self.owed().insert(0, draft);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn owed(&self) -> std::sync::MutexGuard<'_, Vec<Draft>> {
        self.owed.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn next_owed(&self) -> Option<Draft> {
        let mut owed = self.owed();
        (!owed.is_empty()).then(|| owed.remove(0))
    }

    async fn append(&self, chain: &mut Chain, mut next: Storable) -> Result<Entry, LedgerError> {
        for _ in 0..2 {
            let (entry, hash, item) = next.seal(&chain.id()?, chain.next(), chain.last_hash())?;
            // Noted before it is sent: if this future is dropped on the way, the entry may still land.
            let unsettled = chain.unsettled.insert(Unsettled { entry, hash, item: Some(item) });
            match self.put_until_known(unsettled).await {
                Put::Written => return chain.advance().ok_or(LedgerError::Taken),
                Put::Taken => next = chain.abandon().ok_or(LedgerError::Taken)?.unsealed().storable()?,
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
        let mut wait = FIRST_WAIT;
        let mut may_have_landed = false;
        for attempt in 1..=TRIES {
            let put = self.put(unsettled).await;
            may_have_landed |= matches!(put, Put::Unknown(_));
            match put {
                Put::Written | Put::Taken => return put,
                Put::NotWritten(error) if attempt == TRIES || !is_passing(&error) => {
                    return if may_have_landed { Put::Unknown(error) } else { Put::NotWritten(error) };
                }
                Put::Unknown(_) if attempt == TRIES => return put,
                Put::NotWritten(_) | Put::Unknown(_) => {}
            }
            tokio::time::sleep(wait).await;
            wait = wait.saturating_mul(2);
        }
        Put::Taken // not reached: the last try returns
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

    /// The caller gets `code` instead; written before it is told. Where that fails, it is written before the next entry.
    ///
    /// # Errors
    /// [`LedgerError`] where the completion is not known to be there yet.
    pub async fn completed(mut self, code: Code, at: String) -> Result<Recorded, LedgerError> {
        let Some(permit) = self.permit.take() else { return Err(LedgerError::Taken) };
        self.ledger.owed().push(permit.completion(code, at));
        let mut chain = self.ledger.chain.lock().await;
        self.ledger.settle(&mut chain).await?;
        Ok(Recorded { decision_id: std::mem::take(&mut self.decision_id) })
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            let at = permit.at.clone();
            self.ledger.owed().push(permit.completion(Code::InternalFailure, at));
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

    /// What was unsettled is there, and the next one comes behind it.
    fn advance(&mut self) -> Option<Entry> {
        let Unsettled { entry, hash, .. } = self.unsettled.take()?;
        self.seq = self.next();
        self.hash = hash;
        Some(entry)
    }

    /// Begins a new chain, since another entry stands where this one's next would. Gives what found no place.
    fn abandon(&mut self) -> Option<Entry> {
        std::mem::take(self).unsettled.map(|unsettled| unsettled.entry)
    }
}
