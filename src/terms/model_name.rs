//! Pure. Model names, and the patterns by which embargoes and licences name models.
//!
//! Names and versions are ASCII letters, digits, `.`, `_`, `-` and `/`, and begin with a letter or digit. A lookalike
//! character would hide a model from the embargo on it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Eccn;

/// A version of a model, written `name@version`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelName {
    text: Box<str>,
    at: usize,
}

/// A caller's name for a model: `name` for the default version, or `name@version`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelRef {
    /// The name's default version.
    Default(String),
    /// One version.
    Version(ModelName),
}

/// A pattern by which a record names models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ModelPattern {
    /// `*`: every model.
    Every,
    /// `eccn:4E091`: every model with this ECCN or one of its paragraphs.
    Eccn(Eccn),
    /// `name`: all of its versions.
    Name(String),
    /// `name@version`: one version.
    Version(ModelName),
}

parse_error! {
    /// The text does not name a model.
    NotAModel,
    "does not name a model: write `name`, `name@version`, `eccn:4E091` or `*`; names and versions are ASCII letters, digits, `.`, \
     `_`, `-` and `/`, a letter or digit first",
    "expected `name`, `name@version`, `eccn:4E091` or `*`; names and versions are ASCII letters, digits, `.`, `_`, `-` and \
     `/`, a letter or digit first"
}

/// The grammar of a name or a version, for JSON Schemas.
#[cfg(feature = "schema")]
pub(super) const PART: &str = "[A-Za-z0-9][A-Za-z0-9._/-]*";

/// The longest `name@version`, in bytes.
const LONGEST: usize = 256;

impl ModelName {
    /// Reads `name@version`; both parts are required.
    ///
    /// # Errors
    /// [`NotAModel`] if a part is missing, too long, or has an invalid character.
    pub fn parse(text: &str) -> Result<Self, NotAModel> {
        match text.split_once('@') {
            Some((name, version)) if is_part(name) && is_part(version) && text.len() <= LONGEST => {
                Ok(Self { text: text.into(), at: name.len() })
            }
            _ => Err(NotAModel(text.to_owned())),
        }
    }

    /// The part before the `@`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// The whole text, `name@version`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ModelPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every => f.write_str("*"),
            Self::Eccn(eccn) => write!(f, "eccn:{eccn}"),
            Self::Name(name) => f.write_str(name),
            Self::Version(version) => version.fmt(f),
        }
    }
}

impl From<ModelPattern> for String {
    fn from(pattern: ModelPattern) -> Self {
        pattern.to_string()
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl ModelRef {
    /// Reads `name` or `name@version`.
    ///
    /// # Errors
    /// [`NotAModel`] for text that cannot name a model.
    pub fn parse(text: &str) -> Result<Self, NotAModel> {
        if text.contains('@') {
            return ModelName::parse(text).map(Self::Version);
        }
        let named = is_part(text) && text.len() <= LONGEST;
        named.then(|| Self::Default(text.to_owned())).ok_or_else(|| NotAModel(text.to_owned()))
    }

    /// Reads a caller's text. Malformed text becomes an unknown name.
    #[must_use]
    pub fn asked(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|_| Self::Default(text.to_owned()))
    }

    /// The text as the caller wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Default(name) => name,
            Self::Version(version) => version.as_str(),
        }
    }
}

impl TryFrom<String> for ModelPattern {
    type Error = NotAModel;
    fn try_from(text: String) -> Result<Self, NotAModel> {
        if text == "*" {
            return Ok(Self::Every);
        }
        if let Some(eccn) = text.strip_prefix("eccn:") {
            return Eccn::parse(eccn).map(Self::Eccn).map_err(|_| NotAModel(text.clone()));
        }
        Ok(match ModelRef::parse(&text)? {
            ModelRef::Default(name) => Self::Name(name),
            ModelRef::Version(version) => Self::Version(version),
        })
    }
}

fn is_part(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_name_needs_a_name_and_a_version() {
        let model = ModelName::parse("fable-5@1").unwrap();
        assert_eq!((model.name(), model.as_str()), ("fable-5", "fable-5@1"));
        for bad in [
            "fable-5",
            "@1",
            "fable-5@",
            "a@b@c",
            "a b@1",
            "*@1",
            "",
            "eccn:4E091",
            "-a@1",
            "a@.1",
            "fable\u{2011}5@1",
            "fable-5@1\u{200b}",
        ] {
            assert!(ModelName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn patterns_are_distinguished_and_malformed_ones_are_refused() {
        let pattern = |text: &str| ModelPattern::try_from(text.to_owned());
        assert_eq!(pattern("*"), Ok(ModelPattern::Every));
        assert_eq!(pattern("eccn:4E091"), Ok(ModelPattern::Eccn(Eccn::parse("4E091").unwrap())));
        assert_eq!(pattern("org/model"), Ok(ModelPattern::Name("org/model".into())));
        for bad in ["", "eccn:", "eccn:4E09", "fable*", "fable-5@", " ", "fable\u{2011}5", "f\u{430}ble-5"] {
            assert!(pattern(bad).is_err(), "{bad}");
        }
    }
}
