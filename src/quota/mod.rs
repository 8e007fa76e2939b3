//! I/O. Licence quotas, leased in blocks, so that requests seldom wait for the counter and the counter is no hot key.
//!
//! INVARIANT: a quota is never exceeded. A block is leased by a conditional update, which keeps `leased` within the quota
//! even if it is repeated. The unneeded rest of a block is returned by an update that is sent once. Requests are lost only
//! with the block of an environment that ends, or with an update whose outcome stays unknown.

mod lease;
#[cfg(test)]
mod protocol_model;

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

use lease::{Block, Lease, count, largest, most_leased};

/// The `model` of the item that enforces a licence's quota; other items count by model.
const ENFORCING: &str = "*";

/// The usage table, and this environment's leases.
#[derive(Debug)]
pub struct Quotas {
    dynamodb: DynamoDb,
    /// Does not retry: the outcome of each attempt matters here.
    writer: DynamoDb,
    table: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By licence.
    leases: HashMap<String, Lease>,
    /// Rests of blocks that are not returned yet.
    returns: Vec<Block>,
    /// Changes of the counts by licence and model that are not written yet.
    counts: BTreeMap<(String, String), i64>,
}

/// One request of the quota of each of these licences. It can be given back if the model did not run.
#[derive(Debug, Default)]
#[must_use = "a drawn request counts as used unless it is given back"]
pub struct Drawn {
    licences: Vec<Arc<Record<Licence>>>,
    /// The model that they were drawn for.
    model: String,
}

/// Licences whose quota is used up.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Exhausted {
    /// Their ids.
    pub licences: BTreeSet<String>,
    /// The licences among them whose use is unreadable, so that the quota counts as used up.
    pub unreadable: BTreeSet<String>,
}

/// Why nothing was drawn.
#[derive(Debug)]
pub enum DrawError {
    /// The quotas of these licences are used up.
    Exhausted(Exhausted),
    /// What is left is unknown.
    Unknown(UsageError),
}

/// Why the usage table could not be read or updated.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// An update failed.
    #[error("the quota could not be leased or returned")]
    Update(#[source] Box<SdkError<UpdateItemError>>),
    /// No random id could be generated for an update.
    #[error("the quota could not be leased: no random numbers: {0}")]
    Chance(getrandom::Error),
    /// The use could not be read.
    #[error("the quota's use could not be read")]
    Read(#[source] Box<SdkError<GetItemError>>),
}

/// The outcome of one attempt at an update.
enum Sent {
    Updated(Option<Item>),
    /// The condition failed for this item.
    ConditionFailed(Option<Item>),
    NotWritten(SdkError<UpdateItemError>),
    Unknown(SdkError<UpdateItemError>),
}

/// The outcome of leasing a block.
enum Leased {
    Block,
    /// The quota is used up.
    Nothing,
    /// The use is unreadable.
    Unreadable,
}

impl Quotas {
    /// Quotas in this table, without a lease.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, table: String) -> Self {
        let writer = DynamoDb::from_conf(single_attempts(&dynamodb).build());
        Self { dynamodb, writer, table, state: Mutex::default() }
    }

    /// Takes one request of each licence's quota. Leases a block first if this environment has nothing left.
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
        self.state().lease(licence).note_request(now);
        self.confirm(licence).await?;
        if self.state().lease(licence).take(licence.meta.revision) {
            return Ok(Leased::Block);
        }
        self.lease(licence, model, now, 1).await
    }

    /// Gives drawn requests back to this environment's lease. [`Quotas::tend`] returns what it does not need.
    pub fn give_back(&self, drawn: Drawn) {
        let mut state = self.state();
        for licence in drawn.licences {
            state.credit(&licence, &drawn.model, 1);
        }
    }

    /// The work that can run beside the model or the ledger. It leases the next block where the last one is used up, returns
    /// what this environment no longer needs, and counts both by model.
    ///
    /// # Errors
    /// [`UsageError`]; an update that was certainly not written is sent at the next request.
    pub async fn tend(&self, drawn: &Drawn, now: Timestamp) -> Result<(), UsageError> {
        for licence in &drawn.licences {
            if self.state().lease(licence).needs_more(now) {
                self.lease(licence, &drawn.model, now, 0).await?;
            }
        }
        self.state().retire(now);
        self.return_rests().await?;
        self.count().await
    }

    /// Which of these licences' quotas are used up; takes nothing.
    ///
    /// # Errors
    /// [`UsageError`] if that is unknown.
    pub async fn exhausted(&self, licences: &[Arc<Record<Licence>>]) -> Result<Exhausted, UsageError> {
        let mut exhausted = Exhausted::default();
        for licence in licences {
            let Some(quota) = quota_of(licence) else { continue };
            let (left, is_unconfirmed) = {
                let mut state = self.state();
                let lease = state.lease(licence);
                (lease.left, lease.is_unconfirmed(licence.meta.revision))
            };
            if left > 0 && !is_unconfirmed {
                continue;
            }
            let leased = self.leased(&licence.meta.id).await?;
            // What is left under another revision is confirmed or returned before it is used.
            if leased.is_none_or(|leased| leased.saturating_sub(left) >= quota) {
                exhausted.add(Exhausted::of(licence, leased.is_none()));
            }
        }
        Ok(exhausted)
    }

    /// Confirms what is left of a block that was leased under another revision of the licence. It may be used if the leased
    /// requests are within the current quota. Otherwise it is returned.
    async fn confirm(&self, licence: &Record<Licence>) -> Result<(), UsageError> {
        let revision = licence.meta.revision;
        let Some(quota) = quota_of(licence) else { return Ok(()) };
        let before = {
            let mut state = self.state();
            let lease = state.lease(licence);
            if !lease.is_unconfirmed(revision) {
                return Ok(());
            }
            lease.revision
        };
        let leased = self.leased(&licence.meta.id).await?;
        {
            let mut state = self.state();
            let lease = state.lease(licence);
            match leased.and_then(|leased| quota.checked_sub(leased)) {
                Some(unleased) if lease.revision == before => (lease.revision, lease.unleased) = (revision, unleased),
                Some(_) | None => state.abandon(&licence.meta.id),
            }
        }
        self.return_rests().await
    }

    /// Leases a block and draws `taken` requests of it at once.
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
            let mut state = self.state();
            let lease = state.lease(licence);
            lease.unleased = lease.unleased.min(quota);
            lease.block(now)
        };
        loop {
            let Some(most) = most_leased(quota, wanted) else { return Ok(Leased::Nothing) };
            let (is_leased, leased) = self.add(id, wanted, most).await?;
            let Some(leased) = leased else { return Ok(Leased::Unreadable) };
            let mut state = self.state();
            if is_leased {
                state.count(id, model, wanted, i64::saturating_add);
                state.credit(licence, model, wanted.saturating_sub(taken));
            }
            state.lease(licence).unleased = quota.saturating_sub(leased);
            if is_leased {
                return Ok(Leased::Block);
            }
            // The last known use was outdated. If no request waits for the block, it is leased when one does.
            if wanted == 1 || taken == 0 {
                return Ok(Leased::Nothing);
            }
            wanted = 1;
        }
    }

    /// Adds `wanted` to `leased` if that is at most `most`. Returns whether it was added, and the new `leased`, `None` if it is
    /// unreadable. The update's random id reveals whether an earlier attempt was written.
    async fn add(&self, id: &str, wanted: u64, most: u64) -> Result<(bool, Option<u64>), UsageError> {
        let id_of_update = random_id()?;
        let mut backoff = FIRST_WAIT;
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
                .expression_attribute_values(":by", AttributeValue::S(id_of_update.clone()))
                .return_values(ReturnValue::UpdatedNew);
            match self.send(update).await {
                Sent::Updated(item) => return Ok((true, item.as_ref().and_then(leased_in))),
                Sent::ConditionFailed(item) => {
                    let item = match item {
                        Some(item) => Some(item),
                        None => self.item(id).await?,
                    };
                    let is_leased = item.as_ref().and_then(|item| item.get("by")?.as_s().ok()) == Some(&id_of_update);
                    return Ok((is_leased, item.as_ref().map_or(Some(0), leased_in)));
                }
                Sent::NotWritten(error) | Sent::Unknown(error) if attempt == TRIES || !is_passing(&error) => {
                    return Err(UsageError::Update(Box::new(error)));
                }
                Sent::NotWritten(_) | Sent::Unknown(_) => {}
            }
            tokio::time::sleep(backoff).await;
            backoff = backoff.saturating_mul(2);
        }
        Ok((false, None)) // not reached: the last attempt returns
    }

    /// Returns the rests that this environment no longer needs. After an unknown outcome a rest counts as returned; at worst
    /// it is lost.
    async fn return_rests(&self) -> Result<(), UsageError> {
        loop {
            // Removed before sending: if this future is dropped meanwhile, the update may still be written.
            let Some(Block { licence, model, requests }) = self.state().returns.pop() else { return Ok(()) };
            let update = self
                .update(&licence, ENFORCING, "ADD #leased :returned")
                .condition_expression("#leased BETWEEN :least AND :largest")
                .expression_attribute_values(":returned", AttributeValue::N(format!("-{requests}")))
                .expression_attribute_values(":least", n(requests))
                .expression_attribute_values(":largest", n(largest()));
            match self.send(update).await {
                Sent::Updated(_) => self.state().count(&licence, &model, requests, i64::saturating_sub),
                // The item was edited manually and no longer includes this block.
                Sent::ConditionFailed(_) => {}
                Sent::NotWritten(error) => {
                    self.state().returns.push(Block { licence, model, requests });
                    return Err(UsageError::Update(Box::new(error)));
                }
                Sent::Unknown(error) => return Err(UsageError::Update(Box::new(error))),
            }
        }
    }

    /// Counts blocks and rests by the model that they were leased for. These counts are informative, and the ledger is
    /// authoritative: what a crash or an unknown outcome leaves uncounted stays uncounted.
    async fn count(&self) -> Result<(), UsageError> {
        loop {
            let Some(((licence, model), number)) = self.state().counts.pop_first() else { return Ok(()) };
            let update =
                self.update(&licence, &model, "ADD #leased :number").expression_attribute_values(":number", n(number));
            let update = if number < 0 {
                let update = update.condition_expression("#leased >= :least");
                update.expression_attribute_values(":least", n(number.saturating_neg()))
            } else {
                update
            };
            match self.send(update).await {
                Sent::Updated(_) | Sent::ConditionFailed(_) => {}
                Sent::NotWritten(error) => {
                    let mut state = self.state();
                    let count = state.counts.entry((licence, model)).or_default();
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
        // One for each update, since updates can run concurrently.
        let connections = Connections::default();
        match Box::pin(update.customize().interceptor(connections.clone()).send()).await {
            Ok(answer) => Sent::Updated(answer.attributes),
            Err(SdkError::ServiceError(service)) if service.err().is_conditional_check_failed_exception() => {
                let UpdateItemError::ConditionalCheckFailedException(failed) = service.into_err() else {
                    return Sent::ConditionFailed(None);
                };
                Sent::ConditionFailed(failed.item)
            }
            Err(error) if connections.is_unwritten(&error) => Sent::NotWritten(error),
            Err(error) => Sent::Unknown(error),
        }
    }

    /// The leased requests; `None` if they are unreadable.
    async fn leased(&self, id: &str) -> Result<Option<u64>, UsageError> {
        Ok(self.item(id).await?.as_ref().map_or(Some(0), leased_in))
    }

    async fn item(&self, id: &str) -> Result<Option<Item>, UsageError> {
        let read = self.dynamodb.get_item().table_name(&self.table).consistent_read(true);
        let answer = Box::pin(read.set_key(Some(key(id, ENFORCING))).send()).await;
        answer.map(|answer| answer.item).map_err(|error| UsageError::Read(Box::new(error)))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn lease(&mut self, licence: &Record<Licence>) -> &mut Lease {
        self.leases.entry(licence.meta.id.clone()).or_default()
    }

    /// Adds requests that were leased for this model, and may be used under this revision of the licence.
    fn credit(&mut self, licence: &Record<Licence>, model: &str, requests: u64) {
        if self.lease(licence).is_unconfirmed(licence.meta.revision) {
            self.abandon(&licence.meta.id);
        }
        let lease = self.lease(licence);
        (lease.revision, lease.left) = (licence.meta.revision, lease.left.saturating_add(requests));
        model.clone_into(&mut lease.model);
    }

    /// Schedules the rest of a block to be returned.
    fn abandon(&mut self, id: &str) {
        if let Some(lease) = self.leases.get_mut(id).filter(|lease| lease.left > 0) {
            let requests = std::mem::take(&mut lease.left);
            self.returns.push(Block { licence: id.to_owned(), model: lease.model.clone(), requests });
        }
    }

    /// Schedules what this environment would not lease now to be returned.
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

    /// Adds more licences.
    pub(crate) fn add(&mut self, more: Self) {
        self.licences.extend(more.licences);
        self.unreadable.extend(more.unreadable);
    }
}

/// The `leased` of an item of the usage table; `None` unless it is an integer from 0 to 2^53 − 1. Then the quota counts as
/// used up.
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

/// 32 random hex digits that identify an update.
fn random_id() -> Result<String, UsageError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(UsageError::Chance)?;
    Ok(hex::encode(bytes))
}
