//! Pure. DynamoDB items become typed records here, whole or not at all.
//!
//! A register record's own attributes are read strictly: an attribute that the code does not know could be a
//! condition that somebody relies on, so the record is [`Unreadable`] rather than half read.

mod caller;
mod choice;
mod clearance;
mod embargo;
mod group;
mod head;
mod json;
mod lenient;
mod licence;
pub mod limits;
mod list;
mod model;
mod network_class;
#[cfg(feature = "gatectl")]
mod schema;
mod setting;
mod spread;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};

use crate::terms::Window;

pub use caller::{
    Attestation, CallerStatus, Client, DEEPEST_OWNERS, Organisation, OrganisationType, Owner, OwnerKind, Person,
    UsStatus, Users, Verification, VerificationStatus,
};
pub use choice::{Choice, Networks, Place, Places, Words};
pub use clearance::Clearance;
pub use embargo::{AppliesTo, Authority, Basis, Effect, Embargo, Ownership, Party};
pub use group::Group;
pub use head::{HEADS, Head, KindHead};
pub use json::{dynamodb_json, is_same};
pub use licence::{Licence, LicenceType, PersonScope, Quota};
pub use list::{CHUNK_DATA, CHUNKS, List, ListContent, chunk_key};
pub use model::{Model, ModelStatus};
pub use network_class::{Classes, NetworkClass};
pub(crate) use setting::STRICTEST;
pub use setting::{ImpossibleTravel, MATCH_THRESHOLD, Pair, ParentCountries, Screening, WhenUnknown, thousandths};
pub use spread::Spread;

/// A DynamoDB item.
pub type Item = HashMap<String, AttributeValue>;

/// Why an item could not be read, in words for operators: it may name attributes and values of the record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// What every register record bears.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// The record's id within its kind.
    pub id: String,
    /// The register's revision that wrote it.
    pub revision: u64,
    /// When it is in force.
    pub window: Window,
    /// Whether an operator took it back.
    pub withdrawn: bool,
}

/// Whether a record counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Force {
    /// It does.
    InForce,
    /// Its window has not begun.
    NotYet,
    /// Its window is over.
    Over,
    /// An operator took it back.
    Withdrawn,
}

impl Meta {
    /// Whether the record counts at `now`.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.force(now) == Force::InForce
    }

    /// Whether the record counts at `now`, and why not.
    #[must_use]
    pub fn force(&self, now: Timestamp) -> Force {
        if self.withdrawn {
            Force::Withdrawn
        } else if !self.window.has_begun(now) {
            Force::NotYet
        } else if self.window.is_over(now) {
            Force::Over
        } else {
            Force::InForce
        }
    }

    /// `id@revision`, by which the ledger names records and the history keeps them.
    #[must_use]
    pub fn version(&self) -> String {
        format!("{}@{}", self.id, self.revision)
    }
}

/// A record of one kind: what every record bears, and what its kind adds.
#[derive(Clone, Debug, PartialEq)]
pub struct Record<T> {
    /// What every record bears.
    pub meta: Meta,
    /// What the kind adds.
    pub body: T,
}

impl<T> std::ops::Deref for Record<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.body
    }
}

/// A kind of register record.
pub trait Kind: DeserializeOwned {
    /// Its value in the table's partition key.
    const KIND: &'static str;

    /// Whether the last readable version serves on for a while when the last version can't be read. What only permits
    /// counts as absent instead.
    const LAST_READABLE_SERVES: bool = true;

    /// What the types could not say: refuses a record that contradicts itself.
    ///
    /// # Errors
    /// A sentence for operators.
    fn check(&self, _meta: &Meta) -> Result<(), Unreadable> {
        Ok(())
    }
}

#[derive(Deserialize)]
struct Common {
    id: String,
    #[serde(default)]
    revision: u64,
    #[serde(default, deserialize_with = "crate::terms::optional_time")]
    from: Option<Timestamp>,
    #[serde(default, deserialize_with = "crate::terms::optional_time")]
    until: Option<Timestamp>,
    #[serde(default)]
    withdrawn: bool,
}

/// Reads a register item of kind `T`.
///
/// # Errors
/// [`Unreadable`] with the attribute and the fault.
pub fn read<T: Kind>(item: &Item) -> Result<Record<T>, Unreadable> {
    let is_common =
        |name: &str| matches!(name, "kind" | "id" | "revision" | "from" | "until" | "withdrawn" | "by" | "at" | "why");
    let (common, own): (Item, Item) =
        item.iter().map(|(name, value)| (name.clone(), value.clone())).partition(|(name, _)| is_common(name));
    let Common { id, revision, from, until, withdrawn } = parse(common)?;
    if let (Some(from), Some(until)) = (from, until)
        && from >= until
    {
        return Err(Unreadable("`until` is not after `from`, so the record would never be in force".into()));
    }
    let meta = Meta { id, revision, window: Window { from, until }, withdrawn };
    let body: T = parse(own)?;
    body.check(&meta)?;
    Ok(Record { meta, body })
}

/// Reads an item as `T`, naming the attribute that is at fault.
pub(crate) fn parse<T: DeserializeOwned>(item: Item) -> Result<T, Unreadable> {
    if let Some((name, _)) = item.iter().find(|(_, value)| has_null(value)) {
        return Err(Unreadable(format!("{name}: null; leave an attribute out where it has no value")));
    }
    let item: serde_dynamo::Item = item.into();
    let value = serde_dynamo::AttributeValue::M(item.into_inner());
    serde_path_to_error::deserialize(serde_dynamo::Deserializer::from_attribute_value(value)).map_err(|error| {
        let path = error.path().to_string();
        let fault = error.into_inner().to_string();
        Unreadable(if path == "." { fault } else { format!("{path}: {fault}") })
    })
}

fn has_null(value: &AttributeValue) -> bool {
    value.is_null()
        || value.as_l().is_ok_and(|list| list.iter().any(has_null))
        || value.as_m().is_ok_and(|map| map.values().any(has_null))
}

/// For lists that say nothing when they are empty: an empty scope is a slip, not a wildcard.
fn filled<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let list = Vec::deserialize(deserializer)?;
    if list.is_empty() { Err(D::Error::custom("an empty list names nothing")) } else { Ok(list) }
}

/// [`filled`], for an attribute that may be left out.
fn filled_if_given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    filled(deserializer).map(Some)
}

/// For texts that say nothing when they are empty.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() { Err(D::Error::custom("an empty text")) } else { Ok(text) }
}

/// For `true` and nothing else: `foreign_persons: false` reads as if it excluded somebody, and would not.
fn only_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    if bool::deserialize(deserializer)? { Ok(true) } else { Err(D::Error::custom("leave it out instead of `false`")) }
}
