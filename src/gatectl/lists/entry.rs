//! Pure. The entries of a list, as every format gives them and as they are packed.

use std::sync::Arc;

use ipnet::IpNet;
use serde::Serialize;

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

/// A listed party. What its source doesn't say is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Party {
    /// Its id within the list, behind the `:` of `list:entry`.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// `person`, `organisation`, `vessel` or `aircraft`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
    /// Other names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) aliases: Vec<String>,
    /// Other names that the source itself calls weak.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) weak_aliases: Vec<String>,
    /// Countries: its own and its addresses'.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) country: Vec<String>,
    /// Numbers of passports, registers and the like.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) identifiers: Vec<String>,
    /// Dates of birth, as exact as the source has them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) born: Vec<String>,
    /// The programmes that it is listed under.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) programme: Vec<String>,
    /// The rule, as the authority cites it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) citation: Option<String>,
    /// When it was listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) listed: Option<String>,
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
