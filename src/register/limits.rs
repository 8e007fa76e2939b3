//! Pure. Checks whether DynamoDB can store a record with all that a change adds to it.

use super::history::{HISTORY, Key};
use crate::record::Item;
use crate::record::limits::{LARGEST_ITEM, LONGEST_PARTITION_KEY, LONGEST_SORT_KEY, fault, size};

/// The largest record, in bytes: half of the largest item, because the index `by-revision` stores a copy of each record
/// and DynamoDB limits the sum. The history's copy is in no index, so it always fits.
pub const LARGEST_RECORD: usize = LARGEST_ITEM / 2;

/// The longest id, in bytes: the history adds `@` and the revision to it.
pub const LONGEST_ID: usize = LONGEST_SORT_KEY - 24;

/// The most bytes that a revision takes.
const REVISION_BYTES: usize = "revision".len() + 11;

/// The bytes reserved for `by`, `at` and `why` in a record without them.
pub const ATTRIBUTION: usize = 1024;

/// Why DynamoDB cannot store the record once a change writes it. The text quotes no value of the record.
#[must_use]
pub fn unstorable(record: &Item, room: usize) -> Option<String> {
    let key = Key::of(record)?;
    let longest_kind = LONGEST_PARTITION_KEY.saturating_sub(HISTORY.len());
    for (name, value, longest) in [("kind", &key.kind, longest_kind), ("id", &key.id, LONGEST_ID)] {
        if value.len() > longest {
            return Some(format!("{name}: {} bytes, but at most {longest} are allowed", value.len()));
        }
    }
    let revision = if record.contains_key("revision") { 0 } else { REVISION_BYTES };
    let size = size(record).saturating_add(revision).saturating_add(room);
    if size > LARGEST_RECORD {
        return Some(format!(
            "{size} bytes in DynamoDB, but at most {LARGEST_RECORD} are allowed: split the record, or use a list"
        ));
    }
    fault(record)
}

/// [`unstorable`] for a record that may still lack its attribution.
#[must_use]
pub fn unstorable_once_attributed(record: &Item) -> Option<String> {
    let is_attributed = ["by", "at", "why"].iter().all(|name| record.contains_key(*name));
    unstorable(record, if is_attributed { 0 } else { ATTRIBUTION })
}
