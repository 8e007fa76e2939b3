//! I/O. `gatectl register export`: the register as a folder, which then plans empty.

use std::path::{Path, PathBuf};

use export_gate::record::Item;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::callers::Callers;
use crate::draft::{Checked, documents};
use crate::item::as_json;
use crate::outcome::{Outcome, Trouble};
use crate::present::Present;
use crate::show::count;
use crate::tables::RegisterTable;

/// Where to.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder: a new one, or an empty one
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The files' form
    #[arg(long, value_enum, default_value = "yaml")]
    format: Format,
    #[command(flatten)]
    register: RegisterTable,
    /// Export the callers' records of this table too
    #[arg(long, value_name = "TABLE")]
    callers_table: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Yaml,
    Json,
}

/// What stays as it is in a file's name.
const IN_NAMES: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'@');

/// Writes one file a record.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let folder = &arguments.folder;
    let is_taken = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if is_taken || folder.is_file() {
        return Err(Trouble::new(format!("`{}` is not empty: export into a folder of its own", folder.display())));
    }
    let dynamodb = arguments.aws.dynamodb().await;
    let present = Present::read(&dynamodb, &arguments.register.register_table).await?;
    let mut files: Vec<(String, Value)> = Vec::new();
    for (key, item) in &present.records {
        files.push((name(&key.kind, &key.id, arguments.format), written(item)));
    }
    if let Some(table) = &arguments.callers_table {
        for item in Callers::new(dynamodb, table.clone()).all().await? {
            let id = crate::item::text(&item, "id").to_owned();
            let (kind, id) = id.split_once('#').unwrap_or(("caller", &id));
            files.push((name(kind, id, arguments.format), written(&item)));
        }
    }
    let mut checked = Checked::default();
    for (name, record) in &files {
        let text = render(record, arguments.format)?;
        // What can't be read back as it was is no export.
        if documents(name, text.as_bytes()) != Ok(vec![record.clone()]) {
            return Err(Trouble::new(format!(
                "`{name}` could not be written so that it reads the same: use --format json"
            )));
        }
        put(&folder.join(name), &text)?;
        checked.take(&folder.join(name).display().to_string(), text.as_bytes());
    }
    let is_fine = checked.faults.is_empty();
    let mut text: String = checked.faults.iter().map(|fault| format!("the gate can't read this: {fault}\n")).collect();
    text += &format!(
        "{} of revision {} in `{}`.\n",
        count(files.len(), "record", "records"),
        present.revision,
        folder.display()
    );
    let json =
        || json!({"ok": is_fine, "records": files.len(), "revision": present.revision, "unreadable": checked.faults});
    Ok(Outcome::new(arguments.json, json, text, is_fine))
}

fn name(kind: &str, id: &str, format: Format) -> String {
    let ending = if format == Format::Yaml { "yaml" } else { "json" };
    let safe = |text: &str| utf8_percent_encode(text, IN_NAMES).to_string();
    // A name that began with a dot would be hidden, and passed by.
    let id = safe(id);
    let id = id.strip_prefix('.').map_or(id.clone(), |rest| format!("%2E{rest}"));
    format!("{}/{id}.{ending}", safe(kind))
}

/// Without what the tables add.
fn written(item: &Item) -> Value {
    let mut item = item.clone();
    item.remove("revision");
    item.remove("previous");
    as_json(&item)
}

fn render(record: &Value, format: Format) -> Result<String, Trouble> {
    let unmade = |error: &dyn std::fmt::Display| Trouble::new(format!("a record could not be written: {error}"));
    match format {
        Format::Json => serde_json::to_string_pretty(record).map(|text| text + "\n").map_err(|error| unmade(&error)),
        Format::Yaml => serde_saphyr::to_string(record).map_err(|error| unmade(&error)),
    }
}

fn put(path: &Path, text: &str) -> Result<(), Trouble> {
    let unwritten = |error| Trouble::of(format!("`{}` can't be written", path.display()), error);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(unwritten)?;
    }
    std::fs::write(path, text).map_err(unwritten)
}
