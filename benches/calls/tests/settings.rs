//! The function does not start without its tables.

#![allow(clippy::unwrap_used, reason = "a test fails with a message")]

use std::process::Command;

#[test]
fn it_ends_without_tables() {
    let mut calls = Command::new(env!("CARGO_BIN_EXE_calls"));
    calls.env_clear().envs([("AWS_REGION", "us-east-1"), ("AWS_EC2_METADATA_DISABLED", "true")]);
    let output = calls.output().unwrap();
    assert!(!output.status.success(), "{output:?}");
}
