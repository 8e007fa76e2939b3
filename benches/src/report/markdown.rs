//! Pure. Formats results as Markdown, for the README.

use super::goal::{display_goal, summary};
use super::growth::{self, KEEPS, SPREAD};
use super::number::{NONE, times};
use super::row::{Row, full_name, peers, quantile};
use crate::figures::{Figure, Part, Results, RunInfo, Who};

/// The document.
#[must_use]
pub fn markdown(results: &Results) -> String {
    let of = |is_shown: fn(Part) -> bool| -> Vec<&Figure> {
        results.figures.iter().filter(|figure| is_shown(figure.part)).collect()
    };
    let mut sections = vec![taken(&results.taken)];
    sections.extend(beside("what", &of(|part| part != Part::Alone && part != Part::Noise)));
    sections.extend(beside("a part alone", &of(|part| part == Part::Alone)));
    sections.extend(beside("what the bench itself adds", &of(|part| part == Part::Noise)));
    for growth in &growth::by_axis(&results.growth) {
        let mut heading = vec![growth.axis.clone()];
        heading.extend(growth::places(growth));
        heading.extend([SPREAD, KEEPS].map(str::to_owned));
        let numbers = heading.len();
        sections.push(table(&heading, growth::rows(growth), numbers));
    }
    let summary = summary(results);
    sections.push(summary.iter().take(1).map(|all| format!("{all}\n")).collect());
    let missed: String = summary.iter().skip(1).map(|missed| format!("- {}\n", escaped(missed))).collect();
    sections.extend(Some(missed).filter(|missed| !missed.is_empty()));
    let failed: String = results.failed.iter().map(|failed| format!("- not measured: {}\n", escaped(failed))).collect();
    sections.extend(Some(failed).filter(|failed| !failed.is_empty()));
    sections.join("\n")
}

/// Date, machine and command of the run.
fn taken(taken: &RunInfo) -> String {
    let date = taken.at.split('T').next().unwrap_or_default();
    let long = if taken.seconds < 90.0 {
        format!("{:.0} s", taken.seconds)
    } else {
        format!("{:.0} minutes", taken.seconds / 60.0)
    };
    format!("{date}, {}, `{}` at `{}`, measured in {long}:\n", escaped(&taken.machine), taken.command, taken.revision)
}

/// The gate's numbers and its peers'. One cell has all ratios, in the peers' order.
fn beside(what: &str, figures: &[&Figure]) -> Option<String> {
    let peers = peers(figures.iter().copied());
    let mut who = peers.clone();
    if figures.iter().any(|figure| figure.of(Who::Gate).is_some()) {
        who.insert(0, Who::Gate);
    }
    let rows = || figures.iter().flat_map(|figure| Row::of(figure));
    let has_ratios = rows().any(|row| peers.iter().any(|peer| row.ratio(*peer).is_some()));
    let has_goals = figures.iter().any(|figure| !figure.goals.is_empty());
    let mut heading = vec![what.to_owned()];
    heading.extend(who.iter().map(|who| full_name(*who).to_owned()));
    heading.extend(has_ratios.then(|| "ratio".to_owned()));
    let numbers = heading.len();
    heading.extend(has_goals.then(|| "goal".to_owned()));
    let row = |row: Row<'_>| {
        let which = if row.is_one_of_two { format!(", {}", quantile(row.quantile)) } else { String::new() };
        let mut cells = vec![format!("{}{which}", row.figure.what)];
        cells.extend(who.iter().map(|who| row.cell(*who)));
        cells.extend(has_ratios.then(|| ratios(&row, &peers)));
        let goals: Vec<String> = row.goals().map(|goal| display_goal(row.figure, *goal)).collect();
        cells.extend(has_goals.then(|| goals.join("; ")));
        cells
    };
    (!figures.is_empty()).then(|| table(&heading, rows().map(row), numbers))
}

/// `43× / 40×`; `–` for a peer without a number before one with.
fn ratios(row: &Row<'_>, peers: &[Who]) -> String {
    let last = peers.iter().rposition(|peer| row.ratio(*peer).is_some()).map_or(0, |place| place + 1);
    let ratio = |peer: &Who| row.ratio(*peer).map_or_else(|| NONE.to_owned(), times);
    peers.iter().take(last).map(ratio).collect::<Vec<_>>().join(" / ")
}

/// Columns from the second up to `numbers` are aligned as numbers.
fn table(heading: &[String], rows: impl IntoIterator<Item = Vec<String>>, numbers: usize) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let under = (0..heading.len()).map(|index| if (1..numbers).contains(&index) { "---:" } else { "---" });
    let under: Vec<String> = under.map(str::to_owned).collect();
    let rows: String = rows.into_iter().map(|row| line(&row)).collect();
    format!("{}{}{rows}", line(heading), line(&under))
}

/// Escapes a cell, so that it starts no column and no HTML.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn tables_have_numbers_ratios_and_goals() {
        let text = markdown(&sample::whole());
        for line in [
            "2026-11-24, A processor, 2 cores, Linux 6.18, x86_64, `make bench` at `0123abc`, measured in 12 minutes:",
            "| what | gate | Python, boto3 | Node.js, SDK v3 | LiteLLM | ratio | goal |",
            "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
            "| process start to ready, small register | 4.70 ms | 201 ms | 187 ms | – | 43× / 40× | ✔ reached: p50 under 15 ms |",
            "| a part alone | gate | nomenklatura | ratio | goal |",
            "| listed names | 0 | 1,000 | 20,000 | 60,000 | last ÷ first | no faster |",
        ] {
            assert!(text.lines().any(|text| text == line), "{line}\n{text}");
        }
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    }

    #[test]
    fn cells_are_escaped_so_that_rows_have_equal_columns() {
        let mut results = sample::whole();
        results.failed = vec!["starts: unexpected end of file".to_owned()];
        results.figures[0].what = "a | b\n<script>".to_owned();
        let text = markdown(&results);
        assert!(text.ends_with("- not measured: starts: unexpected end of file\n"), "{text}");
        assert!(text.contains("| a \\| b &lt;script> |"), "{text}");
        for table in text.split("\n\n").filter(|table| table.starts_with('|')) {
            let columns: Vec<usize> = table.lines().map(|line| line.replace("\\|", "").matches('|').count()).collect();
            assert!(columns.iter().all(|count| *count == columns[0]), "{table}");
        }
    }
}
