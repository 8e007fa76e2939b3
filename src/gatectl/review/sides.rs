//! Pure. Both sides of a potential match for a reviewer: the caller's record, the list entry and their comparison.
//!
//! INVARIANT: only this and `caller show` display names of persons.

use export_gate::decision::{screened_parties, screened_person};
use export_gate::parties::{Hit, Index, ListedParty, Score, ScreenedParty};
use export_gate::record::{Item, Organisation, Person};
use serde_json::{Map, Value, json};

use crate::callers::content;
use crate::display::text_line;
use crate::item::as_json;

/// Both sides of a match.
#[derive(Default)]
pub(super) struct Sides {
    /// The attributes of the caller's record that identify it.
    pub(super) subject: Option<Value>,
    /// The list entry, or the parties that the embargo names.
    pub(super) entry: Option<Value>,
    /// The edition of the list.
    pub(super) edition: Option<String>,
    /// The closest comparison in the edition in force, with the owner it is of; `None` if nothing is in common.
    pub(super) hit: Option<(Option<&'static str>, Hit)>,
}

/// Attributes of a caller's record that do not identify it.
const NOT_IDENTIFYING: [&str; 5] = ["id", "organisation", "status", "end_uses", "verification"];

/// Attributes that are displayed first.
const FIRST: [&str; 3] = ["name", "aliases", "weak_aliases"];

/// The identifying attributes of a caller's record.
pub(super) fn subject(record: &Item) -> Value {
    let mut json = as_json(&content(record));
    if let Some(json) = json.as_object_mut() {
        json.retain(|name, _| !NOT_IDENTIFYING.contains(&name.as_str()));
    }
    json
}

/// The closest comparison between the entry and the screened parties of a caller's record.
///
/// # Errors
/// Why the record can't be read, without its content.
pub(super) fn nearest(
    id: &str,
    record: &Item,
    index: &Index,
    is_meant: impl Fn(&str) -> bool,
) -> Result<Option<(Option<&'static str>, Hit)>, String> {
    let all: Vec<(Option<&'static str>, ScreenedParty)> = if id.starts_with("person#") {
        let read = Person::read(record.clone()).map_err(|_| "the person's record can't be read".to_owned())?;
        vec![(None, screened_person(&read))]
    } else {
        let read = Organisation::read(record.clone()).map_err(|error| format!("`{id}` can't be read: {error}"))?;
        screened_parties(&read)
    };
    let hits = all.into_iter().flat_map(|(via, who)| {
        let own = index.search(&who, Score(0)).into_iter().filter(|hit| is_meant(&hit.entry));
        own.map(move |hit| (via, hit)).collect::<Vec<_>>()
    });
    Ok(hits.max_by_key(|(_, hit)| (hit.exact, hit.score)))
}

/// A list entry as JSON.
pub(super) fn entry(party: &ListedParty) -> Value {
    serde_json::to_value(party).unwrap_or_default()
}

impl Sides {
    /// As text.
    pub(super) fn display(&self, subject: &str, party: &str) -> String {
        let mut shown = String::new();
        shown += &match &self.subject {
            Some(record) => format!("\n{}{}", text_line!("{subject}, by its record"), lines(record)),
            None => format!("\n{}", text_line!("{subject} no longer has a record")),
        };
        shown += &match (&self.entry, &self.edition) {
            (Some(entry), Some(edition)) => {
                format!("\n{}{}", text_line!("{party}, in the edition {edition}"), lines(entry))
            }
            (Some(entry), None) => format!("\n{}{}", text_line!("{party}, as the embargo names it"), lines(entry)),
            (None, Some(edition)) => format!("\n{}", text_line!("{party} is not in the edition {edition}")),
            // Unknown ownership has no entry.
            (None, None) if party.starts_with("ownership:") => String::new(),
            (None, None) => {
                let why = "the register has no readable list of that name";
                format!("\n{}", text_line!("{party} can't be looked up: {why}"))
            }
        };
        match (&self.hit, &self.entry) {
            (Some((via, hit)), _) => {
                let who = via.map_or("itself", |_| "an owner of it");
                let weak = if hit.weak { ", which the list calls weak" } else { "" };
                let exact = if hit.exact { ", exact" } else { "" };
                let today =
                    text_line!("today {} of 1000{exact}: {who}, by the listed name {}{weak}", hit.score.0, hit.name);
                shown += &format!("\n{today}");
                shown.extend(hit.why.iter().map(|why| text_line!("  {why}")));
            }
            (None, Some(_)) => shown += "\ntoday they have nothing in common\n",
            (None, None) => {}
        }
        shown
    }

    /// For `--json`.
    pub(super) fn json(&self) -> Value {
        let hit = self.hit.as_ref().map(|(via, hit)| {
            json!({"score": hit.score, "exact": hit.exact, "weak": hit.weak, "name": hit.name, "why": hit.why, "via": via})
        });
        json!({"record": self.subject, "entry": self.entry, "edition": self.edition, "today": hit})
    }
}

fn lines(of: &Value) -> String {
    let none = Map::new();
    let mut members: Vec<_> = of.as_object().unwrap_or(&none).iter().collect();
    members.sort_by_key(|(name, _)| FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len()));
    members.into_iter().map(|(name, value)| text_line!("  {name}  {}", words(value))).collect()
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) if all.iter().all(Value::is_string) => all.iter().map(words).collect::<Vec<_>>().join("; "),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
