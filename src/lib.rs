//! The check between a caller and a model: README.md says what it is, and walks one request through.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::wildcard_enum_match_arm,
        reason = "a test says loudly what is wrong"
    )
)]

pub mod answer;
pub mod aws;
pub mod decision;
pub mod digest;
pub mod error_chain;
pub mod evidence;
pub mod gate;
pub mod ledger;
pub mod model;
pub mod networks;
pub mod parties;
pub mod quota;
pub mod record;
pub mod register;
pub mod request;
pub mod settings;
pub mod start;
pub mod telemetry;
pub mod terms;
