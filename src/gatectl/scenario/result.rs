//! Pure. Results of scenarios, as text, as JSON and as JUnit XML.

use serde_json::{Value, json};

use super::file::{Expect, Scenario};
use crate::display::{text_line, visible};
use crate::entry::id_of;
use crate::outcome::Outcome;
use crate::whatif::{Evaluation, Request};

/// The result of a scenario.
pub(super) struct ScenarioResult {
    /// The file.
    pub(super) file: String,
    /// The scenario's first line.
    pub(super) line: u64,
    /// The scenario's name.
    pub(super) name: String,
    /// The differences; empty if the scenario passed.
    pub(super) differences: Vec<Difference>,
    /// The command that explains the decision.
    explain: String,
}

/// A difference from the expected decision.
pub(super) struct Difference {
    field: &'static str,
    expected: Value,
    found: Value,
}

/// The parts of a decision that scenarios can expect.
struct Actual {
    outcome: &'static str,
    status: u16,
    codes: Vec<&'static str>,
    licences: Vec<String>,
}

impl ScenarioResult {
    /// Compares an evaluation with the expected decision. `source` are the options that name the records.
    pub(super) fn new(file: &str, scenario: &Scenario, evaluation: &Evaluation, source: &str) -> Self {
        Self {
            file: file.to_owned(),
            line: scenario.line,
            name: scenario.name.clone(),
            differences: differences(&scenario.expect, &actual(evaluation)),
            explain: explain(&scenario.request, source),
        }
    }

    /// Whether the scenario passed.
    pub(super) fn is_ok(&self) -> bool {
        self.differences.is_empty()
    }

    /// The differences, one a line.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        let line = |one: &Difference| format!("{}: expected {}, got {}", one.field, one.expected, one.found);
        self.differences.iter().map(line).chain([format!("see: {}", self.explain)])
    }

    fn json(&self) -> Value {
        let difference = |one: &Difference| json!({"field": one.field, "expected": one.expected, "found": one.found});
        json!({"file": self.file, "line": self.line, "name": self.name, "ok": self.is_ok(),
               "differences": self.differences.iter().map(difference).collect::<Vec<_>>(), "explain": self.explain})
    }
}

fn actual(evaluation: &Evaluation) -> Actual {
    match &evaluation.decision {
        Ok(decision) => Actual {
            outcome: export_gate::answer::outcome(decision),
            status: decision.status(),
            codes: decision.reasons.iter().map(|reason| reason.code.as_str()).collect(),
            licences: decision.licences().iter().map(|licence| id_of(licence).to_owned()).collect(),
        },
        Err(_) => {
            Actual { outcome: "undecidable", status: 503, codes: vec!["register.unavailable"], licences: Vec::new() }
        }
    }
}

fn differences(expect: &Expect, actual: &Actual) -> Vec<Difference> {
    // The order of licences does not matter.
    let sorted = |licences: &Vec<String>| {
        let mut licences = licences.clone();
        licences.sort();
        licences
    };
    let fields = [
        ("outcome", Some(json!(expect.outcome.as_str())), json!(actual.outcome)),
        ("status", expect.status.map(|status| json!(status)), json!(actual.status)),
        ("codes", expect.codes.as_ref().map(|codes| json!(codes)), json!(actual.codes)),
        ("licences", expect.licences.as_ref().map(|licences| json!(sorted(licences))), json!(actual.licences)),
    ];
    let differs = |(field, expected, found): (&'static str, Option<Value>, Value)| {
        let expected = expected.filter(|expected| *expected != found)?;
        Some(Difference { field, expected, found })
    };
    fields.into_iter().filter_map(differs).collect()
}

/// The command that explains the decision.
fn explain(request: &Request, source: &str) -> String {
    let mut line = format!("gatectl explain --client {}", quoted(&request.client));
    for (option, value) in [("--person", &request.person), ("--end-use", &request.end_use)] {
        if let Some(value) = value {
            line += &format!(" {option} {}", quoted(value));
        }
    }
    line + &format!(
        " --model {} --address {} --at {}{}{source}",
        quoted(request.model.as_str()),
        request.address,
        export_gate::terms::render_time(request.at),
        request.assumptions.options(),
    )
}

/// A word, quoted for a shell.
pub(super) fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// The outcome of all scenarios.
pub(super) fn outcome(all: &[ScenarioResult], as_json: bool) -> Outcome {
    let failed = all.iter().filter(|result| !result.is_ok()).count();
    let passed = all.len().saturating_sub(failed);
    let mut text = String::new();
    let mut file = "";
    for result in all {
        if result.file != file {
            file = &result.file;
            text += &text_line!("{file}");
        }
        text += &text_line!("  {}  {}", if result.is_ok() { "ok    " } else { "FAILED" }, result.name);
        if !result.is_ok() {
            text += &text_line!("          {}:{}", result.file, result.line);
            for line in result.lines() {
                text += &text_line!("          {line}");
            }
        }
    }
    text += &format!("\n{passed} passed; {failed} failed\n");
    let json = || {
        json!({"ok": failed == 0, "passed": passed, "failed": failed,
               "scenarios": all.iter().map(ScenarioResult::json).collect::<Vec<_>>()})
    };
    Outcome::new(as_json, json, text, failed == 0)
}

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
