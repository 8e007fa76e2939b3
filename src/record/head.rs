//! Pure. The register's head: its revision, and what a complete snapshot must contain of each kind.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Item, Unreadable};

/// One of the register's eight heads, which are copies of each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
pub struct Head {
    /// The register's revision.
    pub revision: u64,
    /// The kinds that have records.
    pub kinds: BTreeMap<String, KindHead>,
}

/// What a head states about one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct KindHead {
    /// The kind's last revision.
    pub revision: u64,
    /// How many records have that revision.
    pub records: u64,
}

/// The number of heads: the reads of all requests are spread over as many partitions.
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
    /// [`Unreadable`] if revision or kinds are missing or invalid, or contradict each other.
    pub fn read(item: Item) -> Result<Self, Unreadable> {
        super::parse::<Self>(&item)?.valid()
    }

    /// Checks that revision and kinds agree.
    ///
    /// # Errors
    /// [`Unreadable`] if they contradict each other.
    pub(crate) fn valid(self) -> Result<Self, Unreadable> {
        if let Some((name, _)) = self.kinds.iter().find(|(_, kind)| kind.records == 0 || kind.revision == 0) {
            return Err(Unreadable(format!("`kinds.{name}`: expected a `revision` and `records` of at least 1")));
        }
        match self.kinds.values().map(|kind| kind.revision).max() {
            None => Err(Unreadable("`kinds` is empty".into())),
            Some(newest) if self.revision == newest => Ok(self),
            Some(newest) => {
                let own = self.revision;
                Err(Unreadable(format!("`revision` is {own}, but the largest revision in `kinds` is {newest}")))
            }
        }
    }
}
