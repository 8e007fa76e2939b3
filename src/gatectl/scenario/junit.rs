//! Pure. Scenarios that were run, in the XML that pipelines read.

use super::ran::Ran;
use crate::display::visible;

/// One suite a file.
pub(super) fn junit(all: &[Ran]) -> String {
    let mut files: Vec<&str> = all.iter().map(|ran| ran.file.as_str()).collect();
    files.dedup();
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n".to_owned();
    for file in files {
        let of_file: Vec<&Ran> = all.iter().filter(|ran| ran.file == file).collect();
        let failures = of_file.iter().filter(|ran| !ran.is_ok()).count();
        let name = escaped(&visible(file));
        xml += &format!("  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\">\n", of_file.len());
        for ran in of_file {
            xml += &format!(
                "    <testcase classname=\"{name}\" name=\"{}\" line=\"{}\"",
                escaped(&visible(&ran.name)),
                ran.line
            );
            xml += &if ran.is_ok() {
                "/>\n".to_owned()
            } else {
                let why = escaped(&ran.lines().map(|line| visible(&line)).collect::<Vec<_>>().join("\n"));
                format!("><failure message=\"came otherwise\">{why}</failure></testcase>\n")
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
