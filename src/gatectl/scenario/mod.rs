//! I/O. `gatectl test`: scenarios of who asks for what, and what must come of it, run like tests.

mod file;

use std::path::{Path, PathBuf};

use export_gate::evidence::Location;
use export_gate::terms::render_time;
use serde_json::{Value, json};

use crate::files;
use crate::outcome::{Outcome, Trouble};
use crate::whatif::question::{answer, codes};
use crate::whatif::records::{Records, Source, of_folder};
use file::{Scenario, Scenarios};

/// Which scenarios, and by which records.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Files of scenarios, .yaml or .json, or folders of them
    #[arg(value_name = "FILE|FOLDER", required = true)]
    scenarios: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    source: Source,
}

/// What came of a scenario.
struct Ran {
    file: String,
    scenario: Scenario,
    /// What differs from what is expected, a line each.
    differs: Vec<String>,
}

/// Runs all of them.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let mut files = Vec::new();
    for place in &arguments.scenarios {
        for path in files::below(place)? {
            files.push((path.display().to_string(), read(&path)?));
        }
    }
    // Where each file names its own records, there need be no others.
    let needs_records = files.iter().any(|(_, scenarios)| scenarios.records.is_none());
    let shared = if needs_records { Some(arguments.source.open().await?) } else { None };
    let mut ran = Vec::new();
    for (file, scenarios) in files {
        let own = match (&scenarios.records, &arguments.source.records) {
            (Some(records), None) => {
                let folder = Path::new(&file).parent().unwrap_or(Path::new(".")).join(records);
                Some(of_folder(&folder, Location::delegations())?)
            }
            _ => None,
        };
        let Some(records) = own.as_ref().or(shared.as_ref()) else {
            return Err(Trouble::new(format!("`{file}` names no records: say `--records`, or the tables")));
        };
        for scenario in scenarios.scenarios {
            let differs = differences(&scenario, records).await?;
            ran.push(Ran { file: file.clone(), scenario, differs });
        }
    }
    if ran.is_empty() {
        return Err(Trouble::new("there is no scenario to run"));
    }
    Ok(told(arguments.json, &ran))
}

fn read(path: &Path) -> Result<Scenarios, Trouble> {
    file::read(&path.display().to_string(), &files::read(path)?).map_err(Trouble::new)
}

/// What differs from what is expected.
async fn differences(scenario: &Scenario, records: &Records) -> Result<Vec<String>, Trouble> {
    let question = &scenario.given;
    let callers = records.callers(&question.client, question.person.as_deref()).await?;
    let register = records.present.register(question.at);
    let answered = answer(question, &callers, records.location.of(question.address), &register, &records.exhausted);
    let (outcome, status, codes, licences) = match &answered.decision {
        Ok(decision) => {
            let outcome = if crate::whatif::explain::is_permit(decision) { "permit" } else { "refuse" };
            let codes = codes(decision).iter().map(ToString::to_string).collect();
            (outcome, decision.status(), codes, decision.licences())
        }
        Err(_) => ("undecidable", 503, vec!["register.unavailable".to_owned()], Vec::new()),
    };
    let expected = &scenario.expect;
    let mut found = Vec::new();
    let mut compare = |name: &str, expected: String, is: String| {
        if expected != is {
            found.push(format!("{name}: expected {expected}, got {is}"));
        }
    };
    compare("outcome", expected.outcome.clone(), outcome.to_owned());
    if let Some(expected) = expected.status {
        compare("status", expected.to_string(), status.to_string());
    }
    if let Some(expected) = &expected.codes {
        compare("codes", words(expected), words(&codes));
    }
    if let Some(expected) = &expected.licences {
        let licences: Vec<String> = licences.iter().map(|licence| crate::entry::id_of(licence).to_owned()).collect();
        compare("licences", words(expected), words(&licences));
    }
    Ok(found)
}

fn words(list: &[String]) -> String {
    if list.is_empty() { "none".to_owned() } else { list.join(" ") }
}

/// As a test runner prints.
fn told(as_json: bool, ran: &[Ran]) -> Outcome {
    let failed: Vec<&Ran> = ran.iter().filter(|ran| !ran.differs.is_empty()).collect();
    let mut text = String::new();
    let mut file = "";
    for one in ran {
        if file != one.file {
            file = &one.file;
            text += &format!("{file}\n");
        }
        text += &format!("  {}  {}\n", if one.differs.is_empty() { "ok    " } else { "FAILED" }, one.scenario.name);
        for line in &one.differs {
            text += &format!("            {line}\n");
        }
        if !one.differs.is_empty() {
            text += &format!("            see: {}\n", explain(&one.scenario));
        }
    }
    text += &format!("\n{} passed; {} failed\n", ran.len().saturating_sub(failed.len()), failed.len());
    let json = || {
        let one = |ran: &Ran| json!({"file": ran.file, "name": ran.scenario.name, "ok": ran.differs.is_empty(), "differences": ran.differs});
        json!({"ok": failed.is_empty(), "failed": failed.len(), "scenarios": ran.iter().map(one).collect::<Vec<Value>>()})
    };
    Outcome::new(as_json, json, text, failed.is_empty())
}

/// The command that shows why.
fn explain(scenario: &Scenario) -> String {
    let given = &scenario.given;
    let address = given.address.map_or("unknown".to_owned(), |address| address.to_string());
    let mut line =
        format!("gatectl explain --client {} --model {} --address {address}", given.client, given.model.as_str());
    for (option, value) in [("--person", &given.person), ("--end-use", &given.end_use)] {
        if let Some(value) = value {
            line += &format!(" {option} {value}");
        }
    }
    line + &format!(" --at {}", render_time(given.at))
}
