//! I/O. Reports changes that no retry can process, so that the stream continues.

use crate::alarm::{AlarmError, Alarms, listed};
use crate::metric;

/// A skipped change, by its item's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    key: String,
    /// The reason, without the item's values.
    why: String,
}

impl std::fmt::Display for Parked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`: {}", self.key, self.why)
    }
}

impl Parked {
    /// A change of the item with this key.
    #[must_use]
    pub fn new(key: String, why: String) -> Self {
        Self { key, why }
    }
}

/// Reports the parked changes of a batch in one message, with `advice` for operators.
///
/// # Errors
/// [`AlarmError`]; then the batch must be retried, or the changes stay unreported.
pub async fn report(alarms: &Alarms, parked: &[Parked], advice: &str) -> Result<(), AlarmError> {
    let Some(Parked { key, .. }) = parked.first() else { return Ok(()) };
    metric::count("ParkedRecords", parked.len());
    let subject = match parked.len() {
        1 => format!("export-gate: {key} cannot be processed"),
        count => format!("export-gate: {count} changes cannot be processed: {key}, …"),
    };
    alarms.send(&subject, &format!("{}\n{advice}", listed(parked))).await
}
