//! I/O. Reading the register: at the start all of it, then only what is newer, and only when it is whole.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_sdk_dynamodb::operation::query::QueryError;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};

use super::Register;
use super::history::Key;
use super::lists::load;
use crate::record::{Head, Item, KindHead, Unreadable};

/// The local secondary index by which the register is read.
pub const BY_REVISION: &str = "by-revision";

/// How often head and records are read before the gate gives up: each time a writer may have come between.
const TRIES: usize = 3;

/// The register's table, and the last whole reading of it.
#[derive(Debug)]
pub struct RegisterStore {
    dynamodb: DynamoDb,
    table: String,
    last: Mutex<Arc<Register>>,
    /// Held while the register is read, so that requests at the same time share one reading.
    reading: tokio::sync::Mutex<()>,
    /// When lists were last loaded, and how long none is tried again.
    loaded: Mutex<(Timestamp, SignedDuration)>,
}

/// Why the register could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum RefreshTrouble {
    /// A query failed.
    #[error("the register's records could not be read")]
    Query(#[source] Box<SdkError<QueryError>>),
    /// Reading the head again failed.
    #[error("the register's head could not be read again")]
    Head(#[source] Box<SdkError<GetItemError>>),
    /// The head is not there, or can't be read.
    #[error("the register's head is gone, or can't be read: {0}")]
    BadHead(Unreadable),
    /// Head and records never agreed.
    #[error("the register's records did not agree with its head, {TRIES} times")]
    NotWhole,
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

    /// The register as `head` has it, its lists loaded: the last reading where the revision is the same, else that with
    /// what is newer. A list that can't be loaded is a fault of the register's, and tried again by later requests.
    ///
    /// # Errors
    /// [`RefreshTrouble`] where it could not be read, or not whole.
    pub async fn at(&self, head: Head, now: Timestamp) -> Result<Arc<Register>, RefreshTrouble> {
        let last = self.last();
        if last.revision() == head.revision && !self.may_load(&last, now) {
            return Ok(last);
        }
        // On the heap: few requests come so far, and the others would carry it along.
        Box::pin(self.refreshed(head, now)).await
    }

    async fn refreshed(&self, mut head: Head, now: Timestamp) -> Result<Arc<Register>, RefreshTrouble> {
        let _alone = self.reading.lock().await;
        for attempt in 0..TRIES {
            if attempt > 0 {
                head = self.head().await?;
            }
            let last = self.last();
            if last.revision() == head.revision {
                return Ok(if self.may_load(&last, now) { self.load(&last, now).await } else { last });
            }
            // A revision that went back is a table restored from a backup: nothing read before can be trusted.
            let base = if head.revision < last.revision() { Arc::default() } else { last };
            if let Some(items) = self.newer(&head, base.revision()).await? {
                return Ok(self.load(&base.with(items, &head, now), now).await);
            }
        }
        Err(RefreshTrouble::NotWhole)
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

    /// The records newer than `revision`; `None` where they are not the ones that the head speaks of.
    async fn newer(&self, head: &Head, revision: u64) -> Result<Option<Vec<Item>>, RefreshTrouble> {
        let newer = head.kinds.iter().filter(|(_, kind)| kind.revision > revision);
        let reads = newer.map(|(name, kind)| async move {
            let items = self.records(name, revision).await?;
            Ok(is_whole(&items, *kind, head.revision).then_some(items))
        });
        let read: Vec<Option<Vec<Item>>> = futures_util::future::try_join_all(reads).await?;
        Ok(read.into_iter().collect::<Option<Vec<_>>>().map(|kinds| kinds.into_iter().flatten().collect()))
    }

    async fn records(&self, kind: &str, after: u64) -> Result<Vec<Item>, RefreshTrouble> {
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
        let mut items = Vec::new();
        while let Some(page) = pages.next().await {
            items.extend(page.map_err(|error| RefreshTrouble::Query(Box::new(error)))?.items.unwrap_or_default());
        }
        Ok(items)
    }

    async fn head(&self) -> Result<Head, RefreshTrouble> {
        let read = self.dynamodb.get_item().table_name(&self.table).consistent_read(true);
        let answer = read
            .set_key(Some(Key::head(0).item()))
            .send()
            .await
            .map_err(|error| RefreshTrouble::Head(Box::new(error)))?;
        let item = answer.item.ok_or_else(|| RefreshTrouble::BadHead(Unreadable("there is none".into())))?;
        Head::read(item).map_err(RefreshTrouble::BadHead)
    }
}

/// How long lists that could not be loaded are not tried again: a second and a bit, another in each environment, so that
/// they don't all come at once.
fn pause() -> SignedDuration {
    let mut byte = [0_u8; 1];
    let more = getrandom::fill(&mut byte).map_or(0, |()| byte[0]);
    SignedDuration::from_millis(1000_i64.saturating_add(more.into()))
}

/// Reads beside a transaction are only read-committed. They are whole if as many records bear the kind's last revision
/// as the head says, and none is newer than the head.
fn is_whole(items: &[Item], kind: KindHead, head_revision: u64) -> bool {
    let revision = |item: &Item| item.get("revision").and_then(|value| value.as_n().ok()?.parse::<u64>().ok());
    let bearing = items.iter().filter(|item| revision(item) == Some(kind.revision)).count();
    u64::try_from(bearing) == Ok(kind.records)
        && items.iter().all(|item| revision(item).is_some_and(|r| r <= head_revision))
}
