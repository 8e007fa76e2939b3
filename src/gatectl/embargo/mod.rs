//! I/O. `gatectl embargo`: issues, ends and displays embargoes.

mod issue;

use export_gate::record::{Embargo, Kind};
use export_gate::register::history::Key;
use jiff::Timestamp;

use crate::change::{EndArguments, absent, end};
use crate::item::text;
use crate::list_records;
use crate::options::{Globals, RegisterTable, non_empty};
use crate::outcome::{Failure, Outcome};
use crate::record_table::State;
use crate::snapshot::partition;
use crate::versions;

/// Subcommands of `gatectl embargo`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Issue an embargo, in force from the next request on
    Issue(Box<issue::Arguments>),
    /// End an embargo, now or at a moment
    End(Box<EndArguments>),
    /// List the embargoes
    List(Box<list_records::Arguments>),
    /// Show one embargo with all its versions
    Show(Box<ShowArguments>),
}

/// The attributes in the list.
const LISTED: &[&str] = &["models", "applies_to", "effect", "authority", "from", "until"];

/// Runs a subcommand.
pub(crate) async fn run(command: &Command, globals: &Globals) -> Result<Outcome, Failure> {
    match command {
        Command::Issue(arguments) => issue::run(arguments, globals).await,
        Command::End(arguments) => end::<Embargo>(arguments, globals).await,
        Command::List(arguments) => list_records::run::<Embargo>(arguments, globals, LISTED).await,
        Command::Show(arguments) => show(arguments, globals).await,
    }
}

/// Options of `gatectl embargo show`.
#[derive(clap::Args)]
pub(crate) struct ShowArguments {
    /// The id of the embargo
    #[arg(value_parser = non_empty)]
    id: String,
    #[command(flatten)]
    register: RegisterTable,
}

/// Displays the embargo. The exit code is 1 if it is unreadable.
async fn show(arguments: &ShowArguments, globals: &Globals) -> Result<Outcome, Failure> {
    let ShowArguments { id, register } = arguments;
    let (dynamodb, table) = (globals.aws.dynamodb().await, &register.register_table);
    let key = Key { kind: Embargo::KIND.to_owned(), id: id.clone() };
    let found = versions::versions(&dynamodb, table, &key).await?;
    let Some(last) = found.first() else {
        let all = partition(&dynamodb, table, Embargo::KIND).await?;
        let why = absent(Embargo::KIND, id, all.iter().map(|item| text(item, "id")));
        return Ok(Outcome::refused(globals.json, &why));
    };
    let state = State::of::<Embargo>(last, Timestamp::now());
    let mut state_text = state.word().to_owned();
    if let State::Unreadable(why) = &state {
        state_text += &format!(": {why}");
    }
    let is_fine = !matches!(state, State::Unreadable(_));
    let json = || versions::json(&key, &state_text, &found);
    Ok(Outcome::new(globals.json, json, versions::display(&key, &state_text, &found), is_fine))
}
