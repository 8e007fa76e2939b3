//! Pure. Reads attributes of caller records that may be invalid: an invalid value is unknown, and the rest stays readable.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::terms::Share;

#[derive(Deserialize)]
#[serde(untagged)]
enum MaybeValid<T> {
    Valid(T),
    Invalid(IgnoredAny),
}

/// A value; `None` if it is invalid.
pub(super) fn if_valid<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(match MaybeValid::deserialize(deserializer)? {
        MaybeValid::Valid(value) => Some(value),
        MaybeValid::Invalid(IgnoredAny) => None,
    })
}

/// A share from a percentage.
pub(super) fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Share>, D::Error> {
    Ok(if_valid(deserializer)?.and_then(Share::of_percent))
}

/// Identifiers: a list, or a map from issuer to number.
pub(super) fn identifiers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Identifiers {
        List(Vec<String>),
        Named(BTreeMap<String, String>),
    }
    Ok(match if_valid(deserializer)? {
        Some(Identifiers::List(list)) => list,
        Some(Identifiers::Named(map)) => map.into_values().collect(),
        None => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::record::{Item, Organisation, OwnerKind, Person};
    use crate::terms::Share;

    fn item(json: &Value) -> Item {
        serde_dynamo::to_item(json).unwrap()
    }

    #[test]
    fn an_invalid_percentage_or_kind_is_unknown() {
        let read = |owner: Value| {
            let record = json!({"status": "active", "owners": [owner]});
            Organisation::read(item(&record)).unwrap().owners.remove(0)
        };
        let table = [
            (json!(50), Some(50.0)),
            (json!(49.99), Some(49.99)),
            (json!(0), Some(0.0)),
            (json!(150), Some(100.0)),
            (json!(-1), None),
            (json!("50"), None),
            (json!([50]), None),
            (json!(true), None),
        ];
        for (percent, expected) in table {
            let owner = read(json!({"name": "x", "percent": percent}));
            assert_eq!(owner.share, expected.and_then(Share::of_percent), "{percent}");
        }
        let kinds = [
            (json!("person"), Some(OwnerKind::Person)),
            (json!("organisation"), Some(OwnerKind::Organisation)),
            (json!("trust"), None),
            (json!(1), None),
        ];
        for (kind, expected) in kinds {
            assert_eq!(read(json!({"name": "x", "kind": kind})).kind, expected, "{kind}");
        }
        assert_eq!(read(json!({"name": "x"})).share, None);
    }

    #[test]
    fn identifiers_are_a_list_or_a_map() {
        let read = |identifiers: Value| {
            let person = json!({"organisation": "o", "identifiers": identifiers});
            Person::read(item(&person)).unwrap().identifiers
        };
        assert_eq!(read(json!(["A1", "B2"])), ["A1", "B2"]);
        assert_eq!(read(json!({"passport": "A1"})), ["A1"]);
        for none in [json!([]), json!("A1"), json!([1])] {
            assert!(read(none.clone()).is_empty(), "{none}");
        }
    }
}
