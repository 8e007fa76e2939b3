//! Pure. Moments and durations in options and output.

use export_gate::terms::parse_time;
use jiff::{SignedDuration, Span, Timestamp};

/// A moment, absolute or before now.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Since {
    Moment(Timestamp),
    Ago(SignedDuration),
}

/// Parses `2026-06-12T21:21:00Z`, `7d` or `24h`.
pub(crate) fn since(text: &str) -> Result<Since, String> {
    if let Ok(moment) = parse_time(text) {
        return Ok(Since::Moment(moment));
    }
    let span: Option<Span> = text.parse().ok();
    // A day has 24 hours.
    let ago = span.and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok());
    match ago.filter(|ago| ago.is_positive()) {
        Some(ago) => Ok(Since::Ago(ago)),
        None => Err("expected a time in UTC, such as 2026-06-12T21:21:00Z, or a duration, such as 7d or 24h".into()),
    }
}

impl Since {
    /// The moment.
    pub(crate) fn moment(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Moment(moment) => moment,
            Self::Ago(ago) => now.checked_sub(ago).unwrap_or(Timestamp::MIN),
        }
    }
}

/// A duration in its two largest units: `3 d 4 h`, `2 min 5 s`, `0.250 s`.
pub(crate) fn render_duration(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    let pair = |large: i64, unit: &str, small: i64, below: &str| {
        let whole = seconds.checked_div(large).unwrap_or_default();
        let rest = seconds.checked_rem(large).and_then(|rest| rest.checked_div(small)).unwrap_or_default();
        if rest == 0 { format!("{whole} {unit}") } else { format!("{whole} {unit} {rest} {below}") }
    };
    match seconds {
        86_400.. => pair(86_400, "d", 3600, "h"),
        3600.. => pair(3600, "h", 60, "min"),
        60.. => pair(60, "min", 1, "s"),
        _ => format!("{seconds}.{:03} s", duration.subsec_millis()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_durations_are_parsed_and_rendered() {
        let now = parse_time("2026-06-12T21:21:00Z").unwrap();
        for (text, moment) in [
            ("7d", "2026-06-05T21:21:00Z"),
            ("24h", "2026-06-11T21:21:00Z"),
            ("2026-06-01T00:00:00Z", "2026-06-01T00:00:00Z"),
        ] {
            assert_eq!(since(text).unwrap().moment(now), parse_time(moment).unwrap(), "{text}");
        }
        for bad in ["", "7", "yesterday", "-7d", "0d", "2026-06-01", "1 month"] {
            assert!(since(bad).is_err(), "{bad}");
        }
        for (seconds, words) in [(0, "0.000 s"), (65, "1 min 5 s"), (7200, "2 h"), (90_000, "1 d 1 h")] {
            assert_eq!(render_duration(SignedDuration::from_secs(seconds)), words);
        }
    }
}
