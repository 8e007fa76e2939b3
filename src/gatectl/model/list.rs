//! I/O. `gatectl model list`: the models, each with its state.

use export_gate::record::Model;
use jiff::Timestamp;

use crate::aws::Aws;
use crate::listing::{Listing, Which};
use crate::outcome::{Outcome, Trouble};
use crate::present::Present;
use crate::tables::RegisterTable;

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

/// Lists them; what can't be read is told, with exit code 1.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let present = Present::read(&arguments.aws.dynamodb().await, &arguments.register.register_table).await?;
    let listing = Listing::of::<Model>(&present, &arguments.which, Timestamp::now());
    let text = listing.text(&["status", "default", "endpoint", "eccn"]);
    Ok(Outcome::new(arguments.json, || listing.told(), text, listing.is_fine()))
}
