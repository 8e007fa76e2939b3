//! Pure. Export Control Classification Numbers (15 CFR 738.2(d)).

use std::fmt;

use serde::{Deserialize, Serialize};

/// An ECCN such as `4E091`, its paragraph `4E091.a.1`, or `EAR99`. It is case-insensitive: the number is stored in upper
/// case, the paragraph in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Eccn(Box<str>);

parse_error! {
    /// The text is not an Export Control Classification Number.
    NotAnEccn,
    "is not an ECCN such as `4E091` or `4E091.a.1` (15 CFR 738.2(d)), or `EAR99`",
    "expected an ECCN such as `4E091` or `4E091.a.1` (15 CFR 738.2(d)), or `EAR99`"
}

/// The grammar, for JSON Schemas.
#[cfg(feature = "schema")]
pub(super) const ECCN: &str = "([Ee][Aa][Rr]99|[0-9][A-Ea-e][0-9]{3}(\\.([A-Za-z]{1,4}|[0-9]{1,3}))*)";

impl Eccn {
    /// Reads a category (a digit), a product group (`A` to `E`), three digits and any paragraphs, or `EAR99`.
    ///
    /// # Errors
    /// [`NotAnEccn`] for anything else.
    pub fn parse(text: &str) -> Result<Self, NotAnEccn> {
        if text.eq_ignore_ascii_case("EAR99") {
            return Ok(Self("EAR99".into()));
        }
        let (number, paragraphs) = text.split_once('.').map_or((text, None), |(number, rest)| (number, Some(rest)));
        let is_number = matches!(number.as_bytes(), [category, group, rest @ ..]
            if category.is_ascii_digit() && matches!(group.to_ascii_uppercase(), b'A'..=b'E')
                && rest.len() == 3 && rest.iter().all(u8::is_ascii_digit));
        if !is_number || !paragraphs.is_none_or(|paragraphs| paragraphs.split('.').all(is_paragraph)) {
            return Err(NotAnEccn(text.to_owned()));
        }
        let paragraphs = paragraphs.map(|paragraphs| format!(".{}", paragraphs.to_ascii_lowercase()));
        Ok(Self(format!("{}{}", number.to_ascii_uppercase(), paragraphs.unwrap_or_default()).into()))
    }

    /// Whether `other` is this ECCN or one of its paragraphs.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.strip_prefix(&*self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// The normalised text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Eccn> for String {
    fn from(eccn: Eccn) -> Self {
        eccn.0.into()
    }
}

/// A letter, a roman numeral or a number.
fn is_paragraph(text: &str) -> bool {
    let is_of =
        |most: usize, is_one: fn(&u8) -> bool| (1..=most).contains(&text.len()) && text.as_bytes().iter().all(is_one);
    is_of(4, u8::is_ascii_alphabetic) || is_of(3, u8::is_ascii_digit)
}

impl fmt::Display for Eccn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Eccn {
    type Error = NotAnEccn;
    fn try_from(text: String) -> Result<Self, NotAnEccn> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eccn_in_any_case_is_accepted_and_other_text_is_refused() {
        for (text, normalised) in [
            ("4E091", "4E091"),
            ("4e091", "4E091"),
            ("ear99", "EAR99"),
            ("3a001.Z.1.A", "3A001.z.1.a"),
            ("0A501.y.12.viii", "0A501.y.12.viii"),
        ] {
            assert_eq!(Eccn::parse(text).unwrap().as_str(), normalised);
        }
        let cyrillic = "4\u{415}091";
        for bad in [
            "",
            " ",
            "4E091 ",
            "4E091\u{200b}",
            cyrillic,
            "4F091",
            "E091",
            "4E91",
            "4E0911",
            "4E091.",
            "4E091..a",
            "4E091.a1",
            "EAR",
            "EAR99.a",
            "*",
            "eccn:4E091",
            "４E091",
        ] {
            assert_eq!(Eccn::parse(bad), Err(NotAnEccn(bad.to_owned())));
        }
    }

    #[test]
    fn an_eccn_covers_its_paragraphs_but_not_the_reverse() {
        let covers = |one: &str, other: &str| Eccn::parse(one).unwrap().covers(&Eccn::parse(other).unwrap());
        assert!(covers("4E091", "4e091.a") && covers("4E091.a", "4E091.a.1") && covers("EAR99", "EAR99"));
        assert!(!covers("4E091.a", "4E091") && !covers("4E091.a", "4E091.aa") && !covers("4E091", "4E092.a"));
    }
}
