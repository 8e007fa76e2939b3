//! Pure. Models: their names, and the SageMaker endpoint behind each.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::{Kind, Meta, Unreadable};
use crate::terms::{Eccn, Match, ModelName, ModelPattern};

/// A version of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its name: ASCII letters, digits, `.`, `_`, `-` and `/`, a letter or digit first.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[A-Za-z0-9][A-Za-z0-9._/-]*$")))]
    pub name: String,
    /// Its version, of the same characters.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[A-Za-z0-9][A-Za-z0-9._/-]*$")))]
    pub version: String,
    /// Whether the name without a version means this version.
    #[serde(default)]
    pub default: bool,
    /// The SageMaker endpoint; no other model may use it.
    #[serde(deserialize_with = "endpoint")]
    #[cfg_attr(feature = "schema", schemars(length(max = 63), regex(pattern = "^[A-Za-z0-9](-*[A-Za-z0-9])*$")))]
    pub endpoint: String,
    /// The Export Control Classification Number, or `EAR99`; absent is unknown.
    pub eccn: Option<Eccn>,
    /// Whether callers can invoke it.
    pub status: ModelStatus,
}

/// Whether callers can invoke a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ModelStatus {
    /// Permitted callers can invoke it.
    Available,
    /// It is no longer offered.
    Withdrawn,
}

impl Kind for Model {
    const KIND: &'static str = "model";

    fn check(&self, meta: &Meta) -> Result<(), Unreadable> {
        let full_name = format!("{}@{}", self.name, self.version);
        if let Err(fault) = ModelName::parse(&full_name) {
            return Err(Unreadable(format!("name, version: {fault:#}")));
        }
        if meta.id != full_name {
            return Err(Unreadable("id: expected `name@version` of the record's own `name` and `version`".into()));
        }
        Ok(())
    }
}

/// The longest endpoint name.
const LONGEST_ENDPOINT: usize = 63;

/// Reads a SageMaker endpoint name (`EndpointName` of `InvokeEndpoint`).
fn endpoint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let is_name = is_edge(text.as_bytes().first())
        && is_edge(text.as_bytes().last())
        && text.len() <= LONGEST_ENDPOINT
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_name.then_some(text).ok_or_else(|| {
        D::Error::custom("expected a SageMaker endpoint's name: 1 to 63 ASCII letters, digits and inner hyphens")
    })
}

impl ModelPattern {
    /// Whether the pattern names this model. For a pattern by ECCN, an unknown ECCN gives `Unknown`. A name that differs only
    /// in case also gives `Unknown`: it counts for an embargo and not for a licence.
    #[must_use]
    pub fn names(&self, id: &str, model: &Model) -> Match {
        let named = |pattern: &str, own: &str| {
            if pattern == own {
                Match::Yes
            } else if pattern.eq_ignore_ascii_case(own) {
                Match::Unknown
            } else {
                Match::No
            }
        };
        match self {
            Self::Every => Match::Yes,
            Self::Eccn(eccn) => model.eccn.as_ref().map_or(Match::Unknown, |own| Match::from(eccn.covers(own))),
            Self::Name(name) => named(name, &model.name),
            Self::Version(version) => named(version.as_str(), id),
        }
    }
}
