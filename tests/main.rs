//! Integration tests of the gate: one binary, one module per subject.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    reason = "a test fails with a message"
)]

mod common;
mod world;

mod architecture;
mod bad_input;
mod databases;
mod databases_data;
mod decision;
mod end_to_end;
mod events;
mod explain;
mod faults;
mod june_2026;
mod laws;
mod lists;
mod location;
mod log;
mod matrix;
mod names;
mod network_lists;
mod networks;
mod onboarding;
mod openapi;
mod ownership;
mod parties;
mod places_data;
mod records;
mod register;
mod signals;
mod spoofing;
mod spread;
mod storage;
