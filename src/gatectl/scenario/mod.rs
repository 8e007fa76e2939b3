//! I/O. `gatectl test`: evaluates scenarios by the gate's decision code, and compares the decisions.

mod file;
mod result;

use std::path::{Path, PathBuf};

use crate::aws::Aws;
use crate::files;
use crate::outcome::{Failure, Outcome};
use crate::output::FAULT;
use crate::whatif::{Databases, Source};
use file::Scenarios;
use result::{ScenarioResult, junit, outcome, quoted};

/// Arguments of `test`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Files of scenarios (.yaml or .json), or folders of them
    #[arg(value_name = "FILE|FOLDER", required = true)]
    scenarios: Vec<PathBuf>,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    databases: Databases,
    /// Write the results as JUnit XML to this file too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// Runs the scenarios. Exit code 1 if one fails.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let files = read(&arguments.scenarios)?;
    let location = arguments.databases.read()?;
    let mut all = Vec::new();
    for scenarios in files {
        let source = source(arguments, &scenarios);
        let options = options(arguments, &source);
        let mut records = source.read(&arguments.aws).await?;
        records.add(scenarios.own);
        for scenario in &scenarios.all {
            let evaluation = scenario.request.evaluate(&records, &location).await?;
            all.push(ScenarioResult::new(&scenarios.file, scenario, &evaluation, &options));
        }
    }
    if let Some(path) = &arguments.junit {
        let unwritten = |error| Failure::of(format!("`{}` can't be written", path.display()), error);
        std::fs::write(path, junit(&all)).map_err(unwritten)?;
    }
    Ok(outcome(&all, arguments.json))
}

/// Reads the files. An error has the faults of all of them.
fn read(places: &[PathBuf]) -> Result<Vec<Scenarios>, Failure> {
    let is_scenarios = |path: &Path| path.extension().is_some_and(|end| end == "json" || end == "yaml" || end == "yml");
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    for place in places {
        let paths: Vec<PathBuf> = files::below(place)?.into_iter().filter(|path| is_scenarios(path)).collect();
        if paths.is_empty() {
            faults.push(format!("no .yaml, .yml or .json file in `{}`", place.display()));
        }
        for path in paths {
            match file::read(&path.display().to_string(), &files::read(&path)?) {
                Ok(scenarios) => all.push(scenarios),
                Err(more) => faults.extend(more),
            }
        }
    }
    if faults.is_empty() { Ok(all) } else { Err(Failure::new(faults.join(FAULT))) }
}

/// The source of a file's records: the command line, else the file, else the tables.
fn source(arguments: &Arguments, scenarios: &Scenarios) -> Source {
    let beside = |records: &PathBuf| Path::new(&scenarios.file).parent().unwrap_or(Path::new("")).join(records);
    let records = arguments.source.records.clone().or_else(|| scenarios.records.as_ref().map(beside));
    Source { records, ..arguments.source.clone() }
}

/// The options for `explain` with the same records.
fn options(arguments: &Arguments, source: &Source) -> String {
    let tables = [
        ("--register-table", &source.register_table),
        ("--callers-table", &source.callers_table),
        ("--usage-table", &source.usage_table),
    ];
    let mut options = match &source.records {
        Some(records) => format!(" --records {}", quoted(&records.display().to_string())),
        None => tables
            .iter()
            .filter_map(|(option, table)| Some(format!(" {option} {}", quoted((*table).as_ref()?))))
            .collect(),
    };
    for (option, files) in arguments.databases.options() {
        options += &format!(" {option} {}", quoted(&files));
    }
    options
}
