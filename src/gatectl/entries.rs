//! I/O. Reads the ledger from its table or its archive. Unreadable entries are reported, the others are read.

mod archive;
mod table;

use std::path::PathBuf;

use export_gate::terms::{Window, parse_time};
use serde_json::Value;

pub(crate) use self::archive::opened;
use crate::aws::Aws;
use crate::outcome::Failure;

/// Options that name the ledger. One is required unless LEDGER_TABLE is set.
#[derive(clap::Args)]
#[group(required = variable().is_none(), multiple = false)]
pub(crate) struct Place {
    /// Read the ledger's archive: a .jsonl or .jsonl.gz file, or a folder of them
    #[arg(long, value_name = "FOLDER|FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// Read the ledger table; default without `--ledger`: the environment variable LEDGER_TABLE
    #[arg(long, value_name = "TABLE")]
    pub(crate) ledger_table: Option<String>,
}

/// The table that LEDGER_TABLE names.
fn variable() -> Option<String> {
    std::env::var("LEDGER_TABLE").ok().filter(|table| !table.is_empty())
}

/// Where the ledger is.
pub(crate) enum Source {
    /// A file or a folder.
    Archive(PathBuf),
    /// A table's name.
    Table(String),
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Archive(path) => write!(f, "{}", path.display()),
            Self::Table(table) => f.write_str(table),
        }
    }
}

/// An item of a ledger. Items come in no order.
pub(crate) enum Found {
    /// An entry as stored.
    Entry(Value),
    /// An unreadable item.
    Unread {
        /// The place.
        place: String,
        /// The reason.
        why: String,
    },
}

impl Place {
    /// The source. The environment variable applies only without options, so that `--ledger` works while it is set.
    pub(crate) fn source(&self) -> Result<Source, Failure> {
        let table = || self.ledger_table.clone().or_else(variable);
        match &self.ledger {
            Some(place) => Ok(Source::Archive(place.clone())),
            None => table()
                .filter(|table| !table.is_empty())
                .map(Source::Table)
                .ok_or_else(|| Failure::new("no ledger given: add `--ledger` or `--ledger-table`")),
        }
    }

    /// Passes every entry within the window to `take`.
    pub(crate) async fn read(&self, aws: &Aws, window: Window, take: impl FnMut(Found)) -> Result<(), Failure> {
        self.read_as(aws, window, |_, found| found, take).await
    }

    /// Like [`Place::read`], with `prepare` applied to each item and its place. `prepare` runs on all processors, `take` on
    /// one thread.
    pub(crate) async fn read_as<T: Send + 'static>(
        &self,
        aws: &Aws,
        window: Window,
        prepare: fn(&str, Found) -> T,
        mut take: impl FnMut(T),
    ) -> Result<(), Failure> {
        match self.source()? {
            Source::Archive(place) => archive::read(&place, window, prepare, &mut take),
            Source::Table(table) => table::read(&aws.dynamodb().await, &table, window, prepare, &mut take).await,
        }
    }
}

/// Whether an item is within the window. An item without a time counts as within.
fn is_within(found: &Found, window: Window) -> bool {
    match found {
        Found::Entry(entry) if window != Window::default() => {
            let at = entry.get("at").and_then(Value::as_str).and_then(|at| parse_time(at).ok());
            at.is_none_or(|at| window.is_open(at))
        }
        Found::Entry(_) | Found::Unread { .. } => true,
    }
}
