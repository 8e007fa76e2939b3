//! I/O. Writing steps: a busy table is waited out, and an unknown outcome is settled by writing the same again.

use export_gate::register::{Basis, RegisterWriter, WriteError};

use super::step::Step;
use crate::backoff::Backoff;
use crate::outcome::Failure;

/// Why steps were not written.
pub(crate) enum Unwritten {
    /// The register is another by now: plan again.
    Conflict(WriteError),
    /// They could not be written.
    Failed(WriteError),
    /// They may have been written, or may still be.
    Unknown(WriteError),
}

/// Writes steps at the heads that they were decided on.
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
        // Once an answer is lost, only another revision in this one's place proves that it was not written.
        if matches!(error, WriteError::Moved(_)) || (error.is_conflict() && !is_unknown) {
            return Err(Unwritten::Conflict(error));
        }
        if !(is_unknown || error.is_passing()) || !backoff.wait().await {
            return Err(if is_unknown { Unwritten::Unknown(error) } else { Unwritten::Failed(error) });
        }
    }
}

impl Unwritten {
    /// What the operator reads.
    pub(crate) fn failure(self) -> Failure {
        match self {
            Self::Conflict(error) => Failure::of(
                "nothing was changed: others changed the register each time until `--timeout`; run the command again",
                error,
            ),
            Self::Failed(error) => Failure::of("nothing was changed", error),
            Self::Unknown(error) => Failure::of(
                "it is unknown whether the change was written: look at the records, and run the same command again, which \
                 writes what is missing",
                error,
            ),
        }
    }
}
