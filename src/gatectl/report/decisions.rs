//! Pure. The sections from the ledger alone: decisions, refusals, permits without an answer.

use export_gate::terms::Window;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::chart::Chart;
use super::count::{Counts, Day};
use super::sheet::{Cell, Section, Sheet};
use super::tally::{Split, Tally};
use crate::display::grouped;

/// Decisions a day.
pub(super) fn a_day(counts: &Counts, now: Timestamp) -> Section {
    let days = all_days(counts, now);
    let charted: Vec<(String, Split)> = days.iter().map(|(date, day)| (date.to_string(), day.invocations)).collect();
    let row = |(date, day): &(Date, Day)| {
        let figures = [
            day.invocations.all(),
            day.invocations.permitted,
            day.invocations.refused,
            day.unanswered,
            day.screenings.permitted,
            day.screenings.refused,
        ];
        [Cell::text(date.to_string())].into_iter().chain(figures.map(Cell::Number)).collect()
    };
    let Day { invocations, .. } = counts.total();
    Section {
        id: "decisions",
        title: "Decisions a day",
        lead: match invocations.all() {
            0 => "No invocation was decided in this period.".into(),
            all => format!(
                "Of {} decisions on invocations {} permitted and {} refused.",
                grouped(all.into()),
                grouped(invocations.permitted.into()),
                grouped(invocations.refused.into())
            ),
        },
        chart: Chart::stack(&charted),
        sheet: Sheet {
            name: "decisions-by-day",
            caption: "Decisions by day and outcome",
            columns: &[
                ("day", "Day (UTC)"),
                ("decisions", "Decisions"),
                ("permitted", "Permitted"),
                ("refused", "Refused"),
                ("without_answer", "Without an answer"),
                ("screenings_permitted", "Screenings permitted"),
                ("screenings_refused", "Screenings refused"),
            ],
            rows: days.iter().map(row).collect(),
            nothing: "The period has no day yet.",
        },
        how: "An entry counts on the UTC day of its `at`. A decision is an entry of the kind `invocation`, permitted or refused \
              by its `outcome`; the chart shows these alone. An entry of the kind `completion` records that a permit gave its \
              caller no answer: such a permit stays among the permitted. Screenings, of the kind `screening`, invoke nothing \
              and are in no other figure of this report but those of possible matches.",
    }
}

/// Each day of the period that has begun, those without a decision too.
fn all_days(counts: &Counts, now: Timestamp) -> Vec<(Date, Day)> {
    let Window { from: Some(from), until: Some(until) } = counts.period else { return Vec::new() };
    let date = |time: Timestamp| time.to_zoned_datetime(TimeZone::UTC).date();
    let last =
        until.min(now.max(from)).checked_sub(jiff::SignedDuration::from_nanos(1)).map_or(from, |last| last.max(from));
    let mut days = counts.days.clone();
    let begun = date(from).series(jiff::Span::new().days(1)).take_while(|day| *day <= date(last));
    begun.for_each(|day| {
        days.entry(day).or_default();
    });
    days.into_iter().collect()
}

/// Refusals by code.
pub(super) fn by_code(counts: &Counts) -> Section {
    let codes = counts.codes.sorted(|count| count.refusals);
    let charted: Vec<(String, u64)> = codes.iter().map(|(code, count)| ((*code).to_owned(), count.refusals)).collect();
    let refused = counts.total().invocations.refused;
    let row = |(code, count): &(&str, super::count::CodeCount)| {
        vec![
            Cell::text(*code),
            Cell::Number(count.refusals),
            Cell::share(count.refusals, refused),
            Cell::Number(count.first),
        ]
    };
    Section {
        id: "codes",
        title: "Refusals by code",
        lead: "A refusal has every reason that applied, so it can count at several codes.".into(),
        chart: Chart::bars("Refusals by code", &charted),
        sheet: Sheet {
            name: "refusals-by-code",
            caption: "Refused invocations by code",
            columns: &[
                ("code", "Code"),
                ("refusals", "Refusals with it as a reason"),
                ("percent_of_refusals", "Of all refusals"),
                ("told_first", "Refusals with it as the first reason"),
            ],
            rows: codes.iter().map(row).collect(),
            nothing: "Nothing was refused.",
        },
        how: "Entries of the kind `invocation` whose `outcome` is `refuse`, by the code of each of their `reasons`, each code once \
              an entry. The first reason gives the answer its status; counted by it, the refusals come to their number.",
    }
}

/// Refusals by destination.
pub(super) fn by_destination(counts: &Counts) -> Section {
    Section {
        id: "destinations",
        title: "Refusals by destination",
        lead: "Where the answers would have gone.".into(),
        chart: Chart::bars("Refusals by destination", &refusals(&counts.destinations)),
        sheet: split(
            &counts.destinations,
            "refusals-by-destination",
            "Refused and permitted invocations by destination",
            &[("destination", "Destination"), REFUSED, PERMITTED, PERCENT],
        ),
        how: "Entries of the kind `invocation` by their `destination`: the region (ISO 3166-2) where it is known, else the \
              country (ISO 3166-1), else `?` for unknown.",
    }
}

/// Refusals by model.
pub(super) fn by_model(counts: &Counts) -> Section {
    Section {
        id: "models",
        title: "Refusals by model",
        lead: "Requested models.".into(),
        chart: Chart::bars("Refusals by model", &refusals(&counts.models)),
        sheet: split(
            &counts.models,
            "refusals-by-model",
            "Refused and permitted invocations by model",
            &[("model", "Model"), REFUSED, PERMITTED, PERCENT],
        ),
        how: "Entries of the kind `invocation` by their `model`: name and version where the register knows it, else what was \
              asked for.",
    }
}

const REFUSED: super::sheet::Column = ("refused", "Refused");
const PERMITTED: super::sheet::Column = ("permitted", "Permitted");
const PERCENT: super::sheet::Column = ("percent_refused", "Share refused");

fn refusals(tally: &Tally<Split>) -> Vec<(String, u64)> {
    tally.sorted(|split| split.refused).iter().map(|(name, split)| ((*name).to_owned(), split.refused)).collect()
}

fn split(
    tally: &Tally<Split>,
    name: &'static str,
    caption: &'static str,
    columns: &'static [super::sheet::Column],
) -> Sheet {
    let row = |(name, split): &(&str, Split)| {
        let share = Cell::share(split.refused, split.all());
        vec![Cell::text(*name), Cell::Number(split.refused), Cell::Number(split.permitted), share]
    };
    let rows = tally.sorted(|split| split.refused).iter().map(row).collect();
    Sheet { name, caption, columns, rows, nothing: "No invocation was decided." }
}

/// Permits that gave no answer.
pub(super) fn failures(counts: &Counts) -> Section {
    let Day { invocations, unanswered, .. } = counts.total();
    let row = |((status, code), count): (&(u16, String), &u64)| {
        vec![Cell::text(status.to_string()), Cell::text(code), Cell::Number(*count), Cell::share(*count, unanswered)]
    };
    Section {
        id: "failures",
        title: "Permits without an answer",
        lead: match unanswered {
            0 => "No permit was without an answer.".into(),
            some => format!("{} beside {} permits.", grouped(some.into()), grouped(invocations.permitted.into())),
        },
        chart: None,
        sheet: Sheet {
            name: "permits-without-answer",
            caption: "Permits that gave their caller no answer, by status and code",
            columns: &[
                ("status", "Status"),
                ("code", "Code"),
                ("completions", "Completions"),
                ("percent", "Of all completions"),
            ],
            rows: counts.completions.iter().map(row).collect(),
            nothing: "There is no completion.",
        },
        how: "Entries of the kind `completion` by their `status` and the code of their reason: the model was not ready, failed \
              or took too long, or the answer could not be recorded. What the gate could not decide at all (503 of the \
              register) is no decision, and stands in the log, not in the ledger.",
    }
}
