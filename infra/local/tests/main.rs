//! Tests of the local stack: one binary, one module per part.

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
