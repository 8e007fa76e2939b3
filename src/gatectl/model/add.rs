//! I/O. `gatectl model add`: a model in one version becomes a record that the gate obeys on its next request.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Head, Item, Kind, Model};
use export_gate::register::RegisterWriter;
use export_gate::terms::ModelName;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::change::{Step, Wanted, as_json, diff, plan};
use crate::aws::Aws;
use crate::outcome::{Outcome, Trouble};

/// The model, and who says so.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The model's name and version, such as fable-5@2
    #[arg(value_name = "NAME@VERSION", value_parser = ModelName::parse)]
    model: ModelName,
    /// The SageMaker endpoint, this model's own
    #[arg(long, value_name = "NAME", value_parser = filled)]
    endpoint: String,
    /// The Export Control Classification Number, such as 4E091, or EAR99
    #[arg(long, conflicts_with = "unclassified")]
    eccn: Option<String>,
    /// Say outright that nobody has classified it: every embargo by any ECCN then applies to it
    #[arg(long)]
    unclassified: bool,
    /// Let the name alone mean this version, and no other any more
    #[arg(long)]
    default: bool,
    /// Replace a record of this name and version that differs
    #[arg(long)]
    replace: bool,
    /// Who says so
    #[arg(long, value_name = "WHO", value_parser = filled)]
    by: String,
    /// Why; where an embargo in force names the model, its id
    #[arg(long, value_name = "TEXT", value_parser = filled)]
    why: String,
    /// The register's table
    #[arg(long, value_name = "TABLE", env = "REGISTER_TABLE")]
    register_table: String,
    /// Don't ask
    #[arg(long)]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

fn filled(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("an empty text says nothing".into()) } else { Ok(text.to_owned()) }
}

/// How often it is tried where somebody else is faster.
const TRIES: usize = 2;

/// Looks, shows, asks, writes.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let id = arguments.model.as_str();
    if arguments.eccn.is_none() && !arguments.unclassified {
        return Err(Trouble::new(format!(
            "`{id}` has no classification: say `--eccn 4E091`, `--eccn EAR99` or what it is; or say outright that nobody has classified it, `--unclassified`"
        )));
    }
    let wanted = Wanted {
        model: arguments.model.clone(),
        endpoint: arguments.endpoint.clone(),
        eccn: arguments.eccn.clone(),
        default: arguments.default,
        replace: arguments.replace,
        by: arguments.by.clone(),
        why: arguments.why.clone(),
        at: Timestamp::now(),
    };
    let dynamodb = arguments.aws.dynamodb().await;
    let writer = RegisterWriter::new(dynamodb.clone(), arguments.register_table.clone());
    let mut agreed: Option<Vec<Step>> = None;
    for attempt in 1..=TRIES {
        let (read, present) = models(&dynamodb, &arguments.register_table).await?;
        let steps = match plan(&wanted, &present) {
            Ok(steps) => steps,
            Err(why) => return Ok(told(arguments, &[], None, false, format!("Nothing was changed: {why}."))),
        };
        if steps.is_empty() {
            return Ok(told(
                arguments,
                &[],
                None,
                true,
                format!("`{id}` is there already, just so: nothing was changed."),
            ));
        }
        if agreed.as_ref() != Some(&steps) {
            if !arguments.json {
                eprint!("{}", diff(&steps));
            }
            if !arguments.yes && !agrees(&arguments.register_table)? {
                return Ok(told(arguments, &steps, None, false, "Nothing was changed.".into()));
            }
            agreed = Some(steps.clone());
        }
        let records = steps.iter().map(|step| step.after.clone()).collect();
        match writer.put_at(read, records).await {
            Ok(revision) => {
                let says = format!("Written, revision {revision}: the gate knows `{id}` from its next request on.");
                return Ok(told(arguments, &steps, Some(revision), true, says));
            }
            Err(error) if error.is_conflict() && attempt < TRIES => {}
            Err(error) => return Err(Trouble::of("nothing was changed", error)),
        }
    }
    Err(Trouble::new("nothing was changed: others changed the register each time; try again"))
}

fn told(arguments: &Arguments, steps: &[Step], revision: Option<u64>, is_fine: bool, says: String) -> Outcome {
    let changes =
        || steps.iter().map(|step| json!({"before": step.before.as_ref().map(as_json), "after": as_json(&step.after)}));
    let json = || {
        json!({"ok": is_fine, "says": says.clone(), "revision": revision,
               "changes": changes().collect::<Vec<Value>>(), "table": arguments.register_table})
    };
    Outcome::new(arguments.json, json, format!("{says}\n"), is_fine)
}

/// The register's revision, then every model record: the write holds only at that revision.
async fn models(dynamodb: &DynamoDb, table: &str) -> Result<(u64, Vec<Item>), Trouble> {
    let unread =
        || format!("the register `{table}` could not be read; see `--register-table`, `--region`, `--profile`");
    let s = |text: &str| AttributeValue::S(text.to_owned());
    let head = dynamodb.get_item().table_name(table).consistent_read(true);
    let head = head.key("kind", s(&Head::kind(0))).key("id", s(Head::ID)).send().await;
    let head = head.map_err(|error| Trouble::of(unread(), error))?.item.map(Head::read).transpose();
    let revision =
        head.map_err(|error| Trouble::of("the register's head can't be read", error))?.map_or(0, |head| head.revision);
    let query = dynamodb.query().table_name(table).consistent_read(true);
    let query = query.key_condition_expression("#kind = :kind").expression_attribute_names("#kind", "kind");
    let mut pages = query.expression_attribute_values(":kind", s(Model::KIND)).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.extend(page.map_err(|error| Trouble::of(unread(), error))?.items.unwrap_or_default());
    }
    Ok((revision, found))
}

/// Asks at the terminal.
fn agrees(table: &str) -> Result<bool, Trouble> {
    let terminal = std::io::stdin();
    if !terminal.is_terminal() {
        return Err(Trouble::new(
            "nothing was changed: there is no terminal to ask at; say `--yes` where nobody is to be asked",
        ));
    }
    eprint!("Write this to `{table}`? [y/N] ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = terminal.lock().read_line(&mut answer);
    read.map_err(|error| Trouble::of("nothing was changed: the answer could not be read", error))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
