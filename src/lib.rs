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

pub mod account;
pub mod answer;
pub mod authorities;
pub mod canonical;
pub mod causes;
pub mod connections;
pub mod decision;
pub mod digest;
pub mod evidence;
pub mod gate;
pub mod ledger;
pub mod log;
pub mod model;
pub mod networks;
pub mod parties;
mod payload_digest;
pub mod quota;
pub mod record;
pub mod register;
pub mod request;
pub mod settings;
pub mod start;
pub mod terms;
pub mod unwind;
pub mod user_agent;
