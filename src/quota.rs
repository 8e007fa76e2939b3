//! I/O. Quotas of licences, leased in blocks, so that no request waits for a counter and no counter is hot.
//!
//! A block is leased by a conditional update that never lets `leased` pass the quota. What an environment leaves of its
//! block when it ends is lost; a quota is never exceeded.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use crate::record::{Item, Licence, Record};

/// The item that enforces a licence's quota; the others count by model.
const ENFORCING: &str = "*";

/// The largest block.
const LARGEST_BLOCK: u64 = 100;

/// A block is this part of what is left of the quota, so that many environments share the end of it.
const SHARE: u64 = 20;

/// How often a lease is tried while others take what is left.
const TRIES: usize = 5;

/// The usage table, and this environment's leases.
#[derive(Debug)]
pub struct Quotas {
    dynamodb: DynamoDb,
    table: String,
    leases: Mutex<HashMap<String, Lease>>,
    /// Blocks that are not counted by model yet.
    uncounted: Mutex<Vec<Block>>,
}

/// A block leased for a model.
#[derive(Clone, Debug)]
struct Block {
    licence: String,
    model: String,
    leased: u64,
}

#[derive(Clone, Copy, Debug)]
struct Lease {
    /// The revision of the licence that it was leased under. Another one ends the lease: its quota may be another.
    revision: u64,
    /// What this environment may still use.
    left: u64,
    /// What nobody has leased yet, as far as is known.
    unleased: u64,
}

/// One request of each of these licences' quotas. It may be given back where the model didn't run.
#[derive(Debug, Default)]
#[must_use = "what is drawn is used up"]
pub struct Drawn(Vec<Arc<Record<Licence>>>);

/// Why nothing was drawn.
#[derive(Debug)]
pub enum DrawTrouble {
    /// These licences have nothing left.
    Exhausted(BTreeSet<String>),
    /// Nobody knows what they have left.
    Unknown(UsageTrouble),
}

/// Why the usage table could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum UsageTrouble {
    /// A lease failed.
    #[error("the quota could not be leased")]
    Lease(#[source] Box<SdkError<UpdateItemError>>),
    /// Others were always faster.
    #[error("the quota could not be leased in {TRIES} tries")]
    Contended,
    /// Reading what is leased failed.
    #[error("the quota's use could not be read")]
    Read(#[source] Box<SdkError<GetItemError>>),
}

impl Quotas {
    /// Quotas over this table, with nothing leased yet.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, table: String) -> Self {
        Self { dynamodb, table, leases: Mutex::default(), uncounted: Mutex::default() }
    }

    /// Takes one request of each licence's quota; leases first where nothing is left of this environment's block.
    ///
    /// # Errors
    /// [`DrawTrouble`]; then nothing is taken.
    pub async fn draw(&self, licences: &[Arc<Record<Licence>>], model: &str) -> Result<Drawn, DrawTrouble> {
        let mut drawn = Drawn::default();
        for licence in licences {
            let took = match self.take(licence) {
                true => Ok(true),
                false => match self.lease(licence, model).await {
                    Ok(leased) => Ok(leased && self.take(licence)),
                    Err(trouble) => Err(DrawTrouble::Unknown(trouble)),
                },
            };
            match took {
                Ok(true) => drawn.0.push(Arc::clone(licence)),
                Ok(false) => {
                    self.give_back(drawn);
                    return Err(DrawTrouble::Exhausted(BTreeSet::from([licence.meta.id.clone()])));
                }
                Err(trouble) => {
                    self.give_back(drawn);
                    return Err(trouble);
                }
            }
        }
        Ok(drawn)
    }

    /// Gives back what was drawn.
    pub fn give_back(&self, drawn: Drawn) {
        let mut leases = self.leases();
        for licence in drawn.0 {
            if let Some(lease) =
                leases.get_mut(&licence.meta.id).filter(|lease| lease.revision == licence.meta.revision)
            {
                lease.left = lease.left.saturating_add(1);
            }
        }
    }

    /// What is done while the model runs: leases the next block of what was drawn to its end, and counts by model what
    /// was leased. A quota that is nearly used up is not leased ahead: its last requests go to whoever asks first.
    ///
    /// # Errors
    /// [`UsageTrouble`]; the next request then leases for itself.
    pub async fn tend(&self, drawn: &Drawn, model: &str) -> Result<(), UsageTrouble> {
        for licence in &drawn.0 {
            let lease = self.leases().get(&licence.meta.id).copied();
            if lease.is_some_and(|lease| lease.left == 0 && block(lease.unleased) > 1) {
                self.lease(licence, model).await?;
            }
        }
        self.count().await
    }

    /// Which of these licences have nothing left, without taking any.
    ///
    /// # Errors
    /// [`UsageTrouble`] where nobody knows.
    pub async fn exhausted(&self, licences: &[Arc<Record<Licence>>]) -> Result<BTreeSet<String>, UsageTrouble> {
        let mut exhausted = BTreeSet::new();
        for licence in licences {
            let Some(quota) = quota_of(licence) else { continue };
            if self.left_of(licence) == 0 && self.leased(&licence.meta.id).await? >= quota {
                exhausted.insert(licence.meta.id.clone());
            }
        }
        Ok(exhausted)
    }

    fn take(&self, licence: &Record<Licence>) -> bool {
        let mut leases = self.leases();
        let lease = leases.get_mut(&licence.meta.id).filter(|lease| lease.revision == licence.meta.revision);
        match lease.and_then(|lease| Some((lease.left.checked_sub(1)?, lease))) {
            Some((left, lease)) => {
                lease.left = left;
                true
            }
            None => false,
        }
    }

    fn left_of(&self, licence: &Record<Licence>) -> u64 {
        let leases = self.leases();
        let lease = leases.get(&licence.meta.id).filter(|lease| lease.revision == licence.meta.revision);
        lease.map_or(0, |lease| lease.left)
    }

    /// Leases a block; `false` where nothing is left.
    async fn lease(&self, licence: &Record<Licence>, model: &str) -> Result<bool, UsageTrouble> {
        let Some(quota) = quota_of(licence) else { return Ok(false) };
        let id = &licence.meta.id;
        let revision = licence.meta.revision;
        let known = self.leases().get(id).filter(|lease| lease.revision == revision).map(|lease| lease.unleased);
        let mut unleased = known.unwrap_or(quota);
        for _ in 0..TRIES {
            // What is known may be old: at least one is asked for, and the condition has the last word.
            let wanted = block(unleased);
            match self.update(id, wanted, quota).await? {
                Ok(leased) => {
                    let unleased = quota.saturating_sub(leased);
                    let lease = Lease { revision, left: wanted, unleased };
                    let mut leases = self.leases();
                    let held = leases.get(id).filter(|held| held.revision == revision).map_or(0, |held| held.left);
                    leases.insert(id.clone(), Lease { left: lease.left.saturating_add(held), ..lease });
                    drop(leases);
                    let block = Block { licence: id.clone(), model: model.to_owned(), leased: wanted };
                    self.uncounted().push(block);
                    return Ok(true);
                }
                Err(leased) if leased >= quota => {
                    self.leases().entry(id.clone()).or_insert(Lease { revision, left: 0, unleased: 0 }).unleased = 0;
                    return Ok(false);
                }
                Err(leased) => unleased = quota.saturating_sub(leased),
            }
        }
        Err(UsageTrouble::Contended)
    }

    /// Adds `wanted` to what is leased: the sum, or where it would pass the quota what is leased already.
    async fn update(&self, id: &str, wanted: u64, quota: u64) -> Result<Result<u64, u64>, UsageTrouble> {
        let Some(most) = quota.checked_sub(wanted) else { return Ok(Err(quota)) };
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(id, ENFORCING)))
            .update_expression("ADD #leased :wanted")
            .condition_expression("attribute_not_exists(#leased) OR #leased <= :most")
            .expression_attribute_names("#leased", "leased")
            .expression_attribute_values(":wanted", AttributeValue::N(wanted.to_string()))
            .expression_attribute_values(":most", AttributeValue::N(most.to_string()))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match Box::pin(update.send()).await {
            Ok(answer) => Ok(Ok(leased_in(answer.attributes.as_ref()))),
            Err(SdkError::ServiceError(service)) if service.err().is_conditional_check_failed_exception() => {
                let UpdateItemError::ConditionalCheckFailedException(failed) = service.into_err() else {
                    return Ok(Err(quota));
                };
                // Without the item nobody knows; then smaller and smaller blocks are tried.
                Ok(Err(failed.item.as_ref().map_or(most.saturating_add(1), |item| leased_in(Some(item)))))
            }
            Err(error) => Err(UsageTrouble::Lease(Box::new(error))),
        }
    }

    /// Counts the blocks for the models that they were leased for. The ledger is the truth; this is a reading aid, and
    /// what a crash leaves uncounted stays so.
    async fn count(&self) -> Result<(), UsageTrouble> {
        loop {
            let first = self.uncounted().first().cloned();
            let Some(Block { licence, model, leased }) = first else { return Ok(()) };
            let update = self.dynamodb.update_item().table_name(&self.table).set_key(Some(key(&licence, &model)));
            let update = update
                .update_expression("ADD #leased :leased")
                .expression_attribute_names("#leased", "leased")
                .expression_attribute_values(":leased", AttributeValue::N(leased.to_string()));
            Box::pin(update.send()).await.map_err(|error| UsageTrouble::Lease(Box::new(error)))?;
            let mut uncounted = self.uncounted();
            if !uncounted.is_empty() {
                uncounted.remove(0);
            }
        }
    }

    async fn leased(&self, id: &str) -> Result<u64, UsageTrouble> {
        let read = self.dynamodb.get_item().table_name(&self.table).consistent_read(true);
        let answer = Box::pin(read.set_key(Some(key(id, ENFORCING))).send()).await;
        answer.map(|answer| leased_in(answer.item.as_ref())).map_err(|error| UsageTrouble::Read(Box::new(error)))
    }

    fn uncounted(&self) -> std::sync::MutexGuard<'_, Vec<Block>> {
        self.uncounted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leases(&self) -> std::sync::MutexGuard<'_, HashMap<String, Lease>> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn quota_of(licence: &Record<Licence>) -> Option<u64> {
    licence.quota.map(|quota| quota.requests)
}

/// 1 to 100 requests, the fewer the less is left.
fn block(unleased: u64) -> u64 {
    (unleased / SHARE).clamp(1, LARGEST_BLOCK)
}

fn key(licence: &str, model: &str) -> Item {
    HashMap::from([
        ("licence".to_owned(), AttributeValue::S(licence.to_owned())),
        ("model".to_owned(), AttributeValue::S(model.to_owned())),
    ])
}

fn leased_in(item: Option<&Item>) -> u64 {
    item.and_then(|item| item.get("leased")?.as_n().ok()?.parse().ok()).unwrap_or(0)
}
