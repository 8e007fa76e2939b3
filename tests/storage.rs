//! Reading and writing the register, ledger chains and quotas, against a DynamoDB engine.

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

/// A request that the samples permit.
async fn permit(gate: &Gate) -> Answered {
    ask(gate, &invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").0, now()).await
}

/// An embargo on everyone.
fn stop(id: &str, model: &str) -> Value {
    json!({"kind": "embargo", "id": id, "models": [model], "applies_to": {"everyone": true},
           "effect": "prohibited", "authority": "OPERATOR", "citation": "Sample stop"})
}

async fn scan(world: &World, table: &str) -> Vec<Value> {
    let items = world.dynamodb.scan().table_name(table).consistent_read(true).send().await.unwrap();
    items.items().iter().map(|item| serde_dynamo::from_item(item.clone()).unwrap()).collect()
}

/// The kinds that were queried, each with the revision after which.
fn queries(world: &World) -> Vec<(String, String)> {
    let queried = world.relay.seen().all().into_iter().filter(|seen| seen.operation == "Query");
    let value = |seen: &Value, name: &str, kind: &str| {
        seen["ExpressionAttributeValues"][name][kind].as_str().unwrap().to_owned()
    };
    queried.map(|seen| (value(&seen.body, ":kind", "S"), value(&seen.body, ":after", "N"))).collect()
}

#[tokio::test]
async fn computed_item_size_equals_dynamodbs() {
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
        json!(12000),
        json!(0.00012),
        json!(u64::MAX),
        json!([1, "a", [true, {}]]),
        json!({"é": {"b": [null, 1.5]}, "c": "d"}),
    ];
    for value in values {
        let record = item(json!({"id": "client#x", "value": value.clone()}));
        assert!(put(record.clone(), LARGEST_ITEM).await.is_ok(), "{value}");
        // The embedded engine counts a byte less for digits that straddle a pair; Amazon's does not.
        if ![json!(12000), json!(0.00012)].contains(&value) {
            assert!(put(record, LARGEST_ITEM + 1).await.is_err(), "{value}");
        }
    }
}

#[tokio::test]
async fn a_record_that_dynamodb_cannot_store_is_refused_before_the_write() {
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
        // `revision` adds its name and two bytes.
        let room = bytes - size(&item(record.clone())) - "revision".len() - 2 - "why".len();
        record["why"] = "x".repeat(room).into();
        record
    };
    let put = async |records: Vec<Value>| world.writer.put(records.into_iter().map(item).collect()).await;
    assert_eq!(put(vec![full("a", LARGEST_RECORD)]).await.unwrap(), 1);
    let larger = put(vec![full("a", LARGEST_RECORD + 1)]).await.unwrap_err();
    let long_id = put(vec![stop(&"i".repeat(LONGEST_ID + 1), "x")]).await.unwrap_err();
    let together = put((0..21).map(|n| full(&n.to_string(), LARGEST_RECORD)).collect()).await.unwrap_err();
    for (error, expected) in
        [(&larger, "204801 bytes"), (&long_id, "id: 1001 bytes"), (&together, "at most 4194304 are allowed")]
    {
        assert!(error.is_permanent() && error.to_string().contains(expected), "{error}");
    }
    assert_eq!(put(vec![stop("a", "y")]).await.unwrap(), 2, "the refused changes wrote nothing");
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
    assert!(history[0].get("revision").is_none(), "the index `by-revision` must not contain history");
}

#[tokio::test]
async fn concurrent_writers_lose_no_change() {
    let world = World::empty().await;
    world.register(vec![stop("first", "x")]).await;
    let puts = (0..8).map(|number| world.writer.put(vec![item(stop(&format!("s{number}"), "x"))]));
    let outcomes = join_all(puts).await;
    let mut revisions: Vec<u64> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok().copied()).collect();
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().err().is_none_or(WriteError::is_conflict)), "{outcomes:?}");
    revisions.sort_unstable();
    assert_eq!(revisions, (2..2 + u64::try_from(revisions.len()).unwrap()).collect::<Vec<_>>(), "revisions are unique");
    let written = scan(&world, &world.tables.register).await;
    let written = written.iter().filter(|item| item["kind"] == "embargo").count();
    assert_eq!(written, revisions.len() + 1);
}

#[tokio::test]
async fn a_change_conflicts_if_the_register_changed_since_it_was_read() {
    let world = World::empty().await;
    let put_at = async |revision: u64| world.writer.put_at(revision, vec![item(stop("b", "x"))]).await;
    assert_eq!(world.register(vec![stop("a", "x")]).await, 1);
    assert!(matches!(put_at(0).await, Err(failure @ WriteError::Moved(1)) if failure.is_conflict()));
    assert_eq!(put_at(1).await.unwrap(), 2);

    // A manual edit just after the read moves no head, but is not overwritten either.
    let (table, dynamodb) = (world.tables.register.clone(), world.dynamodb.clone());
    world.relay.rule(move |seen| {
        if seen.body["Key"]["kind"]["S"] != "embargo" {
            return Action::Forward;
        }
        let by_hand = dynamodb.put_item().table_name(&table).set_item(Some(item(stop("a", "by-hand"))));
        Action::then(async move || drop(by_hand.send().await.unwrap()))
    });
    let writer = RegisterWriter::new(tables::client(&world.relay.url()), world.tables.register.clone());
    let outcome = writer.put(vec![item(stop("a", "y"))]).await;
    assert!(outcome.as_ref().is_err_and(WriteError::is_conflict), "{outcome:?}");
    world.relay.seen().clear(); // the writer's calls
    let records = scan(&world, &world.tables.register).await;
    let a = records.iter().find(|record| record["kind"] == "embargo" && record["id"] == "a").unwrap();
    assert_eq!(a["models"], json!(["by-hand"]));
}

#[tokio::test]
async fn a_change_conflicts_with_a_manual_edit_of_the_record() {
    let world = World::empty().await;
    let revision = world.register(vec![stop("stop", "*")]).await;
    let heads = world.writer.heads().await.unwrap();
    let found = item(with_revision(stop("stop", "*"), revision));
    // A changed attribute and an added one; neither moves a head.
    for (name, value) in [("citation", json!("Another")), ("withdrawn", json!(true))] {
        let mut edited = with_revision(stop("stop", "*"), revision);
        edited[name] = value;
        let put = world.dynamodb.put_item().table_name(&world.tables.register).set_item(Some(item(edited.clone())));
        put.send().await.unwrap();
        let changes = vec![(Some(found.clone()), item(stop("stop", "fable-5")))];
        let error = world.writer.replace_at(&heads, changes).await.unwrap_err();
        assert!(error.is_conflict(), "{name}: {error}");
        let items = scan(&world, &world.tables.register).await;
        assert!(items.contains(&edited), "{name} was overwritten: {items:?}");
    }
}

fn with_revision(mut record: Value, revision: u64) -> Value {
    record["revision"] = json!(revision);
    record
}

#[tokio::test]
async fn a_known_caller_takes_one_round_trip_before_the_model_and_a_new_one_two() {
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
async fn only_newer_records_are_read_and_they_count_on_the_next_request() {
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
    assert_eq!(
        queried,
        kinds.map(|kind| (kind.to_owned(), "1".to_owned())),
        "every kind, since the heads may be wrong"
    );
    assert_eq!(refused.log.unwrap().revision, Some(2));
}

#[tokio::test]
async fn a_lower_revision_reloads_the_whole_register() {
    let world = World::with_samples().await;
    let gate = world.gate();
    world.register(vec![stop("stop", "opus-4-8")]).await;
    assert_eq!(permit(&gate).await.status, 451);
    // A restore from a backup before the stop.
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

/// Writes heads directly.
async fn put_heads(world: &World, heads: Vec<Value>) {
    for head in heads {
        let put = world.dynamodb.put_item().table_name(&world.tables.register).set_item(Some(item(head)));
        put.send().await.unwrap();
    }
}

/// Edits every head directly.
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
async fn heads_that_contradict_the_records_are_refused() {
    type Edit = fn(&mut Value);
    let table: [(&str, Edit); 7] = [
        ("embargoes are missing", |head| drop(head["kinds"].as_object_mut().unwrap().remove("embargo"))),
        ("kinds are missing", |head| drop(head.as_object_mut().unwrap().remove("kinds"))),
        ("the revision alone is raised", |head| head["revision"] = json!(99)),
        ("the revision and a kind are raised", |head| {
            (head["revision"], head["kinds"]["embargo"]["revision"]) = (json!(99), json!(99));
        }),
        ("a kind's count is raised", |head| head["kinds"]["embargo"]["records"] = json!(2)),
        ("a kind's revision is lowered", |head| head["kinds"]["embargo"] = json!({"revision": 1, "records": 1})),
        ("a kind has no records", |head| head["kinds"]["treaty"] = json!({"revision": 1, "records": 1})),
    ];
    let world = World::with_samples().await;
    world.register(vec![stop("stop", "opus-4-8")]).await;
    let group = |id: &str| json!({"kind": "group", "id": id, "countries": ["FR"]});
    world.register(vec![group("X:1")]).await;
    let gate = world.gate();
    assert_eq!(permit(&gate).await.status, 451);
    for (case, edit) in table {
        let right = heads(&world).await;
        edit_heads(&world, edit).await;
        let cold = world.gate();
        for (which, gate) in [("warm", &gate), ("cold", &cold)] {
            let answered = permit_within(gate, 400).await;
            assert_eq!(
                (answered.status, answered.code()),
                (503, "register.unavailable"),
                "{case}, {which}: {}",
                answered.body
            );
        }
        // Both recover with the right heads and the next change.
        put_heads(&world, right).await;
        let revision = world.register(vec![group("X:2")]).await;
        for gate in [&gate, &cold] {
            let answered = permit(gate).await;
            let log = answered.log.unwrap();
            assert_eq!((answered.status, log.revision), (451, Some(revision)), "{case}: {:?}", log.failures);
        }
    }
}

#[tokio::test]
async fn an_idle_gate_refuses_heads_that_omit_newer_records_of_a_kind() {
    // Seven of the eight heads, or all, are set back to the embargoes that the idle gate has read.
    for correct_heads in [1, 0] {
        let world = World::with_samples().await;
        world.register(vec![stop("first", "fable-5")]).await;
        let idle = world.gate();
        assert_eq!(permit(&idle).await.status, 200);
        let before = heads(&world).await[0]["kinds"]["embargo"].clone();
        world.register(vec![stop("second", "opus-4-8")]).await;
        world.register(vec![json!({"kind": "group", "id": "X:1", "countries": ["FR"]})]).await;
        let right = heads(&world).await;
        edit_heads(&world, |head| head["kinds"]["embargo"] = before.clone()).await;
        put_heads(&world, right[..correct_heads].to_vec()).await;
        let answered = permit_within(&idle, 400).await;
        assert_eq!(
            (answered.status, answered.code()),
            (503, "register.unavailable"),
            "{correct_heads}: {}",
            answered.body
        );
        put_heads(&world, right).await;
        assert_eq!(permit(&idle).await.status, 451, "{correct_heads}");
    }
}

#[tokio::test]
async fn a_snapshot_with_fewer_records_than_the_heads_state_is_reloaded() {
    let world = World::with_samples().await;
    world.register(vec![stop("first", "fable-5")]).await;
    let gate = world.gate();
    assert_eq!(permit(&gate).await.status, 200);
    // One more record at the embargoes' last revision, with matching heads.
    let put = world.dynamodb.put_item().table_name(&world.tables.register);
    put.set_item(Some(item(with_revision(stop("second", "opus-4-8"), 2)))).send().await.unwrap();
    edit_heads(&world, |head| head["kinds"]["embargo"]["records"] = json!(2)).await;
    assert_eq!(permit(&gate).await.status, 451, "the same revision, other counts");
    world.register(vec![json!({"kind": "group", "id": "X:1", "countries": ["FR"]})]).await;
    assert_eq!(permit(&gate).await.status, 451);
    assert_eq!(permit(&world.gate()).await.status, 451);
}

#[tokio::test]
async fn requests_are_answered_while_many_changes_are_written() {
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
                // A busy machine may time out.
                let failures = format!("{:?}", answered.log.unwrap().failures);
                let is_slow = failures.contains("timeout");
                assert!(answered.status == 200 || is_slow, "{failures}");
            }
        }
    });
    futures_util::future::join(writing, join_all(asking)).await;
}

#[tokio::test]
async fn each_environment_writes_one_chain_of_its_own() {
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
async fn entries_survive_a_round_trip_through_their_type() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let asked = [
        invocation("sample-us-app", "opus-4-8").person("sample-us-citizen"),
        invocation("sample-us-app", "mythos-5").person("sample-foreign-employee"),
        invocation("unknown", "opus-4-8"),
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
async fn concurrent_requests_in_one_environment_append_to_one_chain() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let answers = join_all((0..10).map(|_| permit(&gate))).await;
    assert!(answers.iter().all(|answered| answered.status == 200));
    let ids: BTreeSet<&str> = answers.iter().filter_map(Answered::decision_id).collect();
    assert_eq!((ids.len(), world.ledger().await.len()), (10, 10));
}

#[tokio::test]
async fn an_occupied_place_in_a_chain_starts_a_new_chain() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let first = permit(&gate).await;
    let (chain, _) = first.decision_id().unwrap().split_once('-').unwrap();
    // Another writer's entry occupies the next place.
    let occupant = json!({"chain": chain, "seq": 2, "hash": "another"});
    let put = world.dynamodb.put_item().table_name(&world.tables.ledger).set_item(Some(item(occupant)));
    put.send().await.unwrap();
    let second = permit(&gate).await;
    assert_eq!(second.status, 200);
    let (other, seq) = second.decision_id().unwrap().split_once('-').unwrap();
    assert_ne!(other, chain);
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

/// Replaces the licence with one of this quota.
async fn amend(world: &World, requests: u64, why: &str) {
    let records: Vec<Value> = serde_json::from_str(world::SAMPLE_REGISTER).unwrap();
    let mut licence = records.into_iter().find(|record| record["id"] == "operator-quota-licence").unwrap();
    licence["quota"] = json!({"requests": requests});
    licence["why"] = json!(why);
    world.register(vec![licence]).await;
}

/// Asks until the quota is used up, and counts the permits.
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
async fn concurrent_environments_never_exceed_a_quota() {
    let world = with_quota(40).await;
    let gates: Vec<Gate> = (0..4).map(|_| world.gate()).collect();
    let permitted: u64 = join_all(gates.iter().map(use_up)).await.into_iter().sum();
    assert_eq!(permitted, 40, "exactly the quota is used");
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
    assert!(leased <= 200, "the unused rest of a block is at most the recent demand: {leased}");
}

#[tokio::test]
async fn an_idle_environment_returns_its_lease_at_its_next_request_of_any_kind() {
    let world = with_quota(1_000_000).await;
    let gate = world.gate();
    for _ in 0..20 {
        assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    }
    assert!(usage(&world).await[0].1 > 20, "it holds the rest of a block");
    let other = invocation("unknown", "opus-4-8").0;
    assert_eq!(ask(&gate, &other, now() + 1.minute()).await.status, 403);
    assert_eq!(usage(&world).await, [("*".to_owned(), 20), ("mythos-5@1".to_owned(), 20)]);
}

#[tokio::test]
async fn a_return_whose_answer_is_lost_is_not_repeated() {
    let world = with_quota(1_000_000).await;
    let gate = world.gate();
    for _ in 0..20 {
        assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    }
    let is_return = |seen: &Seen| seen.body["UpdateExpression"] == "ADD #leased :returned";
    world.relay.rule(move |seen| if is_return(seen) { Action::LoseAnswer } else { Action::Forward });
    let other = invocation("unknown", "opus-4-8").0;
    for minutes in 1..3 {
        assert_eq!(ask(&gate, &other, now() + minutes.minutes()).await.status, 403);
    }
    assert_eq!(world.relay.seen().all().iter().filter(|seen| is_return(seen)).count(), 1);
    assert_eq!(usage(&world).await[0].1, 20, "twice would be more than this environment holds");
}

#[tokio::test]
async fn a_lease_above_a_manually_lowered_count_is_not_returned() {
    let world = with_quota(1_000_000).await;
    let gate = world.gate();
    for _ in 0..20 {
        assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    }
    put_usage(&world, json!(1)).await;
    let other = invocation("unknown", "opus-4-8").0;
    assert_eq!(ask(&gate, &other, now() + 1.minute()).await.status, 403);
    assert_eq!(usage(&world).await[0].1, 1, "a negative count would be unreadable and count as used up");
}

#[tokio::test]
async fn a_request_that_reaches_no_model_returns_its_quota() {
    let world = with_quota(5).await;
    for _ in 0..5 {
        world.sagemaker.next(Behaviour::NotReady);
        assert_eq!(ask(&world.gate(), &quota_request(), now()).await.status, 503);
    }
    assert_eq!(usage(&world).await, [("*".to_owned(), 0), ("mythos-5@1".to_owned(), 0)]);
    assert_eq!(use_up(&world.gate()).await, 5);
}

#[tokio::test]
async fn a_crash_loses_at_most_one_block() {
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
    // The first answer to each update is lost, of the lease and of the count by model.
    world.relay.rule(|seen| {
        let lost = seen.operation == "UpdateItem" && seen.count % 2 == 1;
        if lost { Action::LoseAnswer } else { Action::Forward }
    });
    let gate = world.gate();
    assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    assert_eq!(usage(&world).await, [("*".to_owned(), 1), ("mythos-5@1".to_owned(), 1)]);
    world.relay.forward();
    assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    assert_eq!(
        usage(&world).await,
        [("*".to_owned(), 2), ("mythos-5@1".to_owned(), 2)],
        "the next request counts once too"
    );
}

#[tokio::test]
async fn a_lease_outlives_edits_that_leave_the_quota_large_enough() {
    let world = with_quota(100_000).await;
    let gate = world.gate();
    for _ in 0..20 {
        assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    }
    let leased = usage(&world).await;
    for (requests, why) in [(100_000, "unchanged"), (200_000, "more"), (50_000, "less")] {
        amend(&world, requests, why).await;
        assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
        assert_eq!(usage(&world).await, leased, "nothing is leased anew: {why}");
    }
}

#[tokio::test]
async fn a_lowered_quota_ends_the_leases_that_exceed_it() {
    let world = with_quota(100_000).await;
    let gate = world.gate();
    for _ in 0..20 {
        assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    }
    let leased = usage(&world).await[0].1;
    assert!(leased > 21, "{leased}");
    amend(&world, 21, "less").await;
    assert_eq!(use_up(&gate).await, 1, "the block is returned, and one request is left");
    assert_eq!(usage(&world).await, [("*".to_owned(), 21), ("mythos-5@1".to_owned(), 21)]);
    // Raised, used by other environments, and lowered again.
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
async fn unreadable_usage_counts_as_used_up_and_is_reported() {
    let world = with_quota(5).await;
    let screening = world::events::screening("sample-quota-service", "mythos-5").0;
    // Negative, a fraction, above JSON's safe integers, a string, missing.
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
        // A DynamoDB condition cannot recognise a fraction.
        if leased != json!(2.5) {
            assert_eq!(scan(&world, &world.tables.usage).await[0]["leased"], leased, "it is unchanged");
        }
    }
    assert_eq!(world.invoked(), 0);
}

#[tokio::test]
async fn screenings_and_the_list_of_models_use_no_quota_but_report_an_exhausted_one() {
    let world = with_quota(1).await;
    let gate = world.gate();
    let screening = world::events::screening("sample-quota-service", "mythos-5").0;
    for _ in 0..3 {
        assert_eq!(ask(&gate, &screening, now()).await.body["outcome"], "permit");
    }
    assert_eq!(usage(&world).await, []);
    assert_eq!(ask(&gate, &quota_request(), now()).await.status, 200);
    let answered = ask(&gate, &screening, now()).await;
    assert_eq!(
        (&answered.body["outcome"], answered.codes()),
        (&json!("refuse"), vec!["embargo.foreign-person", "licence.exhausted"])
    );
    let listed = ask(&gate, &world::events::rest("GET", "/v1/models", "sample-quota-service").0, now()).await;
    let mythos = listed.body["models"].as_array().unwrap().iter().find(|model| model["name"] == "mythos-5").unwrap();
    assert_eq!((&mythos["outcome"], &mythos["status"]), (&json!("refuse"), &json!(451)));
    let entry = world.entry(answered.decision_id().unwrap()).await;
    assert_eq!(entry["facts"]["exhausted"], json!(["operator-quota-licence"]));
}

#[tokio::test]
async fn an_exhausted_quota_is_reported_with_every_other_reason() {
    let world = with_quota(0).await;
    let event = invocation("sample-quota-service", "mythos-5").header("End-Use", "undeclared").0;
    let answered = ask(&world.gate(), &event, now()).await;
    assert_eq!(answered.codes(), ["embargo.foreign-person", "licence.exhausted", "end-use.undeclared"]);
    assert_eq!(usage(&world).await, [], "a refusal uses nothing");
}

/// An operation on a quota; `usize` is the environment.
#[derive(Clone, Debug)]
enum Operation {
    Draw(usize),
    GiveBack,
    Crash(usize),
    Amend(u64),
}

fn operations() -> impl proptest::strategy::Strategy<Value = Vec<Operation>> {
    use proptest::prelude::*;
    let one = prop_oneof![
        8 => (0..3_usize).prop_map(Operation::Draw),
        2 => Just(Operation::GiveBack),
        1 => (0..3_usize).prop_map(Operation::Crash),
        1 => (0..60_u64).prop_map(Operation::Amend),
    ];
    proptest::collection::vec(one, 1..60)
}

fn licence(quota: u64, revision: u64) -> Arc<Record<Licence>> {
    let record = json!({"kind": "licence", "id": "l", "revision": revision, "authority": "BIS", "reference": "Sample",
        "type": "licence", "models": ["m"], "licensees": ["o"], "persons": "any", "quota": {"requests": quota}});
    Arc::new(read(&item(record)).unwrap())
}

/// Environments behind a relay that loses requests and answers draw from a quota that is amended meanwhile.
#[tokio::test]
async fn crashes_amendments_and_lost_answers_leave_most_of_a_quota_usable() {
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
            1 => revision += 1, // an edit that keeps the quota
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
async fn one_request_per_environment_leases_one_request_each() {
    let world = World::empty().await;
    let environments: Vec<Quotas> =
        (0..24).map(|_| Quotas::new(world.dynamodb.clone(), world.tables.usage.clone())).collect();
    for (revision, environment) in (1..).zip(&environments) {
        assert!(draw(environment, &licence(500, revision), now()).await, "{revision} of 24 were drawn from 500");
    }
    assert_eq!(usage(&world).await, [("*".to_owned(), 24), ("m@1".to_owned(), 24)]);
}

/// Draws one request as the gate does, and returns whether the quota allowed it.
async fn draw(quotas: &Quotas, licence: &Arc<Record<Licence>>, now: jiff::Timestamp) -> bool {
    match quotas.draw(&[Arc::clone(licence)], "m@1", now).await {
        Ok(drawn) => {
            drop(quotas.tend(&drawn, now).await);
            true
        }
        Err(_) => false,
    }
}

/// A xorshift generator.
fn random_numbers(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 11
    }
}

#[test]
fn no_sequence_of_operations_exceeds_a_quota() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::empty());
    let mut runner = proptest::test_runner::TestRunner::new(proptest::test_runner::Config {
        cases: 24,
        failure_persistence: None,
        ..proptest::test_runner::Config::default()
    });
    let environment = || Quotas::new(world.dynamodb.clone(), world.tables.usage.clone());
    runner
        .run(&operations(), |operations| {
            runtime.block_on(async {
                for model in ["*", "m@1"] {
                    let gone = world.dynamodb.delete_item().table_name(&world.tables.usage);
                    let gone = gone.key("licence", aws_sdk_dynamodb::types::AttributeValue::S("l".into()));
                    gone.key("model", aws_sdk_dynamodb::types::AttributeValue::S(model.into())).send().await.unwrap();
                }
                let mut environments = [environment(), environment(), environment()];
                let (mut quota, mut revision, mut held) = (20_u64, 1_u64, Vec::new());
                let mut in_use = 0_u64;
                for operation in operations {
                    match operation {
                        Operation::Draw(by) => {
                            let licences = [licence(quota, revision)];
                            if let Ok(drawn) = environments[by].draw(&licences, "m@1", now()).await {
                                environments[by].tend(&drawn, now()).await.unwrap();
                                held.push((by, drawn));
                                in_use += 1;
                                assert!(in_use <= quota, "{in_use} of {quota} in use");
                            }
                        }
                        Operation::GiveBack => {
                            if let Some((by, drawn)) = held.pop() {
                                environments[by].give_back(drawn);
                                in_use -= 1;
                            }
                        }
                        Operation::Crash(which) => environments[which] = environment(),
                        Operation::Amend(to) => (quota, revision) = (to, revision + 1),
                    }
                }
            });
            Ok(())
        })
        .unwrap();
}
