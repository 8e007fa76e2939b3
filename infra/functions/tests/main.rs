//! The tests of the functions behind the streams: one binary, a module for each function.

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
