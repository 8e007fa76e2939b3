//! Pure. A section of the report: its figures, chart and method.

use super::chart::Chart;
use super::sheet::Sheet;

/// A section of the report.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// Its result in a sentence.
    pub(super) lead: String,
    pub(super) chart: Option<Chart>,
    pub(super) sheet: Sheet,
    /// How it was counted; field names are in backticks.
    pub(super) how: &'static str,
}

impl Section {
    /// The method in parts: whether a part is a name, and its text.
    pub(super) fn how(&self) -> impl Iterator<Item = (bool, &'static str)> {
        [false, true].into_iter().cycle().zip(self.how.split('`'))
    }
}
