//! Pure. What the register keeps of its past: every version that was replaced, and which records each revision wrote.
//!
//! None of it has a `revision` as an attribute, which would put it into the index by which the gate reads.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::digest::digest;
use crate::record::{Head, Item, dynamodb_json};

/// How the kind of every item of the past begins.
pub const HISTORY: &str = "history#";

/// The kind of the items that say which records a revision wrote.
pub const CHANGES: &str = "history#change";

/// A record's key within the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The partition.
    pub kind: String,
    /// The record within it.
    pub id: String,
}

impl Key {
    /// The key of an item; `None` where an attribute of it is no text.
    #[must_use]
    pub fn of(item: &Item) -> Option<Self> {
        let text = |name| item.get(name).and_then(|value: &AttributeValue| value.as_s().ok()).cloned();
        Some(Self { kind: text("kind")?, id: text("id")? })
    }

    /// The key of a head.
    #[must_use]
    pub fn head(number: u8) -> Self {
        Self { kind: Head::kind(number), id: Head::ID.to_owned() }
    }

    /// As DynamoDB takes it.
    #[must_use]
    pub fn item(&self) -> Item {
        HashMap::from([
            ("kind".to_owned(), AttributeValue::S(self.kind.clone())),
            ("id".to_owned(), AttributeValue::S(self.id.clone())),
        ])
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
    }
}

/// The revision that an item bears; `None` where it bears none that is a whole number above zero.
#[must_use]
pub fn revision_of(item: &Item) -> Option<u64> {
    item.get("revision")?.as_n().ok()?.parse().ok().filter(|revision| *revision > 0)
}

/// A version as the history keeps it. `more` is 0 but for versions that bore the same revision, which only edits by
/// hand leave: they are numbered.
#[must_use]
pub fn kept(version: &Item, key: &Key, more: u32) -> Item {
    let mut kept = version.clone();
    let was = revision_of(version).unwrap_or_default();
    let id = if more == 0 { format!("{}@{was}", key.id) } else { format!("{}@{was}.{more}", key.id) };
    kept.remove("revision");
    kept.insert("kind".into(), AttributeValue::S(format!("{HISTORY}{}", key.kind)));
    kept.insert("id".into(), AttributeValue::S(id));
    kept.insert("was".into(), AttributeValue::N(was.to_string()));
    kept
}

/// The key of the item that says which records `revision` wrote. The number has leading zeros, so that the keys' order
/// is that of the revisions.
#[must_use]
pub fn change_key(revision: u64) -> Key {
    Key { kind: CHANGES.to_owned(), id: format!("{revision:012}") }
}

/// The item that says which records `revision` wrote, each with the digest of what it wrote: so that an item that stands
/// in the table can be told from one that somebody edited, whatever revision that one bears.
#[must_use]
pub fn change(revision: u64, records: &[(Key, Item)]) -> Item {
    let mut item = change_key(revision).item();
    let written = |(key, record): &(Key, Item)| (key.to_string(), AttributeValue::S(digest_of(record)));
    item.insert("records".into(), AttributeValue::M(records.iter().map(written).collect()));
    item
}

/// Whether a change wrote a record, just as it is.
#[must_use]
pub fn wrote(change: &Item, key: &Key, record: &Item) -> bool {
    let records = change.get("records").and_then(|value| value.as_m().ok());
    let written = records.and_then(|records| records.get(&key.to_string())?.as_s().ok());
    written.is_some_and(|written| *written == digest_of(record))
}

/// The digest of a record as DynamoDB keeps it, its revision included.
fn digest_of(record: &Item) -> String {
    digest(&dynamodb_json(record))
}
