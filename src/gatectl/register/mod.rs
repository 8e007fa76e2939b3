//! I/O. `gatectl register`: records as files, compared with the register and applied to it.

mod apply;
mod compare;
mod effect;
mod export;
mod order;
mod plan;
mod references;
mod schema;
mod settings_effect;
mod validate;
mod write;

use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Subcommands of `gatectl register`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Validate a folder of records as the gate and DynamoDB would
    #[command(after_help = EXIT_CODES)]
    Validate(Box<validate::Arguments>),
    /// Show what applying a folder would change; exit code 2 if anything
    #[command(after_help = EXIT_CODES)]
    Plan(Box<plan::Arguments>),
    /// Apply a folder to the register
    #[command(after_help = EXIT_CODES)]
    Apply(Box<apply::Arguments>),
    /// Export the register into a folder, whose plan is then empty
    #[command(after_help = EXIT_CODES)]
    Export(Box<export::Arguments>),
    /// Print the JSON Schemas of all records, for editors
    #[command(after_help = EXIT_CODES)]
    Schema(Box<schema::Arguments>),
}

/// Runs a subcommand.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Validate(arguments) => validate::run(arguments).await,
        Command::Plan(arguments) => plan::run(arguments).await,
        Command::Apply(arguments) => apply::run(arguments).await,
        Command::Export(arguments) => export::run(arguments).await,
        Command::Schema(arguments) => schema::run(arguments).await,
    }
}
