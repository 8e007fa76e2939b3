//! I/O. `gatectl lists rollback`: the edition that was in force before comes back.

use export_gate::record::{Kind, List};
use export_gate::register::history::Key;
use serde_json::json;

use super::activate::activate;
use super::import::name;
use crate::change::Manner;
use crate::item::text;
use crate::outcome::{Outcome, Trouble};
use crate::says::Says;
use crate::versions::versions;

/// Which list.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The list's name
    #[arg(value_name = "NAME", value_parser = name)]
    name: String,
    #[command(flatten)]
    says: Says,
    #[command(flatten)]
    manner: Manner,
}

/// Finds it in the list's history, and activates it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let Arguments { name, says, manner } = arguments;
    let key = Key { kind: List::KIND.to_owned(), id: name.clone() };
    let versions = versions(&manner.aws.dynamodb().await, &manner.register.register_table, &key).await?;
    let now = versions.first().map(|version| text(version, "edition").to_owned());
    let before = versions
        .iter()
        .skip(1)
        .map(|version| text(version, "edition"))
        .find(|edition| Some(*edition) != now.as_deref());
    match before {
        Some(edition) => activate(name, edition, says, manner).await,
        None => {
            let says = format!("Nothing was changed: no other edition of `{name}` was in force before.");
            Ok(Outcome::new(manner.json, || json!({"ok": false, "says": says}), format!("{says}\n"), false))
        }
    }
}
