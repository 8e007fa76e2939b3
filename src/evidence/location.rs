//! I/O. Where an address is: by an MMDB, else by the registries' delegations that are compiled in.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use maxminddb::{MaxMindDbError, Reader};
use serde::Deserialize;

use super::address::addresses;
use crate::decision::{LocationFacts, Where};
use crate::terms::{Country, Destination, Region};

/// The edition of the registries' data, which bears no date of its own. `Cargo.toml` pins the same one.
const DELEGATIONS: &str = "iptocc 1.4.175";

/// How many of an MMDB's networks are looked at for a country before it is said to have none.
const PROBES: usize = 4096;

/// The location data in force.
#[derive(Debug)]
pub struct Location {
    database: Option<Reader<Vec<u8>>>,
    facts: LocationFacts,
    /// When the data was made; `None` where it doesn't say.
    built: Option<jiff::Timestamp>,
}

/// A location database that can't serve.
#[derive(Debug, thiserror::Error)]
pub enum LocationError {
    /// It can't be opened, or is no MMDB.
    #[error("{path}: not a readable MMDB file")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: MaxMindDbError,
    },
    /// It has no countries in a layout that the gate knows.
    #[error("{path}: a `{database_type}` database, in which no network has a country")]
    NoCountries {
        /// The file.
        path: PathBuf,
        /// What the file says that it is.
        database_type: String,
    },
}

/// One network's row, in the layouts of GeoIP2, GeoLite2 and IPinfo, and flat `country_code`.
#[derive(Deserialize)]
struct Row {
    country: Option<CountryField>,
    country_code: Option<String>,
    subdivisions: Option<Vec<Subdivision>>,
    region_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum CountryField {
    Nested { iso_code: Option<String> },
    Flat(String),
}

#[derive(Deserialize)]
struct Subdivision {
    iso_code: Option<String>,
}

impl Location {
    /// The data that is compiled in.
    #[must_use]
    pub fn delegations() -> Self {
        let facts = LocationFacts { edition: DELEGATIONS.into(), source: "delegations".into() };
        Self { database: None, facts, built: None }
    }

    /// Reads an MMDB file into memory.
    ///
    /// # Errors
    /// [`LocationError`] where it can't be read or has no countries.
    pub fn open(path: &Path) -> Result<Self, LocationError> {
        let fail = |source| LocationError::Open { path: path.to_owned(), source };
        let database = Reader::open_readfile(path).map_err(fail)?;
        let mut networks = database.networks(maxminddb::WithinOptions::default()).map_err(fail)?.take(PROBES);
        let has_country = |row: Row| row.destination().country.is_some();
        if !networks
            .any(|network| network.and_then(|found| found.decode::<Row>()).ok().flatten().is_some_and(has_country))
        {
            let database_type = database.metadata().database_type.clone();
            return Err(LocationError::NoCountries { path: path.to_owned(), database_type });
        }
        let built = database.metadata().build_time().ok().and_then(|time| jiff::Timestamp::try_from(time).ok());
        let date = built.map(|built| format!(" {}", built.strftime("%Y-%m-%d"))).unwrap_or_default();
        let edition = format!("{}{date}", database.metadata().database_type);
        let facts = LocationFacts { edition, source: "mmdb".into() };
        Ok(Self { database: Some(database), facts, built })
    }

    /// Where an address is. What is embedded in it is what is looked up.
    #[must_use]
    pub fn of(&self, source: Option<IpAddr>) -> Where {
        let addresses = source.map(addresses).unwrap_or_default();
        let to = addresses.last().map(|innermost| self.look_up(*innermost)).unwrap_or_default();
        Where { addresses, to, by: self.facts.clone(), ..Where::default() }
    }

    /// Which data it is.
    #[must_use]
    pub fn facts(&self) -> &LocationFacts {
        &self.facts
    }

    /// When the data was made; `None` where it doesn't say.
    #[must_use]
    pub fn built(&self) -> Option<jiff::Timestamp> {
        self.built
    }

    fn look_up(&self, address: IpAddr) -> Destination {
        match &self.database {
            // A row that can't be read is a country that nobody knows.
            Some(database) => {
                let row = database.lookup(address).and_then(|found| found.decode::<Row>());
                row.ok().flatten().map(|row| row.destination()).unwrap_or_default()
            }
            // The registries answer `EU` for some networks, which is no country.
            None => {
                let country = iptocc::country_code(address).and_then(|code| Country::parse(code).ok());
                Destination { country, region: None }
            }
        }
    }
}

impl Row {
    fn destination(&self) -> Destination {
        let nested = match &self.country {
            Some(CountryField::Nested { iso_code }) => iso_code.as_deref(),
            Some(CountryField::Flat(code)) => Some(code.as_str()),
            None => None,
        };
        let code = self.country_code.as_deref().or(nested);
        let Some(country) = code.and_then(|code| Country::parse(code).ok()) else { return Destination::default() };
        let subdivision =
            self.subdivisions.as_deref().and_then(<[_]>::first).and_then(|first| first.iso_code.as_deref());
        let region = subdivision
            .or(self.region_code.as_deref())
            .and_then(|code| Region::parse(code).or_else(|_| Region::parse(&format!("{country}-{code}"))).ok());
        let region = region.filter(|region| region.country() == Some(country));
        Destination { country: Some(country), region }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edition_is_the_one_that_is_compiled_in() {
        let lock = include_str!("../../Cargo.lock");
        let entry = lock.split("[[package]]").find(|entry| entry.contains("\nname = \"iptocc\"\n")).unwrap();
        let version = entry.split("version = \"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(DELEGATIONS, format!("iptocc {version}"));
    }

    #[test]
    fn rows_of_every_layout_give_country_and_region() {
        let table = [
            (
                r#"{"country":{"iso_code":"UA","names":{"en":"Ukraine"}},"subdivisions":[{"iso_code":"43"}]}"#,
                "UA UA-43",
            ),
            (r#"{"country":{"iso_code":"UA"}}"#, "UA -"),
            (r#"{"country":"US","region":"California"}"#, "US -"),
            (r#"{"country":"United States","country_code":"US","region_code":"CA"}"#, "US US-CA"),
            (r#"{"country_code":"CU"}"#, "CU -"),
            (r#"{"registered_country":{"iso_code":"US"}}"#, "- -"),
            (r#"{"country":"EU"}"#, "- -"),
        ];
        for (row, expected) in table {
            let to = serde_json::from_str::<Row>(row).unwrap().destination();
            let country = to.country.map_or("-".to_owned(), |country| country.to_string());
            let region = to.region.as_ref().map_or("-", Region::as_str);
            assert_eq!(format!("{country} {region}"), expected, "{row}");
        }
    }

    #[test]
    fn delegations_know_public_addresses_and_no_private_ones() {
        let country =
            |text: &str| Location::delegations().of(Some(text.parse().unwrap())).to.country.map(|c| c.to_string());
        assert_eq!(country("8.8.8.8").as_deref(), Some("US"));
        assert_eq!(country("::ffff:8.8.8.8").as_deref(), Some("US"));
        assert_eq!(country("10.0.0.1"), None);
        assert_eq!(Location::delegations().of(None), Where { by: Location::delegations().facts, ..Where::default() });
    }
}
