//! Pure. Entries of a list, rejected rows, and their places in a file.

use std::fmt::{Display, Formatter, Result};
use std::sync::Arc;

pub use export_gate::parties::ListedParty as Party;
use ipnet::IpNet;

/// An entry and its place.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where the entry begins.
    pub place: Place,
    /// The entry.
    pub entry: Entry,
}

/// A place in a file. Line and column count from 1, the column in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file's name as given.
    pub file: Arc<str>,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Reason of a [`Reject`] that may hide further rows, so `--allow-rejects` does not cover it.
pub const UNCLOSED: &str = "its quote is never closed";

/// A row that is not an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Where the fault is.
    pub place: Place,
    /// What is wrong.
    pub why: String,
}

/// An entry. Networks sort by address, parties by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// A network.
    Network(IpNet),
    /// A party.
    Party(Box<Party>),
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Display for Reject {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}: {}", self.place, self.why)
    }
}
