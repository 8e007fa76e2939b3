//! The functions behind the tables' streams. `register-watch` gives manual edits a revision; `ledger-archive` copies the
//! ledger to a bucket with Object Lock.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test fails with a message"
    )
)]

pub mod alarm;
pub mod archive;
pub mod metric;
pub mod parked;
pub mod serve;
pub mod stream;
pub mod watch;
