//! I/O. `gatectl clearance revoke`: a clearance that is taken back.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Clearance, Item, Kind};
use jiff::Timestamp;

use super::grant::id;
use crate::attribution::{Attribution, filled};
use crate::change::{Manner, Step, make};
use crate::item::text;
use crate::outcome::{Failure, Outcome};
use crate::record_table::State;
use crate::snapshot::Snapshot;

/// Which one, and who says so.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Who was cleared: organisation#… or person#…
    #[arg(value_name = "SUBJECT", value_parser = filled)]
    subject: String,
    /// The entry that it was cleared of, as list:entry
    #[arg(value_name = "PARTY", value_parser = filled)]
    party: String,
    #[command(flatten)]
    says: Attribution,
    #[command(flatten)]
    manner: Manner,
}

/// Withdraws it: whoever was cleared is held up again, so there is no moment to choose.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let made = make(&arguments.manner, now, |snapshot| plan(snapshot, arguments, now)).await?;
    let (subject, party) = (&arguments.subject, &arguments.party);
    let done = format!("`{subject}` is a possible match with `{party}` again.");
    Ok(made.outcome(&arguments.manner, &done, "it is withdrawn already."))
}

fn plan(snapshot: &Snapshot, arguments: &Arguments, now: Timestamp) -> Result<Vec<Step>, String> {
    let id = id(&arguments.subject, &arguments.party);
    let own = |item: &&Item| text(item, "subject") == arguments.subject && text(item, "party") == arguments.party;
    // One that was written as a file may have an id of its own.
    let by_content = || snapshot.of_kind(Clearance::KIND).map(|(_, item)| item).find(own);
    let Some(before) = snapshot.record(Clearance::KIND, &id).or_else(by_content) else {
        return Err(format!("`{}` has no clearance against `{}`", arguments.subject, arguments.party));
    };
    if State::of::<Clearance>(before, now) == State::Withdrawn {
        return Ok(Vec::new());
    }
    let mut after = before.clone();
    after.insert("withdrawn".into(), AttributeValue::Bool(true));
    arguments.says.sign(&mut after, now);
    Ok(Step::put(snapshot, after).into_iter().collect())
}
