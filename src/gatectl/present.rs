//! I/O. The whole register as it stands at one revision.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Head, Item};
use export_gate::register::history::Key;
use export_gate::register::{Heads, KINDS, Register, all_heads};
use jiff::Timestamp;

use crate::outcome::Trouble;

/// Every record of the register, withdrawn ones too, without its past.
#[derive(Clone, Debug, Default)]
pub(crate) struct Present {
    /// The revision that it stands at.
    pub(crate) revision: u64,
    /// The records, by key.
    pub(crate) records: BTreeMap<Key, Item>,
}

/// How often it is read while somebody else writes.
const TRIES: usize = 5;

impl Present {
    /// Reads the register; the head is read before and after, so that what lies between is of one revision.
    pub(crate) async fn read(dynamodb: &DynamoDb, table: &str) -> Result<Self, Trouble> {
        let mut head = head(dynamodb, table).await?;
        for _ in 0..TRIES {
            // A head that an edit by hand has left without a kind hides no record.
            let kinds: BTreeSet<&str> = head.kinds.keys().map(String::as_str).chain(KINDS).collect();
            let reads = kinds.into_iter().map(|kind| partition(dynamodb, table, kind));
            let read = futures_util::future::try_join_all(reads).await?;
            let after = self::head(dynamodb, table).await?;
            if after == head {
                let keyed = read.into_iter().flatten().filter_map(|item| Some((Key::of(&item)?, item)));
                return Ok(Self { revision: head.revision, records: keyed.collect() });
            }
            head = after;
        }
        Err(Trouble::new(format!(
            "the register `{table}` changed each of the {TRIES} times that it was read: try again"
        )))
    }

    /// The records of a kind, by id.
    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = (&Key, &Item)> {
        self.records.iter().filter(move |(key, _)| key.kind == kind)
    }

    /// One record.
    pub(crate) fn record(&self, kind: &str, id: &str) -> Option<&Item> {
        self.records.get(&Key { kind: kind.to_owned(), id: id.to_owned() })
    }

    /// The register as the gate has it in memory.
    pub(crate) fn register(&self, now: Timestamp) -> Register {
        let head = Head { revision: self.revision, ..Head::default() };
        Register::default().with(self.records.values().cloned().collect(), &head, now)
    }
}

fn unread(table: &str) -> String {
    format!(
        "the register `{table}` could not be read; see `--register-table`, `--region`, `--profile`, `--endpoint-url`"
    )
}

/// What the register's heads state; that of an empty register where there are none.
async fn head(dynamodb: &DynamoDb, table: &str) -> Result<Head, Trouble> {
    let found = all_heads(dynamodb, table).await.map_err(|error| Trouble::of(unread(table), error))?;
    if found.iter().all(Option::is_none) {
        return Ok(Head::default());
    }
    let heads = Heads::of(found.iter().map(Option::as_ref));
    let heads = heads.map_err(|error| Trouble::of("none of the register's heads is valid", error))?;
    Ok(heads.leading().clone())
}

/// Every item of a kind, from the table itself: what an edit by hand left without a revision is among them.
pub(crate) async fn partition(dynamodb: &DynamoDb, table: &str, kind: &str) -> Result<Vec<Item>, Trouble> {
    let query = dynamodb.query().table_name(table).consistent_read(true);
    let query = query.key_condition_expression("#kind = :kind").expression_attribute_names("#kind", "kind");
    let query = query.expression_attribute_values(":kind", AttributeValue::S(kind.to_owned()));
    let mut pages = query.into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.extend(page.map_err(|error| Trouble::of(unread(table), error))?.items.unwrap_or_default());
    }
    Ok(found)
}
