//! I/O. The trail's log files, and the ledger's archive or table. What can't be read is named, and the rest is read.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;

use aws_sdk_dynamodb::Client as DynamoDb;
use export_gate::terms::Window;
use flate2::read::MultiGzDecoder;
use serde_json::Value;

use super::call::Call;
use super::entries::Entries;
use crate::files;
use crate::outcome::Trouble;

/// How many parts of the table are read at once.
const SEGMENTS: i32 = 4;

/// Something that could not be read.
pub(super) struct Unread {
    /// Where it is.
    pub(super) place: String,
    /// Why not.
    pub(super) why: String,
}

/// What the trail told.
#[derive(Default)]
pub(super) struct Trail {
    /// The calls of endpoints, each once.
    pub(super) calls: Vec<Call>,
    /// How many records there were, of whatever.
    pub(super) records: usize,
    /// How many digests were passed by.
    pub(super) digests: usize,
    /// What could not be read.
    pub(super) unread: Vec<Unread>,
}

/// Reads every log file below the place, one at a time, for the calls within a window.
pub(super) fn trail(place: &Path, window: Window) -> Result<Trail, Trouble> {
    let mut trail = Trail::default();
    let mut seen = HashSet::new();
    for path in files::below(place)? {
        // CloudTrail's own sums over its log files, not log files.
        if path.components().any(|part| part.as_os_str() == "CloudTrail-Digest") {
            trail.digests = trail.digests.saturating_add(1);
            continue;
        }
        let place = path.display().to_string();
        let parsed = opened(&path, "json").and_then(|file| {
            serde_json::from_reader::<_, Value>(BufReader::new(file)).map_err(|error| error.to_string())
        });
        let records = match parsed.map(|mut log| log.get_mut("Records").map(Value::take)) {
            Ok(Some(Value::Array(records))) => records,
            Ok(_) => {
                let why = "it has no `Records`: it is no log file of CloudTrail".to_owned();
                trail.unread.push(Unread { place, why });
                continue;
            }
            Err(why) => {
                trail.unread.push(Unread { place, why });
                continue;
            }
        };
        for (index, record) in records.iter().enumerate() {
            trail.records = trail.records.saturating_add(1);
            match Call::read(record) {
                // CloudTrail delivers some events twice.
                Ok(Some(call)) if window.is_open(call.at) && seen.insert(call.event.clone()) => trail.calls.push(call),
                Ok(_) => {}
                Err(why) => {
                    let place = format!("{place}, record {}", index.saturating_add(1));
                    trail.unread.push(Unread { place, why });
                }
            }
        }
    }
    Ok(trail)
}

/// A file by its ending, unpacked where it is packed.
fn opened(path: &Path, ending: &str) -> Result<Box<dyn Read>, String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_packed = name.ends_with(&format!(".{ending}.gz"));
    if !is_packed && !name.ends_with(&format!(".{ending}")) {
        return Err(format!(
            "it is no .{ending} or .{ending}.gz: take it out of the folder if it doesn't belong there"
        ));
    }
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    Ok(if is_packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

/// Reads the archive, a line at a time.
pub(super) fn archive(place: &Path) -> Result<(Entries, Vec<Unread>), Trouble> {
    let (mut entries, mut unread) = (Entries::default(), Vec::new());
    for path in files::below(place)? {
        let name = path.display().to_string();
        let file = match opened(&path, "jsonl") {
            Ok(file) => file,
            Err(why) => {
                unread.push(Unread { place: name, why });
                continue;
            }
        };
        for (index, line) in BufReader::new(file).lines().enumerate() {
            let place = format!("{name}, line {}", index.saturating_add(1));
            let line = match line {
                Ok(line) => line,
                Err(error) => {
                    unread.push(Unread { place, why: error.to_string() });
                    break;
                }
            };
            if !line.trim().is_empty() {
                let parsed = serde_json::from_str::<Value>(&line).map_err(|error| error.to_string());
                if let Err(why) = parsed.and_then(|entry| entries.take(&entry)) {
                    unread.push(Unread { place, why });
                }
            }
        }
    }
    Ok((entries, unread))
}

/// Reads the table, several parts at once.
pub(super) async fn scan(dynamodb: &DynamoDb, table: &str) -> Result<(Entries, Vec<Unread>), Trouble> {
    let pages = (0..SEGMENTS).map(|segment| async move {
        let scan = dynamodb.scan().table_name(table).consistent_read(true).segment(segment).total_segments(SEGMENTS);
        let mut pages = scan.into_paginator().send();
        let (mut entries, mut unread) = (Entries::default(), Vec::new());
        while let Some(page) = pages.next().await {
            let why =
                || format!("the ledger `{table}` could not be read; see `--ledger-table`, `--region`, `--profile`");
            for item in page.map_err(|error| Trouble::of(why(), error))?.items.unwrap_or_default() {
                let entry = serde_dynamo::from_item::<_, Value>(item).map_err(|error| error.to_string());
                if let Err(why) = entry.and_then(|entry| entries.take(&entry)) {
                    unread.push(Unread { place: table.to_owned(), why });
                }
            }
        }
        Ok::<_, Trouble>((entries, unread))
    });
    let (mut all, mut unread) = (Entries::default(), Vec::new());
    for (entries, faults) in futures_util::future::try_join_all(pages).await? {
        all.join(entries);
        unread.extend(faults);
    }
    Ok((all, unread))
}
