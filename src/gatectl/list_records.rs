//! I/O. What `list` does, of embargoes, licences and models alike: the records of a kind, each with its state.

use export_gate::record::Kind;
use jiff::Timestamp;

use crate::aws::Aws;
use crate::outcome::{Failure, Outcome};
use crate::record_table::{Listing, Which};
use crate::snapshot::Snapshot;
use crate::table_options::RegisterTable;

/// Which ones.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    register: RegisterTable,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// Lists those of kind `T` with these attributes; what can't be read is told, with exit code 1.
pub(crate) async fn run<T: Kind>(arguments: &Arguments, attributes: &[&str]) -> Result<Outcome, Failure> {
    let snapshot = Snapshot::read(&arguments.aws.dynamodb().await, &arguments.register.register_table).await?;
    let listing = Listing::of::<T>(&snapshot, &arguments.which, Timestamp::now());
    Ok(Outcome::new(arguments.json, || listing.told(), listing.text(attributes), listing.is_fine()))
}
