//! I/O. Results as people read them, written beside each other; all but the writing is pure.

mod axis;
mod bars;
mod goal;
mod growth;
mod lines;
mod markdown;
mod number;
mod picture;
mod row;
#[cfg(test)]
mod sample;
mod terminal;

use std::io;
use std::path::Path;

use crate::figures::Results;

pub use bars::svg;
pub use lines::growth_svg;
pub use markdown::markdown;
pub use terminal::print;

/// Writes `results.json`, from which all of it can be told again, `results.md`, `figures.svg` and `growth.svg`.
///
/// # Errors
/// Those of the folder, which is made where it isn't there.
pub fn write(results: &Results, folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let json = serde_json::to_string_pretty(&numbers(results))? + "\n";
    let files = [
        ("results.json", json),
        ("results.md", markdown(results)),
        ("figures.svg", svg(results)),
        ("growth.svg", growth_svg(results)),
    ];
    for (name, told) in files {
        let file = folder.join(name);
        let told_where = |error: io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", file.display()));
        std::fs::write(&file, told).map_err(told_where)?;
    }
    Ok(())
}

/// Results without what is no number, which JSON has no word for: a figure without it can still be read.
fn numbers(results: &Results) -> Results {
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
    fn what_is_written_tells_the_same_again() {
        let folder = std::env::temp_dir().join(format!("bench-report-{}", std::process::id()));
        let results = sample::whole();
        write(&results, &folder).unwrap();
        let json = std::fs::read_to_string(folder.join("results.json")).unwrap();
        let read: Results = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string_pretty(&read).unwrap() + "\n", json);
        assert_eq!(print(&read), print(&numbers(&results)));
        assert_eq!(std::fs::read_to_string(folder.join("results.md")).unwrap(), markdown(&results));
        assert_eq!(std::fs::read_to_string(folder.join("figures.svg")).unwrap(), svg(&results));
        assert_eq!(std::fs::read_to_string(folder.join("growth.svg")).unwrap(), growth_svg(&results));
        std::fs::remove_dir_all(&folder).unwrap();
        let error = write(&results, Path::new("/proc/nowhere")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
