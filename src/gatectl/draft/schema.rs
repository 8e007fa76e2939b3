//! Pure. The JSON Schemas of all records, generated from the types that parse them.

use export_gate::record::{Kind, Screening};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::callers;
use super::strict::KINDS;
use crate::item::for_kind;

/// The schema of one kind of record.
pub(crate) struct Schema {
    /// The kind.
    pub(crate) kind: &'static str,
    /// JSON Schema, draft 2020-12.
    pub(crate) schema: Value,
}

/// The schemas of all kinds, followed by `record`: any of them, or a list.
pub(crate) fn schemas() -> Vec<Schema> {
    let mut all: Vec<Schema> = KINDS.iter().filter_map(|kind| for_kind!(*kind, of_register())).collect();
    all.extend([
        Schema { kind: "client", schema: generated::<callers::Client>() },
        Schema { kind: "organisation", schema: generated::<callers::Organisation>() },
        Schema { kind: "person", schema: generated::<callers::Person>() },
    ]);
    let any: Vec<Value> =
        all.iter().map(|Schema { kind, .. }| json!({"$ref": format!("{kind}.schema.json")})).collect();
    let record = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Record",
        "anyOf": [{"oneOf": any}, {"type": "array", "items": {"oneOf": any}}],
    });
    all.push(Schema { kind: "record", schema: record });
    all
}

/// The schema of a register record: the kind's own attributes and the common ones.
fn of_register<T: Kind + JsonSchema>() -> Schema {
    let mut schema = generated::<T>();
    let time = |about: &str| json!({"type": "string", "format": "date-time", "pattern": "Z$", "description": format!("{about}, RFC 3339 in UTC")});
    let text = |about: &str| json!({"type": "string", "description": about});
    let id = match T::KIND {
        Screening::KIND => json!({"const": "screening", "description": "The one record of settings"}),
        _ => json!({"type": "string", "minLength": 1, "description": "Its id within its kind"}),
    };
    let common = [
        ("kind", json!({"const": T::KIND, "description": "What the record is"})),
        ("id", id),
        ("from", time("The moment at which it begins")),
        ("until", time("The moment at which it ends")),
        ("withdrawn", json!({"type": "boolean", "description": "Whether an operator withdrew it"})),
        ("by", text("Who wrote the record")),
        ("at", text("When it was written")),
        ("why", text("Why it was written")),
    ];
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.extend(common.into_iter().map(|(name, property)| (name.to_owned(), property)));
    }
    if let Some(object) = schema.as_object_mut() {
        let required = object.entry("required").or_insert_with(|| json!([]));
        if let Some(required) = required.as_array_mut() {
            required.extend([json!("kind"), json!("id")]);
        }
    }
    Schema { kind: T::KIND, schema }
}

fn generated<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = serde_json::to_value(generator.into_root_schema_for::<T>()).unwrap_or_default();
    without_null(&mut schema);
    schema
}

/// Removes null from the schema: an optional attribute is absent, never null.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [one] = types.as_slice() {
                    let one = one.clone();
                    object.insert("type".to_owned(), one);
                }
            }
            if let Some(Value::Array(any)) = object.get_mut("anyOf") {
                any.retain(|one| *one != json!({"type": "null"}));
            }
            if object.get("default") == Some(&Value::Null) {
                object.remove("default");
            }
            object.values_mut().for_each(without_null);
        }
        Value::Array(list) => list.iter_mut().for_each(without_null),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
