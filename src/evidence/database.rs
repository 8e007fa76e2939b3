//! I/O. One MMDB, read into memory whole and looked through before it is asked.

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

/// How many of an MMDB's networks are looked at for what it is to tell before it is said to tell nothing of it.
const PROBES: usize = 4096;

/// What a database tells of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// Where it is.
    Location,
    /// Whether its network hides its users.
    Anonymity,
}

/// What a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The file's name without its folder; `None`, it is compiled in.
    pub file: Option<String>,
    /// What it tells.
    pub tells: Tells,
    /// What it calls itself.
    pub database_type: String,
    /// Which one of these it is.
    pub edition: String,
    /// When it was made; `None` where it doesn't say.
    pub built: Option<Timestamp>,
    /// The day of that, such as 2026-11-24.
    pub date: Option<String>,
}

/// An MMDB in memory.
#[derive(Debug)]
pub(super) struct Database {
    reader: Reader<Vec<u8>>,
    pub(super) about: About,
    /// Absent of one that tells locations.
    layout: Option<&'static Layout>,
    day: Option<Date>,
}

/// Why a file can't serve.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It can't be opened, or is no MMDB.
    #[error("not a readable MMDB file")]
    Open(#[source] MaxMindDbError),
    /// Something in it points nowhere, or is not what it should be.
    #[error("damaged inside, so fetch it anew")]
    Damaged(#[source] MaxMindDbError),
    /// It has no countries in a layout that the gate knows.
    #[error(
        "a `{0}` database, in which no network has a country as GeoIP2, GeoLite2 and IPinfo have it, or as `country_code`"
    )]
    NoCountries(String),
    /// It is of no layout of anonymity databases that the gate knows.
    #[error("a `{0}` database, in which no network has the fields of one of these: {layouts}", layouts = layouts())]
    NoLayout(String),
    /// It was named before.
    #[error("named twice")]
    Twice,
    /// Nobody can say whether it is there, or has changed.
    #[error("can't be looked at")]
    Unseen(#[source] std::io::Error),
}

impl Database {
    /// Reads a file. It is looked through to its end, since what is damaged would be an address that nobody knows of.
    pub(super) fn open(path: &Path, tells: Tells) -> Result<Self, DatabaseError> {
        if !std::fs::metadata(path).map_err(DatabaseError::Unseen)?.is_file() {
            return Err(DatabaseError::Unseen(std::io::Error::other("it is no regular file")));
        }
        let reader = Reader::open_readfile(path).map_err(DatabaseError::Open)?;
        reader.verify().map_err(DatabaseError::Damaged)?;
        let database_type = reader.metadata().database_type.clone();
        let layout = match tells {
            Tells::Location if any_row(&reader, has_country)? => None,
            Tells::Location => return Err(DatabaseError::NoCountries(database_type)),
            Tells::Anonymity => {
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
        let day = built.map(|built| built.to_zoned(TimeZone::UTC).date());
        let edition = day.map_or_else(|| database_type.clone(), |day| format!("{database_type} {day}"));
        let date = day.map(|day| day.to_string());
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Self { reader, about: About { file, tells, database_type, edition, built, date }, layout, day })
    }

    /// Where an address is. A row that can't be read is a place that nobody knows.
    pub(super) fn place(&self, address: IpAddr) -> (Destination, Option<Coordinates>) {
        let row = self.reader.lookup(address).and_then(|found| found.decode::<place::Row<'_>>()).ok().flatten();
        row.map(|row| (row.destination(), row.coordinates())).unwrap_or_default()
    }

    /// Adds what is said of an address's network. A database of IPv4 alone has nothing to say of others.
    pub(super) fn classify(&self, address: IpAddr, network: &mut NetworkFacts) {
        let Some(layout) = self.layout else { return };
        if address.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return;
        }
        match self.reader.lookup(address).and_then(|row| (layout.read)(&row, self.day)) {
            Ok(found) => {
                network.add(found.into_iter().map(|finding| self.classified(finding)), layout.tells.iter().copied());
            }
            // It may say anything.
            Err(_) => {
                let anything = Finding { class: None, confidence: None, last_seen: None };
                network.add([self.classified(anything)], []);
            }
        }
    }

    fn classified(&self, finding: Finding) -> Classified {
        Classified {
            class: finding.class,
            confidence: finding.confidence,
            edition: self.about.date.clone(),
            last_seen: finding.last_seen.map(|day| day.to_string()),
            source: format!("mmdb:{}", self.about.database_type),
        }
    }
}

/// Whether one of the first rows that aren't empty is such a one.
fn any_row(reader: &Reader<Vec<u8>>, is_such: fn(&Row<'_>) -> bool) -> Result<bool, DatabaseError> {
    let rows = reader.networks(WithinOptions::default().skip_empty_values()).map_err(DatabaseError::Damaged)?;
    Ok(rows.take(PROBES).flatten().any(|row| is_such(&row)))
}

fn has_country(row: &Row<'_>) -> bool {
    let row = row.decode::<place::Row<'_>>().ok().flatten();
    row.is_some_and(|row| row.destination().country.is_some())
}

fn layouts() -> String {
    LAYOUTS.map(|layout| layout.name).join(", ")
}
