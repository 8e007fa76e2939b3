//! Pure. The section on potential matches: which requests were refused, and how long until an officer decided.

use jiff::{SignedDuration, Timestamp};

use super::sheet::{Cell, Section, Sheet};
use crate::period::render_duration;
use crate::review::queue::{Match, Queue, Refusals, Resolution};
use crate::snapshot::Snapshot;

/// How long potential matches waited.
pub(super) fn reviews(queue: &Queue, snapshot: &Snapshot, from: Timestamp, now: Timestamp) -> Section {
    // A clearance that is no longer valid leaves its match open.
    let decided =
        |resolution: &Resolution| resolution.decided().filter(|_| !resolution.is_open()).and_then(|one| one.at);
    let all =
        queue.all().into_iter().map(|(of, refusals)| (of, refusals, of.resolution(Some(refusals), snapshot, now)));
    let reviews: Vec<(&Match, &Refusals, Resolution)> =
        all.filter(|(_, _, resolution)| decided(resolution).is_none_or(|at| from <= at)).collect();
    let mut spans: Vec<SignedDuration> = reviews
        .iter()
        .filter(|(_, _, resolution)| !resolution.is_open())
        .map(|(_, refusals, resolution)| resolution.waited(refusals, now))
        .collect();
    spans.sort_unstable();
    let open = reviews.iter().filter(|(_, _, resolution)| resolution.is_open()).count();
    let row = |(of, refusals, resolution): &(&Match, &Refusals, Resolution)| {
        vec![
            // The report names no person.
            Cell::text(if of.subject.starts_with("organisation#") { &of.subject } else { "a person" }),
            Cell::text(&of.party),
            Cell::Time(refusals.first),
            Cell::Number(refusals.count),
            Cell::text(resolution.word()),
            Cell::time(decided(resolution), "–"),
            Cell::Span(resolution.waited(refusals, now)),
        ]
    };
    Section {
        id: "reviews",
        title: "Potential matches, and how long they waited",
        lead: match (reviews.len(), median(&spans)) {
            (0, _) => "No request was refused for a potential match.".into(),
            (_, None) => format!("{open} open, none decided."),
            (_, Some(median)) => format!(
                "{} decided: median {}, longest {}. {open} open.",
                spans.len(),
                render_duration(median),
                spans.last().copied().map(render_duration).unwrap_or_default()
            ),
        },
        chart: None,
        sheet: Sheet {
            name: "reviews",
            caption: "Potential matches that were open in this period",
            columns: &[
                ("subject", "Screened party"),
                ("party", "ListedParty party"),
                ("first_refusal", "First refusal"),
                ("refusals", "Refusals"),
                ("state", "State"),
                ("decided", "Decided"),
                ("seconds_waited", "Waited"),
            ],
            rows: reviews.iter().map(row).collect(),
            nothing: "There is none.",
        },
        how: "Entries of any kind, before this period too, with a reason of the code `party.review`, by its `subject` and \
              `party`; refusals counts them all. Decided is the `at` of the clearance, or of the embargo that confirms the \
              match, as the register stands now; what was decided before this period is left out. What is open has waited \
              until this report was made. Persons are not named.",
    }
}

/// The median; the lower one of two.
fn median(sorted: &[SignedDuration]) -> Option<SignedDuration> {
    sorted.get(sorted.len().saturating_sub(1).checked_div(2)?).copied()
}
