//! Pure. Parses dates of lists, with the precision given: year, month or day.

use jiff::civil::Date;

use super::legible;

/// The longest range of years. A longer one is a mistake, and each year is stored.
const MOST_YEARS: u16 = 100;

/// Words for an approximate date.
const ABOUT: &[&str] =
    &["circa", "approximately", "approx", "about", "around", "possibly", "probably", "ca", "c", "early", "mid", "late"];

const MONTHS: &str = "january february march april may june july august september october november december";

/// The parts of a date.
#[derive(Clone, Copy, Debug)]
struct Parts {
    year: u16,
    month: Option<u8>,
    day: Option<u8>,
}

/// Adds the dates of birth in a text: a date, the year of an approximate date, or each year of a range.
pub(super) fn born(dates: &mut Vec<String>, text: &str) -> Result<(), String> {
    let text = legible(text.trim())?;
    for one in text.split(" or ") {
        let (is_about, exact) = about(one.trim());
        match range(exact) {
            Some((first, last)) => years(dates, text, parts(about(first).1), parts(about(last).1))?,
            None => {
                let parts = parts(exact).ok_or_else(|| no_date(text))?;
                let year = Parts { month: None, day: None, ..parts };
                dates.push(if is_about { year } else { parts }.to_string());
            }
        }
    }
    Ok(())
}

/// Parses a single date.
pub(super) fn date(text: &str) -> Result<String, String> {
    let text = legible(text.trim())?;
    parts(text).map(|parts| parts.to_string()).ok_or_else(|| no_date(text))
}

fn no_date(text: &str) -> String {
    format!("`{text}` is not a date such as 1970, Dec 1970, 31 Dec 1970 or 1970-12-31")
}

/// Whether a date is approximate, and the rest of the text.
fn about(text: &str) -> (bool, &str) {
    let word = text.split(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default();
    if ABOUT.iter().any(|about| about.eq_ignore_ascii_case(word)) {
        let rest = text.get(word.len()..).unwrap_or_default();
        return (true, about(rest.trim_start_matches(['.', '-', ' '])).1);
    }
    (false, text)
}

/// The two ends of a range.
fn range(text: &str) -> Option<(&str, &str)> {
    if let Some(rest) = text.strip_prefix("between ").or_else(|| text.strip_prefix("Between ")) {
        return rest.split_once(" and ");
    }
    let years = text.split_once(['-', '/', '–']).filter(|(a, b)| [a, b].iter().all(|year| year.trim().len() == 4));
    years.or_else(|| [" to ", " - ", " – "].iter().find_map(|between| text.split_once(between)))
}

fn years(dates: &mut Vec<String>, text: &str, first: Option<Parts>, last: Option<Parts>) -> Result<(), String> {
    let (Some(first), Some(last)) = (first, last) else { return Err(no_date(text)) };
    if last.year < first.year || last.year.saturating_sub(first.year) > MOST_YEARS {
        return Err(format!("`{text}` is not a range of years"));
    }
    dates.extend((first.year..=last.year).map(|year| year.to_string()));
    Ok(())
}

/// The parts of a date in any unambiguous order. A time and an offset may follow an ISO date.
fn parts(text: &str) -> Option<Parts> {
    let text = match text.get(10..) {
        Some(rest) if rest.starts_with(['T', 'Z', '+', '-']) && text.get(4..5) == Some("-") => text.get(..10)?,
        _ => text,
    };
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.take(4).collect();
    let (year, month, day) = match *words.as_slice() {
        [year] => (year, None, None),
        [year, month] if year.len() == 4 => (year, Some(month), None),
        [month, year] => (year, Some(month), None),
        [year, month, day] if year.len() == 4 => (year, Some(month), Some(day)),
        [month, day, year] if month.starts_with(char::is_alphabetic) && is_given(month) => {
            (year, Some(month), Some(day))
        }
        [day, month, year] => (year, Some(month), Some(day)),
        _ => return None,
    };
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let year = year.parse().ok().filter(|year| is_year && (1800..2200).contains(year))?;
    let month = match month.filter(|month| is_given(month)) {
        Some(month) => Some(self::month(month)?),
        None => None,
    };
    let day = match day.filter(|day| is_given(day)) {
        Some(day) => Some(number(day)?),
        None => None,
    };
    // A day without a month is a mistake.
    let parts = Parts { year, month, day };
    (day.is_none() || month.is_some()).then_some(parts).filter(|parts| parts.is_there())
}

/// Whether a part of a date is given: lists write `00/00/1970` and `dd/mm/1970` for a year.
fn is_given(word: &str) -> bool {
    !matches!(word.to_ascii_lowercase().as_str(), "0" | "00" | "dd" | "mm")
}

fn month(word: &str) -> Option<u8> {
    let word = word.to_ascii_lowercase();
    match MONTHS.split(' ').position(|name| word.len() >= 3 && name.starts_with(word.as_str())) {
        Some(before) => u8::try_from(before.saturating_add(1)).ok(),
        None => number(&word),
    }
}

fn number(word: &str) -> Option<u8> {
    word.parse().ok().filter(|_| word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit()))
}

impl Parts {
    fn is_there(self) -> bool {
        let number = |part: Option<u8>| part.and_then(|part| i8::try_from(part).ok()).unwrap_or(1);
        i16::try_from(self.year).is_ok_and(|year| Date::new(year, number(self.month), number(self.day)).is_ok())
    }
}

impl std::fmt::Display for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}", self.year)?;
        [self.month, self.day].into_iter().flatten().try_for_each(|part| write!(f, "-{part:02}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_keeps_the_precision_of_its_text() {
        // (text, dates of birth or `-`, single date or `-`)
        let cases = [
            ("07 Oct 1954", "1954-10-07", "1954-10-07"),
            ("7 October 1954", "1954-10-07", "1954-10-07"),
            ("October 7, 1954", "1954-10-07", "1954-10-07"),
            ("07-Sept-1954", "1954-09-07", "1954-09-07"),
            ("1954-10-07", "1954-10-07", "1954-10-07"),
            ("1954-10-07T00:00:00Z", "1954-10-07", "1954-10-07"),
            ("1954-10-07-04:00", "1954-10-07", "1954-10-07"),
            ("07/10/1954", "1954-10-07", "1954-10-07"),
            ("00/00/1954", "1954", "1954"),
            ("dd/mm/1954", "1954", "1954"),
            ("00/10/1954", "1954-10", "1954-10"),
            ("Oct 1954", "1954-10", "1954-10"),
            ("1954-10", "1954-10", "1954-10"),
            (" 1954 ", "1954", "1954"),
            ("circa 1960", "1960", "-"),
            ("Circa Oct 1960", "1960", "-"),
            ("c. 1960", "1960", "-"),
            ("approximately 07 Oct 1960", "1960", "-"),
            ("late 1960", "1960", "-"),
            ("1961 to 1963", "1961 1962 1963", "-"),
            ("between 1961 and 1962", "1961 1962", "-"),
            ("circa 1961-1962", "1961 1962", "-"),
            ("1961/1962", "1961 1962", "-"),
            ("01 Jan 1961 to 31 Dec 1962", "1961 1962", "-"),
            ("circa 1961 to circa 1961", "1961", "-"),
            ("1961 or 07 Oct 1963", "1961 1963-10-07", "-"),
            ("29 Feb 1956", "1956-02-29", "1956-02-29"),
            ("29 Feb 1955", "-", "-"),
            ("1954-13", "-", "-"),
            ("07/00/1954", "-", "-"),
            ("1963 to 1961", "-", "-"),
            ("1800 to 2000", "-", "-"),
            ("0000", "-", "-"),
            ("54", "-", "-"),
            ("7 Oct 54", "-", "-"),
            ("7 Octo 1954 at noon", "-", "-"),
            ("yesterday", "-", "-"),
            ("circa", "-", "-"),
            ("", "-", "-"),
            ("ʻ1954", "-", "-"),
        ];
        for (text, expected, one) in cases {
            let mut dates = Vec::new();
            let read = born(&mut dates, text).map_or_else(|_| "-".to_owned(), |()| dates.join(" "));
            assert_eq!(read, expected, "{text}");
            assert_eq!(date(text).unwrap_or_else(|_| "-".to_owned()), one, "{text}");
        }
        let error = date("yesterday").unwrap_err();
        assert_eq!(error, "`yesterday` is not a date such as 1970, Dec 1970, 31 Dec 1970 or 1970-12-31");
    }
}
