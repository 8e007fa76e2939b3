//! Pure. Turns figures and growth into tables, and shows them in a terminal or as Markdown.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Width};

use super::goal::display_goal;
use super::number::{NONE, display, times};
use crate::figures::{Figure, Goal, Growth, Line, Part, Quantile, Unit, Who};

/// The headings, in the order of the report.
pub(super) const PARTS: [(Part, &str); 7] = [
    (Part::Start, "Start"),
    (Part::Latency, "Latency"),
    (Part::Cost, "Cost"),
    (Part::Instructions, "Instructions"),
    (Part::Size, "Size"),
    (Part::Alone, "Alone"),
    (Part::Noise, "Noise"),
];

/// Characters of the description in a line of a terminal.
const WHAT: u16 = 50;
/// Wider than any table, so that only descriptions wrap.
const WIDE: u16 = 400;

/// A table. Its first column has descriptions, the columns up to `numbers` have numbers.
pub(super) struct Table {
    heading: Vec<String>,
    rows: Vec<Vec<String>>,
    numbers: usize,
}

/// One quantile of a figure.
pub(super) struct Row<'a> {
    pub(super) figure: &'a Figure,
    pub(super) quantile: Quantile,
}

/// Each peer has a column for its number and, beside the gate's, one for its ratio to it.
pub(super) fn of_figures(heading: &str, figures: &[&Figure]) -> Table {
    let has_gate = figures.iter().any(|figure| figure.of(Who::Gate).is_some());
    let peers = peers(figures);
    let mut columns = vec![heading.to_owned()];
    columns.extend(has_gate.then(|| full_name(Who::Gate).to_owned()));
    for peer in &peers {
        columns.push(full_name(*peer).to_owned());
        columns.extend(has_gate.then(String::new));
    }
    let numbers = columns.len();
    let has_goals = figures.iter().any(|figure| !figure.goals.is_empty());
    columns.extend(has_goals.then(|| "goal".to_owned()));
    let row = |row: Row<'_>, has_two: bool| {
        let which = if has_two { format!(", {}", quantile(row.quantile)) } else { String::new() };
        let mut cells = vec![format!("{}{which}", row.figure.what)];
        cells.extend(has_gate.then(|| row.cell(Who::Gate)));
        for peer in &peers {
            cells.push(if row.figure.of(*peer).is_some() { row.cell(*peer) } else { String::new() });
            cells.extend(has_gate.then(|| row.ratio(*peer).map(times).unwrap_or_default()));
        }
        let goals: Vec<String> = row.goals().map(|goal| display_goal(row.figure, *goal)).collect();
        cells.extend(has_goals.then(|| goals.join("; ")));
        cells
    };
    let rows = figures.iter().flat_map(|figure| {
        let has_two = figure.measured.iter().any(|measured| measured.p99.is_some())
            || figure.goals.iter().any(|goal| goal.of == Quantile::P99);
        let quantiles = std::iter::once(Quantile::P50).chain(has_two.then_some(Quantile::P99));
        quantiles.map(move |quantile| row(Row { figure, quantile }, has_two))
    });
    Table { rows: rows.collect(), heading: columns, numbers }
}

/// A row for each line: its numbers, the last divided by the first, and whether it grows no faster than its axis.
pub(super) fn of_growth(growth: &Growth) -> Table {
    let mut heading = vec![format!("Growth: {}", growth.axis)];
    heading.extend(growth.at.iter().map(|at| display(growth.unit, *at)));
    heading.extend(["last ÷ first", "no faster"].map(str::to_owned));
    let row = |line: &Line| {
        let mut row = vec![format!("{}, {}", line.what, short_name(line.who))];
        let number = |place| line.values.get(place).map_or(NONE.to_owned(), |number| display(line.unit, *number));
        row.extend((0..growth.at.len()).map(number));
        let ends = line.values.first().zip(line.values.get(growth.at.len().saturating_sub(1)));
        let ends = ends.filter(|(first, last)| **first > 0.0 && **last > 0.0);
        row.push(ends.map_or(NONE.to_owned(), |(first, last)| times(last / first)));
        row.push(grows_no_faster(growth, line).to_owned());
        row
    };
    Table { rows: growth.lines.iter().map(row).collect(), numbers: heading.len(), heading }
}

/// Whether a line grows no faster than its axis. Zero places and numbers are left out.
fn grows_no_faster(growth: &Growth, line: &Line) -> &'static str {
    let mut there = growth.at.iter().zip(&line.values).filter(|(at, value)| **at > 0.0 && **value > 0.0);
    match (there.next(), there.next_back()) {
        (Some((from, first)), Some((to, last))) if last / first <= to / from => "✔",
        (Some(_), Some(_)) => "✘",
        _ => NONE,
    }
}

impl Table {
    /// The table for a terminal. Words and signs mark goals, so that it needs no colour.
    pub(super) fn terminal(&self) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDE);
        table.set_header(&self.heading).add_rows(&self.rows);
        for (index, column) in table.column_iter_mut().enumerate() {
            let description = ColumnConstraint::UpperBoundary(Width::Fixed(WHAT + 2));
            column.set_constraint(if index == 0 { description } else { ColumnConstraint::ContentWidth });
            column.set_padding((0, 2));
            if (1..self.numbers).contains(&index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }

    /// The table as Markdown.
    pub(super) fn markdown(&self) -> String {
        let line = |cells: &Vec<String>| {
            let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let aligned = |index| if (1..self.numbers).contains(&index) { "---:" } else { "---" };
        let under: Vec<&str> = (0..self.heading.len()).map(aligned).collect();
        let rows: String = self.rows.iter().map(line).collect();
        format!("{}| {} |\n{rows}", line(&self.heading), under.join(" | "))
    }
}

/// Escapes a text, so that it starts no column and no HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}

impl<'a> Row<'a> {
    /// A system's number, where it is finite.
    pub(super) fn number(&self, who: Who) -> Option<f64> {
        self.figure.of(who).and_then(|measured| measured.at(self.quantile)).filter(|number| number.is_finite())
    }

    /// The number as text, the gate's with its change since the earlier results.
    fn cell(&self, who: Who) -> String {
        let Some(number) = self.number(who) else { return NONE.to_owned() };
        let shown = display(self.figure.unit, number);
        match self.figure.before.filter(|before| who == Who::Gate && *before > 0.0) {
            Some(before) => format!("{shown} ({:+.1} %)", (number / before - 1.0) * 100.0),
            None => shown,
        }
    }

    /// How many times better than a peer the gate is. `None` beside the bench itself, and where a number is not positive,
    /// as a latency within the noise can be.
    pub(super) fn ratio(&self, peer: Who) -> Option<f64> {
        let (gate, peer) = (self.number(Who::Gate)?, self.number(peer).filter(|_| peer != Who::Bench)?);
        (gate > 0.0 && peer > 0.0).then(|| if self.figure.unit == Unit::PerSecond { gate / peer } else { peer / gate })
    }

    /// The goals of this quantile.
    fn goals(&self) -> impl Iterator<Item = &'a Goal> {
        self.figure.goals.iter().filter(|goal| goal.of == self.quantile)
    }
}

/// All systems in a table but the gate.
pub(super) fn peers(figures: &[&Figure]) -> Vec<Who> {
    let measured = figures.iter().flat_map(|figure| &figure.measured);
    let mut peers: Vec<Who> = measured.map(|measured| measured.who).filter(|who| *who != Who::Gate).collect();
    peers.sort_unstable();
    peers.dedup();
    peers
}

/// A system's name with its SDK.
pub(super) fn full_name(who: Who) -> &'static str {
    match who {
        Who::Calls => "its AWS calls alone",
        Who::Python => "Python, boto3",
        Who::Node => "Node.js, SDK v3",
        Who::Gate | Who::LiteLlm | Who::Nomenklatura | Who::Bench => short_name(who),
    }
}

/// A system's name.
pub(super) fn short_name(who: Who) -> &'static str {
    match who {
        Who::Gate => "gate",
        Who::Calls => "calls alone",
        Who::Python => "Python",
        Who::Node => "Node.js",
        Who::LiteLlm => "LiteLLM",
        Who::Nomenklatura => "nomenklatura",
        Who::Bench => "bench alone",
    }
}

/// `p50` or `p99`.
pub(super) fn quantile(quantile: Quantile) -> &'static str {
    match quantile {
        Quantile::P50 => "p50",
        Quantile::P99 => "p99",
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_gates_cell_shows_the_change_since_earlier_results() {
        let mut figure = sample::figure("instructions.permit");
        let cell = |figure: &Figure| Row { figure, quantile: Quantile::P50 }.cell(Who::Gate);
        assert_eq!(cell(&figure), "1.23 million");
        figure.before = Some(1_300_000.0);
        assert_eq!(cell(&figure), "1.23 million (-5.0 %)");
    }

    #[test]
    fn a_ratio_above_one_is_in_the_gates_favour() {
        let cases = [
            ("start.ready.small", Who::Python, Some("43×")),
            ("cost.rate.small", Who::Python, Some("6.2×")),
            ("start.ready.small", Who::LiteLlm, None),
            ("latency.added.0ms", Who::Python, None),
            ("alone.none", Who::Gate, None),
            ("noise.runtime_api", Who::Bench, None),
        ];
        for (id, peer, expected) in cases {
            let row = Row { figure: &sample::figure(id), quantile: Quantile::P50 };
            assert_eq!(row.ratio(peer).map(times).as_deref(), expected, "{id}");
        }
    }

    #[test]
    fn a_line_that_grows_faster_than_its_axis_is_marked() {
        let mut growth = sample::results().growth.remove(0);
        growth.at = vec![0.0, 10.0, 1_000.0];
        let mut marked = |values: &[f64]| {
            growth.lines[0].values = values.into();
            of_growth(&growth).rows[0][1..].join(" ")
        };
        assert_eq!(marked(&[1.0, 2.0, 200.0]), "1 s 2 s 200 s 200× ✔");
        assert_eq!(marked(&[0.0, 2.0, 201.0]), "0 s 2 s 201 s – ✘");
        assert_eq!(marked(&[5.0, 5.0, 5.0]), "5 s 5 s 5 s 1× ✔");
        assert_eq!(marked(&[1.0, 0.0, 3.0]), "1 s 0 s 3 s 3× –");
        assert_eq!(marked(&[4.7e-3]), "4.7 ms – – – –");
    }
}
