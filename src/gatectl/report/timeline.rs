//! Pure. When a record was written, in force, changed and over, from all its versions.

use export_gate::record::Item;
use export_gate::terms::parse_time;
use jiff::Timestamp;

use crate::item::text;

/// What a record's versions come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Timeline {
    /// When its first version was written; absent where that version doesn't say.
    pub(super) recorded: Option<Timestamp>,
    /// Since when it could be obeyed: its `from`, or its first version's `at` where that is later.
    pub(super) begun: Option<Timestamp>,
    /// When its later versions were written.
    pub(super) changed: Vec<Timestamp>,
    /// Since when it is over or withdrawn; absent where it is not.
    pub(super) over: Option<Timestamp>,
}

/// From when to when a version was in force; an end that is absent is open.
type Stretch = (Timestamp, Option<Timestamp>);

impl Timeline {
    /// Reads the versions of a record, the first one first.
    pub(super) fn of(versions: &[Item]) -> Self {
        let written: Vec<Option<Timestamp>> = versions.iter().map(|version| time(version, "at")).collect();
        let next = written.iter().skip(1).copied().chain([None]);
        let mut stretches: Vec<Stretch> = Vec::new();
        for (index, ((version, at), next)) in versions.iter().zip(&written).zip(next).enumerate() {
            let Some((start, end)) = in_force(version, *at, next, index == 0) else { continue };
            match stretches.last_mut() {
                Some(last) if last.1.is_none_or(|last_end| start <= last_end) => last.1 = end,
                Some(_) | None => stretches.push((start, end)),
            }
        }
        let begun = stretches.first().map(|(start, _)| *start);
        Self {
            recorded: written.first().copied().flatten(),
            begun: begun.filter(|begun| *begun > Timestamp::MIN),
            changed: written.iter().skip(1).copied().flatten().collect(),
            over: stretches.last().and_then(|(_, end)| *end),
        }
    }
}

/// When a version was in force, which was written at `at` and replaced at `next`.
fn in_force(version: &Item, at: Option<Timestamp>, next: Option<Timestamp>, is_first: bool) -> Option<Stretch> {
    if version.get("withdrawn").is_some_and(|value| value.as_bool() == Ok(&true)) {
        return None;
    }
    let (from, until) = (time(version, "from"), time(version, "until"));
    // A first version that was over when written is a migrated record: only its window is known.
    let is_late = is_first && until.zip(at).is_some_and(|(until, at)| until <= at);
    let start = if is_late { from.or(at) } else { from.max(at) }.unwrap_or(Timestamp::MIN);
    let end = [until, next.filter(|_| !is_late)].into_iter().flatten().min();
    end.is_none_or(|end| start < end).then_some((start, end))
}

/// A time of a record; absent where there is none that can be read.
pub(super) fn time(item: &Item, name: &str) -> Option<Timestamp> {
    parse_time(text(item, name)).ok()
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;

    /// `at` and other attributes, with times as days in June.
    fn version(day: &str, more: &[(&str, &str)]) -> Item {
        let mut item = Item::new();
        for (name, day) in [("at", day)].iter().chain(more).filter(|(_, day)| !day.is_empty()) {
            let value = match *name {
                "withdrawn" => AttributeValue::Bool(true),
                _ => AttributeValue::S(format!("2026-06-{day}T00:00:00Z")),
            };
            item.insert((*name).to_owned(), value);
        }
        item
    }

    #[test]
    fn versions_come_to_a_beginning_and_an_end() {
        let first = || version("12", &[]);
        // the versions; since when, until when
        let cases = [
            (vec![first()], Some("12"), None),
            (vec![version("12", &[("from", "15")])], Some("15"), None),
            (vec![version("12", &[("from", "10")])], Some("12"), None),
            (vec![first(), version("20", &[])], Some("12"), None),
            (vec![first(), version("30", &[("until", "30")])], Some("12"), Some("30")),
            (vec![first(), version("20", &[("until", "30")])], Some("12"), Some("30")),
            // An end that is dated back counts from when it was written.
            (vec![first(), version("30", &[("until", "15")])], Some("12"), Some("30")),
            (vec![first(), version("30", &[("withdrawn", "x")])], Some("12"), Some("30")),
            (vec![first(), version("20", &[("withdrawn", "x")]), version("25", &[])], Some("12"), None),
            (vec![version("12", &[("withdrawn", "x")])], None, None),
            (vec![version("12", &[("from", "20")]), version("14", &[("from", "16")])], Some("16"), None),
            // The time of writing is unknown.
            (vec![version("", &[])], None, None),
            (vec![version("", &[("from", "12"), ("until", "30")])], Some("12"), Some("30")),
            // Written when all was over.
            (vec![version("30", &[("from", "12"), ("until", "30")])], Some("12"), Some("30")),
        ];
        for (versions, begun, over) in cases {
            let found = Timeline::of(&versions);
            let day = |time: Option<Timestamp>| time.map(|time| time.to_string()[8..10].to_owned());
            assert_eq!((day(found.begun).as_deref(), day(found.over).as_deref()), (begun, over), "{versions:?}");
        }
    }
}
