//! I/O. Changing the register: records, their history and the heads, in one transaction.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};

use crate::record::{HEADS, Head, Item, KindHead, Unreadable};

/// How many records one transaction takes: DynamoDB's 100 items, less the heads, each record with its history.
pub const MOST_RECORDS: usize = 46;

/// A writer of the register.
#[derive(Clone, Debug)]
pub struct RegisterWriter {
    dynamodb: DynamoDb,
    table: String,
}

/// Why a change was not made. None of it was.
#[derive(Debug, thiserror::Error)]
pub enum WriteTrouble {
    /// More records than one transaction takes.
    #[error("{0} records are more than the {MOST_RECORDS} that one change takes")]
    TooMany(usize),
    /// A record without a text as `kind` or `id`.
    #[error("a record has no `{0}`")]
    NoKey(&'static str),
    /// The head can't be read.
    #[error("the register's head can't be read: {0}")]
    BadHead(#[source] Unreadable),
    /// Reading what is there failed.
    #[error("the register could not be read")]
    Read(#[source] Box<SdkError<GetItemError>>),
    /// The transaction could not be made.
    #[error("the change could not be made: {0}")]
    Unmade(String),
    /// The transaction failed; most often because somebody else changed the register at the same time.
    #[error("the change could not be written; if somebody else changed the register just now, try again")]
    Write(#[source] Box<SdkError<TransactWriteItemsError>>),
}

impl RegisterWriter {
    /// A writer over this table.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, table: String) -> Self {
        Self { dynamodb, table }
    }

    /// Puts records, each whole, over their earlier versions. Returns the new revision, which all of them bear.
    ///
    /// # Errors
    /// [`WriteTrouble`]; then nothing was changed.
    pub async fn put(&self, records: Vec<Item>) -> Result<u64, WriteTrouble> {
        if records.len() > MOST_RECORDS {
            return Err(WriteTrouble::TooMany(records.len()));
        }
        let head = self.get(&Head::kind(0), Head::ID).await?.map(Head::read).transpose();
        let before = head.map_err(WriteTrouble::BadHead)?;
        let mut kinds = before.as_ref().map(|head| head.kinds.clone()).unwrap_or_default();
        let revision = before.as_ref().map_or(0, |head| head.revision).saturating_add(1);
        for (kind, records) in count_by_kind(&records)? {
            kinds.insert(kind, KindHead { revision, records });
        }
        let mut puts = Vec::new();
        for mut record in records {
            let (kind, id) = (key(&record, "kind")?, key(&record, "id")?);
            if let Some(earlier) = self.get(&kind, &id).await? {
                puts.push(self.plain_put(history(earlier, &kind, &id)));
            }
            record.insert("revision".into(), AttributeValue::N(revision.to_string()));
            puts.push(self.plain_put(record));
        }
        let next = Head { revision, kinds };
        puts.extend((0..HEADS).map(|number| self.head_put(number, &next, before.as_ref())));
        let puts = puts.into_iter().map(|put| put.build().map_err(|error| WriteTrouble::Unmade(error.to_string())));
        let items = puts.map(|put| Ok(TransactWriteItem::builder().put(put?).build())).collect::<Result<_, _>>()?;
        let sent = self.dynamodb.transact_write_items().set_transact_items(Some(items)).send().await;
        sent.map(|_| revision).map_err(|error| WriteTrouble::Write(Box::new(error)))
    }

    async fn get(&self, kind: &str, id: &str) -> Result<Option<Item>, WriteTrouble> {
        let read = self.dynamodb.get_item().table_name(&self.table).consistent_read(true);
        let read = read.key("kind", AttributeValue::S(kind.into())).key("id", AttributeValue::S(id.into()));
        read.send().await.map(|answer| answer.item).map_err(|error| WriteTrouble::Read(Box::new(error)))
    }

    fn plain_put(&self, item: Item) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        Put::builder().table_name(&self.table).set_item(Some(item))
    }

    fn head_put(
        &self,
        number: u8,
        next: &Head,
        before: Option<&Head>,
    ) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        let put = self.plain_put(head_item(number, next)).expression_attribute_names("#revision", "revision");
        match before {
            None => put.condition_expression("attribute_not_exists(#revision)"),
            Some(head) => put
                .condition_expression("#revision = :read")
                .expression_attribute_values(":read", AttributeValue::N(head.revision.to_string())),
        }
    }
}

fn head_item(number: u8, head: &Head) -> Item {
    let n = |number: u64| AttributeValue::N(number.to_string());
    let kind_head = |kind: &KindHead| {
        AttributeValue::M(HashMap::from([("revision".into(), n(kind.revision)), ("records".into(), n(kind.records))]))
    };
    let kinds = head.kinds.iter().map(|(name, kind)| (name.clone(), kind_head(kind))).collect();
    HashMap::from([
        ("kind".into(), AttributeValue::S(Head::kind(number))),
        ("id".into(), AttributeValue::S(Head::ID.into())),
        ("revision".into(), n(head.revision)),
        ("kinds".into(), AttributeValue::M(kinds)),
    ])
}

/// An earlier version as the history keeps it: without `revision`, which would put it into the index.
fn history(mut earlier: Item, kind: &str, id: &str) -> Item {
    let was = earlier.remove("revision").unwrap_or_else(|| AttributeValue::N("0".into()));
    let version = was.as_n().map_or("0", String::as_str).to_owned();
    earlier.insert("kind".into(), AttributeValue::S(format!("history#{kind}")));
    earlier.insert("id".into(), AttributeValue::S(format!("{id}@{version}")));
    earlier.insert("was".into(), was);
    earlier
}

fn count_by_kind(records: &[Item]) -> Result<BTreeMap<String, u64>, WriteTrouble> {
    let mut counts = BTreeMap::new();
    for record in records {
        let count: &mut u64 = counts.entry(key(record, "kind")?).or_default();
        *count = count.saturating_add(1);
    }
    Ok(counts)
}

fn key(record: &Item, name: &'static str) -> Result<String, WriteTrouble> {
    record.get(name).and_then(|value| value.as_s().ok()).cloned().ok_or(WriteTrouble::NoKey(name))
}
