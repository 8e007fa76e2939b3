//! I/O. The callers table: reads records, and replaces them with their history kept.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use export_gate::record::{Client, Item, Organisation, Person, names};
use export_gate::register::{Condition, WriteError};
use export_gate::terms::render_time;
use jiff::Timestamp;

use crate::backoff::{Backoff, with_backoff};
use crate::item::{text, unattributed};
use crate::outcome::Failure;

/// The prefix of an earlier version's id.
const HISTORY: &str = "history#";

/// The attribute with the id of the previous version.
const PREVIOUS: &str = "previous";

/// Every attribute of a record. A write is conditional on all of them, since other writers use this table and it has no
/// revisions.
fn attributes() -> BTreeSet<&'static str> {
    let of_types = [names::<Client>(), names::<Organisation>(), names::<Person>()];
    of_types.into_iter().flatten().copied().chain(["by", "at", "why", PREVIOUS]).collect()
}

/// The callers table.
pub(crate) struct Callers {
    dynamodb: DynamoDb,
    /// A client without retries: the outcome of each attempt is read back.
    once: DynamoDb,
    table: String,
}

impl Callers {
    /// The table with this name.
    pub(crate) fn new(dynamodb: DynamoDb, table: String) -> Self {
        let once = dynamodb.config().to_builder().retry_config(RetryConfig::disabled());
        Self { dynamodb, once: DynamoDb::from_conf(once.build()), table }
    }

    /// The record with an id such as `client#app`.
    pub(crate) async fn record(&self, id: &str) -> Result<Option<Item>, Failure> {
        let read = self.dynamodb.get_item().table_name(&self.table).consistent_read(true);
        let read = read.key("id", AttributeValue::S(id.to_owned()));
        let read = with_backoff(&self.dynamodb, async || read.clone().send().await).await;
        read.map(|answer| answer.item).map_err(|error| Failure::of(self.read_error(), error))
    }

    /// The record and its earlier versions, the newest first.
    pub(crate) async fn versions(&self, id: &str) -> Result<Vec<Item>, Failure> {
        let mut versions: Vec<Item> = self.record(id).await?.into_iter().collect();
        while let Some(previous) = versions.last().map(|item| text(item, PREVIOUS).to_owned()) {
            if previous.is_empty() || versions.iter().any(|item| text(item, "id") == previous) {
                break;
            }
            match self.record(&previous).await? {
                Some(item) => versions.push(item),
                None => {
                    return Err(Failure::new(format!(
                        "the version `{previous}` is missing: the history is incomplete"
                    )));
                }
            }
        }
        Ok(versions)
    }

    /// Every record, without earlier versions.
    pub(crate) async fn all(&self) -> Result<Vec<Item>, Failure> {
        let scan = self.dynamodb.scan().table_name(&self.table).consistent_read(true);
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let page = scan.clone().set_exclusive_start_key(from);
            let page = with_backoff(&self.dynamodb, async || page.clone().send().await).await;
            let page = page.map_err(|error| Failure::of(self.read_error(), error))?;
            let items = page.items.unwrap_or_default();
            found.extend(items.into_iter().filter(|item| !text(item, "id").starts_with(HISTORY)));
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(found);
            }
        }
    }

    /// Replaces the record `found` and keeps it as an earlier version. Returns false, without a write, if the table no longer
    /// has `found`.
    pub(crate) async fn replace(
        &self,
        found: Option<&Item>,
        mut record: Item,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let mut puts = Vec::new();
        if let Some(found) = found {
            let kept = self.free(&format!("{HISTORY}{}@{}", text(found, "id"), render_time(now))).await?;
            let mut version = found.clone();
            version.insert("id".into(), AttributeValue::S(kept.clone()));
            record.insert(PREVIOUS.into(), AttributeValue::S(kept));
            puts.push(self.put(version, None)?);
        }
        puts.push(self.put(record.clone(), found.cloned())?);
        let mut backoff = Backoff::of(&self.dynamodb);
        let mut is_unknown = false;
        loop {
            let sent = self.once.transact_write_items().set_transact_items(Some(puts.clone())).send().await;
            let Err(error) = sent else { return Ok(true) };
            let unwritten = WriteError::of(error);
            is_unknown |= matches!(unwritten, WriteError::Unknown(_));
            // An attempt without an answer may have been written, and so may an earlier one.
            if is_unknown || unwritten.is_conflict() {
                match self.versions(text(&record, "id")).await {
                    Ok(versions) if versions.iter().any(|version| is_version(version, &record)) => return Ok(true),
                    // Another record is there, so no attempt can be written any more.
                    Ok(versions) if versions.first() != found => return Ok(false),
                    Ok(_) if !is_unknown => return Ok(false),
                    Ok(_) | Err(_) => {}
                }
            }
            if !(is_unknown || unwritten.is_passing()) || !backoff.wait().await {
                let message = if is_unknown {
                    format!(
                        "it is unknown whether `{}` was changed: check it, and run the same command again, which writes what \
                         is missing",
                        text(&record, "id")
                    )
                } else {
                    "nothing was changed".to_owned()
                };
                return Err(Failure::of(message, unwritten));
            }
        }
    }

    /// A free id for an earlier version: two may be replaced in one millisecond.
    async fn free(&self, id: &str) -> Result<String, Failure> {
        let mut free = id.to_owned();
        for more in 1_u32.. {
            if self.record(&free).await?.is_none() {
                break;
            }
            free = format!("{id}.{more}");
        }
        Ok(free)
    }

    fn put(&self, item: Item, found: Option<Item>) -> Result<TransactWriteItem, Failure> {
        let absent: Vec<&str> =
            found.iter().flat_map(|found| attributes().into_iter().filter(|name| !found.contains_key(*name))).collect();
        let Condition { mut expression, mut names, values } = Condition::holds(found);
        for name in absent {
            expression += &format!(" AND attribute_not_exists(#{name})");
            names.insert(format!("#{name}"), name.to_owned());
        }
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).condition_expression(expression);
        let put = put.set_expression_attribute_names(Some(names)).set_expression_attribute_values(values);
        let put = put.build().map_err(|error| Failure::of("the change could not be made", error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn read_error(&self) -> String {
        format!(
            "the callers table `{}` could not be read; check `--callers-table`, `--region`, `--profile`, `--endpoint-url`",
            self.table
        )
    }
}

/// Whether a version is this record, perhaps already an earlier version with another id.
fn is_version(version: &Item, record: &Item) -> bool {
    let mut version = version.clone();
    version.extend(record.get("id").map(|id| ("id".to_owned(), id.clone())));
    version == *record
}

/// A record without its attribution and its previous version.
pub(crate) fn content(item: &Item) -> Item {
    let mut content = unattributed(item);
    content.remove(PREVIOUS);
    content
}
