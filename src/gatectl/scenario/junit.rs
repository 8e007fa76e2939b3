//! Pure. Results of scenarios as JUnit XML.

use super::result::ScenarioResult;
use crate::display::visible;

/// One test suite per file.
pub(super) fn junit(all: &[ScenarioResult]) -> String {
    let mut files: Vec<&str> = all.iter().map(|result| result.file.as_str()).collect();
    files.dedup();
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    for file in files {
        let of_file: Vec<&ScenarioResult> = all.iter().filter(|result| result.file == file).collect();
        let failures = of_file.iter().filter(|result| !result.is_ok()).count();
        let name = escaped(&visible(file));
        xml += &format!("  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\">\n", of_file.len());
        for result in of_file {
            xml += &format!(
                "    <testcase classname=\"{name}\" name=\"{}\" line=\"{}\"",
                escaped(&visible(&result.name)),
                result.line
            );
            xml += &if result.is_ok() {
                "/>\n".to_owned()
            } else {
                let why = escaped(&result.lines().map(|line| visible(&line)).collect::<Vec<_>>().join("\n"));
                format!("><failure message=\"unexpected decision\">{why}</failure></testcase>\n")
            };
        }
        xml += "  </testsuite>\n";
    }
    xml + "</testsuites>\n"
}

fn escaped(text: &str) -> String {
    let one = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(one).collect()
}
