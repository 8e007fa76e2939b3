//! Pure. Parses DynamoDB items into typed records.
//!
//! INVARIANT: a register record with an unknown attribute is [`Unreadable`]. The attribute could be a condition that an
//! operator relies on, so the record is never read in part.

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
mod names;
mod network_class;
#[cfg(test)]
mod round_trip;
#[cfg(feature = "schema")]
mod schema;
mod setting;
mod spread;
mod write;

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
pub use choice::{Choice, Network, Networks, NotANetwork, Place, Places, Words};
pub use clearance::Clearance;
pub(crate) use embargo::EMPTY_SELECTION;
pub use embargo::{AppliesTo, Authority, Basis, Effect, Embargo, Ownership, Party};
pub use group::Group;
pub use head::{HEADS, Head, KindHead};
pub use json::{dynamodb_json, is_same};
pub use licence::{Licence, LicenceType, PersonScope, Quota};
pub use list::{CHUNK_DATA, CHUNKS, List, ListContent, chunk_key};
pub use model::{Model, ModelStatus};
pub use names::names;
pub use network_class::{Classes, NetworkClass};
pub(crate) use setting::STRICTEST;
pub use setting::{ImpossibleTravel, MATCH_THRESHOLD, Pair, ParentCountries, Screening, WhenUnknown, thousandths};
pub use spread::Spread;
pub use write::{attributes, write, write_caller};

/// A DynamoDB item.
pub type Item = HashMap<String, AttributeValue>;

/// Why an item could not be read: the place and the kind of the error, never a value of the record. It appears in logs,
/// health and e-mail.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// The attributes of every register record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// The record's id within its kind.
    pub id: String,
    /// The register's revision that wrote it.
    pub revision: u64,
    /// When it is in force.
    pub window: Window,
    /// Whether an operator withdrew it.
    pub withdrawn: bool,
}

/// Whether a record is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Force {
    /// It is in force.
    InForce,
    /// Its window has not begun.
    NotYet,
    /// Its window is over.
    Over,
    /// An operator withdrew it.
    Withdrawn,
}

impl Meta {
    /// Whether the record is in force at `now`.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.force(now) == Force::InForce
    }

    /// Whether the record is in force at `now`, or why not.
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

    /// `id@revision`, the name of this version in the ledger and the history.
    #[must_use]
    pub fn version(&self) -> String {
        format!("{}@{}", self.id, self.revision)
    }
}

/// A record of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Record<T> {
    /// The attributes of every record.
    pub meta: Meta,
    /// The attributes of its kind.
    pub body: T,
}

impl<T> std::ops::Deref for Record<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.body
    }
}

/// A kind of register record.
pub trait Kind: DeserializeOwned + Serialize {
    /// Its value in the table's partition key.
    const KIND: &'static str;

    /// Whether the last readable version serves for the grace period when the current version is unreadable. A record that
    /// only permits counts as absent instead.
    const LAST_READABLE_SERVES: bool = true;

    /// Checks what the types cannot express.
    ///
    /// # Errors
    /// [`Unreadable`] with a message for operators.
    fn check(&self, _meta: &Meta) -> Result<(), Unreadable> {
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Common {
    id: String,
    #[serde(default, skip_serializing)]
    revision: u64,
    #[serde(default, with = "crate::terms::optional_time")]
    from: Option<Timestamp>,
    #[serde(default, with = "crate::terms::optional_time")]
    until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_false")]
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(is: &bool) -> bool {
    !*is
}

/// Whether an item is withdrawn; the rest of it may be unreadable.
#[must_use]
pub fn is_withdrawn(item: &Item) -> bool {
    item.get("withdrawn").is_some_and(|value| value.as_bool() == Ok(&true))
}

/// Reads attributes as `T`; errors name the place.
fn parse<'a, T: DeserializeOwned>(
    attributes: impl IntoIterator<Item = (&'a String, &'a AttributeValue)>,
) -> Result<T, Unreadable> {
    let mut attributes: Vec<_> = attributes.into_iter().map(|(name, value)| (name.as_str(), value)).collect();
    // Sorted, so that the same record always has the same error.
    attributes.sort_unstable_by_key(|(name, _)| *name);
    if let Some((name, _)) = attributes.iter().find(|(_, value)| has_null(value)) {
        let name = attribute::reportable(name);
        return Err(Unreadable(format!("{name}: null is not allowed; omit an attribute without a value")));
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

/// Reads a list that must not be empty: an empty scope is a mistake, not a wildcard.
fn filled<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let list = Vec::deserialize(deserializer)?;
    if list.is_empty() { Err(D::Error::custom("expected at least one element")) } else { Ok(list) }
}

/// [`filled`], for an optional attribute.
fn filled_if_given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    filled(deserializer).map(Some)
}

/// Reads a string that must not be blank.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() { Err(D::Error::custom("expected a non-empty string")) } else { Ok(text) }
}

/// Reads `true` only: `foreign_persons: false` would look like an exclusion without being one.
fn only_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    if bool::deserialize(deserializer)? {
        Ok(true)
    } else {
        Err(D::Error::custom("expected `true`; omit the attribute instead of `false`"))
    }
}
