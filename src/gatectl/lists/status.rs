//! I/O. `gatectl lists status`: shows each list, its editions, and whether their chunks are intact.

use std::collections::BTreeSet;

use export_gate::record::{Item, Kind as _, List, ListContent};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::edition::{self, Edition, attribution};
use super::store::Store;
use crate::display::{grouped, table, text_line};
use crate::item::text;
use crate::options::{Globals, RegisterTable};
use crate::outcome::{Failure, Outcome};
use crate::record_table::State;
use crate::snapshot::Snapshot;

/// Arguments of `lists status`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Check all editions of this list [default: all lists, and only their editions in force]
    #[arg(value_name = "NAME", value_parser = edition::name)]
    name: Option<String>,
    #[command(flatten)]
    register: RegisterTable,
}

/// The status of a list.
struct Status {
    name: String,
    /// The record: its state and edition. Absent if no edition was ever in force.
    record: Option<(State, Option<Edition>, Item)>,
    editions: Vec<Imported>,
    faults: Vec<String>,
}

/// An imported edition.
struct Imported {
    edition: Edition,
    manifest: Item,
    /// Whether the chunks are intact, if checked.
    whole: Option<bool>,
}

/// Reads and shows the lists.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let dynamodb = globals.aws.dynamodb().await;
    let snapshot = Snapshot::read(&dynamodb, &arguments.register.register_table).await?;
    let store = Store::new(dynamodb, arguments.register.register_table.clone());
    let mut names: BTreeSet<String> = store.names().await?.into_iter().collect();
    names.extend(snapshot.of_kind(List::KIND).map(|(key, _)| key.id.clone()));
    if let Some(name) = &arguments.name {
        if !names.contains(name) {
            let says = format!("unknown list `{name}`: import it with `gatectl lists import`");
            return Ok(Outcome::new(globals.json, || json!({"ok": false, "says": says}), text_line!("{says}"), false));
        }
        names.retain(|other| other == name);
    }
    let mut lists = Vec::new();
    for name in names {
        lists.push(status(&store, &snapshot, name, arguments.name.is_some(), now).await?);
    }
    let is_fine = lists.iter().all(|list| list.faults.is_empty());
    let json = || json!({"ok": is_fine, "lists": lists.iter().map(|list| list.json(now)).collect::<Vec<Value>>()});
    Ok(Outcome::new(globals.json, json, text_of(&lists, arguments.name.is_some(), now), is_fine))
}

/// Reads a list and checks its edition in force; with `wants_all`, every edition.
async fn status(
    store: &Store,
    snapshot: &Snapshot,
    name: String,
    wants_all: bool,
    now: Timestamp,
) -> Result<Status, Failure> {
    let mut faults = Vec::new();
    let record = snapshot.record(List::KIND, &name).map(|item| {
        let state = State::of::<List>(item, now);
        if let State::Unreadable(why) = &state {
            faults.push(format!("its record can't be read: {why}"));
        }
        (state, Edition::read(&name, item).ok(), item.clone())
    });
    let named = record.as_ref().and_then(|(_, edition, _)| edition.clone());
    let mut editions = Vec::new();
    let mut is_imported = false;
    for manifest in store.manifests(&name).await? {
        let id = text(&manifest, "id").to_owned();
        let edition = match Edition::read(&name, &manifest) {
            Ok(edition) if edition.edition == id => edition,
            Ok(_) => {
                faults.push(format!("the manifest of `{id}` names another edition"));
                continue;
            }
            Err(why) => {
                faults.push(format!("the manifest of `{id}` can't be read: {why}"));
                continue;
            }
        };
        let is_named = named.as_ref() == Some(&edition);
        is_imported |= is_named;
        let checked = if wants_all || is_named { Some(store.check(&edition).await?) } else { None };
        if let Some(Err(why)) = &checked {
            faults.push(format!("the edition `{id}` is damaged: {why}"));
        }
        editions.push(Imported { edition, manifest, whole: checked.map(|checked| checked.is_ok()) });
    }
    if let Some(named) = named.filter(|_| !is_imported) {
        match store.check(&named).await? {
            Ok(()) => {
                faults.push(format!("the edition `{}` in its record differs from the imported one", named.edition))
            }
            Err(why) => faults.push(format!("the edition `{}` in its record is damaged: {why}", named.edition)),
        }
    }
    Ok(Status { name, record, editions, faults })
}

fn text_of(lists: &[Status], wants_all: bool, now: Timestamp) -> String {
    if lists.is_empty() {
        return "No list is imported. Import one with `gatectl lists import`.\n".into();
    }
    let heading = ["list", "content", "state", "edition", "entries", "published", "age", "by", "since", "imported"];
    let mut text = table(&heading, lists.iter().map(|list| list.row(now)), &[4, 6, 9]);
    for list in lists.iter().filter(|_| wants_all) {
        let heading = ["edition", "entries", "chunks", "published", "imported by", "at", "whole"];
        let row = |imported: &Imported| {
            let (by, at) = attribution(&imported.manifest);
            let whole = if imported.whole == Some(true) { "yes" } else { "no" };
            let Edition { edition, entries, chunks, published, .. } = &imported.edition;
            let published = day(published.as_deref());
            vec![edition.clone(), grouped((*entries).into()), chunks.to_string(), published, by, at, whole.into()]
        };
        text += &format!("\n{}", table(&heading, list.editions.iter().map(row), &[1, 2]));
    }
    for list in lists {
        for fault in &list.faults {
            text += &text_line!("`{}` is unusable: {fault}", list.name);
        }
    }
    text
}

/// The day of an RFC 3339 time.
fn day(time: Option<&str>) -> String {
    time.and_then(|time| time.get(..10)).unwrap_or("unknown").to_owned()
}

impl Status {
    fn row(&self, now: Timestamp) -> Vec<String> {
        let edition = self.record.as_ref().and_then(|(_, edition, _)| edition.as_ref());
        let (by, at) = self.record.as_ref().map(|(_, _, item)| attribution(item)).unwrap_or_default();
        let content =
            edition.or(self.editions.first().map(|imported| &imported.edition)).map(|edition| match edition.content {
                ListContent::Parties => "parties",
                ListContent::Networks => "networks",
            });
        vec![
            self.name.clone(),
            content.unwrap_or_default().into(),
            self.state().into(),
            edition.map(|edition| edition.edition.clone()).unwrap_or_default(),
            edition.map(|edition| grouped(edition.entries.into())).unwrap_or_default(),
            edition.map(|edition| day(edition.published.as_deref())).unwrap_or_default(),
            edition.and_then(|edition| edition.age(now)).map(|days| format!("{days} d")).unwrap_or_default(),
            by,
            at,
            self.editions.len().to_string(),
        ]
    }

    fn state(&self) -> &str {
        self.record.as_ref().map_or("not in force", |(state, _, _)| state.word())
    }

    fn json(&self, now: Timestamp) -> Value {
        let edition = self.record.as_ref().and_then(|(_, edition, _)| edition.as_ref());
        let imported = |imported: &Imported| {
            let (by, at) = attribution(&imported.manifest);
            json!({"edition": imported.edition.json(), "by": by, "at": at, "why": text(&imported.manifest, "why"),
                   "whole": imported.whole})
        };
        let said = self
            .record
            .as_ref()
            .map(|(_, _, item)| json!({"by": text(item, "by"), "at": text(item, "at"), "why": text(item, "why")}));
        json!({"list": self.name, "state": self.state(), "edition": edition.map(Edition::json), "said": said,
               "age_days": edition.and_then(|edition| edition.age(now)),
               "imported": self.editions.iter().map(imported).collect::<Vec<Value>>(), "faults": self.faults})
    }
}
