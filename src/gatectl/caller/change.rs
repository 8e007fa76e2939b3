//! I/O. Changing a caller's record: shown, agreed to, and put where it is still what was shown.

use export_gate::record::{Client, Item, Organisation, Person};
use export_gate::register::history::Key;
use jiff::Timestamp;
use serde_json::json;

use crate::aws::Aws;
use crate::callers::{Callers, content};
use crate::change::Step;
use crate::confirm::agrees;
use crate::display::text_line;
use crate::item::as_json;
use crate::outcome::{Failure, Outcome};
use crate::output::notice;
use crate::table_options::CallersTable;

/// How a caller's record is changed.
#[derive(clap::Args)]
pub(crate) struct Manner {
    #[command(flatten)]
    callers: CallersTable,
    /// Don't ask
    #[arg(long)]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

impl Manner {
    /// A note where there is no such organisation. Nothing is said of nobody's.
    pub(super) async fn unknown_organisation(&self, id: &str) -> Result<Vec<String>, Failure> {
        if id.is_empty() || self.callers().await.record(&format!("organisation#{id}")).await?.is_some() {
            return Ok(Vec::new());
        }
        Ok(vec![format!("no organisation `{id}` is in the callers' records: until it is, nobody of it gets anything")])
    }

    async fn callers(&self) -> Callers {
        Callers::new(self.aws.dynamodb().await, self.callers.callers_table.clone())
    }
}

/// Changes the record `id` to what `plan` makes of what is there. `plan` says why not.
pub(super) async fn change(
    manner: &Manner,
    id: &str,
    now: Timestamp,
    done: &str,
    notes: Vec<String>,
    plan: impl FnOnce(Option<&Item>) -> Result<Item, String>,
) -> Result<Outcome, Failure> {
    let (callers, table) = (manner.callers().await, &manner.callers.callers_table);
    let before = callers.record(id).await?;
    let told = |is_fine: bool, says: String, after: Option<&Item>| {
        let record = |item: &Item| as_json(&impersonal(id, item));
        let change = || json!({"record": id, "before": before.as_ref().map(record), "after": after.map(record)});
        let json = || json!({"ok": is_fine, "says": says, "change": change(), "notes": notes, "table": table});
        Ok(Outcome::new(manner.json, json, text_line!("{says}"), is_fine))
    };
    let after = match plan(before.as_ref()).and_then(|after| checked(id, after)) {
        Ok(after) => after,
        Err(why) => return told(false, format!("Nothing was changed: {why}."), None),
    };
    if before.as_ref().is_some_and(|before| content(before) == content(&after)) {
        return told(true, format!("Nothing was changed: `{id}` is so already."), None);
    }
    // A script that takes JSON and asks nobody is shown nothing.
    if !(manner.json && manner.yes) {
        notice(&shown(id, before.as_ref(), &after));
        for note in &notes {
            notice(&text_line!("note: {note}"));
        }
    }
    if !manner.yes && !agrees(table)? {
        return told(false, "Nothing was changed: you did not agree.".into(), Some(&after));
    }
    if callers.replace(before.as_ref(), after.clone(), now).await? {
        told(true, format!("Written: {done}"), Some(&after))
    } else {
        let says = format!("Nothing was changed: somebody else changed `{id}` meanwhile: look, and run it again.");
        told(false, says, Some(&after))
    }
}

/// A record as the gate would read it.
fn checked(id: &str, after: Item) -> Result<Item, String> {
    let read = match id.split_once('#') {
        Some(("client", name)) if !name.trim().is_empty() => Client::read(after.clone()).err(),
        Some(("organisation", name)) if !name.trim().is_empty() => Organisation::read(after.clone()).err(),
        Some(("person", name)) if !name.trim().is_empty() => Person::read(after.clone()).err(),
        _ => return Err(format!("`{id}` is nobody: write client#…, organisation#… or person#…")),
    };
    match read {
        None => Ok(after),
        Some(error) => Err(format!("the gate would not read `{id}`: {error}")),
    }
}

/// What changes.
fn shown(id: &str, before: Option<&Item>, after: &Item) -> String {
    let key = Key { kind: String::new(), id: id.to_owned() };
    let step = Step { key, before: before.map(|before| impersonal(id, before)), after: impersonal(id, after) };
    let is_personal = |name: &&&str| before.and_then(|before| before.get(**name)) != after.get(**name);
    let hidden =
        personal(id).iter().filter(is_personal).map(|name| format!("{name}  (`gatectl caller show` tells it)"));
    let lines = step.lines().into_iter().filter(|line| !line.starts_with("previous  ")).chain(hidden);
    let sign = step.sign();
    lines.fold(text_line!("{sign} {id}"), |shown, line| shown + &text_line!("    {line}"))
}

/// What says who a person is: whoever changes a record need not read it, and a terminal may be recorded.
fn personal(id: &str) -> &'static [&'static str] {
    match kind(id) {
        "person" => &["name", "aliases", "born", "identifiers"],
        "organisation" => &["owners"],
        _ => &[],
    }
}

/// A record without it.
fn impersonal(id: &str, item: &Item) -> Item {
    let is_kept = |name: &str| !personal(id).contains(&name);
    item.iter().filter(|(name, _)| is_kept(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// What is there, or why there is nothing to change.
pub(super) fn there<'a>(id: &str, before: Option<&'a Item>) -> Result<&'a Item, String> {
    before.ok_or_else(|| format!("there is no `{id}`; `gatectl caller add` adds one"))
}

/// The kind of a caller by its id.
pub(super) fn kind(id: &str) -> &str {
    id.split('#').next().unwrap_or_default()
}
