//! `gatectl model add` against a DynamoDB engine.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::command::{Ran, assert_commands, gatectl, words};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Head, Model, read};
use export_gate::register::{RegisterStore, RegisterWriter, Resolved};
use export_gate::terms::ModelRef;
use export_gate_local::dynamodb::DynamoDb;
use export_gate_local::relay::{Action, Relay, Seen};
use export_gate_local::tables::{self, Tables};
use serde_json::{Value, json};

struct Register {
    engine: DynamoDb,
    client: Client,
    table: String,
}

impl Register {
    async fn with(records: Vec<Value>) -> Self {
        let engine = DynamoDb::memory().await.unwrap();
        let (client, tables) = (tables::client(engine.url()), Tables::default());
        tables.create(&client).await.unwrap();
        let register = Self { engine, client, table: tables.register };
        if !records.is_empty() {
            let items = records.into_iter().map(|record| serde_dynamo::to_item(record).unwrap()).collect();
            RegisterWriter::new(register.client.clone(), register.table.clone()).put(items).await.unwrap();
        }
        register
    }

    /// Adds `model` with what every call needs, and `more`.
    fn add(&self, model: &str, more: &str) -> Ran {
        self.add_at(self.engine.url(), model, more)
    }

    fn add_at(&self, url: &str, model: &str, more: &str) -> Ran {
        gatectl(words(&format!(
            "model add {model} --by officer-1 --why reason --register-table {} --endpoint-url {url} {more}",
            self.table
        )))
    }

    async fn record(&self, id: &str) -> Option<Value> {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let read = self.client.get_item().table_name(&self.table).consistent_read(true);
        let item = read.key("kind", key("model")).key("id", key(id)).send().await.unwrap().item?;
        Some(serde_dynamo::from_item(item).unwrap())
    }

    async fn revision(&self) -> u64 {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        let read = self.client.get_item().table_name(&self.table).consistent_read(true);
        let item = read.key("kind", key(&Head::kind(0))).key("id", key(Head::ID)).send().await.unwrap().item;
        item.map_or(0, |item| Head::read(item).unwrap().revision)
    }
}

fn model(id: &str, default: bool) -> Value {
    let (name, version) = id.split_once('@').unwrap();
    json!({"kind": "model", "id": id, "name": name, "version": version, "default": default,
           "endpoint": format!("e-{name}-{version}"), "eccn": "4E091", "status": "available", "by": "officer-0",
           "at": "2026-05-04T09:00:00.000Z", "why": "Served under letter-1."})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_added_model_is_readable_by_the_gate() {
    let register = Register::with(vec![]).await;
    let ran = register.add("org/fable@2", "--endpoint e-2 --eccn 4E091 --default --yes");
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "Written, revision 1: the gate serves `org/fable@2` from its next request on.\n")
    );
    for shown in ["+ model/org/fable@2", "endpoint  e-2", "eccn  4E091", "by  officer-1", "default  true"] {
        assert!(ran.err.contains(shown), "`{shown}` in {}", ran.err);
    }
    let record = register.record("org/fable@2").await.unwrap();
    assert_eq!(
        (&record["why"], &record["status"], &record["revision"]),
        (&json!("reason"), &json!("available"), &json!(1))
    );
    read::<Model>(&serde_dynamo::to_item(&record).unwrap()).unwrap();
    // The same again changes nothing, whatever its attribution.
    let again = register.add("org/fable@2", "--endpoint e-2 --eccn 4E091 --default --yes --json");
    assert_eq!((again.code, again.json()["changes"].clone(), register.revision().await), (0, json!([]), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_has_one_default_version() {
    let register = Register::with(vec![model("fable@1", true), model("other@1", true)]).await;
    let ran = register.add("fable@2", "--endpoint e-2 --eccn 4E091 --default --yes --json");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(ran.json()["changes"].as_array().unwrap().len(), 2);
    let earlier = register.record("fable@1").await.unwrap();
    assert_eq!(
        (&earlier["default"], &earlier["by"], &earlier["revision"]),
        (&json!(false), &json!("officer-1"), &json!(2))
    );
    assert_eq!(earlier["why"], "Served under letter-1. No longer the default: reason");
    assert_eq!(register.record("other@1").await.unwrap()["default"], true);
    let store = RegisterStore::new(register.client.clone(), register.table.clone());
    let now = jiff::Timestamp::now();
    let read = store.newest(now).await.unwrap();
    let Resolved::Model(found) = read.resolve(&ModelRef::Default("fable".into()), now) else { panic!("no default") };
    assert_eq!(found.meta.id, "fable@2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflicting_or_invalid_model_is_refused() {
    let mut damaged = model("broken@1", true);
    damaged["status"] = json!("sold");
    let mut gone = model("gone@1", false);
    gone["status"] = json!("withdrawn");
    let register = Register::with(vec![model("fable@1", true), damaged, gone]).await;
    let lines = [
        "fable@2 --endpoint e-fable-1 --eccn 4E091 --yes",
        "fable@2 --endpoint e-broken-1 --eccn 4E091 --yes",
        "fable@1 --endpoint e-other --eccn 4E091 --default --yes",
        "fable@1 --endpoint e-fable-1 --eccn EAR99 --default --yes",
        "broken@2 --endpoint e-2 --eccn 4E091 --default --yes",
        "fable@2 --endpoint e-2 --eccn 4E*1 --yes",
        "fable@2 --endpoint e-2 --yes",
        "fable@2 --endpoint e-2 --eccn 4E091 --unclassified --yes",
        "fable@2 --endpoint e-2 --eccn 4E091",
        "fable --endpoint e-2 --eccn 4E091 --yes",
        "fable@2 --eccn 4E091 --yes",
    ];
    assert_commands("model-add-refused", 2, lines, |line| {
        let (name, more) = line.split_once(' ').unwrap();
        register.add(name, more)
    });
    assert_eq!((register.revision().await, register.record("fable@2").await), (1, None));
    // The endpoint of a withdrawn model is free, and `--replace` replaces.
    for line in
        ["fable@2 --endpoint e-gone-1 --unclassified --yes", "fable@1 --endpoint e-3 --eccn EAR99 --replace --yes"]
    {
        let (name, more) = line.split_once(' ').unwrap();
        let ran = register.add(name, more);
        assert_eq!(ran.code, 0, "{line}: {}{}", ran.out, ran.err);
    }
    assert_eq!(register.record("fable@2").await.unwrap().get("eccn"), None);
    assert_eq!(register.record("fable@1").await.unwrap()["endpoint"], "e-3");
}

/// Adds `fable@2` while another writer puts `other@1` just after the head was read for the `nth` time.
async fn beside_another(register: &Register, nth: usize) -> Ran {
    let relay = Relay::start(register.engine.url()).await.unwrap();
    let writer = RegisterWriter::new(register.client.clone(), register.table.clone());
    let reads = AtomicUsize::new(0);
    relay.rule(move |seen: &Seen| {
        let is_head = seen.operation == "BatchGetItem" && seen.body.to_string().contains("head#0");
        if !is_head || reads.fetch_add(1, Ordering::Relaxed) + 1 != nth {
            return Action::Forward;
        }
        let (writer, record) = (writer.clone(), serde_dynamo::to_item(model("other@1", true)).unwrap());
        Action::then(move || async move {
            writer.put(vec![record]).await.unwrap();
        })
    });
    register.add_at(&relay.url(), "fable@2", "--endpoint e-2 --eccn 4E091 --yes")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_conflict_the_change_is_planned_again() {
    // After the snapshot, and after the writer's own read of the head.
    for nth in [1, 2] {
        let register = Register::with(vec![model("fable@1", true)]).await;
        let ran = beside_another(&register, nth).await;
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        assert!(ran.out.contains("revision 3"), "{}", ran.out);
        for id in ["fable@2", "other@1"] {
            assert!(register.record(id).await.is_some(), "{id}");
        }
    }
}

#[test]
fn a_missing_table_exits_with_2() {
    let line = "model add a@1 --endpoint e --eccn EAR99 --by a --why b --yes --register-table t --endpoint-url http://127.0.0.1:9";
    assert_commands("model-add-missing-table", 2, [line], |line| gatectl(words(line)));
}
