//! I/O. `gatectl lists status`: every list, its edition in force, its age, and whether its chunks are whole.

use export_gate::record::{Item, Kind, List, read};
use export_gate::terms::parse_time;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::shelf::Shelf;
use crate::aws::Aws;
use crate::item::{as_json, text};
use crate::outcome::{Outcome, Trouble};
use crate::present::Present;
use crate::show::{grouped, table};
use crate::tables::RegisterTable;

/// Which lists.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The list's name; every list that is or was in force without it
    name: Option<String>,
    #[command(flatten)]
    register: RegisterTable,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// A list, and what is wrong with it.
struct Status {
    name: String,
    record: Option<Item>,
    fault: Option<String>,
    editions: Vec<Item>,
}

/// Looks at all of them, their chunks too.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let now = Timestamp::now();
    let shelf = Shelf { dynamodb: arguments.aws.dynamodb().await, table: arguments.register.register_table.clone() };
    let present = Present::read(&shelf.dynamodb, &shelf.table).await?;
    let names: Vec<String> = match &arguments.name {
        Some(name) => vec![name.clone()],
        None => present.of_kind(List::KIND).map(|(key, _)| key.id.clone()).collect(),
    };
    let mut all = Vec::new();
    for name in names {
        let record = present.record(List::KIND, &name).cloned();
        let fault = match &record {
            None => None,
            Some(record) => match read::<List>(record) {
                Ok(list) => shelf.check(&name, &list.edition, list.chunks.into(), &list.sha256).await?.err(),
                Err(error) => Some(format!("its record can't be read: {error}")),
            },
        };
        let editions = shelf.manifests(&name).await?;
        all.push(Status { name, record, fault, editions });
    }
    let unknown =
        arguments.name.as_ref().filter(|_| all.iter().all(|one| one.record.is_none() && one.editions.is_empty()));
    let is_fine = all.iter().all(|one| one.fault.is_none()) && unknown.is_none();
    let mut text = match unknown {
        Some(name) => format!("There is no list `{name}`, and no edition of it was imported.\n"),
        None if all.is_empty() => "There is no list.\n".to_owned(),
        None => shown(&all, now),
    };
    for Status { name, fault, .. } in &all {
        text += &fault.as_ref().map(|fault| format!("`{name}`: {fault}\n")).unwrap_or_default();
    }
    let json = || {
        let one = |one: &Status| {
            json!({"list": one.name, "in_force": one.record.as_ref().map(as_json), "fault": one.fault,
                   "editions": one.editions.iter().map(as_json).collect::<Vec<Value>>()})
        };
        json!({"ok": is_fine, "lists": all.iter().map(one).collect::<Vec<Value>>()})
    };
    Ok(Outcome::new(arguments.json, json, text, is_fine))
}

fn shown(all: &[Status], now: Timestamp) -> String {
    let mut rows = Vec::new();
    for Status { name, record, fault, editions } in all {
        let in_force = record.as_ref().map_or("none", |record| text(record, "edition"));
        if let Some(record) = record {
            let whole = if fault.is_none() { "in force, whole" } else { "in force, broken" };
            rows.push(row(name, record, in_force, whole, now));
        }
        for edition in editions.iter().filter(|edition| text(edition, "id") != in_force) {
            rows.push(row(name, edition, text(edition, "id"), "imported", now));
        }
    }
    table(&["list", "edition", "state", "content", "entries", "published", "age", "by"], rows, &[4, 6])
}

fn row(name: &str, item: &Item, edition: &str, state: &str, now: Timestamp) -> Vec<String> {
    let entries: u64 = item.get("entries").and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or_default();
    let content = [text(item, "content"), text(item, "class")].join(" ");
    let published = Some(text(item, "published")).filter(|date| !date.is_empty());
    let age =
        age(published.unwrap_or_else(|| text(item, "at")), now).map(|days| format!("{days} d")).unwrap_or_default();
    [
        name,
        edition,
        state,
        content.trim(),
        &grouped(entries.into()),
        published.unwrap_or("nobody says"),
        &age,
        text(item, "by"),
    ]
    .map(str::to_owned)
    .to_vec()
}

/// In days, by a time or a date.
fn age(text: &str, now: Timestamp) -> Option<i64> {
    let moment = parse_time(text).or_else(|_| parse_time(&format!("{text}T00:00:00Z"))).ok()?;
    now.duration_since(moment).as_secs().checked_div(86_400)
}
