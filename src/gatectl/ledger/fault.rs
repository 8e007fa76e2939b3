//! Pure. What is wrong with a ledger or a seal, and what to do next.

use serde_json::{Value, json};

/// One thing that is wrong, told by the first entry that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) what: What,
    /// The entry, or the chain; absent of a seal as a whole.
    pub(super) entry: Option<String>,
    /// Half a sentence.
    pub(super) says: String,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Changed,
    Removed,
    Added,
    Reordered,
    /// The end of a chain that was sealed is not there.
    Cut,
    /// Nothing of a chain that was sealed is there.
    Missing,
    /// A chain has another entry where it was sealed.
    Rewritten,
    /// An entry that the seal doesn't know claims to be older than it.
    Backdated,
    /// The seal is not what its maker signed.
    Seal,
}

impl What {
    /// In a word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Added => "added",
            Self::Reordered => "reordered",
            Self::Cut => "cut",
            Self::Missing => "missing",
            Self::Rewritten => "rewritten",
            Self::Backdated => "backdated",
            Self::Seal => "seal",
        }
    }

    /// What to do next.
    fn next(self) -> &'static str {
        match self {
            Self::Changed => {
                "hold it against the other copy, table or archive, and look for it below the archive's `tampering/`"
            }
            Self::Removed => "look for it in the other copy, table or archive, and see that this copy is complete",
            Self::Added | Self::Reordered => "hold the chain against the other copy, table or archive",
            Self::Cut | Self::Missing => {
                "see that this copy is complete and newer than the seal, then look in the other one, table or archive"
            }
            Self::Rewritten => {
                "hold the chain against the other copy, table or archive: the sealed hash tells which is genuine"
            }
            Self::Backdated => {
                "ask who wrote it; only a write that was in doubt while its environment was frozen lands as late"
            }
            Self::Seal => "take the seal from where it was written, and its maker's public key from its maker",
        }
    }
}

impl Fault {
    /// A fault of an entry.
    pub(super) fn of(what: What, entry: String, says: impl Into<String>) -> Self {
        Self { what, entry: Some(entry), says: says.into() }
    }

    /// A fault of the seal.
    pub(super) fn of_seal(says: impl Into<String>) -> Self {
        Self { what: What::Seal, entry: None, says: says.into() }
    }

    /// One sentence.
    pub(super) fn sentence(&self) -> String {
        let entry = self.entry.as_ref().map(|entry| format!("`{entry}` ")).unwrap_or_default();
        format!("{}: {entry}{}; {}", self.what.word(), self.says, self.what.next())
    }

    /// As a script reads it.
    pub(super) fn json(&self) -> Value {
        json!({"what": self.what.word(), "entry": self.entry, "says": self.says, "next": self.what.next()})
    }
}
