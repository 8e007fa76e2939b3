//! The functions behind the tables' streams. `register-watch` gives edits by hand their revision; `ledger-archive` keeps
//! a second ledger, where nothing can be put over.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test says loudly what is wrong"
    )
)]

pub mod alarm;
pub mod archive;
pub mod metric;
pub mod parked;
pub mod serve;
pub mod stream;
pub mod watch;
