//! I/O. The queue of possible matches.

mod clear;
mod confirm;
mod list;
pub(crate) mod queue;
mod read;
mod show;
mod sides;

use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// The queue of possible matches.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List who is held up by a possible match, since when and how often
    #[command(after_help = EXIT_CODES)]
    List(Box<list::Arguments>),
    /// Show one of them: both sides of it, what speaks for and against, its decisions. It names persons
    #[command(after_help = EXIT_CODES)]
    Show(Box<show::Arguments>),
    /// Record that it is somebody else
    #[command(after_help = EXIT_CODES)]
    Clear(Box<clear::Arguments>),
    /// Record that it is the listed party, as an embargo
    #[command(after_help = EXIT_CODES)]
    Confirm(Box<confirm::Arguments>),
}

/// Does it.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::List(arguments) => list::run(arguments).await,
        Command::Show(arguments) => show::run(arguments).await,
        Command::Clear(arguments) => clear::run(arguments).await,
        Command::Confirm(arguments) => confirm::run(arguments).await,
    }
}
