//! I/O. `gatectl caller suspend`: a client or an organisation that gets nothing until the suspension is lifted.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::change::{Manner, change, kind, there};
use crate::attribution::{Attribution, filled};
use crate::outcome::{Failure, Outcome};

/// Whom.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// client#… or organisation#…
    #[arg(value_parser = filled)]
    id: String,
    /// Lift the suspension
    #[arg(long)]
    lift: bool,
    #[command(flatten)]
    says: Attribution,
    #[command(flatten)]
    manner: Manner,
}

/// Shows it, asks, writes it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let id = &arguments.id;
    let (status, done) = if arguments.lift {
        ("active", format!("`{id}` may call again."))
    } else {
        ("suspended", format!("`{id}` gets nothing from its next request on."))
    };
    change(&arguments.manner, id, now, &done, Vec::new(), |before| {
        if !matches!(kind(id), "client" | "organisation") {
            return Err(format!(
                "`{id}` can't be suspended: clients and organisations can, by client#… and organisation#…; \
                 of a person say `gatectl caller verify --status rejected`"
            ));
        }
        let mut after = there(id, before)?.clone();
        after.insert("status".to_owned(), AttributeValue::S(status.to_owned()));
        arguments.says.sign(&mut after, now);
        Ok(after)
    })
    .await
}
