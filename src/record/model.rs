//! Pure. Models: what callers ask for, and the SageMaker endpoint behind each.

use serde::{Deserialize, Deserializer, de::Error as _};

use super::{Kind, Meta, Unreadable};
use crate::terms::{Eccn, Match, ModelName, ModelPattern};

/// A model in one version.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its name: ASCII letters, digits, `.`, `_`, `-` and `/`, a letter or digit first.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[A-Za-z0-9][A-Za-z0-9._/-]*$")))]
    pub name: String,
    /// Its version, of the same characters.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[A-Za-z0-9][A-Za-z0-9._/-]*$")))]
    pub version: String,
    /// Whether the name alone means this version.
    #[serde(default)]
    pub default: bool,
    /// The SageMaker endpoint, this model's own.
    #[serde(deserialize_with = "endpoint")]
    #[cfg_attr(feature = "schema", schemars(length(max = 63), regex(pattern = "^[A-Za-z0-9](-*[A-Za-z0-9])*$")))]
    pub endpoint: String,
    /// The Export Control Classification Number, or `EAR99`; absent is unknown.
    pub eccn: Option<Eccn>,
    /// Whether callers may have it.
    pub status: ModelStatus,
}

/// Whether callers may have a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ModelStatus {
    /// They may, if nothing else stands in the way.
    Available,
    /// It is no more.
    Withdrawn,
}

impl Kind for Model {
    const KIND: &'static str = "model";

    fn check(&self, meta: &Meta) -> Result<(), Unreadable> {
        let written = format!("{}@{}", self.name, self.version);
        if let Err(fault) = ModelName::parse(&written) {
            return Err(Unreadable(format!("name, version: {fault:#}")));
        }
        if meta.id != written {
            return Err(Unreadable("id: expected `name@version` of the record's own `name` and `version`".into()));
        }
        Ok(())
    }
}

/// The longest name of an endpoint.
const LONGEST_ENDPOINT: usize = 63;

/// A name that SageMaker gives endpoints (`EndpointName` of `InvokeEndpoint`).
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
    /// Whether the pattern names this model. An unknown ECCN is unknown to every pattern by ECCN. A name that differs in
    /// case alone may mean the model: an embargo takes it for that, a licence does not.
    #[must_use]
    pub fn names(&self, id: &str, model: &Model) -> Match {
        let named = |written: &str, own: &str| {
            if written == own {
                Match::Yes
            } else if written.eq_ignore_ascii_case(own) {
                Match::Unknown
            } else {
                Match::No
            }
        };
        match self {
            Self::Every => Match::Yes,
            Self::Eccn(eccn) => model.eccn.as_ref().map_or(Match::Unknown, |known| Match::from(eccn.covers(known))),
            Self::Name(name) => named(name, &model.name),
            Self::Version(version) => named(version.as_str(), id),
        }
    }
}
