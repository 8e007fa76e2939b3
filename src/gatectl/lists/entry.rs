//! Pure. The entries of a list, as every format gives them and as they are packed.

use std::sync::Arc;

pub(super) use export_gate::parties::Listed as Party;
use ipnet::IpNet;

/// An entry, and where it was read.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Where it stands.
    pub(super) place: Place,
    /// What it says.
    pub(super) entry: Entry,
}

/// A place in a file; line and column count from 1, the column in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The file, as it was named.
    pub(super) file: Arc<str>,
    /// The line.
    pub(super) line: usize,
    /// The column.
    pub(super) column: usize,
}

/// Why a row is none that may have taken others with it: no allowance of rejects is for that.
pub(super) const UNCLOSED: &str = "its quote is never closed";

/// A row that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reject {
    /// Where the fault is.
    pub(super) place: Place,
    /// What it is.
    pub(super) why: String,
}

/// One entry. The order of entries is that of networks, and of parties' ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entry {
    /// A network.
    Network(IpNet),
    /// A party.
    Party(Box<Party>),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl std::fmt::Display for Reject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.why)
    }
}
