//! Pure. Names of persons and organisations, normalised for exact comparison.

use serde::{Deserialize, Serialize};

/// A name in lower case; each run of other characters than letters and digits is one space.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Name(Box<str>);

parse_error! {
    /// The text has no letter or digit.
    NotAName,
    "is not a name: it has no letter or digit",
    "expected a name with a letter or a digit"
}

impl Name {
    /// Reads a name.
    ///
    /// # Errors
    /// [`NotAName`] for text without a letter or a digit: all such texts would be equal.
    pub fn parse(text: &str) -> Result<Self, NotAName> {
        let lower = text.to_lowercase();
        let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let name = words.collect::<Vec<_>>().join(" ");
        if name.is_empty() { Err(NotAName(text.to_owned())) } else { Ok(Self(name.into())) }
    }

    /// Whether text is a name, without normalising it.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        text.chars().any(char::is_alphanumeric)
    }

    /// The normalised name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = NotAName;
    fn try_from(text: String) -> Result<Self, NotAName> {
        Self::parse(&text)
    }
}

/// A name as it is written, compared by its normalised form.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WrittenName {
    written: Box<str>,
    name: Name,
}

impl std::ops::Deref for WrittenName {
    type Target = Name;
    fn deref(&self) -> &Name {
        &self.name
    }
}

impl TryFrom<String> for WrittenName {
    type Error = NotAName;
    fn try_from(text: String) -> Result<Self, NotAName> {
        Ok(Self { name: Name::parse(&text)?, written: text.into() })
    }
}

impl From<WrittenName> for String {
    fn from(name: WrittenName) -> Self {
        name.written.into()
    }
}

// Names must not be logged.
impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Name(…)")
    }
}

impl std::fmt::Debug for WrittenName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.name.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_space_or_punctuation_are_equal() {
        let same = [
            ("Sample Widgets, Inc.", "sample  WIDGETS inc"),
            ("Sample-Widgets\u{a0}(Inc.)", "sample widgets inc"),
            ("ÄÖÜ Straße", "äöü straße"),
            ("ΟΔΟΣ", "οδος"), // capitals have one sigma, small letters two
            ("O'Sample", "o’sample"),
            ("«Пример» ООО", "пример ооо"),
            ("例示（北京）公司", "例示 北京 公司"),
        ];
        for (one, other) in same {
            assert!(Name::parse(one).unwrap() == Name::parse(other).unwrap(), "{one} and {other}");
        }
        for (one, other) in [("Sample Widgets", "Sample Widget"), ("Widgets Sample", "Sample Widgets"), ("a b", "ab")] {
            assert!(Name::parse(one).unwrap() != Name::parse(other).unwrap(), "{one} and {other}");
        }
        for nameless in ["", " ", "—", "?!"] {
            assert_eq!(Name::parse(nameless), Err(NotAName(nameless.to_owned())));
        }
    }

    #[test]
    fn is_one_agrees_with_parse_for_every_character() {
        for character in (char::MIN..=char::MAX).map(String::from) {
            assert_eq!(Name::is_one(&character), Name::parse(&character).is_ok(), "{character:?}");
        }
    }
}
