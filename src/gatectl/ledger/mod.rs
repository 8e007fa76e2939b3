//! I/O. Showing, following, verifying, sealing and reconciling the ledger.

mod call;
mod chains;
mod diagnosis;
mod entries;
mod fault;
mod held;
mod key;
mod line;
mod link;
mod matching;
mod proof;
mod reconcile;
mod seal;
mod sealed;
pub(crate) mod show;
mod signer;
mod store;
mod stream;
mod tail;
mod told;
mod told_entry;
mod trail;
mod tree;
mod verdict;
mod verify;

use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Showing, following, verifying, sealing and reconciling the ledger.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show a decision
    #[command(after_help = EXIT_CODES)]
    Show(Box<show::Arguments>),
    /// Show the last decisions, and follow those that come
    #[command(after_help = EXIT_CODES)]
    Tail(Box<tail::Arguments>),
    /// Prove that no entry was changed, removed, added or reordered
    #[command(after_help = EXIT_CODES)]
    Verify(Box<verify::Arguments>),
    /// Sign where every chain stands, so that a chain cut at its end is found
    #[command(after_help = EXIT_CODES)]
    Seal(Box<seal::Arguments>),
    /// Hold CloudTrail's calls of the endpoints against the ledger: each has its entry, or it is named
    #[command(after_help = EXIT_CODES)]
    Reconcile(Box<reconcile::Arguments>),
}

/// Does it.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Show(arguments) => show::run(arguments).await,
        Command::Tail(arguments) => tail::run(arguments).await,
        Command::Verify(arguments) => verify::run(arguments).await,
        Command::Seal(arguments) => seal::run(arguments).await,
        Command::Reconcile(arguments) => reconcile::run(arguments).await,
    }
}
