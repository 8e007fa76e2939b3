//! Pure. An entry as a person reads it: every field, in the order of its story.

use serde_json::Value;

use crate::display::{table, text_line};
use crate::json::member;

/// What comes first; the rest follows by name.
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

/// The entry, what completes it, and whether it bears its hash.
pub(super) fn text(entry: &Value, completion: Option<&Value>, bears_its_hash: bool) -> String {
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
            "Its caller got no answer of the model: {} (`{}`, {}), by the completion `{}`.",
            member(completion, &["status"]),
            code.unwrap_or("-"),
            text(&["at"]),
            text(&["decision_id"])
        );
        format!("\n{sentence}")
    });
    let proof = if bears_its_hash {
        "\nIt bears its hash.\n"
    } else {
        "\nIt does not bear its hash, so it is not what the gate wrote: `ledger verify` looks at its whole chain.\n"
    };
    table(&["field", "value"], rows, &[]) + &completed.unwrap_or_default() + proof
}

/// `facts.users`, `reasons.1.code`.
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
