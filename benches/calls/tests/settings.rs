//! What is told no tables doesn't start.

#![allow(clippy::unwrap_used, reason = "a test says loudly what is wrong")]

use std::process::Command;

#[test]
fn without_tables_it_ends() {
    let mut calls = Command::new(env!("CARGO_BIN_EXE_calls"));
    calls.env_clear().envs([("AWS_REGION", "us-east-1"), ("AWS_EC2_METADATA_DISABLED", "true")]);
    let output = calls.output().unwrap();
    assert!(!output.status.success(), "{output:?}");
}
