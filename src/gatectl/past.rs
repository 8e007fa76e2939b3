//! I/O. The register as it was at an earlier revision, from its records and their history.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Head, Item};
use export_gate::register::Register;
use export_gate::register::history::{HISTORY, Key};
use jiff::Timestamp;

use crate::item::text;
use crate::outcome::Trouble;
use crate::present::Present;
use crate::versions::revision;

/// Every version of every record.
pub(crate) struct Past {
    /// The register as it stands.
    pub(crate) present: Present,
    /// By revision and id, every version as the gate read it.
    versions: BTreeMap<(u64, String, String), Item>,
}

impl Past {
    /// Reads the register, and all that it keeps of its past.
    pub(crate) async fn read(dynamodb: &DynamoDb, table: &str) -> Result<Self, Trouble> {
        let present = Present::read(dynamodb, table).await?;
        let mut kinds: Vec<&String> = present.records.keys().map(|key| &key.kind).collect();
        kinds.dedup();
        let histories = kinds.iter().map(|kind| history(dynamodb, table, kind));
        let histories = futures_util::future::try_join_all(histories).await?;
        let mut versions = BTreeMap::new();
        // What bears no revision yet was edited by hand, and no gate reads it.
        let current = present.records.values().filter(|item| item.contains_key("revision")).cloned();
        for item in histories.into_iter().flatten().chain(current) {
            versions.insert((revision(&item), text(&item, "kind").to_owned(), text(&item, "id").to_owned()), item);
        }
        Ok(Self { present, versions })
    }

    /// The register at a revision, with every version up to it put in as it came: the last readable one of each serves,
    /// as it did then.
    pub(crate) fn at(&self, revision: u64, now: Timestamp) -> Register {
        let until = self.versions.iter().take_while(|((number, _, _), _)| *number <= revision);
        let items = until.map(|(_, item)| restored(item)).collect();
        Register::default().with(items, &Head { revision, ..Head::default() }, now)
    }

    /// Every version of the records of a kind, the oldest first.
    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = (Key, u64, Item)> {
        let all = self.versions.iter().map(|((revision, _, _), item)| (restored(item), *revision));
        all.filter_map(|(item, revision)| Some((Key::of(&item)?, revision, item)))
            .filter(move |(key, _, _)| key.kind == kind)
    }
}

/// A version with the key and revision that it had.
fn restored(item: &Item) -> Item {
    let Some(kind) = text(item, "kind").strip_prefix(HISTORY).map(str::to_owned) else { return item.clone() };
    let mut item = item.clone();
    let id = text(&item, "id").rsplit_once('@').map_or("", |(id, _)| id).to_owned();
    item.insert("kind".into(), AttributeValue::S(kind));
    item.insert("id".into(), AttributeValue::S(id));
    if let Some(was) = item.remove("was") {
        item.insert("revision".into(), was);
    }
    item
}

async fn history(dynamodb: &DynamoDb, table: &str, kind: &str) -> Result<Vec<Item>, Trouble> {
    let query = dynamodb.query().table_name(table).consistent_read(true);
    let query = query.key_condition_expression("#kind = :kind").expression_attribute_names("#kind", "kind");
    let query = query.expression_attribute_values(":kind", AttributeValue::S(format!("{HISTORY}{kind}")));
    let mut pages = query.into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let why = || format!("the history of the register `{table}` could not be read");
        found.extend(page.map_err(|error| Trouble::of(why(), error))?.items.unwrap_or_default());
    }
    Ok(found)
}
