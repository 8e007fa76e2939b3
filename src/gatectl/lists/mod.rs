//! I/O. Importing, activating and rolling back lists.

mod activate;
mod check;
mod edition;
mod entry;
mod evaluate;
mod flip;
mod format;
mod import;
pub(crate) mod look;
mod notes;
mod pack;
mod rollback;
mod status;
mod store;

use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Importing, activating and rolling back lists.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Import an edition of a list: read, check, pack
    #[command(after_help = EXIT_CODES)]
    Import(Box<import::Arguments>),
    /// Put an imported edition in force
    #[command(after_help = EXIT_CODES)]
    Activate(Box<activate::Arguments>),
    /// Put the edition before back in force; said again, it puts this one back
    #[command(after_help = EXIT_CODES)]
    Rollback(Box<rollback::Arguments>),
    /// Show every list with its editions
    #[command(after_help = EXIT_CODES)]
    Status(Box<status::Arguments>),
    /// Measure how well names are matched on a list and on labelled pairs, and how fast
    #[command(after_help = EXIT_CODES)]
    Evaluate(Box<evaluate::Arguments>),
}

/// Does it.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Import(arguments) => import::run(arguments).await,
        Command::Activate(arguments) => activate::run(arguments).await,
        Command::Rollback(arguments) => rollback::run(arguments).await,
        Command::Status(arguments) => status::run(arguments).await,
        Command::Evaluate(arguments) => evaluate::run(arguments),
    }
}
