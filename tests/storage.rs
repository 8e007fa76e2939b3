//! The register's reader and writer, the ledger's chains and the quotas, against a DynamoDB engine.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::world;
use crate::world::events::invocation;
use crate::world::{Answered, World, ask, at, item};
use export_gate::gate::Gate;
use export_gate::ledger::{Entry, EntryFacts, Kind};
use export_gate::quota::Quotas;
use export_gate::record::{Licence, Record, read};
use export_gate::register::{RegisterWriter, WriteError};
use export_gate::telemetry::log::metrics;
use export_gate_local::relay::{Action, Seen};
use export_gate_local::sagemaker::Behaviour;
use export_gate_local::tables;
use futures_util::future::join_all;
use jiff::ToSpan;
use serde_json::{Value, json};

fn now() -> jiff::Timestamp {
    at("2026-11-22T12:00:00Z")
}

async fn permit(gate: &Gate) -> Answered {
    ask(gate, &invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").0, now()).await
}

fn stop(id: &str, model: &str) -> Value {
    json!({"kind": "embargo", "id": id, "models": [model], "applies_to": {"everyone": true},
           "effect": "prohibited", "authority": "OPERATOR", "citation": "Sample stop"})
}

async fn scan(world: &World, table: &str) -> Vec<Value> {
    let items = world.dynamodb.scan().table_name(table).consistent_read(true).send().await.unwrap();
    items.items().iter().map(|item| serde_dynamo::from_item(item.clone()).unwrap()).collect()
}

/// The kinds that were queried, and the revision behind which.
fn queries(world: &World) -> Vec<(String, String)> {
    let queried = world.relay.seen().all().into_iter().filter(|seen| seen.operation == "Query");
    let value = |seen: &Value, name: &str, kind: &str| {
        seen["ExpressionAttributeValues"][name][kind].as_str().unwrap().to_owned()
    };
    queried.map(|seen| (value(&seen.body, ":kind", "S"), value(&seen.body, ":after", "N"))).collect()
}

#[tokio::test]
async fn an_items_size_is_what_dynamodb_counts() {
    use export_gate::record::limits::{LARGEST_ITEM, size};
    let world = World::empty().await;
    let client = &world.dynamodb;
    let put = |mut item: export_gate::record::Item, bytes: usize| {
        let room = bytes - size(&item) - "pad".len();
        item.insert("pad".into(), aws_sdk_dynamodb::types::AttributeValue::S("x".repeat(room)));
        client.put_item().table_name(&world.tables.callers).set_item(Some(item)).send()
    };
    let values = [
        json!(null),
        json!(true),
        json!("é\u{1f600}"),
        json!([]),
        json!({}),
        json!(0),
        json!(-1),
        json!(12.345),
        json!(-120000),
        json!(0.00012),
        json!(u64::MAX),
        json!([1, "a", [true, {}]]),
        json!({"é": {"b": [null, 1.5]}, "c": "d"}),
    ];
    for value in values {
        let record = item(json!({"id": "client#x", "value": value.clone()}));
        assert!(put(record.clone(), LARGEST_ITEM).await.is_ok(), "{value}");
        assert!(put(record, LARGEST_ITEM + 1).await.is_err(), "{value}");
    }
}

#[tokio::test]
async fn what_dynamodb_cannot_store_is_known_before_it_is_written() {
    use export_gate::record::limits::{fault, size};
    use export_gate::register::limits::{LARGEST_RECORD, LONGEST_ID};
    let nested = |levels: usize| (1..levels).fold(json!(1), |inner, _| json!([inner]));
    let number = |text: &str| {
        export_gate::record::Item::from([("n".into(), aws_sdk_dynamodb::types::AttributeValue::N(text.into()))])
    };
    assert_eq!(fault(&item(json!({"n": nested(32)}))), None);
    assert!(fault(&item(json!({"n": nested(33)}))).unwrap().starts_with("n: nested deeper"));
    for (text, is_stored) in [("1e125", true), ("1e126", false), ("1e-130", true), ("1e-131", false), ("0", true)] {
        assert_eq!(fault(&number(text)).is_none(), is_stored, "{text}");
    }
    let world = World::empty().await;
    let full = |id: &str, bytes: usize| {
        let mut record = stop(id, "x");
        // The revision takes its name and two bytes.
        let room = bytes - size(&item(record.clone())) - "revision".len() - 2 - "why".len();
        record["why"] = "x".repeat(room).into();
        record
    };
    let put = async |records: Vec<Value>| world.writer.put(records.into_iter().map(item).collect()).await;
    assert_eq!(put(vec![full("a", LARGEST_RECORD)]).await.unwrap(), 1);
    let larger = put(vec![full("a", LARGEST_RECORD + 1)]).await.unwrap_err();
    let long_id = put(vec![stop(&"i".repeat(LONGEST_ID + 1), "x")]).await.unwrap_err();
    let together = put((0..21).map(|n| full(&n.to_string(), LARGEST_RECORD)).collect()).await.unwrap_err();
    for (error, says) in
        [(&larger, "204801 bytes"), (&long_id, "id: 1001 bytes"), (&together, "at most 4194304 are allowed")]
    {
        assert!(error.is_permanent() && error.to_string().contains(says), "{error}");
    }
    assert_eq!(put(vec![stop("a", "y")]).await.unwrap(), 2, "nothing of the others was written");
}

#[tokio::test]
async fn a_change_is_one_transaction_of_records_history_and_all_heads() {
    let world = World::empty().await;
    assert_eq!(world.register(vec![stop("a", "x"), stop("b", "x")]).await, 1);
    assert_eq!(
        world.register(vec![stop("a", "y"), json!({"kind": "group", "id": "E:1", "countries": ["IR"]})]).await,
        2
    );
    let items = scan(&world, &world.tables.register).await;
    let heads: Vec<&Value> = items.iter().filter(|item| item["id"] == "head").collect();
    assert_eq!(heads.iter().map(|head| head["kind"].as_str().unwrap()).collect::<BTreeSet<_>>().len(), 8);
    for head in heads {
        assert_eq!(
            (&head["revision"], &head["kinds"]),
            (
                &json!(2),
                &json!({
                    "embargo": {"revision": 2, "records": 1}, "group": {"revision": 2, "records": 1},
                })
            )
        );
    }
    let history: Vec<&Value> = items.iter().filter(|item| item["kind"] == "history#embargo").collect();
    assert_eq!(history.len(), 1);
    assert_eq!(
        (&history[0]["id"], &history[0]["was"], &history[0]["models"]),
        (&json!("a@1"), &json!(1), &json!(["x"]))
    );
    assert!(history[0].get("revision").is_none(), "the index would have it");
}

#[tokio::test]
async fn two_writers_at_once_never_lose_a_change() {
    let world = World::empty().await;
    world.register(vec![stop("first", "x")]).await;
    let puts = (0..8).map(|number| world.writer.put(vec![item(stop(&format!("s{number}"), "x"))]));
    let outcomes = join_all(puts).await;
    let mut revisions: Vec<u64> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok().copied()).collect();
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().err().is_none_or(WriteError::is_conflict)), "{outcomes:?}");
    revisions.sort_unstable();
    assert_eq!(revisions, (2..2 + u64::try_from(revisions.len()).unwrap()).collect::<Vec<_>>(), "each has its own");
    let written = scan(&world, &world.tables.register).await;
    let written = written.iter().filter(|item| item["kind"] == "embargo").count();
    assert_eq!(written, revisions.len() + 1);
}

#[tokio::test]
async fn a_change_holds_only_where_the_register_is_as_it_was_read() {
    let world = World::empty().await;
    let put_at = async |revision: u64| world.writer.put_at(revision, vec![item(stop("b", "x"))]).await;
    assert_eq!(world.register(vec![stop("a", "x")]).await, 1);
    assert!(matches!(put_at(0).await, Err(failure @ WriteError::Moved(1)) if failure.is_conflict()));
    assert_eq!(put_at(1).await.unwrap(), 2);

    // An edit by hand moves no head, and is not put over unseen either: here it comes just after the record was read.
    let (table, dynamodb) = (world.tables.register.clone(), world.dynamodb.clone());
    world.relay.rule(move |seen| {
        if seen.body["Key"]["kind"]["S"] != "embargo" {
            return Action::Forward;
        }
        let by_hand = dynamodb.put_item().table_name(&table).set_item(Some(item(stop("a", "by-hand"))));
        Action::then(async move || drop(by_hand.send().await.unwrap()))
    });
    let beside = RegisterWriter::new(tables::client(&world.relay.url()), world.tables.register.clone());
    let outcome = beside.put(vec![item(stop("a", "y"))]).await;
    assert!(outcome.as_ref().is_err_and(WriteError::is_conflict), "{outcome:?}");
    let records = scan(&world, &world.tables.register).await;
    let a = records.iter().find(|record| record["kind"] == "embargo" && record["id"] == "a").unwrap();
    assert_eq!(a["models"], json!(["by-hand"]));
}

#[tokio::test]
async fn a_change_holds_only_where_nobody_edited_the_record_by_hand() {
    let world = World::empty().await;
    let revision = world.register(vec![stop("stop", "*")]).await;
    let heads = world.writer.heads().await.unwrap();
    let found = item(with_revision(stop("stop", "*"), revision));
    // Neither moves a head: an attribute that differs, and one that was not there.
    for (name, value) in [("citation", json!("Another")), ("withdrawn", json!(true))] {
        let mut edited = with_revision(stop("stop", "*"), revision);
        edited[name] = value;
        let put = world.dynamodb.put_item().table_name(&world.tables.register).set_item(Some(item(edited.clone())));
        put.send().await.unwrap();
        let changes = vec![(Some(found.clone()), item(stop("stop", "fable-5")))];
        let error = world.writer.replace_at(&heads, changes).await.unwrap_err();
        assert!(error.is_conflict(), "{name}: {error}");
        let there = scan(&world, &world.tables.register).await;
        assert!(there.contains(&edited), "{name} was put over: {there:?}");
    }
}

fn with_revision(mut record: Value, revision: u64) -> Value {
    record["revision"] = json!(revision);
    record
}

#[tokio::test]
async fn one_round_trip_before_the_model_and_two_at_first_sight() {
    let world = World::with_samples().await;
    let gate = world.gate();
    gate.warm(now()).await.unwrap();
    let trips = |world: &World| {
        let before = world.relay.operations();
        world.relay.seen().clear();
        before
    };
    trips(&world);
    assert_eq!(permit(&gate).await.status, 200);
    assert_eq!(trips(&world), ["BatchGetItem", "BatchGetItem", "PutItem"]);
    assert_eq!(permit(&gate).await.status, 200);
    let seen = world.relay.seen().all();
    assert_eq!(trips(&world), ["BatchGetItem", "PutItem"]);
    for table in seen[0].body["RequestItems"].as_object().unwrap().values() {
        assert_eq!(table["ConsistentRead"], true);
    }
}

#[tokio::test]
async fn only_what_is_newer_is_read_and_it_counts_on_the_very_next_request() {
    let world = World::with_samples().await;
    let gate = world.gate();
    gate.warm(now()).await.unwrap();
    assert_eq!(permit(&gate).await.status, 200);
    world.relay.seen().clear();
    world.register(vec![stop("stop", "opus-4-8")]).await;
    let refused = permit(&gate).await;
    assert_eq!((refused.status, refused.code()), (451, "embargo.everyone"));
    let mut queried = queries(&world);
    queried.sort();
    let kinds = ["embargo", "group", "licence", "model", "setting"];
    assert_eq!(queried, kinds.map(|kind| (kind.to_owned(), "1".to_owned())), "the heads may be wrong of any kind");
    assert_eq!(refused.log.unwrap().revision, Some(2));
}

#[tokio::test]
async fn a_revision_that_went_back_loads_all_anew() {
    let world = World::with_samples().await;
    let gate = world.gate();
    world.register(vec![stop("stop", "opus-4-8")]).await;
    assert_eq!(permit(&gate).await.status, 451);
    // A restore: the stop was never written, and the heads say so.
    let gone = world.dynamodb.delete_item().table_name(&world.tables.register);
    gone.key("kind", aws_sdk_dynamodb::types::AttributeValue::S("embargo".into()))
        .key("id", aws_sdk_dynamodb::types::AttributeValue::S("stop".into()))
        .send()
        .await
        .unwrap();
    for head in scan(&world, &world.tables.register).await.iter_mut().filter(|item| item["id"] == "head") {
        head["revision"] = json!(1);
        for kind in head["kinds"].as_object_mut().unwrap().values_mut() {
            kind["revision"] = json!(1);
        }
        let embargoes: Vec<Value> = serde_json::from_str(world::SAMPLE_REGISTER).unwrap();
        head["kinds"]["embargo"]["records"] =
            json!(embargoes.iter().filter(|record| record["kind"] == "embargo").count());
        let put = world.dynamodb.put_item().table_name(&world.tables.register).set_item(Some(item(head.clone())));
        put.send().await.unwrap();
    }
    let permitted = permit(&gate).await;
    assert_eq!((permitted.status, permitted.log.unwrap().revision), (200, Some(1)));
}

async fn heads(world: &World) -> Vec<Value> {
    scan(world, &world.tables.register).await.into_iter().filter(|item| item["id"] == "head").collect()
}

/// Puts heads by hand.
async fn put_heads(world: &World, heads: Vec<Value>) {
    for head in heads {
        let put = world.dynamodb.put_item().table_name(&world.tables.register).set_item(Some(item(head)));
        put.send().await.unwrap();
    }
}

/// Changes every head in the same way, by hand.
async fn edit_heads(world: &World, edit: impl Fn(&mut Value)) {
    let mut edited = heads(world).await;
    edited.iter_mut().for_each(edit);
    put_heads(world, edited).await;
}

async fn permit_within(gate: &Gate, milliseconds: u64) -> Answered {
    let event = invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").0;
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_millis(milliseconds);
    world::ask_until(gate, &event, now(), deadline).await
}

#[tokio::test]
async fn heads_that_disagree_with_their_records_are_believed_by_no_gate() {
    type Edit = fn(&mut Value);
    let table: [(&str, Edit); 7] = [
        ("embargoes are left out", |head| drop(head["kinds"].as_object_mut().unwrap().remove("embargo"))),
        ("kinds are left out", |head| drop(head.as_object_mut().unwrap().remove("kinds"))),
        ("the revision alone is raised", |head| head["revision"] = json!(99)),
        ("the revision and a kind are raised", |head| {
            (head["revision"], head["kinds"]["embargo"]["revision"]) = (json!(99), json!(99));
        }),
        ("a kind's records are more", |head| head["kinds"]["embargo"]["records"] = json!(2)),
        ("a kind's revision is lowered", |head| head["kinds"]["embargo"] = json!({"revision": 1, "records": 1})),
        ("a kind has no records", |head| head["kinds"]["treaty"] = json!({"revision": 1, "records": 1})),
    ];
    let world = World::with_samples().await;
    world.register(vec![stop("stop", "opus-4-8")]).await;
    let group = |id: &str| json!({"kind": "group", "id": id, "countries": ["FR"]});
    world.register(vec![group("X:1")]).await;
    let gate = world.gate();
    assert_eq!(permit(&gate).await.status, 451);
    for (what, edit) in table {
        let right = heads(&world).await;
        edit_heads(&world, edit).await;
        let cold = world.gate();
        for (which, gate) in [("warm", &gate), ("cold", &cold)] {
            let told = permit_within(gate, 400).await;
            assert_eq!((told.status, told.code()), (503, "register.unavailable"), "{what}, {which}: {}", told.body);
        }
        // Heads that are right again, and the next change, are read by both.
        put_heads(&world, right).await;
        let revision = world.register(vec![group("X:2")]).await;
        for gate in [&gate, &cold] {
            let told = permit(gate).await;
            let log = told.log.unwrap();
            assert_eq!((told.status, log.revision), (451, Some(revision)), "{what}: {:?}", log.failures);
        }
    }
}

#[tokio::test]
async fn heads_that_state_less_of_a_kind_than_there_is_are_not_believed_by_an_idle_gate() {
    // By hand: seven of the eight heads, or all, state of the embargoes what the gate read of them.
    for right_ones in [1, 0] {
        let world = World::with_samples().await;
        world.register(vec![stop("first", "fable-5")]).await;
        let idle = world.gate();
        assert_eq!(permit(&idle).await.status, 200);
        let before = heads(&world).await[0]["kinds"]["embargo"].clone();
        world.register(vec![stop("second", "opus-4-8")]).await;
        world.register(vec![json!({"kind": "group", "id": "X:1", "countries": ["FR"]})]).await;
        let right = heads(&world).await;
        edit_heads(&world, |head| head["kinds"]["embargo"] = before.clone()).await;
        put_heads(&world, right[..right_ones].to_vec()).await;
        let told = permit_within(&idle, 400).await;
        assert_eq!((told.status, told.code()), (503, "register.unavailable"), "{right_ones}: {}", told.body);
        put_heads(&world, right).await;
        assert_eq!(permit(&idle).await.status, 451, "{right_ones}");
    }
}

#[tokio::test]
async fn a_snapshot_that_lacks_what_the_heads_say_of_an_unchanged_kind_is_read_anew() {
    let world = World::with_samples().await;
    world.register(vec![stop("first", "fable-5")]).await;
    let gate = world.gate();
    assert_eq!(permit(&gate).await.status, 200);
    // By hand: one more record of the embargoes' last revision, with the heads that say so.
    let by_hand = world.dynamodb.put_item().table_name(&world.tables.register);
    by_hand.set_item(Some(item(with_revision(stop("second", "opus-4-8"), 2)))).send().await.unwrap();
    edit_heads(&world, |head| head["kinds"]["embargo"]["records"] = json!(2)).await;
    assert_eq!(permit(&gate).await.status, 451, "the same revision, other kinds");
    world.register(vec![json!({"kind": "group", "id": "X:1", "countries": ["FR"]})]).await;
    assert_eq!(permit(&gate).await.status, 451);
    assert_eq!(permit(&world.gate()).await.status, 451);
}

#[tokio::test]
async fn a_bulk_of_changes_keeps_nobody_from_being_answered() {
    let world = World::with_samples().await;
    let gates = [world.gate(), world.gate()];
    for gate in &gates {
        assert_eq!(permit(gate).await.status, 200);
    }
    let done = std::sync::atomic::AtomicBool::new(false);
    let writing = async {
        for number in 0..40 {
            world.register(vec![stop(&format!("s{number}"), "fable-5")]).await;
        }
        done.store(true, std::sync::atomic::Ordering::SeqCst);
    };
    let asking = gates.iter().map(|gate| async {
        while !done.load(std::sync::atomic::Ordering::SeqCst) {
            for answered in [permit(gate).await, permit(&world.gate()).await] {
                // A busy machine may be too slow for a single attempt; heads and records must agree all the same.
                let failures = format!("{:?}", answered.log.unwrap().failures);
                let is_slow = failures.contains("timeout");
                assert!(answered.status == 200 || is_slow, "{failures}");
            }
        }
    });
    futures_util::future::join(writing, join_all(asking)).await;
}

#[tokio::test]
async fn entries_of_one_environment_are_one_chain_and_every_environment_has_its_own() {
    let world = World::with_samples().await;
    let gates = [world.gate(), world.gate()];
    for _ in 0..3 {
        for gate in &gates {
            assert_eq!(permit(gate).await.status, 200);
        }
    }
    let entries = world.ledger().await;
    let chains: BTreeSet<&str> = entries.iter().map(|entry| entry["chain"].as_str().unwrap()).collect();
    assert_eq!((entries.len(), chains.len()), (6, 2));
}

#[tokio::test]
async fn entries_are_read_back_typed_with_nothing_lost() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let asked = [
        invocation("sample-us-app", "opus-4-8").person("sample-us-citizen"),
        invocation("sample-us-app", "mythos-5").person("sample-foreign-employee"),
        invocation("nobody", "opus-4-8"),
    ];
    for request in &asked {
        ask(&gate, &request.0, now()).await;
    }
    world.sagemaker.next(Behaviour::ModelError { original_status: 500 });
    permit(&gate).await;
    let items = world.dynamodb.scan().table_name(&world.tables.ledger).send().await.unwrap().items.unwrap();
    let mut found = BTreeSet::new();
    for item in items {
        let entry: Entry = serde_dynamo::from_item(item.clone()).unwrap();
        assert_eq!(&entry.hash().unwrap(), item["hash"].as_s().unwrap(), "{entry:?}");
        found.insert((
            entry.seq,
            entry.status,
            entry.kind == Kind::Completion,
            matches!(entry.facts, EntryFacts::Identified(_)),
        ));
    }
    let expected = [(1, 200, false, true), (2, 451, false, true), (3, 403, false, false)];
    let ended = [(4, 200, false, true), (5, 502, true, true)];
    assert_eq!(found, expected.into_iter().chain(ended).collect());
}

#[tokio::test]
async fn requests_at_the_same_time_in_one_environment_stand_one_behind_the_other() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let answers = join_all((0..10).map(|_| permit(&gate))).await;
    assert!(answers.iter().all(|answered| answered.status == 200));
    let ids: BTreeSet<&str> = answers.iter().filter_map(Answered::decision_id).collect();
    assert_eq!((ids.len(), world.ledger().await.len()), (10, 10));
}

#[tokio::test]
async fn the_same_numbers_are_never_written_twice() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let first = permit(&gate).await;
    let (chain, _) = first.decision_id().unwrap().split_once('-').unwrap();
    // ScreenedParty else's entry in the next place.
    let squatter = json!({"chain": chain, "seq": 2, "hash": "another"});
    let put = world.dynamodb.put_item().table_name(&world.tables.ledger).set_item(Some(item(squatter)));
    put.send().await.unwrap();
    let second = permit(&gate).await;
    assert_eq!(second.status, 200);
    let (other, seq) = second.decision_id().unwrap().split_once('-').unwrap();
    assert_ne!(other, chain, "another entry found in its place starts a new chain");
    assert_eq!(seq, "1");
}

fn quota_request() -> Value {
    invocation("sample-quota-service", "mythos-5").0
}

async fn usage(world: &World) -> Vec<(String, u64)> {
    let mut items: Vec<(String, u64)> = scan(world, &world.tables.usage)
        .await
        .iter()
        .map(|item| (item["model"].as_str().unwrap().to_owned(), item["leased"].as_u64().unwrap()))
        .collect();
    items.sort();
    items
}

async fn with_quota(requests: u64) -> World {
    let world = World::with_samples().await;
    amend(&world, requests, "granted").await;
    world
}

/// Writes the licence anew, with this quota.
async fn amend(world: &World, requests: u64, why: &str) {
    let records: Vec<Value> = serde_json::from_str(world::SAMPLE_REGISTER).unwrap();
    let mut licence = records.into_iter().find(|record| record["id"] == "operator-quota-licence").unwrap();
    licence["quota"] = json!({"requests": requests});
    licence["why"] = json!(why);
    world.register(vec![licence]).await;
}

/// Asks until the quota is used up: how many answers that gave.
async fn use_up(gate: &Gate) -> u64 {
    for permitted in 0.. {
        let answered = ask(gate, &quota_request(), now()).await;
        if answered.status != 200 {
            let failures = answered.log.as_ref().map(|log| &log.failures);
            assert_eq!(answered.codes(), ["embargo.foreign-person", "licence.exhausted"], "{failures:?}");
            return permitted;
        }
    }
    unreachable!()
}

#[tokio::test]
async fn a_quota_is_never_exceeded_by_environments_at_the_same_time() {
    let world = with_quota(40).await;
    let gates: Vec<Gate> = (0..4).map(|_| world.gate()).collect();
    let permitted: u64 = join_all(gates.iter().map(use_up)).await.into_iter().sum();
    assert_eq!(permitted, 40, "all of it is used, and no more");
    assert_eq!(usage(&world).await, [("*".to_owned(), 40), ("mythos-5@1".to_owned(), 40)]);
    assert_eq!(u64::try_from(world.invoked()).unwrap(), permitted);
}

#[tokio::test]
async fn a_busy_environment_leases_ahead_in_growing_blocks() {
    let world = with_quota(1_000_000).await;
    let gate = world.gate();
    for _ in 0..100 {
        assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    }
    let is_lease = |seen: &Seen| seen.operation == "UpdateItem" && seen.body["Key"]["model"]["S"] == "*";
    let leases = world.relay.seen().all().iter().filter(|seen| is_lease(seen)).count();
    assert!(leases <= 10, "{leases} leases for 100 requests");
    let leased = usage(&world).await[0].1;
    assert!(leased <= 200, "the rest of a block is no more than was asked for lately: {leased}");
}

#[tokio::test]
async fn what_an_idle_environment_holds_is_returned_at_its_next_request_of_any_kind() {
    let world = with_quota(1_000_000).await;
    let gate = world.gate();
    for _ in 0..20 {
        assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    }
    assert!(usage(&world).await[0].1 > 20, "it holds the rest of a block");
    let other = invocation("nobody", "opus-4-8").0;
    assert_eq!(ask(&gate, &other, now() + 1.minute()).await.status, 403);
    assert_eq!(usage(&world).await, [("*".to_owned(), 20), ("mythos-5@1".to_owned(), 20)]);
}

#[tokio::test]
async fn a_rest_whose_returns_answer_is_lost_is_not_returned_again() {
    let world = with_quota(1_000_000).await;
    let gate = world.gate();
    for _ in 0..20 {
        assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    }
    let is_return = |seen: &Seen| seen.body["UpdateExpression"] == "ADD #leased :returned";
    world.relay.rule(move |seen| if is_return(seen) { Action::LoseAnswer } else { Action::Forward });
    let other = invocation("nobody", "opus-4-8").0;
    for minutes in 1..3 {
        assert_eq!(ask(&gate, &other, now() + minutes.minutes()).await.status, 403);
    }
    assert_eq!(world.relay.seen().all().iter().filter(|seen| is_return(seen)).count(), 1);
    assert_eq!(usage(&world).await[0].1, 20, "twice would be more than this environment holds");
}

#[tokio::test]
async fn a_rest_that_an_edit_by_hand_left_nothing_of_is_not_returned() {
    let world = with_quota(1_000_000).await;
    let gate = world.gate();
    for _ in 0..20 {
        assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    }
    put_usage(&world, json!(1)).await;
    let other = invocation("nobody", "opus-4-8").0;
    assert_eq!(ask(&gate, &other, now() + 1.minute()).await.status, 403);
    assert_eq!(usage(&world).await[0].1, 1, "a negative count would be unreadable, and so count as used up");
}

#[tokio::test]
async fn a_request_that_reached_no_model_leaves_its_quota_to_every_environment() {
    let world = with_quota(5).await;
    for _ in 0..5 {
        world.sagemaker.next(Behaviour::NotReady);
        assert_eq!(ask(&world.gate(), &quota_request(), now()).await.status, 503);
    }
    assert_eq!(usage(&world).await, [("*".to_owned(), 0), ("mythos-5@1".to_owned(), 0)]);
    assert_eq!(use_up(&world.gate()).await, 5);
}

#[tokio::test]
async fn a_crash_loses_at_most_the_rest_of_one_block() {
    let world = with_quota(5000).await;
    for _ in 0..2 {
        let gate = world.gate();
        for _ in 0..20 {
            assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
        }
    }
    let leased = usage(&world).await[0].1;
    assert!((40..=48).contains(&leased), "a block is at most a thousandth of what is left: {leased}");
}

#[tokio::test]
async fn an_update_whose_answer_is_lost_counts_once() {
    let world = with_quota(10).await;
    // The first answer to each update is lost: those of the lease, and of the count by model.
    world.relay.rule(|seen| {
        let lost = seen.operation == "UpdateItem" && seen.count % 2 == 1;
        if lost { Action::LoseAnswer } else { Action::Forward }
    });
    let gate = world.gate();
    assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    assert_eq!(usage(&world).await, [("*".to_owned(), 1), ("mythos-5@1".to_owned(), 1)]);
    world.relay.forward();
    assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    assert_eq!(usage(&world).await, [("*".to_owned(), 2), ("mythos-5@1".to_owned(), 2)], "nor with the next request");
}

#[tokio::test]
async fn a_lease_outlives_edits_that_leave_the_quota_large_enough() {
    let world = with_quota(100_000).await;
    let gate = world.gate();
    for _ in 0..20 {
        assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    }
    let leased = usage(&world).await;
    for (requests, why) in [(100_000, "a typing slip"), (200_000, "more"), (50_000, "less")] {
        amend(&world, requests, why).await;
        assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
        assert_eq!(usage(&world).await, leased, "nothing is leased anew: {why}");
    }
}

#[tokio::test]
async fn a_quota_that_the_operator_lowers_ends_the_leases_that_pass_it() {
    let world = with_quota(100_000).await;
    let gate = world.gate();
    for _ in 0..20 {
        assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    }
    let leased = usage(&world).await[0].1;
    assert!(leased > 21, "{leased}");
    amend(&world, 21, "less").await;
    assert_eq!(use_up(&gate).await, 1, "the rest of the block is returned, and one is left");
    assert_eq!(usage(&world).await, [("*".to_owned(), 21), ("mythos-5@1".to_owned(), 21)]);
    // Raised and lowered again, meanwhile used by others.
    amend(&world, 100_000, "more").await;
    for _ in 0..20 {
        assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    }
    put_usage(&world, json!(90_000)).await;
    amend(&world, 50_000, "less").await;
    assert_eq!(use_up(&gate).await, 0);
}

async fn put_usage(world: &World, leased: Value) {
    let mut usage = json!({"licence": "operator-quota-licence", "model": "*"});
    if !leased.is_null() {
        usage["leased"] = leased;
    }
    let put = world.dynamodb.put_item().table_name(&world.tables.usage).set_item(Some(item(usage)));
    put.send().await.unwrap();
}

#[tokio::test]
async fn usage_that_cannot_be_read_counts_as_used_up_and_is_reported() {
    let world = with_quota(5).await;
    let screening = world::events::screening("sample-quota-service", "mythos-5").0;
    // Negative, no whole number, above what JSON's numbers hold, no number, and gone.
    for leased in [json!(-50), json!(2.5), json!(1_u64 << 53), json!("2"), Value::Null] {
        put_usage(&world, leased.clone()).await;
        let gate = world.gate();
        for (kind, event) in [("invocation", quota_request()), ("screening", screening.clone())] {
            let answered = ask(&gate, &event, now()).await;
            assert_eq!(answered.codes(), ["embargo.foreign-person", "licence.exhausted"], "{kind} at {leased}");
            let log = answered.log.unwrap();
            assert!(log.unreadable_usage.contains("operator-quota-licence"), "{kind} at {leased}");
            assert_eq!(json!(metrics(&log, 0))["UnreadableRecords"], json!(1), "{kind} at {leased}");
        }
        // A condition can't tell a fraction from a whole number.
        if leased != json!(2.5) {
            assert_eq!(scan(&world, &world.tables.usage).await[0]["leased"], leased, "nothing is added to it");
        }
    }
    assert_eq!(world.invoked(), 0);
}

#[tokio::test]
async fn screenings_and_the_list_of_models_use_no_quota_and_tell_an_exhausted_one() {
    let world = with_quota(1).await;
    let gate = world.gate();
    let screening = world::events::screening("sample-quota-service", "mythos-5").0;
    for _ in 0..3 {
        assert_eq!(ask(&gate, &screening, now()).await.body["outcome"], "permit");
    }
    assert_eq!(usage(&world).await, []);
    assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    let told = ask(&gate, &screening, now()).await;
    assert_eq!(
        (&told.body["outcome"], told.codes()),
        (&json!("refuse"), vec!["embargo.foreign-person", "licence.exhausted"])
    );
    let listed = ask(&gate, &world::events::rest("GET", "/v1/models", "sample-quota-service").0, now()).await;
    let mythos = listed.body["models"].as_array().unwrap().iter().find(|model| model["name"] == "mythos-5").unwrap();
    assert_eq!((&mythos["outcome"], &mythos["status"]), (&json!("refuse"), &json!(451)));
    let entry = world.entry(told.decision_id().unwrap()).await;
    assert_eq!(entry["facts"]["exhausted"], json!(["operator-quota-licence"]));
}

#[tokio::test]
async fn an_exhausted_quota_is_told_beside_every_other_reason() {
    let world = with_quota(0).await;
    let event = invocation("sample-quota-service", "mythos-5").header("End-Use", "undeclared").0;
    let told = ask(&world.gate(), &event, now()).await;
    assert_eq!(told.codes(), ["embargo.foreign-person", "licence.exhausted", "end-use.undeclared"]);
    assert_eq!(usage(&world).await, [], "a refusal uses nothing");
}

/// What happens to a quota: by which environment, and what.
#[derive(Clone, Debug)]
enum Happening {
    Draw(usize),
    GiveBack,
    Crash(usize),
    Amend(u64),
}

fn happenings() -> impl proptest::strategy::Strategy<Value = Vec<Happening>> {
    use proptest::prelude::*;
    let one = prop_oneof![
        8 => (0..3_usize).prop_map(Happening::Draw),
        2 => Just(Happening::GiveBack),
        1 => (0..3_usize).prop_map(Happening::Crash),
        1 => (0..60_u64).prop_map(Happening::Amend),
    ];
    proptest::collection::vec(one, 1..60)
}

fn licence(quota: u64, revision: u64) -> Arc<Record<Licence>> {
    let record = json!({"kind": "licence", "id": "l", "revision": revision, "authority": "BIS", "reference": "Sample",
        "type": "licence", "models": ["m"], "licensees": ["o"], "persons": "any", "quota": {"requests": quota}});
    Arc::new(read(&item(record)).unwrap())
}

/// Environments of the gate over a relay that loses requests and answers, on a quota that is drawn, amended and edited.
#[tokio::test]
async fn kills_amendments_and_lost_answers_leave_most_of_a_quota_usable() {
    let world = World::empty().await;
    world.relay.rule(|seen| match (seen.operation.as_str(), seen.count % 41) {
        ("UpdateItem", 0) => Action::LoseAnswer,
        ("UpdateItem", 1) => Action::Refuse,
        _ => Action::Forward,
    });
    let client = tables::client(&world.relay.url());
    let environment = || Quotas::new(client.clone(), world.tables.usage.clone());
    let mut environments: Vec<Quotas> = (0..24).map(|_| environment()).collect();
    let mut random = random_numbers(17);
    let (mut quota, mut revision, mut used, mut refused) = (500, 1, 0, 0);
    let mut time = now();
    while refused < 72 {
        let by = usize::try_from(random() % 24).unwrap();
        time += jiff::SignedDuration::from_millis(i64::try_from(random() % 400).unwrap());
        match random() % 40 {
            0 => environments[by] = environment(),
            1 => revision += 1, // an edit of something else
            2 if used < 450 => {
                let amended = [450, 500, 600, 5000][usize::try_from(random() % 4).unwrap()];
                (quota, revision) = (amended, revision + 1);
            }
            _ if draw(&environments[by], &licence(quota, revision), time).await => (used, refused) = (used + 1, 0),
            _ => refused += 1,
        }
        assert!(used <= quota, "{used} of {quota}");
        if used >= 450 && quota != 500 {
            (quota, revision) = (500, revision + 1);
        }
    }
    assert!(used >= 475, "{used} of 500 were usable");
}

#[tokio::test]
async fn environments_with_one_request_each_and_edits_of_the_licence_leave_the_rest_of_a_quota_to_others() {
    let world = World::empty().await;
    let environments: Vec<Quotas> =
        (0..24).map(|_| Quotas::new(world.dynamodb.clone(), world.tables.usage.clone())).collect();
    for (revision, environment) in (1..).zip(&environments) {
        assert!(draw(environment, &licence(500, revision), now()).await, "{revision} of 24 were drawn from 500");
    }
    assert_eq!(usage(&world).await, [("*".to_owned(), 24), ("m@1".to_owned(), 24)]);
}

/// Draws one request and tends the quota as the gate does; whether it was drawn.
async fn draw(quotas: &Quotas, licence: &Arc<Record<Licence>>, now: jiff::Timestamp) -> bool {
    match quotas.draw(&[Arc::clone(licence)], "m@1", now).await {
        Ok(drawn) => {
            drop(quotas.tend(&drawn, now).await);
            true
        }
        Err(_) => false,
    }
}

/// A xorshift generator: the same numbers for the same seed.
fn random_numbers(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 11
    }
}

/// Whatever draws, gives back, crashes and is amended: what is in use never passes the quota in force.
#[test]
fn a_quota_is_never_exceeded_whatever_happens() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::empty());
    let mut runner = proptest::test_runner::TestRunner::new(proptest::test_runner::Config {
        cases: 24,
        failure_persistence: None,
        ..proptest::test_runner::Config::default()
    });
    let environment = || Quotas::new(world.dynamodb.clone(), world.tables.usage.clone());
    runner
        .run(&happenings(), |happenings| {
            runtime.block_on(async {
                for model in ["*", "m@1"] {
                    let gone = world.dynamodb.delete_item().table_name(&world.tables.usage);
                    let gone = gone.key("licence", aws_sdk_dynamodb::types::AttributeValue::S("l".into()));
                    gone.key("model", aws_sdk_dynamodb::types::AttributeValue::S(model.into())).send().await.unwrap();
                }
                let mut environments = [environment(), environment(), environment()];
                let (mut quota, mut revision, mut held) = (20_u64, 1_u64, Vec::new());
                let mut in_use = 0_u64;
                for happening in happenings {
                    match happening {
                        Happening::Draw(by) => {
                            let licences = [licence(quota, revision)];
                            if let Ok(drawn) = environments[by].draw(&licences, "m@1", now()).await {
                                environments[by].tend(&drawn, now()).await.unwrap();
                                held.push((by, drawn));
                                in_use += 1;
                                assert!(in_use <= quota, "{in_use} of {quota} in use");
                            }
                        }
                        Happening::GiveBack => {
                            if let Some((by, drawn)) = held.pop() {
                                environments[by].give_back(drawn);
                                in_use -= 1;
                            }
                        }
                        Happening::Crash(which) => environments[which] = environment(),
                        Happening::Amend(to) => (quota, revision) = (to, revision + 1),
                    }
                }
            });
            Ok(())
        })
        .unwrap();
}
