//! Pure. An entry as text, with all its fields.

use serde_json::Value;

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
