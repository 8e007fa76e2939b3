//! I/O. Reading the register: at the start all of it, then only what is newer, and only when it is whole.

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
use super::{KINDS, Register};
use crate::record::{HEADS, Head, Item, Unreadable};

/// The local secondary index by which the register is read.
pub const BY_REVISION: &str = "by-revision";

/// How long heads and records may disagree before the gate gives up: a writer's transaction lasts some milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// The first wait before heads and records are read again, and the longest.
const FIRST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_millis(320);

/// After how many readings of what is newer the whole register is read: the leading head may be wrong.
const READ_ANEW_AFTER: u32 = 4;

/// How often the whole register is read for one request. Where it disagrees with every head then, waiting won't help.
const MOST_READ_ANEW: u32 = 4;

/// How often heads that DynamoDB left unprocessed are asked for again, and the first wait.
const UNPROCESSED_TRIES: u32 = 4;
const UNPROCESSED_WAIT: Duration = Duration::from_millis(25);

/// The register's table, and the last whole reading of it.
#[derive(Debug)]
pub struct RegisterStore {
    dynamodb: DynamoDb,
    table: String,
    last: Mutex<Arc<Register>>,
    /// Held while the register is read. It has the time at which the last whole reading began, so that requests which
    /// arrived before share it.
    reading: tokio::sync::Mutex<Option<Instant>>,
    /// When lists were last loaded, and how long none is tried again.
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
    #[error("none of the register's heads is valid: {0}")]
    BadHeads(Unreadable),
    /// Heads and records never agreed.
    #[error("the register's records agree with none of its heads")]
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
    /// DynamoDB left heads unprocessed, time and again.
    #[error("DynamoDB left the register's heads unprocessed {UNPROCESSED_TRIES} times")]
    Unprocessed,
}

impl HeadsError {
    /// Whether a while may help.
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
    /// A store over this table, with nothing read yet.
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

    /// The last whole reading.
    #[must_use]
    pub fn last(&self) -> Arc<Register> {
        Arc::clone(&self.last.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The register as it is now, its lists loaded. Where `head`, which the caller has just read, is that of the last
    /// reading, that serves; otherwise, also without a valid head, all heads and what is newer are read. A list that
    /// can't be loaded is a fault of the register's, and tried again by later requests.
    ///
    /// # Errors
    /// [`RefreshError`] where it could not be read, or did not agree with its heads before `deadline`.
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
        // On the heap: few requests come so far, and the others would carry it along.
        Box::pin(self.refreshed(head, now, deadline)).await
    }

    /// The register as it is now, where no head was read yet.
    ///
    /// # Errors
    /// As [`RegisterStore::at`].
    pub async fn newest(&self, now: Timestamp) -> Result<Arc<Register>, RefreshError> {
        self.at(None, now, after(PATIENCE)).await
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
        let read = self.whole(last, now, deadline.min(after(PATIENCE))).await?;
        *began = Some(begins);
        Ok(read)
    }

    /// Reads heads and records until they agree, and loads the lists.
    async fn whole(
        &self,
        last: Arc<Register>,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Arc<Register>, RefreshError> {
        let mut progress = last.progress();
        // What is read so far; absent where the last reading still serves.
        let mut reading: Option<Register> = None;
        let (mut readings, mut anew, mut wait) = (0_u32, 0_u32, FIRST_WAIT);
        loop {
            let found = all_heads(&self.dynamodb, &self.table).await?;
            let heads = Heads::of(found.iter().map(Option::as_ref)).map_err(RefreshError::BadHeads)?;
            let mut next = progress.next(&heads);
            if readings == READ_ANEW_AFTER && !matches!(next, Next::Whole(_)) {
                next = Next::Anew;
            }
            match next {
                Next::Whole(_) | Next::Wait => {}
                Next::Read(kinds) => {
                    let base = reading.take().unwrap_or_else(|| Register::clone(&last));
                    let (read, revisions) = self.upon(base, kinds, progress.read_to, now).await?;
                    progress.add(revisions);
                    reading = Some(read);
                }
                Next::Anew if anew == MOST_READ_ANEW => return Err(RefreshError::NotWhole),
                Next::Anew => {
                    let kinds = KINDS.into_iter().chain(heads.listed().iter().map(String::as_str));
                    let kinds: BTreeSet<&str> = kinds.chain(last.kinds.keys().map(String::as_str)).collect();
                    let (read, revisions) = self.upon(Register::default(), kinds, 0, now).await?;
                    progress = Progress::anew(revisions, &heads);
                    reading = Some(read);
                    anew = anew.saturating_add(1);
                }
            }
            if let Next::Whole(head) = progress.next(&heads) {
                return Ok(match reading {
                    None if !self.may_load(&last, now) => last,
                    None => self.load(&last, now).await,
                    Some(read) => self.load(&read.at_head(&progress.kinds, head, now), now).await,
                });
            }
            readings = readings.saturating_add(1);
            let pause = jittered(wait);
            if after(pause) >= deadline {
                return Err(RefreshError::NotWhole);
            }
            tokio::time::sleep(pause).await;
            wait = wait.saturating_mul(2).min(LONGEST_WAIT);
        }
    }

    /// `base` with these kinds' records that are newer than `after`, not derived yet, and which those are.
    async fn upon(
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

    /// What the heads should state, by the records: of each of these kinds, and of each that this version knows. With it a
    /// record that has the last revision.
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

    /// Loads the lists that a register lacks; what comes of it is the last reading.
    async fn load(&self, register: &Register, now: Timestamp) -> Arc<Register> {
        let editions = load(&self.dynamodb, &self.table, register).await;
        let loaded = Arc::new(register.holding(editions, now));
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) = (now, pause());
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&loaded);
        loaded
    }

    /// Whether lists that could not be loaded may be tried again.
    fn may_load(&self, last: &Register, now: Timestamp) -> bool {
        let (at, pause) = *self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let since = now.duration_since(at);
        last.lacks_editions() && (since.is_negative() || since >= pause)
    }

    /// Reads these kinds' records that are newer than `after`, and gives each page to `take` when it comes: records take a
    /// part of the memory that their items take.
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
    let (mut asked, mut wait) = (HashMap::from([(table.to_owned(), keys)]), UNPROCESSED_WAIT);
    let mut found: HashMap<Key, Item> = HashMap::new();
    for _ in 0..UNPROCESSED_TRIES {
        let read = Box::pin(dynamodb.batch_get_item().set_request_items(Some(asked)).send()).await;
        let answer = read.map_err(|error| HeadsError::Failed(Box::new(error)))?;
        let items = answer.responses.unwrap_or_default().into_values().flatten();
        found.extend(items.filter_map(|item| Some((Key::of(&item)?, item))));
        asked = answer.unprocessed_keys.unwrap_or_default();
        if asked.is_empty() {
            return Ok((0..HEADS).map(|number| found.remove(&Key::head(number))).collect());
        }
        tokio::time::sleep(wait).await;
        wait = wait.saturating_mul(2);
    }
    Err(HeadsError::Unprocessed)
}

/// Whether DynamoDB's code says that a while may help.
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

/// How long lists that could not be loaded are not tried again: a second and a bit, another in each environment, so that
/// they don't all come at once.
fn pause() -> SignedDuration {
    SignedDuration::from_millis(1000_i64.saturating_add(random().into()))
}

/// The moment after a while.
fn after(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).unwrap_or(now)
}

/// At least half of a wait: another in each environment.
fn jittered(wait: Duration) -> Duration {
    let half = wait.checked_div(2).unwrap_or_default();
    half.saturating_add(half.mul_f64(f64::from(random()) / f64::from(u8::MAX)))
}

/// Without chance it is 0.
fn random() -> u8 {
    let mut byte = [0_u8; 1];
    getrandom::fill(&mut byte).map_or(0, |()| byte[0])
}
