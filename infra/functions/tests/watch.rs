//! `register-watch` on a real stream: manual changes get a revision, and all other changes are left alone.

use std::path::Path;
use std::time::Duration;

use export_gate::aws::calls::REGISTER_WATCH;
use export_gate::record::{Head, Item};
use export_gate::register::RegisterStore;
use export_gate::register::history::{Key, wrote};
use export_gate_functions::watch::Watch;
use export_gate_local::function::Function;
use export_gate_local::stream::Stream;
use export_gate_local::tables;
use serde_json::{Value, json};

use crate::world::{self, World, event, item};

/// An upper bound of the batches that a test can cause.
const MOST_BATCHES: usize = 12;

fn stop(id: &str, model: &str) -> Value {
    json!({"kind": "embargo", "id": id, "models": [model], "applies_to": {"everyone": true},
           "effect": "prohibited", "authority": "OPERATOR", "citation": "Sample stop"})
}

fn with(mut record: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        let record = record.as_object_mut().unwrap();
        if value.is_null() {
            record.remove(name);
        } else {
            record.insert(name.clone(), value.clone());
        }
    }
    record
}

fn key(kind: &str, id: &str) -> Item {
    item(&json!({"kind": kind, "id": id}))
}

/// A register with a watch over it.
struct Watched {
    world: World,
    watch: Watch,
    stream: Stream,
}

impl Watched {
    /// A register with the embargoes `a` and `b`, written and processed at revision 1.
    async fn new() -> Self {
        let world = World::new().await;
        let dynamodb = tables::client(&world.relay.url());
        let watch = Watch::new(&dynamodb, world.tables.register.clone(), world.alarms());
        let stream = world.stream(&world.tables.register).await;
        let mut watched = Self { world, watch, stream };
        assert_eq!(watched.write(vec![stop("a", "x"), stop("b", "x")]).await, 1);
        watched.watch().await;
        assert_eq!(watched.revision().await, 1);
        watched
    }

    async fn write(&self, records: Vec<Value>) -> u64 {
        self.world.writer.put(records.iter().map(item).collect()).await.unwrap()
    }

    async fn put_manually(&self, record: &Value) {
        self.world.put_manually(&self.world.tables.register, record).await;
    }

    async fn delete(&self, kind: &str, id: &str) {
        self.world.delete_manually(&self.world.tables.register, key(kind, id)).await;
    }

    async fn at(&self, kind: &str, id: &str) -> Option<Value> {
        self.world.at(kind, id).await
    }

    /// Processes the stream's changes, including the watch's own, until none is left; then checks the register.
    async fn watch(&mut self) {
        for _ in 0..MOST_BATCHES {
            let batch = self.stream.event().await;
            if batch["Records"].as_array().unwrap().is_empty() {
                return self.assert_consistent().await;
            }
            let answer = serde_json::to_value(self.watch.handle(event(batch)).await).unwrap();
            assert_eq!(answer, json!({"batchItemFailures": []}));
        }
        panic!("the watch does not settle");
    }

    async fn revision(&self) -> u64 {
        self.at("head#0", "head").await.unwrap()["revision"].as_u64().unwrap()
    }

    /// Asserts that eight heads agree, a cold gate can read the register, and each record is in its revision's change.
    async fn assert_consistent(&self) {
        self.world.calls(&REGISTER_WATCH);
        let all = self.world.register().await;
        let heads: Vec<Value> = all
            .iter()
            .filter(|((kind, _), _)| kind.starts_with("head#"))
            .map(|(_, head)| with(head.clone(), &json!({"kind": null})))
            .collect();
        assert_eq!(heads.len(), 8);
        assert!(heads.iter().all(|head| *head == heads[0]), "{heads:?}");
        let store = RegisterStore::new(self.world.dynamodb.clone(), self.world.tables.register.clone());
        store.newest(jiff::Timestamp::now()).await.unwrap();
        for ((kind, id), record) in &all {
            if kind.contains('#') {
                assert!(record.get("revision").is_none() || kind.starts_with("head#"), "{kind}/{id} is in the index");
                continue;
            }
            let change = format!("{:012}", record["revision"].as_u64().unwrap());
            let change = item(&all[&("history#change".to_owned(), change)]);
            let key = Key { kind: kind.clone(), id: id.clone() };
            assert!(wrote(&change, &key, &item(record)), "{key} has a revision that did not write it: {record}");
        }
    }
}

#[tokio::test]
async fn changes_by_writers_are_left_alone() {
    let mut watched = Watched::new().await;
    let chunk = json!({"kind": "chunk#sdn@1#0001", "id": "0001", "entries": "…"});
    watched.put_manually(&chunk).await;
    watched.write(vec![stop("a", "y"), json!({"kind": "group", "id": "E:1", "countries": ["IR"]})]).await;
    watched.write(vec![with(stop("a", "y"), &json!({"withdrawn": true}))]).await;
    let before = watched.world.register().await;
    watched.watch().await;
    assert_eq!(watched.world.register().await, before);
    assert_eq!(watched.world.alarmed(), Vec::<String>::new());
}

#[tokio::test]
async fn a_manual_edit_gets_a_revision_history_and_new_heads() {
    // DynamoDB itself rejects a text, since the index has numbers.
    let revisions = [json!(1), json!(null), json!(0), json!(2), json!(99), json!(-1), json!(1.5)];
    for revision in revisions {
        let mut watched = Watched::new().await;
        let before = watched.at("embargo", "a").await.unwrap();
        watched.put_manually(&with(stop("a", "edited"), &json!({"revision": revision}))).await;
        watched.watch().await;
        let after = watched.at("embargo", "a").await.unwrap();
        assert_eq!((&after["models"], &after["revision"]), (&json!(["edited"]), &json!(2)), "{revision}");
        assert_eq!(watched.revision().await, 2, "{revision}");
        let kept = with(before, &json!({"revision": null, "was": 1, "kind": "history#embargo", "id": "a@1"}));
        assert_eq!(watched.at("history#embargo", "a@1").await, Some(kept), "{revision}");
    }
}

#[tokio::test]
async fn a_manually_added_record_gets_a_revision() {
    // The console's "duplicate item" copies the revision of the record that it copies.
    for revision in [json!(null), json!(1), json!(7)] {
        let mut watched = Watched::new().await;
        watched.put_manually(&with(stop("new", "y"), &json!({"revision": revision}))).await;
        watched.watch().await;
        assert_eq!(watched.at("embargo", "new").await, Some(with(stop("new", "y"), &json!({"revision": 2}))));
        assert_eq!(watched.revision().await, 2, "{revision}");
    }
}

#[tokio::test]
async fn a_manually_deleted_record_is_restored_unchanged() {
    for withdrawn in [json!(true), json!(null)] {
        let mut watched = Watched::new().await;
        watched.write(vec![with(stop("a", "x"), &json!({"withdrawn": withdrawn}))]).await;
        watched.watch().await;
        let before = watched.at("embargo", "a").await.unwrap();
        watched.delete("embargo", "a").await;
        watched.watch().await;
        // A gate that read the register in between has it without the record, and reads it by the new revision.
        assert_eq!(watched.at("embargo", "a").await, Some(with(before, &json!({"revision": 3}))));
        assert!(watched.at("history#embargo", "a@2").await.is_some());
    }
}

#[tokio::test]
async fn a_record_deleted_and_added_again_gets_a_revision() {
    for model in ["x", "other"] {
        let mut watched = Watched::new().await;
        watched.delete("embargo", "a").await;
        watched.put_manually(&with(stop("a", model), &json!({"revision": 1}))).await;
        watched.watch().await;
        assert_eq!(watched.at("embargo", "a").await, Some(with(stop("a", model), &json!({"revision": 2}))), "{model}");
        assert_eq!(watched.at("history#embargo", "a@1").await.unwrap()["models"], json!(["x"]));
    }
}

#[tokio::test]
async fn an_earlier_version_written_back_gets_a_revision() {
    let mut watched = Watched::new().await;
    let first = watched.at("embargo", "a").await.unwrap();
    watched.write(vec![stop("a", "y")]).await;
    watched.watch().await;
    watched.put_manually(&first).await;
    watched.watch().await;
    assert_eq!(watched.at("embargo", "a").await, Some(with(first, &json!({"revision": 3}))));
    assert_eq!(watched.revision().await, 3);
}

#[tokio::test]
async fn successive_edits_keep_every_version() {
    let mut watched = Watched::new().await;
    watched.put_manually(&with(stop("a", "first"), &json!({"revision": 1}))).await;
    watched.put_manually(&with(stop("a", "second"), &json!({"revision": 1}))).await;
    watched.write(vec![stop("a", "written")]).await;
    watched.put_manually(&with(stop("a", "third"), &json!({"revision": 2}))).await;
    watched.watch().await;
    assert_eq!(watched.at("embargo", "a").await.unwrap()["models"], json!(["third"]));
    let all = watched.world.register().await;
    let kept = all.iter().filter(|((kind, _), _)| kind == "history#embargo");
    let mut models: Vec<_> = kept.map(|(_, kept)| kept["models"][0].as_str().unwrap().to_owned()).collect();
    models.sort();
    assert_eq!(models, ["first", "second", "written", "x"]);
}

#[tokio::test]
async fn history_is_append_only() {
    let mut watched = Watched::new().await;
    watched.write(vec![stop("a", "y")]).await;
    watched.watch().await;
    let kept = watched.at("history#embargo", "a@1").await.unwrap();
    watched.delete("history#embargo", "a@1").await;
    watched.watch().await;
    assert_eq!(watched.at("history#embargo", "a@1").await.as_ref(), Some(&kept));
    assert!(watched.world.alarmed().is_empty());
    watched.put_manually(&with(kept, &json!({"models": ["z"]}))).await;
    watched.watch().await;
    assert_eq!(watched.world.alarmed(), ["export-gate: the register's history was changed: history#embargo/a@1"]);
}

#[tokio::test]
async fn manually_edited_heads_are_repaired_under_a_new_revision() {
    let few: &[u8] = &[0, 5];
    let all: &[u8] = &[0, 1, 2, 3, 4, 5, 6, 7];
    let group = json!({"kinds": {"group": {"revision": 1, "records": 1}}});
    let raised = json!({"revision": 9, "kinds": {"embargo": {"revision": 9, "records": 2}}});
    let table: [(&str, Option<Value>); 8] = [
        ("deleted", None),
        ("another revision", Some(json!({"revision": 9}))),
        ("the next revision", Some(json!({"revision": 2}))),
        ("no revision", Some(json!({"revision": null}))),
        ("no kinds", Some(json!({"kinds": null}))),
        ("empty kinds", Some(json!({"kinds": {}}))),
        ("other kinds", Some(group)),
        ("another revision in the kinds too", Some(raised)),
    ];
    for (case, change) in table {
        for numbers in [few, all] {
            let mut watched = Watched::new().await;
            for number in numbers {
                let head = Head::kind(*number);
                match &change {
                    None => watched.delete(&head, "head").await,
                    Some(change) => watched.put_manually(&with(watched.at(&head, "head").await.unwrap(), change)).await,
                }
            }
            watched.watch().await;
            assert_eq!(watched.revision().await, 2, "{case}");
            let kept = watched.at("history#embargo", "b@1").await.unwrap();
            assert_eq!(kept["models"], json!(["x"]), "{case}");
            assert_eq!(watched.write(vec![stop("d", "x")]).await, 3, "{case}");
            watched.watch().await;
        }
    }
}

#[tokio::test]
async fn writers_continue_with_a_few_bad_heads() {
    for change in [None, Some(json!({"revision": 9})), Some(json!({"kinds": null}))] {
        let mut watched = Watched::new().await;
        for head in ["head#0", "head#5"] {
            match &change {
                None => watched.delete(head, "head").await,
                Some(change) => watched.put_manually(&with(watched.at(head, "head").await.unwrap(), change)).await,
            }
        }
        assert_eq!(watched.write(vec![stop("c", "x")]).await, 2, "{change:?}");
        watched.watch().await;
        assert_eq!(watched.revision().await, 2, "{change:?}: the writer repaired them already");
    }
}

#[tokio::test]
async fn a_record_edited_beside_bad_heads_gets_its_revision() {
    let lowered = json!({"revision": 1, "kinds": {"embargo": {"revision": 1, "records": 2}}});
    for change in [json!({"revision": 9}), lowered] {
        let mut watched = Watched::new().await;
        watched.write(vec![json!({"kind": "group", "id": "E:1", "countries": ["IR"]})]).await;
        watched.watch().await;
        watched.put_manually(&with(stop("a", "edited"), &json!({"revision": 1}))).await;
        for number in 0..8 {
            let head = watched.at(&Head::kind(number), "head").await.unwrap();
            watched.put_manually(&with(head, &change)).await;
        }
        watched.watch().await;
        assert_eq!(watched.at("embargo", "a").await.unwrap()["models"], json!(["edited"]), "{change}");
        assert_eq!(watched.at("group", "E:1").await.unwrap()["countries"], json!(["IR"]), "{change}");
    }
}

#[tokio::test]
async fn an_unreadable_record_is_reported_once_per_failure() {
    let mut watched = Watched::new().await;
    let broken = with(stop("a", "x"), &json!({"effect": "forbidden"}));
    watched.put_manually(&broken).await;
    watched.watch().await;
    assert_eq!(watched.at("embargo", "a").await.unwrap()["revision"], 2, "it gets a revision too");
    let messages = watched.world.s3_and_sns.messages().all();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!(
        (messages[0].topic.as_str(), messages[0].subject.as_str()),
        (world::TOPIC, "export-gate: embargo/a is unreadable")
    );
    let text = &messages[0].text;
    assert!(text.contains("effect: expected one of `prohibited`") && !text.contains("forbidden"), "{text}");

    watched.write(vec![stop("b", "y")]).await;
    watched.watch().await;
    assert_eq!(watched.world.alarmed().len(), 1, "reported already");
    watched.put_manually(&stop("a", "x")).await;
    watched.watch().await;
    watched.put_manually(&broken).await;
    watched.watch().await;
    assert_eq!(watched.world.alarmed().len(), 2);
    // Withdrawing the record resolves the alarm.
    watched.put_manually(&with(broken.clone(), &json!({"withdrawn": true}))).await;
    watched.watch().await;
    assert_eq!(watched.world.alarmed().len(), 2);
    watched.put_manually(&broken).await;
    watched.watch().await;
    assert_eq!(watched.world.alarmed().len(), 3, "it was resolved in between");
    let calls = watched.world.calls(&REGISTER_WATCH);
    assert_eq!(calls.len(), REGISTER_WATCH.len(), "its role allows a call that it does not make: {calls:?}");
}

#[tokio::test]
async fn a_mistyped_kind_is_reported_and_can_be_withdrawn() {
    let mut watched = Watched::new().await;
    let mistyped = with(stop("a", "x"), &json!({"kind": "embargos"}));
    watched.put_manually(&mistyped).await;
    watched.watch().await;
    assert_eq!(watched.world.alarmed(), ["export-gate: embargos/a is unreadable"]);
    watched.put_manually(&with(mistyped, &json!({"withdrawn": true}))).await;
    watched.watch().await;
    watched.put_manually(&stop("b", "y")).await;
    watched.watch().await;
    assert_eq!(watched.world.alarmed().len(), 1);
}

#[tokio::test]
async fn a_record_without_a_json_form_settles() {
    use aws_sdk_dynamodb::primitives::Blob;
    use aws_sdk_dynamodb::types::AttributeValue::{B, Bs, Ns, Ss};
    let [a, b] = ["a", "b"].map(Blob::new);
    let odd = [B(a.clone()), Bs(vec![b, a]), Ss(vec!["b".into(), "a".into()]), Ns(vec!["2".into(), "1".into()])];
    for why in odd {
        let mut watched = Watched::new().await;
        let mut record = item(&stop("a", "x"));
        record.insert("why".into(), why);
        let put = watched.world.dynamodb.put_item().table_name(&watched.world.tables.register);
        put.set_item(Some(record.clone())).send().await.unwrap();
        // Without `Watched::watch`, which needs records as JSON.
        for _ in 0..MOST_BATCHES {
            let batch = event(watched.stream.event().await);
            assert!(watched.watch.handle(batch).await.batch_item_failures.is_empty());
        }
        let head = Key { kind: Head::kind(0), id: Head::ID.into() };
        let head = Head::read(watched.world.writer.get(&head).await.unwrap().unwrap()).unwrap();
        assert_eq!(head.revision, 2, "{record:?}");
    }
}

#[tokio::test]
async fn a_repeated_stream_changes_nothing() {
    let mut watched = Watched::new().await;
    watched.put_manually(&stop("a", "edited")).await;
    watched.put_manually(&stop("new", "x")).await;
    watched.delete("embargo", "b").await;
    watched.watch().await;
    let before = watched.world.register().await;
    watched.stream = watched.world.stream(&watched.world.tables.register).await;
    watched.watch().await;
    assert_eq!(watched.world.register().await, before);
}

#[tokio::test]
async fn a_batch_is_retried_from_its_first_failure() {
    let mut watched = Watched::new().await;
    watched.put_manually(&with(stop("a", "x"), &json!({"effect": "forbidden"}))).await;
    watched.world.s3_and_sns.deny(20);
    let batch = watched.stream.event().await;
    let first = batch["Records"][0]["dynamodb"]["SequenceNumber"].clone();
    let answer = serde_json::to_value(watched.watch.handle(event(batch.clone())).await).unwrap();
    assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": first}]}), "the alarm was not sent");
    watched.world.s3_and_sns.deny(0);
    let answer = serde_json::to_value(watched.watch.handle(event(batch)).await).unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
    assert_eq!(watched.world.alarmed().len(), 1);
}

/// A record that fits into the table but not into the index.
fn too_large() -> Value {
    let networks: Vec<String> = (0..20_000).map(|n| format!("10.{}.{}.0/24", n / 256, n % 256)).collect();
    with(stop("large", "x"), &json!({"applies_to": {"networks": networks}}))
}

#[tokio::test]
async fn a_change_that_no_retry_can_process_is_reported_by_id_and_the_stream_goes_on() {
    let long_id = "i".repeat(1022);
    let cases = [("embargo/large", too_large()), (&format!("embargo/{long_id}"), stop(&long_id, "x"))];
    for (key, record) in cases {
        let mut watched = Watched::new().await;
        watched.put_manually(&record).await;
        watched.put_manually(&stop("after", "x")).await;
        let batch = event(watched.stream.event().await);
        assert!(watched.watch.handle(batch).await.batch_item_failures.is_empty(), "the shard goes on");
        assert_eq!(watched.at("embargo", "after").await.unwrap()["revision"], json!(2));
        let reported = watched.world.s3_and_sns.messages().all().remove(0);
        assert!(
            reported.subject.starts_with(&format!("export-gate: {key}")[..100.min(13 + key.len())]),
            "{reported:?}"
        );
        assert!(reported.text.contains(key) && reported.text.contains("bytes"), "{}", reported.text);
        assert!(!reported.text.contains("10.0.1.0"), "no value of the record is reported");
    }
}

#[tokio::test]
async fn a_version_that_an_unstorable_edit_replaced_stays_in_the_history() {
    let mut watched = Watched::new().await;
    watched.put_manually(&with(too_large(), &json!({"id": "a"}))).await;
    let batch = event(watched.stream.event().await);
    assert!(watched.watch.handle(batch).await.batch_item_failures.is_empty());
    assert_eq!(watched.at("history#embargo", "a@1").await.unwrap()["models"], json!(["x"]));
}

#[tokio::test]
async fn a_parked_change_whose_report_fails_is_retried() {
    let mut watched = Watched::new().await;
    watched.put_manually(&too_large()).await;
    let batch = watched.stream.event().await;
    watched.world.s3_and_sns.deny(20);
    assert_eq!(watched.watch.handle(event(batch.clone())).await.batch_item_failures.len(), 1);
    watched.world.s3_and_sns.deny(0);
    assert!(watched.watch.handle(event(batch)).await.batch_item_failures.is_empty());
    assert_eq!(watched.world.alarmed(), ["export-gate: embargo/large cannot be processed"]);
}

#[tokio::test]
async fn a_change_without_its_image_is_reported_and_the_others_are_processed() {
    let mut watched = Watched::new().await;
    watched.put_manually(&stop("lost", "x")).await;
    watched.put_manually(&stop("after", "x")).await;
    let mut batch = watched.stream.event().await;
    batch["Records"][0]["dynamodb"].as_object_mut().unwrap().remove("NewImage");
    assert!(watched.watch.handle(event(batch)).await.batch_item_failures.is_empty());
    assert_eq!(watched.at("embargo", "after").await.unwrap()["revision"], json!(2));
    assert_eq!(watched.world.alarmed(), ["export-gate: embargo/lost cannot be processed"]);
}

#[tokio::test]
async fn unreadable_records_share_one_message() {
    let mut watched = Watched::new().await;
    for number in 0..60 {
        let broken = with(stop(&format!("broken-{number:02}"), "x"), &json!({"effect": "forbidden"}));
        watched.put_manually(&broken).await;
    }
    watched.watch().await;
    let reported = watched.world.s3_and_sns.messages().all();
    assert_eq!(reported.len(), 1, "{:?}", watched.world.alarmed());
    assert_eq!(reported[0].subject, "export-gate: 60 records are unreadable: embargo/broken-00, …".replace('…', "?"));
    assert!(reported[0].text.contains("`embargo/broken-49`") && reported[0].text.contains("and 10 more"));
}

#[tokio::test]
async fn a_message_over_the_sns_limit_is_truncated() {
    let world = World::new().await;
    world.alarms().send("long", &"é".repeat(200_000)).await.unwrap();
    assert_eq!(world.s3_and_sns.messages().all()[0].text.len(), 262_144);
}

#[tokio::test]
async fn an_alarm_refused_as_invalid_is_not_retried() {
    let world = World::new().await;
    world.alarms().send("empty", "").await.unwrap();
    assert!(world.s3_and_sns.messages().all().is_empty());
    world.s3_and_sns.deny(u32::MAX);
    world.alarms().send("denied", "as by a policy").await.unwrap_err();
}

/// Pseudo-random sequences of edits and writes.
#[tokio::test]
async fn any_sequence_of_edits_settles_consistently() {
    for seed in 0..12_u64 {
        let mut watched = Watched::new().await;
        let mut state = seed;
        for step in 0..10_u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step + 1);
            let drawn = state >> 33;
            let id = ["a", "b", "c"][usize::try_from(drawn % 3).unwrap()];
            let record = stop(id, &format!("m{step}"));
            match drawn / 3 % 6 {
                0 | 1 => drop(watched.write(vec![record]).await),
                2 => watched.put_manually(&record).await,
                3 => watched.put_manually(&with(record, &json!({"revision": drawn / 32 % 6}))).await,
                4 => watched.delete("embargo", id).await,
                _ => watched.watch().await,
            }
        }
        watched.watch().await;
    }
}

/// The deployment's rehearsal runs this on the tables that it created.
#[tokio::test]
async fn the_binary_works_behind_the_runtime_api() {
    let binary = Path::new(env!("CARGO_BIN_EXE_register-watch"));
    let patience = Duration::from_secs(20);
    let unset = Function::spawn(binary, &[]).await.unwrap();
    assert!(!unset.exit_status(patience).await.unwrap().success());
    let log = unset.stdout().all().join("\n");
    assert!(log.contains("REGISTER_TABLE, ALARM_TOPIC_ARN"), "{log}");

    let world = World::new().await;
    let written = world.writer.put(vec![item(&stop("manual", "x"))]).await.unwrap();
    let edited = with(stop("manual", "x"), &json!({"effect": "forbidden", "revision": written}));
    world.put_manually(&world.tables.register, &edited).await;
    let function = Function::spawn(binary, &world.environment()).await.unwrap();
    // The stream from its beginning, with the writer's own changes.
    let batch = world.stream(&world.tables.register).await.event().await;
    let answer = function.invoke(batch, patience).await.unwrap();
    assert_eq!(answer, json!({"batchItemFailures": []}));
    let settled = with(edited, &json!({"revision": written + 1}));
    assert_eq!(world.at("embargo", "manual").await, Some(settled));
    assert_eq!(world.alarmed(), ["export-gate: embargo/manual is unreadable"]);
    function.stdout().wait(patience, |lines| lines.iter().any(|line| line.contains(r#""RegisterRepairs":1"#))).await;
    world.calls(&REGISTER_WATCH);
}
