//! I/O. `gatectl lists`: imports, activates and rolls back editions of lists.

mod edition;
mod import;
mod notes;
mod status;
mod store;

use export_gate::record::{Item, Kind as _, List};
use export_gate::register::history::Key;
use jiff::Timestamp;
use serde_json::json;

use crate::change::{ChangeOptions, Step, change_with_notes};
use crate::display::text_line;
use crate::item::{text, unattributed};
use crate::options::Globals;
use crate::outcome::{Failure, Outcome};
use crate::record_table::State;
use crate::snapshot::Snapshot;
use crate::versions::versions;
use edition::Edition;
use notes::in_force;
use store::Store;
pub(crate) use store::{Looked, look};

/// Import, activate and roll back lists.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Import an edition of a list, without putting it in force
    Import(Box<import::Arguments>),
    /// Put an imported edition in force
    Activate(Box<ActivateArguments>),
    /// Put the previous edition back in force; a second rollback undoes the first
    Rollback(Box<RollbackArguments>),
    /// Show every list with its editions
    Status(Box<status::Arguments>),
}

/// Runs a command.
pub(crate) async fn run(command: &Command, globals: &Globals) -> Result<Outcome, Failure> {
    match command {
        Command::Import(arguments) => import::run(arguments, globals).await,
        Command::Activate(arguments) => activate(arguments, globals).await,
        Command::Rollback(arguments) => rollback(arguments, globals).await,
        Command::Status(arguments) => status::run(arguments, globals).await,
    }
}

/// Arguments of `lists activate`.
#[derive(clap::Args)]
pub(crate) struct ActivateArguments {
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
async fn activate(arguments: &ActivateArguments, globals: &Globals) -> Result<Outcome, Failure> {
    let ActivateArguments { name, edition, options } = arguments;
    let store = Store::new(globals.aws.dynamodb().await, options.register.register_table.clone());
    let Some(manifest) = store.manifest(name, edition).await? else {
        return Ok(refused(options, globals, &missing(&store, name, edition).await?));
    };
    match Edition::read(name, &manifest) {
        Ok(edition) => put(&store, options, globals, &edition, |_| Ok(())).await,
        Err(why) => Ok(refused(options, globals, &format!("the manifest of `{edition}` can't be read: {why}"))),
    }
}

async fn missing(store: &Store, name: &str, edition: &str) -> Result<String, Failure> {
    let editions: Vec<String> =
        store.manifests(name).await?.iter().map(|manifest| format!("`{}`", text(manifest, "id"))).collect();
    let imported = if editions.is_empty() { "none".to_owned() } else { editions.join(", ") };
    Ok(format!("unknown edition `{edition}` of `{name}`; imported: {imported}. Import one with `gatectl lists import`"))
}

/// Arguments of `lists rollback`.
#[derive(clap::Args)]
pub(crate) struct RollbackArguments {
    /// Name of the list
    #[arg(value_name = "NAME", value_parser = edition::name)]
    name: String,
    #[command(flatten)]
    options: ChangeOptions,
}

/// Finds the previous edition in the record's history, and puts it in force as `lists activate` does.
async fn rollback(arguments: &RollbackArguments, globals: &Globals) -> Result<Outcome, Failure> {
    let RollbackArguments { name, options } = arguments;
    let dynamodb = globals.aws.dynamodb().await;
    let table = &options.register.register_table;
    let key = Key { kind: List::KIND.to_owned(), id: name.clone() };
    let read = versions(&dynamodb, table, &key).await?;
    let mut editions = read.iter().map(|version| version_of(name, version));
    let Some(current) = editions.next() else {
        return Ok(refused(
            options,
            globals,
            &format!("the list `{name}` is not in force; show all lists with `gatectl lists status`"),
        ));
    };
    let Some(before) =
        editions.flatten().find(|before| Some(&before.edition) != current.as_ref().map(|now| &now.edition))
    else {
        return Ok(refused(options, globals, &format!("no other edition of `{name}` was ever in force")));
    };
    let is_still = |now: Option<&Edition>| {
        if now.map(|now| &now.edition) == current.as_ref().map(|current| &current.edition) {
            return Ok(());
        }
        Err("another change put another edition in force; check `gatectl lists status` and run the command again"
            .to_owned())
    };
    put(&Store::new(dynamodb, table.clone()), options, globals, &before, is_still).await
}

/// The edition of a version of the record, if readable.
fn version_of(name: &str, version: &Item) -> Option<Edition> {
    let mut version = version.clone();
    version.remove("was");
    Edition::read(name, &version).ok()
}

/// Puts an edition in force if `expected` accepts the edition that the record names at the time of writing.
async fn put(
    store: &Store,
    options: &ChangeOptions,
    globals: &Globals,
    edition: &Edition,
    expected: impl Fn(Option<&Edition>) -> Result<(), String>,
) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let checked = store.check(edition).await?;
    let notes = in_force(edition).into_iter().collect();
    let made = change_with_notes(options, globals, now, notes, |snapshot| {
        checked.clone().map_err(|why| {
            format!(
                "the edition `{}` of `{}` is damaged: {why}; import it again under another name",
                edition.edition, edition.list
            )
        })?;
        plan(snapshot, options, edition, now, &expected)
    });
    let (list, name) = (&edition.list, &edition.edition);
    let done = format!("edition `{name}` of `{list}` is in force from the next request.");
    Ok(made.await?.outcome(&done, &format!("edition `{name}` of `{list}` is already in force.")))
}

fn plan(
    snapshot: &Snapshot,
    options: &ChangeOptions,
    edition: &Edition,
    now: Timestamp,
    expected: impl Fn(Option<&Edition>) -> Result<(), String>,
) -> Result<Vec<Step>, String> {
    let mut record = edition.record();
    let current = snapshot.record("list", &edition.list);
    let in_force = current.and_then(|current| Edition::read(&edition.list, current).ok());
    expected(in_force.as_ref())?;
    if in_force.is_some_and(|in_force| in_force.content != edition.content) {
        return Err(format!(
            "the list `{}` has other content, so its embargoes would change their meaning",
            edition.list
        ));
    }
    let is_same = |current| State::of::<List>(current, now) == State::InForce && unattributed(current) == record;
    if current.is_some_and(is_same) {
        return Ok(Vec::new());
    }
    options.attribution.sign(&mut record, now);
    Ok(Step::put(snapshot, record).into_iter().collect())
}

/// The outcome of a refused change.
fn refused(options: &ChangeOptions, globals: &Globals, why: &str) -> Outcome {
    let says = format!("Nothing was changed: {why}.");
    let json = || {
        json!({"ok": false, "says": says, "revision": null, "changes": [],
                                     "table": options.register.register_table})
    };
    Outcome::new(globals.json, json, text_line!("{says}"), false).not_done()
}
