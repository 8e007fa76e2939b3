//! Pure. DynamoDB items as operators look at them.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::Item;
use serde_json::Value;

/// A text; empty where there is none.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

/// An item as JSON.
pub(crate) fn as_json(item: &Item) -> Value {
    serde_dynamo::from_item(item.clone()).unwrap_or_default()
}

/// A value as JSON.
pub(crate) fn value_as_json(value: &AttributeValue) -> Value {
    serde_dynamo::from_attribute_value(value.clone()).unwrap_or_default()
}

/// A record without what says who wrote it, when and why.
pub(crate) fn substance(item: &Item) -> Item {
    let said = |name: &str| ["by", "at", "why", "revision"].contains(&name);
    item.iter().filter(|(name, _)| !said(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// An item of JSON; what is null is left out.
pub(crate) fn of_json(value: Value) -> Item {
    let snapshot = match value {
        Value::Object(object) => object.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => other,
    };
    serde_dynamo::to_item(snapshot).unwrap_or_default()
}

/// A list, or null where it has nothing.
pub(crate) fn if_any(list: &[String]) -> Value {
    if list.is_empty() { Value::Null } else { list.into() }
}

/// A list with its exceptions, as records name values; null where nothing is named.
pub(crate) fn choice(any_of: &[String], except: &[String]) -> Value {
    match (any_of, except) {
        ([], _) => Value::Null,
        (any_of, []) => any_of.into(),
        (any_of, except) => serde_json::json!({"any_of": any_of, "except": except}),
    }
}
