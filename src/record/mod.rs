//! Pure. DynamoDB items become typed records here, whole or not at all.
//!
//! A register record's own attributes are read strictly: an attribute that the code does not know could be a
//! condition that somebody relies on, so the record is [`Unreadable`] rather than half read.

mod attribute;
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
#[cfg(feature = "schema")]
mod schema;
mod setting;
mod spread;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};

use crate::terms::Window;

use attribute::Attribute;
pub use caller::{
    Attestation, CallerStatus, Client, DEEPEST_OWNERS, Organisation, OrganisationType, Owner, OwnerKind, Person,
    UsStatus, Users, Verification, VerificationStatus,
};
pub use choice::{Choice, Networks, Place, Places, Words};
pub use clearance::Clearance;
pub(crate) use embargo::VOID;
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

/// Why an item could not be read: the place and the kind of the error. It never quotes a value of the record, since it
/// reaches logs, health and mail.
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
    let (common, own): (Vec<_>, Vec<_>) = item.iter().partition(|(name, _)| is_common(name));
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

/// Whether an item says that it is withdrawn, whether or not the rest of it can be read.
#[must_use]
pub fn is_withdrawn(item: &Item) -> bool {
    item.get("withdrawn").is_some_and(|value| value.as_bool() == Ok(&true))
}

/// Reads attributes as `T`, naming the place that is at fault.
fn parse<'a, T: DeserializeOwned>(
    attributes: impl IntoIterator<Item = (&'a String, &'a AttributeValue)>,
) -> Result<T, Unreadable> {
    let mut attributes: Vec<_> = attributes.into_iter().map(|(name, value)| (name.as_str(), value)).collect();
    // The same record has the same fault each time that it is read.
    attributes.sort_unstable_by_key(|(name, _)| *name);
    if let Some((name, _)) = attributes.iter().find(|(_, value)| has_null(value)) {
        let name = attribute::shown(name);
        return Err(Unreadable(format!("{name}: null; leave an attribute out where it has no value")));
    }
    let attributes = attributes.into_iter().map(|(name, value)| (name, Attribute(value)));
    serde_path_to_error::deserialize(MapDeserializer::new(attributes)).map_err(|error| {
        let place = attribute::place(error.path());
        let Unreadable(why) = error.into_inner();
        Unreadable(place.map_or_else(|| why.clone(), |place| format!("{place}: {why}")))
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
