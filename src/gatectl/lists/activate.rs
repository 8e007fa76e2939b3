//! I/O. `gatectl lists activate`: an imported edition is put in force.

use super::edition::{self, Edition};
use super::flip;
use super::store::Store;
use crate::change::ChangeOptions;
use crate::item::text;
use crate::outcome::{Failure, Outcome};

/// Which edition, and who says so.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The list's name
    #[arg(value_name = "NAME", value_parser = edition::name)]
    name: String,
    /// The edition
    #[arg(value_name = "EDITION", value_parser = edition::name)]
    edition: String,
    #[command(flatten)]
    options: ChangeOptions,
}

/// Reads its chunks, shows the change, asks, writes it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Arguments { name, edition, options } = arguments;
    let store = Store::new(options.aws.dynamodb().await, options.register.register_table.clone());
    let Some(manifest) = store.manifest(name, edition).await? else {
        return Ok(flip::refused(options, &missing(&store, name, edition).await?));
    };
    match Edition::read(name, &manifest) {
        Ok(edition) => flip::put(&store, options, &edition, |_| Ok(())).await,
        Err(why) => Ok(flip::refused(options, &format!("what was imported as `{edition}` can't be read: {why}"))),
    }
}

async fn missing(store: &Store, name: &str, edition: &str) -> Result<String, Failure> {
    let editions: Vec<String> =
        store.manifests(name).await?.iter().map(|manifest| format!("`{}`", text(manifest, "id"))).collect();
    let there = if editions.is_empty() { "none was".to_owned() } else { format!("there are {}", editions.join(", ")) };
    Ok(format!("no edition `{edition}` of `{name}` was imported: {there}; `gatectl lists import` imports one"))
}
