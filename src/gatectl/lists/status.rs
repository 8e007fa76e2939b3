//! I/O. `gatectl lists status`: every list, the edition in force, its age, and whether its chunks are whole.

use std::collections::BTreeSet;

use export_gate::record::{Item, Kind as _, List, ListContent};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::edition::{self, Edition, said};
use super::store::Store;
use crate::aws::Aws;
use crate::display::{grouped, table, text_line};
use crate::item::text;
use crate::outcome::{Failure, Outcome};
use crate::record_table::State;
use crate::snapshot::Snapshot;
use crate::table_options::RegisterTable;

/// Which lists.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// One list, with the chunks of all its editions; every list without it
    #[arg(value_name = "NAME", value_parser = edition::name)]
    name: Option<String>,
    #[command(flatten)]
    register: RegisterTable,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// A list as it stands.
struct Standing {
    name: String,
    /// The edition that the record names, and the record's state; absent where none was ever in force.
    record: Option<(State, Option<Edition>, Item)>,
    editions: Vec<Kept>,
    /// What is wrong.
    faults: Vec<String>,
}

/// An edition that was imported.
struct Kept {
    edition: Edition,
    manifest: Item,
    /// Whether its chunks are what was imported; absent where nobody looked.
    whole: Option<bool>,
}

/// Reads all of it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let dynamodb = arguments.aws.dynamodb().await;
    let snapshot = Snapshot::read(&dynamodb, &arguments.register.register_table).await?;
    let store = Store::new(dynamodb, arguments.register.register_table.clone());
    let mut names: BTreeSet<String> = store.names().await?.into_iter().collect();
    names.extend(snapshot.of_kind(List::KIND).map(|(key, _)| key.id.clone()));
    if let Some(name) = &arguments.name {
        if !names.contains(name) {
            let says = format!("there is no list `{name}`; `gatectl lists import` imports one");
            return Ok(Outcome::new(
                arguments.json,
                || json!({"ok": false, "says": says}),
                text_line!("{says}"),
                false,
            ));
        }
        names.retain(|other| other == name);
    }
    let mut lists = Vec::new();
    for name in names {
        lists.push(standing(&store, &snapshot, name, arguments.name.is_some(), now).await?);
    }
    let is_fine = lists.iter().all(|list| list.faults.is_empty());
    let json = || json!({"ok": is_fine, "lists": lists.iter().map(|list| list.told(now)).collect::<Vec<Value>>()});
    Ok(Outcome::new(arguments.json, json, shown(&lists, arguments.name.is_some(), now), is_fine))
}

/// One list. The chunks of the edition in force are always read, those of the others only where it alone was asked for.
async fn standing(
    store: &Store,
    snapshot: &Snapshot,
    name: String,
    wants_all: bool,
    now: Timestamp,
) -> Result<Standing, Failure> {
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
    let mut is_known = false;
    for manifest in store.manifests(&name).await? {
        let id = text(&manifest, "id").to_owned();
        let edition = match Edition::read(&name, &manifest) {
            Ok(edition) if edition.edition == id => edition,
            Ok(_) => {
                faults.push(format!("the manifest of `{id}` names another edition"));
                continue;
            }
            Err(why) => {
                faults.push(format!("what was imported as `{id}` can't be read: {why}"));
                continue;
            }
        };
        let is_named = named.as_ref() == Some(&edition);
        is_known |= is_named;
        let checked = if wants_all || is_named { Some(store.check(&edition).await?) } else { None };
        if let Some(Err(why)) = &checked {
            faults.push(format!("the edition `{id}` is not whole: {why}"));
        }
        editions.push(Kept { edition, manifest, whole: checked.map(|checked| checked.is_ok()) });
    }
    if let Some(named) = named.filter(|_| !is_known) {
        match store.check(&named).await? {
            Ok(()) => faults.push(format!("the edition `{}` that its record names was not imported so", named.edition)),
            Err(why) => {
                faults.push(format!("the edition `{}` that its record names is not whole: {why}", named.edition))
            }
        }
    }
    Ok(Standing { name, record, editions, faults })
}

fn shown(lists: &[Standing], wants_all: bool, now: Timestamp) -> String {
    if lists.is_empty() {
        return "No list was imported; `gatectl lists import` imports one.\n".into();
    }
    let heading = ["list", "content", "state", "edition", "entries", "published", "age", "by", "since", "imported"];
    let mut text = table(&heading, lists.iter().map(|list| list.row(now)), &[4, 6, 9]);
    for list in lists.iter().filter(|_| wants_all) {
        let heading = ["edition", "entries", "chunks", "published", "imported by", "at", "whole"];
        let row = |kept: &Kept| {
            let (by, at) = said(&kept.manifest);
            let whole = if kept.whole == Some(true) { "yes" } else { "no" };
            let Edition { edition, entries, chunks, published, .. } = &kept.edition;
            let published = day(published.as_deref());
            vec![edition.clone(), grouped((*entries).into()), chunks.to_string(), published, by, at, whole.into()]
        };
        text += &format!("\n{}", table(&heading, list.editions.iter().map(row), &[1, 2]));
    }
    for list in lists {
        for fault in &list.faults {
            text += &text_line!("`{}` can't be relied on: {fault}", list.name);
        }
    }
    text
}

/// The day of a time.
fn day(time: Option<&str>) -> String {
    time.and_then(|time| time.get(..10)).unwrap_or("unknown").to_owned()
}

impl Standing {
    fn row(&self, now: Timestamp) -> Vec<String> {
        let edition = self.record.as_ref().and_then(|(_, edition, _)| edition.as_ref());
        let (by, at) = self.record.as_ref().map(|(_, _, item)| said(item)).unwrap_or_default();
        let content =
            edition.or(self.editions.first().map(|kept| &kept.edition)).map(|edition| match edition.content {
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

    fn told(&self, now: Timestamp) -> Value {
        let edition = self.record.as_ref().and_then(|(_, edition, _)| edition.as_ref());
        let kept = |kept: &Kept| {
            let (by, at) = said(&kept.manifest);
            json!({"edition": kept.edition.told(), "by": by, "at": at, "why": text(&kept.manifest, "why"),
                   "whole": kept.whole})
        };
        let said = self
            .record
            .as_ref()
            .map(|(_, _, item)| json!({"by": text(item, "by"), "at": text(item, "at"), "why": text(item, "why")}));
        json!({"list": self.name, "state": self.state(), "edition": edition.map(Edition::told), "said": said,
               "age_days": edition.and_then(|edition| edition.age(now)),
               "imported": self.editions.iter().map(kept).collect::<Vec<Value>>(), "faults": self.faults})
    }
}
