//! Pure. Whether DynamoDB can store an entry: found out before its model is called, so that no model runs for an answer
//! that no entry could let out.

use aws_sdk_dynamodb::types::AttributeValue;

use super::entry::{Draft, Entry, Kind, NOTHING_BEFORE};
use crate::record::limits::{LARGEST_ITEM, fault, size};
use crate::record::{DEEPEST_OWNERS, Item};

/// What is kept free of it: for an entry's place in its chain, and for the completion of a permit, which says all that
/// the permit says and why it gave no answer.
const RESERVE: usize = 1024;

/// What is kept free for the place alone, which is all that a completion needs. Were it held to [`RESERVE`], the largest
/// permits could not be completed, and an environment that owes a completion writes nothing else.
const PLACE: usize = 256;

/// An entry that DynamoDB can store, made into its item once. Its place in the chain is still to come.
#[derive(Debug)]
pub struct Storable {
    entry: Entry,
    item: Item,
}

/// Why DynamoDB can't store an entry.
#[derive(Debug, thiserror::Error)]
pub enum Unstorable {
    /// It is too large.
    #[error(
        "the ledger's entry has {bytes} bytes, and DynamoDB stores {} with its place and its completion: {of} has too many \
         owners or possible matches",
        LARGEST_ITEM.saturating_sub(RESERVE)
    )]
    Large {
        /// How large it is.
        bytes: usize,
        /// The record that makes it so.
        of: String,
    },
    /// It nests too deep.
    #[error("the ledger's entry cannot be stored: {why}. The owners of {of} may be {DEEPEST_OWNERS} levels deep")]
    Deep {
        /// What DynamoDB refuses.
        why: String,
        /// The record that makes it so.
        of: String,
    },
    /// It could not be made into an item, or hashed.
    #[error("the ledger's entry could not be made: {0}")]
    Unmade(String),
}

impl Draft {
    /// The entry as DynamoDB stores it.
    ///
    /// # Errors
    /// [`Unstorable`] where DynamoDB would refuse it.
    pub fn storable(self) -> Result<Storable, Unstorable> {
        // Placed for its size: another place takes as many bytes, or so few more that the reserve has room for them.
        let entry = self.seal("", 0, NOTHING_BEFORE);
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

    /// The entry at place `seq` of a chain, behind the entry whose hash is `prev`; with its hash, and as an item.
    pub(super) fn seal(self, chain: &str, seq: u64, prev: &str) -> Result<(Entry, String, Item), Unstorable> {
        let Self { entry, mut item } = self;
        let entry = entry.unsealed().seal(chain, seq, prev);
        let hash = entry.hash().map_err(|error| Unstorable::Unmade(error.to_string()))?;
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let place = [("chain", text(chain)), ("decision_id", text(&entry.decision_id)), ("prev", text(prev))];
        let place = place.into_iter().chain([("hash", text(&hash)), ("seq", AttributeValue::N(seq.to_string()))]);
        item.extend(place.map(|(name, value)| (name.to_owned(), value)));
        Ok((entry, hash, item))
    }
}
