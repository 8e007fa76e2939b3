//! Pure. What came of proving a ledger, as a person and as a script reads it.

use serde_json::{Value, json};

use super::fault::Fault;
use super::proof::Proof;
use crate::display::{count, text_line};

impl Proof {
    /// What is wrong, a line each.
    pub(super) fn lines(&self) -> String {
        let faults = self.faults.iter().map(|fault| text_line!("{}", fault.sentence()));
        let unread = self.unread.iter().map(|one| text_line!("can't be read: {}: {}", one.place, one.why));
        let more = (self.unnamed > 0)
            .then(|| text_line!("can't be read: {}", count(self.unnamed, "thing more", "things more")));
        faults.chain(unread).chain(more).collect()
    }

    /// How many things are wrong.
    pub(super) fn wrong(&self) -> usize {
        self.faults.len().saturating_add(self.unread.len()).saturating_add(self.unnamed)
    }

    /// `7 entries in 2 chains`.
    pub(super) fn size(&self) -> String {
        let entries = count(usize::try_from(self.entries).unwrap_or(usize::MAX), "entry", "entries");
        format!("{entries} in {}", count(self.chains, "chain", "chains"))
    }

    /// As a script reads it.
    pub(super) fn json(&self, is_fine: bool) -> Value {
        json!({
            "ok": is_fine, "entries": self.entries, "chains": self.chains,
            "faults": self.faults.iter().map(Fault::json).collect::<Vec<_>>(),
            "unread": self.unread.iter().map(|one| json!({"place": one.place, "why": one.why})).collect::<Vec<_>>(),
            "unread_more": self.unnamed,
        })
    }
}
