//! The sample records, and how they get into the tables.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use export_gate::record::{Head, Item};
use export_gate::register::{MOST_RECORDS, RegisterWriter, WriteTrouble};
use serde_json::Value;

use crate::tables::Tables;

/// DynamoDB's limit of one batch.
const MOST_CALLERS: usize = 25;

/// The sample records were not loaded, or not all of them.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Whether there are records already can't be told.
    #[error("the register's head can't be read")]
    Head(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The callers table took none, or not all.
    #[error("the sample callers can't be written")]
    Callers(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The register did not take them.
    #[error("the sample register can't be written")]
    Register(#[source] WriteTrouble),
}

/// The callers, each with its `id`.
///
/// # Panics
///
/// When the file is not what it should be, which the tests would have told.
pub fn callers() -> Vec<Value> {
    parsed(include_str!("../samples/callers.json"))
}

/// The register's records, each with its `kind` and `id`.
///
/// # Panics
///
/// As [`callers`].
pub fn register() -> Vec<Value> {
    parsed(include_str!("../samples/register.json"))
}

/// Puts all of them where the register has no head yet, and says whether it did. Where it has one, nothing is
/// touched: what was changed by hand outlives a restart.
///
/// # Errors
///
/// [`LoadError`]; the next call then begins anew, unless a part of the register was written.
pub async fn load(client: &Client, tables: &Tables) -> Result<bool, LoadError> {
    if has_head(client, tables).await? {
        return Ok(false);
    }
    // The register last: its head is the sign that all the rest is there.
    for batch in items(callers()).chunks(MOST_CALLERS) {
        put_callers(client, tables, batch).await?;
    }
    let writer = RegisterWriter::new(client.clone(), tables.register.clone());
    for change in items(register()).chunks(MOST_RECORDS) {
        writer.put(change.to_vec()).await.map_err(LoadError::Register)?;
    }
    Ok(true)
}

async fn has_head(client: &Client, tables: &Tables) -> Result<bool, LoadError> {
    let read = client
        .get_item()
        .table_name(&tables.register)
        .key("kind", AttributeValue::S(Head::kind(0)))
        .key("id", AttributeValue::S(Head::ID.to_owned()))
        .consistent_read(true)
        .send()
        .await;
    read.map(|answer| answer.item.is_some()).map_err(|fault| LoadError::Head(fault.into_service_error().into()))
}

async fn put_callers(client: &Client, tables: &Tables, callers: &[Item]) -> Result<(), LoadError> {
    let put = |item: &Item| {
        let put = PutRequest::builder().set_item(Some(item.clone())).build().expect("a put has an item");
        WriteRequest::builder().put_request(put).build()
    };
    let requests = callers.iter().map(put).collect();
    let sent = client.batch_write_item().request_items(&tables.callers, requests).send().await;
    let answer = sent.map_err(|fault| LoadError::Callers(fault.into_service_error().into()))?;
    match answer.unprocessed_items.filter(|left| !left.is_empty()) {
        None => Ok(()),
        Some(_) => Err(LoadError::Callers("the engine left some of them".into())),
    }
}

fn parsed(file: &str) -> Vec<Value> {
    serde_json::from_str(file).expect("a sample file is a JSON array")
}

fn items(records: Vec<Value>) -> Vec<Item> {
    let item = |record| serde_dynamo::to_item(record).expect("a sample record is a JSON object");
    records.into_iter().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamodb::DynamoDb;
    use crate::tables::client;

    #[tokio::test]
    async fn they_are_loaded_once() {
        let engine = DynamoDb::memory().await.unwrap();
        let (client, tables) = (client(engine.url()), Tables::default());
        tables.create(&client).await.unwrap();
        assert!(load(&client, &tables).await.unwrap());

        // A change by hand, which the next start must leave alone.
        let delete = client.delete_item().table_name(&tables.callers);
        delete.key("id", AttributeValue::S("client#sample-us-app".to_owned())).send().await.unwrap();
        assert!(!load(&client, &tables).await.unwrap());
        let left = client.scan().table_name(&tables.callers).send().await.unwrap();
        assert_eq!(usize::try_from(left.count()).unwrap(), callers().len() - 1);
    }

    #[tokio::test]
    async fn tables_that_are_missing_are_told() {
        let engine = DynamoDb::memory().await.unwrap();
        let outcome = load(&client(engine.url()), &Tables::default()).await;
        assert!(matches!(outcome, Err(LoadError::Head(_))), "{outcome:?}");
    }
}
