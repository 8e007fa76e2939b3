//! Pure. Verifies the hash of an entry that was read back, independently of the code that writes entries.

use serde_json::Value;

use crate::digest::digest;

/// Whether an entry's `hash` is the hash of the rest of the entry. An entry with a number that is not an integer is invalid:
/// the gate writes none, and its canonical JSON would be ambiguous.
#[must_use]
pub fn has_valid_hash(entry: &Value) -> bool {
    if !has_only_integers(entry) {
        return false;
    }
    let Some(mut bare) = entry.as_object().cloned() else { return false };
    let hash = bare.remove("hash");
    hash.as_ref().and_then(Value::as_str) == Some(digest(&Value::Object(bare)).as_str())
}

fn has_only_integers(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_f64(),
        Value::Array(list) => list.iter().all(has_only_integers),
        Value::Object(members) => members.values().all(has_only_integers),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_changed_entry_does_not_match_its_hash() {
        let mut entry = json!({"seq": 1, "chain": "c", "reasons": [{"code": "x"}]});
        entry["hash"] = json!(digest(&entry));
        assert!(has_valid_hash(&entry));
        for (name, value) in [("seq", json!(2)), ("hash", json!("0")), ("more", json!(null)), ("chain", json!(1))] {
            let mut changed = entry.clone();
            changed[name] = value;
            assert!(!has_valid_hash(&changed), "{name}");
        }
        assert!(!has_valid_hash(&json!([])));
        let mut broken = json!({"reasons": [{"weight": 0.5}]});
        broken["hash"] = json!(digest(&broken));
        assert!(!has_valid_hash(&broken));
    }
}
