//! Pure. The register's head: its revision, and what each kind must hold for a reading to be whole.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Item, Unreadable};

/// One of the register's eight heads; all say the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Head {
    /// The register's revision.
    pub revision: u64,
    /// The kinds that have records.
    #[serde(default)]
    pub kinds: BTreeMap<String, KindHead>,
}

/// What a head says of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct KindHead {
    /// The kind's last revision.
    pub revision: u64,
    /// How many records bear it.
    pub records: u64,
}

/// How many heads there are: that many partitions share the reads of all requests.
pub const HEADS: u8 = 8;

impl Head {
    /// The sort key of every head.
    pub const ID: &'static str = "head";

    /// The partition key of head `number`, from 0.
    #[must_use]
    pub fn kind(number: u8) -> String {
        format!("head#{}", number % HEADS)
    }

    /// Reads a head.
    ///
    /// # Errors
    /// [`Unreadable`] where revision or kinds are missing or wrong.
    pub fn read(item: Item) -> Result<Self, Unreadable> {
        super::parse(item)
    }
}
