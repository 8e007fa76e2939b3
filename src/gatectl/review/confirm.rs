//! I/O. `gatectl review confirm`: a possible match is the listed party, which becomes an embargo.

use std::convert::identity;

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Embargo, Item, Kind};
use jiff::Timestamp;
use serde_json::json;

use super::queue::{Match, Resolution};
use super::read::{not_held, queue};
use crate::attribution::{Attribution, filled};
use crate::callers::Callers;
use crate::change::{Manner, Step, make_veiled};
use crate::entries::Place;
use crate::item::{of_json, text, value_as_json};
use crate::outcome::{Failure, Outcome};
use crate::period::{Since, since};
use crate::snapshot::Snapshot;
use crate::table_options::CallersTable;
use crate::value_parsers::models;

/// Which one, and by whose law.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Who is held up: organisation#… or person#…
    #[arg(value_name = "SUBJECT", value_parser = filled)]
    subject: String,
    /// The entry that it is, as list:entry
    #[arg(value_name = "PARTY", value_parser = filled)]
    party: String,
    /// Whose law it is: BIS, OFAC, DDTC, EU, UK, UN or OPERATOR
    #[arg(long, default_value = "OPERATOR")]
    authority: String,
    /// The rule, as the authority cites it. The caller is told it, so it must not say which entry matched
    #[arg(long, value_parser = filled, default_value = "listed party")]
    citation: String,
    /// A model: name, name@version, eccn:4E091 or *; may be said again
    #[arg(long = "model", value_name = "MODEL", default_value = "*", value_parser = models)]
    models: Vec<String>,
    /// Refusals from this moment on, or from so long ago
    #[arg(long, value_name = "TIME|DURATION", value_parser = since, default_value = "90d")]
    since: Since,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    callers: CallersTable,
    #[command(flatten)]
    says: Attribution,
    #[command(flatten)]
    manner: Manner,
}

/// Writes the embargo, of somebody who is held up and not cleared.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let of = Match { subject: arguments.subject.clone(), party: arguments.party.clone() };
    let (queue, unread) = queue(&arguments.place, &arguments.manner.aws, arguments.since, now).await?;
    let held = queue.held(&of);
    let dynamodb = arguments.manner.aws.dynamodb().await;
    let own = Callers::new(dynamodb, arguments.callers.callers_table.clone()).record(&of.subject).await?;
    let record = own.map(|own| record(arguments, &of, &own, now));
    let plan = |snapshot: &Snapshot| {
        if held.is_none() {
            return Err(format!("{}; `gatectl review list` lists who is", not_held(&of, &unread)));
        }
        if let Some(embargo) = of.party.strip_prefix("parties:") {
            return Err(format!(
                "the embargo `{embargo}` is there already: add `{}`'s own spelling to its aliases, or as one more \
                 `--party`, gatectl embargo issue '{embargo}' --replace",
                of.subject
            ));
        }
        match of.resolution(held, snapshot, now) {
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
                Err(format!("`{}` has no name in the callers' records: an embargo names parties by it", of.subject))
            }
            None => Err(format!("there is no record `{}` to take the name from", of.subject)),
        }
    };
    // A person is shown by id alone: the name goes into the record, and nowhere else.
    let veil = if of.subject.starts_with("person#") { nameless } else { identity };
    let made = make_veiled(&arguments.manner, now, veil, plan).await?;
    let models = arguments.models.join(" ");
    let models = if models == "*" { "any model" } else { &models };
    let done = format!("`{}` gets no answer of {models} from the gate's next request on.", of.subject);
    Ok(made.outcome(&arguments.manner, &done, &format!("`{}` is confirmed to be `{}` already.", of.subject, of.party)))
}

/// A step without the names of an embargo's parties.
fn nameless(mut step: Step) -> Step {
    for item in step.before.iter_mut().chain([&mut step.after]) {
        item.insert("applies_to".into(), AttributeValue::S("the name of the person's record".into()));
    }
    step
}

/// An embargo of the party by the name of the subject's own record; none where that has no name.
fn record(arguments: &Arguments, of: &Match, own: &Item, now: Timestamp) -> Option<Item> {
    let name = Some(text(own, "name")).filter(|name| !name.trim().is_empty())?;
    let aliases = own.get("aliases").map(value_as_json).filter(|aliases| *aliases != json!([]));
    // One that the gate holds against an embargo's: of a person the nationalities, not where she lives.
    let nationality = || own.get("nationalities").map(value_as_json).and_then(|all| all.get(0).cloned());
    let country = own.get("incorporated_in").map(value_as_json).or_else(nationality);
    let mut party = json!({"name": name, "aliases": aliases, "country": country});
    if let Some(party) = party.as_object_mut() {
        party.retain(|_, value| !value.is_null());
    }
    let mut record = of_json(json!({
        "kind": Embargo::KIND, "id": of.embargo_id(), "models": arguments.models,
        "applies_to": {"parties": [party]}, "effect": "prohibited", "authority": arguments.authority,
        "citation": arguments.citation,
    }));
    arguments.says.sign(&mut record, now);
    Some(record)
}
