//! Pure. Scenarios as people write them: who asks for what, from where and when, and what must come of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use export_gate::record::NetworkClass;
use export_gate::terms::{ModelRef, parse_time};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::draft::{Checked, Draft, documents, line_at, nearest};
use crate::whatif::{Address, Question, ShownUp, Supposed};

/// A file of scenarios.
pub(super) struct Scenarios {
    /// The file.
    pub(super) file: String,
    /// Where its records are, beside the file; absent where it says nothing.
    pub(super) records: Option<PathBuf>,
    /// Records of its own, each in the place of the one with its key.
    pub(super) own: Draft,
    /// The scenarios.
    pub(super) all: Vec<Scenario>,
}

/// One scenario.
pub(super) struct Scenario {
    /// The line that it begins on.
    pub(super) line: u64,
    /// What it is about.
    pub(super) name: String,
    /// What is asked.
    pub(super) question: Question,
    /// What must come of it.
    pub(super) expect: Expect,
}

/// What must come of a question. What is left out may be anything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    pub(super) outcome: Expected,
    pub(super) status: Option<u16>,
    /// Every code, in the order in which the gate tells them.
    pub(super) codes: Option<Vec<String>>,
    /// The licences that lift an embargo, by id.
    pub(super) licences: Option<Vec<String>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Expected {
    Permit,
    Refuse,
    Undecidable,
}

impl Expected {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Refuse => "refuse",
            Self::Undecidable => "undecidable",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    records: Option<PathBuf>,
    #[serde(default)]
    register: Vec<Value>,
    #[serde(default)]
    callers: Vec<Value>,
    scenarios: Vec<WrittenScenario>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenScenario {
    name: String,
    given: Given,
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    client: String,
    person: Option<String>,
    model: String,
    address: String,
    end_use: Option<String>,
    at: String,
    /// What the operator's own distribution says, by source.
    #[serde(default)]
    signals: BTreeMap<String, String>,
    /// The classes of the address's network, in the place of what lists and databases say.
    network: Option<Vec<NetworkClass>>,
    /// From how many places the client showed up in every window.
    spread: Option<ShownUp>,
}

/// Reads a file: a list of scenarios, or a map that has them under `scenarios`.
///
/// # Errors
/// Every fault that can be told at once, `file:line: sentence`.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Scenarios, Vec<String>> {
    let documents = documents(file, bytes).map_err(|fault| vec![fault])?;
    let [value] = documents.as_slice() else {
        return Err(vec![format!("{file}:1: one document is wanted, and {} are here", documents.len())]);
    };
    let (at, written) = if value.is_array() {
        let scenarios = parse(file, bytes, value).map_err(|fault| vec![fault])?;
        ("", Written { records: None, register: Vec::new(), callers: Vec::new(), scenarios })
    } else {
        ("scenarios", parse(file, bytes, value).map_err(|fault| vec![fault])?)
    };
    let mut faults = Vec::new();
    let own = own(file, bytes, &written, &mut faults);
    let mut all = Vec::new();
    for (index, scenario) in written.scenarios.into_iter().enumerate() {
        let path = format!("{at}[{index}]");
        let line = line_at(file, bytes, &path);
        match question(&scenario.given) {
            Ok(question) => all.push(Scenario { line, name: scenario.name, question, expect: scenario.expect }),
            Err((field, why)) => {
                faults.push(format!("{file}:{}: {why}", line_at(file, bytes, &format!("{path}.given.{field}"))));
            }
        }
    }
    if all.is_empty() && faults.is_empty() {
        faults.push(format!("{file}:1: there is no scenario in it"));
    }
    if faults.is_empty() {
        Ok(Scenarios { file: file.to_owned(), records: written.records, own, all })
    } else {
        Err(faults)
    }
}

/// The file's own records, read as those of any other file are.
fn own(file: &str, bytes: &[u8], written: &Written, faults: &mut Vec<String>) -> Draft {
    let mut checked = Checked::default();
    for (name, records) in [("register", &written.register), ("callers", &written.callers)] {
        for (index, record) in records.iter().enumerate() {
            let line = usize::try_from(line_at(file, bytes, &format!("{name}[{index}]"))).unwrap_or(1);
            // Alone, but on its own line.
            checked.take(file, format!("{}{record}", "\n".repeat(line.saturating_sub(1))).as_bytes());
        }
    }
    faults.append(&mut checked.faults);
    checked.draft
}

fn question(given: &Given) -> Result<Question, (&'static str, String)> {
    let filled = |field, text: &str| {
        if text.trim().is_empty() { Err((field, format!("`{field}` is empty"))) } else { Ok(text.to_owned()) }
    };
    let if_given = |field, text: &Option<String>| text.as_ref().map(|text| filled(field, text)).transpose();
    Ok(Question {
        client: filled("client", &given.client)?,
        person: if_given("person", &given.person)?,
        model: ModelRef::parse(&given.model).map_err(|error| ("model", error.to_string()))?,
        address: Address::parse(&given.address).map_err(|why| ("address", why))?,
        end_use: if_given("end_use", &given.end_use)?,
        at: parse_time(&given.at).map_err(|error| ("at", error.to_string()))?,
        supposed: Supposed::new(&given.signals, given.network.clone(), given.spread).map_err(|why| ("signals", why))?,
    })
}

fn parse<T: DeserializeOwned>(file: &str, bytes: &[u8], value: &Value) -> Result<T, String> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let why = error.into_inner().to_string();
        let place = format!("{file}:{}", line_at(file, bytes, &path));
        match why.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
            Some((name, rest)) => {
                let known = rest.split('`').skip(1).step_by(2);
                format!("{place}: there is no field `{name}`{}", nearest(name, known))
            }
            None => format!("{place}: {path}: {why}"),
        }
    })
}
