//! I/O. Records as code: a folder of files against the register.

mod apply;
mod bearing;
mod compare;
mod export;
mod order;
mod plan;
mod schema;
mod settings;
mod surroundings;
mod validate;
mod write;

use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Records as code: a folder of files against the register.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Read a folder of records as the gate would read them and DynamoDB would store them
    #[command(after_help = EXIT_CODES)]
    Validate(Box<validate::Arguments>),
    /// Show what applying a folder would change; exit code 2 where it would
    #[command(after_help = EXIT_CODES)]
    Plan(Box<plan::Arguments>),
    /// Make the register have what a folder says
    #[command(after_help = EXIT_CODES)]
    Apply(Box<apply::Arguments>),
    /// Write the register into a folder, which then plans empty
    #[command(after_help = EXIT_CODES)]
    Export(Box<export::Arguments>),
    /// Write the JSON Schemas of all records, by which editors complete and check them
    #[command(after_help = EXIT_CODES)]
    Schema(Box<schema::Arguments>),
}

/// Does it.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Validate(arguments) => validate::run(arguments).await,
        // Its 2 is a diff, which a pipeline must be able to tell from failure.
        Command::Plan(arguments) => plan::run(arguments).await.map_err(|failure| failure.with_code(1)),
        Command::Apply(arguments) => apply::run(arguments).await,
        Command::Export(arguments) => export::run(arguments).await,
        Command::Schema(arguments) => schema::run(arguments).await,
    }
}
