//! Pure. Names of models, and the patterns by which embargoes and licences name them.
//!
//! A name, and a version, begins with an ASCII letter or digit and goes on with letters, digits, `.`, `_`, `-` and `/`:
//! a character that looks like another one would hide a model from the embargo on it.

use std::fmt;

use serde::Deserialize;

use super::Eccn;

/// A model in one version, written `name@version`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelName {
    text: Box<str>,
    at: usize,
}

/// What a caller asks for: a name, and a version where it wants another than the default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelRef {
    /// The name's default version.
    Default(String),
    /// One version.
    Version(ModelName),
}

/// How a record names models.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum ModelPattern {
    /// `*`: every model.
    Every,
    /// `eccn:4E091`: every model with that Export Control Classification Number, or with a paragraph of it.
    Eccn(Eccn),
    /// A name: all of its versions.
    Name(String),
    /// One version.
    Version(ModelName),
}

misread! {
    /// The text names no model.
    NotAModel,
    "names no model: write `name`, `name@version`, `eccn:4E091` or `*`; names and versions are ASCII letters, digits, `.`, \
     `_`, `-` and `/`, a letter or digit first",
    "expected `name`, `name@version`, `eccn:4E091` or `*`; names and versions are ASCII letters, digits, `.`, `_`, `-` and \
     `/`, a letter or digit first"
}

/// The grammar of a name or a version, for JSON Schemas.
#[cfg(feature = "schema")]
pub(super) const PART: &str = "[A-Za-z0-9][A-Za-z0-9._/-]*";

/// The longest name of a model, version included, in bytes.
const LONGEST: usize = 256;

impl ModelName {
    /// Reads `name@version`; both parts are required.
    ///
    /// # Errors
    /// [`NotAModel`] where a part is missing, too long, or has another character.
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

    /// The whole, `name@version`.
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

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl ModelRef {
    /// Reads `name` or `name@version`.
    ///
    /// # Errors
    /// [`NotAModel`] for text that can be the name of no model.
    pub fn parse(text: &str) -> Result<Self, NotAModel> {
        if text.contains('@') {
            return ModelName::parse(text).map(Self::Version);
        }
        let named = is_part(text) && text.len() <= LONGEST;
        named.then(|| Self::Default(text.to_owned())).ok_or_else(|| NotAModel(text.to_owned()))
    }

    /// What a caller wrote. What can be no model's name is a name that no model has.
    #[must_use]
    pub fn asked(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|_| Self::Default(text.to_owned()))
    }

    /// As the caller wrote it.
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
    fn a_version_is_a_name_and_a_version() {
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
    fn patterns_are_told_apart_and_mistakes_refused() {
        let pattern = |text: &str| ModelPattern::try_from(text.to_owned());
        assert_eq!(pattern("*"), Ok(ModelPattern::Every));
        assert_eq!(pattern("eccn:4E091"), Ok(ModelPattern::Eccn(Eccn::parse("4E091").unwrap())));
        assert_eq!(pattern("org/model"), Ok(ModelPattern::Name("org/model".into())));
        for bad in ["", "eccn:", "eccn:4E09", "fable*", "fable-5@", " ", "fable\u{2011}5", "f\u{430}ble-5"] {
            assert!(pattern(bad).is_err(), "{bad}");
        }
    }
}
