//! I/O. Changing a caller's record: shown, agreed to, and put where it is still what was shown.

use export_gate::record::{Client, Item, Organisation, Person};
use export_gate::register::history::Key;
use jiff::Timestamp;
use serde_json::json;

use crate::ask::agrees;
use crate::aws::Aws;
use crate::callers::{Callers, content};
use crate::change::Step;
use crate::item::as_json;
use crate::outcome::{Outcome, Trouble};
use crate::tables::CallersTable;

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

/// Changes the record `id` to what `plan` makes of what is there. `plan` says why not.
pub(super) async fn change(
    manner: &Manner,
    id: &str,
    now: Timestamp,
    done: &str,
    plan: impl FnOnce(Option<&Item>) -> Result<Item, String>,
) -> Result<Outcome, Trouble> {
    let callers = Callers::new(manner.aws.dynamodb().await, manner.callers.callers_table.clone());
    let before = callers.record(id).await?;
    let told = |is_fine: bool, says: String, after: Option<&Item>| {
        let change = || json!({"record": id, "before": before.as_ref().map(as_json), "after": after.map(as_json)});
        let json =
            || json!({"ok": is_fine, "says": says.clone(), "change": change(), "table": manner.callers.callers_table});
        Outcome::new(manner.json, json, format!("{says}\n"), is_fine)
    };
    let after = match plan(before.as_ref()).and_then(|after| checked(id, after)) {
        Ok(after) => after,
        Err(why) => return Ok(told(false, format!("Nothing was changed: {why}."), None)),
    };
    if before.as_ref().is_some_and(|before| content(before) == content(&after)) {
        return Ok(told(true, format!("Nothing was changed: `{id}` is so already."), None));
    }
    if !manner.json {
        eprint!("{}", shown(id, before.as_ref(), &after));
    }
    if !manner.yes && !agrees(&manner.callers.callers_table)? {
        return Ok(told(false, "Nothing was changed: you did not agree.".into(), Some(&after)));
    }
    if callers.replace(before.as_ref(), after.clone(), now).await? {
        Ok(told(true, format!("Written: {done}"), Some(&after)))
    } else {
        let says = format!("Nothing was changed: somebody else changed `{id}` meanwhile: look, and run it again.");
        Ok(told(false, says, Some(&after)))
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

/// What changes. Of a person whom somebody looks for by name, `gatectl caller show` tells more.
fn shown(id: &str, before: Option<&Item>, after: &Item) -> String {
    let key = Key { kind: String::new(), id: id.to_owned() };
    let step = Step { key, before: before.cloned(), after: after.clone() };
    let lines = step.lines().into_iter().filter(|line| !line.starts_with("previous  "));
    let sign = step.sign();
    lines.fold(format!("{sign} {id}\n"), |shown, line| shown + &format!("    {line}\n"))
}

/// What is there, or why there is nothing to change.
pub(super) fn there<'a>(id: &str, before: Option<&'a Item>) -> Result<&'a Item, String> {
    before.ok_or_else(|| format!("there is no `{id}`; `gatectl caller add` adds one"))
}

/// The kind of a caller by its id.
pub(super) fn kind(id: &str) -> &str {
    id.split('#').next().unwrap_or_default()
}
