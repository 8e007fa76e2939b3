//! The ledger: the append-only, hash-chained history of decisions.

mod chain;
mod entry;
mod proof;
mod storable;

pub use chain::{Ledger, LedgerError, Recorded, Unanswered};
pub use entry::{Draft, Entry, EntryFacts, Finding, Kind, Reason as EntryReason, UnidentifiedFacts};
pub use proof::has_valid_hash;
pub use storable::{Storable, Unstorable};
