//! Pure. Reading untrusted JSON.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The value of an absent member.
static NOTHING: Value = Value::Null;

/// The member at a path; null if absent.
pub(crate) fn member<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().try_fold(value, |value, name| value.get(*name)).unwrap_or(&NOTHING)
}

/// Reads a document. Duplicate members are an error, since parsers differ in which one they use.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, String> {
    let mut document = serde_json::Deserializer::from_slice(bytes);
    let value = Once.deserialize(&mut document).and_then(|value| document.end().map(|()| value));
    value.map_err(|error| error.to_string())
}

/// A value without duplicate members.
struct Once;

impl<'de> DeserializeSeed<'de> for Once {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Once)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(Once)?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("duplicate member"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn duplicate_members_are_refused() {
        let twice = [
            r#"{"a": 1, "a": 1}"#,
            r#"{"a": 1, "b": 2, "\u0061": 3}"#,
            r#"[{"a": {"b": [], "b": []}}]"#,
            r#"{"a": {"b": 1}, "c": [{"d": null, "d": 1}]}"#,
        ];
        for text in twice {
            let why = read(text.as_bytes()).unwrap_err();
            assert!(why.starts_with("duplicate member at line 1"), "{text}: {why}");
        }
        let once = json!({"a": {"a": [1, -1, 0.5, null, true, "\n"]}, "b": {"a": {}}});
        assert_eq!(read(once.to_string().as_bytes()), Ok(once));
        for text in ["", "{}{}", "{} x", "{\"a\"", "nul"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
