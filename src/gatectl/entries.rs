//! I/O. Reading the ledger: its table, or its archive as files. What can't be read is named, and the rest is read.

mod archive;
mod table;

use std::path::PathBuf;

use export_gate::terms::{Window, parse_time};
use serde_json::Value;

pub(crate) use self::archive::opened;
use crate::aws::Aws;
use crate::outcome::Failure;

/// Where the ledger is.
#[derive(clap::Args)]
pub(crate) struct Place {
    /// The ledger's archive, .jsonl or .jsonl.gz: a file, or a folder with all below it
    #[arg(long, value_name = "FOLDER|FILE", conflicts_with = "ledger_table")]
    pub(crate) ledger: Option<PathBuf>,
    /// The ledger's table; without `--ledger` too, the one that the variable LEDGER_TABLE names
    #[arg(long, value_name = "TABLE")]
    pub(crate) ledger_table: Option<String>,
}

/// One of the two.
pub(crate) enum Source {
    /// A file, or a folder of them.
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

impl Place {
    /// Where it is. The variable counts only where nothing is said: who names an archive while it is set means the archive.
    pub(crate) fn source(&self) -> Result<Source, Failure> {
        let table = || self.ledger_table.clone().or_else(|| std::env::var("LEDGER_TABLE").ok());
        match &self.ledger {
            Some(place) => Ok(Source::Archive(place.clone())),
            None => table()
                .filter(|table| !table.is_empty())
                .map(Source::Table)
                .ok_or_else(|| Failure::new("say where the ledger is: `--ledger` or `--ledger-table`")),
        }
    }

    /// Gives every entry to `take`. Of a table only those that were decided within the window are read; of an archive all
    /// are, and those outside are passed by.
    pub(crate) async fn read(&self, aws: &Aws, window: Window, take: impl FnMut(Found)) -> Result<(), Failure> {
        self.read_as(aws, window, |_, found| found, take).await
    }

    /// As [`Place::read`], with what `prepare` makes of each and of where it is: it runs on all processors, `take` on one
    /// thread alone. No more is kept in between than both need to go on.
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

/// Whether it counts within the window. What bears no time does, since nobody can say that it doesn't.
fn is_within(found: &Found, window: Window) -> bool {
    match found {
        Found::Entry(entry) if window != Window::default() => {
            let at = entry.get("at").and_then(Value::as_str).and_then(|at| parse_time(at).ok());
            at.is_none_or(|at| window.is_open(at))
        }
        Found::Entry(_) | Found::Unread { .. } => true,
    }
}
