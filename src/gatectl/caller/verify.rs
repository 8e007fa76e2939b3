//! I/O. `gatectl caller verify`: that an organisation or a person was identified, how, and until when that holds.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::terms::{parse_time, render_time};
use jiff::Timestamp;
use serde_json::json;

use super::change::{Manner, change, kind, there};
use crate::attribution::{Attribution, filled};
use crate::item::of_json;
use crate::outcome::{Failure, Outcome};

/// Whom, and what came of it.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// organisation#… or person#…
    #[arg(value_parser = filled)]
    id: String,
    /// What came of it
    #[arg(long, value_enum, default_value = "verified")]
    status: Status,
    /// The first moment at which the verification is lapsed
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<Timestamp>,
    /// How, such as passport or registry-extract
    #[arg(long, value_name = "TEXT", value_parser = filled)]
    method: Option<String>,
    /// Where the evidence is kept
    #[arg(long, value_name = "TEXT", value_parser = filled)]
    evidence: Option<String>,
    #[command(flatten)]
    says: Attribution,
    #[command(flatten)]
    manner: Manner,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Status {
    Verified,
    Pending,
    Rejected,
}

/// Shows it, asks, writes it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let status = match arguments.status {
        Status::Verified => "verified",
        Status::Pending => "pending",
        Status::Rejected => "rejected",
    };
    let is_told = arguments.until.is_some() && arguments.method.is_some() && arguments.evidence.is_some();
    if arguments.status == Status::Verified && !is_told {
        return Err(Failure::new(
            "nothing was changed: whoever is verified is so `--until` a moment, by a `--method`, on some `--evidence`: \
             say all three",
        ));
    }
    let until = arguments.until.map(render_time);
    let done = match &until {
        Some(until) => format!("`{}` is {status} until {until}.", arguments.id),
        None => format!("`{}` is {status}.", arguments.id),
    };
    change(&arguments.manner, &arguments.id, now, &done, Vec::new(), |before| {
        let id = &arguments.id;
        if !matches!(kind(id), "organisation" | "person") {
            return Err(format!(
                "`{id}` can't be verified: organisations and persons are, by organisation#… and person#…"
            ));
        }
        if arguments.until.is_some_and(|until| until <= now) {
            return Err("`--until` is past: such a verification would be lapsed already".to_owned());
        }
        let mut after = there(id, before)?.clone();
        let verification = of_json(json!({
            "status": status, "until": until, "method": arguments.method, "evidence": arguments.evidence,
            "by": arguments.says.by, "at": render_time(now),
        }));
        after.insert("verification".to_owned(), AttributeValue::M(verification));
        arguments.says.sign(&mut after, now);
        Ok(after)
    })
    .await
}
