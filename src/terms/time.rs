//! Pure. Points in time, and half-open windows of time.

use jiff::Timestamp;

parse_error! {
    /// The text is not an RFC 3339 time in UTC.
    NotATime,
    "is not an RFC 3339 time in UTC, such as 2026-06-12T21:21:00Z",
    "expected an RFC 3339 time in UTC, such as 2026-06-12T21:21:00Z"
}

/// Reads an RFC 3339 time that ends in `Z`.
///
/// # Errors
/// [`NotATime`] for any other form or UTC offset: all times are in UTC.
pub fn parse_time(text: &str) -> Result<Timestamp, NotATime> {
    let formed = text.len() >= 20 && text.as_bytes().get(10) == Some(&b'T') && text.ends_with('Z');
    formed.then(|| text.parse().ok()).flatten().ok_or_else(|| NotATime(text.to_owned()))
}

/// The time without fractions of a millisecond. Decisions use the precision that the ledger keeps.
#[must_use]
pub fn to_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// Writes a time as RFC 3339 in UTC with milliseconds.
#[must_use]
pub fn render_time(time: Timestamp) -> String {
    format!("{time:.3}")
}

/// When a record is in force: `from <= now < until`, each end open where absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// The first moment inside the window.
    pub from: Option<Timestamp>,
    /// The first moment after the window.
    pub until: Option<Timestamp>,
}

impl Window {
    /// Whether `now` is inside.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.has_begun(now) && !self.is_over(now)
    }

    /// Whether `from` is reached.
    #[must_use]
    pub fn has_begun(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now)
    }

    /// Whether `until` is reached.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// An optional time, for `#[serde(with)]`.
pub(crate) mod optional_time {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{parse_time, render_time};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| parse_time(&text)).transpose().map_err(serde::de::Error::custom)
    }

    pub(crate) fn serialize<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        time.map(render_time).serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rfc_3339_times_in_utc_are_accepted() {
        for good in ["2026-06-12T21:21:00Z", "2026-06-12T21:21:00.123Z"] {
            assert!(parse_time(good).is_ok(), "{good}");
        }
        for bad in ["2026-06-12", "2026-06-12T21:21:00", "2026-06-12T21:21:00+00:00", "2026-06-12 21:21:00Z", "Z", ""] {
            assert_eq!(parse_time(bad), Err(NotATime(bad.to_owned())));
        }
        assert_eq!(render_time(parse_time("2026-06-12T21:21:00Z").unwrap()), "2026-06-12T21:21:00.000Z");
    }

    #[test]
    fn windows_are_half_open() {
        let [before, from, inside, until] = ["59:59", "00:00", "30:00", "00:00"];
        let at = |hour: u8, rest: &str| parse_time(&format!("2026-06-12T{hour:02}:{rest}Z")).unwrap();
        let window = Window { from: Some(at(1, from)), until: Some(at(2, until)) };
        let open =
            [at(0, before), at(1, from), at(1, inside), at(1, before), at(2, until)].map(|now| window.is_open(now));
        assert_eq!(open, [false, true, true, true, false]);
        assert!(Window::default().is_open(at(0, from)));
    }
}
