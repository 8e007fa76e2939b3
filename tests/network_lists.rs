//! Lists of networks, through a gate over a DynamoDB engine: activation, several classes of one address, and failures to
//! load.

use crate::world;
use crate::world::events::{IN_GERMANY, IN_US, Rest, invocation, rest};
use crate::world::lists::{packed_networks, record_of_networks};
use crate::world::{Answered, World, ask, at};
use export_gate::gate::Gate;
use export_gate_local::relay::Action;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const NETS: (&str, &str) = ("nets", "vpn");

fn now() -> Timestamp {
    at("2026-11-22T12:00:00Z")
}

fn later(milliseconds: i64) -> Timestamp {
    now() + SignedDuration::from_millis(milliseconds)
}

/// A request of a US company's service for `plain-1`.
fn request_from(address: &str) -> Rest {
    invocation("sample-us-service", "plain-1").from(address)
}

/// The status of the answer and its codes.
fn outcome_of(answered: &Answered) -> String {
    [&[answered.status.to_string().as_str()], answered.codes().as_slice()].concat().join(" ")
}

async fn outcome_at(gate: &Gate, request: &Rest, when: Timestamp) -> String {
    outcome_of(&ask(gate, &request.0, when).await)
}

async fn outcome(gate: &Gate, address: &str) -> String {
    outcome_at(gate, &request_from(address), now()).await
}

async fn health(gate: &Gate, when: Timestamp) -> Value {
    ask(gate, &rest("GET", "/v1/health", "x").0, when).await.body
}

fn model(name: &str) -> Value {
    json!({"kind": "model", "id": format!("{name}@1"), "name": name, "version": "1", "default": true,
           "endpoint": format!("sample-{name}"), "eccn": "EAR99", "status": "available"})
}

fn embargo(id: &str, applies_to: Value) -> Value {
    json!({"kind": "embargo", "id": id, "models": ["plain-1"], "effect": "prohibited", "authority": "OPERATOR",
           "citation": "Sample policy", "applies_to": applies_to})
}

fn by_classes(classes: &[&str]) -> Value {
    embargo("by-class", json!({"network_classes": classes}))
}

fn with(mut record: Value, changes: Value) -> Value {
    record.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    record
}

/// Two models and the sample callers, without embargoes.
async fn world() -> World {
    let world = World::empty().await;
    world.register(vec![model("plain-1"), model("plain-2")]).await;
    world.callers(serde_json::from_str(world::SAMPLE_CALLERS).unwrap()).await;
    world
}

async fn activate(world: &World, list: (&str, &str), edition: &str, networks: &[&str]) {
    let record = world.network_edition(list, edition, networks).await;
    world.register(vec![record]).await;
}

async fn last_entry(world: &World) -> Value {
    world.ledger().await.last().unwrap().clone()
}

#[tokio::test]
async fn an_activated_list_counts_on_the_next_request_and_answers_do_not_name_it() {
    let world = world().await;
    world.register(vec![by_classes(&["vpn"])]).await;
    activate(&world, NETS, "e1", &["5.1.64.0/24", "2a00:1450::/32"]).await;
    let gate = world.gate();
    assert_eq!(outcome(&gate, IN_US).await, "200");
    let entry = last_entry(&world).await;
    assert_eq!((&entry["lists"], &entry["facts"]["network"]), (&json!(["nets@e1"]), &json!({"told": ["vpn"]})));
    assert_eq!(outcome(&gate, IN_GERMANY).await, "403 embargo.network destination.unknown");
    assert_eq!(health(&gate, now()).await["lists"], json!({"nets": "e1"}));

    activate(&world, NETS, "e2", &["5.1.64.0/24", "8.8.8.0/24"]).await;
    let refused = ask(&gate, &request_from(IN_US).0, now()).await;
    assert_eq!(outcome_of(&refused), "403 embargo.network destination.unknown");
    let entry = last_entry(&world).await;
    let found = json!([{"class": "vpn", "edition": "e2", "source": "list:nets"}]);
    assert_eq!(entry["facts"]["network"], json!({"found": found, "told": ["vpn"]}));
    assert_eq!(entry["lists"], json!(["nets@e2"]));
    assert_eq!(entry["embargoes"][0]["embargo"], "by-class@2");

    let models = ask(&gate, &rest("GET", "/v1/models", "sample-us-service").0, now()).await;
    for text in [refused.body.to_string(), refused.headers.to_string(), models.body.to_string()] {
        assert!(!text.contains("nets") && !text.contains("vpn"), "{text}");
    }
    assert_eq!(models.body["models"][0]["outcome"], "refuse", "{}", models.body);

    // IPv6 forms of an IPv4 address match; its neighbours do not.
    for form in ["::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::8.8.8.8"] {
        assert_eq!(outcome(&gate, form).await, "403 embargo.network destination.unknown", "{form}");
    }
    assert_eq!(outcome(&gate, "8.8.4.4").await, "200");

    // After a rollback the address is not listed. A list that is not in force covers no class, so VPNs are unknown.
    activate(&world, NETS, "e1", &["5.1.64.0/24", "2a00:1450::/32"]).await;
    assert_eq!(outcome(&gate, IN_US).await, "200");
    let record = world.network_edition(NETS, "e1", &["5.1.64.0/24", "2a00:1450::/32"]).await;
    world.register(vec![with(record, json!({"from": "2026-11-22T12:00:01Z"}))]).await;
    assert_eq!(outcome(&gate, IN_US).await, "403 embargo.network");
    assert_eq!(last_entry(&world).await["lists"], json!([]));
    assert_eq!(outcome_at(&gate, &request_from(IN_US), later(1_000)).await, "200");
}

#[tokio::test]
async fn an_address_has_the_classes_of_all_its_lists_and_a_relay_is_not_a_vpn() {
    let world = world().await;
    let mut records = vec![by_classes(&["vpn"])];
    for (list, networks) in [
        (("big-vpn", "vpn"), &["8.8.8.0/24", "5.1.64.0/24"][..]),
        (("cloud", "hosting"), &["8.8.8.0/25", "5.1.64.0/24"]),
        (("private-relay", "relay"), &["8.8.8.8/32"]),
    ] {
        records.push(world.network_edition(list, "1", networks).await);
    }
    world.register(records).await;
    let gate = world.gate();
    assert_eq!(outcome(&gate, "8.8.8.8").await, "200", "it is on the list of VPNs too");
    let entry = last_entry(&world).await;
    let found = json!([
        {"class": "vpn", "edition": "1", "source": "list:big-vpn"},
        {"class": "hosting", "edition": "1", "source": "list:cloud"},
        {"class": "relay", "edition": "1", "source": "list:private-relay"},
    ]);
    assert_eq!(entry["facts"]["network"], json!({"found": found, "told": ["vpn", "hosting", "relay"]}));
    assert_eq!(
        (&entry["destination"], &entry["lists"]),
        (&json!({"country": "US"}), &json!(["big-vpn@1", "cloud@1", "private-relay@1"]))
    );
    // (the embargo's classes, the outcome of an address on all three lists, on two, on one, on none)
    let tunnel = "403 embargo.network destination.unknown";
    for (classes, expected) in [
        (&["vpn"][..], ["200", tunnel, tunnel, "200"]),
        (&["hosting"], ["403 embargo.network", tunnel, "403 destination.unknown", "200"]),
        (&["relay"], ["403 embargo.network", "403 destination.unknown", "403 destination.unknown", "200"]),
        (&["vpn", "hosting"], ["403 embargo.network", tunnel, tunnel, "200"]),
        (&["tor"], ["403 embargo.network", tunnel, tunnel, "403 embargo.network"]),
    ] {
        world.register(vec![by_classes(classes)]).await;
        let mut all = Vec::new();
        for address in ["8.8.8.8", "5.1.64.1", "8.8.8.200", "8.8.4.4"] {
            all.push(outcome(&gate, address).await);
        }
        assert_eq!(all, expected, "{classes:?}");
    }
    let permits = json!({"kind": "setting", "id": "screening", "tunnelled_destination": "permit"});
    world.register(vec![by_classes(&["relay"]), permits]).await;
    assert_eq!([outcome(&gate, "5.1.64.1").await, outcome(&gate, "8.8.8.200").await], ["200", "200"]);
    assert_eq!(last_entry(&world).await["destination"]["country"], "US");
}

/// Faults of an edition, each with a word of the reported reason.
const FAULTS: [(&str, &str); 8] = [
    ("a missing chunk", "chunk 1 of"),
    ("a changed byte", "digest"),
    ("a truncated chunk", "digest"),
    ("not an index", "index"),
    ("an index of parties", "index"),
    ("a wrong number of entries", "entries"),
    ("not zstd data", "unpacked"),
    ("failing reads", "could not be read"),
];

/// Activates the edition `faulty` with `fault`.
async fn activate_faulty(world: &World, list: (&str, &str), fault: &str) {
    let whole = packed_networks(&["8.8.8.0/24"]);
    let mut bytes = whole.clone();
    let mut entries = 1;
    match fault {
        "not an index" => bytes = zstd::bulk::compress(b"nothing", 3).unwrap(),
        "an index of parties" => bytes = world::lists::packed(&[]),
        "a wrong number of entries" => entries = 2,
        "not zstd data" => bytes = b"nothing".to_vec(),
        "failing reads" => world.relay.rule(|seen| {
            let is_chunk = seen.body["Key"]["kind"]["S"].as_str().is_some_and(|kind| kind.contains("@faulty#"));
            if is_chunk { Action::access_denied() } else { Action::Forward }
        }),
        _ => {}
    }
    let record = record_of_networks(list, "faulty", entries, &bytes);
    match fault {
        "a changed byte" => bytes[20] ^= 1,
        "a truncated chunk" => bytes.truncate(bytes.len() - 1),
        _ => {}
    }
    world.chunks(list.0, "faulty", &bytes).await;
    if fault == "a missing chunk" {
        world.lose_chunk(list.0, "faulty", 1).await;
    }
    world.register(vec![record]).await;
}

#[tokio::test]
async fn the_previous_edition_counts_for_the_grace_period_while_the_new_one_cannot_be_loaded() {
    for (fault, why) in FAULTS {
        let world = world().await;
        world.register(vec![by_classes(&["vpn"])]).await;
        activate(&world, NETS, "e1", &["5.1.64.0/24"]).await;
        let warm = world.gate();
        assert_eq!(outcome(&warm, IN_US).await, "200", "{fault}");
        activate_faulty(&world, NETS, fault).await;

        assert_eq!(outcome(&warm, IN_US).await, "200", "{fault}");
        assert_eq!(outcome(&warm, IN_GERMANY).await, "403 embargo.network destination.unknown", "{fault}");
        assert_eq!(last_entry(&world).await["lists"], json!(["nets@e1"]), "{fault}");
        let faults = warm.register.last().unreadable().to_vec();
        assert_eq!((faults[0].kind.as_str(), faults[0].id.as_str(), faults.len()), ("list", "nets", 1), "{fault}");
        assert!(faults[0].why.contains(why), "{fault}: {}", faults[0].why);
        let health_then = health(&warm, now()).await;
        assert_eq!(health_then["unreadable"], json!([{"kind": "list", "id": "nets"}]), "{fault}");
        assert_eq!((&health_then["lists"], &health_then["status"]), (&json!({"nets": "e1"}), &json!("ok")), "{fault}");
        let another = invocation("sample-us-service", "plain-2");
        assert_eq!(outcome_at(&warm, &request_from(IN_US), later(299_999)).await, "200", "{fault}");
        assert_eq!(
            outcome_at(&warm, &request_from(IN_US), later(300_000)).await,
            "503 register.unavailable",
            "{fault}"
        );
        assert_eq!(outcome_at(&warm, &another, later(300_000)).await, "200", "{fault}: another model");
        assert_eq!(last_entry(&world).await["facts"].get("network"), None, "{fault}: no class is covered");
        assert_eq!(health(&warm, later(300_000)).await["lists"], json!({}), "{fault}");

        let cold = world.gate();
        assert_eq!(outcome(&cold, IN_US).await, "503 register.unavailable", "{fault}");
        assert_eq!(outcome_at(&cold, &another, now()).await, "200", "{fault}");

        // A repaired edition counts without a new revision.
        if fault == "a missing chunk" || fault == "failing reads" {
            world.relay.forward();
            world.chunks("nets", "faulty", &packed_networks(&["8.8.8.0/24"])).await;
            for gate in [&warm, &cold] {
                let refused = outcome_at(gate, &request_from(IN_US), later(400_000)).await;
                assert_eq!(refused, "403 embargo.network destination.unknown", "{fault}");
            }
            assert_eq!(health(&cold, later(400_000)).await["unreadable"], json!([]), "{fault}");
        }
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_loaded_refuses_the_models_whose_decision_it_could_change() {
    let licence = json!({"kind": "licence", "id": "l", "authority": "OPERATOR", "reference": "Sample", "type": "licence",
                         "models": ["plain-2"], "licensees": ["*"], "persons": "any", "destinations": ["DE"]});
    let licensable = with(embargo("e", json!({"nationalities": ["IR"]})), json!({"effect": "licence_required"}));
    let classes = |applies_to: Value| vec![embargo("e", json!({"network_classes": applies_to}))];
    let places = || embargo("e", json!({"destinations": ["IR"]}));
    // (the list's class, the records, whether `plain-1` is decided)
    let cases = [
        ("vpn", classes(json!(["vpn"])), false),
        ("vpn", classes(json!(["hosting", "vpn"])), false),
        ("vpn", classes(json!({"any_of": ["hosting"], "except": ["vpn"]})), false),
        ("vpn", classes(json!(["hosting"])), true),
        ("vpn", vec![places()], false),
        ("tor", vec![places()], false),
        ("public_proxy", vec![places()], false),
        ("residential_proxy", vec![places()], false),
        ("hosting", vec![places()], true),
        ("hosting", classes(json!(["hosting"])), false),
        // A relay on a list of VPNs counts as a VPN if no list of relays names it.
        ("relay", classes(json!(["vpn"])), false),
        ("relay", vec![places()], false),
        ("relay", classes(json!(["hosting"])), true),
        // A tunnel hides the destination that a licence needs.
        ("vpn", vec![licensable.clone(), licence.clone()], false),
        ("hosting", vec![licensable.clone(), licence.clone()], true),
        ("vpn", vec![licensable.clone()], true),
        ("vpn", vec![licensable.clone(), with(licence.clone(), json!({"authority": "BIS"}))], true),
        ("vpn", vec![licensable, with(licence, json!({"until": "2026-11-22T12:00:00Z"}))], true),
        ("vpn", vec![with(places(), json!({"until": "2026-11-22T12:00:00Z"}))], true),
        ("vpn", vec![with(places(), json!({"withdrawn": true}))], true),
        ("vpn", vec![embargo("e", json!({"foreign_persons": true}))], true),
        ("vpn", vec![embargo("e", json!({"networks": ["192.0.2.0/24"]}))], true),
    ];
    for (class, mut records, decides) in cases {
        let world = world().await;
        // Without a source for `hosting`, its embargo would refuse anyway.
        records.push(world.network_edition(("cloud", "hosting"), "1", &["5.1.64.0/24"]).await);
        let case = format!("{class}: {records:?}");
        world.register(records).await;
        activate_faulty(&world, ("lost", class), "a truncated chunk").await;
        let gate = world.gate();
        let expected = if decides { "200" } else { "503 register.unavailable" };
        assert_eq!(outcome(&gate, IN_US).await, expected, "{case}");
        assert_eq!(outcome_at(&gate, &invocation("sample-us-service", "plain-2"), now()).await, "200", "{case}");
    }
}

#[tokio::test]
async fn an_unreadable_list_concerns_every_class_that_it_may_have() {
    let damaged = |changes: Value| with(json!({"kind": "list", "id": "nets", "sha256": "?"}), changes);
    for (record, decides) in [
        (damaged(json!({"content": "networks", "class": "vpn"})), false),
        (damaged(json!({"content": "networks", "class": "hosting"})), true),
        (damaged(json!({"content": "networks"})), false),
        (damaged(json!({"content": "networks", "class": "isp"})), false),
        (damaged(json!({})), false),
        (damaged(json!({"content": "parties"})), true),
    ] {
        let world = world().await;
        world.register(vec![embargo("e", json!({"destinations": ["IR"]})), record.clone()]).await;
        let expected = if decides { "200" } else { "503 register.unavailable" };
        assert_eq!(outcome(&world.gate(), IN_US).await, expected, "{record}");
    }
    // The last readable version counts for the grace period.
    let world = world().await;
    world.register(vec![by_classes(&["vpn"])]).await;
    activate(&world, NETS, "e1", &["5.1.64.0/24"]).await;
    let gate = world.gate();
    assert_eq!(outcome(&gate, IN_US).await, "200");
    world.register(vec![damaged(json!({"content": "networks", "class": "hosting"}))]).await;
    assert_eq!([outcome(&gate, IN_US).await, outcome(&gate, IN_GERMANY).await[..3].to_owned()], ["200", "403"]);
    assert_eq!(outcome_at(&gate, &request_from(IN_US), later(299_999)).await, "200");
    assert_eq!(outcome_at(&gate, &request_from(IN_US), later(300_000)).await, "503 register.unavailable");
}

#[tokio::test]
async fn a_list_that_changes_class_or_content_is_loaded_again() {
    let world = world().await;
    world.register(vec![by_classes(&["vpn"])]).await;
    activate(&world, NETS, "e1", &["8.8.8.0/24"]).await;
    let gate = world.gate();
    assert_eq!(outcome(&gate, IN_US).await, "403 embargo.network destination.unknown");
    // With another class no list covers VPNs.
    activate(&world, ("nets", "hosting"), "e1", &["8.8.8.0/24"]).await;
    assert_eq!(outcome(&gate, IN_US).await, "403 embargo.network");
    assert_eq!(last_entry(&world).await["facts"]["network"]["told"], json!(["hosting"]));
    // Its networks have no grace period once it is a list of parties.
    let parties = world::lists::record("nets", "p1", 1, b"nothing", world::lists::CHUNK);
    world.register(vec![parties]).await;
    assert_eq!(outcome(&gate, IN_US).await, "403 embargo.network");
    assert_eq!(last_entry(&world).await["lists"], json!([]));
    let record = world.network_edition(NETS, "e1", &["8.8.8.0/24"]).await;
    world.register(vec![with(record, json!({"withdrawn": true}))]).await;
    assert_eq!(health(&gate, now()).await["lists"], json!({}));
}
