//! Pure. Formats results for a terminal: a table for each part and each axis, and a summary of the goals.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};

use super::goal::{display_goal, summary};
use super::growth::{self, KEEPS, SPREAD};
use super::number::times;
use super::row::{PARTS, Row, full_name, peers, quantile};
use crate::figures::{Figure, Results, Who};

/// Characters of the description in a line.
const WHAT: u16 = 50;
/// Wider than any table, so that only descriptions wrap.
const WIDE: u16 = 400;

/// The report. Words and signs mark goals, so that it needs no colour.
#[must_use]
pub fn print(results: &Results) -> String {
    let mut sections = Vec::new();
    for (part, heading) in PARTS {
        let figures: Vec<&Figure> = results.figures.iter().filter(|figure| figure.part == part).collect();
        if !figures.is_empty() {
            sections.push(part_of(heading, &figures));
        }
    }
    for growth in &growth::by_axis(&results.growth) {
        let mut heading = vec![format!("Growth: {}", growth.axis)];
        heading.extend(growth::places(growth));
        heading.extend([SPREAD, KEEPS].map(str::to_owned));
        sections.push(table(&heading, growth::rows(growth), heading.len()));
    }
    let failed = results.failed.iter().map(|failed| format!("not measured: {failed}"));
    sections.push(summary(results).into_iter().chain(failed).collect::<Vec<_>>().join("\n") + "\n");
    sections.join("\n")
}

/// Each peer has a column for its number and one for its ratio to the gate's.
fn part_of(heading: &str, figures: &[&Figure]) -> String {
    let has_gate = figures.iter().any(|figure| figure.of(Who::Gate).is_some());
    let has_goals = figures.iter().any(|figure| !figure.goals.is_empty());
    let peers = peers(figures.iter().copied());
    let mut headings = vec![heading.to_owned(), String::new()];
    headings.extend(has_gate.then(|| full_name(Who::Gate).to_owned()));
    for peer in &peers {
        headings.push(full_name(*peer).to_owned());
        headings.extend(has_gate.then(String::new));
    }
    let numbers = headings.len();
    headings.extend(has_goals.then(|| "goal".to_owned()));
    let row = |row: Row<'_>| {
        let what = if row.is_one_of_two && quantile(row.quantile) == "p99" { "" } else { &row.figure.what };
        let which = if row.is_one_of_two { quantile(row.quantile) } else { "" };
        let mut cells = vec![what.to_owned(), which.to_owned()];
        cells.extend(has_gate.then(|| row.cell(Who::Gate)));
        for peer in &peers {
            cells.push(if row.figure.of(*peer).is_some() { row.cell(*peer) } else { String::new() });
            cells.extend(has_gate.then(|| row.ratio(*peer).map(times).unwrap_or_default()));
        }
        let goals: Vec<String> = row.goals().map(|goal| display_goal(row.figure, *goal)).collect();
        cells.extend(has_goals.then(|| goals.join("\n")));
        cells
    };
    table(&headings, figures.iter().flat_map(|figure| Row::of(figure)).map(row), numbers)
}

/// Columns from the second up to `numbers` are aligned as numbers.
fn table(heading: &[String], rows: impl IntoIterator<Item = Vec<String>>, numbers: usize) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDE).set_header(heading);
    for row in rows {
        table.add_row(row);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        let constraint = if index == 0 {
            ColumnConstraint::UpperBoundary(Width::Fixed(WHAT + 2))
        } else {
            ColumnConstraint::ContentWidth
        };
        column.set_padding((0, 2)).set_constraint(constraint);
        if (1..numbers).contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn each_part_has_a_table_with_goals() {
        let text = print(&sample::whole());
        for line in [
            "Start                                         gate  Python, boto3       Node.js, SDK v3       goal",
            "process start to ready, small register     4.70 ms         201 ms  43×           187 ms  40×  ✔ reached: p50 under 15 ms",
        ] {
            assert!(text.lines().any(|text| text == line), "{line}\n{text}");
        }
        assert!(text.contains("p50 is 3.10 ms, 100 µs (3 %) over 3 ms."), "{text}");
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 170), "{text}");
    }

    #[test]
    fn failed_measurements_are_listed() {
        let failed = vec!["starts: unexpected end of file".to_owned()];
        let results = Results { failed, ..sample::results(Vec::new()) };
        assert_eq!(print(&results), "No goals.\nnot measured: starts: unexpected end of file\n");
    }
}
