//! Pure. Writes typed records as DynamoDB items.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;

use super::{Common, Item, Kind, Meta, Record};
use crate::terms::Window;

/// Writes a register record as an item, without its revision and attribution. Most attributes with their default are
/// omitted.
#[must_use]
pub fn write<T: Kind>(record: &Record<T>) -> Item {
    let Meta { id, revision, window: Window { from, until }, withdrawn } = record.meta.clone();
    let mut item = attributes(&record.body);
    item.extend(attributes(&Common { id, revision, from, until, withdrawn }));
    item.insert("kind".to_owned(), AttributeValue::S(T::KIND.to_owned()));
    item
}

/// Writes a caller's record as an item, without its attribution.
#[must_use]
pub fn write_caller<T: Serialize>(id: &str, caller: &T) -> Item {
    let mut item = attributes(caller);
    item.insert("id".to_owned(), AttributeValue::S(id.to_owned()));
    item
}

/// The attributes of a value; those without a value are absent.
pub fn attributes<T: Serialize>(value: &T) -> Item {
    fn clear(attributes: &mut Item) {
        attributes.retain(|_, value| !value.is_null() && !value.as_l().is_ok_and(Vec::is_empty));
        attributes.values_mut().for_each(clear_below);
    }
    fn clear_below(value: &mut AttributeValue) {
        if let AttributeValue::M(map) = value {
            clear(map);
        } else if let AttributeValue::L(list) = value {
            list.iter_mut().for_each(clear_below);
        }
    }
    // No `Serialize` of a record fails; a reader would refuse the empty item.
    let mut attributes: Item = serde_dynamo::to_item(value).unwrap_or_default();
    clear(&mut attributes);
    attributes
}
