//! I/O. `gatectl caller show`: a caller's record with all its versions.

use export_gate::record::Item;
use export_gate::register::history::Key;
use serde_json::{Value, json};

use crate::attribution::filled;
use crate::aws::Aws;
use crate::callers::Callers;
use crate::change::Step;
use crate::display::text_line;
use crate::item::{as_json, text};
use crate::outcome::{Failure, Outcome};
use crate::table_options::CallersTable;

/// Whom.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// client#…, organisation#… or person#…
    #[arg(value_parser = filled)]
    id: String,
    #[command(flatten)]
    callers: CallersTable,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// Shows it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let id = &arguments.id;
    let callers = Callers::new(arguments.aws.dynamodb().await, arguments.callers.callers_table.clone());
    let versions = callers.versions(id).await?;
    if versions.is_empty() {
        let says = format!("there is no `{id}`: write client#…, organisation#… or person#…");
        return Ok(Outcome::new(arguments.json, || json!({"ok": false, "says": says}), text_line!("{says}"), false));
    }
    let json = || json!({"record": id, "versions": versions.iter().map(as_json).collect::<Vec<Value>>()});
    Ok(Outcome::new(arguments.json, json, shown(id, &versions), true))
}

fn shown(id: &str, versions: &[Item]) -> String {
    let mut shown = text_line!("{id}");
    for (index, version) in versions.iter().enumerate() {
        let says = |name| Some(text(version, name)).filter(|text| !text.is_empty()).unwrap_or("nobody says").to_owned();
        shown += &format!("\n{}", text_line!("by {}, {}: {}", says("by"), says("at"), says("why")));
        let key = Key { kind: String::new(), id: id.to_owned() };
        let before = versions.get(index.saturating_add(1)).cloned();
        for line in (Step { key, before, after: version.clone() }).substantial_lines() {
            if !line.starts_with("previous  ") {
                shown += &text_line!("    {line}");
            }
        }
    }
    shown
}
