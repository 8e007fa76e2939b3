//! I/O. Reads the register: all records at the start, then newer records only.
//!
//! INVARIANT: a register is returned only once it is complete, that is, once its records agree with a head.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata as _, SdkError};
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemError;
use aws_sdk_dynamodb::operation::query::QueryError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::heads::{Heads, Kinds, Next, Progress, count, revisions};
use super::history::{Key, revision_of};
use super::lists::load;
use super::snapshot::{KINDS, Register};
use crate::record::{HEADS, Head, Item, Unreadable};

/// The local secondary index that the gate reads.
pub const BY_REVISION: &str = "by-revision";

/// The time-out until heads and records agree. A writer's transaction takes some milliseconds.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(5);

/// The first and the longest backoff before heads and records are read again.
const FIRST_BACKOFF: Duration = Duration::from_millis(10);
const LONGEST_BACKOFF: Duration = Duration::from_millis(320);

/// After this many attempts all records are read, because the leading head may be wrong.
const READ_ALL_AFTER: u32 = 4;

/// The most full reads for one request. If all of them disagree with every head, waiting does not help.
const MOST_FULL_READS: u32 = 4;

/// How often heads that DynamoDB left unprocessed are requested, and the first backoff.
const UNPROCESSED_TRIES: u32 = 4;
const UNPROCESSED_BACKOFF: Duration = Duration::from_millis(25);

/// The register's table, and the last complete snapshot of it.
#[derive(Debug)]
pub struct RegisterStore {
    dynamodb: DynamoDb,
    table: String,
    last: Mutex<Arc<Register>>,
    /// Locked while the register is read. The value is when the last complete read began: requests that arrived before
    /// that share its result.
    reading: tokio::sync::Mutex<Option<Instant>>,
    /// When lists were last loaded, and the pause before the next attempt.
    loaded: Mutex<(Timestamp, SignedDuration)>,
}

/// Why the register could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// A query failed.
    #[error("the register's records could not be read")]
    Query(#[source] Box<SdkError<QueryError>>),
    /// The heads could not be read.
    #[error(transparent)]
    Heads(#[from] HeadsError),
    /// No head is valid.
    #[error("no head of the register is valid: {0}")]
    BadHeads(Unreadable),
    /// Heads and records never agreed.
    #[error("the register's records agree with no head")]
    NotWhole,
}

/// Why the heads could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HeadsError {
    /// The request could not be made.
    #[error("the request for the register's heads could not be made")]
    Unmade(#[from] BuildError),
    /// DynamoDB did not answer, or answered with an error.
    #[error("the register's heads could not be read")]
    Failed(#[source] Box<SdkError<BatchGetItemError>>),
    /// DynamoDB left heads unprocessed repeatedly.
    #[error("DynamoDB left the register's heads unprocessed {UNPROCESSED_TRIES} times")]
    Unprocessed,
}

impl HeadsError {
    /// Whether a retry after a backoff can succeed.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Failed(error) => error.as_service_error().is_some_and(|error| is_busy(error.code())),
            Self::Unprocessed => true,
            Self::Unmade(_) => false,
        }
    }
}

impl RegisterStore {
    /// Opens the table; reads nothing yet.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, table: String) -> Self {
        Self {
            dynamodb,
            table,
            last: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
            loaded: Mutex::default(),
        }
    }

    /// The last complete snapshot.
    #[must_use]
    pub fn last(&self) -> Arc<Register> {
        Arc::clone(&self.last.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The current register with its lists loaded. If the last snapshot is at `head`, which the caller has just read, it is
    /// returned. Otherwise all heads and the newer records are read. A list that cannot be loaded is an unreadable record,
    /// and later requests try it again.
    ///
    /// # Errors
    /// [`RefreshError`] if reading failed, or if heads and records did not agree before `deadline`.
    pub async fn at(
        &self,
        head: Option<&Head>,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Arc<Register>, RefreshError> {
        let last = self.last();
        if head.is_some_and(|head| last.is_at(head)) && !self.may_load(&last, now) {
            return Ok(last);
        }
        // Boxed, so that the many requests that do not refresh carry no large future.
        Box::pin(self.refreshed(head, now, deadline)).await
    }

    /// The current register, for callers that have read no head.
    ///
    /// # Errors
    /// As [`RegisterStore::at`].
    pub async fn newest(&self, now: Timestamp) -> Result<Arc<Register>, RefreshError> {
        self.at(None, now, after(REFRESH_TIMEOUT)).await
    }

    async fn refreshed(
        &self,
        head: Option<&Head>,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Arc<Register>, RefreshError> {
        let arrived = Instant::now();
        let mut began = self.reading.lock().await;
        let last = self.last();
        if began.is_some_and(|began| began >= arrived) || head.is_some_and(|head| last.is_at(head)) {
            return Ok(if self.may_load(&last, now) { self.load(&last, now).await } else { last });
        }
        let begins = Instant::now();
        let read = self.complete(last, now, deadline.min(after(REFRESH_TIMEOUT))).await?;
        *began = Some(begins);
        Ok(read)
    }

    /// Reads heads and records until they agree, and loads the lists.
    async fn complete(
        &self,
        last: Arc<Register>,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Arc<Register>, RefreshError> {
        let mut progress = last.progress();
        // The records read so far; absent while the last snapshot needs none.
        let mut reading: Option<Register> = None;
        let (mut attempts, mut full_reads, mut backoff) = (0_u32, 0_u32, FIRST_BACKOFF);
        loop {
            let found = all_heads(&self.dynamodb, &self.table).await?;
            let heads = Heads::of(found.iter().map(Option::as_ref)).map_err(RefreshError::BadHeads)?;
            let mut next = progress.next(&heads);
            if attempts == READ_ALL_AFTER && !matches!(next, Next::Complete(_)) {
                next = Next::ReadAll;
            }
            match next {
                Next::Complete(_) | Next::Wait => {}
                Next::ReadNewer(kinds) => {
                    let base = reading.take().unwrap_or_else(|| Register::clone(&last));
                    let (read, revisions) = self.extended(base, kinds, progress.read_to, now).await?;
                    progress.add(revisions);
                    reading = Some(read);
                }
                Next::ReadAll if full_reads == MOST_FULL_READS => return Err(RefreshError::NotWhole),
                Next::ReadAll => {
                    let kinds = KINDS.into_iter().chain(heads.listed().iter().map(String::as_str));
                    let kinds: BTreeSet<&str> = kinds.chain(last.kinds.keys().map(String::as_str)).collect();
                    let (read, revisions) = self.extended(Register::default(), kinds, 0, now).await?;
                    progress = Progress::of_full_read(revisions, &heads);
                    reading = Some(read);
                    full_reads = full_reads.saturating_add(1);
                }
            }
            if let Next::Complete(head) = progress.next(&heads) {
                return Ok(match reading {
                    None if !self.may_load(&last, now) => last,
                    None => self.load(&last, now).await,
                    Some(read) => self.load(&read.at_head(&progress.kinds, head, now), now).await,
                });
            }
            attempts = attempts.saturating_add(1);
            let pause = jittered(backoff);
            if after(pause) >= deadline {
                return Err(RefreshError::NotWhole);
            }
            tokio::time::sleep(pause).await;
            backoff = backoff.saturating_mul(2).min(LONGEST_BACKOFF);
        }
    }

    /// Puts the records of these kinds that are newer than `after` into `base`, without deriving it. Also returns their keys
    /// and revisions.
    async fn extended(
        &self,
        base: Register,
        kinds: impl IntoIterator<Item = &str>,
        after: u64,
        now: Timestamp,
    ) -> Result<(Register, Vec<(Key, u64)>), RefreshError> {
        let read = Mutex::new((base, Vec::new()));
        let take = |items: Vec<Item>| {
            let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
            read.1.extend(revisions(&items));
            items.into_iter().for_each(|item| read.0.put(item, now));
        };
        self.records(kinds, after, take).await?;
        Ok(read.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// What the heads should state about these kinds and all known kinds, by the records. Also returns a record that has the
    /// last revision.
    ///
    /// # Errors
    /// [`RefreshError::Query`].
    pub async fn kinds(&self, listed: impl IntoIterator<Item = &str>) -> Result<(Kinds, Option<Item>), RefreshError> {
        let mut kinds = Kinds::new();
        let names: BTreeSet<&str> = KINDS.into_iter().chain(listed).collect();
        let read = Mutex::new(Vec::new());
        self.records(names, 0, |items| read.lock().unwrap_or_else(PoisonError::into_inner).extend(items)).await?;
        let items: Vec<Item> = read.into_inner().unwrap_or_else(PoisonError::into_inner);
        count(&mut kinds, revisions(&items));
        Ok((kinds, items.into_iter().max_by_key(|item| (revision_of(item), Key::of(item)))))
    }

    /// Loads the lists that a register lacks, and keeps the result as the last snapshot.
    async fn load(&self, register: &Register, now: Timestamp) -> Arc<Register> {
        let editions = load(&self.dynamodb, &self.table, register).await;
        let loaded = Arc::new(register.holding(editions, now));
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) = (now, pause());
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&loaded);
        loaded
    }

    /// Whether it is time to load failed lists again.
    fn may_load(&self, last: &Register, now: Timestamp) -> bool {
        let (at, pause) = *self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let since = now.duration_since(at);
        last.lacks_editions() && (since.is_negative() || since >= pause)
    }

    /// Reads the records of these kinds that are newer than `after`, and passes each page to `take` at once: parsed records
    /// need less memory than items.
    async fn records(
        &self,
        kinds: impl IntoIterator<Item = &str>,
        after: u64,
        take: impl Fn(Vec<Item>),
    ) -> Result<(), RefreshError> {
        let reads = kinds.into_iter().map(|kind| self.records_of(kind, after, &take));
        futures_util::future::try_join_all(reads).await.map(drop)
    }

    async fn records_of(&self, kind: &str, after: u64, take: impl Fn(Vec<Item>)) -> Result<(), RefreshError> {
        let query = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .index_name(BY_REVISION)
            .consistent_read(true)
            .key_condition_expression("#kind = :kind AND #revision > :after")
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_names("#revision", "revision")
            .expression_attribute_values(":kind", AttributeValue::S(kind.to_owned()))
            .expression_attribute_values(":after", AttributeValue::N(after.to_string()));
        let mut pages = query.into_paginator().send();
        while let Some(page) = pages.next().await {
            take(page.map_err(|error| RefreshError::Query(Box::new(error)))?.items.unwrap_or_default());
        }
        Ok(())
    }
}

/// All heads by number, strongly consistent; `None` where one is missing.
///
/// # Errors
/// [`HeadsError`].
pub async fn all_heads(dynamodb: &DynamoDb, table: &str) -> Result<Vec<Option<Item>>, HeadsError> {
    let keys = (0..HEADS).map(|number| Key::head(number).item()).collect();
    let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build()?;
    let (mut requested, mut backoff) = (HashMap::from([(table.to_owned(), keys)]), UNPROCESSED_BACKOFF);
    let mut found: HashMap<Key, Item> = HashMap::new();
    for _ in 0..UNPROCESSED_TRIES {
        let read = Box::pin(dynamodb.batch_get_item().set_request_items(Some(requested)).send()).await;
        let answer = read.map_err(|error| HeadsError::Failed(Box::new(error)))?;
        let items = answer.responses.unwrap_or_default().into_values().flatten();
        found.extend(items.filter_map(|item| Some((Key::of(&item)?, item))));
        requested = answer.unprocessed_keys.unwrap_or_default();
        if requested.is_empty() {
            return Ok((0..HEADS).map(|number| found.remove(&Key::head(number))).collect());
        }
        tokio::time::sleep(backoff).await;
        backoff = backoff.saturating_mul(2);
    }
    Err(HeadsError::Unprocessed)
}

/// Whether a retry can succeed after this DynamoDB error code.
#[must_use]
pub fn is_busy(code: Option<&str>) -> bool {
    const BUSY: [&str; 9] = [
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionInProgressException",
    ];
    code.is_some_and(|code| BUSY.contains(&code))
}

/// The pause before failed lists are loaded again: a second, with jitter between environments.
fn pause() -> SignedDuration {
    SignedDuration::from_millis(1000_i64.saturating_add(random().into()))
}

fn after(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).unwrap_or(now)
}

/// Between half of the backoff and the whole.
fn jittered(backoff: Duration) -> Duration {
    let half = backoff.checked_div(2).unwrap_or_default();
    half.saturating_add(half.mul_f64(f64::from(random()) / f64::from(u8::MAX)))
}

/// A random byte; 0 without a source of randomness.
fn random() -> u8 {
    let mut byte = [0_u8; 1];
    getrandom::fill(&mut byte).map_or(0, |()| byte[0])
}
