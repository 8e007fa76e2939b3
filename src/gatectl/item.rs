//! Pure. Conversions between DynamoDB items and JSON.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::Item;
use serde::Serialize;
use serde_json::Value;

/// A text attribute; empty if absent.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

/// `by WHO, TIME: REASON`, from a record's attribution.
pub(crate) fn attribution(item: &Item) -> String {
    let part = |name| Some(text(item, name)).filter(|text| !text.is_empty()).unwrap_or("unknown").to_owned();
    format!("by {}, {}: {}", part("by"), part("at"), part("why"))
}

/// An item as JSON.
pub(crate) fn as_json(item: &Item) -> Value {
    serde_dynamo::from_item(item.clone()).unwrap_or_default()
}

/// A value as JSON.
pub(crate) fn value_as_json(value: &AttributeValue) -> Value {
    serde_dynamo::from_attribute_value(value.clone()).unwrap_or_default()
}

/// A record without attribution and revision.
pub(crate) fn unattributed(item: &Item) -> Item {
    let is_attribution = |name: &str| ["by", "at", "why", "revision"].contains(&name);
    item.iter().filter(|(name, _)| !is_attribution(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// An item from JSON, without nulls.
pub(crate) fn of_json(value: Value) -> Item {
    let value = match value {
        Value::Object(object) => object.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => other,
    };
    serde_dynamo::to_item(value).unwrap_or_default()
}

/// A typed value as an attribute.
pub(crate) fn attribute<T: Serialize>(value: &T) -> AttributeValue {
    serde_dynamo::to_attribute_value(value).unwrap_or(AttributeValue::Null(true))
}

/// Calls a function for the type of a kind of register record; `None` for an unknown kind.
macro_rules! for_kind {
    ($kind:expr, $function:ident($($argument:expr),*)) => {{
        use export_gate::record::{Clearance, Embargo, Group, Kind as _, Licence, List, Model, Screening};
        match $kind {
            Model::KIND => Some($function::<Model>($($argument),*)),
            Group::KIND => Some($function::<Group>($($argument),*)),
            Embargo::KIND => Some($function::<Embargo>($($argument),*)),
            Licence::KIND => Some($function::<Licence>($($argument),*)),
            Clearance::KIND => Some($function::<Clearance>($($argument),*)),
            List::KIND => Some($function::<List>($($argument),*)),
            Screening::KIND => Some($function::<Screening>($($argument),*)),
            _ => None,
        }
    }};
}
pub(crate) use for_kind;
