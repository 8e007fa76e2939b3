//! I/O. `gatectl lists activate`: an imported edition comes into force, once its chunks are proved whole.

use export_gate::record::{Item, Kind, List};
use jiff::Timestamp;

use super::import::name;
use super::shelf::Shelf;
use crate::change::{Manner, Step, make};
use crate::item::{substance, text};
use crate::outcome::{Outcome, Trouble};
use crate::present::Present;
use crate::says::Says;

/// Which edition of which list.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The list's name
    #[arg(value_name = "NAME", value_parser = name)]
    name: String,
    /// The edition
    #[arg(value_name = "EDITION", value_parser = name)]
    edition: String,
    #[command(flatten)]
    says: Says,
    #[command(flatten)]
    manner: Manner,
}

/// Checks, shows, asks, writes.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let Arguments { name, edition, says, manner } = arguments;
    activate(name, edition, says, manner).await
}

/// Puts an edition in force.
pub(super) async fn activate(name: &str, edition: &str, says: &Says, manner: &Manner) -> Result<Outcome, Trouble> {
    let now = Timestamp::now();
    let shelf = Shelf { dynamodb: manner.aws.dynamodb().await, table: manner.register.register_table.clone() };
    let record = match shelf.manifest(name, edition).await? {
        None => Err(format!("no edition {edition} of `{name}` was imported; `gatectl lists status {name}` lists them")),
        Some(manifest) => {
            let number = |name: &str| manifest.get(name).and_then(|value| value.as_n().ok()?.parse().ok());
            let checked =
                shelf.check(name, edition, number("chunks").unwrap_or_default(), text(&manifest, "sha256")).await?;
            checked
                .map(|()| record(&manifest, name, edition, says, now))
                .map_err(|why| format!("edition {edition} of `{name}`: {why}"))
        }
    };
    let made = make(manner, now, |present| plan(present, record.clone()?)).await?;
    let done = format!("edition {edition} of `{name}` is in force.");
    Ok(made.outcome(manner, &done, &format!("edition {edition} of `{name}` is in force already.")))
}

/// The record that names an edition.
fn record(manifest: &Item, name: &str, edition: &str, says: &Says, now: Timestamp) -> Item {
    let s = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let mut record = manifest.clone();
    record.insert("kind".to_owned(), s(List::KIND));
    record.insert("id".to_owned(), s(name));
    record.insert("edition".to_owned(), s(edition));
    says.sign(&mut record, now);
    record
}

fn plan(present: &Present, record: Item) -> Result<Vec<Step>, String> {
    let is_so =
        present.record(List::KIND, text(&record, "id")).is_some_and(|there| substance(there) == substance(&record));
    if is_so { Ok(Vec::new()) } else { Ok(Step::put(present, record).into_iter().collect()) }
}
