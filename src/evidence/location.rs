//! I/O. What databases say of an address: where it is, by an MMDB, else by the registries' delegations that are compiled
//! in; and whether its network hides its users. Files that change are loaded anew.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;

use super::address::addresses;
use super::database::{About, DatabaseError, Tells};
use super::delegations;
use super::held::Held;
use super::special::is_special;
use crate::decision::{LocationFacts, NetworkFacts, Signal, Where};
use crate::terms::{Destination, SignalSource};

/// How often files are looked at.
const LOOK: SignedDuration = SignedDuration::from_secs(60);

/// The databases in force.
#[derive(Debug)]
pub struct Location {
    shared: Arc<Shared>,
    looked: Mutex<Option<Timestamp>>,
    /// What operators were told of, each line with its day.
    told: Mutex<BTreeSet<String>>,
}

#[derive(Debug)]
struct Shared {
    /// What gives the location comes first.
    in_force: Mutex<Arc<Vec<Held>>>,
    looking: AtomicBool,
}

/// A file that can't serve.
#[derive(Debug, thiserror::Error)]
#[error("{}", path.display())]
pub struct Unusable {
    /// The file.
    pub path: PathBuf,
    /// What it was to tell.
    pub tells: Tells,
    /// Why not.
    #[source]
    pub why: DatabaseError,
}

impl Location {
    /// The data that is compiled in, and nothing else.
    #[must_use]
    pub fn delegations() -> Self {
        Self::of_databases(vec![Held::delegations()])
    }

    /// Reads an MMDB file with countries into memory.
    ///
    /// # Errors
    /// [`Unusable`] where it can't serve.
    pub fn open(path: &Path) -> Result<Self, Unusable> {
        Ok(Self::of_databases(vec![open(path, Tells::Location)?]))
    }

    /// Reads the files that `GEO_DATABASE` and `ANONYMITY_DATABASES` name, the latter with `:` between them. What is
    /// empty names none.
    ///
    /// # Errors
    /// [`Unusable`] for every file that can't serve.
    pub fn named(location: Option<&str>, anonymity: Option<&str>) -> Result<Self, Vec<Unusable>> {
        let is_named = |path: &&str| !path.trim().is_empty();
        let anonymity: Vec<PathBuf> =
            anonymity.unwrap_or_default().split(':').filter(is_named).map(PathBuf::from).collect();
        Self::load(location.filter(is_named).map(Path::new), &anonymity)
    }

    /// Reads an MMDB file with countries, where there is one, and those that tell of anonymity.
    ///
    /// # Errors
    /// [`Unusable`] for every file that can't serve.
    pub fn load(location: Option<&Path>, anonymity: &[PathBuf]) -> Result<Self, Vec<Unusable>> {
        let mut faults = Vec::new();
        let mut databases = Vec::new();
        let mut seen = BTreeSet::new();
        match location.map(|path| open(path, Tells::Location)) {
            None => databases.push(Held::delegations()),
            Some(Ok(held)) => databases.push(held),
            Some(Err(fault)) => faults.push(fault),
        }
        for path in anonymity {
            let whole = path.canonicalize().unwrap_or_else(|_| path.clone());
            let opened = if seen.insert(whole) {
                open(path, Tells::Anonymity)
            } else {
                Err(Unusable { path: path.clone(), tells: Tells::Anonymity, why: DatabaseError::Twice })
            };
            match opened {
                Ok(held) => databases.push(held),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(Self::of_databases(databases)) } else { Err(faults) }
    }

    fn of_databases(databases: Vec<Held>) -> Self {
        let shared = Shared { in_force: Mutex::new(Arc::new(databases)), looking: AtomicBool::new(false) };
        Self { shared: Arc::new(shared), looked: Mutex::default(), told: Mutex::default() }
    }

    /// What is known of an address. What is embedded in it is what is placed; both are asked about as networks. An address
    /// of a special-purpose range is in no place.
    #[must_use]
    pub fn of(&self, source: Option<IpAddr>) -> Where {
        let in_force = self.in_force();
        let addresses = source.map(addresses).unwrap_or_default();
        let placed = addresses.last().copied().filter(|innermost| !is_special(*innermost));
        let mut found = Where { addresses, ..Where::default() };
        let registered = placed.map(delegations::place).unwrap_or_default();
        for held in in_force.iter() {
            let Some(database) = held.database() else { continue };
            match held.about().tells {
                Tells::Location => {
                    let (to, coordinates) = placed.map(|address| database.place(address)).unwrap_or_default();
                    found.signals.push(signal(held.about(), SignalSource::Mmdb, &to));
                    (found.to, found.coordinates) = (to, coordinates);
                }
                Tells::Anonymity => classify(held, &found.addresses, &mut found.network),
            }
        }
        found.signals.push(signal(&delegations::ABOUT, SignalSource::Delegations, &registered));
        found.by = by(&in_force);
        if found.by.source == delegations::SOURCE {
            found.to = registered;
        }
        found
    }

    /// Which data gives the location.
    #[must_use]
    pub fn facts(&self) -> LocationFacts {
        by(&self.in_force())
    }

    /// When that data was made; `None` where it doesn't say.
    #[must_use]
    pub fn built(&self) -> Option<Timestamp> {
        self.in_force().first().filter(|held| held.database().is_some()).and_then(|held| held.about().built)
    }

    /// Every database in force, the one that gives the location first.
    #[must_use]
    pub fn in_force(&self) -> Arc<Vec<Held>> {
        Arc::clone(&locked(&self.shared.in_force))
    }

    /// Looks whether files have changed, at most once a minute, and loads them anew beside whatever else is done. What
    /// can't serve leaves the last one in force that could. Gives what to wait for, if anything.
    pub fn look(&self, now: Timestamp) -> Option<JoinHandle<()>> {
        if self.in_force().iter().all(|held| held.database().is_none()) {
            return None;
        }
        let mut looked = locked(&self.looked);
        if looked.is_some_and(|last| now.duration_since(last).abs() < LOOK) {
            return None;
        }
        *looked = Some(now);
        if self.shared.looking.swap(true, Ordering::AcqRel) {
            return None;
        }
        let shared = Arc::clone(&self.shared);
        Some(tokio::task::spawn_blocking(move || {
            let looking = Looking(shared);
            let next = Arc::clone(&locked(&looking.0.in_force)).iter().map(Held::looked_at).collect();
            *locked(&looking.0.in_force) = Arc::new(next);
        }))
    }

    /// How many are too old, and of how many the file can't be loaded anew.
    #[must_use]
    pub fn count(&self, now: Timestamp, database_days: u32) -> (usize, usize) {
        let in_force = self.in_force();
        let stale = in_force.iter().filter(|held| held.is_stale(now, database_days)).count();
        (stale, in_force.iter().filter(|held| held.fault().is_some()).count())
    }

    /// What operators have not been told today: databases that are too old, and files that can't be loaded
    /// anew. Each with its name, and what is the matter.
    pub fn news(&self, now: Timestamp, database_days: u32) -> Vec<(String, String)> {
        let matters = self.in_force().iter().flat_map(|held| held.matters(now, database_days)).collect::<Vec<_>>();
        if matters.is_empty() {
            return matters;
        }
        let day = now.strftime("%Y-%m-%d").to_string();
        let mut told = locked(&self.told);
        told.retain(|line| line.starts_with(&day));
        matters.into_iter().filter(|(name, what)| told.insert(format!("{day} {name}: {what}"))).collect()
    }
}

/// Whoever looks; however that ends, others may look then.
struct Looking(Arc<Shared>);

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.looking.store(false, Ordering::Release);
    }
}

fn open(path: &Path, tells: Tells) -> Result<Held, Unusable> {
    Held::open(path, tells).map_err(|why| Unusable { path: path.to_owned(), tells, why })
}

fn by(in_force: &[Held]) -> LocationFacts {
    let giving = in_force.first();
    let source = if giving.is_some_and(|held| held.database().is_some()) { "mmdb" } else { delegations::SOURCE };
    let edition = giving.map(|held| held.about().edition.clone()).unwrap_or_default();
    LocationFacts { edition, source: source.into() }
}

fn signal(about: &About, source: SignalSource, to: &Destination) -> Signal {
    Signal {
        country: to.country,
        date: about.date.clone(),
        edition: Some(about.edition.clone()),
        region: to.region.clone(),
        source,
        subregions: to.subregions.clone(),
    }
}

fn classify(held: &Held, addresses: &[IpAddr], network: &mut NetworkFacts) {
    let Some(database) = held.database() else { return };
    for address in addresses {
        database.classify(*address, network);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
