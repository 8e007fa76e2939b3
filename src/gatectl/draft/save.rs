//! I/O. Writing a record as a draft, which `gatectl register plan` reads.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use export_gate::record::Item;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value, json};

use super::Checked;
use crate::display::text_line;
use crate::item::as_json;
use crate::outcome::{Failure, Outcome};
use crate::output::FAULT;

/// The option of commands that write a new record.
#[derive(clap::Args)]
pub(crate) struct DraftOption {
    /// Write the record as a draft into this new YAML file, and change nothing
    #[arg(long, value_name = "FILE", value_parser = yaml, conflicts_with_all = ["dry_run", "replace", "yes"])]
    pub(crate) draft: Option<PathBuf>,
}

fn yaml(text: &str) -> Result<PathBuf, String> {
    let is_yaml = [".yaml", ".yml"].iter().any(|end| text.ends_with(end));
    if is_yaml { Ok(text.into()) } else { Err("a draft's file ends in .yaml or .yml".to_owned()) }
}

/// Writes the record as a new file, unless `register validate` would report a fault.
///
/// # Errors
/// A fault of the record, or the file exists or can't be written.
pub(crate) fn save(path: &Path, mut record: Item, as_json: bool) -> Result<Outcome, Failure> {
    let name = path.display().to_string();
    // `register apply` sets the time.
    record.remove("at");
    let text = render_yaml(&record)?;
    let mut checked = Checked::default();
    checked.take(&name, text.as_bytes());
    if !checked.faults.is_empty() {
        return Err(Failure::new(format!("the draft was not written: {}", checked.faults.join(FAULT))));
    }
    let mut file = File::create_new(path)
        .map_err(|error| Failure::of(format!("the draft `{name}` can't be created; name a new file"), error))?;
    file.write_all(text.as_bytes()).map_err(|error| Failure::of(format!("`{name}` can't be written"), error))?;
    let next = format!("gatectl register plan {name}");
    let json = || json!({"ok": true, "draft": name, "next": next});
    Ok(Outcome::new(as_json, json, text_line!("The draft is in `{name}`. Next: {next}"), true))
}

/// A record as YAML.
pub(crate) fn render_yaml(record: &Item) -> Result<String, Failure> {
    serde_saphyr::to_string(&Ordered::of(record)).map_err(|error| unwritable(&error))
}

/// A record as JSON.
pub(crate) fn render_json(record: &Item) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(&Ordered::of(record)).map_err(|error| unwritable(&error))?;
    Ok(text + "\n")
}

fn unwritable(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("a record could not be written: {error}"))
}

/// A record in the usual order: kind and id first, attribution last. Attributes that the tables add are omitted.
struct Ordered(Map<String, Value>);

impl Ordered {
    fn of(record: &Item) -> Self {
        let record = match as_json(record) {
            Value::Object(record) => record,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
        };
        Self(record.into_iter().filter(|(name, _)| !["revision", "previous"].contains(&name.as_str())).collect())
    }
}

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const FIRST: [&str; 2] = ["kind", "id"];
        const LAST: [&str; 3] = ["by", "at", "why"];
        let own = self.0.keys().map(String::as_str).filter(|name| !FIRST.contains(name) && !LAST.contains(name));
        let mut map = serializer.serialize_map(None)?;
        for name in FIRST.into_iter().chain(own).chain(LAST) {
            if let Some(value) = self.0.get(name) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}
