//! I/O. `gatectl embargo show`: one embargo with all its versions.

use export_gate::record::{Embargo, Kind};
use export_gate::register::history::Key;
use jiff::Timestamp;
use serde_json::json;

use crate::attribution::filled;
use crate::aws::Aws;
use crate::display::text_line;
use crate::outcome::{Failure, Outcome};
use crate::record_table::State;
use crate::table_options::RegisterTable;
use crate::versions::{shown, told, versions};

/// Which one.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Its id
    #[arg(value_parser = filled)]
    id: String,
    #[command(flatten)]
    register: RegisterTable,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// Shows it; one that can't be read is told, with exit code 1.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let key = Key { kind: Embargo::KIND.to_owned(), id: arguments.id.clone() };
    let found = versions(&arguments.aws.dynamodb().await, &arguments.register.register_table, &key).await?;
    let Some(last) = found.first() else {
        let says = format!("there is no embargo `{}`; `gatectl embargo list --all` lists them", arguments.id);
        return Ok(Outcome::new(arguments.json, || json!({"ok": false, "says": says}), text_line!("{says}"), false));
    };
    let state = State::of::<Embargo>(last, Timestamp::now());
    let mut now = state.word().to_owned();
    if let State::Unreadable(why) = &state {
        now += &format!(": {why}");
    }
    let is_fine = !matches!(state, State::Unreadable(_));
    Ok(Outcome::new(arguments.json, || told(&key, &now, &found), shown(&key, &now, &found), is_fine))
}
