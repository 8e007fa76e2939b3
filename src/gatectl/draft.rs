//! I/O. Records as files: a folder of JSON and YAML, each record with the place that it stands at.

use std::collections::BTreeMap;
use std::path::Path;

use export_gate::record::Item;
use export_gate::register::history::Key;

use crate::outcome::Trouble;

/// The records of a folder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// Those of the register, by key.
    pub(crate) register: BTreeMap<Key, Placed>,
    /// Those of callers, by id.
    pub(crate) callers: BTreeMap<String, Placed>,
}

/// A record, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// The record.
    pub(crate) item: Item,
    /// `file:line`.
    pub(crate) place: String,
}

/// Reads every record of a file, or of a folder with all below it.
///
/// # Errors
/// Every fault at once, each with file and line.
pub(crate) fn read(place: &Path) -> Result<Draft, Trouble> {
    Err(Trouble::new(format!("`{}` can't be read yet", place.display())))
}
