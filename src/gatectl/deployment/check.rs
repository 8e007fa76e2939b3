//! I/O. `gatectl deployment check`: what CI asks before it deploys.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_sdk_dynamodb::Client as DynamoDb;
use export_gate::terms::parse_time;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::reach::reach;
use super::records::{Endpoints, Found, Records};
use super::template::Template;
use crate::aws::Aws;
use crate::display::{count, grouped, text_line, visible};
use crate::draft::gather;
use crate::files;
use crate::outcome::{Failure, Outcome};

/// What is to go out.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["records", "register_table", "template", "zip"]))]
pub(crate) struct Arguments {
    /// Register and caller records: a file of JSON or YAML, or a folder of them; can be said more than once
    #[arg(long, value_name = "FOLDER|FILE")]
    records: Vec<PathBuf>,
    /// The register's table; of a record that a file has too, the file's counts
    #[arg(long, value_name = "TABLE")]
    register_table: Option<String>,
    /// The CloudFormation or SAM template in JSON, or what `aws cloudformation get-template` gives
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// The template's parameters, as `aws cloudformation deploy` takes them; also AWS::StackName and its like
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., requires = "template", value_parser = parameter)]
    parameter_overrides: Vec<(String, String)>,
    /// The gate's logical id; by default the function that has the four tables' variables
    #[arg(long, value_name = "ID", requires = "template")]
    gate: Option<String>,
    /// A package; can be said more than once
    #[arg(long, value_name = "FILE")]
    zip: Vec<PathBuf>,
    /// How many bytes a package may have
    #[arg(long, value_name = "BYTES", default_value = "5000000")]
    zip_budget: u64,
    /// An endpoint that is there; can be said more than once. By default those that the template names
    #[arg(long, value_name = "NAME")]
    endpoint: Vec<String>,
    /// The moment at which embargoes are in force or not, such as 2026-06-12T21:21:00Z; by default now
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or_else(|| "it is written NAME=VALUE".into())
}

/// A fault, and what it is in.
struct Fault {
    about: &'static str,
    says: String,
}

/// Looks at everything, and tells every fault at once.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let mut faults = Vec::new();
    let mut looked_at = Vec::new();
    let mut add = |about: &'static str, found: Vec<String>| {
        faults.extend(found.into_iter().map(|says| Fault { about, says }));
    };

    let mut endpoints = Endpoints { invocable: None, snapshot: arguments.endpoint.clone() };
    if let Some(path) = &arguments.template {
        let bytes = files::read(path)?;
        let given: BTreeMap<String, String> = arguments.parameter_overrides.iter().cloned().collect();
        let template = Template::read(&String::from_utf8_lossy(&bytes), given)
            .map_err(|why| Failure::new(format!("`{}` can't be read: {why}", path.display())))?;
        let reach = reach(&template, arguments.gate.as_deref());
        add("template", reach.faults);
        endpoints.invocable = Some(reach.invocable);
        looked_at.push(format!("the template, {}", count(template.resources().count(), "resource", "resources")));
    }
    if !arguments.records.is_empty() || arguments.register_table.is_some() {
        let Found { faults, counts } =
            records(arguments).await?.check(arguments.at.unwrap_or_else(Timestamp::now), &endpoints);
        add("records", faults);
        let counts = counts.iter().map(|(kind, number)| count(*number, kind, &plural(kind)));
        let counts = counts.collect::<Vec<_>>().join(", ");
        looked_at.push(format!("the records, {}", if counts.is_empty() { "of which there are none" } else { &counts }));
    }
    for path in &arguments.zip {
        let found = std::fs::metadata(path);
        let bytes = found
            .map_err(|error| Failure::of(format!("`{}` can't be read: build it first", path.display()), error))?
            .len();
        if bytes > arguments.zip_budget {
            add(
                "zip",
                vec![format!(
                    "`{}` has {} bytes, {} more than its {}: see what a new dependency brings, `cargo tree`",
                    path.display(),
                    grouped(bytes.into()),
                    grouped(bytes.saturating_sub(arguments.zip_budget).into()),
                    grouped(arguments.zip_budget.into()),
                )],
            );
        }
        looked_at.push(format!(
            "`{}`, {} of {} bytes",
            path.display(),
            grouped(bytes.into()),
            grouped(arguments.zip_budget.into())
        ));
    }
    Ok(told(arguments, &faults, &looked_at))
}

async fn records(arguments: &Arguments) -> Result<Records, Failure> {
    let mut records = Records::default();
    for place in &arguments.records {
        let checked = gather(place)?;
        if checked.is_empty() {
            records.miss(&place.display().to_string(), "give the right folder; its files end in .json, .yaml or .yml");
        }
        records.take_files(checked);
    }
    if let Some(table) = &arguments.register_table {
        let dynamodb: DynamoDb = arguments.aws.dynamodb().await;
        let mut pages = dynamodb.scan().table_name(table).consistent_read(true).into_paginator().send();
        while let Some(page) = pages.next().await {
            let unread =
                || format!("the register `{table}` could not be read; see `--register-table`, `--region`, `--profile`");
            for item in page.map_err(|error| Failure::of(unread(), error))?.items.unwrap_or_default() {
                records.take_item(item, table);
            }
        }
    }
    if let Some(table) = arguments.register_table.as_ref().filter(|_| records.size() == 0) {
        records.miss(table, "give the register's table, with its region and profile");
    }
    Ok(records)
}

fn plural(kind: &str) -> String {
    if kind.ends_with('o') { format!("{kind}es") } else { format!("{kind}s") }
}

fn told(arguments: &Arguments, faults: &[Fault], looked_at: &[String]) -> Outcome {
    let mut left = Vec::new();
    if arguments.records.is_empty() && arguments.register_table.is_none() {
        left.push("records");
    }
    if arguments.template.is_none() {
        left.push("template");
    }
    if arguments.zip.is_empty() {
        left.push("zip");
    }
    let mut text: String = faults.iter().map(|fault| text_line!("{}: {}.", fault.about, fault.says)).collect();
    text += &match faults.len() {
        0 => visible(&format!("Nothing stands in the way: {}.", looked_at.join("; "))),
        faults => {
            let faults = count(faults, "fault", "faults");
            let verdict = format!("Not to be deployed: {faults}. Looked at: {}.", looked_at.join("; "));
            format!("\n{}", visible(&verdict))
        }
    };
    if !left.is_empty() {
        text += &format!(" Not looked at: {}.", left.join(", "));
    }
    let json = || {
        let faults: Vec<Value> = faults.iter().map(|fault| json!({"about": fault.about, "says": fault.says})).collect();
        json!({"ok": faults.is_empty(), "faults": faults, "looked_at": looked_at, "not_looked_at": left})
    };
    Outcome::new(arguments.json, json, text + "\n", faults.is_empty())
}
