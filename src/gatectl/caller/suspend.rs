//! I/O. `gatectl caller suspend`: suspends a client or an organisation, or lifts the suspension.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::change::{ChangeOptions, kind};
use crate::attribution::non_empty;
use crate::outcome::{Failure, Outcome};

/// Options of `gatectl caller suspend`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The client or organisation: ID, client#ID or organisation#ID
    #[arg(value_parser = non_empty)]
    id: String,
    /// Lift the suspension
    #[arg(long)]
    lift: bool,
    #[command(flatten)]
    options: ChangeOptions,
}

/// The kinds that have a `status`.
const KINDS: [&str; 2] = ["client", "organisation"];

/// Sets the `status` of the record.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Arguments { id, lift, options } = arguments;
    let now = Timestamp::now();
    let (status, done) =
        if *lift { ("active", "may call again") } else { ("suspended", "is suspended from its next request on") };
    let done = |id: &str| format!("`{id}` {done}.");
    options
        .change_existing(id, &KINDS, done, |id, before| {
            if !KINDS.contains(&kind(id)) {
                return Err(format!(
                    "`{id}` can't be suspended: only clients and organisations can; \
                     for a person use `gatectl caller verify --status rejected`"
                ));
            }
            let mut after = before.clone();
            after.insert("status".to_owned(), AttributeValue::S(status.to_owned()));
            options.attribution.sign(&mut after, now);
            Ok(after)
        })
        .await
}
