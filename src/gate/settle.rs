//! I/O. Decides, and settles the quotas of the licences that the decision uses. `gatectl` decides by it too.

use jiff::Timestamp;

use crate::decision::{Decision, Outcome, Subject, Undecidable, decide};
use crate::ledger::Kind;
use crate::quota::{DrawError, Drawn, Exhausted, Quotas, UsageError};
use crate::register::Register;
use crate::terms::ModelRef;

/// Why there is no decision.
#[derive(Debug, thiserror::Error)]
pub enum Unsettled {
    /// A record is unreadable.
    #[error(transparent)]
    Undecidable(#[from] Undecidable),
    /// The use of a quota is unknown.
    #[error(transparent)]
    Usage(#[from] UsageError),
}

/// Decides, and for an invocation draws on the quotas that a permit needs. Without `quotas` none is exhausted. If a licence
/// has no quota left, it is added to `exhausted` and to the subject's facts, and the decision is made again without it.
///
/// # Errors
/// [`Unsettled`]; then nothing is drawn.
pub async fn settle(
    model: &ModelRef,
    subject: &mut Subject,
    register: &Register,
    quotas: Option<&Quotas>,
    kind: Kind,
    exhausted: &mut Exhausted,
    now: Timestamp,
) -> Result<(Decision, Drawn), Unsettled> {
    loop {
        let decision = decide(model, subject, register, &exhausted.licences, now)?;
        subject.facts.exhausted = exhausted.licences.iter().cloned().collect();
        let Some(quotas) = quotas.filter(|_| !decision.quotas.is_empty()) else {
            return Ok((decision, Drawn::default()));
        };
        // An exhausted licence is not used again, so each round has fewer licences.
        let more = match (&decision.outcome, kind) {
            (Outcome::Permit(permit), Kind::Invocation) => {
                match quotas.draw(&decision.quotas, permit.model(), now).await {
                    Ok(drawn) => return Ok((decision, drawn)),
                    Err(DrawError::Exhausted(more)) => more,
                    Err(DrawError::Unknown(error)) => return Err(error.into()),
                }
            }
            _ => quotas.exhausted(&decision.quotas).await?,
        };
        if more.licences.is_empty() {
            return Ok((decision, Drawn::default()));
        }
        exhausted.add(more);
    }
}
