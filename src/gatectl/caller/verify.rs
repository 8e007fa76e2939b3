//! I/O. `gatectl caller verify`: records the verification of an organisation or a person.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::terms::{parse_time, render_time};
use jiff::Timestamp;
use serde_json::json;

use super::change::{ChangeOptions, kind};
use crate::attribution::non_empty;
use crate::item::of_json;
use crate::outcome::{Failure, Outcome};

/// Options of `gatectl caller verify`.
#[derive(clap::Args)]
#[command(override_usage = "\
gatectl caller verify [OPTIONS] --until <TIME> --method <TEXT> --evidence <TEXT> --by <WHO> --why <TEXT> \
--callers-table <TABLE> <ID>
       gatectl caller verify [OPTIONS] --status <pending|rejected> --by <WHO> --why <TEXT> --callers-table <TABLE> <ID>")]
pub(crate) struct Arguments {
    /// The organisation or person: ID, organisation#ID or person#ID
    #[arg(value_parser = non_empty)]
    id: String,
    /// Set the result of the verification
    #[arg(long, value_enum, default_value = "verified")]
    status: Status,
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

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Status {
    Verified,
    Pending,
    Rejected,
}

/// The kinds that have a `verification`.
const KINDS: [&str; 2] = ["organisation", "person"];

/// Sets the `verification` of the record.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Arguments { id, options, .. } = arguments;
    let now = Timestamp::now();
    let status = match arguments.status {
        Status::Verified => "verified",
        Status::Pending => "pending",
        Status::Rejected => "rejected",
    };
    let until = arguments.until.map(render_time);
    let done = |id: &str| match &until {
        Some(until) => format!("`{id}` is {status} until {until}."),
        None => format!("`{id}` is {status}."),
    };
    options
        .change_existing(id, &KINDS, done, |id, before| {
            if !KINDS.contains(&kind(id)) {
                return Err(format!("`{id}` can't be verified: only organisations and persons can"));
            }
            if arguments.until.is_some_and(|until| until <= now) {
                return Err("`--until` is past: the verification would have lapsed already".to_owned());
            }
            let verification = of_json(json!({
                "status": status, "until": until, "method": arguments.method, "evidence": arguments.evidence,
                "by": options.attribution.by, "at": render_time(now),
            }));
            let mut after = before.clone();
            after.insert("verification".to_owned(), AttributeValue::M(verification));
            options.attribution.sign(&mut after, now);
            Ok(after)
        })
        .await
}
