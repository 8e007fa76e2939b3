//! Pure. The register's head: its revision, and what each kind must hold for a reading to be whole.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Item, Unreadable};

/// One of the register's eight heads; all say the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
pub struct Head {
    /// The register's revision.
    pub revision: u64,
    /// The kinds that have records.
    pub kinds: BTreeMap<String, KindHead>,
}

/// What a head says of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
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
    /// [`Unreadable`] where revision or kinds are missing or wrong, or contradict each other.
    pub fn read(item: Item) -> Result<Self, Unreadable> {
        super::parse::<Self>(&item)?.valid()
    }

    /// The head, where its revision and its kinds don't contradict each other.
    ///
    /// # Errors
    /// [`Unreadable`] where they do.
    pub(crate) fn valid(self) -> Result<Self, Unreadable> {
        if let Some((name, _)) = self.kinds.iter().find(|(_, kind)| kind.records == 0 || kind.revision == 0) {
            return Err(Unreadable(format!("`kinds.{name}` has a revision that no record has")));
        }
        match self.kinds.values().map(|kind| kind.revision).max() {
            None => Err(Unreadable("`kinds` is empty".into())),
            Some(newest) if self.revision == newest => Ok(self),
            Some(newest) => {
                let own = self.revision;
                Err(Unreadable(format!("`revision` is {own}, and the largest revision in `kinds` is {newest}")))
            }
        }
    }
}
