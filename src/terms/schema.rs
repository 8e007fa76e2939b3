//! Pure. The JSON Schemas of terms, for the operators' editors.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{Country, Eccn, ModelPattern, Name, Share, eccn::ECCN, model_name::PART};

impl JsonSchema for Country {
    fn schema_name() -> Cow<'static, str> {
        "Country".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[A-Z]{2}$", "description": "A country by ISO 3166-1 alpha-2"})
    }
}

impl JsonSchema for ModelPattern {
    fn schema_name() -> Cow<'static, str> {
        "ModelPattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pattern = format!("^(\\*|eccn:{ECCN}|{PART}(@{PART})?)$");
        json_schema!({"type": "string", "pattern": pattern, "description": "`name`, `name@version`, `eccn:4E091` or `*`"})
    }
}

impl JsonSchema for Eccn {
    fn schema_name() -> Cow<'static, str> {
        "Eccn".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let about = "An ECCN such as `4E091` or `4E091.a.1` (15 CFR 738.2(d)), or `EAR99`";
        json_schema!({"type": "string", "pattern": format!("^{ECCN}$"), "description": about})
    }
}

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "\\S", "description": "A name, with a letter or a digit"})
    }
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number", "minimum": 0, "maximum": 100, "description": "A share, in percent"})
    }
}
