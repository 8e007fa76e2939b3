//! The clock of a test run. `make test-clock` sets it by variables, which the processes that tests start must keep.

use std::process::Command;

/// What libfaketime reads.
const VARIABLES: [&str; 3] = ["LD_PRELOAD", "FAKETIME", "FAKETIME_DONT_FAKE_MONOTONIC"];

/// Gives `command` an empty environment, except for the clock of this test run.
pub fn clear_environment(command: &mut Command) -> &mut Command {
    let kept = VARIABLES.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    command.env_clear().envs(kept)
}
