//! Pure. The proof that an entry, as it is read back, is what was written: the rule of the hash, with nothing of the code
//! that writes entries.

use serde_json::Value;

use crate::digest::digest;

/// Whether an entry bears the hash of all the rest of it. One with a number that isn't whole bears none: no two writers of
/// such numbers need agree, and the gate writes none.
#[must_use]
pub fn bears_its_hash(entry: &Value) -> bool {
    if !is_whole(entry) {
        return false;
    }
    let Some(mut bare) = entry.as_object().cloned() else { return false };
    let hash = bare.remove("hash");
    hash.as_ref().and_then(Value::as_str) == Some(digest(&Value::Object(bare)).as_str())
}

fn is_whole(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_f64(),
        Value::Array(list) => list.iter().all(is_whole),
        Value::Object(members) => members.values().all(is_whole),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_that_was_changed_does_not_bear_its_hash() {
        let mut entry = json!({"seq": 1, "chain": "c", "reasons": [{"code": "x"}]});
        entry["hash"] = json!(digest(&entry));
        assert!(bears_its_hash(&entry));
        for (name, value) in [("seq", json!(2)), ("hash", json!("0")), ("more", json!(null)), ("chain", json!(1))] {
            let mut changed = entry.clone();
            changed[name] = value;
            assert!(!bears_its_hash(&changed), "{name}");
        }
        assert!(!bears_its_hash(&json!([])));
        let mut broken = json!({"reasons": [{"weight": 0.5}]});
        broken["hash"] = json!(digest(&broken));
        assert!(!bears_its_hash(&broken));
    }
}
