//! I/O. Writes results as JSON, Markdown and SVG, and prints them. Only `write` does I/O.

mod chart;
mod goal;
mod number;
#[cfg(test)]
mod sample;
mod table;

use std::io;
use std::path::Path;

use crate::figures::{Figure, Results};

use goal::summary;
use table::{Table, of_figures, of_growth};

/// Writes `results.json`, `results.md` and `figures.svg`, and creates the folder where needed.
pub fn write(results: &Results, folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let json = serde_json::to_string_pretty(&finite(results))? + "\n";
    let chart = chart::svg(results).map_err(|error| io::Error::other(error.to_string()))?;
    for (name, text) in [("results.json", json), ("results.md", markdown(results)), ("figures.svg", chart)] {
        let file = folder.join(name);
        let with_path = |error: io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", file.display()));
        std::fs::write(&file, text).map_err(with_path)?;
    }
    Ok(())
}

/// The report for a terminal.
pub fn print(results: &Results) -> String {
    let tables = tables(results).iter().map(|table| table.terminal() + "\n").collect::<String>();
    tables + &(remarks(results).join("\n") + "\n")
}

/// A table of figures for a terminal.
pub fn print_figures(heading: &str, figures: &[Figure]) -> String {
    of_figures(heading, &figures.iter().collect::<Vec<_>>()).terminal()
}

/// The report as Markdown.
fn markdown(results: &Results) -> String {
    let taken = &results.taken;
    let date = taken.at.split('T').next().unwrap_or_default();
    let long = match taken.seconds {
        seconds if seconds < 90.0 => format!("{seconds:.0} s"),
        seconds => format!("{:.0} minutes", seconds / 60.0),
    };
    let machine = table::escaped(&taken.machine);
    let head = format!("{date}, {machine}, `{}` at `{}`, measured in {long}:\n\n", taken.command, taken.revision);
    let tables = tables(results).iter().map(|table| table.markdown() + "\n").collect::<String>();
    let remarks = remarks(results);
    let remarks = remarks.iter().map(|remark| format!("- {}\n", table::escaped(remark)));
    head + &tables + &remarks.collect::<String>()
}

/// A table for each part and each axis of growth.
fn tables(results: &Results) -> Vec<Table> {
    let part = |(part, heading): (_, &str)| {
        let figures: Vec<&Figure> = results.figures.iter().filter(|figure| figure.part == part).collect();
        (!figures.is_empty()).then(|| of_figures(heading, &figures))
    };
    table::PARTS.into_iter().filter_map(part).chain(results.growth.iter().map(of_growth)).collect()
}

/// The goals reached and missed, and the failed measurements.
fn remarks(results: &Results) -> Vec<String> {
    let failed = results.failed.iter().map(|failed| format!("not measured: {failed}"));
    summary(results).into_iter().chain(failed).collect()
}

/// The results without NaN and infinity, which JSON cannot hold.
fn finite(results: &Results) -> Results {
    let mut results = results.clone();
    for figure in &mut results.figures {
        figure.measured.retain(|measured| measured.p50.is_finite());
        for measured in &mut figure.measured {
            measured.p99 = measured.p99.filter(|number| number.is_finite());
        }
    }
    for growth in &mut results.growth {
        growth.lines.retain(|line| line.values.iter().all(|number| number.is_finite()));
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_results_are_read_back_unchanged() {
        let folder = std::env::temp_dir().join(format!("bench-report-{}", std::process::id()));
        let results = sample::results();
        write(&results, &folder).unwrap();
        let json = std::fs::read_to_string(folder.join("results.json")).unwrap();
        let read: Results = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string_pretty(&read).unwrap() + "\n", json);
        assert_eq!(print(&read), print(&finite(&results)));
        assert_eq!(std::fs::read_to_string(folder.join("results.md")).unwrap(), markdown(&results));
        std::fs::remove_dir_all(&folder).unwrap();
        let error = write(&results, Path::new("/proc/nowhere")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn each_part_and_axis_has_a_table() {
        let text = print(&sample::results());
        for line in [
            "Start                                     gate  Python, boto3       Node.js, SDK v3       goal",
            "process start to ready, small register  4.7 ms         201 ms  43×           187 ms  40×  ✔ reached: under 15 ms",
        ] {
            assert!(text.lines().any(|text| text == line), "{line}\n{text}");
        }
        assert!(text.contains("p50 is 3.1 ms, 100 µs (3 %) over 3 ms."), "{text}");
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 170), "{text}");
    }

    #[test]
    fn markdown_has_the_same_tables_with_escaped_cells() {
        let mut results = sample::results();
        results.failed = vec!["starts: unexpected end of file".to_owned()];
        results.figures[1].what = "a | b\n<script>".to_owned();
        let text = markdown(&results);
        for line in [
            "2026-11-24, A processor, 2 cores, Linux 6.18, x86_64, `make bench` at `0123abc`, measured in 12 minutes:",
            "| Start | gate | Python, boto3 |  | Node.js, SDK v3 |  | goal |",
            "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
            "| process start to ready, small register | 4.7 ms | 201 ms | 43× | 187 ms | 40× | ✔ reached: under 15 ms |",
            "| Growth: listed names | 0 | 1,000 | 20,000 | 60,000 | last ÷ first | no faster |",
            "- not measured: starts: unexpected end of file",
        ] {
            assert!(text.lines().any(|text| text == line), "{line}\n{text}");
        }
        assert!(text.contains("| a \\| b &lt;script>, p50 |"), "{text}");
        for table in text.split("\n\n").filter(|table| table.starts_with('|')) {
            let columns: Vec<usize> = table.lines().map(|line| line.replace("\\|", "").matches('|').count()).collect();
            assert!(columns.iter().all(|count| *count == columns[0]), "{table}");
        }
    }
}
