//! Pure. Checks whether DynamoDB can store an entry, before its model is invoked: without an entry no answer may leave.

use aws_sdk_dynamodb::types::AttributeValue;

use super::entry::{Entry, Kind, NOTHING_BEFORE};
use crate::record::limits::{LARGEST_ITEM, fault, size};
use crate::record::{DEEPEST_OWNERS, Item};

/// The bytes reserved for an entry's place in its chain, and for a permit's completion, which repeats the permit and adds
/// a reason.
const RESERVE: usize = 1024;

/// The bytes reserved for the place of a completion, which needs nothing else. With [`RESERVE`], the largest permits could
/// not be completed, and an environment that owes a completion writes nothing else.
const PLACE: usize = 256;

/// An entry that DynamoDB can store, with its item, but with a provisional place in a chain.
#[derive(Debug)]
pub struct Storable {
    entry: Entry,
    item: Item,
}

/// Why DynamoDB cannot store an entry.
#[derive(Debug, thiserror::Error)]
pub enum Unstorable {
    /// It is too large.
    #[error(
        "the ledger entry has {bytes} bytes, but at most {} are allowed: {of} has too many owners or potential matches",
        LARGEST_ITEM.saturating_sub(RESERVE)
    )]
    Large {
        /// Its size.
        bytes: usize,
        /// The record that causes it.
        of: String,
    },
    /// It nests too deep.
    #[error("the ledger entry cannot be stored: {why}; {of} may have at most {DEEPEST_OWNERS} levels of owners")]
    Deep {
        /// What DynamoDB refuses.
        why: String,
        /// The record that causes it.
        of: String,
    },
    /// It could not be serialised or hashed.
    #[error("the ledger entry could not be serialised: {0}")]
    Unmade(String),
}

impl Entry {
    /// Serialises the entry and checks its size and nesting.
    ///
    /// # Errors
    /// [`Unstorable`] if DynamoDB would refuse it.
    pub fn storable(self) -> Result<Storable, Unstorable> {
        // A provisional place; the reserve covers the few more bytes of the final one.
        let entry = self.at_place("", 0, NOTHING_BEFORE);
        let item = entry.item(NOTHING_BEFORE).map_err(|error| Unstorable::Unmade(error.to_string()))?;
        let of = || match &entry.organisation {
            Some(id) => format!("`organisation#{id}`"),
            None => "its caller".to_owned(),
        };
        if let Some(why) = fault(&item) {
            return Err(Unstorable::Deep { why, of: of() });
        }
        let reserve = if entry.kind == Kind::Completion { PLACE } else { RESERVE };
        let bytes = size(&item);
        if bytes > LARGEST_ITEM.saturating_sub(reserve) {
            return Err(Unstorable::Large { bytes, of: of() });
        }
        Ok(Storable { entry, item })
    }
}

impl Storable {
    /// The SHA-256 of the request's body.
    pub(crate) fn request_sha256(&self) -> &str {
        &self.entry.request_sha256
    }

    /// The entry at place `seq` of a chain, its hash and its item; `prev` is the hash of the previous entry.
    pub(super) fn seal(self, chain: &str, seq: u64, prev: &str) -> Result<(Entry, String, Item), Unstorable> {
        let Self { entry, mut item } = self;
        let entry = entry.at_place(chain, seq, prev);
        let hash = entry.hash().map_err(|error| Unstorable::Unmade(error.to_string()))?;
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let place = [("chain", text(chain)), ("decision_id", text(&entry.decision_id)), ("prev", text(prev))];
        let place = place.into_iter().chain([("hash", text(&hash)), ("seq", AttributeValue::N(seq.to_string()))]);
        item.extend(place.map(|(name, value)| (name.to_owned(), value)));
        Ok((entry, hash, item))
    }
}
