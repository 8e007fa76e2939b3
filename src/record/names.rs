//! Pure. The names by which records write the variants of an enum and the fields of a struct.

use std::fmt::{self, Display, Formatter};

use serde::de::{self, DeserializeOwned, Visitor};

/// The names of an enum's variants or a struct's fields, as its derived `Deserialize` reads them; none for another type.
#[must_use]
pub fn names<T: DeserializeOwned>() -> &'static [&'static str] {
    T::deserialize(Names).err().map_or(&[], |Found(names)| names)
}

/// Answers with the names instead of a value.
struct Names;

#[derive(Debug)]
struct Found(&'static [&'static str]);

impl<'de> de::Deserializer<'de> for Names {
    type Error = Found;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Found> {
        Err(Found(&[]))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Found> {
        Err(Found(variants))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Found> {
        Err(Found(fields))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

impl Display for Found {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

impl std::error::Error for Found {}

impl de::Error for Found {
    fn custom<T: Display>(_: T) -> Self {
        Self(&[])
    }
}
