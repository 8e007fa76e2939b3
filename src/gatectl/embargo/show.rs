//! I/O. `gatectl embargo show`: displays one embargo with all its versions.

use export_gate::record::{Embargo, Kind};
use export_gate::register::history::Key;
use jiff::Timestamp;

use crate::attribution::non_empty;
use crate::change::absent;
use crate::item::text;
use crate::outcome::{Failure, Outcome};
use crate::record_table::State;
use crate::snapshot::partition;
use crate::table_options::ReadOptions;
use crate::versions;

/// Options of `gatectl embargo show`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The id of the embargo
    #[arg(value_parser = non_empty)]
    id: String,
    #[command(flatten)]
    read: ReadOptions,
}

/// Displays the embargo. The exit code is 1 if it is unreadable.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Arguments { id, read } = arguments;
    let (dynamodb, table) = (read.aws.dynamodb().await, &read.register.register_table);
    let key = Key { kind: Embargo::KIND.to_owned(), id: id.clone() };
    let found = versions::versions(&dynamodb, table, &key).await?;
    let Some(last) = found.first() else {
        let all = partition(&dynamodb, table, Embargo::KIND).await?;
        let why = absent(Embargo::KIND, id, all.iter().map(|item| text(item, "id")));
        return Ok(Outcome::refused(read.json, &why));
    };
    let state = State::of::<Embargo>(last, Timestamp::now());
    let mut state_text = state.word().to_owned();
    if let State::Unreadable(why) = &state {
        state_text += &format!(": {why}");
    }
    let is_fine = !matches!(state, State::Unreadable(_));
    let json = || versions::json(&key, &state_text, &found);
    Ok(Outcome::new(read.json, json, versions::display(&key, &state_text, &found), is_fine))
}
