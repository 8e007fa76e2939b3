//! Pure. Items in DynamoDB JSON, including types that no record uses, such as binary values.

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use super::Item;

/// The item in DynamoDB JSON. Sets are sorted, so that equal items have equal JSON.
#[must_use]
pub fn dynamodb_json(item: &Item) -> Value {
    Value::Object(members(item))
}

/// Whether two items are equal, regardless of the order of sets.
#[must_use]
pub fn is_same(one: &Item, other: &Item) -> bool {
    one == other || members(one) == members(other)
}

fn members(item: &Item) -> Map<String, Value> {
    item.iter().map(|(name, value)| (name.clone(), typed(value))).collect()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "DynamoDB may come to know more types than the SDK")]
fn typed(value: &AttributeValue) -> Value {
    let base64 = |blob: &aws_sdk_dynamodb::primitives::Blob| BASE64_STANDARD.encode(blob.as_ref());
    let sorted = |mut set: Vec<String>| {
        set.sort_unstable();
        set
    };
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::Bool(is) => json!({"BOOL": is}),
        AttributeValue::Null(_) => json!({"NULL": true}),
        AttributeValue::B(blob) => json!({"B": base64(blob)}),
        AttributeValue::Ss(set) => json!({"SS": sorted(set.clone())}),
        AttributeValue::Ns(set) => json!({"NS": sorted(set.clone())}),
        AttributeValue::Bs(set) => json!({"BS": sorted(set.iter().map(base64).collect())}),
        AttributeValue::L(list) => json!({"L": list.iter().map(typed).collect::<Vec<_>>()}),
        AttributeValue::M(map) => json!({"M": members(map)}),
        unknown => json!({"UNKNOWN": format!("{unknown:?}")}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::primitives::Blob;

    #[test]
    fn every_type_is_rendered() {
        let blob = |text: &str| Blob::new(text.as_bytes());
        let table = [
            (AttributeValue::S("a".into()), json!({"S": "a"})),
            (AttributeValue::N("1".into()), json!({"N": "1"})),
            (AttributeValue::Bool(false), json!({"BOOL": false})),
            (AttributeValue::Null(true), json!({"NULL": true})),
            (AttributeValue::B(blob("a")), json!({"B": "YQ=="})),
            (AttributeValue::Ss(vec!["b".into(), "a".into()]), json!({"SS": ["a", "b"]})),
            (AttributeValue::Ns(vec!["2".into(), "1".into()]), json!({"NS": ["1", "2"]})),
            (AttributeValue::Bs(vec![blob("b"), blob("a")]), json!({"BS": ["YQ==", "Yg=="]})),
            (AttributeValue::L(vec![AttributeValue::N("1".into())]), json!({"L": [{"N": "1"}]})),
            (
                AttributeValue::M(Item::from([("a".into(), AttributeValue::Bool(true))])),
                json!({"M": {"a": {"BOOL": true}}}),
            ),
        ];
        for (value, expected) in table {
            assert_eq!(dynamodb_json(&Item::from([("x".into(), value)])), json!({"x": expected}));
        }
    }
}
