//! I/O. Records in JSON and YAML files, each with its file and line.

mod callers;
mod json;
mod save;
mod schema;
mod strict;
mod tree;

use std::collections::BTreeMap;
use std::path::Path;

use export_gate::record::{Item, Owner};
use export_gate::register::history::Key;
use serde_json::Value;

use crate::files;
use crate::item::text;
use crate::outcome::Failure;
use crate::output::FAULT;
pub(crate) use save::{DraftOption, render_json, render_yaml, save};
pub(crate) use schema::{Schema, schemas};
pub(crate) use strict::{KINDS, closest, nearest};
use strict::{check, check_caller, check_owners, is_of_register};
use tree::Tree;

/// The records of a folder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// Register records, by key.
    pub(crate) register: BTreeMap<Key, Placed>,
    /// Callers' records, by id.
    pub(crate) callers: BTreeMap<String, Placed>,
}

/// A record and its place.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// The record.
    pub(crate) item: Item,
    /// `file:line`.
    pub(crate) place: String,
}

/// Records and faults (`file:line: message`) of files.
#[derive(Default)]
pub(crate) struct Checked {
    /// The records without a fault.
    pub(crate) draft: Draft,
    /// The faults.
    pub(crate) faults: Vec<String>,
}

/// [`gather`] that fails without any record.
///
/// # Errors
/// A file can't be read, or there is no record.
pub(crate) fn read_nonempty(place: &Path) -> Result<Checked, Failure> {
    let checked = gather(place)?;
    if checked.is_empty() {
        let message =
            format!("there is no record in `{}`: its files must end in .json, .yaml or .yml", place.display());
        return Err(Failure::new(message));
    }
    Ok(checked)
}

/// Reads every record of a file, or of a folder and its subfolders.
///
/// # Errors
/// A file can't be read.
pub(crate) fn gather(place: &Path) -> Result<Checked, Failure> {
    let mut checked = Checked::default();
    let is_record = |path: &Path| path.extension().is_some_and(|end| end == "json" || end == "yaml" || end == "yml");
    for path in files::below(place)? {
        if is_record(&path) {
            checked.take(&path.display().to_string(), &files::read(&path)?);
        } else if path == place {
            return Err(Failure::new(format!("`{}` is not a .json, .yaml or .yml file", place.display())));
        }
    }
    Ok(checked)
}

/// [`read_nonempty`] that fails on any fault.
///
/// # Errors
/// Every fault at once.
pub(crate) fn read(place: &Path) -> Result<Draft, Failure> {
    let Checked { draft, faults } = read_nonempty(place)?;
    if faults.is_empty() { Ok(draft) } else { Err(Failure::new(faults.join(FAULT))) }
}

/// Reads a file of owners: a list, or a map with `owners`.
///
/// # Errors
/// Every fault at once.
pub(crate) fn owners(path: &Path) -> Result<Vec<Owner>, Failure> {
    let name = path.display().to_string();
    let bytes = files::read(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Failure::new(format!("{name}:1: the file is not UTF-8")))?;
    let trees = tree::read(&name, text).map_err(|bad| Failure::new(format!("{name}:{}: {}", bad.line, bad.why)))?;
    let [tree] = <[Tree; 1]>::try_from(trees)
        .map_err(|_| Failure::new(format!("{name}:1: write one list of owners, each with `name` and `kind`")))?;
    let tree = tree.under("owners");
    let faults: Vec<String> =
        check_owners(&tree).into_iter().map(|fault| format!("{name}:{}: {}", fault.line, fault.why)).collect();
    if !faults.is_empty() {
        return Err(Failure::new(faults.join(FAULT)));
    }
    serde_json::from_value(tree.at("owners").value())
        .map_err(|error| Failure::of(format!("`{name}` is not a list of owners"), error))
}

/// A file's documents as values.
///
/// # Errors
/// `file:line: message`.
pub(crate) fn documents(name: &str, bytes: &[u8]) -> Result<Vec<Value>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| format!("{name}:1: the file is not UTF-8"))?;
    let trees = tree::read(name, text).map_err(|bad| format!("{name}:{}: {}", bad.line, bad.why))?;
    Ok(trees.iter().map(Tree::value).collect())
}

/// The line of a path in a file's first document.
pub(crate) fn line_at(name: &str, bytes: &[u8], path: &str) -> u64 {
    let trees = std::str::from_utf8(bytes).ok().and_then(|text| tree::read(name, text).ok());
    trees.and_then(|trees| trees.first().map(|tree| tree.at(path).line)).unwrap_or(1)
}

impl Checked {
    /// Whether there is neither a record nor a fault.
    pub(crate) fn is_empty(&self) -> bool {
        self.draft.register.is_empty() && self.draft.callers.is_empty() && self.faults.is_empty()
    }

    /// Adds the records of a file.
    pub(crate) fn take(&mut self, name: &str, bytes: &[u8]) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            self.faults.push(format!("{name}:1: the file is not UTF-8"));
            return;
        };
        match tree::read(name, text) {
            Ok(documents) => {
                let records = documents.into_iter().filter(|tree| !tree.is_null()).flat_map(Tree::elements);
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
            self.faults.push(format!("{place}: this is not a record"));
            return;
        };
        let is_of_register = is_of_register(&item);
        let mut found = if is_of_register { check(&item, tree) } else { check_caller(&item, tree) };
        if !found.is_empty() {
            found.sort_by(|a, b| (a.line, &a.why).cmp(&(b.line, &b.why)));
            self.faults.extend(found.iter().map(|fault| format!("{name}:{}: {}", fault.line, fault.why)));
            return;
        }
        let name_of_record = if is_of_register {
            format!("{}/{}", text(&item, "kind"), text(&item, "id"))
        } else {
            text(&item, "id").to_owned()
        };
        let placed = Placed { place: place.clone(), item };
        let other = match Key::of(&placed.item) {
            Some(key) => self.draft.register.insert(key, placed),
            None => self.draft.callers.insert(name_of_record.clone(), placed),
        };
        if let Some(other) = other {
            self.faults.push(format!("{place}: duplicate `{name_of_record}`, also at {}", other.place));
        }
    }
}
