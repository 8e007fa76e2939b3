//! I/O. `gatectl caller`: adds, verifies, suspends and displays callers.

mod add;
mod change;
mod show;
mod suspend;
mod verify;

use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Subcommands of `gatectl caller`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Add a client, an organisation or a person
    #[command(after_help = EXIT_CODES)]
    Add(Box<add::Arguments>),
    /// Record the verification of an organisation or a person
    #[command(after_help = EXIT_CODES)]
    Verify(Box<verify::Arguments>),
    /// Suspend a client or an organisation, or lift the suspension
    #[command(after_help = EXIT_CODES)]
    Suspend(Box<suspend::Arguments>),
    /// Show a caller's record with all its versions, names of persons included
    #[command(after_help = EXIT_CODES)]
    Show(Box<show::Arguments>),
}

/// Runs a subcommand.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Add(arguments) => add::run(arguments).await,
        Command::Verify(arguments) => verify::run(arguments).await,
        Command::Suspend(arguments) => suspend::run(arguments).await,
        Command::Show(arguments) => show::run(arguments).await,
    }
}
