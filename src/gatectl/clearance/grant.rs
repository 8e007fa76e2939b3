//! I/O. `gatectl clearance grant`: a possible match with a listed party that is somebody else.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Clearance, Item, Kind};
use export_gate::terms::{parse_time, render_time};
use jiff::Timestamp;
use serde_json::json;

use crate::attribution::{Attribution, filled};
use crate::change::{Manner, Step, make};
use crate::item::{of_json, text};
use crate::outcome::{Failure, Outcome};
use crate::record_table::State;
use crate::snapshot::Snapshot;

/// The clearance.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Who is held up: organisation#… or person#…
    #[arg(value_name = "SUBJECT", value_parser = filled)]
    subject: String,
    /// The entry that it is not, as list:entry
    #[arg(value_name = "PARTY", value_parser = filled)]
    party: String,
    #[command(flatten)]
    cleared: Cleared,
    /// What was compared, as the refusal's reason has it: the clearance ends when the subject's names or the entry change.
    /// Without it, it stands whatever becomes of them
    #[arg(long, value_name = "DIGEST", value_parser = compared)]
    match_sha256: Option<String>,
    /// Replace a clearance in force that differs
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    says: Attribution,
    #[command(flatten)]
    manner: Manner,
}

/// What a clearance says.
#[derive(clap::Args, Clone)]
pub(crate) struct Cleared {
    /// Who decided so
    #[arg(long, value_name = "WHO", value_parser = filled)]
    pub(crate) officer: String,
    /// Why it is somebody else
    #[arg(long, value_name = "TEXT", value_parser = filled)]
    pub(crate) reason: String,
    /// The first moment at which it is over
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) until: Option<Timestamp>,
}

/// Shows it, asks, writes it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let mut record = record(&arguments.subject, &arguments.party, &arguments.cleared, &arguments.says, now);
    bind(&mut record, arguments.match_sha256.as_deref());
    let made = make(&arguments.manner, now, |snapshot| plan(snapshot, &record, arguments.replace, now)).await?;
    let (subject, party) = (&arguments.subject, &arguments.party);
    let done = format!("`{subject}` is not `{party}`, from the gate's next request on.");
    Ok(made.outcome(&arguments.manner, &done, &format!("`{subject}` is cleared of `{party}` already.")))
}

/// The id of the clearance of a subject against an entry.
pub(crate) fn id(subject: &str, party: &str) -> String {
    format!("{subject} {party}")
}

/// The record.
pub(crate) fn record(subject: &str, party: &str, cleared: &Cleared, says: &Attribution, now: Timestamp) -> Item {
    let mut record = of_json(json!({
        "kind": Clearance::KIND, "id": id(subject, party), "subject": subject, "party": party,
        "reason": cleared.reason, "officer": cleared.officer, "until": cleared.until.map(render_time),
    }));
    says.sign(&mut record, now);
    record
}

/// Has a clearance end when what was compared changes.
pub(crate) fn bind(record: &mut Item, match_sha256: Option<&str>) {
    if let Some(digest) = match_sha256 {
        record.insert("match_sha256".into(), AttributeValue::S(digest.to_owned()));
    }
}

fn compared(text: &str) -> Result<String, String> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() == 32 && text.bytes().all(is_digit) {
        Ok(text.to_owned())
    } else {
        Err("it has not 32 hexadecimal digits, letters in lower case; `gatectl review show` prints it".into())
    }
}

/// The step that puts it; none where it is there, just so. Another that is in force is replaced only where that is wanted.
pub(crate) fn plan(snapshot: &Snapshot, record: &Item, replace: bool, now: Timestamp) -> Result<Vec<Step>, String> {
    let there = snapshot.record(Clearance::KIND, text(record, "id"));
    let is_in_force = there.is_some_and(|there| State::of::<Clearance>(there, now) == State::InForce);
    Step::wanted(snapshot, record, replace || !is_in_force)
}
