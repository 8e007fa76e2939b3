//! I/O. `gatectl completions`: what a shell completes.

use clap_complete::Shell;
use serde_json::json;

use crate::outcome::{Failure, Outcome};

/// Which shell.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The script.
pub(crate) fn run(arguments: &Arguments, mut command: clap::Command) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "gatectl", &mut script);
    let script = String::from_utf8(script).map_err(|error| Failure::of("the script is no text", error))?;
    let json = || json!({"shell": arguments.shell.to_string(), "script": script.clone()});
    Ok(Outcome::new(arguments.json, json, script.clone(), true))
}
