//! Pure. A file of scenarios: strict, so that what is not known is no test that passes.

use std::path::PathBuf;

use export_gate::terms::{ModelRef, parse_time};
use serde::Deserialize;

use crate::draft::{documents, line_at, nearest};
use crate::whatif::question::{Question, address};

/// A file's scenarios.
pub(super) struct Scenarios {
    /// The folder of the records, beside the file.
    pub(super) records: Option<PathBuf>,
    pub(super) scenarios: Vec<Scenario>,
}

/// A scenario.
pub(super) struct Scenario {
    pub(super) name: String,
    pub(super) given: Question,
    pub(super) expect: Expected,
}

/// What must come of it. What is left out is not looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    pub(super) outcome: String,
    pub(super) status: Option<u16>,
    /// All codes, in their order.
    pub(super) codes: Option<Vec<String>>,
    /// The ids of the licences that lifted an embargo.
    pub(super) licences: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    records: Option<PathBuf>,
    scenarios: Vec<WrittenScenario>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenScenario {
    name: String,
    given: Given,
    expect: Expected,
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
}

/// Reads a file.
///
/// # Errors
/// `file:line: sentence`.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Scenarios, String> {
    let document = documents(name, bytes)?.into_iter().next().unwrap_or_default();
    let written: Written = serde_path_to_error::deserialize(&document).map_err(|error| {
        let path = error.path().to_string();
        let fault = error.into_inner().to_string();
        let near = fault
            .strip_prefix("unknown field `")
            .and_then(|rest| rest.split_once('`'))
            .map(|(field, rest)| nearest(field, rest.split('`').skip(1).step_by(2)));
        format!("{name}:{}: {path}: {fault}{}", line_at(bytes, &path), near.unwrap_or_default())
    })?;
    let mut scenarios = Vec::new();
    for (index, one) in written.scenarios.into_iter().enumerate() {
        let fault = |field: &str, why: String| {
            let path = format!("scenarios[{index}].{field}");
            format!("{name}:{}: {field}: {why}", line_at(bytes, &path))
        };
        if !["permit", "refuse", "undecidable"].contains(&one.expect.outcome.as_str()) {
            let why = format!("`{}` is none: write permit, refuse or undecidable", one.expect.outcome);
            return Err(fault("expect.outcome", why));
        }
        let given = Question {
            model: ModelRef::parse(&one.given.model).map_err(|error| fault("given.model", error.to_string()))?,
            address: address(&one.given.address).map_err(|why| fault("given.address", why))?.0,
            at: parse_time(&one.given.at).map_err(|error| fault("given.at", error.to_string()))?,
            client: one.given.client,
            person: one.given.person,
            end_use: one.given.end_use,
        };
        scenarios.push(Scenario { name: one.name, given, expect: one.expect });
    }
    Ok(Scenarios { records: written.records, scenarios })
}
