//! Pure. The records of one kind by id: the last readable version of each, and why its current version is unreadable.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::record::{Item, Kind, Record, is_withdrawn, read};

/// The records of one kind.
#[derive(Clone, Debug)]
pub(super) struct Records<T>(BTreeMap<String, Versions<T>>);

impl<T> Default for Records<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// One record.
#[derive(Debug)]
struct Versions<T> {
    readable: Option<Arc<Record<T>>>,
    failure: Option<ReadFailure>,
}

impl<T> Clone for Versions<T> {
    fn clone(&self) -> Self {
        Self { readable: self.readable.clone(), failure: self.failure.clone() }
    }
}

/// Why a record's current version is unreadable.
#[derive(Clone, Debug)]
pub(super) struct ReadFailure {
    /// The message for operators.
    pub(super) why: String,
    /// When it was first seen.
    pub(super) since: Timestamp,
    /// The unreadable item.
    pub(super) item: Arc<Item>,
}

impl<T: Kind> Records<T> {
    pub(super) fn put(&mut self, id: &str, item: &Item, now: Timestamp) {
        let versions = self.0.entry(id.to_owned()).or_insert(Versions { readable: None, failure: None });
        match read::<T>(item) {
            Ok(record) => *versions = Versions { readable: Some(Arc::new(record)), failure: None },
            // A withdrawn record counts as absent, also where the rest of it is unreadable.
            Err(_) if is_withdrawn(item) => drop(self.0.remove(id)),
            Err(error) => {
                if !T::LAST_READABLE_SERVES {
                    versions.readable = None;
                }
                let since = versions.failure.as_ref().map_or(now, |failure| failure.since);
                versions.failure = Some(ReadFailure { why: error.to_string(), since, item: Arc::new(item.clone()) });
            }
        }
    }
}

impl<T> Records<T> {
    /// The last readable version.
    pub(super) fn get(&self, id: &str) -> Option<&Arc<Record<T>>> {
        self.0.get(id)?.readable.as_ref()
    }

    /// The last readable version, and why the current one is unreadable.
    pub(super) fn get_with_failure(&self, id: &str) -> Option<(&Arc<Record<T>>, Option<&ReadFailure>)> {
        let versions = self.0.get(id)?;
        Some((versions.readable.as_ref()?, versions.failure.as_ref()))
    }

    pub(super) fn failure_of(&self, id: &str) -> Option<&ReadFailure> {
        self.0.get(id)?.failure.as_ref()
    }

    /// The last readable version of every record.
    pub(super) fn readable(&self) -> impl Iterator<Item = &Arc<Record<T>>> {
        self.0.values().filter_map(|versions| versions.readable.as_ref())
    }

    /// The ids of the records without a readable version.
    pub(super) fn never_readable(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, versions)| versions.readable.is_none()).map(|(id, _)| id.as_str())
    }

    /// The records whose current version is unreadable, each with its last readable version.
    pub(super) fn unreadable(&self) -> impl Iterator<Item = (&str, &ReadFailure, Option<&Arc<Record<T>>>)> {
        self.0.iter().filter_map(|(id, one)| Some((id.as_str(), one.failure.as_ref()?, one.readable.as_ref())))
    }
}
