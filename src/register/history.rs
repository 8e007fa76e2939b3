//! Pure. The register's history: every replaced version, and which records each revision wrote.
//!
//! INVARIANT: no history item has the attribute `revision`, which would put it into the index `by-revision`.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::digest::digest;
use crate::record::{Head, Item, dynamodb_json};

/// The prefix of the kind of every history item.
pub const HISTORY: &str = "history#";

/// The kind of the items that list the records of each revision.
pub const CHANGES: &str = "history#change";

/// A record's key within the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The partition key.
    pub kind: String,
    /// The sort key.
    pub id: String,
}

impl Key {
    /// The key of an item; `None` where a key attribute is missing or is not a string.
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

    /// The key as a DynamoDB item.
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

/// The revision of an item; `None` where it is not a positive integer.
#[must_use]
pub fn revision_of(item: &Item) -> Option<u64> {
    item.get("revision")?.as_n().ok()?.parse().ok().filter(|revision| *revision > 0)
}

/// The history item of a version. `more` numbers versions with the same revision, which only manual edits create.
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

/// The key of the item that lists the records of `revision`. Leading zeros sort the keys by revision.
#[must_use]
pub fn change_key(revision: u64) -> Key {
    Key { kind: CHANGES.to_owned(), id: format!("{revision:012}") }
}

/// The item that lists the records of `revision`, each with its digest. The digest reveals manual edits, whatever revision
/// the edited item states.
#[must_use]
pub fn change(revision: u64, records: &[(Key, Item)]) -> Item {
    let mut item = change_key(revision).item();
    let written = |(key, record): &(Key, Item)| (key.to_string(), AttributeValue::S(digest_of(record)));
    item.insert("records".into(), AttributeValue::M(records.iter().map(written).collect()));
    item
}

/// Whether a change wrote exactly this record.
#[must_use]
pub fn wrote(change: &Item, key: &Key, record: &Item) -> bool {
    let records = change.get("records").and_then(|value| value.as_m().ok());
    let written = records.and_then(|records| records.get(&key.to_string())?.as_s().ok());
    written.is_some_and(|written| *written == digest_of(record))
}

/// The digest of a record in DynamoDB JSON, its revision included.
fn digest_of(record: &Item) -> String {
    digest(&dynamodb_json(record))
}
