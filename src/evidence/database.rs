//! I/O. One MMDB file, loaded into memory and verified before use.

use std::net::IpAddr;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maxminddb::{MaxMindDbError, Reader, WithinOptions};

use super::anonymity::{Finding, LAYOUTS, Layout, Row};
use super::place;
use crate::decision::{Classified, Coordinates, NetworkFacts};
use crate::terms::Destination;

/// The number of networks examined to detect a database's layout.
const PROBES: usize = 4096;

/// What a database contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseContent {
    /// Locations of addresses.
    Location,
    /// Networks that hide their users.
    Anonymity,
}

/// A database's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseInfo {
    /// The file's name without its folder; `None` for compiled-in data.
    pub file: Option<String>,
    /// What it contains.
    pub content: DatabaseContent,
    /// The type according to its metadata.
    pub database_type: String,
    /// The edition: type and build date.
    pub edition: String,
    /// The build time; `None` if the metadata has none.
    pub built: Option<Timestamp>,
    /// The build date, such as 2026-11-24.
    pub date: Option<String>,
}

/// An MMDB in memory.
#[derive(Debug)]
pub(super) struct Database {
    reader: Reader<Vec<u8>>,
    pub(super) info: DatabaseInfo,
    /// Absent for a location database.
    layout: Option<&'static Layout>,
    day: Option<Date>,
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It cannot be opened, or is not an MMDB.
    #[error("not a readable MMDB file")]
    Open(#[source] MaxMindDbError),
    /// A pointer or value in it is invalid.
    #[error("damaged; download it again")]
    Damaged(#[source] MaxMindDbError),
    /// No network has a country in a supported layout.
    #[error("a `{0}` database without countries in a supported layout (GeoIP2, GeoLite2, IPinfo or `country_code`)")]
    NoCountries(String),
    /// No network has the fields of a supported anonymity layout.
    #[error("a `{0}` database without the fields of a supported layout: {layouts}", layouts = layouts())]
    NoLayout(String),
    /// The file is configured twice.
    #[error("configured twice")]
    Twice,
    /// The file's metadata cannot be read.
    #[error("can't be accessed")]
    Unseen(#[source] std::io::Error),
}

impl Database {
    /// Reads a file and verifies all of it: a damaged part would make addresses unknown without an error.
    pub(super) fn open(path: &Path, content: DatabaseContent) -> Result<Self, DatabaseError> {
        if !std::fs::metadata(path).map_err(DatabaseError::Unseen)?.is_file() {
            return Err(DatabaseError::Unseen(std::io::Error::other("not a regular file")));
        }
        let reader = Reader::open_readfile(path).map_err(DatabaseError::Open)?;
        reader.verify().map_err(DatabaseError::Damaged)?;
        let database_type = reader.metadata().database_type.clone();
        let layout = match content {
            DatabaseContent::Location if any_row(&reader, has_country)? => None,
            DatabaseContent::Location => return Err(DatabaseError::NoCountries(database_type)),
            DatabaseContent::Anonymity => {
                let mut fitting = None;
                for layout in &LAYOUTS {
                    if fitting.is_none() && any_row(&reader, layout.fits)? {
                        fitting = Some(layout);
                    }
                }
                Some(fitting.ok_or(DatabaseError::NoLayout(database_type.clone()))?)
            }
        };
        let built = reader.metadata().build_time().ok().and_then(|time| Timestamp::try_from(time).ok());
        let day = built.map(|built| built.to_zoned_datetime(TimeZone::UTC).date());
        let edition = day.map_or_else(|| database_type.clone(), |day| format!("{database_type} {day}"));
        let date = day.map(|day| day.to_string());
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Self { reader, info: DatabaseInfo { file, content, database_type, edition, built, date }, layout, day })
    }

    /// The location of an address; unknown if its row is unreadable.
    pub(super) fn place(&self, address: IpAddr) -> (Destination, Option<Coordinates>) {
        let row = self.reader.lookup(address).and_then(|found| found.decode::<place::Row<'_>>()).ok().flatten();
        row.map(|row| (row.destination(), row.coordinates())).unwrap_or_default()
    }

    /// Adds the classes of an address's network. A database of IPv4 alone covers no IPv6 address.
    pub(super) fn classify(&self, address: IpAddr, network: &mut NetworkFacts) {
        let Some(layout) = self.layout else { return };
        if address.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return;
        }
        match self.reader.lookup(address).and_then(|row| (layout.read)(&row, self.day)) {
            Ok(found) => {
                network.add(found.into_iter().map(|finding| self.classified(finding)), layout.classes.iter().copied());
            }
            // An unreadable row may contain any class.
            Err(_) => {
                let unreadable = Finding { class: None, confidence: None, last_seen: None };
                network.add([self.classified(unreadable)], []);
            }
        }
    }

    fn classified(&self, finding: Finding) -> Classified {
        Classified {
            class: finding.class,
            confidence: finding.confidence,
            edition: self.info.date.clone(),
            last_seen: finding.last_seen.map(|day| day.to_string()),
            source: format!("mmdb:{}", self.info.database_type),
        }
    }
}

/// Whether one of the first non-empty rows matches.
fn any_row(reader: &Reader<Vec<u8>>, matches: fn(&Row<'_>) -> bool) -> Result<bool, DatabaseError> {
    let rows = reader.networks(WithinOptions::default().skip_empty_values()).map_err(DatabaseError::Damaged)?;
    Ok(rows.take(PROBES).flatten().any(|row| matches(&row)))
}

fn has_country(row: &Row<'_>) -> bool {
    let row = row.decode::<place::Row<'_>>().ok().flatten();
    row.is_some_and(|row| row.destination().country.is_some())
}

fn layouts() -> String {
    LAYOUTS.map(|layout| layout.name).join(", ")
}
