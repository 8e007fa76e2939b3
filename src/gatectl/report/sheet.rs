//! Pure. A table of figures: the same cells as a person reads them, as CSV and as JSON.

use export_gate::terms::render_time;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::chart::Chart;
use crate::display::{grouped, visible};
use crate::period::render_duration;

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sheet {
    /// The CSV file's name, and the table's in JSON.
    pub(super) name: &'static str,
    /// Its caption.
    pub(super) caption: &'static str,
    pub(super) columns: &'static [Column],
    pub(super) rows: Vec<Vec<Cell>>,
    /// The text if there are no rows.
    pub(super) nothing: &'static str,
}

/// A column: its name for scripts, and its heading for people.
pub(super) type Column = (&'static str, &'static str);

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Number(u64),
    /// Thousandths.
    Share(u64),
    Time(Timestamp),
    Span(SignedDuration),
    /// Nothing, and what that means.
    None(&'static str),
}

/// Characters of a text past which it may be broken anywhere.
const LONG: usize = 24;

impl Cell {
    /// A text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// `part` of `whole`.
    pub(super) fn share(part: u64, whole: u64) -> Self {
        match part.saturating_mul(1000).checked_div(whole) {
            Some(thousandths) => Self::Share(thousandths),
            None => Self::None("–"),
        }
    }

    /// A time, or what it means that there is none.
    pub(super) fn time(time: Option<Timestamp>, none: &'static str) -> Self {
        time.map_or(Self::None(none), Self::Time)
    }

    /// From one time to another; nothing where one of them is missing, or the second comes first.
    pub(super) fn span(from: Option<Timestamp>, to: Option<Timestamp>) -> Self {
        match from.zip(to).map(|(from, to)| to.duration_since(from)) {
            Some(span) if !span.is_negative() => Self::Span(span),
            Some(_) | None => Self::None("–"),
        }
    }

    /// Whether it stands to the right.
    pub(super) fn is_figure(&self) -> bool {
        matches!(self, Self::Number(_) | Self::Share(_) | Self::Span(_))
    }

    /// A time's date, and the rest of it: neither is broken on the page.
    pub(super) fn moment(&self) -> Option<(String, String)> {
        let Self::Time(time) = self else { return None };
        moment(*time).split_once(' ').map(|(date, time)| (date.to_owned(), time.to_owned()))
    }

    /// How the page sets it.
    pub(super) fn class(&self) -> &'static str {
        match self {
            Self::Text(text) if text.chars().count() > LONG => "long",
            Self::Text(_) => "text",
            Self::Number(_) | Self::Share(_) | Self::Span(_) => "number",
            Self::Time(_) => "time",
            Self::None(_) => "none",
        }
    }

    /// Whether it is none.
    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::None(_))
    }

    /// As a person reads it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(text) => visible(text),
            Self::Number(number) => grouped(u128::from(*number)),
            Self::Share(share) => percent(*share),
            Self::Time(time) => moment(*time),
            Self::Span(span) => render_duration(*span),
            Self::None(what) => (*what).to_owned(),
        }
    }

    fn csv(&self) -> String {
        match self {
            // A spreadsheet takes these for formulas, and names can be anything that a caller asks for.
            Self::Text(text) if text.trim_start().starts_with(['=', '+', '-', '@']) => format!("'{}", visible(text)),
            Self::Text(text) => visible(text),
            Self::Number(number) => number.to_string(),
            Self::Share(share) => percent(*share).replace(" %", ""),
            Self::Time(time) => render_time(*time),
            Self::Span(span) => format!("{}.{:03}", span.as_secs(), span.subsec_millis()),
            Self::None(_) => String::new(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
            Self::Share(_) | Self::Span(_) => serde_json::from_str(&self.csv()).unwrap_or_default(),
            Self::Time(time) => json!(render_time(*time)),
            Self::None(_) => Value::Null,
        }
    }
}

impl Sheet {
    /// As CSV, with a heading.
    pub(super) fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.columns.iter().map(|(name, _)| name))?;
        for row in &self.rows {
            writer.write_record(row.iter().map(Cell::csv))?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }

    /// As JSON: an object a row.
    pub(super) fn json(&self) -> Value {
        let row = |row: &Vec<Cell>| -> Map<String, Value> {
            self.columns.iter().zip(row).map(|((name, _), cell)| ((*name).to_owned(), cell.json())).collect()
        };
        self.rows.iter().map(|cells| Value::Object(row(cells))).collect()
    }
}

/// `12.3 %`.
fn percent(thousandths: u64) -> String {
    let whole = thousandths.checked_div(10).unwrap_or_default();
    format!("{whole}.{} %", thousandths.checked_rem(10).unwrap_or_default())
}

/// `2026-06-12 21:21:00.123`.
pub(super) fn moment(time: Timestamp) -> String {
    render_time(time).replace('T', " ").replace(".000Z", "").replace('Z', "")
}

/// A section of the report.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// Its result in a sentence.
    pub(super) lead: String,
    pub(super) chart: Option<Chart>,
    pub(super) sheet: Sheet,
    /// How it was counted; field names are in backticks.
    pub(super) how: &'static str,
}

impl Section {
    /// The method in parts: whether a part is a name, and its text.
    pub(super) fn how(&self) -> impl Iterator<Item = (bool, &'static str)> {
        [false, true].into_iter().cycle().zip(self.how.split('`'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_value_for_all_its_readers() {
        let time = "2026-06-12T21:21:00.5Z".parse().unwrap();
        // the cell; for people, in CSV, in JSON
        let cases = [
            (Cell::text("a,b"), "a,b", "a,b", json!("a,b")),
            (Cell::text("=1+1"), "=1+1", "'=1+1", json!("=1+1")),
            (Cell::Number(1234), "1,234", "1234", json!(1234)),
            (Cell::share(1, 8), "12.5 %", "12.5", json!(12.5)),
            (Cell::share(1, 0), "–", "", json!(null)),
            (
                Cell::Time(time),
                "2026-06-12 21:21:00.500",
                "2026-06-12T21:21:00.500Z",
                json!("2026-06-12T21:21:00.500Z"),
            ),
            (Cell::Span(SignedDuration::from_millis(1_234)), "1.234 s", "1.234", json!(1.234)),
            (Cell::Span(SignedDuration::from_secs(185)), "3 min 5 s", "185.000", json!(185.0)),
            (Cell::Span(SignedDuration::from_secs(7_980)), "2 h 13 min", "7980.000", json!(7980.0)),
            (Cell::Span(SignedDuration::from_hours(102)), "4 d 6 h", "367200.000", json!(367_200.0)),
            (Cell::span(Some(time), None), "–", "", json!(null)),
            (Cell::None("none yet"), "none yet", "", json!(null)),
        ];
        for (cell, shown, csv, json) in cases {
            assert_eq!((cell.shown().as_str(), cell.csv().as_str(), cell.json()), (shown, csv, json));
        }
    }

    #[test]
    fn a_sheet_is_quoted_where_it_must_be() {
        let sheet = Sheet {
            columns: &[("a", "A"), ("b", "B")],
            rows: vec![vec![Cell::text("x,\"y\"\nz"), Cell::Number(1)]],
            ..Sheet::default()
        };
        assert_eq!(String::from_utf8(sheet.csv().unwrap()).unwrap(), "a,b\n\"x,\"\"y\"\"\\u{a}z\",1\n");
        assert_eq!(sheet.json(), json!([{"a": "x,\"y\"\nz", "b": 1}]));
    }
}
