//! I/O. `gatectl review`: the queue of potential matches.

mod clear;
mod confirm;
mod list;
pub(crate) mod queue;
mod read;
mod show;
mod sides;

use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Subcommands of `gatectl review`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List the callers that a potential match refuses, since when and how often
    #[command(after_help = EXIT_CODES)]
    List(Box<list::Arguments>),
    /// Show one potential match: both sides, the comparison and its refusals, names of persons included
    #[command(after_help = EXIT_CODES)]
    Show(Box<show::Arguments>),
    /// Record that it is not the listed party, by a clearance
    #[command(after_help = EXIT_CODES)]
    Clear(Box<clear::Arguments>),
    /// Record that it is the listed party, by an embargo
    #[command(after_help = EXIT_CODES)]
    Confirm(Box<confirm::Arguments>),
}

/// Runs a subcommand.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::List(arguments) => list::run(arguments).await,
        Command::Show(arguments) => show::run(arguments).await,
        Command::Clear(arguments) => clear::run(arguments).await,
        Command::Confirm(arguments) => confirm::run(arguments).await,
    }
}
