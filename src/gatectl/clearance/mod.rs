//! I/O. Granting and revoking clearances.

pub(crate) mod grant;
mod revoke;

use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Granting and revoking clearances.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Record that a possible match is somebody else
    #[command(after_help = EXIT_CODES)]
    Grant(Box<grant::Arguments>),
    /// Take a clearance back
    #[command(after_help = EXIT_CODES)]
    Revoke(Box<revoke::Arguments>),
}

/// Does it.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Grant(arguments) => grant::run(arguments).await,
        Command::Revoke(arguments) => revoke::run(arguments).await,
    }
}
