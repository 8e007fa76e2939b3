//! What `make bench` measures with: the gate's process and its peers', the stand-ins around them, and how it is told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::missing_panics_doc,
    reason = "a bench that can't go on says so and ends"
)]

pub mod alone;
pub mod authority;
pub mod awake;
pub mod deployment;
pub mod dynamodb;
pub mod event;
pub mod figures;
pub mod measure;
pub mod model;
pub mod peers;
pub mod process;
pub mod report;
pub mod runtime_api;
pub mod wire;
