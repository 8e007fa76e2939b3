//! I/O. `gatectl model`: registers, withdraws and lists models.

mod add;
mod change;
mod withdraw;

use export_gate::record::Model;

use crate::list_records;
use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Subcommands of `gatectl model`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Register one version of a model with its endpoint and classification
    #[command(after_help = EXIT_CODES)]
    Add(Box<add::Arguments>),
    /// Withdraw one version of a model
    #[command(after_help = EXIT_CODES)]
    Withdraw(Box<withdraw::Arguments>),
    /// List the models
    #[command(after_help = EXIT_CODES)]
    List(Box<list_records::Arguments>),
}

/// The attributes in the list.
const LISTED: &[&str] = &["status", "default", "endpoint", "eccn"];

/// Runs a subcommand.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Add(arguments) => add::run(arguments).await,
        Command::Withdraw(arguments) => withdraw::run(arguments).await,
        Command::List(arguments) => list_records::run::<Model>(arguments, LISTED).await,
    }
}
