//! Pure. Reading JSON that may hold anything.

use serde_json::Value;

/// What nothing is.
static NOTHING: Value = Value::Null;

/// The member at the end of a path; null where there is none.
pub(crate) fn member<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().try_fold(value, |value, name| value.get(*name)).unwrap_or(&NOTHING)
}
