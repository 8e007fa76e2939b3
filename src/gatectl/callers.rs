//! I/O. The callers' table: reading its records, and replacing them so that every version is kept.

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use export_gate::record::Item;
use export_gate::register::Condition;
use export_gate::terms::render_time;
use jiff::Timestamp;

use crate::item::{substance, text};
use crate::outcome::Trouble;

/// How the id of every earlier version begins.
const HISTORY: &str = "history#";

/// What names the version before, in a record.
const PREVIOUS: &str = "previous";

/// The callers' table.
pub(crate) struct Callers {
    dynamodb: DynamoDb,
    table: String,
}

impl Callers {
    /// The table by its name.
    pub(crate) fn new(dynamodb: DynamoDb, table: String) -> Self {
        Self { dynamodb, table }
    }

    /// A record by its id, such as `client#app`.
    pub(crate) async fn record(&self, id: &str) -> Result<Option<Item>, Trouble> {
        let read = self.dynamodb.get_item().table_name(&self.table).consistent_read(true);
        let read = read.key("id", AttributeValue::S(id.to_owned())).send().await;
        read.map(|answer| answer.item).map_err(|error| Trouble::of(self.unread(), error))
    }

    /// The record, and every version that it replaced, the last first.
    pub(crate) async fn versions(&self, id: &str) -> Result<Vec<Item>, Trouble> {
        let mut versions: Vec<Item> = self.record(id).await?.into_iter().collect();
        while let Some(previous) = versions.last().map(|item| text(item, PREVIOUS).to_owned()) {
            if previous.is_empty() || versions.iter().any(|item| text(item, "id") == previous) {
                break;
            }
            match self.record(&previous).await? {
                Some(item) => versions.push(item),
                None => {
                    return Err(Trouble::new(format!("the version `{previous}` is not there: the history was cut")));
                }
            }
        }
        Ok(versions)
    }

    /// Every record, without earlier versions.
    pub(crate) async fn all(&self) -> Result<Vec<Item>, Trouble> {
        let scan = self.dynamodb.scan().table_name(&self.table).consistent_read(true);
        let mut pages = scan.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let items = page.map_err(|error| Trouble::of(self.unread(), error))?.items.unwrap_or_default();
            found.extend(items.into_iter().filter(|item| !text(item, "id").starts_with(HISTORY)));
        }
        Ok(found)
    }

    /// Puts a record in the place of what was found there, and keeps that. Returns whether it was still so; where it
    /// wasn't, nothing was written.
    pub(crate) async fn replace(
        &self,
        found: Option<&Item>,
        mut record: Item,
        now: Timestamp,
    ) -> Result<bool, Trouble> {
        let mut puts = Vec::new();
        if let Some(found) = found {
            let kept = format!("{HISTORY}{}@{}", text(found, "id"), render_time(now));
            let mut version = found.clone();
            version.insert("id".into(), AttributeValue::S(kept.clone()));
            record.insert(PREVIOUS.into(), AttributeValue::S(kept));
            puts.push(self.put(version, None)?);
        }
        puts.push(self.put(record, found.cloned())?);
        let sent = self.dynamodb.transact_write_items().set_transact_items(Some(puts)).send().await;
        match sent {
            Ok(_) => Ok(true),
            Err(error) => {
                let cancelled = error.as_service_error().is_some_and(|error| error.is_transaction_canceled_exception());
                if cancelled { Ok(false) } else { Err(Trouble::of("nothing was changed", error)) }
            }
        }
    }

    fn put(&self, item: Item, found: Option<Item>) -> Result<TransactWriteItem, Trouble> {
        let Condition { expression, names, values } = Condition::holds(found);
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).condition_expression(expression);
        let put = put.set_expression_attribute_names(Some(names)).set_expression_attribute_values(values);
        let put = put.build().map_err(|error| Trouble::of("the change could not be made", error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn unread(&self) -> String {
        format!(
            "the callers `{}` could not be read; see `--callers-table`, `--region`, `--profile`, `--endpoint-url`",
            self.table
        )
    }
}

/// A record without what says who wrote it, when and why, and which one it replaced.
pub(crate) fn content(item: &Item) -> Item {
    let mut content = substance(item);
    content.remove(PREVIOUS);
    content
}
