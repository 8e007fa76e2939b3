//! I/O. `gatectl deployment check`: checks records, template and zip before a deployment.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_sdk_dynamodb::Client as DynamoDb;
use export_gate::terms::parse_time;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::access;
use super::records::{Endpoints, Found, Records};
use super::template::Template;
use crate::aws::Aws;
use crate::display::{count, grouped, text_line, visible};
use crate::draft::gather;
use crate::files;
use crate::outcome::{Failure, Outcome};

/// Arguments of `deployment check`.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["records", "register_table", "template", "zip"]))]
pub(crate) struct Arguments {
    /// Register and caller records: a JSON or YAML file, or a folder of them. Repeatable
    #[arg(long, value_name = "FOLDER|FILE")]
    records: Vec<PathBuf>,
    /// Name of the register table; records in files take precedence
    #[arg(long, value_name = "TABLE")]
    register_table: Option<String>,
    /// CloudFormation or SAM template in JSON, or the output of `aws cloudformation get-template`
    #[arg(long, value_name = "FILE")]
    template: Option<PathBuf>,
    /// Parameters of the template, as for `aws cloudformation deploy`; pseudo parameters such as AWS::StackName too
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., requires = "template", value_parser = parameter)]
    parameter_overrides: Vec<(String, String)>,
    /// Logical id of the gate [default: the function with the variables of the four tables]
    #[arg(long, value_name = "ID", requires = "template")]
    gate: Option<String>,
    /// Deployment package. Repeatable
    #[arg(long, value_name = "FILE")]
    zip: Vec<PathBuf>,
    /// Limit of a package, in bytes
    #[arg(long, value_name = "BYTES", default_value = "5000000")]
    zip_budget: u64,
    /// Existing endpoint. Repeatable [default: those that the template names]
    #[arg(long, value_name = "NAME")]
    endpoint: Vec<String>,
    /// Time for embargoes in force, such as 2026-06-12T21:21:00Z [default: now]
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
    pair.map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or_else(|| "expected NAME=VALUE".into())
}

/// A fault, and the input that has it.
struct Fault {
    about: &'static str,
    why: String,
}

/// Checks all inputs, and reports all faults.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let mut faults = Vec::new();
    let mut checked_inputs = Vec::new();
    let mut add = |about: &'static str, found: Vec<String>| {
        faults.extend(found.into_iter().map(|why| Fault { about, why }));
    };

    let mut endpoints = Endpoints { invocable: None, existing: arguments.endpoint.clone() };
    if let Some(path) = &arguments.template {
        let bytes = files::read(path)?;
        let given: BTreeMap<String, String> = arguments.parameter_overrides.iter().cloned().collect();
        let template = Template::read(&String::from_utf8_lossy(&bytes), given)
            .map_err(|why| Failure::new(format!("`{}` can't be read: {why}", path.display())))?;
        let access = access::check(&template, arguments.gate.as_deref());
        add("template", access.faults);
        endpoints.invocable = Some(access.invocable);
        checked_inputs.push(format!("the template, {}", count(template.resources().count(), "resource", "resources")));
    }
    if !arguments.records.is_empty() || arguments.register_table.is_some() {
        let Found { faults, counts } =
            records(arguments).await?.check(arguments.at.unwrap_or_else(Timestamp::now), &endpoints);
        add("records", faults);
        let counts = counts.iter().map(|(kind, number)| count(*number, kind, &plural(kind)));
        let counts = counts.collect::<Vec<_>>().join(", ");
        checked_inputs.push(format!("the records, {}", if counts.is_empty() { "none" } else { &counts }));
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
                    "`{}` has {} bytes, {} more than its limit of {}: check new dependencies with `cargo tree`",
                    path.display(),
                    grouped(bytes.into()),
                    grouped(bytes.saturating_sub(arguments.zip_budget).into()),
                    grouped(arguments.zip_budget.into()),
                )],
            );
        }
        checked_inputs.push(format!(
            "`{}`, {} of {} bytes",
            path.display(),
            grouped(bytes.into()),
            grouped(arguments.zip_budget.into())
        ));
    }
    Ok(outcome(arguments, &faults, &checked_inputs))
}

async fn records(arguments: &Arguments) -> Result<Records, Failure> {
    let mut records = Records::default();
    for place in &arguments.records {
        let checked = gather(place)?;
        if checked.is_empty() {
            records.miss(&place.display().to_string(), "check the folder; its files end in .json, .yaml or .yml");
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
        records.miss(table, "check the table's name, region and profile");
    }
    Ok(records)
}

fn plural(kind: &str) -> String {
    if kind.ends_with('o') { format!("{kind}es") } else { format!("{kind}s") }
}

fn outcome(arguments: &Arguments, faults: &[Fault], checked_inputs: &[String]) -> Outcome {
    let mut not_checked = Vec::new();
    if arguments.records.is_empty() && arguments.register_table.is_none() {
        not_checked.push("records");
    }
    if arguments.template.is_none() {
        not_checked.push("template");
    }
    if arguments.zip.is_empty() {
        not_checked.push("zip");
    }
    let mut text: String = faults.iter().map(|fault| text_line!("{}: {}.", fault.about, fault.why)).collect();
    text += &match faults.len() {
        0 => visible(&format!("Ready to deploy: {}.", checked_inputs.join("; "))),
        faults => {
            let faults = count(faults, "fault", "faults");
            let result = format!("Not ready to deploy: {faults}. Checked: {}.", checked_inputs.join("; "));
            format!("\n{}", visible(&result))
        }
    };
    if !not_checked.is_empty() {
        text += &format!(" Not checked: {}.", not_checked.join(", "));
    }
    let json = || {
        let faults: Vec<Value> = faults.iter().map(|fault| json!({"about": fault.about, "says": fault.why})).collect();
        json!({"ok": faults.is_empty(), "faults": faults, "looked_at": checked_inputs, "not_looked_at": not_checked})
    };
    Outcome::new(arguments.json, json, text + "\n", faults.is_empty())
}
