//! Pure. Limits on an imported list: rejected rows, no entries, and shrinkage.

use export_gate_lists::{Reject, UNCLOSED};

use super::edition::{Edition, entry_count};

/// Limits that an operator may lift.
#[derive(clap::Args, Clone, Copy)]
pub(super) struct Allowed {
    /// Accept a list without entries
    #[arg(long)]
    allow_empty: bool,
    /// Accept a list that shrank by more than `--most-shrink`
    #[arg(long)]
    allow_shrink: bool,
    /// Limit how much a list may shrink, as a percentage of its entries
    #[arg(long, value_name = "PERCENT", default_value = "10", value_parser = clap::value_parser!(u64).range(0..=100))]
    most_shrink: u64,
    /// Skip up to N rows that can't be read, and print them
    #[arg(long, value_name = "N", default_value = "0")]
    allow_rejects: usize,
}

impl Allowed {
    /// Checks the rejected rows against `--allow-rejects`.
    pub(super) fn rejects(self, rejects: &[Reject]) -> Result<(), String> {
        if let Some(Reject { place, why }) = rejects.iter().find(|reject| reject.why == UNCLOSED) {
            return Err(format!("{place}: {why}, so the rows after it can't be read: correct the file"));
        }
        if rejects.len() <= self.allow_rejects {
            return Ok(());
        }
        let rows = crate::display::count(rejects.len(), "row", "rows");
        Err(format!("{rows} can't be read: correct them, or skip them with `--allow-rejects {}`", rejects.len()))
    }

    /// Checks the number of entries against the edition in force.
    pub(super) fn entries(self, entries: u64, in_force: Option<&Edition>) -> Result<(), String> {
        if entries == 0 {
            let error = "the list has no entries; if that is correct, add `--allow-empty`".to_owned();
            return if self.allow_empty { Ok(()) } else { Err(error) };
        }
        let Some(in_force) = in_force.filter(|_| !self.allow_shrink) else { return Ok(()) };
        let left = in_force.entries.saturating_mul(100_u64.saturating_sub(self.most_shrink));
        if entries.saturating_mul(100) >= left {
            return Ok(());
        }
        Err(format!(
            "the list has {}, and the edition `{}` in force has {}: it shrank by more than {} %; if that is correct, \
             add `--allow-shrink`",
            entry_count(entries),
            in_force.edition,
            in_force.entries,
            self.most_shrink
        ))
    }
}
