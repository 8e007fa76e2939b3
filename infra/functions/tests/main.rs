//! Tests of the functions behind the streams: one binary, one module per function.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails with a message"
)]

mod world;

mod archive;
mod watch;
