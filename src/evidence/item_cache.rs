//! Pure. A cache of parsed items: an unchanged item is not parsed again.
//!
//! INVARIANT: the item is read from DynamoDB for every request. Only its parsing is cached.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::record::{Item, Unreadable};

/// The capacity. A full cache is cleared.
const MOST: usize = 100;

/// Items of one kind by id, each with its parsed record.
#[derive(Debug)]
pub(super) struct ItemCache<T>(Mutex<HashMap<String, (Item, T)>>);

impl<T> Default for ItemCache<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> ItemCache<T> {
    /// Returns the cached record if the item is unchanged; otherwise parses it with `read`.
    ///
    /// # Errors
    /// The error of `read`.
    pub(super) fn read(
        &self,
        id: &str,
        item: Item,
        read: impl FnOnce(Item) -> Result<T, Unreadable>,
    ) -> Result<T, Unreadable> {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((same, record)) = cache.get(id)
            && *same == item
        {
            return Ok(record.clone());
        }
        let record = read(item.clone())?;
        if cache.len() >= MOST {
            cache.clear();
        }
        cache.insert(id.to_owned(), (item, record.clone()));
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;

    fn item(status: &str) -> Item {
        Item::from([("status".to_owned(), AttributeValue::S(status.to_owned()))])
    }

    fn status(item: Item) -> Result<String, Unreadable> {
        let status = item.get("status").and_then(|status| status.as_s().ok()).cloned();
        status.filter(|status| status != "odd").ok_or_else(|| Unreadable("status".into()))
    }

    #[test]
    fn a_changed_item_is_parsed_again() {
        let cache = ItemCache::default();
        for text in ["active", "active", "suspended", "odd", "odd", "active"] {
            assert_eq!(cache.read("client#a", item(text), status).ok(), status(item(text)).ok(), "{text}");
        }
    }

    #[test]
    fn an_unchanged_item_is_parsed_once_per_id() {
        let (cache, mut readings) = (ItemCache::default(), 0);
        for id in ["client#a", "client#b", "client#a", "client#b"] {
            let read = |item| {
                readings += 1;
                status(item)
            };
            assert_eq!(cache.read(id, item("active"), read), Ok("active".to_owned()));
        }
        assert_eq!(readings, 2);
    }

    #[test]
    fn a_full_cache_is_cleared() {
        let cache = ItemCache::default();
        for number in 0..=MOST {
            cache.read(&number.to_string(), item("active"), status).unwrap();
        }
        assert_eq!(cache.0.lock().unwrap().len(), 1);
    }
}
