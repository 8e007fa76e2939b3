//! I/O. Repairs the register's eight heads if they differ or disagree with the records.

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsError;
use aws_sdk_dynamodb::types::{Get, TransactGetItem};
use export_gate::record::{HEADS, Head, Item};
use export_gate::register::history::Key;
use export_gate::register::{Kinds, RefreshError, RegisterStore, RegisterWriter, WriteError};

/// Why the heads could not be read or repaired.
#[derive(Debug, thiserror::Error)]
pub enum HeadsError {
    /// The request could not be built.
    #[error("the request for them could not be built")]
    Request(#[from] BuildError),
    /// They could not be read, perhaps during a write.
    #[error("they could not be read")]
    Read(#[source] Box<SdkError<TransactGetItemsError>>),
    /// The records could not be read.
    #[error("the records that they count could not be read")]
    Records(#[from] RefreshError),
    /// They could not be repaired.
    #[error("they could not be repaired")]
    Write(#[from] WriteError),
}

/// Repairs the heads if they differ or disagree with the records, and returns the new revision. The newest record gets that
/// revision too, so that gates read the register again. `earlier` is a previous version of a head.
pub(super) async fn repair(
    dynamodb: &DynamoDb,
    table: &str,
    writer: &RegisterWriter,
    register: &RegisterStore,
    earlier: Option<&Item>,
) -> Result<Option<u64>, HeadsError> {
    let found = read(dynamodb, table).await?;
    let listed: Vec<&str> = found.iter().flatten().chain(earlier).flat_map(kinds_listed).collect();
    let (kinds, newest) = register.kinds(listed).await?;
    match newest.filter(|_| !are_valid(&found, &kinds)) {
        Some(record) => Ok(Some(writer.repair(found, kinds, record).await?)),
        None => Ok(None),
    }
}

/// The kinds that a head lists, valid or not.
fn kinds_listed(head: &Item) -> impl Iterator<Item = &str> {
    head.get("kinds").and_then(|kinds| kinds.as_m().ok()).into_iter().flatten().map(|(name, _)| name.as_str())
}

/// Whether all heads exist, are equal and agree with the records.
fn are_valid(found: &[Option<Item>], kinds: &Kinds) -> bool {
    let content = |head: &Option<Item>| {
        let mut content = head.clone()?;
        content.remove("kind");
        Some(content)
    };
    let first = found.first().and_then(content);
    let is_valid = first.clone().and_then(|head| Head::read(head).ok()).is_some_and(|head| head.kinds == *kinds);
    is_valid && found.iter().all(|head| content(head) == first)
}

/// Reads all eight in one transaction, since a concurrent write would make single reads differ.
async fn read(dynamodb: &DynamoDb, table: &str) -> Result<Vec<Option<Item>>, HeadsError> {
    let gets = (0..HEADS).map(|number| {
        let get = Get::builder().table_name(table).set_key(Some(Key::head(number).item())).build()?;
        Ok(TransactGetItem::builder().get(get).build())
    });
    let gets = gets.collect::<Result<Vec<_>, BuildError>>()?;
    let read = dynamodb.transact_get_items().set_transact_items(Some(gets)).send().await;
    let answer = read.map_err(|error| HeadsError::Read(Box::new(error)))?;
    Ok(answer.responses.unwrap_or_default().into_iter().map(|one| one.item.filter(|item| !item.is_empty())).collect())
}
