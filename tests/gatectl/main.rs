//! The operators' command, `gatectl`: the real binary on tables of a DynamoDB engine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    clippy::type_complexity,
    reason = "a test fails with a message"
)]

mod command;
mod ledgers;
#[path = "../world/mod.rs"]
mod world;

mod change;
mod cost;
mod deployment;
mod draft;
mod june;
mod ledger;
mod lists;
mod model;
mod output;
mod ownership;
mod parties;
mod places;
mod reconcile;
mod register;
mod report;
mod review;
mod scenario;
mod whatif;
mod writing;
