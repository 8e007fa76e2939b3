//! I/O. `gatectl review confirm`: confirms a potential match by an embargo of the party.

use std::convert::identity;

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Embargo, Item, Kind};
use jiff::Timestamp;
use serde_json::json;

use super::queue::Resolution;
use super::read::{MatchOptions, not_in_queue};
use crate::attribution::non_empty;
use crate::callers::Callers;
use crate::change::{ChangeOptions, Step, change_redacted};
use crate::clearance::Match;
use crate::item::{of_json, text, value_as_json};
use crate::outcome::{Failure, Outcome};
use crate::snapshot::Snapshot;
use crate::table_options::CallersTable;
use crate::value_parsers::models;

/// Options of `gatectl review confirm`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    potential_match: MatchOptions,
    /// Set the authority: BIS, OFAC, DDTC, EU, UK, UN or OPERATOR
    #[arg(long, default_value = "OPERATOR")]
    authority: String,
    /// Cite the rule. Callers read it, so it must not name the entry
    #[arg(long, value_parser = non_empty, default_value = "listed party")]
    citation: String,
    /// Add a model: name, name@version, eccn:4E091 or *; repeatable
    #[arg(long = "model", value_name = "MODEL", default_value = "*", value_parser = models)]
    models: Vec<String>,
    #[command(flatten)]
    callers: CallersTable,
    #[command(flatten)]
    options: ChangeOptions,
}

/// Writes the embargo for a match that is refused and not cleared.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Arguments { options, callers, .. } = arguments;
    let now = Timestamp::now();
    let (of, queue, unread) = arguments.potential_match.read(&options.aws, now).await?;
    let refusals = queue.refusals(of);
    let callers = Callers::new(options.aws.dynamodb().await, callers.callers_table.clone());
    let caller = callers.record(&of.subject).await?;
    let record = caller.map(|caller| record(arguments, of, &caller, now));
    let plan = |snapshot: &Snapshot| {
        if refusals.is_none() {
            return Err(format!("{}; `gatectl review list` lists the queue", not_in_queue(of, &unread)));
        }
        if let Some(embargo) = of.party.strip_prefix("parties:") {
            return Err(format!(
                "the embargo `{embargo}` exists already: add the spelling of `{}` to its aliases, or as another \
                 `--party`, gatectl embargo issue '{embargo}' --replace",
                of.subject
            ));
        }
        match of.resolution(refusals, snapshot, now) {
            Resolution::Confirmed(_) => return Ok(Vec::new()),
            Resolution::Cleared(_) | Resolution::Again(_) => {
                return Err(format!(
                    "`{}` is cleared of `{}`: revoke that first, gatectl clearance revoke '{}' '{}'",
                    of.subject, of.party, of.subject, of.party
                ));
            }
            Resolution::Open => {}
        }
        match &record {
            Some(Some(record)) => Ok(Step::put(snapshot, record.clone()).into_iter().collect()),
            Some(None) => {
                Err(format!("`{}` has no name in the callers' records, and an embargo names its parties", of.subject))
            }
            None => Err(format!("there is no caller `{}`, whose name the embargo needs", of.subject)),
        }
    };
    // A person is displayed by id: the name goes into the record only.
    let redact = if of.subject.starts_with("person#") { nameless } else { identity };
    let changed = change_redacted(options, now, redact, plan).await?;
    let models = arguments.models.join(" ");
    let models = if models == "*" { "any model" } else { &models };
    let done = format!("`{}` is refused {models} from the gate's next request on.", of.subject);
    Ok(changed.outcome(&done, &format!("`{}` is confirmed to be `{}` already.", of.subject, of.party)))
}

/// A step without the names of an embargo's parties.
fn nameless(mut step: Step) -> Step {
    for item in step.before.iter_mut().chain([&mut step.after]) {
        item.insert("applies_to".into(), AttributeValue::S("the name of the person's record".into()));
    }
    step
}

/// An embargo of the party by the name in the caller's record; none if it has no name.
fn record(arguments: &Arguments, of: &Match, caller: &Item, now: Timestamp) -> Option<Item> {
    let name = Some(text(caller, "name")).filter(|name| !name.trim().is_empty())?;
    let aliases = caller.get("aliases").map(value_as_json).filter(|aliases| *aliases != json!([]));
    // The country that the gate compares with an embargo's: a person's nationality, not the residence.
    let nationality = || caller.get("nationalities").map(value_as_json).and_then(|all| all.get(0).cloned());
    let country = caller.get("incorporated_in").map(value_as_json).or_else(nationality);
    let mut party = json!({"name": name, "aliases": aliases, "country": country});
    if let Some(party) = party.as_object_mut() {
        party.retain(|_, value| !value.is_null());
    }
    let mut record = of_json(json!({
        "kind": Embargo::KIND, "id": of.embargo_id(), "models": arguments.models,
        "applies_to": {"parties": [party]}, "effect": "prohibited", "authority": arguments.authority,
        "citation": arguments.citation,
    }));
    arguments.options.attribution.sign(&mut record, now);
    Some(record)
}
