//! Pure. Faults of a ledger or a seal, and what to do next.

use serde_json::{Value, json};

/// A fault, with the first entry that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) what: What,
    /// The entry or chain; absent for a fault of the seal.
    pub(super) entry: Option<String>,
    /// What is wrong, as a predicate of the entry.
    pub(super) why: String,
}

/// The kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Changed,
    Removed,
    Added,
    Reordered,
    /// The end of a sealed chain is missing.
    Cut,
    /// A sealed chain is missing.
    Missing,
    /// The sealed head has another hash.
    Rewritten,
    /// An unsealed entry is dated before the seal.
    Backdated,
    /// The seal has a fault.
    Seal,
}

impl What {
    /// The name of the kind.
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
                "compare it with the other copy (table or archive), and look for it in the archive's `tampering/`"
            }
            Self::Removed => "look for it in the other copy (table or archive), and check that this copy is complete",
            Self::Added | Self::Reordered => "compare the chain with the other copy (table or archive)",
            Self::Cut | Self::Missing => {
                "check that this copy is complete and newer than the seal, then look in the other copy (table or archive)"
            }
            Self::Rewritten => {
                "compare the chain with the other copy (table or archive): the sealed hash shows which one is genuine"
            }
            Self::Backdated => "find out who wrote it; only a retried write of a frozen environment can be this late",
            Self::Seal => "get the seal from where it was written, and the public key from its owner",
        }
    }
}

impl Fault {
    /// A fault of an entry.
    pub(super) fn of(what: What, entry: String, why: impl Into<String>) -> Self {
        Self { what, entry: Some(entry), why: why.into() }
    }

    /// A fault of the seal.
    pub(super) fn of_seal(why: impl Into<String>) -> Self {
        Self { what: What::Seal, entry: None, why: why.into() }
    }

    /// The fault as a sentence.
    pub(super) fn sentence(&self) -> String {
        let entry = self.entry.as_ref().map(|entry| format!("`{entry}` ")).unwrap_or_default();
        format!("{}: {entry}{}; {}", self.what.word(), self.why, self.what.next())
    }

    /// The fault as JSON.
    pub(super) fn json(&self) -> Value {
        json!({"what": self.what.word(), "entry": self.entry, "says": self.why, "next": self.what.next()})
    }
}
