//! Failures and their answers (src/README.md, "When something fails"): no answer without its ledger entry, no permit
//! because of a failure, and chains that verify afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::world;
use crate::world::events::{Rest, invocation};
use crate::world::lists::party;
use crate::world::{Answered, PATIENCE, World, ask, at, call, later};
use export_gate::gate::Gate;
use export_gate_local::relay::{Action, Seen};
use export_gate_local::sagemaker::Behaviour;
use serde_json::{Value, json};

fn now() -> jiff::Timestamp {
    at("2026-11-22T12:00:00Z")
}

fn citizen_request() -> Rest {
    invocation("sample-us-app", "opus-4-8").person("sample-us-citizen")
}

async fn ask_citizen(gate: &Gate) -> Answered {
    ask(gate, &citizen_request().0, now()).await
}

/// A gate that has read the register and knows the client.
async fn warm_gate(world: &World) -> Gate {
    let gate = world.gate();
    assert_eq!(ask_citizen(&gate).await.status, 200);
    world.relay.seen().clear();
    world.sagemaker.invocations().clear();
    gate
}

fn assert_unavailable(answered: &Answered, code: &str) {
    assert_eq!((answered.status, answered.code()), (503, code), "{}", answered.body);
    assert!(answered.headers["retry-after"].is_string(), "{}", answered.headers);
    assert_eq!(answered.body["type"], format!("urn:export-gate:{code}"));
}

/// Kind, outcome and status of the entries after that of [`warm_gate`].
async fn entries(world: &World) -> Vec<(String, String, u64)> {
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    let all = world.ledger().await;
    all.iter().skip(1).map(|e| (text(e, "kind"), text(e, "outcome"), e["status"].as_u64().unwrap())).collect()
}

fn entry(kind: &str, outcome: &str, status: u64) -> (String, String, u64) {
    (kind.into(), outcome.into(), status)
}

/// Applies `action` to the first `times` requests of an operation, and forwards all others.
fn act_on_first(
    world: &World,
    operation: &'static str,
    times: usize,
    action: impl Fn() -> Action + Send + Sync + 'static,
) {
    world.relay.rule(
        move |seen: &Seen| {
            if seen.operation == operation && seen.count <= times { action() } else { Action::Forward }
        },
    );
}

// Reads

#[tokio::test]
async fn requests_get_503_while_dynamodb_is_unreachable() {
    let world = World::with_samples().await;
    let gate = warm_gate(&world).await;
    world.relay.cut().await;
    assert_unavailable(&ask_citizen(&gate).await, "register.unavailable");
    assert_eq!(world.invoked(), 0);
    world.relay.mend().await.unwrap();
    assert_eq!(ask_citizen(&gate).await.status, 200);
    assert_eq!(entries(&world).await, [entry("invocation", "permit", 200)], "a 503 of the register has no entry");
}

#[tokio::test]
async fn a_failed_read_is_retried_and_then_answered_with_503() {
    type Make = fn() -> Action;
    let table: [(&str, Make); 5] = [
        ("throttled", Action::throttled),
        ("failing", Action::internal_error),
        ("denied", Action::access_denied),
        ("closed during the read", || Action::LoseAnswer),
        ("hanging", || Action::Hang),
    ];
    for (name, action) in table {
        let world = World::with_samples().await;
        let gate = warm_gate(&world).await;
        act_on_first(&world, "BatchGetItem", usize::MAX, action);
        assert_unavailable(&ask_citizen(&gate).await, "register.unavailable");
        assert_eq!(world.invoked(), 0, "{name}");
        world.relay.seen().clear();
        if name != "denied" {
            act_on_first(&world, "BatchGetItem", 1, action);
            assert_eq!(ask_citizen(&gate).await.status, 200, "{name} once is retried");
        }
    }
}

#[tokio::test]
async fn a_key_that_stays_unprocessed_is_unavailable_not_absent() {
    let world = World::with_samples().await;
    let gate = warm_gate(&world).await;
    let table = world.tables.callers.clone();
    let with_table = move || {
        let table = table.clone();
        Action::rewrite(move |mut answer| {
            answer["Responses"] = json!({});
            answer["UnprocessedKeys"] = json!({table: {"Keys": [{"id": {"S": "client#sample-us-app"}}]}});
            answer
        })
    };
    act_on_first(&world, "BatchGetItem", usize::MAX, with_table);
    assert_unavailable(&ask_citizen(&gate).await, "register.unavailable");
    world.relay.forward();
    assert_eq!(ask_citizen(&gate).await.status, 200);
}

#[tokio::test]
async fn unprocessed_keys_are_requested_again() {
    let world = World::with_samples().await;
    let gate = warm_gate(&world).await;
    let requested = Arc::new(std::sync::Mutex::new(Value::Null));
    let first = Arc::clone(&requested);
    world.relay.rule(move |seen: &Seen| {
        if seen.operation != "BatchGetItem" || seen.count > 1 {
            return Action::Forward;
        }
        *first.lock().unwrap() = seen.body["RequestItems"].clone();
        let all = seen.body["RequestItems"].clone();
        Action::rewrite(move |mut answer| {
            answer["Responses"] = json!({});
            answer["UnprocessedKeys"] = all;
            answer
        })
    });
    assert_eq!(ask_citizen(&gate).await.status, 200);
    let again = world.relay.seen().all().into_iter().filter(|seen| seen.operation == "BatchGetItem").nth(1).unwrap();
    assert_eq!(again.body["RequestItems"], *requested.lock().unwrap());
}

#[tokio::test]
async fn a_register_without_heads_is_unavailable() {
    let world = World::with_samples().await;
    let gate = warm_gate(&world).await;
    let register = world.tables.register.clone();
    act_on_first(&world, "BatchGetItem", usize::MAX, move || {
        let register = register.clone();
        Action::rewrite(move |mut answer| {
            answer["Responses"].as_object_mut().unwrap().remove(&register);
            answer
        })
    });
    assert_unavailable(&ask_citizen(&gate).await, "register.unavailable");
    let empty = World::empty().await;
    assert_unavailable(&ask_citizen(&empty.gate()).await, "register.unavailable");
}

#[tokio::test]
async fn a_gate_that_starts_without_dynamodb_answers_503_until_it_can_load() {
    let world = World::with_samples().await;
    world.relay.cut().await;
    let function = world.function().await;
    function.ready(PATIENCE).await.unwrap();
    let answered = call(&function, &citizen_request().0).await;
    assert_unavailable(&answered, "register.unavailable");
    let mut health = world::events::rest("GET", "/v1/health", "");
    health.0["requestContext"]["authorizer"] = json!(null);
    assert_eq!(call(&function, &health.0).await.status, 503);
    world.relay.mend().await.unwrap();
    assert_eq!(call(&function, &citizen_request().0).await.status, 200);
    assert_eq!(call(&function, &health.0).await.status, 200);
}

// Changes of the register

fn stop_embargo() -> Value {
    json!({"kind": "embargo", "id": "stop", "models": ["opus-4-8"], "applies_to": {"everyone": true},
           "effect": "prohibited", "authority": "OPERATOR", "citation": "Sample stop"})
}

fn return_no_records() -> Action {
    Action::rewrite(|mut answer| {
        answer["Items"] = json!([]);
        answer["Count"] = json!(0);
        answer
    })
}

#[tokio::test]
async fn records_missing_behind_their_head_are_read_again_and_then_answered_with_503() {
    let world = World::with_samples().await;
    let gate = warm_gate(&world).await;
    world.register(vec![stop_embargo()]).await;
    act_on_first(&world, "Query", 1, return_no_records);
    let refused = ask_citizen(&gate).await;
    assert_eq!((refused.status, refused.code()), (451, "embargo.everyone"), "the second read is complete");
    world.register(vec![json!({"kind": "group", "id": "X:1", "countries": ["FR"]})]).await;
    act_on_first(&world, "Query", usize::MAX, return_no_records);
    assert_unavailable(&ask_citizen_within(&gate, Duration::from_millis(300)).await, "register.unavailable");
    world.relay.forward();
    assert_eq!(ask_citizen(&gate).await.status, 451);
}

/// [`ask_citizen`] with a deadline.
async fn ask_citizen_within(gate: &Gate, time: Duration) -> Answered {
    let deadline = tokio::time::Instant::now() + time;
    world::ask_until(gate, &citizen_request().0, now(), deadline).await
}

#[tokio::test]
async fn the_gate_waits_for_records_that_lag_behind_their_head() {
    let world = World::with_samples().await;
    let gate = warm_gate(&world).await;
    world.register(vec![stop_embargo()]).await;
    world.relay.seen().clear();
    // Longer than a writer's transaction: six reads of the samples' five kinds.
    act_on_first(&world, "Query", 30, return_no_records);
    let refused = ask_citizen(&gate).await;
    assert_eq!((refused.status, refused.code()), (451, "embargo.everyone"));
}

#[tokio::test]
async fn concurrent_requests_share_one_read_of_newer_records() {
    let world = World::with_samples().await;
    let gate = warm_gate(&world).await;
    world.register(vec![stop_embargo()]).await;
    world.relay.seen().clear();
    let answers = futures_util::future::join_all((0..10).map(|_| ask_citizen(&gate))).await;
    assert!(answers.iter().all(|answered| answered.status == 451));
    let queries = world.relay.operations().iter().filter(|name| *name == "Query").count();
    assert!(queries <= 10, "more than two reads of the samples' five kinds: {queries}");
}

#[tokio::test]
async fn one_bad_head_of_eight_is_skipped() {
    let kinds = |kinds: &[(&str, u64)]| {
        let kind = |(name, revision): &(&str, u64)| {
            ((*name).to_owned(), json!({"M": {"revision": {"N": revision.to_string()}, "records": {"N": "1"}}}))
        };
        json!({"M": kinds.iter().map(kind).collect::<serde_json::Map<_, _>>()})
    };
    let nine = || json!({"N": "9"});
    let table = [
        ("deleted", None),
        ("without a revision", Some(json!({"revision": null}))),
        ("without kinds", Some(json!({"kinds": null}))),
        ("raised without its kinds", Some(json!({"revision": nine()}))),
        ("raised with its kinds", Some(json!({"revision": nine(), "kinds": kinds(&[("embargo", 9)])}))),
        ("lowered", Some(json!({"revision": {"N": "1"}, "kinds": kinds(&[("model", 1)])}))),
        ("without embargoes", Some(json!({"kinds": kinds(&[("group", 2), ("model", 1)])}))),
        ("with a kind that has no records", Some(json!({"kinds": kinds(&[("group", 2), ("treaty", 1)])}))),
    ];
    for (what, change) in table {
        let world = World::with_samples().await;
        world.register(vec![json!({"kind": "group", "id": "X:1", "countries": ["FR"]})]).await;
        let gate = warm_gate(&world).await;
        break_head(&world, change);
        let (warm, cold) = (ask_citizen(&gate).await, ask_citizen(&world.gate()).await);
        assert_eq!((warm.status, cold.status), (200, 200), "{what}: {} {}", warm.body, cold.body);
        world.relay.forward();
        world.register(vec![stop_embargo()]).await;
        assert_eq!(ask_citizen(&gate).await.status, 451, "{what}");
    }
}

/// Makes a head bad: changed, or missing if `change` is `None`. It is the third of eight, or the one that is read alone.
fn break_head(world: &World, change: Option<Value>) {
    let table = world.tables.register.clone();
    world.relay.rule(move |seen: &Seen| {
        let keys = seen.body["RequestItems"][&table]["Keys"].as_array().map_or(0, Vec::len);
        let (table, change) = (table.clone(), change.clone());
        if seen.operation != "BatchGetItem" || keys == 0 {
            return Action::Forward;
        }
        Action::rewrite(move |mut answer| {
            let heads = answer["Responses"][&table].as_array_mut().unwrap();
            let is_bad = |head: &Value| keys == 1 || head["kind"]["S"] == "head#3";
            match change {
                None => heads.retain(|head| !is_bad(head)),
                Some(change) => {
                    for head in heads.iter_mut().filter(|head| is_bad(head)) {
                        for (name, value) in change.as_object().unwrap() {
                            let head = head.as_object_mut().unwrap();
                            head.remove(name);
                            head.extend((!value.is_null()).then(|| (name.clone(), value.clone())));
                        }
                    }
                }
            }
            answer
        })
    });
}

#[tokio::test]
async fn a_change_during_a_request_applies_at_the_latest_from_the_next_request() {
    let world = Arc::new(World::with_samples().await);
    let gate = warm_gate(&world).await;
    world.register(vec![json!({"kind": "group", "id": "X:1", "countries": ["FR"]})]).await;
    // An embargo is written while the gate reads newer records.
    let written = Arc::new(AtomicBool::new(false));
    let (writer, once) = (world.writer.clone(), Arc::clone(&written));
    world.relay.rule(move |seen: &Seen| {
        if seen.operation == "BatchGetItem" && !once.swap(true, Ordering::SeqCst) {
            let writer = writer.clone();
            return Action::then(async move || {
                writer.put(vec![world::item(stop_embargo())]).await.unwrap();
            });
        }
        Action::Forward
    });
    let first = ask_citizen(&gate).await;
    assert!(matches!(first.status, 200 | 451), "before or after the change: {}", first.body);
    assert!(written.load(Ordering::SeqCst));
    assert_eq!(ask_citizen(&gate).await.status, 451);
}

#[tokio::test]
async fn an_unreadable_record_stops_the_models_that_it_may_concern_and_no_other_record() {
    // Each is written together with an embargo on `fable-5`, which must apply at once.
    let stop = json!({"kind": "embargo", "id": "stop-fable", "models": ["fable-5"], "applies_to": {"everyone": true},
                      "effect": "prohibited", "authority": "OPERATOR", "citation": "Sample stop"});
    let opus = json!({"kind": "model", "id": "opus-4-8@1", "name": "opus-4-8", "version": "1", "odd": true});
    let table = [
        (
            "an embargo with a key of a later version",
            json!({"kind": "embargo", "id": "odd", "models": ["opus-4-8"],
            "applies_to": {"lists": ["sdn"]}, "effect": "prohibited", "authority": "OFAC", "citation": "x"}),
            503,
        ),
        (
            "an embargo on other models",
            json!({"kind": "embargo", "id": "odd", "models": ["mythos-5"],
            "applies_to": {"lists": ["sdn"]}, "effect": "prohibited", "authority": "OFAC", "citation": "x"}),
            200,
        ),
        ("an embargo with unreadable models", json!({"kind": "embargo", "id": "odd", "models": []}), 503),
        ("a licence", json!({"kind": "licence", "id": "odd"}), 200),
        ("a clearance", json!({"kind": "clearance", "id": "odd"}), 200),
        ("a list of parties", json!({"kind": "list", "id": "odd", "content": "parties"}), 200),
        // It may list VPNs, which hide destinations, and every model has an embargo by destination.
        ("a list of unknown content", json!({"kind": "list", "id": "odd"}), 503),
        ("a kind of a later version", json!({"kind": "treaty", "id": "odd"}), 503),
        ("a setting of a later version", json!({"kind": "setting", "id": "odd"}), 503),
        // The last readable versions of these count for 300 s.
        ("a model", opus, 200),
        ("a group", json!({"kind": "group", "id": "E:1", "countries": ["UK"]}), 200),
        ("a setting", json!({"kind": "setting", "id": "screening", "odd": 1}), 200),
    ];
    for (name, record, status) in table {
        let world = World::with_samples().await;
        let gate = warm_gate(&world).await;
        let (kind, id) = (record["kind"].clone(), record["id"].clone());
        world.register(vec![record, stop.clone()]).await;
        let answered = ask_citizen(&gate).await;
        assert_eq!(answered.status, status, "{name}: {}", answered.body);
        let fable = ask(&gate, &invocation("sample-us-app", "fable-5").person("sample-us-citizen").0, now()).await;
        let concerns_all = status == 503 && !name.contains("an embargo with a key");
        assert_eq!(fable.status, if concerns_all { 503 } else { 451 }, "{name}: {}", fable.body);
        let health = ask(&gate, &world::events::rest("GET", "/v1/health", "x").0, now()).await;
        let named = health.body["unreadable"].as_array().unwrap();
        assert!(named.contains(&json!({"kind": kind, "id": id})), "{name}: {}", health.body);
        assert_eq!(health.status, if concerns_all { 503 } else { 200 }, "{name}: {}", health.body);
    }
}

#[tokio::test]
async fn health_reports_the_lists_in_force_with_their_editions() {
    let world = World::with_samples().await;
    let mut withdrawn = world.edition("old", "1", &[]).await;
    withdrawn["withdrawn"] = json!(true);
    let networks = world.network_edition(("tor", "tor"), "3", &["192.0.2.1/32"]).await;
    let (sdn, eu) = (world.edition("sdn", "2026-11-20", &[]).await, world.edition("eu", "7", &[]).await);
    world.register(vec![sdn.clone(), eu, networks, withdrawn]).await;
    let gate = warm_gate(&world).await;
    let health = async || ask(&gate, &world::events::rest("GET", "/v1/health", "x").0, now()).await.body;
    assert_eq!(health().await["lists"], json!({"sdn": "2026-11-20", "eu": "7", "tor": "3"}));
    // If an edition is unreadable, the previous one stays in force.
    let mut unreadable = sdn;
    unreadable["edition"] = json!("2026-11-21");
    unreadable["sha256"] = json!("none");
    world.register(vec![unreadable]).await;
    let health = health().await;
    assert_eq!((&health["lists"]["sdn"], &health["status"]), (&json!("2026-11-20"), &json!("ok")));
    assert_eq!(health["unreadable"], json!([{"kind": "list", "id": "sdn"}]));
}

#[tokio::test]
async fn an_unreadable_caller_is_unavailable_not_unknown() {
    for record in [
        json!({"id": "client#sample-us-app", "organisation": "sample-us-company", "status": "open", "users": "asserted"}),
        json!({"id": "organisation#sample-us-company", "status": "active", "incorporated_in": "UK"}),
        json!({"id": "person#sample-us-citizen", "organisation": "sample-us-company", "us_status": "resident"}),
    ] {
        let world = World::with_samples().await;
        world.caller(record.clone()).await;
        assert_unavailable(&ask_citizen(&world.gate()).await, "register.unavailable");
    }
}

// The ledger

#[tokio::test]
async fn an_answer_without_a_ledger_entry_is_dropped() {
    type Make = fn() -> Action;
    // A write with an unknown outcome is completed later; a write that failed leaves no entry.
    let table: [(&str, Make, bool); 5] = [
        ("throttled", Action::throttled, false),
        ("denied", Action::access_denied, false),
        ("failing", Action::internal_error, true),
        ("lost on the way", || Action::Refuse, true),
        ("hanging", || Action::Hang, true),
    ];
    for (name, action, ambiguous) in table {
        let world = World::with_samples().await;
        let gate = warm_gate(&world).await;
        act_on_first(&world, "PutItem", usize::MAX, action);
        let answered = ask_citizen(&gate).await;
        assert_unavailable(&answered, "ledger.unavailable");
        assert!(answered.decision_id().is_none(), "{name}");
        assert!(!answered.body.to_string().contains("stand-in"), "{name}: the model's answer is dropped");
        let refused = ask(&gate, &invocation("unknown-client", "opus-4-8").0, now()).await;
        assert_unavailable(&refused, "ledger.unavailable");
        world.relay.forward();
        assert_eq!(ask_citizen(&gate).await.status, 200, "{name}");
        let completed = [entry("invocation", "permit", 200), entry("completion", "refuse", 503)];
        let expected = if ambiguous { completed.to_vec() } else { Vec::new() };
        let found = entries(&world).await;
        let (last, before) = found.split_last().unwrap();
        assert_eq!((last, before), (&entry("invocation", "permit", 200), &expected[..]), "{name}");
    }
}

#[tokio::test]
async fn a_write_whose_reply_is_lost_is_retried_unchanged() {
    for action in [|| Action::LoseAnswer, || Action::HangAfter] {
        let world = World::with_samples().await;
        let gate = warm_gate(&world).await;
        act_on_first(&world, "PutItem", 1, action);
        let answered = ask_citizen(&gate).await;
        assert_eq!(answered.status, 200, "{}", answered.body);
        assert_eq!(entries(&world).await, [entry("invocation", "permit", 200)]);
        let puts: Vec<Value> = world
            .relay
            .seen()
            .all()
            .into_iter()
            .filter(|seen| seen.operation == "PutItem")
            .map(|seen| seen.body["Item"].clone())
            .collect();
        assert_eq!((puts.len(), &puts[0]), (2, &puts[1]), "the second write equals the first");
    }
}

#[tokio::test]
async fn a_permit_with_an_unknown_write_outcome_is_completed_before_the_next_entry() {
    let actions: [fn(usize) -> Action; 2] = [
        |_| Action::LoseAnswer,
        // The later attempts were not written; the outcome of the first stays unknown.
        |count| if count == 1 { Action::LoseAnswer } else { Action::access_denied() },
    ];
    for action in actions {
        let world = World::with_samples().await;
        let gate = warm_gate(&world).await;
        world.relay.seen().clear();
        world.relay.rule(move |seen| if seen.operation == "PutItem" { action(seen.count) } else { Action::Forward });
        assert_unavailable(&ask_citizen(&gate).await, "ledger.unavailable");
        world.relay.forward();
        assert_eq!(ask_citizen(&gate).await.status, 200);
        let all = world.ledger().await;
        assert_eq!(
            entries(&world).await,
            [
                entry("invocation", "permit", 200),
                entry("completion", "refuse", 503),
                entry("invocation", "permit", 200),
            ]
        );
        assert_eq!(all[2]["of"], all[1]["decision_id"], "the completion names what it completes");
    }
}

#[tokio::test]
async fn an_interrupted_invocation_is_completed_before_the_next_entry() {
    let world = World::with_samples().await;
    let gate = warm_gate(&world).await;
    world.sagemaker.next(Behaviour::Hang);
    let event = citizen_request().0.to_string();
    {
        // The request's future is dropped once the permit is written.
        let handled = gate.handle(&event, now(), later());
        let written = async {
            while world.ledger().await.len() < 2 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! { _ = handled => unreachable!("the model hangs"), () = written => {} }
    }
    assert_eq!(ask_citizen(&gate).await.status, 200);
    let kinds: Vec<String> = entries(&world).await.into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["invocation", "completion", "invocation"]);
}

// The model

/// The organisation of [`citizen_request`] with `owners` owners, each with `levels` levels of ownership.
fn organisation_with_owners(owners: usize, levels: usize) -> Value {
    let owner = |below: Option<Value>| {
        let mut owner = json!({"name": "Sample Holding", "kind": "organisation", "percent": 0.01});
        below.into_iter().for_each(|below| owner["owners"] = json!([below]));
        owner
    };
    let chain = (1..levels).fold(owner(None), |below, _| owner(Some(below)));
    json!({
        "id": "organisation#sample-us-company", "name": "Sample US Company", "type": "company", "incorporated_in": "US",
        "status": "active", "end_uses": ["research"], "owners": vec![chain; owners],
        "verification": {"status": "verified", "until": "2030-01-01T00:00:00Z"},
    })
}

#[tokio::test]
async fn a_request_whose_entry_cannot_be_stored_calls_no_model() {
    let world = World::with_samples().await;
    let listed = ["1", "2", "3", "4", "5"].map(|digit| party(&digit.repeat(300), "Sample Holding"));
    let list = world.edition("own", "1", &listed).await;
    let applies_to = json!({"ownership": {"lists": ["own"], "percent": 50}});
    let embargo = json!({
        "kind": "embargo", "id": "by-owners", "models": ["opus-4-8"], "applies_to": applies_to, "effect": "observed",
        "authority": "OFAC", "citation": "31 CFR 501",
    });
    world.register(vec![list, embargo]).await;
    // (owners, levels of ownership, the logged failure)
    let table = [
        (1, 13, None),
        (1, 14, Some("nested deeper than DynamoDB's 32 levels")),
        (1, 15, Some("`organisation#sample-us-company` may have at most 13 levels of owners")),
        (300, 1, Some("`organisation#sample-us-company` has too many owners or potential matches")),
    ];
    let gate = world.gate();
    for (owners, levels, failure) in table {
        let case = format!("{owners} owners, {levels} levels");
        world.caller(organisation_with_owners(owners, levels)).await;
        world.sagemaker.invocations().clear();
        let before = world.ledger().await.len();
        let answered = ask_citizen(&gate).await;
        let after = world.ledger().await;
        match failure {
            None => {
                assert_eq!((answered.status, world.invoked()), (200, 1), "{case}: {}", answered.body);
                let matches = after.last().unwrap()["facts"]["owned"].to_string().matches("matches").count();
                assert_eq!((after.len(), matches), (before + 1, levels), "{case}: each level has its matches");
            }
            Some(failure) => {
                assert_unavailable(&answered, "ledger.unavailable");
                assert_eq!((world.invoked(), after.len()), (0, before), "{case}");
                let failures = answered.log.unwrap().failures.join(" ");
                assert!(failures.contains(failure) && !failures.contains("Holding"), "{case}: {failures}");
            }
        }
    }
}

#[tokio::test]
async fn a_failed_model_call_is_answered_and_completed_in_the_ledger() {
    let table = [
        (Behaviour::NotReady, 503, "model.unavailable"),
        (Behaviour::Throttled, 503, "model.unavailable"),
        (Behaviour::ServiceUnavailable, 503, "model.unavailable"),
        (Behaviour::ModelError { original_status: 500 }, 502, "model.failed"),
        (Behaviour::InternalFailure, 502, "model.failed"),
        (Behaviour::Reset, 502, "model.failed"),
        (Behaviour::TooLarge(6 * 1024 * 1024 + 512 * 1024), 502, "model.failed"),
        (Behaviour::Hang, 504, "model.timeout"),
    ];
    for (behaviour, status, code) in table {
        let world = World::with_samples().await;
        let name = format!("{behaviour:?}");
        let settings = export_gate::settings::Settings { model_timeout: Duration::from_secs(1), ..world.settings() };
        let gate = world.gate_with(settings);
        // The gate is not warm, so that the connection is new.
        world.sagemaker.next(behaviour);
        let answered = ask_citizen(&gate).await;
        assert_eq!((answered.status, answered.code()), (status, code), "{name}: {}", answered.body);
        assert_eq!(answered.headers["retry-after"].is_string(), status == 503, "{name}");
        assert_eq!(world.invoked(), 1, "{name}: one attempt");
        let all = world.ledger().await;
        assert_eq!(answered.decision_id(), all[0]["decision_id"].as_str(), "{name}");
        assert_eq!(
            (&all[0]["outcome"], &all[1]["kind"], &all[1]["of"]),
            (&json!("permit"), &json!("completion"), &all[0]["decision_id"]),
            "{name}"
        );
        assert_eq!((&all[1]["status"], &all[1]["reasons"]), (&json!(status), &json!([{"code": code}])), "{name}");
        assert_eq!(
            (all.len(), ask_citizen(&gate).await.status),
            (2, 200),
            "{name}: the environment serves the next request"
        );
    }
}

#[tokio::test]
async fn an_unreachable_model_is_503_because_it_did_not_run() {
    let world = World::with_samples().await;
    let gate = warm_gate(&world).await;
    world.sagemaker.cut().await;
    let answered = ask_citizen(&gate).await;
    assert_eq!((answered.status, answered.code()), (503, "model.unavailable"), "{}", answered.body);
    world.sagemaker.mend().await.unwrap();
    assert_eq!(ask_citizen(&gate).await.status, 200);
}

/// The error does not show whether a reply had begun. So the model may have run on any connection that breaks after the
/// request, new or reused, and the call is not repeated.
#[tokio::test]
async fn a_model_call_is_not_repeated_when_its_connection_breaks() {
    let raw = |bytes: &'static str| Behaviour::Raw(bytes.into());
    let table = [
        ("closed without a reply", Behaviour::Close),
        ("reset", Behaviour::Reset),
        ("no HTTP", raw("\u{1}\u{2}\u{3}\r\n\r\n")),
        ("an invalid status", raw("HTTP/1.1 2x0 OK\r\n\r\n")),
        ("an invalid header", raw("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n")),
        ("half a status line", raw("HTTP/1.1 20")),
        ("half a head", raw("HTTP/1.1 200 OK\r\nContent-Ty")),
        ("only an informational reply", raw("HTTP/1.1 102 Processing\r\n\r\n")),
        ("half a body", raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a")),
        ("half a chunk", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{\"a")),
    ];
    let world = World::with_samples().await;
    for (reply, behaviour) in table {
        for (connection, gate) in [("reused", warm_gate(&world).await), ("fresh", world.gate())] {
            world.sagemaker.invocations().clear();
            world.sagemaker.next(behaviour.clone());
            let answered = ask_citizen(&gate).await;
            assert_eq!((answered.status, answered.code()), (502, "model.failed"), "{reply}, {connection}");
            assert_eq!(world.invoked(), 1, "{reply}, {connection}");
            assert_eq!(ask_citizen(&gate).await.status, 200, "{reply}, {connection}: the next request");
        }
    }
}

#[tokio::test]
async fn an_idle_connection_is_replaced_before_the_model_call() {
    let world = World::with_samples().await;
    let gate = warm_gate(&world).await;
    let after = |seconds: i64| now() + jiff::SignedDuration::from_secs(seconds);
    world.sagemaker.forget_connections();
    let answered = ask(&gate, &citizen_request().0, after(60)).await;
    assert_eq!((answered.status, world.invoked()), (200, 1), "{}", answered.body);
    // A connection used within the last seconds counts as open.
    world.sagemaker.forget_connections();
    let answered = ask(&gate, &citizen_request().0, after(61)).await;
    assert_eq!((answered.status, answered.code(), world.invoked()), (502, "model.failed", 1));
    assert_eq!(ask(&gate, &citizen_request().0, after(62)).await.status, 200);
}

#[tokio::test]
async fn the_gate_answers_504_before_lambda_times_out() {
    let world = World::with_samples().await;
    let function = world.function().await;
    assert_eq!(call(&function, &citizen_request().0).await.status, 200);
    world.sagemaker.next(Behaviour::Hang);
    // Lambda ends the request after 4 s; MODEL_TIMEOUT alone is 27 s.
    let payload = function.invoke(citizen_request().0, Duration::from_secs(4)).await.unwrap();
    assert_eq!(payload["statusCode"], 504);
    assert_eq!(entries(&world).await.last().unwrap(), &entry("completion", "refuse", 504));
}

#[tokio::test]
async fn a_quota_is_returned_if_the_model_did_not_run() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let quota = || invocation("sample-quota-service", "mythos-5").0; // a licence for five requests
    for behaviour in [Behaviour::NotReady, Behaviour::Throttled, Behaviour::NotReady, Behaviour::NotReady] {
        world.sagemaker.next(behaviour);
        assert_eq!(ask(&gate, &quota(), now()).await.status, 503);
    }
    world.sagemaker.next(Behaviour::ModelError { original_status: 500 });
    assert_eq!(ask(&gate, &quota(), now()).await.status, 502, "the model ran");
    for _ in 0..4 {
        assert_eq!(ask(&gate, &quota(), now()).await.status, 200);
    }
    assert_eq!(ask(&gate, &quota(), now()).await.codes(), ["embargo.foreign-person", "licence.exhausted"]);
}

#[tokio::test]
async fn a_quota_is_used_if_a_closed_connection_leaves_unknown_whether_the_model_ran() {
    let world = World::with_samples().await;
    let gate = warm_gate(&world).await;
    let quota = || invocation("sample-quota-service", "mythos-5").0; // a licence for five requests
    for _ in 0..5 {
        world.sagemaker.next(Behaviour::Close);
        assert_eq!(ask(&gate, &quota(), now()).await.status, 502);
    }
    assert_eq!(ask(&gate, &quota(), now()).await.codes(), ["embargo.foreign-person", "licence.exhausted"]);
}

#[tokio::test]
async fn an_answer_does_not_wait_for_the_quotas_bookkeeping() {
    let world = World::with_samples().await;
    let gate = warm_gate(&world).await;
    // The lease succeeds; counting the use by model hangs.
    world.relay.rule(|seen: &Seen| {
        let counts = seen.operation == "UpdateItem" && seen.body["Key"]["model"]["S"] != "*";
        if counts { Action::Hang } else { Action::Forward }
    });
    let answered = ask(&gate, &invocation("sample-quota-service", "mythos-5").0, now()).await;
    assert_eq!(answered.status, 200);
    assert!(answered.log.unwrap().failures.is_empty(), "the count is cancelled before it times out");
}

#[tokio::test]
async fn a_quota_that_cannot_be_read_is_unavailable() {
    let world = World::with_samples().await;
    let gate = world.gate();
    act_on_first(&world, "UpdateItem", usize::MAX, Action::access_denied);
    let answered = ask(&gate, &invocation("sample-quota-service", "mythos-5").0, now()).await;
    assert_unavailable(&answered, "register.unavailable");
    assert_eq!(world.invoked(), 0);
}

// The environment

#[tokio::test]
async fn the_chain_of_a_killed_environment_verifies() {
    let world = World::with_samples().await;
    for _ in 0..2 {
        let function = world.function().await;
        assert_eq!(call(&function, &citizen_request().0).await.status, 200);
        function.kill().await;
    }
    assert_eq!(world.ledger().await.len(), 2);
}
