//! I/O. `gatectl caller show`: displays a caller's record with all its versions.

use export_gate::record::Item;
use export_gate::register::history::Key;
use serde_json::{Value, json};

use super::change::{KINDS, find};
use crate::attribution::non_empty;
use crate::aws::Aws;
use crate::callers::Callers;
use crate::change::Step;
use crate::display::text_line;
use crate::item::{as_json, attribution, text};
use crate::outcome::{Failure, Outcome};
use crate::table_options::CallersTable;

/// Options of `gatectl caller show`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The caller: ID, client#ID, organisation#ID or person#ID
    #[arg(value_parser = non_empty)]
    id: String,
    #[command(flatten)]
    callers: CallersTable,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// Displays the record, the newest version first.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let callers = Callers::new(arguments.aws.dynamodb().await, arguments.callers.callers_table.clone());
    let last = match find(&callers, &arguments.id, &KINDS).await? {
        Ok(last) => last,
        Err(why) => return Ok(Outcome::refused(arguments.json, &why)),
    };
    let id = text(&last, "id");
    let versions = callers.versions(id).await?;
    let json = || json!({"record": id, "versions": versions.iter().map(as_json).collect::<Vec<Value>>()});
    Ok(Outcome::new(arguments.json, json, display(id, &versions), true))
}

fn display(id: &str, versions: &[Item]) -> String {
    let mut text = text_line!("{id}");
    for (index, version) in versions.iter().enumerate() {
        text += &format!("\n{}", text_line!("{}", attribution(version)));
        let key = Key { kind: String::new(), id: id.to_owned() };
        let before = versions.get(index.saturating_add(1)).cloned();
        for line in (Step { key, before, after: version.clone() }).unattributed_lines() {
            if !line.starts_with("previous  ") {
                text += &text_line!("    {line}");
            }
        }
    }
    text
}
