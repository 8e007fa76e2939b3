//! I/O. The records that a question is answered by: those of the tables, or those of a folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::decision::Callers;
use export_gate::evidence::Location;
use export_gate::record::{Client, Item, Kind, Licence, Organisation, Person, read};

use crate::aws::Aws;
use crate::callers;
use crate::draft::{self, Draft};
use crate::outcome::Trouble;
use crate::present::Present;

/// Where the records are.
#[derive(clap::Args)]
pub(crate) struct Source {
    /// Answer by the records of a folder instead of the tables'
    #[arg(long, value_name = "FOLDER|FILE")]
    pub(crate) records: Option<PathBuf>,
    /// The register's table
    #[arg(long, value_name = "TABLE", env = "REGISTER_TABLE", required_unless_present = "records")]
    register_table: Option<String>,
    /// The callers' table
    #[arg(long, value_name = "TABLE", env = "CALLERS_TABLE", required_unless_present = "records")]
    callers_table: Option<String>,
    /// The table of what is used of each licence; without it no quota counts as used up
    #[arg(long, value_name = "TABLE", env = "USAGE_TABLE")]
    usage_table: Option<String>,
    /// An MMDB with countries, as the gate's own GEO_DATABASE; the registries' delegations without it
    #[arg(long, value_name = "FILE", env = "GEO_DATABASE")]
    geo_database: Option<PathBuf>,
    #[command(flatten)]
    aws: Aws,
}

/// The records.
pub(crate) struct Records {
    /// The register.
    pub(crate) present: Present,
    /// The licences of which nothing is left.
    pub(crate) exhausted: BTreeSet<String>,
    /// The location data.
    pub(crate) location: Location,
    callers: Kept,
}

enum Kept {
    Table(callers::Callers),
    Folder(Draft),
}

impl Source {
    /// Reads the register, and prepares the rest.
    pub(crate) async fn open(&self) -> Result<Records, Trouble> {
        let location = match &self.geo_database {
            Some(path) => Location::open(path).map_err(|error| Trouble::of("the location data can't serve", error))?,
            None => Location::delegations(),
        };
        if let Some(folder) = &self.records {
            return Ok(of_folder(folder, location)?);
        }
        let dynamodb = self.aws.dynamodb().await;
        let (register, callers) = match (&self.register_table, &self.callers_table) {
            (Some(register), Some(callers)) => (register, callers),
            _ => return Err(Trouble::new("say where the records are: the tables, or `--records`")),
        };
        let present = Present::read(&dynamodb, register).await?;
        let mut exhausted = BTreeSet::new();
        if let Some(usage) = &self.usage_table {
            for (key, item) in present.of_kind(Licence::KIND) {
                let quota = read::<Licence>(item).ok().and_then(|licence| licence.quota);
                if let Some(quota) = quota
                    && leased(&dynamodb, usage, &key.id).await? >= quota.requests
                {
                    exhausted.insert(key.id.clone());
                }
            }
        }
        let callers = Kept::Table(callers::Callers::new(dynamodb, callers.clone()));
        Ok(Records { present, exhausted, location, callers })
    }
}

/// The records of a folder.
pub(crate) fn of_folder(folder: &Path, location: Location) -> Result<Records, Trouble> {
    let draft = draft::read(folder)?;
    let records = draft.register.iter().map(|(key, placed)| (key.clone(), placed.item.clone())).collect();
    let present = Present { revision: 0, records };
    Ok(Records { present, exhausted: BTreeSet::new(), location, callers: Kept::Folder(draft) })
}

async fn leased(dynamodb: &aws_sdk_dynamodb::Client, table: &str, licence: &str) -> Result<u64, Trouble> {
    let s = |text: &str| AttributeValue::S(text.to_owned());
    let read = dynamodb.get_item().table_name(table).consistent_read(true);
    let read = read.key("licence", s(licence)).key("model", s("*")).send().await;
    let why = || format!("the usage table `{table}` could not be read");
    let item = read.map_err(|error| Trouble::of(why(), error))?.item.unwrap_or_default();
    Ok(item.get("leased").and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or_default())
}

impl Records {
    /// The records of a caller.
    pub(crate) async fn callers(&self, client: &str, person: Option<&str>) -> Result<Callers, Trouble> {
        let client = self.one(&format!("client#{client}"), Client::read).await?;
        let organisation = match &client {
            Some(client) => self.one(&format!("organisation#{}", client.organisation), Organisation::read).await?,
            None => None,
        };
        let person = match person {
            Some(person) => self.one(&format!("person#{person}"), Person::read).await?,
            None => None,
        };
        Ok(Callers { client, organisation, person })
    }

    async fn one<T>(
        &self,
        id: &str,
        read: impl Fn(Item) -> Result<T, export_gate::record::Unreadable>,
    ) -> Result<Option<T>, Trouble> {
        let item = match &self.callers {
            Kept::Table(callers) => callers.record(id).await?,
            Kept::Folder(draft) => draft.callers.get(id).map(|placed| placed.item.clone()),
        };
        let read = item.map(read).transpose();
        read.map_err(|error| Trouble::of(format!("the record `{id}` can't be read, so the gate answers 503"), error))
    }
}
