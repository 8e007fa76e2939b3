//! I/O. Changes that no retry can process: they are reported, and the stream goes on.

use crate::alarm::{Alarms, Untold, listed};
use crate::metric;

/// A change that was not processed, by its item's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    key: String,
    /// Why, without the item's values.
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

/// Reports what a batch parked, in one message: `advice` says what that means and what to do.
///
/// # Errors
/// [`Untold`]; then the batch must come again, or nobody would know.
pub async fn report(alarms: &Alarms, parked: &[Parked], advice: &str) -> Result<(), Untold> {
    let Some(Parked { key, .. }) = parked.first() else { return Ok(()) };
    metric::count("ParkedRecords", parked.len());
    let subject = match parked.len() {
        1 => format!("export-gate: {key} cannot be processed"),
        count => format!("export-gate: {count} changes cannot be processed: {key}, …"),
    };
    alarms.tell(&subject, &format!("{}\n{advice}", listed(parked))).await
}
