//! I/O. `gatectl ledger`: shows, follows, verifies, seals and reconciles the ledger.

mod call;
mod chains;
mod diagnosis;
mod entry_text;
mod fault;
mod key;
mod link;
mod matching;
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

use crate::options::Globals;
use crate::outcome::{Failure, Outcome};

/// Show, follow, verify, seal and reconcile the ledger.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show a decision
    Show(Box<show::Arguments>),
    /// Show the last decisions, and follow new ones
    Tail(Box<tail::Arguments>),
    /// Prove that no entry was changed, removed, added or reordered
    Verify(Box<verify::Arguments>),
    /// Sign the head of every chain, so that a chain cut at its end is detected
    Seal(Box<seal::Arguments>),
    /// Compare CloudTrail's endpoint calls with the ledger, and list calls without a permit
    Reconcile(Box<reconcile::Arguments>),
}

/// Runs a command.
pub(crate) async fn run(command: &Command, globals: &Globals) -> Result<Outcome, Failure> {
    match command {
        Command::Show(arguments) => show::run(arguments, globals).await,
        Command::Tail(arguments) => tail::run(arguments, globals).await,
        Command::Verify(arguments) => verify::run(arguments, globals).await,
        Command::Seal(arguments) => seal::run(arguments, globals).await,
        Command::Reconcile(arguments) => reconcile::run(arguments, globals).await,
    }
}
