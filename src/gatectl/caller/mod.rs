//! I/O. Adding, verifying, suspending and looking at callers.

mod add;
mod change;
mod owners;
mod show;
mod suspend;
mod verify;

use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Adding, verifying, suspending and looking at callers.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Add a client, an organisation or a person
    #[command(after_help = EXIT_CODES)]
    Add(Box<add::Arguments>),
    /// Record that an organisation or a person was verified, and until when
    #[command(after_help = EXIT_CODES)]
    Verify(Box<verify::Arguments>),
    /// Suspend a client or an organisation, or take the suspension back
    #[command(after_help = EXIT_CODES)]
    Suspend(Box<suspend::Arguments>),
    /// Show a caller's record with all its versions
    #[command(after_help = EXIT_CODES)]
    Show(Box<show::Arguments>),
}

/// Does it.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Add(arguments) => add::run(arguments).await,
        Command::Verify(arguments) => verify::run(arguments).await,
        Command::Suspend(arguments) => suspend::run(arguments).await,
        Command::Show(arguments) => show::run(arguments).await,
    }
}
