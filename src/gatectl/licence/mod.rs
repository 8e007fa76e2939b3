//! I/O. Granting, revoking and looking at licences.

mod grant;
mod revoke;
mod usage;

use export_gate::record::Licence;

use crate::list_records;
use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Granting, revoking and looking at licences.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Grant a licence, an exception or an exemption
    #[command(after_help = EXIT_CODES)]
    Grant(Box<grant::Arguments>),
    /// Revoke a licence
    #[command(after_help = EXIT_CODES)]
    Revoke(Box<revoke::Arguments>),
    /// List the licences
    #[command(after_help = EXIT_CODES)]
    List(Box<list_records::Arguments>),
    /// Show what is used of each licence's quota
    #[command(after_help = EXIT_CODES)]
    Usage(Box<usage::Arguments>),
}

/// The attributes that a list shows.
const LISTED: &[&str] = &["type", "models", "licensees", "persons", "authority", "reference", "from", "until"];

/// Does it.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Grant(arguments) => grant::run(arguments).await,
        Command::Revoke(arguments) => revoke::run(arguments).await,
        Command::List(arguments) => list_records::run::<Licence>(arguments, LISTED).await,
        Command::Usage(arguments) => usage::run(arguments).await,
    }
}
