//! Pure. Files of scenarios: a hypothetical request each, and the expected decision.

use std::collections::BTreeMap;
use std::path::PathBuf;

use export_gate::record::NetworkClass;
use export_gate::terms::{ModelRef, parse_time, to_milliseconds};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::draft::{Checked, Draft, documents, line_at, nearest};
use crate::whatif::{Address, Assumptions, Request, SpreadCounts};

/// A file of scenarios.
pub(super) struct Scenarios {
    /// The file's path.
    pub(super) file: String,
    /// Path of its records, relative to the file.
    pub(super) records: Option<PathBuf>,
    /// Its own records, which replace records with the same key.
    pub(super) own: Draft,
    /// The scenarios.
    pub(super) all: Vec<Scenario>,
}

/// One scenario.
pub(super) struct Scenario {
    /// Its first line.
    pub(super) line: u64,
    /// Its name.
    pub(super) name: String,
    /// The request.
    pub(super) request: Request,
    /// The expected decision.
    pub(super) expect: Expect,
}

/// An expected decision. Omitted members are not compared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    pub(super) outcome: Expected,
    pub(super) status: Option<u16>,
    /// All codes, in the gate's order.
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
    /// Signals of the operator's distribution, by source.
    #[serde(default)]
    signals: BTreeMap<String, String>,
    /// Classes of the network, in place of lists and databases.
    network: Option<Vec<NetworkClass>>,
    /// The client's spread in every window.
    spread: Option<SpreadCounts>,
}

/// Reads a file: a list of scenarios, or a map that has them under `scenarios`.
/// An error has all faults, as `file:line: sentence`.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Scenarios, Vec<String>> {
    let documents = documents(file, bytes).map_err(|fault| vec![fault])?;
    let [value] = documents.as_slice() else {
        return Err(vec![format!("{file}:1: expected one document, found {}", documents.len())]);
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
        match request(&scenario.given) {
            Ok(request) => all.push(Scenario { line, name: scenario.name, request, expect: scenario.expect }),
            Err((field, why)) => {
                faults.push(format!("{file}:{}: {why}", line_at(file, bytes, &format!("{path}.given.{field}"))));
            }
        }
    }
    if all.is_empty() && faults.is_empty() {
        faults.push(format!("{file}:1: it has no scenario"));
    }
    if faults.is_empty() {
        Ok(Scenarios { file: file.to_owned(), records: written.records, own, all })
    } else {
        Err(faults)
    }
}

/// Reads the file's own records.
fn own(file: &str, bytes: &[u8], written: &Written, faults: &mut Vec<String>) -> Draft {
    let mut checked = Checked::default();
    for (name, records) in [("register", &written.register), ("callers", &written.callers)] {
        for (index, record) in records.iter().enumerate() {
            let line = usize::try_from(line_at(file, bytes, &format!("{name}[{index}]"))).unwrap_or(1);
            // Empty lines before the record keep its line number.
            checked.take(file, format!("{}{record}", "\n".repeat(line.saturating_sub(1))).as_bytes());
        }
    }
    faults.append(&mut checked.faults);
    checked.draft
}

fn request(given: &Given) -> Result<Request, (&'static str, String)> {
    let filled = |field, text: &str| {
        if text.trim().is_empty() { Err((field, format!("`{field}` is empty"))) } else { Ok(text.to_owned()) }
    };
    let if_given = |field, text: &Option<String>| text.as_ref().map(|text| filled(field, text)).transpose();
    Ok(Request {
        client: filled("client", &given.client)?,
        person: if_given("person", &given.person)?,
        model: ModelRef::parse(&given.model).map_err(|error| ("model", error.to_string()))?,
        address: Address::parse(&given.address).map_err(|why| ("address", why))?,
        end_use: if_given("end_use", &given.end_use)?,
        at: to_milliseconds(parse_time(&given.at).map_err(|error| ("at", error.to_string()))?),
        assumptions: Assumptions::new(&given.signals, given.network.clone(), given.spread)
            .map_err(|why| ("signals", why))?,
    })
}

fn parse<T: DeserializeOwned>(file: &str, bytes: &[u8], value: &Value) -> Result<T, String> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let why = error.into_inner().to_string();
        let place = format!("{file}:{}", line_at(file, bytes, &path));
        match why.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
            Some((name, rest)) => {
                let names = rest.split('`').skip(1).step_by(2);
                format!("{place}: unknown field `{name}`{}", nearest(name, names))
            }
            None => format!("{place}: {path}: {why}"),
        }
    })
}
