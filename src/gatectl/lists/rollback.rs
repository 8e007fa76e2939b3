//! I/O. `gatectl lists rollback`: the edition before is put back in force. Twice is where it began: it is a flip.

use export_gate::record::{Kind as _, List};
use export_gate::register::history::Key;

use super::edition::{self, Edition};
use super::flip;
use super::store::Store;
use crate::change::ChangeOptions;
use crate::outcome::{Failure, Outcome};
use crate::versions::versions;

/// Which list, and who says so.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The list's name
    #[arg(value_name = "NAME", value_parser = edition::name)]
    name: String,
    #[command(flatten)]
    options: ChangeOptions,
}

/// Finds the edition before in the record's history, and goes the way of `lists activate`.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Arguments { name, options } = arguments;
    let dynamodb = options.aws.dynamodb().await;
    let table = &options.register.register_table;
    let key = Key { kind: List::KIND.to_owned(), id: name.clone() };
    let read = versions(&dynamodb, table, &key).await?;
    let mut editions = read.iter().map(|version| version_of(name, version));
    let Some(current) = editions.next() else {
        return Ok(flip::refused(
            options,
            &format!("there is no list `{name}` in force; `gatectl lists status` shows all"),
        ));
    };
    let Some(before) =
        editions.flatten().find(|before| Some(&before.edition) != current.as_ref().map(|now| &now.edition))
    else {
        return Ok(flip::refused(options, &format!("`{name}` never was in force in another edition")));
    };
    let is_still = |now: Option<&Edition>| {
        if now.map(|now| &now.edition) == current.as_ref().map(|current| &current.edition) {
            return Ok(());
        }
        Err("somebody else put another edition in force meanwhile: look, and run it again".to_owned())
    };
    flip::put(&Store::new(dynamodb, table.clone()), options, &before, is_still).await
}

/// What a version of the record says; `None` where it can't be read.
fn version_of(name: &str, version: &export_gate::record::Item) -> Option<Edition> {
    let mut version = version.clone();
    version.remove("was");
    Edition::read(name, &version).ok()
}
