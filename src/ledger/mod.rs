//! The tamper-evident history of decisions: what an entry is, and how it is written.

mod chain;
mod entry;

pub use chain::{Ledger, LedgerTrouble, Recorded, Unanswered};
pub use entry::{Draft, Entry, Finding, Kind, Reason as EntryReason, Rests, Standing};
