//! I/O. `gatectl lists rollback`.

use crate::outcome::{Outcome, Trouble};

/// What it was told.
#[derive(clap::Args)]
pub(crate) struct Arguments {}

/// To be built.
pub(crate) async fn run(_: &Arguments) -> Result<Outcome, Trouble> {
    Err(Trouble::new("`lists rollback` is not built yet"))
}
