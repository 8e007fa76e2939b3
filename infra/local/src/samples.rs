//! I/O. Loads the sample records into the tables.
//!
//! They give the same results on any day: their windows are over or have no end. A verification and an attestation need
//! an `until`, which is in 9999.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use export_gate::record::{Head, Item};
use export_gate::register::{MOST_RECORDS, RegisterWriter, WriteError};
use export_gate::terms::ModelName;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::tables::Tables;

/// DynamoDB's limit of a batch.
const MAX_BATCH: usize = 25;

/// Why the sample records were not all loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The register's head cannot be read.
    #[error("the register's head cannot be read")]
    Head(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The callers table did not accept all callers.
    #[error("the sample callers cannot be written")]
    Callers(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The models cannot be read.
    #[error("the register's models cannot be read")]
    Models(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The register did not accept the records.
    #[error("the sample register cannot be written")]
    Register(#[source] WriteError),
}

/// The callers, each with its `id`.
///
/// # Panics
///
/// When the file is invalid, which a test checks.
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

/// Loads all records into a register without a head, and returns whether it did. A register with a head is left as it is,
/// so that manual changes survive a restart.
///
/// # Errors
///
/// [`LoadError`]; the next call then starts again, unless a part of the register was written.
pub async fn load(client: &Client, tables: &Tables) -> Result<bool, LoadError> {
    if has_head(client, tables).await? {
        return Ok(false);
    }
    // The register comes last, since its head marks a complete load.
    for batch in items(callers()).chunks(MAX_BATCH) {
        put_callers(client, tables, batch).await?;
    }
    let writer = RegisterWriter::new(client.clone(), tables.register.clone());
    for change in items(register()).chunks(MOST_RECORDS) {
        writer.put(change.to_vec()).await.map_err(LoadError::Register)?;
    }
    Ok(true)
}

/// Adds a model with an endpoint, and an embargo on it for foreign persons. Existing records are left as they are.
///
/// # Errors
///
/// [`LoadError`]; then nothing was changed.
pub async fn add_model(
    client: &Client,
    tables: &Tables,
    model: &ModelName,
    endpoint: &str,
    now: Timestamp,
) -> Result<(), LoadError> {
    let (name, version) = (model.name(), version(model));
    let embargo = format!("operator-policy-{name}");
    let mut wanted = vec![];
    let versions = versions(client, tables, name).await?;
    if !versions.iter().any(|id| id == model.as_str()) {
        wanted.push(json!({
            "kind": "model", "id": model.as_str(), "name": name, "version": version,
            // With two defaults, the name alone would be ambiguous.
            "default": versions.is_empty(),
            "endpoint": endpoint, "eccn": "EAR99", "status": "available",
            "by": "sample", "at": now.to_string(),
            "why": format!("A real model in the local stack. The gate enforces {embargo}, which names it."),
        }));
    }
    if !exists(client, tables, "embargo", &embargo).await? {
        wanted.push(json!({
            "kind": "embargo", "id": embargo, "models": [name], "applies_to": {"foreign_persons": true},
            "effect": "licence_required", "authority": "OPERATOR",
            "citation": format!("Sample operator policy on {name}"), "disclose": true,
            "by": "sample", "at": now.to_string(),
            "why": "Shows the refusal of a foreign person in the local stack.",
        }));
    }
    if !wanted.is_empty() {
        let writer = RegisterWriter::new(client.clone(), tables.register.clone());
        writer.put(items(wanted)).await.map_err(LoadError::Register)?;
    }
    Ok(())
}

fn version(model: &ModelName) -> &str {
    model.as_str().split_once('@').map_or("", |(_, version)| version)
}

/// The ids of all of a model's versions.
async fn versions(client: &Client, tables: &Tables, name: &str) -> Result<Vec<String>, LoadError> {
    let query = client
        .query()
        .table_name(&tables.register)
        .consistent_read(true)
        .key_condition_expression("kind = :kind AND begins_with(id, :name)")
        .expression_attribute_values(":kind", AttributeValue::S("model".to_owned()))
        .expression_attribute_values(":name", AttributeValue::S(format!("{name}@")));
    let answer = query.send().await.map_err(|fault| LoadError::Models(fault.into_service_error().into()))?;
    let id = |item: &Item| item.get("id").and_then(|id| id.as_s().ok()).cloned();
    Ok(answer.items().iter().filter_map(id).collect())
}

async fn has_head(client: &Client, tables: &Tables) -> Result<bool, LoadError> {
    exists(client, tables, &Head::kind(0), Head::ID).await
}

async fn exists(client: &Client, tables: &Tables, kind: &str, id: &str) -> Result<bool, LoadError> {
    let read = client
        .get_item()
        .table_name(&tables.register)
        .key("kind", AttributeValue::S(kind.to_owned()))
        .key("id", AttributeValue::S(id.to_owned()))
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
        Some(_) => Err(LoadError::Callers("the engine did not process some of them".into())),
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
    use export_gate::record::{Embargo, Model, read};

    use super::*;
    use crate::dynamodb::DynamoDb;
    use crate::tables::client;

    #[tokio::test]
    async fn samples_are_loaded_once() {
        let engine = DynamoDb::memory().await.unwrap();
        let (client, tables) = (client(engine.url()), Tables::default());
        tables.create(&client).await.unwrap();
        assert!(load(&client, &tables).await.unwrap());

        // A manual change, which the next start must keep.
        let delete = client.delete_item().table_name(&tables.callers);
        delete.key("id", AttributeValue::S("client#sample-us-app".to_owned())).send().await.unwrap();
        assert!(!load(&client, &tables).await.unwrap());
        let left = client.scan().table_name(&tables.callers).send().await.unwrap();
        assert_eq!(usize::try_from(left.count()).unwrap(), callers().len() - 1);
    }

    #[tokio::test]
    async fn missing_tables_are_an_error() {
        let engine = DynamoDb::memory().await.unwrap();
        let outcome = load(&client(engine.url()), &Tables::default()).await;
        assert!(matches!(outcome, Err(LoadError::Head(_))), "{outcome:?}");
    }

    #[tokio::test]
    async fn a_model_is_added_once_and_existing_records_stay() {
        let engine = DynamoDb::memory().await.unwrap();
        let (client, tables) = (client(engine.url()), Tables::default());
        tables.create(&client).await.unwrap();
        load(&client, &tables).await.unwrap();
        let now: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
        for (model, endpoint) in [("minilm@1", "minilm-1"), ("minilm@1", "another"), ("minilm@2", "minilm-2")] {
            let model = ModelName::parse(model).unwrap();
            add_model(&client, &tables, &model, endpoint, now).await.unwrap();
        }
        let record = async |kind: &str, id: &str| {
            let get = client.get_item().table_name(&tables.register);
            let get = get.key("kind", AttributeValue::S(kind.into())).key("id", AttributeValue::S(id.into()));
            get.send().await.unwrap().item.unwrap()
        };
        let [one, two] = [record("model", "minilm@1").await, record("model", "minilm@2").await];
        let (one, two) = (read::<Model>(&one).unwrap(), read::<Model>(&two).unwrap());
        assert_eq!((&*one.body.endpoint, one.body.default), ("minilm-1", true));
        assert_eq!((&*two.body.endpoint, two.body.default), ("minilm-2", false));
        assert_eq!(two.meta.revision, one.meta.revision + 1, "the second call writes nothing");
        let embargo = read::<Embargo>(&record("embargo", "operator-policy-minilm").await).unwrap();
        assert_eq!(embargo.meta.revision, one.meta.revision);
    }
}
