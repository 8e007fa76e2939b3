//! I/O. Reading the ledger: its table, or its archive as files. What can't be read is named, and the rest is read.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::terms::{Window, render_time};
use flate2::read::MultiGzDecoder;
use serde_json::Value;

use crate::aws::Aws;
use crate::files;
use crate::outcome::Trouble;

/// Where the ledger is.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("entries").required(true).multiple(true).args(["ledger", "ledger_table"]))]
pub(crate) struct Place {
    /// The ledger's archive instead of its table, .jsonl or .jsonl.gz: a file, or a folder with all below it
    #[arg(long, value_name = "FOLDER|FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// The ledger's table
    #[arg(long, value_name = "TABLE", env = "LEDGER_TABLE")]
    pub(crate) ledger_table: Option<String>,
}

/// What reading gives, one after the other, in no order.
pub(crate) enum Found {
    /// An entry, as it is kept, `hash` and all.
    Entry(Value),
    /// Something that is none.
    Unread {
        /// Where it is.
        place: String,
        /// Why not.
        why: String,
    },
}

/// How many parts of the table are read at once.
const SEGMENTS: i32 = 4;

impl Place {
    /// Gives every entry to `take`. Of a table only those that were decided within the window are read; of an archive all
    /// are, and those outside are passed by.
    pub(crate) async fn read(&self, aws: &Aws, window: Window, mut take: impl FnMut(Found)) -> Result<(), Trouble> {
        match (&self.ledger, &self.ledger_table) {
            (Some(place), _) => archive(place, &mut |found| {
                if is_within(&found, window) {
                    take(found);
                }
            }),
            (None, Some(table)) => scan(&aws.dynamodb().await, table, window, &mut take).await,
            (None, None) => Err(Trouble::new("say where the ledger is: `--ledger` or `--ledger-table`")),
        }
    }
}

fn is_within(found: &Found, window: Window) -> bool {
    match found {
        Found::Entry(entry) => entry
            .get("at")
            .and_then(Value::as_str)
            .and_then(|at| export_gate::terms::parse_time(at).ok())
            .is_none_or(|at| window.is_open(at)),
        Found::Unread { .. } => true,
    }
}

/// A file by its ending, unpacked where it is packed.
pub(crate) fn opened(path: &Path, ending: &str) -> Result<Box<dyn Read>, String> {
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
fn archive(place: &Path, take: &mut impl FnMut(Found)) -> Result<(), Trouble> {
    for path in files::below(place)? {
        let name = path.display().to_string();
        let file = match opened(&path, "jsonl") {
            Ok(file) => file,
            Err(why) => {
                take(Found::Unread { place: name, why });
                continue;
            }
        };
        for (index, line) in BufReader::new(file).lines().enumerate() {
            let place = format!("{name}, line {}", index.saturating_add(1));
            let line = match line {
                Ok(line) => line,
                Err(error) => {
                    take(Found::Unread { place, why: error.to_string() });
                    break;
                }
            };
            if !line.trim().is_empty() {
                take(match serde_json::from_str::<Value>(&line) {
                    Ok(entry) => Found::Entry(entry),
                    Err(error) => Found::Unread { place, why: error.to_string() },
                });
            }
        }
    }
    Ok(())
}

/// Reads the table, several parts at once.
async fn scan(dynamodb: &DynamoDb, table: &str, window: Window, take: &mut impl FnMut(Found)) -> Result<(), Trouble> {
    let (send, mut receive) = tokio::sync::mpsc::channel(8);
    let segments = (0..SEGMENTS).map(|segment| {
        let send = send.clone();
        async move {
            let scan = dynamodb.scan().table_name(table).consistent_read(true);
            let mut scan = scan.segment(segment).total_segments(SEGMENTS);
            let ends = [(window.from, "#at >= :from", ":from"), (window.until, "#at < :until", ":until")];
            let ends: Vec<_> =
                ends.into_iter().filter_map(|(end, test, name)| Some((render_time(end?), test, name))).collect();
            if !ends.is_empty() {
                let tests: Vec<&str> = ends.iter().map(|(_, test, _)| *test).collect();
                scan = scan.filter_expression(tests.join(" AND ")).expression_attribute_names("#at", "at");
            }
            for (time, _, name) in ends {
                scan = scan.expression_attribute_values(name, AttributeValue::S(time));
            }
            let mut pages = scan.into_paginator().send();
            while let Some(page) = pages.next().await {
                let why =
                    || format!("the ledger `{table}` could not be read; see `--ledger-table`, `--region`, `--profile`");
                let items = page.map_err(|error| Trouble::of(why(), error))?.items.unwrap_or_default();
                // Nobody takes any more only where the reading has failed elsewhere.
                let _ = send.send(items).await;
            }
            Ok::<_, Trouble>(())
        }
    });
    let reading = futures_util::future::try_join_all(segments.collect::<Vec<_>>());
    drop(send);
    let taking = async {
        while let Some(items) = receive.recv().await {
            for item in items {
                take(match serde_dynamo::from_item::<_, Value>(item) {
                    Ok(entry) => Found::Entry(entry),
                    Err(error) => Found::Unread { place: table.to_owned(), why: error.to_string() },
                });
            }
        }
    };
    let (read, ()) = futures_util::future::join(reading, taking).await;
    read.map(|_| ())
}
