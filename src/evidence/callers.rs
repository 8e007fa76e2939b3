//! I/O. Reads the caller's records and one register head, strongly consistent, in one round trip.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use super::item_cache::ItemCache;
use crate::decision::Callers;
use crate::record::{Client, HEADS, Head, Item, Organisation, Person, Unreadable};
use crate::register::history::Key;

/// How many clients' organisations are cached. A full cache is cleared.
const REMEMBERED: usize = 10_000;

/// How often unprocessed keys are requested again, and the first wait; the wait doubles.
const UNPROCESSED_TRIES: u32 = 4;
const UNPROCESSED_WAIT: Duration = Duration::from_millis(25);

/// The callers table and the register's heads.
#[derive(Debug)]
pub struct CallerStore {
    dynamodb: DynamoDb,
    callers: String,
    register: String,
    /// The organisation that each client had last time, so that one round trip can include it.
    organisations: Mutex<HashMap<String, String>>,
    /// Parsed items that many requests share and that hold no names. An organisation's record may name its owners.
    heads: ItemCache<Head>,
    clients: ItemCache<Client>,
}

/// The result of one read.
#[derive(Debug)]
pub struct Reading {
    /// The caller's records.
    pub callers: Callers,
    /// One of the register's heads; `None` if that head is missing or unreadable. The others may still be readable.
    pub head: Option<Head>,
    /// The additional item, if it exists.
    pub additional: Option<Item>,
}

/// The records could not be read. This is a failure, not absence: nothing can be decided.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// DynamoDB did not answer, or answered with an error.
    #[error("callers and head could not be read")]
    Failed(#[source] Box<SdkError<BatchGetItemError>>),
    /// DynamoDB repeatedly left keys unprocessed.
    #[error("DynamoDB left keys unprocessed {UNPROCESSED_TRIES} times")]
    Unprocessed,
    /// A caller's record is unreadable. The message omits details, because they could reveal personal data.
    #[error("the {0}'s record is unreadable")]
    Record(&'static str),
}

impl CallerStore {
    /// A store over these tables.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, callers: String, register: String) -> Self {
        let (heads, clients) = (ItemCache::default(), ItemCache::default());
        Self { dynamodb, callers, register, organisations: Mutex::default(), heads, clients }
    }

    /// Reads the client, its organisation, the named person and one head. This takes one round trip, or two if the client's
    /// organisation has changed or is not cached. `additional` is the table and key of an additional item to read.
    ///
    /// # Errors
    /// [`ReadError`] if anything could not be read.
    pub async fn read(
        &self,
        client: &str,
        person: Option<&str>,
        additional: Option<(String, Item)>,
    ) -> Result<Reading, ReadError> {
        let remembered = self.remembered(client);
        let client_id = format!("client#{client}");
        let person_id = person.map(|id| format!("person#{id}"));
        let organisation_id = |id: &str| format!("organisation#{id}");
        let first_guess = remembered.as_deref().map(organisation_id);
        let ids = [Some(&client_id), person_id.as_ref(), first_guess.as_ref()].into_iter().flatten();
        let mut found = self.fetch(ids, true, additional).await?;
        let additional = found.additional.take();
        let head = found.head.take().and_then(|head| self.read_head(head));
        let read = |item| self.clients.read(&client_id, item, Client::read);
        let client_record = found.take(&client_id, read, "client")?;
        let person = person_id.map(|id| found.take(&id, Person::read, "person")).transpose()?.flatten();
        let organisation = match &client_record {
            None => None,
            Some(record) => {
                let id = organisation_id(&record.organisation);
                if remembered.as_ref() != Some(&record.organisation) {
                    found = self.fetch([&id], false, None).await?;
                    self.remember(client, &record.organisation);
                }
                found.take(&id, Organisation::read, "organisation")?
            }
        };
        Ok(Reading { callers: Callers { client: client_record, organisation, person }, head, additional })
    }

    fn read_head(&self, mut head: Item) -> Option<Head> {
        // Heads differ in their kind only, so they share one cache entry.
        head.remove("kind");
        self.heads.read(Head::ID, head, Head::read).ok()
    }

    async fn fetch(
        &self,
        ids: impl IntoIterator<Item = &String>,
        with_head: bool,
        additional: Option<(String, Item)>,
    ) -> Result<Found, ReadError> {
        let key = |id: &String| HashMap::from([("id".to_owned(), AttributeValue::S(id.clone()))]);
        let caller_keys: Vec<_> = ids.into_iter().map(key).collect();
        let head_keys: Vec<_> = with_head.then(|| Key::head(any_head()).item()).into_iter().collect();
        let tables = [(self.callers.clone(), caller_keys), (self.register.clone(), head_keys)];
        let mut requests: HashMap<String, KeysAndAttributes> = tables
            .into_iter()
            .chain(additional.map(|(table, key)| (table, vec![key])))
            .filter(|(_, keys)| !keys.is_empty())
            .filter_map(|(table, keys)| Some((table, consistent(keys)?)))
            .collect();
        let mut found = Found::default();
        let mut wait = UNPROCESSED_WAIT;
        for _ in 0..UNPROCESSED_TRIES {
            let read = self.dynamodb.batch_get_item().set_request_items(Some(requests));
            let answer = Box::pin(read.send()).await;
            let answer = answer.map_err(|error| ReadError::Failed(Box::new(error)))?;
            for (table, items) in answer.responses.unwrap_or_default() {
                if table == self.register {
                    found.head = items.into_iter().next().or(found.head);
                } else if table == self.callers {
                    found.put(items);
                } else {
                    found.additional = items.into_iter().next().or(found.additional);
                }
            }
            requests = answer.unprocessed_keys.unwrap_or_default();
            if requests.is_empty() {
                return Ok(found);
            }
            tokio::time::sleep(wait).await;
            wait = wait.saturating_mul(2);
        }
        Err(ReadError::Unprocessed)
    }

    fn remembered(&self, client: &str) -> Option<String> {
        self.organisations.lock().unwrap_or_else(PoisonError::into_inner).get(client).cloned()
    }

    fn remember(&self, client: &str, organisation: &str) {
        let mut organisations = self.organisations.lock().unwrap_or_else(PoisonError::into_inner);
        if organisations.len() >= REMEMBERED {
            organisations.clear();
        }
        organisations.insert(client.to_owned(), organisation.to_owned());
    }
}

/// The items of one read.
#[derive(Default)]
struct Found {
    head: Option<Item>,
    additional: Option<Item>,
    callers: HashMap<String, Item>,
}

impl Found {
    fn put(&mut self, items: Vec<Item>) {
        for item in items {
            if let Some(id) = item.get("id").and_then(|id| id.as_s().ok()).cloned() {
                self.callers.insert(id, item);
            }
        }
    }

    fn take<T>(
        &mut self,
        id: &str,
        read: impl FnOnce(Item) -> Result<T, Unreadable>,
        what: &'static str,
    ) -> Result<Option<T>, ReadError> {
        self.callers.remove(id).map(read).transpose().map_err(|_| ReadError::Record(what))
    }
}

fn consistent(keys: Vec<Item>) -> Option<KeysAndAttributes> {
    KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().ok()
}

/// A random head, to spread the load over their partitions; the first one without random numbers.
fn any_head() -> u8 {
    let mut byte = [0_u8; 1];
    getrandom::fill(&mut byte).map_or(0, |()| byte[0] % HEADS)
}
