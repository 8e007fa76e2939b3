//! I/O. Quotas of licences, leased in blocks, so that a busy environment waits for no counter and no counter is hot.
//!
//! A block is leased by a conditional update that never lets `leased` pass the quota, however often it is sent. The rest
//! of a block that an environment no longer needs is returned by an update that is sent once. A quota is never exceeded;
//! what is lost is the rest of a block whose environment ends, and an update whose outcome stays unknown.

mod lease;
#[cfg(test)]
mod protocol;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use crate::aws::connections::{Connections, FIRST_WAIT, TRIES, is_passing, single_attempts};
use crate::record::{Item, Licence, Record};

use lease::{Block, Lease, count, largest, most};

/// The item that enforces a licence's quota; the others count by model.
const ENFORCING: &str = "*";

/// The usage table, and what this environment holds of it.
#[derive(Debug)]
pub struct Quotas {
    dynamodb: DynamoDb,
    /// Sends each update once: here it counts what each attempt came to.
    writer: DynamoDb,
    table: String,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// By licence.
    leases: HashMap<String, Lease>,
    /// Rests of blocks that are still to be returned.
    returns: Vec<Block>,
    /// What is still to be added to the counts by licence and model.
    counts: BTreeMap<(String, String), i64>,
}

/// One request of each of these licences' quotas. It may be given back where the model didn't run.
#[derive(Debug, Default)]
#[must_use = "what is drawn is used up"]
pub struct Drawn {
    licences: Vec<Arc<Record<Licence>>>,
    /// The model that they were drawn for.
    model: String,
}

/// Licences that have nothing left.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Exhausted {
    /// Their ids.
    pub licences: BTreeSet<String>,
    /// Those of them whose use can't be read, so that it counts as all of the quota.
    pub unreadable: BTreeSet<String>,
}

/// Why nothing was drawn.
#[derive(Debug)]
pub enum DrawError {
    /// These licences have nothing left.
    Exhausted(Exhausted),
    /// Nobody knows what they have left.
    Unknown(UsageError),
}

/// Why the usage table could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// An update failed.
    #[error("the quota could not be leased or returned")]
    Update(#[source] Box<SdkError<UpdateItemError>>),
    /// There were no random numbers to know an update by.
    #[error("the quota could not be leased: no random numbers: {0}")]
    Chance(getrandom::Error),
    /// Reading what is leased failed.
    #[error("the quota's use could not be read")]
    Read(#[source] Box<SdkError<GetItemError>>),
}

/// What an update came to that was sent once.
enum Sent {
    Updated(Option<Item>),
    /// Its condition doesn't hold for this item.
    Refused(Option<Item>),
    NotWritten(SdkError<UpdateItemError>),
    Unknown(SdkError<UpdateItemError>),
}

/// What a lease came to.
enum Leased {
    Block,
    /// Nothing is left.
    Nothing,
    /// What is leased can't be read.
    Unreadable,
}

impl Quotas {
    /// Quotas over this table, with nothing leased yet.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, table: String) -> Self {
        let writer = DynamoDb::from_conf(single_attempts(&dynamodb).build());
        Self { dynamodb, writer, table, held: Mutex::default() }
    }

    /// Takes one request of each licence's quota; leases first where nothing is left of this environment's block.
    ///
    /// # Errors
    /// [`DrawError`]; then nothing is taken.
    pub async fn draw(
        &self,
        licences: &[Arc<Record<Licence>>],
        model: &str,
        now: Timestamp,
    ) -> Result<Drawn, DrawError> {
        let mut drawn = Drawn { licences: Vec::new(), model: model.to_owned() };
        for licence in licences {
            let failure = match self.draw_one(licence, model, now).await {
                Ok(Leased::Block) => {
                    drawn.licences.push(Arc::clone(licence));
                    continue;
                }
                Ok(Leased::Nothing) => DrawError::Exhausted(Exhausted::of(licence, false)),
                Ok(Leased::Unreadable) => DrawError::Exhausted(Exhausted::of(licence, true)),
                Err(failure) => DrawError::Unknown(failure),
            };
            self.give_back(drawn);
            return Err(failure);
        }
        Ok(drawn)
    }

    async fn draw_one(&self, licence: &Record<Licence>, model: &str, now: Timestamp) -> Result<Leased, UsageError> {
        self.held().lease(licence).ask(now);
        self.confirm(licence).await?;
        if self.held().lease(licence).take(licence.meta.revision) {
            return Ok(Leased::Block);
        }
        self.lease(licence, model, now, 1).await
    }

    /// Gives back what was drawn. [`Quotas::tend`] returns what this environment does not need itself.
    pub fn give_back(&self, drawn: Drawn) {
        let mut held = self.held();
        for licence in drawn.licences {
            held.credit(&licence, &drawn.model, 1);
        }
    }

    /// What is done while the model runs or the ledger writes: leases the next block of what was drawn to its end,
    /// returns what this environment no longer needs, and counts both by model.
    ///
    /// # Errors
    /// [`UsageError`]; what was surely not written is written at the next request.
    pub async fn tend(&self, drawn: &Drawn, now: Timestamp) -> Result<(), UsageError> {
        for licence in &drawn.licences {
            if self.held().lease(licence).needs_more(now) {
                self.lease(licence, &drawn.model, now, 0).await?;
            }
        }
        self.held().retire(now);
        self.return_rests().await?;
        self.count().await
    }

    /// Which of these licences have nothing left, without taking any.
    ///
    /// # Errors
    /// [`UsageError`] where nobody knows.
    pub async fn exhausted(&self, licences: &[Arc<Record<Licence>>]) -> Result<Exhausted, UsageError> {
        let mut exhausted = Exhausted::default();
        for licence in licences {
            let Some(quota) = quota_of(licence) else { continue };
            let (left, is_unconfirmed) = {
                let mut held = self.held();
                let lease = held.lease(licence);
                (lease.left, lease.is_unconfirmed(licence.meta.revision))
            };
            if left > 0 && !is_unconfirmed {
                continue;
            }
            let leased = self.leased(&licence.meta.id).await?;
            // What is left under another revision is confirmed or returned before it is drawn on.
            if leased.is_none_or(|leased| leased.saturating_sub(left) >= quota) {
                exhausted.add(Exhausted::of(licence, leased.is_none()));
            }
        }
        Ok(exhausted)
    }

    /// What is left of a block that was leased under another revision of the licence may be used where what is leased is
    /// within this one's quota. If not, it is returned.
    async fn confirm(&self, licence: &Record<Licence>) -> Result<(), UsageError> {
        let revision = licence.meta.revision;
        let Some(quota) = quota_of(licence) else { return Ok(()) };
        let before = {
            let mut held = self.held();
            let lease = held.lease(licence);
            if !lease.is_unconfirmed(revision) {
                return Ok(());
            }
            lease.revision
        };
        let leased = self.leased(&licence.meta.id).await?;
        {
            let mut held = self.held();
            let lease = held.lease(licence);
            match leased.and_then(|leased| quota.checked_sub(leased)) {
                Some(unleased) if lease.revision == before => (lease.revision, lease.unleased) = (revision, unleased),
                Some(_) | None => held.abandon(&licence.meta.id),
            }
        }
        self.return_rests().await
    }

    /// Leases a block, of which `taken` requests are drawn at once.
    async fn lease(
        &self,
        licence: &Record<Licence>,
        model: &str,
        now: Timestamp,
        taken: u64,
    ) -> Result<Leased, UsageError> {
        let Some(quota) = quota_of(licence) else { return Ok(Leased::Nothing) };
        let id = &licence.meta.id;
        let mut wanted = {
            let mut held = self.held();
            let lease = held.lease(licence);
            lease.unleased = lease.unleased.min(quota);
            lease.block(now)
        };
        loop {
            let Some(most) = most(quota, wanted) else { return Ok(Leased::Nothing) };
            let (is_leased, leased) = self.add(id, wanted, most).await?;
            let Some(leased) = leased else { return Ok(Leased::Unreadable) };
            let mut held = self.held();
            if is_leased {
                held.count(id, model, wanted, i64::saturating_add);
                held.credit(licence, model, wanted.saturating_sub(taken));
            }
            held.lease(licence).unleased = quota.saturating_sub(leased);
            if is_leased {
                return Ok(Leased::Block);
            }
            // What was known was old. Without a request that waits for it, the next block is as well leased then.
            if wanted == 1 || taken == 0 {
                return Ok(Leased::Nothing);
            }
            wanted = 1;
        }
    }

    /// Adds `wanted` to what is leased where that is `most` at most: whether it was added, and what is leased now, `None`
    /// where it can't be read. An attempt that may have landed is known by its number when it is made again.
    async fn add(&self, id: &str, wanted: u64, most: u64) -> Result<(bool, Option<u64>), UsageError> {
        let number = number()?;
        let mut wait = FIRST_WAIT;
        for attempt in 1.. {
            let update = self
                .update(id, ENFORCING, "ADD #leased :wanted SET #by = :by")
                .condition_expression(
                    "attribute_not_exists(#model) OR \
                     (#leased BETWEEN :none AND :most AND (attribute_not_exists(#by) OR #by <> :by))",
                )
                .expression_attribute_names("#model", "model")
                .expression_attribute_names("#by", "by")
                .expression_attribute_values(":wanted", n(wanted))
                .expression_attribute_values(":none", n(0_u64))
                .expression_attribute_values(":most", n(most))
                .expression_attribute_values(":by", AttributeValue::S(number.clone()))
                .return_values(ReturnValue::UpdatedNew);
            match self.send(update).await {
                Sent::Updated(item) => return Ok((true, item.as_ref().and_then(leased_in))),
                Sent::Refused(item) => {
                    let item = match item {
                        Some(item) => Some(item),
                        None => self.item(id).await?,
                    };
                    let is_leased = item.as_ref().and_then(|item| item.get("by")?.as_s().ok()) == Some(&number);
                    return Ok((is_leased, item.as_ref().map_or(Some(0), leased_in)));
                }
                Sent::NotWritten(error) | Sent::Unknown(error) if attempt == TRIES || !is_passing(&error) => {
                    return Err(UsageError::Update(Box::new(error)));
                }
                Sent::NotWritten(_) | Sent::Unknown(_) => {}
            }
            tokio::time::sleep(wait).await;
            wait = wait.saturating_mul(2);
        }
        Ok((false, None)) // not reached: the last attempt returns
    }

    /// Returns the rests that this environment no longer needs. One that may have been returned counts as returned: at
    /// worst it is lost.
    async fn return_rests(&self) -> Result<(), UsageError> {
        loop {
            // It is taken out before it is sent: if this future is dropped on the way, it may still land.
            let Some(Block { licence, model, requests }) = self.held().returns.pop() else { return Ok(()) };
            let update = self
                .update(&licence, ENFORCING, "ADD #leased :returned")
                .condition_expression("#leased BETWEEN :least AND :largest")
                .expression_attribute_values(":returned", AttributeValue::N(format!("-{requests}")))
                .expression_attribute_values(":least", n(requests))
                .expression_attribute_values(":largest", n(largest()));
            match self.send(update).await {
                Sent::Updated(_) => self.held().count(&licence, &model, requests, i64::saturating_sub),
                // The item was changed by hand, so that nothing is leased of it any more.
                Sent::Refused(_) => {}
                Sent::NotWritten(error) => {
                    self.held().returns.push(Block { licence, model, requests });
                    return Err(UsageError::Update(Box::new(error)));
                }
                Sent::Unknown(error) => return Err(UsageError::Update(Box::new(error))),
            }
        }
    }

    /// Counts blocks and rests for the models that they were leased for. The ledger is the truth; this is a reading aid,
    /// and what a crash or an unknown outcome leaves uncounted stays so.
    async fn count(&self) -> Result<(), UsageError> {
        loop {
            let Some(((licence, model), number)) = self.held().counts.pop_first() else { return Ok(()) };
            let update =
                self.update(&licence, &model, "ADD #leased :number").expression_attribute_values(":number", n(number));
            let update = if number < 0 {
                let update = update.condition_expression("#leased >= :least");
                update.expression_attribute_values(":least", n(number.saturating_neg()))
            } else {
                update
            };
            match self.send(update).await {
                Sent::Updated(_) | Sent::Refused(_) => {}
                Sent::NotWritten(error) => {
                    let mut held = self.held();
                    let count = held.counts.entry((licence, model)).or_default();
                    *count = count.saturating_add(number);
                    return Err(UsageError::Update(Box::new(error)));
                }
                Sent::Unknown(error) => return Err(UsageError::Update(Box::new(error))),
            }
        }
    }

    fn update(&self, licence: &str, model: &str, expression: &str) -> UpdateItemFluentBuilder {
        let update = self.writer.update_item().table_name(&self.table).set_key(Some(key(licence, model)));
        let update = update.update_expression(expression).expression_attribute_names("#leased", "leased");
        update.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    async fn send(&self, update: UpdateItemFluentBuilder) -> Sent {
        // One of its own, since updates may run side by side.
        let connections = Connections::default();
        match Box::pin(update.customize().interceptor(connections.clone()).send()).await {
            Ok(answer) => Sent::Updated(answer.attributes),
            Err(SdkError::ServiceError(service)) if service.err().is_conditional_check_failed_exception() => {
                let UpdateItemError::ConditionalCheckFailedException(failed) = service.into_err() else {
                    return Sent::Refused(None);
                };
                Sent::Refused(failed.item)
            }
            Err(error) if connections.is_unwritten(&error) => Sent::NotWritten(error),
            Err(error) => Sent::Unknown(error),
        }
    }

    /// What is leased; `None` where it can't be read.
    async fn leased(&self, id: &str) -> Result<Option<u64>, UsageError> {
        Ok(self.item(id).await?.as_ref().map_or(Some(0), leased_in))
    }

    async fn item(&self, id: &str) -> Result<Option<Item>, UsageError> {
        let read = self.dynamodb.get_item().table_name(&self.table).consistent_read(true);
        let answer = Box::pin(read.set_key(Some(key(id, ENFORCING))).send()).await;
        answer.map(|answer| answer.item).map_err(|error| UsageError::Read(Box::new(error)))
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn lease(&mut self, licence: &Record<Licence>) -> &mut Lease {
        self.leases.entry(licence.meta.id.clone()).or_default()
    }

    /// So many requests, leased for this model, may be used under this revision of the licence.
    fn credit(&mut self, licence: &Record<Licence>, model: &str, requests: u64) {
        if self.lease(licence).is_unconfirmed(licence.meta.revision) {
            self.abandon(&licence.meta.id);
        }
        let lease = self.lease(licence);
        (lease.revision, lease.left) = (licence.meta.revision, lease.left.saturating_add(requests));
        model.clone_into(&mut lease.model);
    }

    /// What is left of a block is to be returned.
    fn abandon(&mut self, id: &str) {
        if let Some(lease) = self.leases.get_mut(id).filter(|lease| lease.left > 0) {
            let requests = std::mem::take(&mut lease.left);
            self.returns.push(Block { licence: id.to_owned(), model: lease.model.clone(), requests });
        }
    }

    /// What this environment would not lease now is to be returned.
    fn retire(&mut self, now: Timestamp) {
        for (id, lease) in &mut self.leases {
            let requests = lease.unneeded(now);
            if requests > 0 {
                self.returns.push(Block { licence: id.clone(), model: lease.model.clone(), requests });
            }
        }
    }

    fn count(&mut self, licence: &str, model: &str, requests: u64, with: impl FnOnce(i64, i64) -> i64) {
        let count = self.counts.entry((licence.to_owned(), model.to_owned())).or_default();
        *count = with(*count, i64::try_from(requests).unwrap_or(i64::MAX));
        if *count == 0 {
            self.counts.remove(&(licence.to_owned(), model.to_owned()));
        }
    }
}

impl Exhausted {
    fn of(licence: &Record<Licence>, is_unreadable: bool) -> Self {
        let licences = BTreeSet::from([licence.meta.id.clone()]);
        Self { unreadable: if is_unreadable { licences.clone() } else { BTreeSet::new() }, licences }
    }

    /// These too.
    pub fn add(&mut self, more: Self) {
        self.licences.extend(more.licences);
        self.unreadable.extend(more.unreadable);
    }
}

/// How much is leased by an item of the usage table. `None` unless that is a whole number from 0 to 2^53 − 1; such use
/// counts as all of the quota.
#[must_use]
pub fn leased_in(item: &Item) -> Option<u64> {
    count(item.get("leased")?.as_n().ok()?)
}

fn quota_of(licence: &Record<Licence>) -> Option<u64> {
    licence.quota.map(|quota| quota.requests)
}

fn key(licence: &str, model: &str) -> Item {
    HashMap::from([
        ("licence".to_owned(), AttributeValue::S(licence.to_owned())),
        ("model".to_owned(), AttributeValue::S(model.to_owned())),
    ])
}

fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// What an update is known by: 32 hex digits that no other has.
fn number() -> Result<String, UsageError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(UsageError::Chance)?;
    Ok(hex::encode(bytes))
}
