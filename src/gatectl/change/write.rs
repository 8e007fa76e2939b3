//! I/O. Writing steps with backoff. A write with an unknown outcome is retried unchanged.

use export_gate::register::{Basis, RegisterWriter, WriteError};

use super::step::Step;
use crate::backoff::Backoff;
use crate::outcome::Failure;

/// Why steps were not written.
pub(crate) enum Unwritten {
    /// The register has changed: plan again.
    Conflict(WriteError),
    /// They could not be written.
    Failed(WriteError),
    /// They may have been written, or may still be.
    Unknown(WriteError),
}

/// Writes steps, on condition that the register still has the heads that the plan was made from.
pub(crate) async fn write(
    writer: &RegisterWriter,
    heads: &Basis,
    steps: &[Step],
    backoff: &mut Backoff,
) -> Result<Basis, Unwritten> {
    let mut is_unknown = false;
    loop {
        let changes = steps.iter().map(|step| (step.before.clone(), step.after.clone())).collect();
        let error = match writer.replace_at(heads, changes).await {
            Ok(heads) => return Ok(heads),
            Err(error) => error,
        };
        is_unknown |= matches!(error, WriteError::Unknown(_));
        // Once an answer is lost, only another revision in its place proves that nothing was written.
        if matches!(error, WriteError::Moved(_)) || (error.is_conflict() && !is_unknown) {
            return Err(Unwritten::Conflict(error));
        }
        if !(is_unknown || error.is_passing()) || !backoff.wait().await {
            return Err(if is_unknown { Unwritten::Unknown(error) } else { Unwritten::Failed(error) });
        }
    }
}

impl Unwritten {
    /// The error for the operator.
    pub(crate) fn failure(self) -> Failure {
        match self {
            Self::Conflict(error) => Failure::of(
                "nothing was changed: other writers changed the register until `--timeout`; run the command again",
                error,
            ),
            Self::Failed(error) => Failure::of("nothing was changed", error),
            Self::Unknown(error) => Failure::of(
                "it is unknown whether the change was written: check the records, and run the same command again, which \
                 writes what is missing",
                error,
            ),
        }
    }
}
