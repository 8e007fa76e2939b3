//! Pure. Layout of an explanation, and the attributes of a caller's record in it.

use serde_json::Value;

use crate::display::text_line;
use crate::json::member;

/// Names and values, one pair a line.
pub(super) fn rows(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    rows.iter().map(|(name, value)| text_line!("{name:width$}  {value}")).collect()
}

/// A titled section.
pub(super) fn indented(title: &str, text: &str) -> String {
    let lines: String = text.lines().map(|line| text_line!("  {line}")).collect();
    format!("{}{lines}\n", text_line!("{title}"))
}

/// Attributes of a record in one line; a `.` separates nested names.
pub(super) fn attributes(record: &Value, names: &[&str]) -> String {
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

/// A caller's record without names and dates of birth, which an explanation does not need.
pub(super) fn without_names(record: &Value) -> Value {
    let mut record = record.clone();
    if let Some(record) = record.as_object_mut() {
        record.retain(|name, _| !matches!(name.as_str(), "name" | "aliases" | "born" | "owners"));
    }
    record
}
