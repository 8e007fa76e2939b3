//! I/O. `gatectl review confirm`: a possible match is the listed party, which becomes an embargo.

use export_gate::record::{Embargo, Item, Kind};
use export_gate::terms::render_time;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::queue::{Match, Resolution};
use super::read::queue;
use crate::callers::Callers;
use crate::change::{Manner, Step, make};
use crate::entries::Place;
use crate::item::{of_json, text, value_as_json};
use crate::outcome::{Outcome, Trouble};
use crate::period::{Since, since};
use crate::says::{Says, filled};
use crate::tables::CallersTable;
use crate::words::models;

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
    #[arg(long)]
    authority: String,
    /// The rule, as the authority cites it
    #[arg(long, value_parser = filled)]
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
    says: Says,
    #[command(flatten)]
    manner: Manner,
}

/// Writes the embargo, of somebody who is held up and not cleared.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let now = Timestamp::now();
    let of = Match { subject: arguments.subject.clone(), party: arguments.party.clone() };
    let (queue, _) = queue(&arguments.place, &arguments.manner.aws, arguments.since, now).await?;
    let is_held = queue.held(&of).is_some();
    let dynamodb = arguments.manner.aws.dynamodb().await;
    let own = Callers::new(dynamodb, arguments.callers.callers_table.clone()).record(&of.subject).await?;
    let record = own.as_ref().map(|own| record(arguments, &of, own, now));
    let made = make(&arguments.manner, now, |present| {
        if !is_held {
            return Err(format!(
                "`{}` is not held up by `{}`; `gatectl embargo issue` names whom you like",
                of.subject, of.party
            ));
        }
        match of.resolution(present, now) {
            Resolution::Confirmed(_) => return Ok(Vec::new()),
            Resolution::Cleared(_) => {
                return Err(format!(
                    "`{}` is cleared of `{}`: revoke that first, gatectl clearance revoke '{}' '{}'",
                    of.subject, of.party, of.subject, of.party
                ));
            }
            Resolution::Open => {}
        }
        match &record {
            Some(Some(record)) => Ok(Step::put(present, record.clone()).into_iter().collect()),
            Some(None) => {
                Err(format!("`{}` has no name in the callers' records: an embargo names parties by it", of.subject))
            }
            None => Err(format!("there is no record `{}` to take the name from", of.subject)),
        }
    })
    .await?;
    let done =
        format!("`{}` gets nothing of {} from the gate's next request on.", of.subject, arguments.models.join(" "));
    Ok(made.outcome(&arguments.manner, &done, &format!("`{}` is confirmed to be `{}` already.", of.subject, of.party)))
}

/// An embargo of the party by the name of the subject's own record; none where that has no name.
fn record(arguments: &Arguments, of: &Match, own: &Item, now: Timestamp) -> Option<Item> {
    let name = Some(text(own, "name")).filter(|name| !name.trim().is_empty())?;
    let mut party = json!({"name": name});
    let aliases = own.get("aliases").map(value_as_json).filter(|aliases| *aliases != json!([]));
    if let Some(aliases) = aliases {
        party["aliases"] = aliases;
    }
    let country = own.get("incorporated_in").map(value_as_json);
    if let Some(country) = country {
        party["country"] = country;
    }
    let mut record = of_json(json!({
        "kind": Embargo::KIND, "id": of.embargo_id(), "models": arguments.models,
        "applies_to": {"parties": [party]}, "effect": "prohibited", "authority": arguments.authority,
        "citation": arguments.citation, "from": render_time(now), "url": Value::Null,
    }));
    arguments.says.sign(&mut record, now);
    Some(record)
}
