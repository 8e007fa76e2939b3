//! I/O. `gatectl lists rollback`: puts the previous edition back in force. A second rollback undoes the first.

use export_gate::record::{Kind as _, List};
use export_gate::register::history::Key;

use super::edition::{self, Edition};
use super::flip;
use super::store::Store;
use crate::change::ChangeOptions;
use crate::outcome::{Failure, Outcome};
use crate::versions::versions;

/// Arguments of `lists rollback`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Name of the list
    #[arg(value_name = "NAME", value_parser = edition::name)]
    name: String,
    #[command(flatten)]
    options: ChangeOptions,
}

/// Finds the previous edition in the record's history, and puts it in force as `lists activate` does.
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
            &format!("the list `{name}` is not in force; show all lists with `gatectl lists status`"),
        ));
    };
    let Some(before) =
        editions.flatten().find(|before| Some(&before.edition) != current.as_ref().map(|now| &now.edition))
    else {
        return Ok(flip::refused(options, &format!("no other edition of `{name}` was ever in force")));
    };
    let is_still = |now: Option<&Edition>| {
        if now.map(|now| &now.edition) == current.as_ref().map(|current| &current.edition) {
            return Ok(());
        }
        Err("another change put another edition in force; check `gatectl lists status` and run the command again"
            .to_owned())
    };
    flip::put(&Store::new(dynamodb, table.clone()), options, &before, is_still).await
}

/// The edition of a version of the record, if readable.
fn version_of(name: &str, version: &export_gate::record::Item) -> Option<Edition> {
    let mut version = version.clone();
    version.remove("was");
    Edition::read(name, &version).ok()
}
