//! I/O. The records for an evaluation: from the tables, or from files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_sdk_dynamodb::Client as DynamoDb;
use export_gate::evidence::SpreadStore;
use export_gate::quota::Quotas;
use export_gate::record::Item;
use export_gate::register::history::Key;
use export_gate::register::{Editions, Register, load};
use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::aws::Aws;
use crate::callers::Callers;
use crate::draft;
use crate::outcome::Failure;
use crate::snapshot::Snapshot;

/// Options that name the source of the records.
#[derive(clap::Args, Clone)]
pub(crate) struct Source {
    /// Read the records from .json and .yaml files, not from tables
    #[arg(long, value_name = "FOLDER|FILE")]
    pub(crate) records: Option<PathBuf>,
    /// Name of the register table
    #[arg(long, value_name = "TABLE", env = "REGISTER_TABLE")]
    pub(crate) register_table: Option<String>,
    /// Name of the callers table
    #[arg(long, value_name = "TABLE", env = "CALLERS_TABLE")]
    pub(crate) callers_table: Option<String>,
    /// Name of the usage table [default: no quota is exhausted, and the spread is unknown]
    #[arg(long, value_name = "TABLE", env = "USAGE_TABLE")]
    pub(crate) usage_table: Option<String>,
}

/// The records.
pub(crate) struct Records {
    /// The register.
    pub(crate) snapshot: Snapshot,
    /// Callers' records from files.
    callers: BTreeMap<String, Item>,
    /// The callers' table.
    table: Option<Callers>,
    /// The table with the lists' chunks; absent if records come from files.
    lists: Option<(DynamoDb, String)>,
    /// The lists, once they are loaded.
    editions: OnceCell<Editions>,
    /// Use of licences, if there is a usage table.
    pub(crate) quotas: Option<Quotas>,
    /// Sightings of clients, if there is a usage table.
    pub(crate) spread: Option<SpreadStore>,
}

impl Source {
    /// Reads the register. Callers' records are read on demand.
    pub(crate) async fn read(&self, aws: &Aws) -> Result<Records, Failure> {
        if let Some(place) = &self.records {
            let mut records = Records::none();
            records.add(draft::read(place)?);
            return Ok(records);
        }
        let (Some(register), Some(callers)) = (&self.register_table, &self.callers_table) else {
            return Err(Failure::new(
                "no source of records: add `--register-table` and `--callers-table`, or `--records FOLDER`",
            ));
        };
        let dynamodb = aws.dynamodb().await;
        let snapshot = Snapshot::read(&dynamodb, register).await?;
        if snapshot.revision == 0 {
            return Err(Failure::new(format!("the register `{register}` has no head: check the table's name")));
        }
        let quotas = self.usage_table.as_ref().map(|table| Quotas::new(dynamodb.clone(), table.clone()));
        let spread = self.usage_table.as_ref().map(|table| SpreadStore::new(dynamodb.clone(), table.clone()));
        let table = Some(Callers::new(dynamodb.clone(), callers.clone()));
        let lists = Some((dynamodb, register.clone()));
        Ok(Records { snapshot, table, lists, quotas, spread, ..Records::none() })
    }
}

impl Records {
    /// No records.
    pub(crate) fn none() -> Self {
        Self {
            snapshot: Snapshot::default(),
            callers: BTreeMap::new(),
            table: None,
            lists: None,
            editions: OnceCell::new(),
            quotas: None,
            spread: None,
        }
    }

    /// Adds records of files. They replace records with the same key.
    pub(crate) fn add(&mut self, draft: draft::Draft) {
        let records = draft.register.into_iter().map(|(key, placed)| (key, placed.item));
        self.snapshot.records.extend(records);
        self.callers.extend(draft.callers.into_iter().map(|(id, placed)| (id, placed.item)));
    }

    /// The register with its lists loaded, as in the gate. Files have no list entries, so an embargo by list can't be
    /// decided with them.
    pub(crate) async fn register(&self, now: Timestamp) -> Register {
        let register = self.snapshot.register(now);
        let editions = self.editions.get_or_init(async || match &self.lists {
            Some((dynamodb, table)) => load(dynamodb, table, &register).await,
            None => {
                let why = "files have no list entries; use `--register-table` and `--callers-table`";
                register.unloaded().iter().map(|list| (list.meta.id.clone(), Err(why.to_owned()))).collect()
            }
        });
        register.holding(editions.await.clone(), now)
    }

    /// A caller's record.
    pub(crate) async fn caller(&self, id: &str) -> Result<Option<Item>, Failure> {
        match (self.callers.get(id), &self.table) {
            (Some(item), _) => Ok(Some(item.clone())),
            (None, Some(table)) => table.record(id).await,
            (None, None) => Ok(None),
        }
    }

    /// A record of the register.
    pub(crate) fn record(&self, kind: &str, id: &str) -> Option<&Item> {
        self.snapshot.records.get(&Key { kind: kind.to_owned(), id: id.to_owned() })
    }
}
