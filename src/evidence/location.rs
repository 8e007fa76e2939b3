//! I/O. Locates addresses and classifies their networks by the loaded databases; reloads files that change.
//!
//! The location comes from an MMDB, or without one from the compiled-in delegations.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;

use super::address::addresses;
use super::database::{DatabaseContent, DatabaseError, DatabaseInfo};
use super::delegations;
use super::edge_signals::add_edge_signals;
use super::loaded_database::LoadedDatabase;
use super::special::is_special;
use crate::decision::{LocationFacts, NetworkFacts, RequestOrigin, Signal};
use crate::request::Firewall;
use crate::terms::{Destination, SignalSource};

/// How often files are checked.
const CHECK_INTERVAL: SignedDuration = SignedDuration::from_secs(60);

/// The loaded databases.
#[derive(Debug)]
pub struct Location {
    shared: Arc<Shared>,
    checked: Mutex<Option<Timestamp>>,
    /// The problems reported today, each line with its day.
    reported: Mutex<BTreeSet<String>>,
}

#[derive(Debug)]
struct Shared {
    /// The location database comes first.
    in_force: Mutex<Arc<Vec<LoadedDatabase>>>,
    is_checking: AtomicBool,
}

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}", path.display())]
pub struct UnusableDatabase {
    /// The file.
    pub path: PathBuf,
    /// What it should contain.
    pub content: DatabaseContent,
    /// The reason.
    #[source]
    pub why: DatabaseError,
}

impl Location {
    /// The compiled-in delegations alone.
    #[must_use]
    pub fn delegations() -> Self {
        Self::of_databases(vec![LoadedDatabase::delegations()])
    }

    /// Reads an MMDB file with countries.
    ///
    /// # Errors
    /// [`UnusableDatabase`] if the file cannot be used.
    pub fn open(path: &Path) -> Result<Self, UnusableDatabase> {
        Ok(Self::of_databases(vec![open(path, DatabaseContent::Location)?]))
    }

    /// Reads the files of `GEO_DATABASE` and `ANONYMITY_DATABASES`; the latter are separated by `:`. Empty means none.
    ///
    /// # Errors
    /// [`UnusableDatabase`] for every file that cannot be used.
    pub fn named(location: Option<&str>, anonymity: Option<&str>) -> Result<Self, Vec<UnusableDatabase>> {
        let is_named = |path: &&str| !path.trim().is_empty();
        let anonymity: Vec<PathBuf> =
            anonymity.unwrap_or_default().split(':').filter(is_named).map(PathBuf::from).collect();
        Self::load(location.filter(is_named).map(Path::new), &anonymity)
    }

    /// Reads a location database, if there is one, and anonymity databases.
    ///
    /// # Errors
    /// [`UnusableDatabase`] for every file that cannot be used.
    pub fn load(location: Option<&Path>, anonymity: &[PathBuf]) -> Result<Self, Vec<UnusableDatabase>> {
        let mut faults = Vec::new();
        let mut databases = Vec::new();
        let mut seen = BTreeSet::new();
        match location.map(|path| open(path, DatabaseContent::Location)) {
            None => databases.push(LoadedDatabase::delegations()),
            Some(Ok(loaded)) => databases.push(loaded),
            Some(Err(fault)) => faults.push(fault),
        }
        for path in anonymity {
            let whole = path.canonicalize().unwrap_or_else(|_| path.clone());
            let opened = if seen.insert(whole) {
                open(path, DatabaseContent::Anonymity)
            } else {
                Err(UnusableDatabase {
                    path: path.clone(),
                    content: DatabaseContent::Anonymity,
                    why: DatabaseError::Twice,
                })
            };
            match opened {
                Ok(loaded) => databases.push(loaded),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(Self::of_databases(databases)) } else { Err(faults) }
    }

    fn of_databases(databases: Vec<LoadedDatabase>) -> Self {
        let shared = Shared { in_force: Mutex::new(Arc::new(databases)), is_checking: AtomicBool::new(false) };
        Self { shared: Arc::new(shared), checked: Mutex::default(), reported: Mutex::default() }
    }

    /// The origin of a request from an address, with what CloudFront and the firewall report about it.
    #[must_use]
    pub fn origin(&self, source: Option<IpAddr>, signals: &[Signal], firewall: Firewall) -> RequestOrigin {
        let mut origin = self.of(source);
        add_edge_signals(&mut origin, signals, firewall);
        origin
    }

    /// Locates and classifies an address. The innermost embedded address is located; all are classified. An address of a
    /// special-purpose range has no location.
    #[must_use]
    pub fn of(&self, source: Option<IpAddr>) -> RequestOrigin {
        let in_force = self.in_force();
        let addresses = source.map(addresses).unwrap_or_default();
        let placed = addresses.last().copied().filter(|innermost| !is_special(*innermost));
        let mut found = RequestOrigin { addresses, ..RequestOrigin::default() };
        let registered = placed.map(delegations::place).unwrap_or_default();
        for loaded in in_force.iter() {
            let Some(database) = loaded.database() else { continue };
            match loaded.info().content {
                DatabaseContent::Location => {
                    let (to, coordinates) = placed.map(|address| database.place(address)).unwrap_or_default();
                    found.signals.push(signal(loaded.info(), SignalSource::Mmdb, &to));
                    (found.to, found.coordinates) = (to, coordinates);
                }
                DatabaseContent::Anonymity => classify(loaded, &found.addresses, &mut found.network),
            }
        }
        found.signals.push(signal(&delegations::INFO, SignalSource::Delegations, &registered));
        found.by = location_facts(&in_force);
        if found.by.source == delegations::SOURCE {
            found.to = registered;
        }
        found
    }

    /// The data that gives the location.
    #[must_use]
    pub fn facts(&self) -> LocationFacts {
        location_facts(&self.in_force())
    }

    /// The build time of that data; `None` if unknown or compiled in.
    #[must_use]
    pub fn built(&self) -> Option<Timestamp> {
        self.in_force().first().filter(|first| first.database().is_some()).and_then(|first| first.info().built)
    }

    /// Every loaded database, the location database first.
    #[must_use]
    pub fn in_force(&self) -> Arc<Vec<LoadedDatabase>> {
        Arc::clone(&locked(&self.shared.in_force))
    }

    /// Checks whether files have changed, at most once a minute, and reloads them in the background. A file that cannot be
    /// used leaves the previous one in use. Returns the task, if one was started.
    pub fn reload_if_due(&self, now: Timestamp) -> Option<JoinHandle<()>> {
        if self.in_force().iter().all(|loaded| loaded.database().is_none()) {
            return None;
        }
        let mut checked = locked(&self.checked);
        if checked.is_some_and(|last| now.duration_since(last).abs() < CHECK_INTERVAL) {
            return None;
        }
        *checked = Some(now);
        if self.shared.is_checking.swap(true, Ordering::AcqRel) {
            return None;
        }
        let shared = Arc::clone(&self.shared);
        Some(tokio::task::spawn_blocking(move || {
            let checking = Checking(shared);
            let next = Arc::clone(&locked(&checking.0.in_force)).iter().map(LoadedDatabase::reloaded).collect();
            *locked(&checking.0.in_force) = Arc::new(next);
        }))
    }

    /// The number of databases that are too old, and of those whose file cannot be reloaded.
    #[must_use]
    pub fn count(&self, now: Timestamp, database_days: u32) -> (usize, usize) {
        let in_force = self.in_force();
        let stale = in_force.iter().filter(|loaded| loaded.is_stale(now, database_days)).count();
        (stale, in_force.iter().filter(|loaded| loaded.fault().is_some()).count())
    }

    /// The problems not yet reported today: databases that are too old, and files that cannot be reloaded. Each with the
    /// database's name.
    pub fn unreported_problems(&self, now: Timestamp, database_days: u32) -> Vec<(String, String)> {
        let problems = self.in_force().iter().flat_map(|one| one.problems(now, database_days)).collect::<Vec<_>>();
        if problems.is_empty() {
            return problems;
        }
        let day = now.strftime("%Y-%m-%d").to_string();
        let mut reported = locked(&self.reported);
        reported.retain(|line| line.starts_with(&day));
        problems.into_iter().filter(|(name, what)| reported.insert(format!("{day} {name}: {what}"))).collect()
    }
}

/// A check in progress. Dropping it allows the next one, even after a panic.
struct Checking(Arc<Shared>);

impl Drop for Checking {
    fn drop(&mut self) {
        self.0.is_checking.store(false, Ordering::Release);
    }
}

fn open(path: &Path, content: DatabaseContent) -> Result<LoadedDatabase, UnusableDatabase> {
    LoadedDatabase::open(path, content).map_err(|why| UnusableDatabase { path: path.to_owned(), content, why })
}

fn location_facts(in_force: &[LoadedDatabase]) -> LocationFacts {
    let first = in_force.first();
    let source = if first.is_some_and(|first| first.database().is_some()) { "mmdb" } else { delegations::SOURCE };
    let edition = first.map(|first| first.info().edition.clone()).unwrap_or_default();
    LocationFacts { edition, source: source.into() }
}

fn signal(info: &DatabaseInfo, source: SignalSource, to: &Destination) -> Signal {
    Signal {
        country: to.country,
        date: info.date.clone(),
        edition: Some(info.edition.clone()),
        region: to.region.clone(),
        source,
        subregions: to.subregions.clone(),
    }
}

fn classify(loaded: &LoadedDatabase, addresses: &[IpAddr], network: &mut NetworkFacts) {
    let Some(database) = loaded.database() else { return };
    for address in addresses {
        database.classify(*address, network);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
