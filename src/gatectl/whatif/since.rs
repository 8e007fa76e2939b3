//! Pure. The beginning of a period, as people say it: so long ago, or a moment.

use export_gate::terms::parse_time;
use jiff::{SignedDuration, Timestamp};

use crate::outcome::Trouble;

/// So long ago, or a moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Since {
    /// So long ago.
    Ago(SignedDuration),
    /// A moment.
    At(Timestamp),
}

impl Since {
    /// Reads `7d`, `24h`, `90m` or an RFC 3339 time. A day has 24 hours.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Ok(at) = parse_time(text) {
            return Ok(Self::At(at));
        }
        let wrong = || format!("`{text}` is no period such as 7d, 24h or 90m, nor a time such as 2026-06-12T21:21:00Z");
        let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
        let seconds: i64 = match unit {
            "w" => 604_800,
            "d" => 86_400,
            "h" => 3_600,
            "m" => 60,
            _ => return Err(wrong()),
        };
        let number: i64 = number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
        number.checked_mul(seconds).map(|all| Self::Ago(SignedDuration::from_secs(all))).ok_or_else(wrong)
    }

    /// The moment, as of `now`.
    pub(crate) fn before(&self, now: Timestamp) -> Result<Timestamp, Trouble> {
        match self {
            Self::At(at) => Ok(*at),
            Self::Ago(ago) => now.checked_sub(*ago).map_err(|error| Trouble::of("the period is too long", error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_people_say_them() {
        let now = parse_time("2026-11-24T12:00:00Z").unwrap();
        let table = [
            ("7d", "2026-11-17T12:00:00Z"),
            ("24h", "2026-11-23T12:00:00Z"),
            ("90m", "2026-11-24T10:30:00Z"),
            ("2w", "2026-11-10T12:00:00Z"),
            ("2026-06-12T21:21:00Z", "2026-06-12T21:21:00Z"),
        ];
        for (text, at) in table {
            assert_eq!(Since::parse(text).unwrap().before(now).unwrap(), parse_time(at).unwrap(), "{text}");
        }
        for bad in ["", "7", "d", "-7d", "0d", "7 d", "7y", "2026-06-12", "é", "99999999999999999w"] {
            assert!(Since::parse(bad).is_err(), "{bad}");
        }
    }
}
