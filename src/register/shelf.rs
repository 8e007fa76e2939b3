//! Pure. The records of one kind, by id, each in its last readable version beside what is wrong with its last one.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::record::{Item, Kind, Record, is_withdrawn, read};

/// The records of one kind.
#[derive(Clone, Debug)]
pub(super) struct Shelf<T>(BTreeMap<String, Slot<T>>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// One record.
#[derive(Debug)]
struct Slot<T> {
    readable: Option<Arc<Record<T>>>,
    damage: Option<Damage>,
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self { readable: self.readable.clone(), damage: self.damage.clone() }
    }
}

/// What is wrong with a record's last version.
#[derive(Clone, Debug)]
pub(super) struct Damage {
    /// In words for operators.
    pub(super) why: String,
    /// When it was first seen.
    pub(super) since: Timestamp,
    /// The item as it stands.
    pub(super) item: Arc<Item>,
}

impl<T: Kind> Shelf<T> {
    pub(super) fn put(&mut self, id: &str, item: &Item, now: Timestamp) {
        let slot = self.0.entry(id.to_owned()).or_insert(Slot { readable: None, damage: None });
        match read::<T>(item) {
            Ok(record) => *slot = Slot { readable: Some(Arc::new(record)), damage: None },
            // Withdrawn, a record is as if it were not there, whatever else it says.
            Err(_) if is_withdrawn(item) => drop(self.0.remove(id)),
            Err(error) => {
                if !T::LAST_READABLE_SERVES {
                    slot.readable = None;
                }
                let since = slot.damage.as_ref().map_or(now, |damage| damage.since);
                slot.damage = Some(Damage { why: error.to_string(), since, item: Arc::new(item.clone()) });
            }
        }
    }
}

impl<T> Shelf<T> {
    pub(super) fn get(&self, id: &str) -> Option<&Arc<Record<T>>> {
        self.0.get(id)?.readable.as_ref()
    }

    /// A record's last readable version, and what is wrong with its last one.
    pub(super) fn slot(&self, id: &str) -> Option<(&Arc<Record<T>>, Option<&Damage>)> {
        let slot = self.0.get(id)?;
        Some((slot.readable.as_ref()?, slot.damage.as_ref()))
    }

    /// What is wrong with a record's last version.
    pub(super) fn damage_of(&self, id: &str) -> Option<&Damage> {
        self.0.get(id)?.damage.as_ref()
    }

    /// Every record in its last readable version.
    pub(super) fn readable(&self) -> impl Iterator<Item = &Arc<Record<T>>> {
        self.0.values().filter_map(|slot| slot.readable.as_ref())
    }

    /// The ids of which no version could be read.
    pub(super) fn unread(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, slot)| slot.readable.is_none()).map(|(id, _)| id.as_str())
    }

    /// The records whose last version can't be read, each with the last that could.
    pub(super) fn damaged(&self) -> impl Iterator<Item = (&str, &Damage, Option<&Arc<Record<T>>>)> {
        self.0.iter().filter_map(|(id, slot)| Some((id.as_str(), slot.damage.as_ref()?, slot.readable.as_ref())))
    }
}
