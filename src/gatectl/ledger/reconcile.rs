//! I/O. `gatectl ledger reconcile`: compares CloudTrail's endpoint calls with the ledger's permits.

use std::path::PathBuf;

use export_gate::terms::{Window, parse_time};
use jiff::{SignedDuration, Timestamp};

use super::call::{Call, role_of};
use super::matching::{Entries, Slack, matched};
use super::reconcile_report::ReconcileReport;
use super::trail::{Unread, trail};
use crate::aws::Aws;
use crate::entries::{Found, Place};
use crate::options::Globals;
use crate::outcome::{Failure, Outcome};

/// Arguments of `ledger reconcile`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// CloudTrail's log files as in S3 (.json or .json.gz): a file or a folder
    #[arg(long, value_name = "FOLDER|FILE")]
    trail: PathBuf,
    #[command(flatten)]
    place: Place,
    /// Role of the gate
    #[arg(long, value_name = "ARN", value_parser = role)]
    gate_role: String,
    /// Check calls from this time on, such as 2026-06-12T21:21:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<Timestamp>,
    /// Check calls before this time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    to: Option<Timestamp>,
    /// How many seconds after its permit a call may be dated, for the model's time and clock differences
    #[arg(long, default_value = "75", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    slack: u32,
}

fn role(text: &str) -> Result<String, String> {
    let is_role = text.starts_with("arn:") && text.contains(":iam::") && role_of(text).is_some();
    if is_role {
        Ok(text.to_owned())
    } else {
        Err("expected a role's ARN, such as arn:aws:iam::111122223333:role/gate".into())
    }
}

/// How much earlier than its permit a call may be dated.
const BEFORE: SignedDuration = SignedDuration::from_secs(5);

/// Compares both, and reports every call without a permit.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let window = Window { from: arguments.from, until: arguments.to };
    let after = SignedDuration::from_secs(arguments.slack.into());
    // The call of a permit at the edge of the period may lie just outside. It still shows that the trail has calls.
    let wide = Window {
        from: window.from.map(|from| from.checked_sub(BEFORE).unwrap_or(Timestamp::MIN)),
        until: window.until.map(|until| until.checked_add(after).unwrap_or(Timestamp::MAX)),
    };
    let mut trail = trail(&arguments.trail, wide)?;
    let has_calls = !trail.calls.is_empty();
    trail.calls.retain(|call| window.is_open(call.at));
    let (entries, unread) = permits(&arguments.place, &globals.aws).await?;
    let call_count = trail.calls.len();
    let is_own = |call: &Call| call.is_by(&arguments.gate_role);
    // A denied call reached no model. One of the gate counts as denied only if its endpoint is unknown.
    let is_denied = |call: &Call| call.was_denied() && (!is_own(call) || call.endpoint.is_none());
    let (denied, calls): (Vec<Call>, Vec<Call>) = trail.calls.into_iter().partition(is_denied);
    let (own, others): (Vec<Call>, Vec<Call>) = calls.into_iter().partition(is_own);
    let slack = Slack { before: BEFORE, after };
    let entry_count = entries.count;
    let (permits, completions) = entries.permits();
    let mut matched = matched(own, permits, slack);
    matched.without_call.retain(|permit| window.is_open(permit.at));
    let report = ReconcileReport {
        matched,
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
    Ok(report.outcome(globals.json))
}

/// Reads the whole ledger, since a permit just before the period can cover a call in it.
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
