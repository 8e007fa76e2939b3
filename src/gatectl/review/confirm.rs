//! I/O. `gatectl review confirm`: confirms a potential match by an embargo of the party.

use std::convert::identity;

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{AppliesTo, Authority, Basis, Effect, Embargo, Item, Meta, Party, Record, write};
use export_gate::terms::{Country, ModelPattern, WrittenName};
use jiff::Timestamp;

use super::queue::Resolution;
use super::read::{MatchOptions, not_in_queue};
use crate::callers::Callers;
use crate::change::{ChangeOptions, Step, change_redacted};
use crate::clearance::Match;
use crate::item::text;
use crate::options::{CallersTable, Globals, non_empty};
use crate::outcome::{Failure, Outcome};
use crate::snapshot::Snapshot;
use crate::value_parsers::{models, read_word};

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
    models: Vec<ModelPattern>,
    #[command(flatten)]
    callers: CallersTable,
    #[command(flatten)]
    options: ChangeOptions,
}

/// Writes the embargo for a match that is refused and not cleared.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let Arguments { options, callers, .. } = arguments;
    let now = Timestamp::now();
    let (of, queue, unread) = arguments.potential_match.read(globals, now).await?;
    let refusals = queue.refusals(of);
    let callers = Callers::new(globals.aws.dynamodb().await, callers.callers_table.clone());
    let caller = callers.record(&of.subject).await?;
    let authority = read_word(&arguments.authority).map_err(|why| format!("authority: {why}"));
    let plan = |snapshot: &Snapshot| {
        let authority = authority.clone()?;
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
        let Some(caller) = &caller else {
            return Err(format!("there is no caller `{}`, whose name the embargo needs", of.subject));
        };
        let record = record(arguments, authority, of, caller, now).ok_or_else(|| {
            format!("`{}` has no name in the callers' records, and an embargo names its parties", of.subject)
        })?;
        Ok(Step::put(snapshot, record).into_iter().collect())
    };
    // A person is displayed by id: the name goes into the record only.
    let redact = if of.subject.starts_with("person#") { nameless } else { identity };
    let changed = change_redacted(options, globals, now, redact, plan).await?;
    let models = arguments.models.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
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
fn record(arguments: &Arguments, authority: Authority, of: &Match, caller: &Item, now: Timestamp) -> Option<Item> {
    let texts = |name: &str| -> Vec<String> {
        caller.get(name).and_then(|value| serde_dynamo::from_attribute_value(value.clone()).ok()).unwrap_or_default()
    };
    let name = WrittenName::try_from(text(caller, "name").to_owned()).ok()?;
    let aliases = texts("aliases").into_iter().filter_map(|alias| alias.try_into().ok()).collect();
    // The country that the gate compares with an embargo's: a person's nationality, not the residence.
    let country = Country::parse(text(caller, "incorporated_in")).ok();
    let country = country.or_else(|| Country::parse(texts("nationalities").first()?).ok());
    let record = write(&Record {
        meta: Meta { id: of.embargo_id(), ..Meta::default() },
        body: Embargo {
            models: arguments.models.clone(),
            applies_to: AppliesTo { parties: Some(vec![Party { name, aliases, country }]), ..AppliesTo::default() },
            effect: Effect::Prohibited,
            authority,
            citation: arguments.citation.clone(),
            url: None,
            disclose: true,
            basis: Basis::default(),
        },
    });
    Some(arguments.options.attribution.signed(record, now))
}
