//! Pure. How far the local clock is from DynamoDB's.

use jiff::Timestamp;

/// A difference that the times in records stand.
const MOST: i64 = 2;

/// What is wrong with the local clock, where it surely differs by more than that; `date` is DynamoDB's, in whole seconds,
/// and was read by its clock between `sent` and `received`.
pub(crate) fn difference(sent: Timestamp, received: Timestamp, date: i64) -> Option<String> {
    let (sent, received) = (sent.as_second(), received.as_second());
    let (ahead, behind) = (sent.saturating_sub(date), date.saturating_sub(received));
    let (by, way) = if ahead > MOST {
        (ahead, "ahead of")
    } else if behind > MOST {
        (behind, "behind")
    } else {
        return None;
    };
    Some(format!(
        "this machine's clock is {by} s {way} DynamoDB's: the `at` of what is written is wrong by as much, and so is each \
         `--from`, `--until` or `--at` that was reckoned from it; set the clock by NTP"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_noted_only_where_it_surely_differs() {
        // Milliseconds: when it was sent and received; seconds: DynamoDB's date, what is said
        for (sent, received, date, says) in [
            (10_000, 10_500, 10, None),
            // The date has lost up to a second.
            (12_900, 13_000, 10, None),
            (13_000, 13_100, 10, Some("3 s ahead of")),
            (10_000, 10_100, 12, None),
            (10_000, 10_100, 13, Some("3 s behind")),
            // A slow answer says nothing about the clock.
            (10_000, 70_000, 10, None),
            (10_000, 70_000, 70, None),
            (10_000, 70_000, 7, Some("3 s ahead of")),
        ] {
            let time = |milliseconds| Timestamp::from_millisecond(milliseconds).unwrap();
            let found = difference(time(sent), time(received), date);
            assert_eq!(found.is_some(), says.is_some(), "{sent} {received} {date}: {found:?}");
            assert!(found.unwrap_or_default().contains(says.unwrap_or_default()), "{sent} {received} {date}");
        }
    }
}
