//! I/O. Records as files: a folder of JSON and YAML, each record with the place that it stands at.

mod callers;
mod json;
mod schema;
mod strict;
mod tree;

use std::collections::BTreeMap;
use std::path::Path;

use export_gate::record::Item;
use export_gate::register::history::Key;
use serde_json::Value;

use crate::files;
use crate::item::text;
use crate::outcome::Trouble;
pub(crate) use schema::{Schema, schemas};
pub(crate) use strict::nearest;
use strict::{check, check_caller, is_of_register};
use tree::Tree;

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

/// What was read, and every fault that was found, `file:line: sentence`.
#[derive(Default)]
pub(crate) struct Checked {
    /// The records without a fault.
    pub(crate) draft: Draft,
    /// The faults.
    pub(crate) faults: Vec<String>,
}

/// Reads every record of a file, or of a folder with all below it.
///
/// # Errors
/// Where a file can't be read, or there is no record.
pub(crate) fn look(place: &Path) -> Result<Checked, Trouble> {
    let mut checked = Checked::default();
    let is_record = |path: &Path| path.extension().is_some_and(|end| end == "json" || end == "yaml" || end == "yml");
    let mut found = 0_usize;
    for path in files::below(place)? {
        if !is_record(&path) {
            if path == place {
                return Err(Trouble::new(format!("`{}` is no .json, .yaml or .yml", place.display())));
            }
            continue;
        }
        found = found.saturating_add(1);
        let bytes = files::read(&path)?;
        checked.take(&path.display().to_string(), &bytes);
    }
    if found == 0 {
        return Err(Trouble::new(format!("there is no .json, .yaml or .yml in `{}`", place.display())));
    }
    let Checked { draft, faults } = &checked;
    if draft.register.is_empty() && draft.callers.is_empty() && faults.is_empty() {
        return Err(Trouble::new(format!("there is no record in `{}`", place.display())));
    }
    Ok(checked)
}

/// [`look`], where any fault is trouble.
///
/// # Errors
/// Every fault at once.
pub(crate) fn read(place: &Path) -> Result<Draft, Trouble> {
    let Checked { draft, faults } = look(place)?;
    if faults.is_empty() { Ok(draft) } else { Err(Trouble::new(faults.join("\n       "))) }
}

/// A file's documents as values, each with the line that it begins on, and a way to the lines within.
///
/// # Errors
/// `file:line: sentence`.
pub(crate) fn documents(name: &str, bytes: &[u8]) -> Result<Vec<Value>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| format!("{name}:1: this is no UTF-8"))?;
    let trees = tree::read(name, text).map_err(|bad| format!("{name}:{}: {}", bad.line, bad.why))?;
    Ok(trees.iter().map(Tree::value).collect())
}

/// The line at the end of a path within a file's first document.
pub(crate) fn line_at(name: &str, bytes: &[u8], path: &str) -> u64 {
    let trees = std::str::from_utf8(bytes).ok().and_then(|text| tree::read(name, text).ok());
    trees.and_then(|trees| trees.first().map(|tree| tree.at(path).line)).unwrap_or(1)
}

impl Checked {
    /// Takes what a file has.
    pub(crate) fn take(&mut self, name: &str, bytes: &[u8]) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            self.faults.push(format!("{name}:1: this is no UTF-8"));
            return;
        };
        match tree::read(name, text) {
            Ok(documents) => {
                let records = documents.into_iter().filter(|tree| !tree.is_nothing()).flat_map(Tree::elements);
                for record in records {
                    self.take_record(name, &record);
                }
            }
            Err(bad) => self.faults.push(format!("{name}:{}: {}", bad.line, bad.why)),
        }
    }

    fn take_record(&mut self, name: &str, tree: &Tree) {
        let place = format!("{name}:{}", tree.line);
        let value = tree.value();
        let Some(item) = value.is_object().then(|| serde_dynamo::to_item::<_, Item>(&value).ok()).flatten() else {
            self.faults.push(format!("{place}: this is no record"));
            return;
        };
        let is_of_register = is_of_register(&item);
        let mut found = if is_of_register { check(&item, tree) } else { check_caller(&item, tree) };
        if !found.is_empty() {
            found.sort_by(|a, b| (a.line, &a.why).cmp(&(b.line, &b.why)));
            self.faults.extend(found.iter().map(|fault| format!("{name}:{}: {}", fault.line, fault.why)));
            return;
        }
        let told = if is_of_register {
            format!("{}/{}", text(&item, "kind"), text(&item, "id"))
        } else {
            text(&item, "id").to_owned()
        };
        let placed = Placed { place: place.clone(), item };
        let other = match Key::of(&placed.item) {
            Some(key) => self.draft.register.insert(key, placed),
            None => self.draft.callers.insert(told.clone(), placed),
        };
        if let Some(other) = other {
            self.faults.push(format!("{place}: `{told}` stands here and at {}: keep one", other.place));
        }
    }
}
