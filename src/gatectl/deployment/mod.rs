//! I/O. `gatectl deployment`: checks a deployment before it is made.

mod access;
mod api;
mod check;
mod gate;
mod grants;
mod managed_policies;
mod pattern;
mod permissions;
mod protected;
mod records;
mod streams;
mod template;

use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Check a deployment before it is made.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Check records, template and zip, and report all faults at once
    #[command(after_help = EXIT_CODES)]
    Check(Box<check::Arguments>),
}

/// Runs a command.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Check(arguments) => check::run(arguments).await,
    }
}
