//! Pure. Deserialises DynamoDB values with serde.
//!
//! INVARIANT: errors state what was expected and where, and never quote a value. They appear in logs, health and e-mail,
//! and a record can contain personal data.

use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{self, Expected, IntoDeserializer, Unexpected, Visitor};
use serde_path_to_error::{Path, Segment};

use super::Unreadable;

/// A value of an item.
#[derive(Clone, Copy)]
pub(super) struct Attribute<'a>(pub(super) &'a AttributeValue);

impl<'de> IntoDeserializer<'de, Unreadable> for Attribute<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! numbers {
    ($($deserialize:ident $visit:ident $number:ty, $expected:literal;)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
            let number = self.0.as_n().ok().and_then(|text| text.parse::<$number>().ok());
            visitor.$visit(number.ok_or_else(|| expected($expected))?)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Attribute<'de> {
    type Error = Unreadable;

    #[expect(clippy::wildcard_enum_match_arm, reason = "the SDK may add variants to its enum")]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            AttributeValue::S(_) => self.deserialize_str(visitor),
            AttributeValue::Bool(_) => self.deserialize_bool(visitor),
            AttributeValue::L(_) | AttributeValue::Ss(_) => self.deserialize_seq(visitor),
            AttributeValue::M(_) => self.deserialize_map(visitor),
            AttributeValue::N(text) if text.parse::<u64>().is_ok() => self.deserialize_u64(visitor),
            AttributeValue::N(_) => self.deserialize_f64(visitor),
            AttributeValue::B(bytes) => visitor.visit_bytes(bytes.as_ref()),
            _ => visitor.visit_unit(),
        }
    }

    numbers! {
        deserialize_u8 visit_u8 u8, "an integer from 0 to 255";
        deserialize_u32 visit_u32 u32, "an integer of at least 0";
        deserialize_u64 visit_u64 u64, "an integer of at least 0";
        deserialize_f64 visit_f64 f64, "a number";
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_bool(*self.0.as_bool().map_err(|_| expected("`true` or `false`"))?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_borrowed_str(self.0.as_s().map_err(|_| expected("a string"))?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_str(visitor)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the SDK may add variants to its enum")]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            AttributeValue::L(list) => {
                let mut list = SeqDeserializer::new(list.iter().map(Attribute));
                let read = visitor.visit_seq(&mut list)?;
                list.end().map(|()| read)
            }
            AttributeValue::Ss(set) => {
                visitor.visit_seq(SeqDeserializer::new(set.iter().map(|text| StrDeserializer::new(text))))
            }
            _ => Err(expected("a list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        let map = self.0.as_m().map_err(|_| expected("a map"))?;
        let mut members: Vec<_> = map.iter().map(|(name, value)| (name.as_str(), Attribute(value))).collect();
        // Sorted, so that the same record always has the same error.
        members.sort_unstable_by_key(|(name, _)| *name);
        let mut members = MapDeserializer::new(members.into_iter());
        let read = visitor.visit_map(&mut members)?;
        members.end().map(|()| read)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        let text = self.0.as_s().map_err(|_| expected("a string"))?;
        visitor.visit_enum(StrDeserializer::new(text))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u16 u128 f32 char bytes byte_buf unit unit_struct identifier ignored_any
    }
}

impl de::Error for Unreadable {
    /// Uses the alternate form, in which the errors of `terms` quote no value.
    fn custom<T: Display>(why: T) -> Self {
        Self(format!("{why:#}"))
    }

    fn invalid_type(_: Unexpected<'_>, what: &dyn Expected) -> Self {
        expected(what)
    }

    fn invalid_value(_: Unexpected<'_>, what: &dyn Expected) -> Self {
        expected(what)
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        expected(one_of(known))
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self(format!("unknown field `{}`, expected {}", reportable(name), one_of(known)))
    }
}

fn expected(what: impl Display) -> Unreadable {
    Unreadable(format!("expected {what}"))
}

/// `a`; `a` or `b`; one of `a`, `b`, `c`.
fn one_of(known: &[&str]) -> String {
    match known {
        [] => "none".to_owned(),
        [one] => format!("`{one}`"),
        [one, other] => format!("`{one}` or `{other}`"),
        many => format!("one of {}", many.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ")),
    }
}

/// The place of an error within an item, such as `applies_to.parties[1].country`; `None` for the item itself.
pub(super) fn place(path: &Path) -> Option<String> {
    let mut place = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => place += &format!("[{index}]"),
            Segment::Map { key } => {
                let dot = if place.is_empty() { "" } else { "." };
                place += &format!("{dot}{}", reportable(key));
            }
            Segment::Enum { .. } | Segment::Unknown => break,
        }
    }
    (!place.is_empty()).then_some(place)
}

/// The longest attribute name that is reported, in bytes.
const LONGEST_NAME: usize = 40;

/// The attribute's name if it looks like one, else `…`: it could be a value in the wrong place.
pub(super) fn reportable(name: &str) -> &str {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.len() <= LONGEST_NAME && name.bytes().all(is_name) { name } else { "…" }
}

#[cfg(test)]
mod tests {
    use serde::de::Error as _;

    use super::*;

    #[test]
    fn serdes_own_errors_quote_no_value() {
        let secret = "Marker Person";
        let errors = [
            Unreadable::invalid_type(Unexpected::Str(secret), &"a number"),
            Unreadable::invalid_value(Unexpected::Str(secret), &"a number"),
            Unreadable::unknown_variant(secret, &["a", "b"]),
            Unreadable::unknown_field(secret, &["a", "b"]),
        ];
        for error in errors {
            assert!(!error.to_string().contains(secret), "{error}");
        }
    }
}
