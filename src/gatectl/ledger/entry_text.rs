//! Pure. An entry as text: with all its fields, and in one line without persons, with the filter of `ledger tail`.

use serde_json::{Value, json};

use crate::display::{table, text_line};
use crate::json::member;

/// The first fields; the others follow by name.
const FIRST: [&str; 14] = [
    "decision_id",
    "at",
    "kind",
    "outcome",
    "status",
    "reasons",
    "client",
    "organisation",
    "person",
    "model",
    "endpoint",
    "source_ip",
    "destination",
    "facts",
];

/// The entry, its completion, and whether its hash is valid.
pub(super) fn text(entry: &Value, completion: Option<&Value>, has_valid_hash: bool) -> String {
    let mut rows = Vec::new();
    let members = entry.as_object();
    let named = FIRST.iter().filter_map(|name| Some((*name, members?.get(*name)?)));
    let rest = members.into_iter().flatten().map(|(name, value)| (name.as_str(), value));
    for (name, value) in named.chain(rest.filter(|(name, _)| !FIRST.contains(name))) {
        flatten(name, value, &mut rows);
    }
    let completed = completion.map(|completion| {
        let text = |path: &[&str]| member(completion, path).as_str().unwrap_or("-").to_owned();
        let code = member(completion, &["reasons"]).get(0).and_then(|reason| reason.get("code")?.as_str());
        let sentence = text_line!(
            "The caller received no answer from the model: {} (`{}`, {}); completion `{}`.",
            member(completion, &["status"]),
            code.unwrap_or("-"),
            text(&["at"]),
            text(&["decision_id"])
        );
        format!("\n{sentence}")
    });
    let proof = if has_valid_hash {
        "\nIts hash is valid.\n"
    } else {
        "\nIts hash is invalid, so the entry was changed. Verify its chain with `ledger verify`.\n"
    };
    table(&["field", "value"], rows, &[]) + &completed.unwrap_or_default() + proof
}

/// Flattens a value into rows such as `facts.users` and `reasons.1.code`.
fn flatten(name: &str, value: &Value, rows: &mut Vec<Vec<String>>) {
    let mut row = |text: String| rows.push(vec![name.to_owned(), text]);
    match value {
        Value::String(text) => row(text.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) => row(value.to_string()),
        Value::Array(list) if list.is_empty() => row("-".to_owned()),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            row(list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "));
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                flatten(&format!("{name}.{}", index.saturating_add(1)), value, rows);
            }
        }
        Value::Object(members) => {
            for (member, value) in members {
                flatten(&format!("{name}.{member}"), value, rows);
            }
        }
    }
}

/// A filter of decisions. All its conditions must hold.
#[derive(clap::Args)]
pub(super) struct Filter {
    /// Show only decisions with this outcome
    #[arg(long, value_name = "OUTCOME", value_parser = ["permit", "refuse"])]
    outcome: Option<String>,
    /// Show only decisions of this organisation
    #[arg(long, value_name = "ID")]
    organisation: Option<String>,
    /// Show only decisions of this client
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Show only decisions with this code among their reasons, such as embargo.foreign-person
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
}

impl Filter {
    /// Whether the filter admits an entry.
    pub(super) fn admits(&self, entry: &Value) -> bool {
        let is = |wanted: &Option<String>, name: &str| wanted.is_none() || text_of(entry, name) == wanted.as_deref();
        let has_code = self.code.as_deref().is_none_or(|code| codes(entry).any(|one| one == code));
        has_code && is(&self.outcome, "outcome") && is(&self.organisation, "organisation") && is(&self.client, "client")
    }
}

/// The sort key of entries: time, then id.
pub(super) fn order(entry: &Value) -> (String, String) {
    ["at", "decision_id"].map(|name| text_of(entry, name).unwrap_or_default().to_owned()).into()
}

/// An entry as a line of text.
pub(super) fn line(entry: &Value) -> String {
    let word = |name| text_of(entry, name).unwrap_or("-");
    format!(
        "{:<24}  {:<6} {:>3}  {:<24}  {:<20}  {:<20}  {:<5}  {}",
        word("at"),
        outcome(entry),
        member(entry, &["status"]),
        codes(entry).next().unwrap_or("-"),
        word("client"),
        word("model"),
        destination(entry),
        word("decision_id")
    )
}

/// An entry as JSON.
pub(super) fn as_json(entry: &Value) -> Value {
    json!({"at": text_of(entry, "at"), "kind": text_of(entry, "kind"), "outcome": text_of(entry, "outcome"),
           "status": member(entry, &["status"]), "code": codes(entry).next(), "client": text_of(entry, "client"),
           "model": text_of(entry, "model"), "destination": member(entry, &["destination"]),
           "decision_id": text_of(entry, "decision_id"), "of": text_of(entry, "of")})
}

/// The outcome. A completion is not a decision, so it is `ended`.
fn outcome(entry: &Value) -> &str {
    match text_of(entry, "kind") {
        Some("completion") => "ended",
        _ => text_of(entry, "outcome").unwrap_or("-"),
    }
}

fn destination(entry: &Value) -> &str {
    let of = |name: &str| member(entry, &["destination", name]).as_str();
    of("region").or_else(|| of("country")).unwrap_or("-")
}

fn codes(entry: &Value) -> impl Iterator<Item = &str> {
    let reasons = member(entry, &["reasons"]).as_array().into_iter().flatten();
    reasons.filter_map(|reason| member(reason, &["code"]).as_str())
}

fn text_of<'a>(entry: &'a Value, name: &str) -> Option<&'a str> {
    member(entry, &[name]).as_str()
}
