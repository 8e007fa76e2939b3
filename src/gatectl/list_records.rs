//! I/O. `gatectl embargo|licence|model list`: lists the records of one kind with their states.

use export_gate::record::Kind;
use jiff::Timestamp;

use crate::outcome::{Failure, Outcome};
use crate::record_table::{Filter, Listing};
use crate::snapshot::Snapshot;
use crate::table_options::ReadOptions;

/// Options of the `list` commands.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    read: ReadOptions,
}

/// Lists the records of kind `T` with these attributes. The exit code is 1 if one is unreadable.
pub(crate) async fn run<T: Kind>(arguments: &Arguments, attributes: &[&str]) -> Result<Outcome, Failure> {
    let ReadOptions { register, json, aws } = &arguments.read;
    let snapshot = Snapshot::read(&aws.dynamodb().await, &register.register_table).await?;
    let listing = Listing::of::<T>(&snapshot, &arguments.filter, Timestamp::now());
    Ok(Outcome::new(*json, || listing.json(), listing.text(attributes), listing.is_fine()))
}
