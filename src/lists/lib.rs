//! Reads lists of parties and networks in the formats of their publishers, and packs their entries for the gate.
//!
//! [`Format::parse`] names a format, [`Format::read`] reads its files, [`Reading::into_entries`] sorts the entries, and
//! [`Packed::new`] packs them. Every rejected row keeps its file, line and column.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "tests fail loudly"
    )
)]

mod entry;
mod format;
mod pack;

pub use entry::{Entry, Party, Place, Reject, Row, UNCLOSED};
pub use format::{Format, Read, Reading, Source};
pub use pack::{CHUNK, Counts, LARGEST_LIST, LEVEL, MOST_CHUNKS, Packed, count, digest, index};
