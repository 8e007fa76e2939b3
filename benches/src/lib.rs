//! The parts of `make bench`: processes of the gate and its peers, stand-ins for AWS, measurements and the report.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::missing_panics_doc,
    reason = "a failed measurement panics and is noted"
)]

pub mod alone;
pub mod authority;
pub mod awake;
pub mod deployment;
pub mod dynamodb;
pub mod event;
pub mod figures;
pub mod measure;
mod model;
pub mod peers;
pub mod process;
pub mod report;
pub mod runtime_api;
pub mod stand_in;
pub mod wire;
