//! I/O. Where clients showed up: one item a client in the usage table, which every environment adds to.

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
use crate::record::Item;

/// The sort key of a client's item. No quota has such a model.
pub const SPREAD: &str = "spread";

/// How many clients, and how many sightings of them all, are remembered before the memory is begun anew.
const REMEMBERED: usize = 10_000;
const HELD: usize = 50_000;

/// How many hours one update removes; an expression has an end.
const REMOVED: usize = 100;

/// The usage table, and what this environment last read of it.
#[derive(Debug)]
pub struct SpreadStore {
    dynamodb: DynamoDb,
    table: String,
    /// How long a place counts as written, between a quarter (0) and half (255) of the window; another in each
    /// environment, so that they don't all write at once. What is used all along is thus written before it falls out.
    patience: u8,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    clients: HashMap<String, Arc<Sightings>>,
    held: usize,
}

/// Why nobody can say where a client showed up. This is failure: nothing can be decided.
#[derive(Debug, thiserror::Error)]
pub enum SpreadError {
    /// The place could not be added.
    #[error("where the client shows up could not be written")]
    Write(#[source] Box<SdkError<UpdateItemError>>),
    /// The places could not be read.
    #[error("where the client showed up could not be read")]
    Read(#[source] Box<SdkError<GetItemError>>),
}

impl SpreadStore {
    /// A store over this table, with nothing read yet.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, table: String) -> Self {
        let mut patience = [0_u8; 1];
        // Without chance it is the shortest.
        let patience = getrandom::fill(&mut patience).map_or(0, |()| patience[0]);
        Self { dynamodb, table, patience, memory: Mutex::default() }
    }

    /// The table and the key of a client's item, for whoever reads it with others.
    #[must_use]
    pub fn key(&self, client: &str) -> (String, Item) {
        (self.table.clone(), key(client))
    }

    /// Whether the place is to be written: as far as this environment knows it was not of late, and there is room.
    #[must_use]
    pub fn is_due(&self, client: &str, place: &Place, hours: u32, now: Timestamp) -> bool {
        let Some(known) = self.remembered(client) else { return true };
        let quarter = i64::from(hours).saturating_mul(15);
        let patience = quarter.saturating_add(quarter.saturating_mul(self.patience.into()).div_euclid(255));
        let minute = now.as_second().div_euclid(60);
        let is_fresh = known.last_at(place).is_some_and(|at| minute.saturating_sub(at) <= patience);
        !is_fresh && known.room(place, now) != Room::Full
    }

    /// Adds the place. What comes back is the item whole, whoever else writes at the same time.
    ///
    /// # Errors
    /// [`SpreadError::Write`]. A full hour is none: it has as many places as can count.
    pub async fn write(
        &self,
        client: &str,
        place: &Place,
        hours: u32,
        now: Timestamp,
    ) -> Result<Arc<Sightings>, SpreadError> {
        let known = self.remembered(client);
        let mut obsolete = known.map(|known| known.obsolete(hours, now)).unwrap_or_default();
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
        Ok(self.took(client, Some(item)))
    }

    /// Reads a client's item.
    ///
    /// # Errors
    /// [`SpreadError::Read`].
    pub async fn read(&self, client: &str) -> Result<Arc<Sightings>, SpreadError> {
        Ok(self.took(client, self.item(client).await?))
    }

    /// What a reading of the client's item gave, which is remembered.
    pub fn took(&self, client: &str, item: Option<Item>) -> Arc<Sightings> {
        let sightings = Arc::new(item.map(Sightings::read).unwrap_or_default());
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let before = memory.clients.remove(client).map_or(0, |before| before.len());
        memory.held = memory.held.saturating_sub(before).saturating_add(sightings.len());
        if memory.clients.len() >= REMEMBERED || memory.held > HELD {
            *memory = Memory { clients: HashMap::new(), held: sightings.len() };
        }
        memory.clients.insert(client.to_owned(), Arc::clone(&sightings));
        sightings
    }

    /// The item as it became, or, where its hour has `most` elements or more, as it was.
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

    fn remembered(&self, client: &str) -> Option<Arc<Sightings>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).clients.get(client).cloned()
    }
}

/// What is added to a client's item.
struct Adding<'a> {
    client: &'a str,
    element: String,
    hours: u32,
    now: Timestamp,
    /// The attributes that go.
    obsolete: Vec<String>,
}

fn key(client: &str) -> Item {
    HashMap::from([
        ("licence".to_owned(), AttributeValue::S(format!("client#{client}"))),
        ("model".to_owned(), AttributeValue::S(SPREAD.to_owned())),
    ])
}
