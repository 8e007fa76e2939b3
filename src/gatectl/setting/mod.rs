//! I/O. `gatectl setting`: displays and changes the settings.

mod catalogue;
mod set;
mod show;

use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Subcommands of `gatectl setting`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show every setting with its value, and every version of the record
    #[command(after_help = EXIT_CODES)]
    Show(Box<show::Arguments>),
    /// Change one or more settings, in force from the next request on
    #[command(after_help = EXIT_CODES)]
    Set(Box<set::Arguments>),
}

/// Runs a subcommand.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Show(arguments) => show::run(arguments).await,
        Command::Set(arguments) => set::run(arguments).await,
    }
}
