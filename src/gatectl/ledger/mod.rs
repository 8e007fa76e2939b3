//! I/O. `gatectl ledger`: shows, follows, verifies, seals and reconciles the ledger.

mod call;
mod chains;
mod diagnosis;
mod entry_text;
mod fault;
mod key;
mod line;
mod link;
mod matching;
mod permits;
mod proof;
mod reconcile;
mod reconcile_report;
mod seal;
mod seal_check;
mod seal_document;
pub(crate) mod show;
mod signer;
mod store;
mod stream;
mod tail;
mod trail;
mod tree;
mod verify;

use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Show, follow, verify, seal and reconcile the ledger.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show a decision
    #[command(after_help = EXIT_CODES)]
    Show(Box<show::Arguments>),
    /// Show the last decisions, and follow new ones
    #[command(after_help = EXIT_CODES)]
    Tail(Box<tail::Arguments>),
    /// Prove that no entry was changed, removed, added or reordered
    #[command(after_help = EXIT_CODES)]
    Verify(Box<verify::Arguments>),
    /// Sign the head of every chain, so that a chain cut at its end is detected
    #[command(after_help = EXIT_CODES)]
    Seal(Box<seal::Arguments>),
    /// Compare CloudTrail's endpoint calls with the ledger, and list calls without a permit
    #[command(after_help = EXIT_CODES)]
    Reconcile(Box<reconcile::Arguments>),
}

/// Runs a command.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Show(arguments) => show::run(arguments).await,
        Command::Tail(arguments) => tail::run(arguments).await,
        Command::Verify(arguments) => verify::run(arguments).await,
        Command::Seal(arguments) => seal::run(arguments).await,
        Command::Reconcile(arguments) => reconcile::run(arguments).await,
    }
}
