//! `ledger-archive` on a real stream: entries are archived, and tampering is reported.

use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::aws::calls::LEDGER_ARCHIVE;
use export_gate::digest::digest;
use export_gate::ledger::has_valid_hash;
use export_gate_functions::archive::Archive;
use export_gate_local::function::Function;
use export_gate_local::stream::Stream;
use serde_json::{Value, json};

use crate::world::{self, World, event};

/// A ledger with an archive behind its stream.
struct Archived {
    world: World,
    archive: Archive,
    stream: Stream,
}

/// An entry with the members that the archive reads.
fn entry(seq: u64) -> Value {
    let mut entry = json!({"chain": "c0ffee", "seq": seq, "decision_id": format!("c0ffee-{seq}"), "status": 200,
                           "at": "2026-06-12T21:21:00.000Z", "outcome": "permit"});
    entry["hash"] = json!(digest(&entry));
    entry
}

impl Archived {
    async fn new() -> Self {
        let world = World::new().await;
        let archive = Archive::new(&s3(&world), "archive".into(), world.alarms());
        let stream = world.stream(&world.tables.ledger).await;
        Self { world, archive, stream }
    }

    async fn put(&self, entry: &Value) {
        self.world.put_manually(&self.world.tables.ledger, entry).await;
    }

    /// Processes the stream's changes and returns the items to retry.
    async fn run(&mut self) -> Value {
        let batch = event(self.stream.event().await);
        let answer = self.archive.handle(batch).await;
        self.world.calls(&LEDGER_ARCHIVE);
        serde_json::to_value(answer).unwrap()["batchItemFailures"].take()
    }

    /// The bodies of the objects under a path.
    fn objects(&self, path: &str) -> Vec<String> {
        let objects = self.world.s3_and_sns.objects().all().into_iter().filter(|object| object.path.starts_with(path));
        objects.map(|object| String::from_utf8(object.body.to_vec()).unwrap()).collect()
    }
}

fn s3(world: &World) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&world.aws()).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(config)
}

#[tokio::test]
async fn entries_are_archived_with_their_checksum() {
    let mut archived = Archived::new().await;
    for seq in 1..=3 {
        archived.put(&entry(seq)).await;
    }
    assert_eq!(archived.run().await, json!([]));
    let objects = archived.world.s3_and_sns.objects().all();
    assert_eq!(objects.len(), 1);
    assert!(objects[0].path.starts_with("/archive/ledger/2026/06/12/"), "{}", objects[0].path);
    assert!(objects[0].headers.contains_key("x-amz-checksum-sha256"), "{:?}", objects[0].headers);
    let lines = archived.objects("/archive/ledger/").remove(0);
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, [entry(1), entry(2), entry(3)]);
    assert!(lines.iter().all(has_valid_hash));
    // The gate may write an entry again unchanged. DynamoDB streams do not report that.
    archived.put(&entry(1)).await;
    assert_eq!(archived.run().await, json!([]));
    assert!(archived.world.alarmed().is_empty());
}

#[tokio::test]
async fn tampering_with_an_entry_is_archived_and_reported() {
    let mut archived = Archived::new().await;
    let mut forged = entry(2);
    forged["status"] = json!(451);
    archived.put(&entry(1)).await;
    archived.put(&forged).await;
    archived
        .put(&{
            forged["status"] = json!(200);
            forged.clone()
        })
        .await;
    let key = [("chain", AttributeValue::S("c0ffee".into())), ("seq", AttributeValue::N("1".into()))];
    archived.world.delete_manually(&archived.world.tables.ledger, key.map(|(k, v)| (k.to_owned(), v)).into()).await;
    assert_eq!(archived.run().await, json!([]));
    let mut subjects = archived.world.alarmed();
    subjects.sort();
    assert_eq!(
        subjects,
        [
            "export-gate: ledger entry c0ffee-1 was removed",
            "export-gate: ledger entry c0ffee-2 has a wrong hash",
            "export-gate: ledger entry c0ffee-2 was changed",
        ]
    );
    let evidence: Vec<Value> = archived
        .objects("/archive/tampering/2026/06/12/")
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect();
    let changed = evidence.iter().find(|one| one["what"] == "was changed").unwrap();
    assert_eq!((&changed["was"]["status"], &changed["became"]["status"]), (&json!(451), &json!(200)));
    let removed = evidence.iter().find(|one| one["what"] == "was removed").unwrap();
    assert_eq!((&removed["was"], &removed["became"]), (&entry(1), &Value::Null));
    for message in archived.world.s3_and_sns.messages().all() {
        assert!(!message.text.contains("permit"), "the message names only the entry: {}", message.text);
    }
    assert_eq!(
        archived.world.calls(&LEDGER_ARCHIVE).len(),
        LEDGER_ARCHIVE.len(),
        "its role allows a call that it does not make"
    );
}

#[tokio::test]
async fn an_invalid_entry_is_reported_and_the_others_are_archived() {
    let mut archived = Archived::new().await;
    archived.put(&entry(1)).await;
    let mut odd = world::item(&entry(1));
    odd.insert("status".into(), AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new("x")));
    let put = archived.world.dynamodb.put_item().table_name(&archived.world.tables.ledger);
    put.set_item(Some(odd)).send().await.unwrap();
    archived.put(&entry(2)).await;
    assert_eq!(archived.run().await, json!([]));
    assert_eq!(archived.world.alarmed(), ["export-gate: ledger entry c0ffee-1 was changed"]);
    assert_eq!(archived.objects("/archive/ledger/")[0].lines().count(), 2);
    assert!(archived.objects("/archive/tampering/")[0].contains(r#""status":{"B":"eA=="}"#));
}

#[tokio::test]
async fn entries_are_archived_when_the_alarm_fails() {
    let mut archived = Archived::new().await;
    archived.put(&json!({"chain": "c0ffee", "seq": 1, "at": "2026-06-12T21:21:00.000Z", "hash": "0"})).await;
    archived.put(&entry(2)).await;
    let batch = archived.stream.event().await;
    archived.world.s3_and_sns.deny_after(1);
    let answer = archived.archive.handle(event(batch)).await;
    assert_eq!(answer.batch_item_failures.len(), 1, "the alarm is retried");
    assert_eq!(archived.objects("/archive/ledger/")[0].lines().count(), 2);
}

#[tokio::test]
async fn a_change_without_its_image_is_reported_and_the_others_are_archived() {
    let mut archived = Archived::new().await;
    archived.put(&entry(1)).await;
    archived.put(&entry(2)).await;
    let mut batch = archived.stream.event().await;
    batch["Records"][0]["dynamodb"].as_object_mut().unwrap().remove("NewImage");
    assert!(archived.archive.handle(event(batch)).await.batch_item_failures.is_empty());
    assert_eq!(archived.objects("/archive/ledger/")[0].lines().count(), 1);
    assert_eq!(archived.world.alarmed(), ["export-gate: c0ffee/1 cannot be processed"]);
}

#[tokio::test]
async fn a_failed_batch_is_retried_whole() {
    let mut archived = Archived::new().await;
    archived.put(&entry(1)).await;
    archived.put(&entry(2)).await;
    archived.world.s3_and_sns.deny(1);
    let again = archived.run().await;
    assert_eq!(again.as_array().unwrap().len(), 1);
    archived.stream = archived.world.stream(&archived.world.tables.ledger).await;
    assert_eq!(archived.run().await, json!([]));
    assert_eq!(archived.objects("/archive/ledger/")[0].lines().count(), 2);
}

#[tokio::test]
async fn the_binary_works_behind_the_runtime_api() {
    let mut archived = Archived::new().await;
    archived.put(&entry(1)).await;
    let binary = Path::new(env!("CARGO_BIN_EXE_ledger-archive"));
    let function = Function::spawn(binary, &archived.world.environment()).await.unwrap();
    let answer = function.invoke(archived.stream.event().await, Duration::from_secs(20)).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let paths: Vec<_> = archived.world.s3_and_sns.objects().all().into_iter().map(|object| object.path).collect();
    assert!(paths.len() == 1 && paths[0].contains("ledger/2026/06/12/"), "{paths:?}");
    archived.world.calls(&LEDGER_ARCHIVE);
}
