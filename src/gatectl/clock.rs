//! Pure. The difference between the local clock and DynamoDB's.

use jiff::Timestamp;

/// The tolerated difference in seconds.
const TOLERANCE: i64 = 2;

/// The warning, if the local clock certainly differs by more than the tolerance. DynamoDB's clock read `date`, in whole
/// seconds, between `sent` and `received`.
pub(crate) fn difference(sent: Timestamp, received: Timestamp, date: i64) -> Option<String> {
    let (sent, received) = (sent.as_second(), received.as_second());
    let (ahead, behind) = (sent.saturating_sub(date), date.saturating_sub(received));
    let (by, way) = if ahead > TOLERANCE {
        (ahead, "ahead of")
    } else if behind > TOLERANCE {
        (behind, "behind")
    } else {
        return None;
    };
    Some(format!(
        "this machine's clock is {by} s {way} DynamoDB's: the `at` of written records is wrong by as much, and so is each \
         `--from`, `--until` or `--at` that was derived from it; synchronise the clock by NTP"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_certain_difference_is_reported() {
        // sent and received in milliseconds, DynamoDB's date in seconds, part of the warning
        for (sent, received, date, expected) in [
            (10_000, 10_500, 10, None),
            // The date is rounded down.
            (12_900, 13_000, 10, None),
            (13_000, 13_100, 10, Some("3 s ahead of")),
            (10_000, 10_100, 12, None),
            (10_000, 10_100, 13, Some("3 s behind")),
            // A slow answer is no evidence about the clock.
            (10_000, 70_000, 10, None),
            (10_000, 70_000, 70, None),
            (10_000, 70_000, 7, Some("3 s ahead of")),
        ] {
            let time = |milliseconds| Timestamp::from_millisecond(milliseconds).unwrap();
            let found = difference(time(sent), time(received), date);
            assert_eq!(found.is_some(), expected.is_some(), "{sent} {received} {date}: {found:?}");
            assert!(found.unwrap_or_default().contains(expected.unwrap_or_default()), "{sent} {received} {date}");
        }
    }
}
