//! Pure. Names of persons and organisations, in the one form in which they are compared.

use serde::Deserialize;

/// A name in lower case, with one space for each run of anything but letters and digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Name(Box<str>);

misread! {
    /// The text has neither letter nor digit.
    NotAName,
    "is no name: it has neither letter nor digit",
    "expected a name with a letter or a digit"
}

impl Name {
    /// Reads a name.
    ///
    /// # Errors
    /// [`NotAName`] for text without a letter or a digit, which would be the same as any other such.
    pub fn parse(text: &str) -> Result<Self, NotAName> {
        let lower = text.to_lowercase();
        let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let name = words.collect::<Vec<_>>().join(" ");
        if name.is_empty() { Err(NotAName(text.to_owned())) } else { Ok(Self(name.into())) }
    }

    /// Whether text is a name, for those who need not compare it.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        text.chars().any(char::is_alphanumeric)
    }

    /// As it is compared.
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

// A name is for no log.
impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Name(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_white_space_and_punctuation_make_no_difference_and_letters_do() {
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
        for none in ["", " ", "—", "?!"] {
            assert_eq!(Name::parse(none), Err(NotAName(none.to_owned())));
        }
    }

    #[test]
    fn whatever_the_character_it_is_a_name_where_it_can_be_read_as_one() {
        for character in (char::MIN..=char::MAX).map(String::from) {
            assert_eq!(Name::is_one(&character), Name::parse(&character).is_ok(), "{character:?}");
        }
    }
}
