//! I/O. Looking at a deployment before it is made.

mod check;
mod gate;
mod grants;
mod kept;
mod known;
mod pattern;
mod reach;
mod records;
mod template;

use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Looking at a deployment before it is made.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Fail, with every reason at once, when records, template or zip must not go out as they are
    #[command(after_help = EXIT_CODES)]
    Check(Box<check::Arguments>),
}

/// Does it.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Check(arguments) => check::run(arguments).await,
    }
}
