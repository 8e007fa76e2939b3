//! I/O. Issuing, ending and looking at embargoes.

mod end;
mod issue;
mod show;

use export_gate::record::Embargo;

use crate::list_records;
use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Issuing, ending and looking at embargoes.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Issue an embargo: from the next request on the gate obeys it
    #[command(after_help = EXIT_CODES)]
    Issue(Box<issue::Arguments>),
    /// End an embargo, now or at a moment
    #[command(after_help = EXIT_CODES)]
    End(Box<end::Arguments>),
    /// List the embargoes
    #[command(after_help = EXIT_CODES)]
    List(Box<list_records::Arguments>),
    /// Show one embargo with all its versions
    #[command(after_help = EXIT_CODES)]
    Show(Box<show::Arguments>),
}

/// The attributes that a list shows.
const LISTED: &[&str] = &["models", "applies_to", "effect", "authority", "from", "until"];

/// Does it.
pub(crate) async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Issue(arguments) => issue::run(arguments).await,
        Command::End(arguments) => end::run(arguments).await,
        Command::List(arguments) => list_records::run::<Embargo>(arguments, LISTED).await,
        Command::Show(arguments) => show::run(arguments).await,
    }
}
