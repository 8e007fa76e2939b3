//! I/O. `gatectl ledger reconcile`: the trail's calls of the endpoints against the ledger's permits.

use std::path::PathBuf;

use export_gate::terms::{Window, parse_time};
use jiff::{SignedDuration, Timestamp};

use super::call::{Call, role_of};
use super::entries::Entries;
use super::matching::{Reach, matched};
use super::told::Told;
use super::trail::{Unread, trail};
use crate::aws::Aws;
use crate::entries::{Found, Place};
use crate::outcome::{Failure, Outcome};

/// The trail, the ledger, and the gate.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// CloudTrail's log files as S3 has them, .json or .json.gz: a file, or a folder with all below it
    #[arg(long, value_name = "FOLDER|FILE")]
    trail: PathBuf,
    #[command(flatten)]
    place: Place,
    /// The gate's role
    #[arg(long, value_name = "ARN", value_parser = role)]
    gate_role: String,
    /// Calls from this moment on, such as 2026-06-12T21:21:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<Timestamp>,
    /// Calls before this moment
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    to: Option<Timestamp>,
    /// How long after its permit a call may be dated, in seconds: the model's time and the clocks'
    #[arg(long, default_value = "75", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    slack: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

fn role(text: &str) -> Result<String, String> {
    let is_role = text.starts_with("arn:") && text.contains(":iam::") && role_of(text).is_some();
    if is_role {
        Ok(text.to_owned())
    } else {
        Err("it is no role's ARN, such as arn:aws:iam::111122223333:role/gate".into())
    }
}

/// How much before its permit a call may be dated.
const BEFORE: SignedDuration = SignedDuration::from_secs(5);

/// Reads both, and names every call without its permit.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let window = Window { from: arguments.from, until: arguments.to };
    let slack = SignedDuration::from_secs(arguments.slack.into());
    // A permit at the period's edge may have its call just outside, which shows that the trail has calls at all.
    let wide = Window {
        from: window.from.map(|from| from.checked_sub(BEFORE).unwrap_or(Timestamp::MIN)),
        until: window.until.map(|until| until.checked_add(slack).unwrap_or(Timestamp::MAX)),
    };
    let mut trail = trail(&arguments.trail, wide)?;
    let has_calls = !trail.calls.is_empty();
    trail.calls.retain(|call| window.is_open(call.at));
    let (entries, unread) = permits(&arguments.place, &arguments.aws).await?;
    let call_count = trail.calls.len();
    let is_own = |call: &Call| call.is_by(&arguments.gate_role);
    // A call that IAM turned away reached no model; of the gate's own it is the endpoint that must be known.
    let is_denied = |call: &Call| call.was_denied() && (!is_own(call) || call.endpoint.is_none());
    let (denied, calls): (Vec<Call>, Vec<Call>) = trail.calls.into_iter().partition(is_denied);
    let (own, others): (Vec<Call>, Vec<Call>) = calls.into_iter().partition(is_own);
    let reach = Reach { before: BEFORE, after: slack };
    let entry_count = entries.count;
    let (permits, completions) = entries.permits();
    let mut found = matched(own, permits, reach);
    found.without_call.retain(|permit| window.is_open(permit.at));
    let told = Told {
        found,
        others,
        denied,
        completions,
        unread: trail.unread.into_iter().chain(unread).collect(),
        digests: trail.digests,
        call_count,
        entry_count,
        record_count: trail.records,
        has_calls,
    };
    Ok(told.outcome(arguments.json))
}

/// Reads the whole ledger: a permit just before the period may account for a call in it.
async fn permits(place: &Place, aws: &Aws) -> Result<(Entries, Vec<Unread>), Failure> {
    let (mut entries, mut unread) = (Entries::default(), Vec::new());
    let take = |(place, found)| {
        let taken = match found {
            Found::Entry(entry) => entries.take(&entry),
            Found::Unread { why, .. } => Err(why),
        };
        unread.extend(taken.err().map(|why| Unread { place, why }));
    };
    place.read_as(aws, Window::default(), |place, found| (place.to_owned(), found), take).await?;
    Ok((entries, unread))
}
