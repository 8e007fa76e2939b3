//! I/O. `gatectl embargo`: issues, ends and displays embargoes.

mod issue;
mod show;

use export_gate::record::Embargo;

use crate::change::{EndArguments, end};
use crate::list_records;
use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Subcommands of `gatectl embargo`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Issue an embargo, in force from the next request on
    #[command(after_help = EXIT_CODES)]
    Issue(Box<issue::Arguments>),
    /// End an embargo, now or at a moment
    #[command(after_help = EXIT_CODES)]
    End(Box<EndArguments>),
    /// List the embargoes
    #[command(after_help = EXIT_CODES)]
    List(Box<list_records::Arguments>),
    /// Show one embargo with all its versions
    #[command(after_help = EXIT_CODES)]
    Show(Box<show::Arguments>),
}

/// The attributes in the list.
const LISTED: &[&str] = &["models", "applies_to", "effect", "authority", "from", "until"];

/// Runs a subcommand.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Issue(arguments) => issue::run(arguments).await,
        Command::End(arguments) => end::<Embargo>(arguments).await,
        Command::List(arguments) => list_records::run::<Embargo>(arguments, LISTED).await,
        Command::Show(arguments) => show::run(arguments).await,
    }
}
