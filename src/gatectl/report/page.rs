//! Pure. The report as one page that needs nothing else: no network, no script, and a policy that allows neither.

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use export_gate::terms::{Window, render_time};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::chart::Chart;
use super::count::{Counts, Named};
use super::sheet::{Cell, Section, Sheet, moment};
use crate::display::{grouped, visible_lines};

/// The page's style. The content security policy has its hash.
const STYLE: &str = include_str!("page.css");

/// The most rows of a table by name on the page; CSV and JSON have all.
const MOST_ROWS: usize = 100;

/// The head of a report.
pub(super) struct Head {
    pub(super) period: Window,
    pub(super) made: Timestamp,
    pub(super) by: Option<String>,
    /// The sources: name, and table, folder or file.
    pub(super) sources: Vec<(&'static str, String)>,
    /// The register's revision.
    pub(super) revision: u64,
    pub(super) entries: u64,
    pub(super) twice: u64,
    pub(super) unproved: Named,
    pub(super) unread: Named,
    /// The main figures with their names.
    pub(super) figures: Vec<(String, &'static str)>,
}

/// A report.
#[derive(Template)]
#[template(config = "report/askama.toml", path = "page.html")]
pub(super) struct Report {
    pub(super) head: Head,
    pub(super) sections: Vec<Section>,
}

impl Head {
    /// The main figures.
    pub(super) fn figures(counts: &Counts) -> Vec<(String, &'static str)> {
        let total = counts.total();
        let share = Cell::share(total.invocations.refused, total.invocations.all());
        let number = |number: u64| grouped(number.into());
        vec![
            (number(total.invocations.all()), "decisions"),
            (number(total.invocations.permitted), "permitted"),
            (number(total.invocations.refused), "refused"),
            (share.shown(), "of decisions refused"),
            (number(total.unanswered), "permits without an answer"),
            (number(total.screenings.all()), "screenings, apart"),
        ]
    }

    /// Whether all that was read is an entry that bears its hash.
    pub(super) fn is_sound(&self) -> bool {
        self.unproved.count == 0 && self.unread.count == 0
    }

    fn from(&self) -> String {
        self.period.from.map(day).unwrap_or_default()
    }

    fn until(&self) -> String {
        self.period.until.map(day).unwrap_or_default()
    }

    fn made(&self) -> String {
        moment(self.made)
    }

    fn entries(&self) -> String {
        grouped(self.entries.into())
    }

    fn is_unfinished(&self) -> bool {
        self.period.until.is_some_and(|until| self.made < until)
    }

    /// Both kinds of faults, with a heading each.
    fn faults(&self) -> Vec<(&'static str, &Named)> {
        let both = [("Entries that don't bear their hash", &self.unproved), ("What could not be read", &self.unread)];
        both.into_iter().filter(|(_, named)| named.count > 0).collect()
    }

    fn json(&self) -> Value {
        let named = |named: &Named| {
            let all = named.named.iter().map(|(place, why)| json!({"place": place, "why": why}));
            json!({"count": named.count, "named": all.collect::<Vec<Value>>()})
        };
        let sources: Map<String, Value> =
            self.sources.iter().map(|(what, source)| (what.to_lowercase(), json!(source))).collect();
        json!({
            "from": self.period.from.map(render_time), "to": self.period.until.map(render_time),
            "made": render_time(self.made), "by": self.by, "version": env!("CARGO_PKG_VERSION"), "sources": sources,
            "revision": self.revision, "entries": self.entries, "counted_once_of_several": self.twice,
            "without_their_hash": named(&self.unproved), "unread": named(&self.unread),
        })
    }
}

impl Report {
    /// The page.
    pub(super) fn page(&self) -> Result<String, askama::Error> {
        self.render().map(|page| visible_lines(&page))
    }

    /// The same figures as one document.
    pub(super) fn json(&self) -> Value {
        let figures = |section: &Section| (section.sheet.name.to_owned(), section.sheet.json());
        let how = |section: &Section| (section.sheet.name.to_owned(), json!(section.how));
        json!({
            "report": self.head.json(),
            "figures": self.sections.iter().map(figures).collect::<Map<_, _>>(),
            "how": self.sections.iter().map(how).collect::<Map<_, _>>(),
        })
    }

    /// Nothing but this style; no script, no picture, no font, no form, no other address.
    fn policy(&self) -> String {
        let hash = STANDARD.encode(export_gate::digest::sha256(STYLE));
        format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
    }

    fn style(&self) -> &'static str {
        STYLE
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

impl Sheet {
    /// The rows that the page shows: days are never left out.
    fn shown(&self) -> &[Vec<Cell>] {
        let is_named = self.columns.first().is_some_and(|(name, _)| *name != "day");
        self.rows.get(..MOST_ROWS).filter(|_| is_named).unwrap_or(&self.rows)
    }

    fn left_out(&self) -> usize {
        self.rows.len().saturating_sub(self.shown().len())
    }

    /// A row's cells, each with its column's heading and whether that is of figures.
    fn cells<'a>(&'a self, row: &'a [Cell]) -> impl Iterator<Item = (&'static str, bool, &'a Cell)> {
        self.headings().zip(row).map(|((heading, is_figure), cell)| (heading, is_figure, cell))
    }

    /// The columns, each with whether it is of figures, which stand to the right.
    fn headings(&self) -> impl Iterator<Item = (&'static str, bool)> {
        let is_figure = |index: usize| {
            let mut cells = self.rows.iter().filter_map(|row| row.get(index)).filter(|cell| !cell.is_none());
            cells.next().is_some_and(Cell::is_figure)
        };
        self.columns.iter().enumerate().map(move |(index, (_, heading))| (*heading, is_figure(index)))
    }

    /// Whether it has more columns than a narrow page has room for.
    fn is_wide(&self) -> bool {
        self.columns.len() > 7
    }
}

/// A time, at midnight as a day.
fn day(time: Timestamp) -> String {
    let moment = moment(time);
    moment.strip_suffix(" 00:00:00").map(str::to_owned).unwrap_or(moment)
}
