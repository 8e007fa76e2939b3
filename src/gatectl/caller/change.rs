//! I/O. Changing a caller's record: find, display, confirm, and write if the record is unchanged.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Client, Item, Organisation, Person};
use export_gate::register::history::Key;
use jiff::Timestamp;
use serde_json::json;

use crate::callers::{Callers, content};
use crate::change::Step;
use crate::confirm::{WriteOptions, with_notes};
use crate::display::text_line;
use crate::draft::closest;
use crate::item::{as_json as to_json, text};
use crate::options::{Attribution, CallersTable, Globals};
use crate::outcome::{Failure, Outcome};

/// The kinds of callers.
pub(super) const KINDS: [&str; 3] = ["client", "organisation", "person"];

/// Options of every command that changes a caller's record.
#[derive(clap::Args)]
pub(crate) struct ChangeOptions {
    #[command(flatten)]
    pub(super) attribution: Attribution,
    #[command(flatten)]
    callers: CallersTable,
    #[command(flatten)]
    write: WriteOptions,
}

impl ChangeOptions {
    /// The callers table.
    pub(super) async fn callers(&self, globals: &Globals) -> Callers {
        Callers::new(globals.aws.dynamodb().await, self.callers.callers_table.clone())
    }

    /// Sets one attribute of the caller with this id, which may lack its kind. `set` derives the value from the whole id, or
    /// the reason why not.
    pub(super) async fn set(
        &self,
        globals: &Globals,
        (id, kinds): (&str, &[&str]),
        now: Timestamp,
        done: impl FnOnce(&str) -> String,
        set: impl FnOnce(&str) -> Result<(&'static str, AttributeValue), String>,
    ) -> Result<Outcome, Failure> {
        let callers = self.callers(globals).await;
        let before = match find(&callers, id, kinds).await? {
            Ok(before) => before,
            Err(why) => return Ok(self.report(globals, id, None, None, &[], Err(why))),
        };
        let id = text(&before, "id").to_owned();
        let after = set(&id).map(|(name, value)| {
            let mut after = before.clone();
            after.insert(name.to_owned(), value);
            self.attribution.signed(after, now)
        });
        self.change(globals, &callers, Some(before), after, &done(&id), &[]).await
    }

    /// Replaces `before` by `after`, or reports why that is impossible.
    pub(super) async fn change(
        &self,
        globals: &Globals,
        callers: &Callers,
        before: Option<Item>,
        after: Result<Item, String>,
        done: &str,
        notes: &[String],
    ) -> Result<Outcome, Failure> {
        let before = before.as_ref();
        let id = before.or(after.as_ref().ok()).map_or("", |record| text(record, "id")).to_owned();
        let id = id.as_str();
        let after = match after.and_then(|after| checked(id, after)) {
            Ok(after) => after,
            Err(why) => return Ok(self.report(globals, id, before, None, notes, Err(why))),
        };
        let report = |end| Ok(self.report(globals, id, before, Some(&after), notes, end));
        if before.is_some_and(|before| content(before) == content(&after)) {
            let message = format!("Nothing was changed: `{id}` is so already.");
            return Ok(self.report(globals, id, before, None, notes, Ok((true, message))));
        }
        let diff = diff(id, before, &after);
        if self.write.dry_run {
            let message = "Nothing was changed: this is a dry run.".to_owned();
            let mut outcome = report(Ok((true, message)))?;
            outcome.text = with_notes(&diff, notes) + &outcome.text;
            return Ok(outcome);
        }
        if !self.write.confirm(globals.json, &self.callers.callers_table, &diff, notes)? {
            return report(Ok((false, "Nothing was changed: you declined.".to_owned())));
        }
        if callers.replace(before, after.clone(), Timestamp::now()).await? {
            report(Ok((true, format!("Written: {done}"))))
        } else {
            report(Err(format!("another writer changed `{id}`: review it, and run the command again")))
        }
    }

    /// The result: whether all is well with the message, or why the change is impossible.
    fn report(
        &self,
        globals: &Globals,
        id: &str,
        before: Option<&Item>,
        after: Option<&Item>,
        notes: &[String],
        end: Result<(bool, String), String>,
    ) -> Outcome {
        let is_refused = end.is_err();
        let (is_fine, message) = end.unwrap_or_else(|why| (false, format!("Nothing was changed: {why}.")));
        let record = |item: &Item| to_json(&impersonal(id, item));
        let json = || {
            json!({"ok": is_fine, "says": message, "dry_run": self.write.dry_run, "notes": notes,
                   "change": {"record": id, "before": before.map(record), "after": after.map(record)},
                   "table": self.callers.callers_table})
        };
        let outcome = Outcome::new(globals.json, json, text_line!("{message}"), is_fine);
        if is_refused { outcome.not_done() } else { outcome }
    }
}

/// The record of a caller, whose id may lack its kind; else why there is none, with the nearest id.
pub(super) async fn find(callers: &Callers, id: &str, kinds: &[&str]) -> Result<Result<Item, String>, Failure> {
    let whole = id.split_once('#').filter(|(kind, _)| KINDS.contains(kind) || *kind == "history");
    let ids = match whole {
        Some(_) => vec![id.to_owned()],
        None => kinds.iter().map(|kind| format!("{kind}#{id}")).collect(),
    };
    let mut found = Vec::new();
    for id in &ids {
        found.extend(callers.record(id).await?);
    }
    if found.len() > 1 {
        let ids: Vec<String> = found.iter().map(|item| format!("`{}`", text(item, "id"))).collect();
        return Ok(Err(format!("`{id}` is ambiguous: pass {}", ids.join(" or "))));
    }
    if let Some(found) = found.pop() {
        return Ok(Ok(found));
    }
    // A table that can't be scanned only costs the suggestion.
    let all = callers.all().await.unwrap_or_default();
    let known = all.iter().filter_map(|item| {
        let id = text(item, "id");
        let (kind, name) = id.split_once('#')?;
        kinds.contains(&kind).then_some((name, id))
    });
    let advice = match closest(whole.map_or(id, |(_, name)| name), known) {
        Some(nearest) => format!("the nearest id is `{nearest}`"),
        None => "`gatectl caller add` adds one".to_owned(),
    };
    Ok(Err(format!("there is no caller `{id}`; {advice}")))
}

/// The record if the gate can read it, else why not.
fn checked(id: &str, after: Item) -> Result<Item, String> {
    let read = match id.split_once('#') {
        Some(("client", name)) if !name.trim().is_empty() => Client::read(after.clone()).err(),
        Some(("organisation", name)) if !name.trim().is_empty() => Organisation::read(after.clone()).err(),
        Some(("person", name)) if !name.trim().is_empty() => Person::read(after.clone()).err(),
        _ => return Err(format!("invalid caller id `{id}`: expected `client#…`, `organisation#…` or `person#…`")),
    };
    match read {
        None => Ok(after),
        Some(error) => Err(format!("the gate would not read `{id}`: {error}")),
    }
}

/// The change without personal data.
fn diff(id: &str, before: Option<&Item>, after: &Item) -> String {
    let key = Key { kind: String::new(), id: id.to_owned() };
    let step = Step { key, before: before.map(|before| impersonal(id, before)), after: impersonal(id, after) };
    let has_changed = |name: &&&str| before.and_then(|before| before.get(**name)) != after.get(**name);
    let hidden = personal(id).iter().filter(has_changed);
    let hidden = hidden.map(|name| format!("{name}  (`gatectl caller show` displays it)"));
    let lines = step.lines().into_iter().filter(|line| !line.starts_with("previous  ")).chain(hidden);
    let sign = step.sign();
    lines.fold(text_line!("{sign} {id}"), |diff, line| diff + &text_line!("    {line}"))
}

/// The attributes with personal data. A diff omits them: a terminal may be recorded.
fn personal(id: &str) -> &'static [&'static str] {
    match kind(id) {
        "person" => &["name", "aliases", "born", "identifiers"],
        "organisation" => &["owners"],
        _ => &[],
    }
}

/// A record without personal data.
fn impersonal(id: &str, item: &Item) -> Item {
    let is_kept = |name: &str| !personal(id).contains(&name);
    item.iter().filter(|(name, _)| is_kept(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The kind of a caller by its id.
pub(super) fn kind(id: &str) -> &str {
    id.split('#').next().unwrap_or_default()
}
