//! I/O. A loaded database and its file, which is reloaded when it changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;

use super::database::{Database, DatabaseContent, DatabaseError, DatabaseInfo};
use super::delegations::{self, DELEGATIONS_DAYS};
use crate::error_chain::ErrorChain;

/// A loaded database.
#[derive(Clone, Debug)]
pub struct LoadedDatabase {
    info: Arc<DatabaseInfo>,
    /// Absent for compiled-in data.
    file: Option<File>,
}

#[derive(Clone, Debug)]
struct File {
    path: PathBuf,
    database: Arc<Database>,
    /// The file's state when it was loaded.
    loaded: Stamp,
    /// The file's state at the last check, if it differs. The file may be half written.
    seen: Option<Stamp>,
    /// Why the current file is not loaded.
    fault: Option<Arc<str>>,
}

/// The state by which a changed file is detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: SystemTime,
}

impl LoadedDatabase {
    /// The compiled-in delegations.
    pub(super) fn delegations() -> Self {
        Self { info: Arc::clone(&delegations::INFO), file: None }
    }

    /// Reads a file.
    pub(super) fn open(path: &Path, content: DatabaseContent) -> Result<Self, DatabaseError> {
        let loaded = stamp(path)?;
        let database = Arc::new(Database::open(path, content)?);
        let info = Arc::new(database.info.clone());
        let file = File { path: path.to_owned(), database, loaded, seen: None, fault: None };
        Ok(Self { info, file: Some(file) })
    }

    /// The description.
    #[must_use]
    pub fn info(&self) -> &DatabaseInfo {
        &self.info
    }

    /// The age in whole days; `None` if the build time is unknown.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Option<u32> {
        let hours = now.duration_since(self.info.built?).as_hours().max(0);
        u32::try_from(hours.checked_div(24)?).ok()
    }

    /// The age from which it is too old: `database_days` for files, [`DELEGATIONS_DAYS`] for compiled-in data.
    fn limit(&self, database_days: u32) -> u32 {
        if self.file.is_some() { database_days } else { DELEGATIONS_DAYS }
    }

    /// Whether it is too old. Unknown age counts as too old.
    #[must_use]
    pub fn is_stale(&self, now: Timestamp, database_days: u32) -> bool {
        self.age(now).is_none_or(|age| age >= self.limit(database_days))
    }

    /// Why the current file is not loaded.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        self.file.as_ref()?.fault.as_deref()
    }

    pub(super) fn database(&self) -> Option<&Database> {
        self.file.as_ref().map(|file| file.database.as_ref())
    }

    /// The database's name and each of its problems, for operators.
    pub(super) fn problems(&self, now: Timestamp, database_days: u32) -> Vec<(String, String)> {
        let name = || self.info.file.clone().unwrap_or_else(|| self.info.database_type.clone());
        let age = self.age(now).map_or("its age is unknown".to_owned(), |age| format!("it is {age} days old"));
        let limit = self.limit(database_days);
        let stale = self.is_stale(now, database_days).then(|| format!("{age}; the limit is {limit} days"));
        stale.into_iter().chain(self.fault().map(str::to_owned)).map(|what| (name(), what)).collect()
    }

    /// Checks the file and reloads it if it has changed and is the same as at the last check.
    pub(super) fn reloaded(&self) -> Self {
        let Some(file) = &self.file else { return self.clone() };
        let next = |file| Self { info: Arc::clone(&self.info), file: Some(file) };
        // The check after next tries again: the failure may have been temporary.
        let failing = |why: &DatabaseError| {
            let fault = format!("{}; the previous file stays in use", ErrorChain(why));
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
        match Self::open(&file.path, self.info.content) {
            Ok(loaded) => loaded,
            Err(why) => failing(&why),
        }
    }
}

fn stamp(path: &Path) -> Result<Stamp, DatabaseError> {
    let read = || {
        let found = std::fs::metadata(path)?;
        Ok(Stamp { size: found.len(), modified: found.modified()? })
    };
    read().map_err(DatabaseError::Unseen)
}
