//! Pure. What callers' records may have in a form that nobody can use: it is unknown then, and keeps the rest from nobody.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::terms::Share;

#[derive(Deserialize)]
#[serde(untagged)]
enum Perhaps<T> {
    Known(T),
    Other(IgnoredAny),
}

/// A value; none where it isn't one.
pub(super) fn known<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(match Perhaps::deserialize(deserializer)? {
        Perhaps::Known(value) => Some(value),
        Perhaps::Other(IgnoredAny) => None,
    })
}

/// A share by its percent.
pub(super) fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Share>, D::Error> {
    Ok(known(deserializer)?.and_then(Share::of_percent))
}

/// Numbers by which somebody is known: a list of them, or a map from whose they are.
pub(super) fn identifiers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Identifiers {
        List(Vec<String>),
        Named(BTreeMap<String, String>),
    }
    Ok(match known(deserializer)? {
        Some(Identifiers::List(list)) => list,
        Some(Identifiers::Named(map)) => map.into_values().collect(),
        None => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Item, Organisation, OwnerKind, Person};
    use crate::terms::Share;

    fn item(json: &Value) -> Item {
        serde_dynamo::to_item(json).unwrap()
    }

    #[test]
    fn a_percent_or_a_kind_that_is_none_is_unknown() {
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
