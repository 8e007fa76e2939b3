//! I/O. `gatectl lists`: imports, activates and rolls back editions of lists.

mod activate;
mod check;
mod edition;
mod flip;
mod import;
pub(crate) mod look;
mod notes;
mod rollback;
mod status;
mod store;

use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Import, activate and roll back lists.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Import an edition of a list, without putting it in force
    #[command(after_help = EXIT_CODES)]
    Import(Box<import::Arguments>),
    /// Put an imported edition in force
    #[command(after_help = EXIT_CODES)]
    Activate(Box<activate::Arguments>),
    /// Put the previous edition back in force; a second rollback undoes the first
    #[command(after_help = EXIT_CODES)]
    Rollback(Box<rollback::Arguments>),
    /// Show every list with its editions
    #[command(after_help = EXIT_CODES)]
    Status(Box<status::Arguments>),
}

/// Runs a command.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Import(arguments) => import::run(arguments).await,
        Command::Activate(arguments) => activate::run(arguments).await,
        Command::Rollback(arguments) => rollback::run(arguments).await,
        Command::Status(arguments) => status::run(arguments).await,
    }
}
