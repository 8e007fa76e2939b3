//! The tests of the local stack: one binary, a module for each part.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails with a message"
)]

mod dynamodb;
mod gateway;
mod relay;
mod sagemaker;
