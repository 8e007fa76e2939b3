//! I/O. `gatectl register export`: exports the register into a folder, whose plan is then empty.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use export_gate::digest::digest;
use export_gate::record::Item;
use export_gate::register::history::Key;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::compare::{compare, compare_callers};
use crate::callers::Callers;
use crate::display::{count, text_line};
use crate::draft::{Checked, read_nonempty, render_json, render_yaml};
use crate::item::text;
use crate::options::{Globals, RegisterTable};
use crate::outcome::{Failure, Outcome};
use crate::snapshot::Snapshot;

/// Options of `gatectl register export`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder, new or empty
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Write into a folder with files, and overwrite those of the same names
    #[arg(long)]
    force: bool,
    /// Set the file format
    #[arg(long, value_enum, default_value = "yaml")]
    format: Format,
    /// Begin each YAML file with a link to this schema, as `register schema` writes it
    #[arg(long, value_name = "URL|PATH")]
    schema: Option<String>,
    #[command(flatten)]
    register: RegisterTable,
    /// Export callers' records from this table too, personal data included
    #[arg(long, value_name = "TABLE")]
    callers_table: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Yaml,
    Json,
}

/// Characters that a file's name keeps.
const IN_NAMES: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'@');

/// The longest file name without its extension; file systems allow 255 bytes.
const LONGEST_NAME: usize = 200;

/// Writes one file per record.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let folder = &arguments.folder;
    let is_taken = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if folder.is_file() || (is_taken && !arguments.force) {
        let advice = "export into another folder, or pass `--force`";
        return Err(Failure::new(format!("`{}` is not empty: {advice}", folder.display())));
    }
    let dynamodb = globals.aws.dynamodb().await;
    let snapshot = Snapshot::read(&dynamodb, &arguments.register.register_table).await?;
    let callers = match &arguments.callers_table {
        Some(table) => Some(Callers::new(dynamodb, table.clone()).all().await?),
        None => None,
    };
    let mut taken = BTreeSet::new();
    for item in snapshot.records.values().chain(callers.iter().flatten()) {
        let (kind, id) = match Key::of(item) {
            Some(Key { kind, id }) => (kind, id),
            None => {
                let id = text(item, "id");
                let (kind, id) = id.split_once('#').unwrap_or(("caller", id));
                (kind.to_owned(), id.to_owned())
            }
        };
        put(&folder.join(name(&kind, &id, arguments.format, &mut taken)), &render(item, arguments)?)?;
    }
    let records = taken.len();
    let faults = if records == 0 { Vec::new() } else { differences(folder, &snapshot, callers.as_deref())? };
    let is_fine = faults.is_empty();
    let mut text: String = faults.iter().map(|fault| text_line!("{fault}")).collect();
    let (number, revision) = (count(records, "record", "records"), snapshot.revision);
    text += &text_line!("{number} of revision {revision} in `{}`.", folder.display());
    let json = || json!({"ok": is_fine, "records": records, "revision": revision, "faults": faults});
    Ok(Outcome::new(globals.json, json, text, is_fine))
}

/// Reads the folder back, and names every record that differs from the tables.
fn differences(folder: &Path, snapshot: &Snapshot, callers: Option<&[Item]>) -> Result<Vec<String>, Failure> {
    let Checked { draft, faults } = read_nonempty(folder)?;
    let mut found: Vec<String> = faults.into_iter().map(|fault| format!("the gate can't read this: {fault}")).collect();
    let is_whole = found.is_empty();
    let mut differs = |name: &str, is_there: bool| {
        found.push(match is_there {
            true => format!("`{name}` has values that no file can hold: its file differs"),
            false => format!("`{name}` is in the folder, but not in the table"),
        });
    };
    for step in compare(&draft, snapshot, false).steps {
        differs(&step.key.to_string(), step.before.is_some());
    }
    for step in callers.map(|callers| compare_callers(&draft, callers)).unwrap_or_default() {
        differs(&step.id, step.before.is_some());
    }
    let is_short = draft.register.len() < snapshot.records.len()
        || callers.is_some_and(|callers| draft.callers.len() < callers.len());
    if is_whole && is_short {
        found.push("the folder has fewer records than the table: export into another folder".to_owned());
    }
    Ok(found)
}

/// `kind/id.yaml`, percent-encoded. Names differ by more than case.
fn name(kind: &str, id: &str, format: Format, taken: &mut BTreeSet<String>) -> String {
    let ending = if format == Format::Yaml { "yaml" } else { "json" };
    let safe = |text: &str| utf8_percent_encode(text, IN_NAMES).to_string();
    // A file whose name begins with a dot would be skipped.
    let encoded = safe(id);
    let encoded = encoded.strip_prefix('.').map_or(encoded.clone(), |rest| format!("%2E{rest}"));
    let folder = safe(kind);
    let mut name = format!("{folder}/{encoded}.{ending}");
    if encoded.len() > LONGEST_NAME || taken.contains(&name.to_lowercase()) {
        let digest = digest(&json!(id));
        let (beginning, digest) =
            (encoded.get(..LONGEST_NAME).unwrap_or(&encoded), digest.get(..16).unwrap_or(&digest));
        name = format!("{folder}/{beginning}-{digest}.{ending}");
    }
    taken.insert(name.to_lowercase());
    name
}

/// A record as a file.
fn render(item: &Item, arguments: &Arguments) -> Result<String, Failure> {
    if arguments.format == Format::Json {
        return render_json(item);
    }
    let schema = arguments.schema.as_ref();
    let schema = schema.map(|schema| format!("# yaml-language-server: $schema={schema}\n")).unwrap_or_default();
    Ok(schema + &render_yaml(item)?)
}

fn put(path: &Path, text: &str) -> Result<(), Failure> {
    let unwritten = |error| Failure::of(format!("`{}` can't be written", path.display()), error);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(unwritten)?;
    }
    std::fs::write(path, text).map_err(unwritten)
}
