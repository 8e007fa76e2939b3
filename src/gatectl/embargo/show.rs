//! I/O. `gatectl embargo show`: one embargo with all its versions.

use export_gate::record::{Embargo, Kind};
use export_gate::register::history::Key;

use crate::aws::Aws;
use crate::outcome::{Outcome, Trouble};
use crate::tables::RegisterTable;
use crate::versions::{shown, told, versions};

/// Which one.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Its id
    id: String,
    #[command(flatten)]
    register: RegisterTable,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// Shows it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let key = Key { kind: Embargo::KIND.to_owned(), id: arguments.id.clone() };
    let found = versions(&arguments.aws.dynamodb().await, &arguments.register.register_table, &key).await?;
    if found.is_empty() {
        let says = format!("there is no embargo `{}`; `gatectl embargo list --all` lists them\n", arguments.id);
        return Ok(Outcome::new(
            arguments.json,
            || serde_json::json!({"ok": false, "says": says.trim()}),
            says.clone(),
            false,
        ));
    }
    Ok(Outcome::new(arguments.json, || told(&key, &found), shown(&key, &found), true))
}
