//! The clock of a test run. `make test-clock` sets it by environment variables, which child processes must keep.

use std::process::Command;

/// The variables of libfaketime.
const VARIABLES: [&str; 3] = ["LD_PRELOAD", "FAKETIME", "FAKETIME_DONT_FAKE_MONOTONIC"];

/// Clears the environment of `command`, except for the clock.
pub fn clear_environment(command: &mut Command) -> &mut Command {
    let kept = VARIABLES.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    command.env_clear().envs(kept)
}
