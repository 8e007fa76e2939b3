//! Pure. The definition of a layout, and the fields that layouts share.

use std::fmt;

use jiff::civil::Date;
use maxminddb::{LookupResult, MaxMindDbError};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer};

use crate::record::NetworkClass;

/// A row, if there is one.
pub(in crate::evidence) type Row<'a> = LookupResult<'a, Vec<u8>>;

/// A layout.
#[derive(Debug)]
pub(in crate::evidence) struct Layout {
    /// The name, for messages.
    pub(in crate::evidence) name: &'static str,
    /// The classes that it has fields for.
    pub(in crate::evidence) classes: &'static [NetworkClass],
    /// Whether a row has this layout's fields.
    pub(in crate::evidence) fits: fn(&Row<'_>) -> bool,
    /// Reads a row of a database built on that day.
    pub(in crate::evidence) read: fn(&Row<'_>, Option<Date>) -> Result<Vec<Finding>, MaxMindDbError>,
}

/// A row's statement about its network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::evidence) struct Finding {
    /// The class; `None` for an anonymizer of unknown kind.
    pub(in crate::evidence) class: Option<NetworkClass>,
    /// The confidence, 1 to 99.
    pub(in crate::evidence) confidence: Option<u8>,
    /// The day of the last observation.
    pub(in crate::evidence) last_seen: Option<Date>,
}

impl Finding {
    /// A class without further details.
    pub(super) fn of(class: Option<NetworkClass>) -> Self {
        Self { class, confidence: None, last_seen: None }
    }
}

/// The classes whose fields are true.
pub(super) fn true_ones(fields: &[(Option<Flag>, NetworkClass)]) -> impl Iterator<Item = NetworkClass> {
    fields.iter().filter(|(flag, _)| *flag == Some(Flag(true))).map(|(_, class)| *class)
}

/// A boolean as vendors write it: a boolean, or `true` and an empty string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flag(pub(super) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Flag, E> {
                Ok(Flag(flag))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Flag, E> {
                match text.to_ascii_lowercase().as_str() {
                    "true" => Ok(Flag(true)),
                    "false" | "" => Ok(Flag(false)),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(Either)
    }
}
