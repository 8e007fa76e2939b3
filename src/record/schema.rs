//! Pure. JSON Schemas of selections, for the operators' editors.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{Choice, Networks, Places, Words};

/// The schema of a list of non-empty strings.
fn texts(about: &str, pattern: &str) -> Schema {
    json_schema!({"type": "array", "minItems": 1, "description": about, "items": {"type": "string", "pattern": pattern}})
}

impl JsonSchema for Places {
    fn schema_name() -> Cow<'static, str> {
        "Places".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        texts("Countries (ISO 3166-1), regions (ISO 3166-2), groups of the register, or `*`", "\\S")
    }
}

impl JsonSchema for Words {
    fn schema_name() -> Cow<'static, str> {
        "Words".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        texts("Words, or `*`", "\\S")
    }
}

impl JsonSchema for Networks {
    fn schema_name() -> Cow<'static, str> {
        "Networks".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        texts("Networks such as 192.0.2.0/24, or single addresses", "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$")
    }
}

impl<T: JsonSchema> JsonSchema for Choice<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Choice_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let named = generator.subschema_for::<T>();
        json_schema!({
            "description": "A list, or a list with exceptions",
            "anyOf": [
                named,
                {
                    "type": "object",
                    "properties": {"any_of": named, "except": named},
                    "required": ["any_of"],
                    "additionalProperties": false
                }
            ]
        })
    }
}
