//! I/O. A snapshot: the whole register at one revision.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Head, Item};
use export_gate::register::history::{Key, revision_of};
use export_gate::register::{BY_REVISION, Basis, KINDS, Register, all_heads};
use futures_util::future::try_join_all;
use jiff::Timestamp;

use crate::backoff::{Backoff, with_backoff};
use crate::outcome::Failure;

/// Every current record of the register, withdrawn ones included.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    /// The revision.
    pub(crate) revision: u64,
    /// The records, by key.
    pub(crate) records: BTreeMap<Key, Item>,
    /// The heads at that revision.
    pub(crate) heads: Basis,
}

impl Snapshot {
    /// Reads every kind, then what changed in between, so that all records are of one revision.
    pub(crate) async fn read(dynamodb: &DynamoDb, table: &str) -> Result<Self, Failure> {
        let heads = heads(dynamodb, table).await?;
        // A head edited by hand may lack a kind.
        let kinds: BTreeSet<&str> = heads.kinds().map(|(kind, _)| kind).chain(KINDS).collect();
        let kinds = kinds.into_iter().map(|kind| partition(dynamodb, table, kind));
        let read = try_join_all(kinds).await?.into_iter().flatten();
        let mut snapshot = Self { revision: heads.revision(), heads, ..Self::default() };
        snapshot.put(read);
        snapshot.refresh(dynamodb, table, &[]).await?;
        Ok(snapshot)
    }

    /// Reads what is newer than the snapshot, and these records in any case, since an edit by hand sets no revision. Returns
    /// the records that it read.
    pub(crate) async fn refresh(
        &mut self,
        dynamodb: &DynamoDb,
        table: &str,
        keys: &[Key],
    ) -> Result<Vec<Item>, Failure> {
        let mut backoff = Backoff::of(dynamodb);
        let mut read = loop {
            let heads = heads(dynamodb, table).await?;
            if heads.revision() < self.revision {
                let message =
                    format!("the register `{table}` went back to revision {}: run the command again", heads.revision());
                return Err(Failure::new(message));
            }
            if let Some(newer) = newer(dynamodb, table, &heads, self.revision).await? {
                (self.revision, self.heads) = (heads.revision(), heads);
                break newer;
            }
            if !backoff.wait_for_others().await {
                return Err(Failure::new(format!(
                    "the records of the register `{table}` do not agree with its heads: run the command again, or allow \
                     more time with `--timeout`"
                )));
            }
        };
        for (key, item) in keys.iter().zip(try_join_all(keys.iter().map(|key| record(dynamodb, table, key))).await?) {
            self.records.remove(key);
            read.extend(item);
        }
        self.put(read.iter().cloned());
        Ok(read)
    }

    /// Updates the snapshot with a change and its heads.
    pub(crate) fn wrote(&mut self, heads: Basis, records: impl Iterator<Item = Item>) {
        let revision = AttributeValue::N(heads.revision().to_string());
        let records = records.map(|mut record| {
            record.insert("revision".to_owned(), revision.clone());
            record
        });
        self.put(records);
        (self.revision, self.heads) = (heads.revision(), heads);
    }

    fn put(&mut self, records: impl IntoIterator<Item = Item>) {
        self.records.extend(records.into_iter().filter_map(|item| Some((Key::of(&item)?, item))));
    }

    /// The records of a kind, by id.
    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = (&Key, &Item)> {
        self.records.iter().filter(move |(key, _)| key.kind == kind)
    }

    /// One record.
    pub(crate) fn record(&self, kind: &str, id: &str) -> Option<&Item> {
        self.records.get(&Key { kind: kind.to_owned(), id: id.to_owned() })
    }

    /// The register as the gate has it.
    pub(crate) fn register(&self, now: Timestamp) -> Register {
        let head = Head { revision: self.revision, ..Head::default() };
        Register::default().with(self.records.values().cloned().collect(), &head, now)
    }
}

fn read_error(table: &str) -> String {
    format!(
        "the register `{table}` could not be read; check `--register-table`, `--region`, `--profile`, `--endpoint-url`"
    )
}

/// The valid heads of the register.
async fn heads(dynamodb: &DynamoDb, table: &str) -> Result<Basis, Failure> {
    let mut backoff = Backoff::of(dynamodb);
    let found = loop {
        match all_heads(dynamodb, table).await {
            Err(failure) if failure.is_busy() && backoff.wait().await => {}
            answer => break answer.map_err(|error| Failure::of(read_error(table), error))?,
        }
    };
    Basis::of(found).map_err(|error| Failure::of("none of the register's heads is valid", error))
}

/// The records newer than `revision`; `None` if they do not agree with the heads.
async fn newer(dynamodb: &DynamoDb, table: &str, heads: &Basis, revision: u64) -> Result<Option<Vec<Item>>, Failure> {
    let newer = heads.kinds().filter(|(_, kind)| kind.revision > revision);
    let reads = newer.map(|(name, kind)| async move {
        let query = dynamodb.query().table_name(table).index_name(BY_REVISION).consistent_read(true);
        let query = query.key_condition_expression("#kind = :kind AND #revision > :after");
        let query =
            query.expression_attribute_names("#kind", "kind").expression_attribute_names("#revision", "revision");
        let query = query.expression_attribute_values(":kind", AttributeValue::S(name.to_owned()));
        let query = query.expression_attribute_values(":after", AttributeValue::N(revision.to_string()));
        let items = pages(dynamodb, table, query).await?;
        let of_last = items.iter().filter(|item| revision_of(item) == Some(kind.revision)).count();
        let is_whole = u64::try_from(of_last) == Ok(kind.records)
            && items.iter().all(|item| revision_of(item) <= Some(heads.revision()));
        Ok::<_, Failure>(is_whole.then_some(items))
    });
    let read: Option<Vec<Vec<Item>>> = try_join_all(reads).await?.into_iter().collect();
    Ok(read.map(|kinds| kinds.into_iter().flatten().collect()))
}

/// Every item of a kind, from the table: the index lacks items that an edit by hand left without a revision.
pub(crate) async fn partition(dynamodb: &DynamoDb, table: &str, kind: &str) -> Result<Vec<Item>, Failure> {
    let query = dynamodb.query().table_name(table).consistent_read(true);
    let query = query.key_condition_expression("#kind = :kind").expression_attribute_names("#kind", "kind");
    pages(dynamodb, table, query.expression_attribute_values(":kind", AttributeValue::S(kind.to_owned()))).await
}

/// The item with a key of the register table.
pub(crate) async fn record(dynamodb: &DynamoDb, table: &str, key: &Key) -> Result<Option<Item>, Failure> {
    let read = dynamodb.get_item().table_name(table).consistent_read(true).set_key(Some(key.item()));
    let read = with_backoff(dynamodb, async || read.clone().send().await).await;
    read.map(|answer| answer.item).map_err(|error| Failure::of(read_error(table), error))
}

/// Every item that a query of the register table finds.
pub(crate) async fn pages(dynamodb: &DynamoDb, table: &str, query: QueryFluentBuilder) -> Result<Vec<Item>, Failure> {
    let (mut found, mut from) = (Vec::new(), None);
    loop {
        let page = query.clone().set_exclusive_start_key(from);
        let page = with_backoff(dynamodb, async || page.clone().send().await).await;
        let page = page.map_err(|error| Failure::of(read_error(table), error))?;
        found.extend(page.items.unwrap_or_default());
        from = page.last_evaluated_key;
        if from.is_none() {
            return Ok(found);
        }
    }
}
