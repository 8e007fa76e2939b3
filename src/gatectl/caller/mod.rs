//! I/O. `gatectl caller`: adds, verifies, suspends and displays callers.

mod add;
mod change;

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{CallerStatus, Item, Verification, VerificationStatus, attributes};
use export_gate::register::history::Key;
use export_gate::terms::{parse_time, render_time};
use jiff::Timestamp;
use serde_json::{Value, json};

use self::change::{ChangeOptions, KINDS, find, kind};
use crate::callers::Callers;
use crate::change::Step;
use crate::display::text_line;
use crate::item::{as_json, attribute, attribution, text};
use crate::options::{CallersTable, Globals, non_empty};
use crate::outcome::{Failure, Outcome};
use crate::value_parsers::hyphened_word;

/// Subcommands of `gatectl caller`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Add a client, an organisation or a person
    Add(Box<add::Arguments>),
    /// Record the verification of an organisation or a person
    Verify(Box<VerifyArguments>),
    /// Suspend a client or an organisation, or lift the suspension
    Suspend(Box<SuspendArguments>),
    /// Show a caller's record with all its versions, names of persons included
    Show(Box<ShowArguments>),
}

/// Runs a subcommand.
pub(crate) async fn run(command: &Command, globals: &Globals) -> Result<Outcome, Failure> {
    match command {
        Command::Add(arguments) => add::run(arguments, globals).await,
        Command::Verify(arguments) => verify(arguments, globals).await,
        Command::Suspend(arguments) => suspend(arguments, globals).await,
        Command::Show(arguments) => show(arguments, globals).await,
    }
}

/// Options of `gatectl caller verify`.
#[derive(clap::Args)]
#[command(override_usage = "\
gatectl caller verify [OPTIONS] --until <TIME> --method <TEXT> --evidence <TEXT> --by <WHO> --why <TEXT> \
--callers-table <TABLE> <ID>
       gatectl caller verify [OPTIONS] --status <pending|rejected> --by <WHO> --why <TEXT> --callers-table <TABLE> <ID>")]
pub(crate) struct VerifyArguments {
    /// The organisation or person: ID, organisation#ID or person#ID
    #[arg(value_parser = non_empty)]
    id: String,
    /// Set the result of the verification
    #[arg(long, default_value = "verified", value_parser = hyphened_word::<VerificationStatus>())]
    status: VerificationStatus,
    /// Set the moment at which the verification lapses; required for `verified`
    #[arg(long, value_name = "TIME", value_parser = parse_time,
        required_unless_present = "status", required_if_eq("status", "verified"))]
    until: Option<Timestamp>,
    /// Name the method, such as passport or registry-extract; required for `verified`
    #[arg(long, value_name = "TEXT", value_parser = non_empty,
        required_unless_present = "status", required_if_eq("status", "verified"))]
    method: Option<String>,
    /// Say where the evidence is kept; required for `verified`
    #[arg(long, value_name = "TEXT", value_parser = non_empty,
        required_unless_present = "status", required_if_eq("status", "verified"))]
    evidence: Option<String>,
    #[command(flatten)]
    options: ChangeOptions,
}

/// The kinds that have a `verification`.
const VERIFIED: [&str; 2] = ["organisation", "person"];

/// Sets the `verification` of the record.
async fn verify(arguments: &VerifyArguments, globals: &Globals) -> Result<Outcome, Failure> {
    let VerifyArguments { id, status, until, method, evidence, options } = arguments;
    let now = Timestamp::now();
    let word = attribute(status).as_s().cloned().unwrap_or_default();
    let done = |id: &str| match until.map(render_time) {
        Some(until) => format!("`{id}` is {word} until {until}."),
        None => format!("`{id}` is {word}."),
    };
    let set = |id: &str| {
        if !VERIFIED.contains(&kind(id)) {
            return Err(format!("`{id}` can't be verified: only organisations and persons can"));
        }
        if until.is_some_and(|until| until <= now) {
            return Err("`--until` is past: the verification would have lapsed already".to_owned());
        }
        let verification = Verification {
            status: *status,
            until: *until,
            method: method.clone(),
            evidence: evidence.clone(),
            by: Some(options.attribution.by.clone()),
            at: Some(render_time(now)),
        };
        Ok(("verification", AttributeValue::M(attributes(&verification))))
    };
    options.set(globals, (id, &VERIFIED), now, done, set).await
}

/// Options of `gatectl caller suspend`.
#[derive(clap::Args)]
pub(crate) struct SuspendArguments {
    /// The client or organisation: ID, client#ID or organisation#ID
    #[arg(value_parser = non_empty)]
    id: String,
    /// Lift the suspension
    #[arg(long)]
    lift: bool,
    #[command(flatten)]
    options: ChangeOptions,
}

/// The kinds that have a `status`.
const SUSPENDED: [&str; 2] = ["client", "organisation"];

/// Sets the `status` of the record.
async fn suspend(arguments: &SuspendArguments, globals: &Globals) -> Result<Outcome, Failure> {
    let SuspendArguments { id, lift, options } = arguments;
    let (status, done) = if *lift {
        (CallerStatus::Active, "may call again")
    } else {
        (CallerStatus::Suspended, "is suspended from its next request on")
    };
    let set = |id: &str| {
        if SUSPENDED.contains(&kind(id)) {
            return Ok(("status", attribute(&status)));
        }
        Err(format!(
            "`{id}` can't be suspended: only clients and organisations can; for a person use \
             `gatectl caller verify --status rejected`"
        ))
    };
    options.set(globals, (id, &SUSPENDED), Timestamp::now(), |id| format!("`{id}` {done}."), set).await
}

/// Options of `gatectl caller show`.
#[derive(clap::Args)]
pub(crate) struct ShowArguments {
    /// The caller: ID, client#ID, organisation#ID or person#ID
    #[arg(value_parser = non_empty)]
    id: String,
    #[command(flatten)]
    callers: CallersTable,
}

/// Displays the record, the newest version first.
async fn show(arguments: &ShowArguments, globals: &Globals) -> Result<Outcome, Failure> {
    let callers = Callers::new(globals.aws.dynamodb().await, arguments.callers.callers_table.clone());
    let last = match find(&callers, &arguments.id, &KINDS).await? {
        Ok(last) => last,
        Err(why) => return Ok(Outcome::refused(globals.json, &why)),
    };
    let id = text(&last, "id");
    let versions = callers.versions(id).await?;
    let json = || json!({"record": id, "versions": versions.iter().map(as_json).collect::<Vec<Value>>()});
    Ok(Outcome::new(globals.json, json, display(id, &versions), true))
}

fn display(id: &str, versions: &[Item]) -> String {
    let mut text = text_line!("{id}");
    for (index, version) in versions.iter().enumerate() {
        text += &format!("\n{}", text_line!("{}", attribution(version)));
        let key = Key { kind: String::new(), id: id.to_owned() };
        let before = versions.get(index.saturating_add(1)).cloned();
        for line in (Step { key, before, after: version.clone() }).unattributed_lines() {
            if !line.starts_with("previous  ") {
                text += &text_line!("    {line}");
            }
        }
    }
    text
}
