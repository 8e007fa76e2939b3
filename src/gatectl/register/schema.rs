//! I/O. `gatectl register schema`: prints the JSON Schemas of all records.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::display::text_line;
use crate::draft::{Schema, schemas};
use crate::outcome::{Failure, Outcome};

/// Options of `gatectl register schema`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The kind: model, group, embargo, licence, clearance, list, setting, client, organisation or person; default: all
    #[arg(value_name = "KIND", conflicts_with = "folder")]
    kind: Option<String>,
    /// Write KIND.schema.json for every kind, and record.schema.json for all, into this folder
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Print JSON; schemas are always printed as JSON
    #[arg(long)]
    json: bool,
}

/// Prints the schemas, or writes them.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let all = schemas();
    if let Some(kind) = &arguments.kind {
        let Some(found) = all.iter().find(|schema| schema.kind == kind) else {
            let near = crate::draft::nearest(kind, all.iter().map(|schema| schema.kind));
            return Err(Failure::new(format!("`{kind}` is not a kind of record{near}")));
        };
        return Ok(Outcome::new(true, || found.schema.clone(), String::new(), true));
    }
    let Some(folder) = &arguments.folder else {
        let by_kind: Map<String, Value> =
            all.into_iter().map(|Schema { kind, schema }| (kind.into(), schema)).collect();
        return Ok(Outcome::new(true, || Value::Object(by_kind), String::new(), true));
    };
    let unwritten = |error| Failure::of(format!("`{}` can't be written", folder.display()), error);
    std::fs::create_dir_all(folder).map_err(unwritten)?;
    for Schema { kind, schema } in &all {
        std::fs::write(folder.join(format!("{kind}.schema.json")), format!("{schema:#}\n")).map_err(unwritten)?;
    }
    let text = text_line!(
        "{} schemas are in `{}`. Begin a YAML file with `# yaml-language-server: $schema={}/record.schema.json` \
         to have an editor complete and check it.",
        all.len(),
        folder.display(),
        folder.display()
    );
    Ok(Outcome::new(arguments.json, || json!({"folder": folder, "schemas": all.len()}), text, true))
}
