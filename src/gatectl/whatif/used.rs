//! Pure. A record that a decision rests on: its revision, and who wrote it, when and why.

use export_gate::record::Item;
use export_gate::register::history::revision_of;
use serde_json::{Value, json};

use crate::item::text;

/// A record that a decision rests on.
pub(super) struct Used {
    /// `kind/id`, or a caller's id.
    pub(super) record: String,
    /// The revision; absent of callers and of files.
    pub(super) revision: Option<String>,
    pub(super) by: String,
    pub(super) at: String,
    pub(super) why: String,
}

/// What a record says of itself.
pub(super) fn used(record: String, item: &Item) -> Used {
    let said = |name: &str| text(item, name).to_owned();
    let revision = revision_of(item).map(|revision| revision.to_string());
    Used { record, revision, by: said("by"), at: said("at"), why: said("why") }
}

impl Used {
    /// For `--json`.
    pub(super) fn told(&self) -> Value {
        json!({"record": self.record, "revision": self.revision, "by": self.by, "at": self.at, "why": self.why})
    }
}
