//! I/O. Looking at the settings, and changing them.

mod known;
mod set;
mod show;

use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Looking at the settings, and changing them.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show every setting, what it is, and who changed what and why
    #[command(after_help = EXIT_CODES)]
    Show(Box<show::Arguments>),
    /// Change settings, some or all at once: from the next request on the gate obeys them
    #[command(after_help = EXIT_CODES)]
    Set(Box<set::Arguments>),
}

/// Does it.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Show(arguments) => show::run(arguments).await,
        Command::Set(arguments) => set::run(arguments).await,
    }
}
