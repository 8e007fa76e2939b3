//! What fails, and what the caller gets then (src/README.md, "When something fails"): no answer without its entry,
//! no permit out of failure, and chains that verify afterwards.

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

fn citizen() -> Rest {
    invocation("sample-us-app", "opus-4-8").person("sample-us-citizen")
}

async fn permit(gate: &Gate) -> Answered {
    ask(gate, &citizen().0, now()).await
}

/// A gate that has read the register and knows the client.
async fn warm(world: &World) -> Gate {
    let gate = world.gate();
    assert_eq!(permit(&gate).await.status, 200);
    world.relay.seen().clear();
    world.sagemaker.invocations().clear();
    gate
}

fn assert_unavailable(answered: &Answered, code: &str) {
    assert_eq!((answered.status, answered.code()), (503, code), "{}", answered.body);
    assert!(answered.headers["retry-after"].is_string(), "{}", answered.headers);
    assert_eq!(answered.body["type"], format!("urn:export-gate:{code}"));
}

/// The entries after the first, which [`warm`] left: kind, outcome, status.
async fn entries(world: &World) -> Vec<(String, String, u64)> {
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    let all = world.ledger().await;
    all.iter().skip(1).map(|e| (text(e, "kind"), text(e, "outcome"), e["status"].as_u64().unwrap())).collect()
}

fn entry(kind: &str, outcome: &str, status: u64) -> (String, String, u64) {
    (kind.into(), outcome.into(), status)
}

/// Does `action` to the first requests of an operation, `times` of them, and passes the rest on.
fn first(world: &World, operation: &'static str, times: usize, action: impl Fn() -> Action + Send + Sync + 'static) {
    world.relay.rule(
        move |seen: &Seen| {
            if seen.operation == operation && seen.count <= times { action() } else { Action::Forward }
        },
    );
}

// The read.

#[tokio::test]
async fn dynamodb_gone_before_the_read_is_503_and_passes() {
    let world = World::with_samples().await;
    let gate = warm(&world).await;
    world.relay.cut().await;
    assert_unavailable(&permit(&gate).await, "register.unavailable");
    assert_eq!(world.invoked(), 0);
    world.relay.mend().await.unwrap();
    assert_eq!(permit(&gate).await.status, 200);
    assert_eq!(entries(&world).await, [entry("invocation", "permit", 200)], "503 of the register is logged alone");
}

#[tokio::test]
async fn a_read_that_fails_is_retried_and_then_503_never_a_permit_and_never_embargoed() {
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
        let gate = warm(&world).await;
        first(&world, "BatchGetItem", usize::MAX, action);
        assert_unavailable(&permit(&gate).await, "register.unavailable");
        assert_eq!(world.invoked(), 0, "{name}");
        world.relay.seen().clear();
        if name != "denied" {
            first(&world, "BatchGetItem", 1, action);
            assert_eq!(permit(&gate).await.status, 200, "{name} once is retried");
        }
    }
}

#[tokio::test]
async fn keys_left_unprocessed_are_trouble_not_absence() {
    let world = World::with_samples().await;
    let gate = warm(&world).await;
    let table = world.tables.callers.clone();
    let with_table = move || {
        let table = table.clone();
        Action::rewrite(move |mut answer| {
            answer["Responses"] = json!({});
            answer["UnprocessedKeys"] = json!({table: {"Keys": [{"id": {"S": "client#sample-us-app"}}]}});
            answer
        })
    };
    first(&world, "BatchGetItem", usize::MAX, with_table);
    assert_unavailable(&permit(&gate).await, "register.unavailable");
    world.relay.forward();
    assert_eq!(permit(&gate).await.status, 200);
}

#[tokio::test]
async fn unprocessed_keys_are_asked_for_again() {
    let world = World::with_samples().await;
    let gate = warm(&world).await;
    let asked = Arc::new(std::sync::Mutex::new(Value::Null));
    let seen_first = Arc::clone(&asked);
    world.relay.rule(move |seen: &Seen| {
        if seen.operation != "BatchGetItem" || seen.count > 1 {
            return Action::Forward;
        }
        *seen_first.lock().unwrap() = seen.body["RequestItems"].clone();
        let all = seen.body["RequestItems"].clone();
        Action::rewrite(move |mut answer| {
            answer["Responses"] = json!({});
            answer["UnprocessedKeys"] = all;
            answer
        })
    });
    assert_eq!(permit(&gate).await.status, 200);
    let again = world.relay.seen().all().into_iter().filter(|seen| seen.operation == "BatchGetItem").nth(1).unwrap();
    assert_eq!(again.body["RequestItems"], *asked.lock().unwrap());
}

#[tokio::test]
async fn no_head_is_trouble() {
    let world = World::with_samples().await;
    let gate = warm(&world).await;
    let register = world.tables.register.clone();
    first(&world, "BatchGetItem", usize::MAX, move || {
        let register = register.clone();
        Action::rewrite(move |mut answer| {
            answer["Responses"].as_object_mut().unwrap().remove(&register);
            answer
        })
    });
    assert_unavailable(&permit(&gate).await, "register.unavailable");
    let empty = World::empty().await;
    assert_unavailable(&permit(&empty.gate()).await, "register.unavailable");
}

#[tokio::test]
async fn a_gate_that_starts_without_dynamodb_answers_503_and_loads_when_it_can() {
    let world = World::with_samples().await;
    world.relay.cut().await;
    let function = world.function().await;
    function.ready(PATIENCE).await.unwrap();
    let answered = call(&function, &citizen().0).await;
    assert_unavailable(&answered, "register.unavailable");
    let mut health = world::events::rest("GET", "/v1/health", "");
    health.0["requestContext"]["authorizer"] = json!(null);
    assert_eq!(call(&function, &health.0).await.status, 503);
    world.relay.mend().await.unwrap();
    assert_eq!(call(&function, &citizen().0).await.status, 200);
    assert_eq!(call(&function, &health.0).await.status, 200);
}

// The register moves.

fn stop() -> Value {
    json!({"kind": "embargo", "id": "stop", "models": ["opus-4-8"], "applies_to": {"everyone": true},
           "effect": "prohibited", "authority": "OPERATOR", "citation": "Sample stop"})
}

#[tokio::test]
async fn a_head_seen_before_its_records_is_read_again_and_at_last_refused() {
    let world = World::with_samples().await;
    let gate = warm(&world).await;
    world.register(vec![stop()]).await;
    let without_records = || {
        Action::rewrite(|mut answer| {
            answer["Items"] = json!([]);
            answer["Count"] = json!(0);
            answer
        })
    };
    first(&world, "Query", 1, without_records);
    let refused = permit(&gate).await;
    assert_eq!((refused.status, refused.code()), (451, "embargo.everyone"), "read again, and whole");
    world.register(vec![json!({"kind": "group", "id": "X:1", "countries": ["FR"]})]).await;
    first(&world, "Query", usize::MAX, without_records);
    assert_unavailable(&permit_within(&gate, Duration::from_millis(300)).await, "register.unavailable");
    world.relay.forward();
    assert_eq!(permit(&gate).await.status, 451);
}

/// As `permit`, where little time is left.
async fn permit_within(gate: &Gate, time: Duration) -> Answered {
    let deadline = tokio::time::Instant::now() + time;
    world::ask_until(gate, &citizen().0, now(), deadline).await
}

#[tokio::test]
async fn records_that_lag_behind_their_head_are_waited_for() {
    let world = World::with_samples().await;
    let gate = warm(&world).await;
    world.register(vec![stop()]).await;
    world.relay.seen().clear();
    // Far longer than a writer's transaction lasts: the sample's five kinds, six times.
    first(&world, "Query", 30, || {
        Action::rewrite(|mut answer| {
            answer["Items"] = json!([]);
            answer["Count"] = json!(0);
            answer
        })
    });
    let refused = permit(&gate).await;
    assert_eq!((refused.status, refused.code()), (451, "embargo.everyone"));
}

#[tokio::test]
async fn requests_at_the_same_time_share_one_reading() {
    let world = World::with_samples().await;
    let gate = warm(&world).await;
    world.register(vec![stop()]).await;
    world.relay.seen().clear();
    let answers = futures_util::future::join_all((0..10).map(|_| permit(&gate))).await;
    assert!(answers.iter().all(|answered| answered.status == 451));
    let queries = world.relay.operations().iter().filter(|name| *name == "Query").count();
    assert!(queries <= 10, "two readings of the sample's five kinds: {queries}");
}

#[tokio::test]
async fn one_bad_head_keeps_nobody_from_being_answered() {
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
        let gate = warm(&world).await;
        bad_head(&world, change);
        let (warm, cold) = (permit(&gate).await, permit(&world.gate()).await);
        assert_eq!((warm.status, cold.status), (200, 200), "{what}: {} {}", warm.body, cold.body);
        world.relay.forward();
        world.register(vec![stop()]).await;
        assert_eq!(permit(&gate).await.status, 451, "{what}");
    }
}

/// Whoever reads one head reads this one, which is changed or, without a change, not there; of eight it is the third.
fn bad_head(world: &World, change: Option<Value>) {
    let table = world.tables.register.clone();
    world.relay.rule(move |seen: &Seen| {
        let asked = seen.body["RequestItems"][&table]["Keys"].as_array().map_or(0, Vec::len);
        let (table, change) = (table.clone(), change.clone());
        if seen.operation != "BatchGetItem" || asked == 0 {
            return Action::Forward;
        }
        Action::rewrite(move |mut answer| {
            let heads = answer["Responses"][&table].as_array_mut().unwrap();
            let is_bad = |head: &Value| asked == 1 || head["kind"]["S"] == "head#3";
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
async fn a_revision_that_moves_in_mid_request_is_followed() {
    let world = Arc::new(World::with_samples().await);
    let gate = warm(&world).await;
    world.register(vec![json!({"kind": "group", "id": "X:1", "countries": ["FR"]})]).await;
    // While the gate reads what is newer, an embargo is written.
    let moved = Arc::new(AtomicBool::new(false));
    let (writer, once) = (world.writer.clone(), Arc::clone(&moved));
    world.relay.rule(move |seen: &Seen| {
        if seen.operation == "BatchGetItem" && !once.swap(true, Ordering::SeqCst) {
            let writer = writer.clone();
            return Action::then(async move || {
                writer.put(vec![world::item(stop())]).await.unwrap();
            });
        }
        Action::Forward
    });
    let first = permit(&gate).await;
    assert!(matches!(first.status, 200 | 451), "the head that it read, or the one after: {}", first.body);
    assert!(moved.load(Ordering::SeqCst));
    assert_eq!(permit(&gate).await.status, 451, "from the request after the record is written");
}

#[tokio::test]
async fn records_of_every_kind_that_cannot_be_read_stand_beside_one_that_can() {
    // Each is written together with a stop of `fable-5`, which must count at once.
    let stop = json!({"kind": "embargo", "id": "stop-fable", "models": ["fable-5"], "applies_to": {"everyone": true},
                      "effect": "prohibited", "authority": "OPERATOR", "citation": "Sample stop"});
    let opus = json!({"kind": "model", "id": "opus-4-8@1", "name": "opus-4-8", "version": "1", "odd": true});
    let table = [
        (
            "an embargo with a key of later",
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
        ("an embargo whose models can't be read", json!({"kind": "embargo", "id": "odd", "models": []}), 503),
        ("a licence", json!({"kind": "licence", "id": "odd"}), 200),
        ("a clearance", json!({"kind": "clearance", "id": "odd"}), 200),
        ("a list of parties", json!({"kind": "list", "id": "odd", "content": "parties"}), 200),
        // It may be one of tunnels, and every model is under an embargo by destination.
        ("a list", json!({"kind": "list", "id": "odd"}), 503),
        ("a kind of later", json!({"kind": "treaty", "id": "odd"}), 503),
        ("a setting of later", json!({"kind": "setting", "id": "odd"}), 503),
        // These have a version that could be read, which serves for 300 s.
        ("a model", opus, 200),
        ("a group", json!({"kind": "group", "id": "E:1", "countries": ["UK"]}), 200),
        ("a setting", json!({"kind": "setting", "id": "screening", "odd": 1}), 200),
    ];
    for (name, record, status) in table {
        let world = World::with_samples().await;
        let gate = warm(&world).await;
        let (kind, id) = (record["kind"].clone(), record["id"].clone());
        world.register(vec![record, stop.clone()]).await;
        let answered = permit(&gate).await;
        assert_eq!(answered.status, status, "{name}: {}", answered.body);
        let fable = ask(&gate, &invocation("sample-us-app", "fable-5").person("sample-us-citizen").0, now()).await;
        let concerns_all = status == 503 && !name.contains("key of later");
        assert_eq!(fable.status, if concerns_all { 503 } else { 451 }, "{name}: {}", fable.body);
        let health = ask(&gate, &world::events::rest("GET", "/v1/health", "x").0, now()).await;
        let named = health.body["unreadable"].as_array().unwrap();
        assert!(named.contains(&json!({"kind": kind, "id": id})), "{name}: {}", health.body);
        assert_eq!(health.status, if concerns_all { 503 } else { 200 }, "{name}: {}", health.body);
    }
}

#[tokio::test]
async fn health_names_the_lists_in_force_with_their_editions() {
    let world = World::with_samples().await;
    let mut withdrawn = world.edition("old", "1", &[]).await;
    withdrawn["withdrawn"] = json!(true);
    let networks = world.network_edition(("tor", "tor"), "3", &["192.0.2.1/32"]).await;
    let (sdn, eu) = (world.edition("sdn", "2026-11-20", &[]).await, world.edition("eu", "7", &[]).await);
    world.register(vec![sdn.clone(), eu, networks, withdrawn]).await;
    let gate = warm(&world).await;
    let health = async || ask(&gate, &world::events::rest("GET", "/v1/health", "x").0, now()).await.body;
    assert_eq!(health().await["lists"], json!({"sdn": "2026-11-20", "eu": "7", "tor": "3"}));
    // One that can't be read leaves the edition before it in force, and keeps nobody from being answered.
    let mut spoilt = sdn;
    spoilt["edition"] = json!("2026-11-21");
    spoilt["sha256"] = json!("none");
    world.register(vec![spoilt]).await;
    let told = health().await;
    assert_eq!((&told["lists"]["sdn"], &told["status"]), (&json!("2026-11-20"), &json!("ok")));
    assert_eq!(told["unreadable"], json!([{"kind": "list", "id": "sdn"}]));
}

#[tokio::test]
async fn a_callers_record_that_cannot_be_read_is_trouble() {
    for record in [
        json!({"id": "client#sample-us-app", "organisation": "sample-us-company", "status": "open", "users": "asserted"}),
        json!({"id": "organisation#sample-us-company", "status": "active", "incorporated_in": "UK"}),
        json!({"id": "person#sample-us-citizen", "organisation": "sample-us-company", "us_status": "resident"}),
    ] {
        let world = World::with_samples().await;
        world.caller(record.clone()).await;
        assert_unavailable(&permit(&world.gate()).await, "register.unavailable");
    }
}

// The ledger.

#[tokio::test]
async fn without_its_entry_no_answer_leaves() {
    type Make = fn() -> Action;
    // What may have landed is completed; what surely didn't leaves no trace.
    let table: [(&str, Make, bool); 5] = [
        ("throttled", Action::throttled, false),
        ("denied", Action::access_denied, false),
        ("failing", Action::internal_error, true),
        ("lost on the way", || Action::Refuse, true),
        ("hanging", || Action::Hang, true),
    ];
    for (name, action, ambiguous) in table {
        let world = World::with_samples().await;
        let gate = warm(&world).await;
        first(&world, "PutItem", usize::MAX, action);
        let answered = permit(&gate).await;
        assert_unavailable(&answered, "ledger.unavailable");
        assert!(answered.decision_id().is_none(), "{name}");
        assert!(!answered.body.to_string().contains("stand-in"), "{name}: the model's answer is dropped");
        let refused = ask(&gate, &invocation("nobody", "opus-4-8").0, now()).await;
        assert_unavailable(&refused, "ledger.unavailable");
        world.relay.forward();
        assert_eq!(permit(&gate).await.status, 200, "{name}");
        let landed = [entry("invocation", "permit", 200), entry("completion", "refuse", 503)];
        let expected = if ambiguous { landed.to_vec() } else { Vec::new() };
        let found = entries(&world).await;
        let (last, before) = found.split_last().unwrap();
        assert_eq!((last, before), (&entry("invocation", "permit", 200), &expected[..]), "{name}");
    }
}

#[tokio::test]
async fn a_write_that_succeeds_with_its_answer_lost_is_found_there() {
    for action in [|| Action::LoseAnswer, || Action::HangAfter] {
        let world = World::with_samples().await;
        let gate = warm(&world).await;
        first(&world, "PutItem", 1, action);
        let answered = permit(&gate).await;
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
        assert_eq!((puts.len(), &puts[0]), (2, &puts[1]), "put again, byte for byte");
    }
}

#[tokio::test]
async fn a_write_that_lands_though_no_answer_says_so_is_completed_before_the_next() {
    let told: [fn(usize) -> Action; 2] = [
        |_| Action::LoseAnswer,
        // The tries behind it were surely not written, which says nothing of the first.
        |count| if count == 1 { Action::LoseAnswer } else { Action::access_denied() },
    ];
    for action in told {
        let world = World::with_samples().await;
        let gate = warm(&world).await;
        world.relay.seen().clear();
        world.relay.rule(move |seen| if seen.operation == "PutItem" { action(seen.count) } else { Action::Forward });
        assert_unavailable(&permit(&gate).await, "ledger.unavailable");
        world.relay.forward();
        assert_eq!(permit(&gate).await.status, 200);
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
async fn an_invocation_that_is_cut_off_is_completed_before_the_next() {
    let world = World::with_samples().await;
    let gate = warm(&world).await;
    world.sagemaker.next(Behaviour::Hang);
    let event = citizen().0.to_string();
    {
        // Whatever ends the request: here its future is dropped once the permit is written.
        let handled = gate.handle(&event, now(), later());
        let written = async {
            while world.ledger().await.len() < 2 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! { _ = handled => unreachable!("the model hangs"), () = written => {} }
    }
    assert_eq!(permit(&gate).await.status, 200);
    let kinds: Vec<String> = entries(&world).await.into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["invocation", "completion", "invocation"]);
}

// The model.

/// The organisation of [`citizen`], owned by so many, who are owned in turn, so many levels deep.
fn owned(each: usize, levels: usize) -> Value {
    let owner = |below: Option<Value>| {
        let mut owner = json!({"name": "Sample Holding", "kind": "organisation", "percent": 0.01});
        below.into_iter().for_each(|below| owner["owners"] = json!([below]));
        owner
    };
    let one = (1..levels).fold(owner(None), |below, _| owner(Some(below)));
    json!({
        "id": "organisation#sample-us-company", "name": "Sample US Company", "type": "company", "incorporated_in": "US",
        "status": "active", "end_uses": ["research"], "owners": vec![one; each],
        "verification": {"status": "verified", "until": "2030-01-01T00:00:00Z"},
    })
}

#[tokio::test]
async fn no_model_is_called_for_an_answer_whose_entry_cannot_be_stored() {
    let world = World::with_samples().await;
    let listed = ["1", "2", "3", "4", "5"].map(|digit| party(&digit.repeat(300), "Sample Holding"));
    let list = world.edition("own", "1", &listed).await;
    let applies_to = json!({"ownership": {"lists": ["own"], "percent": 50}});
    let embargo = json!({
        "kind": "embargo", "id": "by-owners", "models": ["opus-4-8"], "applies_to": applies_to, "effect": "observed",
        "authority": "OFAC", "citation": "31 CFR 501",
    });
    world.register(vec![list, embargo]).await;
    // owners, levels of them, and what the log says of it
    let table = [
        (1, 13, None),
        (1, 14, Some("nested deeper than DynamoDB's 32 levels")),
        (1, 15, Some("`organisation#sample-us-company` may have at most 13 levels of owners")),
        (300, 1, Some("`organisation#sample-us-company` has too many owners or potential matches")),
    ];
    let gate = world.gate();
    for (each, levels, refused) in table {
        let what = format!("{each} owners, {levels} levels");
        world.caller(owned(each, levels)).await;
        world.sagemaker.invocations().clear();
        let before = world.ledger().await.len();
        let answered = permit(&gate).await;
        let after = world.ledger().await;
        match refused {
            None => {
                assert_eq!((answered.status, world.invoked()), (200, 1), "{what}: {}", answered.body);
                let matches = after.last().unwrap()["facts"]["owned"].to_string().matches("matches").count();
                assert_eq!((after.len(), matches), (before + 1, levels), "{what}: each level says whom it matches");
            }
            Some(says) => {
                assert_unavailable(&answered, "ledger.unavailable");
                assert_eq!((world.invoked(), after.len()), (0, before), "{what}");
                let failures = answered.log.unwrap().failures.join(" ");
                assert!(failures.contains(says) && !failures.contains("Holding"), "{what}: {failures}");
            }
        }
    }
}

#[tokio::test]
async fn what_the_model_does_is_told_and_completed() {
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
        // No warm connection: whatever happens, happens to a fresh one.
        world.sagemaker.next(behaviour);
        let answered = permit(&gate).await;
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
        assert_eq!((all.len(), permit(&gate).await.status), (2, 200), "{name}: the environment lives on");
    }
}

#[tokio::test]
async fn a_model_that_cannot_be_reached_did_not_run() {
    let world = World::with_samples().await;
    let gate = warm(&world).await;
    world.sagemaker.cut().await;
    let answered = permit(&gate).await;
    assert_eq!((answered.status, answered.code()), (503, "model.unavailable"), "{}", answered.body);
    world.sagemaker.mend().await.unwrap();
    assert_eq!(permit(&gate).await.status, 200);
}

/// On one permit a model is called once: that no byte of a reply arrived can't be told from the error, so a connection that
/// breaks after the request counts as one over which the model may have run, whether it is new or not.
#[tokio::test]
async fn a_model_is_called_once_whatever_becomes_of_its_connection() {
    let raw = |bytes: &'static str| Behaviour::Raw(bytes.into());
    let table = [
        ("closed without a reply", Behaviour::Close),
        ("reset", Behaviour::Reset),
        ("no HTTP", raw("\u{1}\u{2}\u{3}\r\n\r\n")),
        ("a status that is none", raw("HTTP/1.1 2x0 OK\r\n\r\n")),
        ("a header that is none", raw("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n")),
        ("half a status line", raw("HTTP/1.1 20")),
        ("half a head", raw("HTTP/1.1 200 OK\r\nContent-Ty")),
        ("an informational reply alone", raw("HTTP/1.1 102 Processing\r\n\r\n")),
        ("half a body", raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a")),
        ("half a chunk", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{\"a")),
    ];
    let world = World::with_samples().await;
    for (what, behaviour) in table {
        for (connection, gate) in [("reused", warm(&world).await), ("fresh", world.gate())] {
            world.sagemaker.invocations().clear();
            world.sagemaker.next(behaviour.clone());
            let answered = permit(&gate).await;
            assert_eq!((answered.status, answered.code()), (502, "model.failed"), "{what}, {connection}");
            assert_eq!(world.invoked(), 1, "{what}, {connection}");
            assert_eq!(permit(&gate).await.status, 200, "{what}, {connection}: the environment lives on");
        }
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_while_it_was_idle_is_replaced_before_the_model_is_called() {
    let world = World::with_samples().await;
    let gate = warm(&world).await;
    let after = |seconds: i64| now() + jiff::SignedDuration::from_secs(seconds);
    world.sagemaker.forget_connections();
    let answered = ask(&gate, &citizen().0, after(60)).await;
    assert_eq!((answered.status, world.invoked()), (200, 1), "{}", answered.body);
    // One that was used just now is taken for open.
    world.sagemaker.forget_connections();
    let answered = ask(&gate, &citizen().0, after(61)).await;
    assert_eq!((answered.status, answered.code(), world.invoked()), (502, "model.failed", 1));
    assert_eq!(ask(&gate, &citizen().0, after(62)).await.status, 200);
}

#[tokio::test]
async fn the_gates_504_comes_before_lambdas_own() {
    let world = World::with_samples().await;
    let function = world.function().await;
    assert_eq!(call(&function, &citizen().0).await.status, 200);
    world.sagemaker.next(Behaviour::Hang);
    // Lambda would end it after 4 s; MODEL_TIMEOUT alone would wait for 27.
    let payload = function.invoke(citizen().0, Duration::from_secs(4)).await.unwrap();
    assert_eq!(payload["statusCode"], 504);
    assert_eq!(entries(&world).await.last().unwrap(), &entry("completion", "refuse", 504));
}

#[tokio::test]
async fn a_quota_is_given_back_where_the_model_did_not_run() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let quota = || invocation("sample-quota-service", "mythos-5").0; // a licence for five requests
    for behaviour in [Behaviour::NotReady, Behaviour::Throttled, Behaviour::NotReady, Behaviour::NotReady] {
        world.sagemaker.next(behaviour);
        assert_eq!(ask(&gate, &quota(), now()).await.status, 503);
    }
    world.sagemaker.next(Behaviour::ModelError { original_status: 500 });
    assert_eq!(ask(&gate, &quota(), now()).await.status, 502, "it ran");
    for _ in 0..4 {
        assert_eq!(ask(&gate, &quota(), now()).await.status, 200);
    }
    assert_eq!(ask(&gate, &quota(), now()).await.codes(), ["embargo.foreign-person", "licence.exhausted"]);
}

#[tokio::test]
async fn a_quota_is_not_given_back_where_a_closed_connection_leaves_it_open_whether_the_model_ran() {
    let world = World::with_samples().await;
    let gate = warm(&world).await;
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
    let gate = warm(&world).await;
    // The lease goes through; counting it by model hangs.
    world.relay.rule(|seen: &Seen| {
        let counts = seen.operation == "UpdateItem" && seen.body["Key"]["model"]["S"] != "*";
        if counts { Action::Hang } else { Action::Forward }
    });
    let answered = ask(&gate, &invocation("sample-quota-service", "mythos-5").0, now()).await;
    assert_eq!(answered.status, 200);
    assert!(answered.log.unwrap().failures.is_empty(), "it was cut off before its own time-out");
}

#[tokio::test]
async fn a_quota_that_nobody_can_ask_about_is_trouble() {
    let world = World::with_samples().await;
    let gate = world.gate();
    first(&world, "UpdateItem", usize::MAX, Action::access_denied);
    let answered = ask(&gate, &invocation("sample-quota-service", "mythos-5").0, now()).await;
    assert_unavailable(&answered, "register.unavailable");
    assert_eq!(world.invoked(), 0);
}

// The environment.

#[tokio::test]
async fn an_environment_that_is_killed_leaves_a_chain_that_verifies() {
    let world = World::with_samples().await;
    for _ in 0..2 {
        let function = world.function().await;
        assert_eq!(call(&function, &citizen().0).await.status, 200);
        function.kill().await;
    }
    assert_eq!(world.ledger().await.len(), 2);
}
