//! Pure. How an explanation is laid out, and what of a caller's record is told.

use serde_json::Value;

use crate::display::text_line;
use crate::json::member;

/// Names and values, one below the other.
pub(super) fn rows(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    rows.iter().map(|(name, value)| text_line!("{name:width$}  {value}")).collect()
}

/// A part under its title.
pub(super) fn indented(title: &str, text: &str) -> String {
    let lines: String = text.lines().map(|line| text_line!("  {line}")).collect();
    format!("{}{lines}\n", text_line!("{title}"))
}

/// What a record says of these attributes, of which one may lie within another.
pub(super) fn said(record: &Value, names: &[&str]) -> String {
    if record.is_null() {
        return "not in the records".to_owned();
    }
    let one = |name: &&str| {
        let value = match member(record, &name.split('.').collect::<Vec<_>>()) {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            Value::Array(list) => list.iter().map(|one| one.as_str().unwrap_or_default()).collect::<Vec<_>>().join(" "),
            other @ (Value::Bool(_) | Value::Number(_) | Value::Object(_)) => other.to_string(),
        };
        Some(format!("{} {value}", name.replace('.', " ")))
    };
    names.iter().filter_map(one).collect::<Vec<_>>().join(", ")
}

/// A caller's record without names and birthdays: they decide nothing here.
pub(super) fn public(record: &Value) -> Value {
    let mut record = record.clone();
    if let Some(record) = record.as_object_mut() {
        record.retain(|name, _| !matches!(name.as_str(), "name" | "aliases" | "born" | "owners"));
    }
    record
}
