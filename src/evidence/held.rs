//! I/O. A database in force, and the file that it came from, which may change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;

use super::database::{About, Database, DatabaseError, Tells};
use super::delegations::{self, DELEGATIONS_DAYS};
use crate::error_chain::ErrorChain;

/// A database in force.
#[derive(Clone, Debug)]
pub struct Held {
    about: Arc<About>,
    /// Absent of what is compiled in.
    file: Option<File>,
}

#[derive(Clone, Debug)]
struct File {
    path: PathBuf,
    database: Arc<Database>,
    /// As it was when it was loaded.
    loaded: Stamp,
    /// As it was at the last look, where that is another. It may be only half written.
    seen: Option<Stamp>,
    /// Why the file as it stands now is not the one in force.
    fault: Option<Arc<str>>,
}

/// By what a file is known to have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: SystemTime,
}

impl Held {
    /// What is compiled in.
    pub(super) fn delegations() -> Self {
        Self { about: Arc::clone(&delegations::ABOUT), file: None }
    }

    /// Reads a file.
    pub(super) fn open(path: &Path, tells: Tells) -> Result<Self, DatabaseError> {
        let loaded = stamp(path)?;
        let database = Arc::new(Database::open(path, tells)?);
        let about = Arc::new(database.about.clone());
        let file = File { path: path.to_owned(), database, loaded, seen: None, fault: None };
        Ok(Self { about, file: Some(file) })
    }

    /// What it is.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }

    /// How old it is, in whole days; `None` where it doesn't say when it was made.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Option<u32> {
        let hours = now.duration_since(self.about.built?).as_hours().max(0);
        u32::try_from(hours.checked_div(24)?).ok()
    }

    /// From how many days on it is too old: `database_days` applies to files, [`DELEGATIONS_DAYS`] to what is compiled in.
    fn limit(&self, database_days: u32) -> u32 {
        if self.file.is_some() { database_days } else { DELEGATIONS_DAYS }
    }

    /// Whether it is too old. A database of unknown age is.
    #[must_use]
    pub fn is_stale(&self, now: Timestamp, database_days: u32) -> bool {
        self.age(now).is_none_or(|age| age >= self.limit(database_days))
    }

    /// Why the file as it stands now is not the one in force.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        self.file.as_ref()?.fault.as_deref()
    }

    pub(super) fn database(&self) -> Option<&Database> {
        self.file.as_ref().map(|file| file.database.as_ref())
    }

    /// Its name, and what is the matter with it, for operators.
    pub(super) fn matters(&self, now: Timestamp, database_days: u32) -> Vec<(String, String)> {
        let name = || self.about.file.clone().unwrap_or_else(|| self.about.database_type.clone());
        let age = self.age(now).map_or("its age is unknown".to_owned(), |age| format!("it is {age} days old"));
        let limit = self.limit(database_days);
        let stale = self.is_stale(now, database_days).then(|| format!("{age}; from {limit} days on it is too old"));
        stale.into_iter().chain(self.fault().map(str::to_owned)).map(|what| (name(), what)).collect()
    }

    /// It as it is after a look at its file: what changed is loaded once it is the same at two looks.
    pub(super) fn looked_at(&self) -> Self {
        let Some(file) = &self.file else { return self.clone() };
        let next = |file| Self { about: Arc::clone(&self.about), file: Some(file) };
        // It is tried again at the look after the next: what failed may have been the reading.
        let failing = |why: &DatabaseError| {
            let fault = format!("{}; the one before stays in force", ErrorChain(why));
            next(File { seen: None, fault: Some(fault.into()), ..file.clone() })
        };
        let now = match stamp(&file.path) {
            Ok(now) => now,
            Err(why) => return failing(&why),
        };
        if now == file.loaded {
            return next(File { seen: None, fault: None, ..file.clone() });
        }
        if file.seen != Some(now) {
            return next(File { seen: Some(now), ..file.clone() });
        }
        match Self::open(&file.path, self.about.tells) {
            Ok(loaded) => loaded,
            Err(why) => failing(&why),
        }
    }
}

fn stamp(path: &Path) -> Result<Stamp, DatabaseError> {
    let look = || {
        let found = std::fs::metadata(path)?;
        Ok(Stamp { size: found.len(), modified: found.modified()? })
    };
    look().map_err(DatabaseError::Unseen)
}
