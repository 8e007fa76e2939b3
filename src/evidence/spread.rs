//! I/O. Stores where clients are used: one item per client in the usage table, shared by all environments.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use super::sightings::{MOST, Place, Room, Sightings, attribute, hour};
use crate::decision::{Sighting, sighting_window_hours};
use crate::record::Item;
use crate::register::Register;

/// The sort key of a client's item. No quota has this model.
pub const SPREAD: &str = "spread";

/// How many clients, and how many of their sightings, are cached. A full cache is cleared.
const REMEMBERED: usize = 10_000;
const CACHED_SIGHTINGS: usize = 50_000;

/// How many hours one update removes; the size of an expression is limited.
const REMOVED: usize = 100;

/// The usage table and a cache of what this environment last read from it.
#[derive(Debug)]
pub struct SpreadStore {
    dynamodb: DynamoDb,
    table: String,
    /// How long a place counts as written: between a quarter (0) and half (255) of the window. The value is random, so
    /// that environments don't write at the same time. A place in constant use is written before it expires.
    rewrite_delay: u8,
    cache: Mutex<Cache>,
}

#[derive(Debug, Default)]
struct Cache {
    clients: HashMap<String, Arc<Sightings>>,
    sightings: usize,
}

/// How a request relates to its client's sightings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SightingUse {
    /// It counts as a sighting.
    Record,
    /// It reads them, but does not count.
    Read,
    /// It does not use them.
    None,
}

/// The sightings could not be read or written. This is a failure: nothing can be decided.
#[derive(Debug, thiserror::Error)]
pub enum SpreadError {
    /// The place could not be written.
    #[error("the client's sighting could not be written")]
    Write(#[source] Box<SdkError<UpdateItemError>>),
    /// The sightings could not be read.
    #[error("the client's sightings could not be read")]
    Read(#[source] Box<SdkError<GetItemError>>),
}

impl SpreadStore {
    /// A store over this table, with an empty cache.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, table: String) -> Self {
        let mut random = [0_u8; 1];
        // Without random numbers the delay is the shortest.
        let rewrite_delay = getrandom::fill(&mut random).map_or(0, |()| random[0]);
        Self { dynamodb, table, rewrite_delay, cache: Mutex::default() }
    }

    /// The client's sightings and a request from this place; `None` if the register does not need them. `known` are the
    /// sightings, if they were read or written already.
    ///
    /// # Errors
    /// [`SpreadError`] if they could not be read or written.
    pub async fn with_request(
        &self,
        client: &str,
        place: &Place,
        register: &Register,
        sighting_use: SightingUse,
        known: Option<Arc<Sightings>>,
        now: Timestamp,
    ) -> Result<Option<Vec<Sighting>>, SpreadError> {
        let Some(hours) = sighting_window_hours(register, now) else { return Ok(None) };
        let sightings = match (known, sighting_use) {
            (_, SightingUse::None) => return Ok(None),
            (Some(known), SightingUse::Record | SightingUse::Read) => known,
            (None, SightingUse::Record) => self.write(client, place, hours, now).await?,
            (None, SightingUse::Read) => self.read(client).await?,
        };
        Ok(Some(sightings.with(place, now)))
    }

    /// The table and key of a client's item, for reading it together with others.
    #[must_use]
    pub fn key(&self, client: &str) -> (String, Item) {
        (self.table.clone(), key(client))
    }

    /// Whether the place must be written: it was not written recently, as far as this environment knows, and there is room.
    #[must_use]
    pub fn is_due(&self, client: &str, place: &Place, hours: u32, now: Timestamp) -> bool {
        let Some(cached) = self.cached(client) else { return true };
        let quarter = i64::from(hours).saturating_mul(15);
        let delay = quarter.saturating_add(quarter.saturating_mul(self.rewrite_delay.into()).div_euclid(255));
        let minute = now.as_second().div_euclid(60);
        let is_fresh = cached.last_at(place).is_some_and(|at| minute.saturating_sub(at) <= delay);
        !is_fresh && cached.room(place, now) != Room::Full
    }

    /// Adds the place and returns the whole item, including concurrent writes.
    ///
    /// # Errors
    /// [`SpreadError::Write`]. A full hour is not an error: it has as many places as can count.
    pub async fn write(
        &self,
        client: &str,
        place: &Place,
        hours: u32,
        now: Timestamp,
    ) -> Result<Arc<Sightings>, SpreadError> {
        let cached = self.cached(client);
        let mut obsolete = cached.map(|cached| cached.obsolete(hours, now)).unwrap_or_default();
        obsolete.truncate(REMOVED);
        let adding = Adding { client, element: place.element(now), hours, now, obsolete };
        let item = match self.add(&adding, MOST).await? {
            Ok(item) => item,
            Err(full) => match Sightings::read(full.clone()).room(place, now) {
                Room::UpTo(most) => self.add(&adding, most).await?.unwrap_or(full),
                Room::Without(superseded) => {
                    self.remove(&adding, superseded).await?;
                    self.add(&adding, MOST).await?.unwrap_or(full)
                }
                Room::Full => full,
            },
        };
        Ok(self.store(client, Some(item)))
    }

    /// Reads a client's item.
    ///
    /// # Errors
    /// [`SpreadError::Read`].
    pub async fn read(&self, client: &str) -> Result<Arc<Sightings>, SpreadError> {
        Ok(self.store(client, self.item(client).await?))
    }

    /// Parses and caches a client's item.
    pub fn store(&self, client: &str, item: Option<Item>) -> Arc<Sightings> {
        let sightings = Arc::new(item.map(Sightings::read).unwrap_or_default());
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let before = cache.clients.remove(client).map_or(0, |before| before.len());
        cache.sightings = cache.sightings.saturating_sub(before).saturating_add(sightings.len());
        if cache.clients.len() >= REMEMBERED || cache.sightings > CACHED_SIGHTINGS {
            *cache = Cache { clients: HashMap::new(), sightings: sightings.len() };
        }
        cache.clients.insert(client.to_owned(), Arc::clone(&sightings));
        sightings
    }

    /// Returns the updated item, or the unchanged item as an error if its hour has `most` elements or more.
    async fn add(&self, adding: &Adding<'_>, most: usize) -> Result<Result<Item, Item>, SpreadError> {
        let expires =
            adding.now.as_second().saturating_add(i64::from(adding.hours).saturating_add(1).saturating_mul(3600));
        let names: Vec<String> = (0..adding.obsolete.len()).map(|number| format!("#o{number}")).collect();
        let remove = if names.is_empty() { String::new() } else { format!(" REMOVE {}", names.join(", ")) };
        let mut update = self
            .update(adding, vec![adding.element.clone()])
            .update_expression(format!("ADD #hour :elements SET #expires = :expires{remove}"))
            .condition_expression("attribute_not_exists(#hour) OR size(#hour) < :most")
            .expression_attribute_names("#expires", "expires")
            .expression_attribute_values(":expires", AttributeValue::N(expires.to_string()))
            .expression_attribute_values(":most", AttributeValue::N(most.to_string()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        for (name, attribute) in names.into_iter().zip(&adding.obsolete) {
            update = update.expression_attribute_names(name, attribute);
        }
        match Box::pin(update.send()).await {
            Ok(answer) => Ok(Ok(answer.attributes.unwrap_or_default())),
            Err(SdkError::ServiceError(service)) if service.err().is_conditional_check_failed_exception() => {
                if let UpdateItemError::ConditionalCheckFailedException(failed) = service.into_err()
                    && let Some(item) = failed.item
                {
                    return Ok(Err(item));
                }
                Ok(Err(self.item(adding.client).await?.unwrap_or_default()))
            }
            Err(error) => Err(SpreadError::Write(Box::new(error))),
        }
    }

    async fn item(&self, client: &str) -> Result<Option<Item>, SpreadError> {
        let read = self.dynamodb.get_item().table_name(&self.table).consistent_read(true);
        let answer = Box::pin(read.set_key(Some(key(client))).send()).await;
        answer.map(|answer| answer.item).map_err(|error| SpreadError::Read(Box::new(error)))
    }

    async fn remove(&self, adding: &Adding<'_>, superseded: Vec<String>) -> Result<(), SpreadError> {
        let update = self.update(adding, superseded).update_expression("DELETE #hour :elements");
        Box::pin(update.send()).await.map(drop).map_err(|error| SpreadError::Write(Box::new(error)))
    }

    fn update(&self, adding: &Adding<'_>, elements: Vec<String>) -> UpdateItemFluentBuilder {
        let update = self.dynamodb.update_item().table_name(&self.table).set_key(Some(key(adding.client)));
        update
            .expression_attribute_names("#hour", attribute(hour(adding.now)))
            .expression_attribute_values(":elements", AttributeValue::Ss(elements))
    }

    fn cached(&self, client: &str) -> Option<Arc<Sightings>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).clients.get(client).cloned()
    }
}

/// An addition to a client's item.
struct Adding<'a> {
    client: &'a str,
    element: String,
    hours: u32,
    now: Timestamp,
    /// The attributes to remove.
    obsolete: Vec<String>,
}

fn key(client: &str) -> Item {
    HashMap::from([
        ("licence".to_owned(), AttributeValue::S(format!("client#{client}"))),
        ("model".to_owned(), AttributeValue::S(SPREAD.to_owned())),
    ])
}
