//! I/O. Writes results as JSON, Markdown and SVG. Only `write` does I/O.

mod chart;
mod goal;
mod growth;
mod markdown;
mod number;
mod row;
#[cfg(test)]
mod sample;
mod terminal;

use std::io;
use std::path::Path;

use crate::figures::Results;

pub use markdown::markdown;
pub use terminal::print;

/// Writes `results.json`, `results.md` and `figures.svg`, and creates the folder where needed.
///
/// # Errors
/// Those of the folder and the files.
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
        let results = sample::whole();
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
}
