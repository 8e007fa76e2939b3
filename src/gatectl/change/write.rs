//! I/O. Writing steps: a busy table is waited out, and an unknown outcome is settled by writing the same again.

use export_gate::register::{Basis, RegisterWriter, WriteTrouble};

use super::step::Step;
use crate::outcome::Trouble;
use crate::patience::Patience;

/// Why steps were not written.
pub(crate) enum Unwritten {
    /// The register is another by now: plan again.
    Conflict(WriteTrouble),
    /// They could not be written.
    Failed(WriteTrouble),
    /// They may have been written, or may still be.
    Unknown(WriteTrouble),
}

/// Writes steps at the heads that they were decided on.
pub(crate) async fn write(
    writer: &RegisterWriter,
    heads: &Basis,
    steps: &[Step],
    patience: &mut Patience,
) -> Result<Basis, Unwritten> {
    let mut is_unknown = false;
    loop {
        let changes = steps.iter().map(|step| (step.before.clone(), step.after.clone())).collect();
        let error = match writer.replace_at(heads, changes).await {
            Ok(heads) => return Ok(heads),
            Err(error) => error,
        };
        is_unknown |= matches!(error, WriteTrouble::Unknown(_));
        // Once an answer is lost, only another revision in this one's place proves that it was not written.
        if matches!(error, WriteTrouble::Moved(_)) || (error.is_conflict() && !is_unknown) {
            return Err(Unwritten::Conflict(error));
        }
        if !(is_unknown || error.is_passing()) || !patience.wait().await {
            return Err(if is_unknown { Unwritten::Unknown(error) } else { Unwritten::Failed(error) });
        }
    }
}

impl Unwritten {
    /// What the operator reads.
    pub(crate) fn trouble(self) -> Trouble {
        match self {
            Self::Conflict(error) => Trouble::of(
                "nothing was changed: others changed the register each time until `--timeout`; run the command again",
                error,
            ),
            Self::Failed(error) => Trouble::of("nothing was changed", error),
            Self::Unknown(error) => Trouble::of(
                "it is unknown whether the change was written: look at the records, and run the same command again, which \
                 writes what is missing",
                error,
            ),
        }
    }
}
