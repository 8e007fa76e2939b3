//! I/O. Registering, withdrawing and listing models.

mod add;
mod change;
mod withdraw;

use export_gate::record::Model;

use crate::list_records;
use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Registering, withdrawing and listing models.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Register a model in one version: its endpoint, its classification, who says so and why
    #[command(after_help = EXIT_CODES)]
    Add(Box<add::Arguments>),
    /// Withdraw a model in one version
    #[command(after_help = EXIT_CODES)]
    Withdraw(Box<withdraw::Arguments>),
    /// List the models
    #[command(after_help = EXIT_CODES)]
    List(Box<list_records::Arguments>),
}

/// The attributes that a list shows.
const LISTED: &[&str] = &["status", "default", "endpoint", "eccn"];

/// Does it.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Add(arguments) => add::run(arguments).await,
        Command::Withdraw(arguments) => withdraw::run(arguments).await,
        Command::List(arguments) => list_records::run::<Model>(arguments, LISTED).await,
    }
}
