//! I/O. `gatectl embargo|licence|model list`: lists the records of one kind with their states.

use export_gate::record::Kind;
use jiff::Timestamp;

use crate::options::{Globals, RegisterTable};
use crate::outcome::{Failure, Outcome};
use crate::record_table::{Filter, Listing};
use crate::snapshot::Snapshot;

/// Options of the `list` commands.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    register: RegisterTable,
}

/// Lists the records of kind `T` with these attributes. The exit code is 1 if one is unreadable.
pub(crate) async fn run<T: Kind>(
    arguments: &Arguments,
    globals: &Globals,
    attributes: &[&str],
) -> Result<Outcome, Failure> {
    let table = &arguments.register.register_table;
    let snapshot = Snapshot::read(&globals.aws.dynamodb().await, table).await?;
    let listing = Listing::of::<T>(&snapshot, &arguments.filter, Timestamp::now());
    Ok(Outcome::new(globals.json, || listing.json(), listing.text(attributes), listing.is_fine()))
}
