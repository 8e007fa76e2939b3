//! I/O. `gatectl lists activate`: puts an imported edition in force.

use super::edition::{self, Edition};
use super::flip;
use super::store::Store;
use crate::change::ChangeOptions;
use crate::item::text;
use crate::outcome::{Failure, Outcome};

/// Arguments of `lists activate`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Name of the list
    #[arg(value_name = "NAME", value_parser = edition::name)]
    name: String,
    /// Name of the edition
    #[arg(value_name = "EDITION", value_parser = edition::name)]
    edition: String,
    #[command(flatten)]
    options: ChangeOptions,
}

/// Checks the edition, shows the change, and writes it after confirmation.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Arguments { name, edition, options } = arguments;
    let store = Store::new(options.aws.dynamodb().await, options.register.register_table.clone());
    let Some(manifest) = store.manifest(name, edition).await? else {
        return Ok(flip::refused(options, &missing(&store, name, edition).await?));
    };
    match Edition::read(name, &manifest) {
        Ok(edition) => flip::put(&store, options, &edition, |_| Ok(())).await,
        Err(why) => Ok(flip::refused(options, &format!("the manifest of `{edition}` can't be read: {why}"))),
    }
}

async fn missing(store: &Store, name: &str, edition: &str) -> Result<String, Failure> {
    let editions: Vec<String> =
        store.manifests(name).await?.iter().map(|manifest| format!("`{}`", text(manifest, "id"))).collect();
    let imported = if editions.is_empty() { "none".to_owned() } else { editions.join(", ") };
    Ok(format!("unknown edition `{edition}` of `{name}`; imported: {imported}. Import one with `gatectl lists import`"))
}
