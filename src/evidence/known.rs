//! Pure. What items were read as last time, so that one that hasn't changed isn't taken apart anew.
//!
//! It stands between an item and its meaning, not between a request and DynamoDB: the item is that of the request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::record::{Item, Unreadable};

/// How many are known before all are forgotten.
const MOST: usize = 100;

/// Items of one kind by their ids, and what each was read as.
#[derive(Debug)]
pub(super) struct Known<T>(Mutex<HashMap<String, (Item, T)>>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Known<T> {
    /// What `read` makes of the item, or made of an equal one of that id.
    ///
    /// # Errors
    /// As `read`.
    pub(super) fn read(
        &self,
        id: &str,
        item: Item,
        read: impl FnOnce(Item) -> Result<T, Unreadable>,
    ) -> Result<T, Unreadable> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((same, meaning)) = known.get(id)
            && *same == item
        {
            return Ok(meaning.clone());
        }
        let meaning = read(item.clone())?;
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(id.to_owned(), (item, meaning.clone()));
        Ok(meaning)
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
    fn an_item_means_what_it_says_now_whatever_it_said_before() {
        let known = Known::default();
        for said in ["active", "active", "suspended", "odd", "odd", "active"] {
            assert_eq!(known.read("client#a", item(said), status).ok(), status(item(said)).ok(), "{said}");
        }
    }

    #[test]
    fn the_same_item_is_read_once_for_each_id() {
        let (known, mut readings) = (Known::default(), 0);
        for id in ["client#a", "client#b", "client#a", "client#b"] {
            let read = |item| {
                readings += 1;
                status(item)
            };
            assert_eq!(known.read(id, item("active"), read), Ok("active".to_owned()));
        }
        assert_eq!(readings, 2);
    }

    #[test]
    fn no_more_are_known_than_there_is_room_for() {
        let known = Known::default();
        for number in 0..=MOST {
            known.read(&number.to_string(), item("active"), status).unwrap();
        }
        assert_eq!(known.0.lock().unwrap().len(), 1);
    }
}
