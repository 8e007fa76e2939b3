//! Pure. A part of the report: its figures, what they look like, and how they were counted.

use super::chart::Chart;
use super::sheet::Sheet;

/// A part of the report.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// What it comes to, in a sentence.
    pub(super) lead: String,
    pub(super) chart: Option<Chart>,
    pub(super) sheet: Sheet,
    /// How this was counted; names of fields stand in backticks.
    pub(super) how: &'static str,
}

impl Section {
    /// How this was counted, in parts: whether it is a name, and its text.
    pub(super) fn how(&self) -> impl Iterator<Item = (bool, &'static str)> {
        [false, true].into_iter().cycle().zip(self.how.split('`'))
    }
}
