//! I/O. Reads the usage table and the seals, and writes the files of the report.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::quota::leased_in;
use export_gate::terms::{Window, parse_time};

use super::count::Named;
use super::records::Seal;
use crate::files;
use crate::item::text;
use crate::json::{self, member};
use crate::outcome::Failure;

/// The leased quota of each licence; `None` if unreadable.
pub(super) async fn leased(dynamodb: &DynamoDb, table: &str) -> Result<HashMap<String, Option<u64>>, Failure> {
    let scan = dynamodb.scan().table_name(table).consistent_read(true).filter_expression("#model = :all");
    let scan = scan.expression_attribute_names("#model", "model");
    let mut pages = scan.expression_attribute_values(":all", AttributeValue::S("*".into())).into_paginator().send();
    let mut leased = HashMap::new();
    while let Some(page) = pages.next().await {
        let why =
            || format!("the usage table `{table}` could not be read; see `--usage-table`, `--region`, `--profile`");
        for item in page.map_err(|error| Failure::of(why(), error))?.items.unwrap_or_default() {
            leased.insert(text(&item, "licence").to_owned(), leased_in(&item));
        }
    }
    Ok(leased)
}

/// The seals of the period and the last one before it, by time; and the files that are not seals.
pub(super) fn seals(place: &Path, period: Window) -> Result<(Vec<Seal>, Named), Failure> {
    let (mut seals, mut unread) = (Vec::new(), Named::default());
    for path in files::below(place)? {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match seal(&files::read(&path)?, file) {
            Ok(seal) => seals.push(seal),
            Err(why) => unread.add(path.display().to_string(), why),
        }
    }
    seals.sort_by_key(|seal| seal.at);
    let before = seals.iter().filter(|seal| !period.has_begun(seal.at)).count();
    seals.drain(..before.saturating_sub(1));
    seals.retain(|seal| !period.is_over(seal.at));
    Ok((seals, unread))
}

/// Reads the reported members of a seal.
fn seal(bytes: &[u8], file: String) -> Result<Seal, String> {
    let seal = json::read(bytes)?;
    let text = |name: &str| {
        let value = member(&seal, &[name]).as_str();
        value.ok_or_else(|| format!("not a seal: it has no `{name}`"))
    };
    let heads = || u64::try_from(member(&seal, &["heads"]).as_array()?.len()).ok();
    Ok(Seal {
        file,
        at: parse_time(text("at")?).map_err(|error| error.to_string())?,
        entries: member(&seal, &["entries"]).as_u64().ok_or("not a seal: it has no whole `entries`")?,
        chains: member(&seal, &["chains"]).as_u64().or_else(heads).unwrap_or_default(),
        root: text("root")?.to_owned(),
        key: text("key")?.to_owned(),
    })
}

/// Writes all files under temporary names first, so that an error leaves existing files unchanged.
pub(super) fn write(files: &[(PathBuf, Vec<u8>)]) -> Result<(), Failure> {
    let mut drafts = Drafts(Vec::new());
    for (path, contents) in files {
        // Renaming a draft over a device or a pipe would replace it.
        if path.metadata().is_ok_and(|existing| !existing.is_file()) {
            return Err(Failure::new(format!("`{}` is not a regular file: give a file", path.display())));
        }
        let mut name = path.file_name().map(|name| name.to_owned()).unwrap_or_default();
        name.push(format!(".draft-{}", std::process::id()));
        let draft = path.with_file_name(name);
        drafts.0.push(draft.clone());
        std::fs::write(&draft, contents).map_err(|error| unwritten(path, error))?;
    }
    for ((path, _), draft) in files.iter().zip(&drafts.0) {
        std::fs::rename(draft, path).map_err(|error| unwritten(path, error))?;
    }
    Ok(())
}

/// Creates a folder.
pub(super) fn folder(path: &Path) -> Result<(), Failure> {
    let why = || format!("the folder `{}` can't be created: choose another", path.display());
    std::fs::create_dir_all(path).map_err(|error| Failure::of(why(), error))
}

fn unwritten(path: &Path, error: std::io::Error) -> Failure {
    let why = format!("`{}` can't be written, and nothing was: choose a path in an existing folder", path.display());
    Failure::of(why, error)
}

/// Temporary files, removed on drop.
struct Drafts(Vec<PathBuf>);

impl Drop for Drafts {
    fn drop(&mut self) {
        for draft in &self.0 {
            let _ = std::fs::remove_file(draft);
        }
    }
}
