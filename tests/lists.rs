//! Embargoes by lists of parties, through a gate over a DynamoDB engine: loading of editions, failures to load, potential
//! matches and their clearances.

use std::sync::Arc;

use crate::world;
use crate::world::events::{Rest, invocation, rest};
use crate::world::lists::{by_lists, packed, party, party_of, record};
use crate::world::{World, ask, at};
use export_gate::gate::Gate;
use export_gate::parties::ListedParty;
use export_gate::register::Loaded;
use export_gate_local::relay::Action;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const ORGANISATION: &str = "organisation#sample-us-company";

fn now() -> Timestamp {
    at("2026-11-22T12:00:00Z")
}

fn later(milliseconds: i64) -> Timestamp {
    now() + SignedDuration::from_millis(milliseconds)
}

/// A service of `Sample Widgets, Inc.` of the US, which the tests put on lists.
fn listed_service(model: &str) -> Rest {
    invocation("sample-us-service", model)
}

/// A service of an organisation that is on no list.
fn unlisted_service(model: &str) -> Rest {
    invocation("sample-partner-utility-service", model)
}

/// The status of the answer and its codes.
async fn outcome_at(gate: &Gate, request: &Rest, when: Timestamp) -> String {
    let answered = ask(gate, &request.0, when).await;
    [&[answered.status.to_string().as_str()], answered.codes().as_slice()].concat().join(" ")
}

async fn outcome(gate: &Gate, request: &Rest) -> String {
    outcome_at(gate, request, now()).await
}

async fn health(gate: &Gate, when: Timestamp) -> Value {
    ask(gate, &rest("GET", "/v1/health", "x").0, when).await.body
}

async fn last_entry(world: &World) -> Value {
    world.ledger().await.last().unwrap().clone()
}

/// Counts the chunks read since the previous call.
fn chunks_read(world: &World) -> usize {
    let is_chunk = |key: &Value| key.as_str().is_some_and(|kind| kind.starts_with("chunk#"));
    let seen = world.relay.seen().all();
    let read = seen.iter().filter(|seen| seen.operation == "GetItem" && is_chunk(&seen.body["Key"]["kind"]["S"]));
    let read = read.count();
    world.relay.seen().clear();
    read
}

fn loaded(gate: &Gate, list: &str) -> Arc<Loaded> {
    Arc::clone(gate.register.last().party_list(list, now()).unwrap())
}

/// `opus-4-8` is under an embargo by the list `sdn`, whose edition `1` has no caller of the tests.
async fn world() -> World {
    let world = World::with_samples().await;
    let first = world.edition("sdn", "1", &[party("1", "Unrelated Quarry")]).await;
    world.register(vec![first, by_lists("ofac-sdn", "opus-4-8", &["sdn"])]).await;
    world
}

#[tokio::test]
async fn an_activated_list_counts_on_the_next_request() {
    let world = world().await;
    let gate = world.gate();
    assert_eq!(
        [outcome(&gate, &listed_service("opus-4-8")).await, outcome(&gate, &unlisted_service("opus-4-8")).await],
        ["200", "200"]
    );
    assert_eq!(health(&gate, now()).await["lists"], json!({"sdn": "1"}));
    assert_eq!(last_entry(&world).await["lists"], json!(["sdn@1"]));

    let listed = [party("306", "Sample Widgets, Inc."), party("1", "Unrelated Quarry")];
    let second = world.edition("sdn", "2", &listed).await;
    world.register(vec![second]).await;
    let potential = ask(&gate, &listed_service("opus-4-8").0, now()).await;
    assert_eq!((potential.status, potential.codes()), (403, vec!["party.review"]));
    let entry = last_entry(&world).await;
    assert_eq!((&entry["lists"], &entry["embargoes"][0]["embargo"]), (&json!(["sdn@2"]), &json!("ofac-sdn@2")));
    let reason = &entry["reasons"][0];
    for (name, value) in [
        ("code", json!("party.review")),
        ("subject", json!(ORGANISATION)),
        ("party", json!("sdn:306")),
        ("embargo", json!("ofac-sdn@2")),
        ("authority", json!("OFAC")),
        ("match_sha256", entry["facts"]["listed"][0]["match_sha256"].clone()),
        ("score", entry["facts"]["listed"][0]["score"].clone()),
    ] {
        assert_eq!(reason[name], value, "{name}");
    }
    assert_eq!(reason["match_sha256"].as_str().unwrap().len(), 32);

    let exact = world.edition("sdn", "3", &[party_of("306", "Sample Widgets, Inc.", "US")]).await;
    world.register(vec![exact]).await;
    let refused = ask(&gate, &listed_service("opus-4-8").0, now()).await;
    assert_eq!((refused.status, refused.codes()), (451, vec!["embargo.party", "licence.missing"]));
    assert_eq!(refused.body["reasons"][0]["citation"], "31 CFR 501");
    assert_eq!(
        [outcome(&gate, &unlisted_service("opus-4-8")).await, outcome(&gate, &listed_service("fable-5")).await],
        ["200", "200"]
    );

    // Answers name neither list nor entry; names are neither answered, logged nor recorded.
    assert_eq!(potential.body["reasons"], json!([{"code": "party.review"}]));
    let recorded = format!("{} {:?} {:?}", json!(world.ledger().await), potential.log, refused.log);
    let answers = [potential.body.to_string(), refused.body.to_string()];
    for text in answers.iter().chain([&recorded]) {
        assert!(!text.to_lowercase().contains("widgets, inc"), "{text}");
    }
    for answer in answers {
        assert!(!answer.contains("sdn"), "{answer}");
    }
}

/// Faults of an edition, each with a word of the reported reason.
const FAULTS: [(&str, &str); 8] = [
    ("a missing chunk", "chunk 1 of"),
    ("a changed byte", "digest"),
    ("a truncated chunk", "digest"),
    ("not an index", "index"),
    ("a wrong number of entries", "entries"),
    ("not zstd data", "unpacked"),
    ("zstd data without its size", "unpacked size"),
    ("failing reads", "could not be read"),
];

/// Activates edition `2` with `fault`.
async fn activate_faulty(world: &World, fault: &str) {
    let parties = [party("306", "Sample Widgets, Inc.")];
    let whole = packed(&parties);
    let mut bytes = whole.clone();
    let mut second = record("sdn", "2", 1, &whole, world::lists::CHUNK);
    match fault {
        "a changed byte" => bytes[20] ^= 1,
        "a truncated chunk" => bytes.truncate(bytes.len() - 1),
        "not an index" => {
            bytes = zstd::bulk::compress(b"nothing", 3).unwrap();
            second = record("sdn", "2", 1, &bytes, world::lists::CHUNK);
        }
        "a wrong number of entries" => second["entries"] = json!(2),
        "zstd data without its size" => {
            let mut packer = zstd::bulk::Compressor::new(3).unwrap();
            packer.include_contentsize(false).unwrap();
            bytes = packer.compress(&export_gate::parties::build(&parties)).unwrap();
            second = record("sdn", "2", 1, &bytes, world::lists::CHUNK);
        }
        "not zstd data" => {
            bytes = b"nothing".to_vec();
            second = record("sdn", "2", 1, &bytes, world::lists::CHUNK);
        }
        "failing reads" => world.relay.rule(|seen| {
            let is_chunk = seen.body["Key"]["kind"]["S"].as_str().is_some_and(|kind| kind.starts_with("chunk#sdn@2"));
            if is_chunk { Action::access_denied() } else { Action::Forward }
        }),
        _ => {}
    }
    world.chunks("sdn", "2", &bytes).await;
    if fault == "a missing chunk" {
        world.lose_chunk("sdn", "2", 1).await;
    }
    world.register(vec![second]).await;
}

#[tokio::test]
async fn the_previous_edition_counts_for_the_grace_period_while_the_new_one_cannot_be_loaded() {
    for (fault, why) in FAULTS {
        let world = world().await;
        let warm = world.gate();
        assert_eq!(outcome(&warm, &listed_service("opus-4-8")).await, "200", "{fault}");
        activate_faulty(&world, fault).await;

        // The grace period of 300 s begins at the first failure.
        assert_eq!(outcome(&warm, &listed_service("opus-4-8")).await, "200", "{fault}");
        assert_eq!(last_entry(&world).await["lists"], json!(["sdn@1"]), "{fault}");
        let faults = warm.register.last().unreadable().to_vec();
        assert_eq!((faults[0].kind.as_str(), faults[0].id.as_str(), faults.len()), ("list", "sdn", 1), "{fault}");
        assert!(faults[0].why.contains(why), "{fault}: {}", faults[0].why);
        let health_then = health(&warm, now()).await;
        assert_eq!(health_then["unreadable"], json!([{"kind": "list", "id": "sdn"}]), "{fault}");
        assert_eq!((&health_then["lists"], &health_then["status"]), (&json!({"sdn": "1"}), &json!("ok")), "{fault}");
        assert_eq!(outcome_at(&warm, &listed_service("opus-4-8"), later(299_999)).await, "200", "{fault}");
        assert_eq!(
            outcome_at(&warm, &listed_service("opus-4-8"), later(300_000)).await,
            "503 register.unavailable",
            "{fault}"
        );
        assert_eq!(
            outcome_at(&warm, &listed_service("fable-5"), later(300_000)).await,
            "200",
            "{fault}: another model"
        );
        assert_eq!(health(&warm, later(300_000)).await["lists"], json!({}), "{fault}");

        // Without a previous edition, the models of the list are refused at once.
        let cold = world.gate();
        assert_eq!(outcome(&cold, &listed_service("opus-4-8")).await, "503 register.unavailable", "{fault}");
        assert_eq!(outcome(&cold, &listed_service("fable-5")).await, "200", "{fault}");

        // A repaired edition counts without a new revision.
        if fault == "a missing chunk" || fault == "failing reads" {
            world.relay.forward();
            world.chunks("sdn", "2", &packed(&[party("306", "Sample Widgets, Inc.")])).await;
            assert_eq!(
                outcome_at(&warm, &listed_service("opus-4-8"), later(400_000)).await,
                "403 party.review",
                "{fault}"
            );
            assert_eq!(
                outcome_at(&cold, &listed_service("opus-4-8"), later(400_000)).await,
                "403 party.review",
                "{fault}"
            );
            assert_eq!(health(&cold, later(400_000)).await["unreadable"], json!([]), "{fault}");
        }
    }
}

#[tokio::test]
async fn a_previous_edition_that_was_not_in_force_has_no_grace_period() {
    for (attribute, time) in [("until", "2026-01-01T00:00:00Z"), ("from", "2099-01-01T00:00:00Z")] {
        let world = world().await;
        let gate = world.gate();
        let mut first = world.edition("sdn", "1", &[party("1", "Unrelated Quarry")]).await;
        first[attribute] = json!(time);
        world.register(vec![first]).await;
        outcome(&gate, &listed_service("opus-4-8")).await;
        activate_faulty(&world, "a truncated chunk").await;
        for milliseconds in [0, 299_999] {
            let outcome = outcome_at(&gate, &listed_service("opus-4-8"), later(milliseconds)).await;
            assert_eq!(outcome, "503 register.unavailable", "{attribute}, {milliseconds}");
        }
    }
}

#[tokio::test]
async fn loading_is_retried_about_once_a_second_and_a_rollback_loads_nothing() {
    let world = world().await;
    let gate = world.gate();
    let first = world.edition("sdn", "1", &[party("1", "Unrelated Quarry")]).await;
    outcome(&gate, &listed_service("opus-4-8")).await;
    assert!(chunks_read(&world) > 1, "the chunks of the first edition");
    activate_faulty(&world, "a truncated chunk").await;
    let mut read = Vec::new();
    for milliseconds in [0, 1, 500, 999, 1_300, 1_301, 2_000, 2_600, 60_000] {
        assert_eq!(outcome_at(&gate, &listed_service("opus-4-8"), later(milliseconds)).await, "200");
        read.push(chunks_read(&world) > 0);
    }
    assert_eq!(read, [true, false, false, false, true, false, false, true, true]);

    world.register(vec![first]).await;
    assert_eq!(outcome_at(&gate, &listed_service("opus-4-8"), later(61_000)).await, "200");
    assert_eq!(
        (chunks_read(&world), gate.register.last().unreadable().len()),
        (0, 0),
        "the first edition is in memory"
    );
    // A new fault begins a new grace period.
    activate_faulty(&world, "a truncated chunk").await;
    assert_eq!(outcome_at(&gate, &listed_service("opus-4-8"), later(310_000)).await, "200");
    assert_eq!(outcome_at(&gate, &listed_service("opus-4-8"), later(609_999)).await, "200");
    assert_eq!(outcome_at(&gate, &listed_service("opus-4-8"), later(610_000)).await, "503 register.unavailable");
}

#[tokio::test]
async fn a_list_is_loaded_only_at_the_start_and_for_a_new_edition() {
    let world = world().await;
    let gate = world.gate();
    outcome(&gate, &listed_service("opus-4-8")).await;
    assert!(chunks_read(&world) > 0);
    world.register(vec![by_lists("more", "fable-5", &["sdn"])]).await;
    outcome(&gate, &listed_service("opus-4-8")).await;
    assert_eq!(chunks_read(&world), 0);
    let second = world.edition("eu", "1", &[party("9", "Unrelated Quarry")]).await;
    let chunks = usize::try_from(second["chunks"].as_u64().unwrap()).unwrap();
    world.register(vec![second]).await;
    outcome(&gate, &listed_service("opus-4-8")).await;
    assert_eq!(chunks_read(&world), chunks);
}

#[tokio::test]
async fn only_lists_that_an_embargo_names_are_evaluated() {
    let world = world().await;
    let gate = world.gate();
    let own = party("306", "Sample Widgets, Inc.");
    let unnamed = world.edition("unnamed", "7", std::slice::from_ref(&own)).await;
    let eu = world.edition("eu", "5", &[own.clone(), party("1", "Unrelated Quarry")]).await;
    world.register(vec![unnamed, eu]).await;
    assert_eq!(outcome(&gate, &listed_service("opus-4-8")).await, "200");
    assert_eq!(last_entry(&world).await["lists"], json!(["sdn@1"]));
    assert_eq!(health(&gate, now()).await["lists"], json!({"eu": "5", "sdn": "1", "unnamed": "7"}));

    let both = world.edition("sdn", "2", &[own]).await;
    let eu_too = by_lists("eu-listed", "opus-4-8", &["eu", "sdn"]);
    world.register(vec![both, eu_too]).await;
    assert_eq!(outcome(&gate, &listed_service("opus-4-8")).await, "403 party.review");
    let entry = last_entry(&world).await;
    let reasons: Vec<String> = entry["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| format!("{} {}", reason["embargo"].as_str().unwrap(), reason["party"].as_str().unwrap()))
        .collect();
    let revision = entry["revision"].as_u64().unwrap();
    let eu_listed = format!("eu-listed@{revision}");
    let expected = [format!("{eu_listed} eu:306"), format!("{eu_listed} sdn:306"), "ofac-sdn@2 sdn:306".to_owned()];
    assert_eq!(reasons, expected);
    assert_eq!(entry["lists"], json!(["eu@5", "sdn@2"]));

    // A list that no embargo names may fail to load.
    let lost = record("unnamed", "8", 1, b"nothing", world::lists::CHUNK);
    world.register(vec![lost]).await;
    let cold = world.gate();
    assert_eq!(outcome(&cold, &unlisted_service("opus-4-8")).await, "200");
    assert_eq!(health(&cold, now()).await["unreadable"], json!([{"kind": "list", "id": "unnamed"}]));
}

#[tokio::test]
async fn searches_of_a_caller_are_cached() {
    let world = world().await;
    let gate = world.gate();
    let searches = || loaded(&gate, "sdn").searches();
    outcome(&gate, &listed_service("opus-4-8")).await;
    assert_eq!(searches(), 1);
    outcome(&gate, &listed_service("opus-4-8")).await;
    outcome(&gate, &listed_service("fable-5")).await;
    assert_eq!(searches(), 1, "another model");
    outcome(&gate, &unlisted_service("opus-4-8")).await;
    assert_eq!(searches(), 2, "another organisation");
    outcome(&gate, &invocation("sample-us-app", "opus-4-8").person("sample-us-citizen")).await;
    assert_eq!(searches(), 3, "a person of the first organisation");

    // A name, an edition or the threshold changes matches; a clearance does not.
    world.register(vec![clearance(json!({}))]).await;
    outcome(&gate, &listed_service("opus-4-8")).await;
    assert_eq!(searches(), 3);
    rename(&world, "Sample Widgets, LLC").await;
    outcome(&gate, &listed_service("opus-4-8")).await;
    assert_eq!(searches(), 4);
    world.register(vec![json!({"kind": "setting", "id": "screening", "match_threshold": 0.8})]).await;
    outcome(&gate, &listed_service("opus-4-8")).await;
    assert_eq!(searches(), 5);
    let second = world.edition("sdn", "2", &[party("306", "Sample Widgets, LLC")]).await;
    world.register(vec![second]).await;
    assert_eq!(outcome(&gate, &listed_service("opus-4-8")).await, "200");
    assert_eq!(searches(), 1, "a new edition has a new cache");
}

fn with(mut record: Value, changes: Value) -> Value {
    record.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    record
}

fn clearance(changes: Value) -> Value {
    let record = json!({
        "kind": "clearance", "id": "c", "subject": ORGANISATION, "party": "sdn:306", "reason": "another register number",
        "officer": "sample-officer",
    });
    with(record, changes)
}

async fn rename(world: &World, name: &str) {
    let callers: Vec<Value> = serde_json::from_str(world::SAMPLE_CALLERS).unwrap();
    let mut record = callers.into_iter().find(|record| record["id"] == ORGANISATION).unwrap();
    record["name"] = json!(name);
    record.as_object_mut().unwrap().remove("aliases");
    world.caller(record).await;
}

#[tokio::test]
async fn a_clearance_ends_when_the_partys_name_or_the_entry_changes() {
    let world = world().await;
    let gate = world.gate();
    let listed = |name: &str| [party("306", name)];
    let second = world.edition("sdn", "2", &listed("Sample Widgets, Inc.")).await;
    world.register(vec![second]).await;
    assert_eq!(outcome(&gate, &listed_service("opus-4-8")).await, "403 party.review");
    let compared = last_entry(&world).await["reasons"][0]["match_sha256"].clone();
    let cleared = |compared: &Value| clearance(json!({"match_sha256": compared}));

    for (case, record) in [
        ("another subject", clearance(json!({"subject": "organisation#sample-provider"}))),
        ("another entry", clearance(json!({"party": "sdn:307"}))),
        ("another match_sha256", clearance(json!({"match_sha256": "0123456789abcdef".repeat(2)}))),
        ("expired", clearance(json!({"until": "2026-11-22T12:00:00Z"}))),
        ("not in force yet", clearance(json!({"from": "2026-11-22T12:00:00.001Z"}))),
        ("withdrawn", clearance(json!({"withdrawn": true}))),
    ] {
        world.register(vec![record]).await;
        assert_eq!(outcome(&gate, &listed_service("opus-4-8")).await, "403 party.review", "{case}");
    }
    world.register(vec![cleared(&compared)]).await;
    assert_eq!(outcome(&gate, &listed_service("opus-4-8")).await, "200");
    let entry = last_entry(&world).await;
    assert_eq!((&entry["embargoes"], &entry["facts"]["listed"][0]["party"]), (&json!([]), &json!("sdn:306")));

    // It survives a new edition with the same entry, not one with a changed entry.
    let third = [party("306", "Sample Widgets, Inc."), party("1", "Unrelated Quarry")];
    let third = world.edition("sdn", "3", &third).await;
    world.register(vec![third]).await;
    assert_eq!(outcome(&gate, &listed_service("opus-4-8")).await, "200");
    let mut changed = party("306", "Sample Widgets, Inc.");
    changed.programme = vec!["SAMPLE".into()];
    let fourth = world.edition("sdn", "4", &[changed.clone()]).await;
    world.register(vec![fourth]).await;
    assert_eq!(outcome(&gate, &listed_service("opus-4-8")).await, "403 party.review");
    world.register(vec![cleared(&last_entry(&world).await["reasons"][0]["match_sha256"])]).await;
    assert_eq!(outcome(&gate, &listed_service("opus-4-8")).await, "200");

    // It survives another spelling of the party's name, not the removal of an alias.
    rename(&world, "SAMPLE WIDGETS INC").await;
    assert_eq!(outcome(&gate, &listed_service("opus-4-8")).await, "403 party.review", "the alias is gone");
    world.register(vec![cleared(&last_entry(&world).await["reasons"][0]["match_sha256"])]).await;
    rename(&world, "Sample Widgets, Inc.").await;
    assert_eq!(outcome(&gate, &listed_service("opus-4-8")).await, "200");

    // Without `match_sha256` it survives every change, but no clearance settles an exact match.
    let renamed = ListedParty { aliases: vec!["Sample Gadgets".into()], ..changed };
    let fifth = world.edition("sdn", "5", &[renamed]).await;
    world.register(vec![fifth, clearance(json!({}))]).await;
    assert_eq!(outcome(&gate, &listed_service("opus-4-8")).await, "200");
    let exact = world.edition("sdn", "6", &[party_of("306", "Sample Widgets, Inc.", "US")]).await;
    world.register(vec![exact]).await;
    assert_eq!(outcome(&gate, &listed_service("opus-4-8")).await, "451 embargo.party licence.missing");
}

#[tokio::test]
async fn a_party_without_a_name_counts_as_listed_and_owners_and_persons_are_screened() {
    let world = world().await;
    let gate = world.gate();
    let screened = json!({
        "id": "organisation#sample-new", "status": "active", "type": "company", "incorporated_in": "US",
        "headquartered_in": "US", "end_uses": ["research"], "verification": {"status": "verified", "until": "9999-01-01T00:00:00Z"},
    });
    let client = json!({"id": "client#new", "organisation": "sample-new", "status": "active", "users": "none"});
    world.callers(vec![screened.clone(), client]).await;
    let list = [party("7", "Unrelated Holding"), party_of("8", "Unrelated Holding Two", "DE")];
    let second = world.edition("sdn", "2", &list).await;
    world.register(vec![second]).await;
    let named = |changes: Value| with(screened.clone(), changes);
    let owned = |owners: Value| named(json!({"name": "Sample New Company", "owners": owners}));
    let deep =
        json!([{"name": "Quarry One", "owners": [{"name": "Quarry Two", "owners": [{"name": "unrelated HOLDING"}]}]}]);
    let unknown = "451 embargo.party licence.missing";
    for (case, record, expected) in [
        ("no name", named(json!({})), unknown),
        ("a name without letters", named(json!({"name": "—"})), unknown),
        ("an unlisted name", named(json!({"name": "Sample New Company"})), "200"),
        ("an owner without a name", owned(json!([{"percent": 3}])), unknown),
        ("a listed owner at the third level", owned(deep), "403 party.review"),
        ("a listed owner and its country", owned(json!([{"name": "Unrelated Holding Two", "country": "DE"}])), unknown),
        ("an unlisted owner", owned(json!([{"name": "Quarry One"}])), "200"),
    ] {
        world.caller(record).await;
        assert_eq!(outcome(&gate, &invocation("new", "opus-4-8")).await, expected, "{case}");
    }
    world.caller(owned(json!([{"name": "Unrelated Holding"}]))).await;
    outcome(&gate, &invocation("new", "opus-4-8")).await;
    let found = &last_entry(&world).await["facts"]["listed"][0];
    assert_eq!((&found["subject"], &found["via"]), (&json!("organisation#sample-new"), &json!("owner")));
    let unattested = invocation("sample-us-attestation-lapsed-app", "opus-4-8");
    assert!(outcome(&gate, &unattested).await.starts_with("451 embargo.party"));

    let person = world.edition("sdn", "3", &[party("9", "Sample Person One")]).await;
    let callers: Vec<Value> = serde_json::from_str(world::SAMPLE_CALLERS).unwrap();
    let citizen = callers.iter().find(|record| record["id"] == "person#sample-us-citizen").unwrap();
    world.caller(with(citizen.clone(), json!({"name": "Sample Person One"}))).await;
    world.register(vec![person]).await;
    let answered = ask(&gate, &invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").0, now()).await;
    assert_eq!((answered.status, answered.codes()), (403, vec!["party.review"]));
    assert_eq!(last_entry(&world).await["reasons"][0]["subject"], "person#sample-us-citizen");
}
