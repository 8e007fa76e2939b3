//! Pure. Whether what was read may become an edition.

use std::collections::BTreeMap;

use super::edition::{Edition, told};
use super::entry::{Entry, Place, Reject, UNCLOSED};
use super::format::Reading;

/// What may be, though it is most often a slip.
#[derive(clap::Args, Clone, Copy)]
pub(super) struct Allowed {
    /// Take a list without an entry
    #[arg(long)]
    allow_empty: bool,
    /// Take a list that shrank by more than `--most-shrink`
    #[arg(long)]
    allow_shrink: bool,
    /// By how many in a hundred of its entries a list may shrink
    #[arg(long, value_name = "PERCENT", default_value = "10", value_parser = clap::value_parser!(u64).range(0..=100))]
    most_shrink: u64,
    /// Leave out up to so many rows that can't be read, and print them
    #[arg(long, value_name = "N", default_value = "0")]
    allow_rejects: usize,
}

/// The entries in their order, each once; and what was rejected: rows that are none, and a party's id that was there.
pub(super) fn settled(reading: Reading) -> (Vec<Entry>, Vec<Reject>) {
    let mut rejects = reading.rejects;
    let mut ids: BTreeMap<String, Place> = BTreeMap::new();
    let mut entries = Vec::new();
    for row in reading.rows {
        if let Entry::Party(party) = &row.entry {
            if let Some(place) = ids.get(&party.id) {
                let why = format!("the id `{}` stands at {place} too", party.id);
                rejects.push(Reject { place: row.place, why });
                continue;
            }
            ids.insert(party.id.clone(), row.place);
        }
        entries.push(row.entry);
    }
    rejects.sort_by(|a, b| a.place.cmp(&b.place));
    entries.sort();
    entries.dedup();
    (entries, rejects)
}

impl Allowed {
    /// Whether rows may be left out.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub(super) fn rejects(self, rejects: &[Reject]) -> Result<(), String> {
        if let Some(Reject { place, why }) = rejects.iter().find(|reject| reject.why == UNCLOSED) {
            return Err(format!("{place}: {why}, and nobody can say which rows that swallowed: mend it"));
        }
        if rejects.len() <= self.allow_rejects {
            return Ok(());
        }
        let rows = crate::display::count(rejects.len(), "row", "rows");
        Err(format!("{rows} can't be read: mend them, or say `--allow-rejects {}` to leave them out", rejects.len()))
    }

    /// Whether so many entries may follow on the edition in force.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub(super) fn entries(self, entries: u64, in_force: Option<&Edition>) -> Result<(), String> {
        if entries == 0 {
            let says = "it has no entry; say `--allow-empty` if that is right".to_owned();
            return if self.allow_empty { Ok(()) } else { Err(says) };
        }
        let Some(in_force) = in_force.filter(|_| !self.allow_shrink) else { return Ok(()) };
        let left = in_force.entries.saturating_mul(100_u64.saturating_sub(self.most_shrink));
        if entries.saturating_mul(100) >= left {
            return Ok(());
        }
        Err(format!(
            "it has {}, and the edition `{}` in force has {}: it shrank by more than {} in a hundred; say \
             `--allow-shrink` if that is right",
            told(entries),
            in_force.edition,
            in_force.entries,
            self.most_shrink
        ))
    }
}
