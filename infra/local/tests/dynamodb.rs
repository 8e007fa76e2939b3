//! The four tables on the embedded engine in memory and in a file, and on Amazon's DynamoDB Local.

use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use export_gate_local::Error;
use export_gate_local::dynamodb::{DynamoDb, DynamoDbLocal};
use export_gate_local::tables::{Tables, client};

#[tokio::test]
async fn the_embedded_engine_supports_the_tables() {
    let engine = DynamoDb::memory().await.unwrap();
    check(engine.url()).await;
}

#[tokio::test]
#[ignore = "needs Amazon's DynamoDB Local, whose folder DYNAMODB_LOCAL names"]
async fn dynamodb_local_supports_the_tables() {
    let folder = std::env::var_os("DYNAMODB_LOCAL").unwrap();
    let started = DynamoDbLocal::start(Path::new(&folder), Duration::from_secs(60)).await;
    let engine = started.unwrap_or_else(|fault| panic!("{fault}"));
    check(engine.url()).await;
}

#[tokio::test]
async fn a_missing_jar_fails_at_once() {
    let (jarless, minute) = (env!("CARGO_TARGET_TMPDIR"), Duration::from_secs(60));
    for folder in [jarless, "/nonexistent"] {
        let fault = DynamoDbLocal::start(Path::new(folder), minute).await.err().unwrap();
        assert!(matches!(fault, Error::Ended { .. } | Error::Start { .. }), "{fault}");
    }
}

#[tokio::test]
async fn a_file_survives_a_restart() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("restart-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("dynamodb.sqlite");

    let engine = DynamoDb::file(0, &file).await.unwrap();
    let tables = Tables::default();
    let first = client(engine.url());
    tables.create(&first).await.unwrap();
    put(&first, &tables).await;
    let port = engine.url().rsplit(':').next().unwrap().parse().unwrap();
    let taken = DynamoDb::file(port, &file).await.err().unwrap();
    assert!(matches!(taken, Error::Listen { .. }), "{taken}");
    engine.stop().await;

    let engine = DynamoDb::file(port, &file).await.unwrap();
    let second = client(engine.url());
    tables.create(&second).await.unwrap();
    assert_eq!(newer_than(&second, &tables, 0).await, 1);
    engine.stop().await;
    std::fs::remove_dir_all(folder).unwrap();
}

async fn check(url: &str) {
    let client = client(url);
    let (one, two) = (Tables::with_prefix("one-"), Tables::with_prefix("two-"));
    one.create(&client).await.unwrap();
    two.create(&client).await.unwrap();
    put(&client, &one).await;
    one.create(&client).await.unwrap();
    assert_eq!(newer_than(&client, &one, 6).await, 1, "a second creation keeps the records");
    assert_eq!(newer_than(&client, &one, 7).await, 0);
    assert_eq!(newer_than(&client, &two, 0).await, 0, "prefixes separate tables");
    for table in [&one.callers, &one.usage, &one.ledger] {
        client.scan().table_name(table).send().await.unwrap();
    }
}

async fn put(client: &Client, tables: &Tables) {
    let put = client.put_item().table_name(&tables.register);
    put.item("kind", S("model".into()))
        .item("id", S("fable-5@1".into()))
        .item("revision", N("7".into()))
        .send()
        .await
        .unwrap();
}

async fn newer_than(client: &Client, tables: &Tables, revision: u64) -> i32 {
    let query = client
        .query()
        .table_name(&tables.register)
        .index_name("by-revision")
        .consistent_read(true)
        .key_condition_expression("kind = :kind AND revision > :revision")
        .expression_attribute_values(":kind", S("model".into()))
        .expression_attribute_values(":revision", N(revision.to_string()))
        .send()
        .await
        .unwrap();
    query.count()
}
