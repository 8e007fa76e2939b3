//! Pure. Scenarios that were run, told as a test runner tells them.

use serde_json::{Value, json};

use super::file::{Expect, Scenario};
use crate::display::text_line;
use crate::entry::id_of;
use crate::outcome::Outcome;
use crate::whatif::{Answer, Question};

/// A scenario that was run.
pub(super) struct Ran {
    /// Its file.
    pub(super) file: String,
    /// The line that it begins on.
    pub(super) line: u64,
    /// What it is about.
    pub(super) name: String,
    /// What came otherwise; empty where all came as expected.
    pub(super) differences: Vec<Difference>,
    /// The command that shows why.
    explain: String,
}

/// What came otherwise.
pub(super) struct Difference {
    field: &'static str,
    expected: Value,
    found: Value,
}

/// What came of a question, as far as scenarios speak of it.
struct Came {
    outcome: &'static str,
    status: u16,
    codes: Vec<&'static str>,
    licences: Vec<String>,
}

impl Ran {
    /// Holds an answer against what must come of it. `source` are the options that say where the records are.
    pub(super) fn new(file: &str, scenario: &Scenario, answer: &Answer, source: &str) -> Self {
        Self {
            file: file.to_owned(),
            line: scenario.line,
            name: scenario.name.clone(),
            differences: differences(&scenario.expect, &came(answer)),
            explain: explain(&scenario.question, source),
        }
    }

    /// Whether all came as expected.
    pub(super) fn is_ok(&self) -> bool {
        self.differences.is_empty()
    }

    /// What came otherwise, a line each.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        let line = |one: &Difference| format!("{}: expected {}, came {}", one.field, one.expected, one.found);
        self.differences.iter().map(line).chain([format!("see: {}", self.explain)])
    }

    fn told(&self) -> Value {
        let difference = |one: &Difference| json!({"field": one.field, "expected": one.expected, "found": one.found});
        json!({"file": self.file, "line": self.line, "name": self.name, "ok": self.is_ok(),
               "differences": self.differences.iter().map(difference).collect::<Vec<_>>(), "explain": self.explain})
    }
}

fn came(answer: &Answer) -> Came {
    match &answer.came {
        Ok(decision) => Came {
            outcome: crate::whatif::outcome(decision),
            status: decision.status(),
            codes: decision.reasons.iter().map(|reason| reason.code.as_str()).collect(),
            licences: decision.licences().iter().map(|licence| id_of(licence).to_owned()).collect(),
        },
        Err(_) => {
            Came { outcome: "undecidable", status: 503, codes: vec!["register.unavailable"], licences: Vec::new() }
        }
    }
}

fn differences(expect: &Expect, came: &Came) -> Vec<Difference> {
    // The order of licences says nothing.
    let sorted = |licences: &Vec<String>| {
        let mut licences = licences.clone();
        licences.sort();
        licences
    };
    let fields = [
        ("outcome", Some(json!(expect.outcome.as_str())), json!(came.outcome)),
        ("status", expect.status.map(|status| json!(status)), json!(came.status)),
        ("codes", expect.codes.as_ref().map(|codes| json!(codes)), json!(came.codes)),
        ("licences", expect.licences.as_ref().map(|licences| json!(sorted(licences))), json!(came.licences)),
    ];
    let differs = |(field, expected, found): (&'static str, Option<Value>, Value)| {
        let expected = expected.filter(|expected| *expected != found)?;
        Some(Difference { field, expected, found })
    };
    fields.into_iter().filter_map(differs).collect()
}

/// The command that shows every rule that was looked at.
fn explain(question: &Question, source: &str) -> String {
    let mut line = format!("gatectl explain --client {}", quoted(&question.client));
    for (option, value) in [("--person", &question.person), ("--end-use", &question.end_use)] {
        if let Some(value) = value {
            line += &format!(" {option} {}", quoted(value));
        }
    }
    line + &format!(
        " --model {} --address {} --at {}{}{source}",
        quoted(question.model.as_str()),
        question.address,
        export_gate::terms::render_time(question.at),
        question.supposed.options(),
    )
}

/// A word as a shell takes it.
pub(super) fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// What is printed.
pub(super) fn outcome(all: &[Ran], as_json: bool) -> Outcome {
    let failed = all.iter().filter(|ran| !ran.is_ok()).count();
    let passed = all.len().saturating_sub(failed);
    let mut text = String::new();
    let mut file = "";
    for ran in all {
        if ran.file != file {
            file = &ran.file;
            text += &text_line!("{file}");
        }
        text += &text_line!("  {}  {}", if ran.is_ok() { "ok    " } else { "FAILED" }, ran.name);
        if !ran.is_ok() {
            text += &text_line!("          {}:{}", ran.file, ran.line);
            for line in ran.lines() {
                text += &text_line!("          {line}");
            }
        }
    }
    text += &format!("\n{passed} passed; {failed} failed\n");
    let json = || {
        json!({"ok": failed == 0, "passed": passed, "failed": failed,
               "scenarios": all.iter().map(Ran::told).collect::<Vec<_>>()})
    };
    Outcome::new(as_json, json, text, failed == 0)
}
