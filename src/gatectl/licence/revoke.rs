//! I/O. `gatectl licence revoke`: a licence that is over from a moment on.

use export_gate::record::Licence;

use crate::change::{Ending, end};
use crate::outcome::{Failure, Outcome};

/// Which one, and from when.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    ending: Ending,
}

/// Ends it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    end::<Licence>(&arguments.ending).await
}
