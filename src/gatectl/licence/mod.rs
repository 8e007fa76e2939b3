//! I/O. `gatectl licence`: grants, revokes and displays licences.

mod grant;
mod usage;

use export_gate::record::Licence;

use crate::change::{EndArguments, end};
use crate::list_records;
use crate::options::Globals;
use crate::outcome::{Failure, Outcome};

/// Subcommands of `gatectl licence`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Grant a licence, an exception or an exemption
    Grant(Box<grant::Arguments>),
    /// Revoke a licence, now or at a moment
    Revoke(Box<EndArguments>),
    /// List the licences
    List(Box<list_records::Arguments>),
    /// Show the use of each licence's quota
    Usage(Box<usage::Arguments>),
}

/// The attributes in the list.
const LISTED: &[&str] = &["type", "models", "licensees", "persons", "authority", "reference", "from", "until"];

/// Runs a subcommand.
pub(crate) async fn run(command: &Command, globals: &Globals) -> Result<Outcome, Failure> {
    match command {
        Command::Grant(arguments) => grant::run(arguments, globals).await,
        Command::Revoke(arguments) => end::<Licence>(arguments, globals).await,
        Command::List(arguments) => list_records::run::<Licence>(arguments, globals, LISTED).await,
        Command::Usage(arguments) => usage::run(arguments, globals).await,
    }
}
