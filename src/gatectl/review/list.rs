//! I/O. `gatectl review list`.

use crate::outcome::{Outcome, Trouble};

/// What it was told.
#[derive(clap::Args)]
pub(crate) struct Arguments {}

/// To be built.
pub(crate) async fn run(_: &Arguments) -> Result<Outcome, Trouble> {
    Err(Trouble::new("`review list` is not built yet"))
}
