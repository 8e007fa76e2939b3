//! I/O. `gatectl licence`: grants, revokes and displays licences.

mod grant;
mod usage;

use export_gate::record::Licence;

use crate::change::{EndArguments, end};
use crate::list_records;
use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Subcommands of `gatectl licence`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Grant a licence, an exception or an exemption
    #[command(after_help = EXIT_CODES)]
    Grant(Box<grant::Arguments>),
    /// Revoke a licence, now or at a moment
    #[command(after_help = EXIT_CODES)]
    Revoke(Box<EndArguments>),
    /// List the licences
    #[command(after_help = EXIT_CODES)]
    List(Box<list_records::Arguments>),
    /// Show the use of each licence's quota
    #[command(after_help = EXIT_CODES)]
    Usage(Box<usage::Arguments>),
}

/// The attributes in the list.
const LISTED: &[&str] = &["type", "models", "licensees", "persons", "authority", "reference", "from", "until"];

/// Runs a subcommand.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Grant(arguments) => grant::run(arguments).await,
        Command::Revoke(arguments) => end::<Licence>(arguments).await,
        Command::List(arguments) => list_records::run::<Licence>(arguments, LISTED).await,
        Command::Usage(arguments) => usage::run(arguments).await,
    }
}
