//! Spread and travel of clients: counted across environments, through gates over a DynamoDB engine.

use std::sync::Arc;

use crate::world::events::{Rest, invocation, rest, screening};
use crate::world::mmdb::Mmdb;
use crate::world::{Answered, World, ask, item};
use export_gate::evidence::Location;
use export_gate::gate::Gate;
use export_gate::terms::render_time;
use export_gate_local::relay::Action;
use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Notify;

/// The hour in which the tests begin, in hours since 1970.
const HOUR: i64 = 498_756;

/// This many seconds after the begin of [`HOUR`].
fn after(seconds: i64) -> Timestamp {
    Timestamp::from_second(HOUR * 3600 + seconds).unwrap()
}

/// Countries by the second number of an address; other addresses have no location.
const COUNTRIES: [&str; 5] = ["US", "DE", "GB", "BR", "JP"];

/// A deployment with these records, and location data.
struct Scene {
    world: World,
    data: Mmdb,
}

impl Scene {
    async fn new(records: Vec<Value>) -> Self {
        let world = World::with_samples().await;
        if !records.is_empty() {
            world.register(records).await;
        }
        let networks: Vec<(String, Value)> = (1..)
            .zip(COUNTRIES)
            .flat_map(|(number, code)| {
                let country = json!({"country": {"iso_code": code}});
                [(format!("20.{number}.0.0/16"), country.clone()), (format!("2a0{number}::/16"), country)]
            })
            .collect();
        let rows: Vec<(&str, Value)> = networks.iter().map(|(net, row)| (net.as_str(), row.clone())).collect();
        Self { world, data: Mmdb::new("GeoIP2-Country", &rows) }
    }

    fn gate(&self) -> Gate {
        self.world.gate_at(self.world.settings(), Location::open(self.data.path()).unwrap())
    }

    async fn warm(&self) -> Gate {
        let gate = self.gate();
        gate.warm(after(0)).await.unwrap();
        gate
    }

    /// The client's item, or null.
    async fn item(&self) -> Value {
        let scan = self.world.dynamodb.scan().table_name(&self.world.tables.usage).consistent_read(true);
        let items = scan.send().await.unwrap().items.unwrap();
        let spread = items.into_iter().find(|item| item["model"].as_s().unwrap() == "spread");
        spread.map_or(Value::Null, |item| serde_dynamo::from_item(item).unwrap())
    }

    async fn put(&self, attributes: Value) {
        let mut spread = json!({"licence": "client#sample-us-app", "model": "spread"});
        spread.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
        let mut spread = item(spread);
        for (name, value) in attributes.as_object().unwrap() {
            if let Some(elements) = value.as_array() {
                let elements = elements.iter().map(|text| text.as_str().unwrap().to_owned()).collect();
                spread.insert(name.clone(), aws_sdk_dynamodb::types::AttributeValue::Ss(elements));
            }
        }
        let put = self.world.dynamodb.put_item().table_name(&self.world.tables.usage).set_item(Some(spread));
        put.send().await.unwrap();
    }

    /// The operations since the previous call, sorted, since concurrent ones come in either order.
    fn trips(&self) -> Vec<String> {
        let mut operations = self.world.relay.operations();
        operations.sort();
        self.world.relay.seen().clear();
        operations
    }

    async fn spread_in(&self, answered: &Answered) -> Value {
        self.world.entry(answered.decision_id().unwrap()).await["facts"]["spread"].clone()
    }
}

fn by_spread(limits: Value) -> Value {
    json!({"kind": "embargo", "id": "spread", "models": ["opus-4-8"], "applies_to": {"spread": limits},
           "effect": "prohibited", "authority": "OPERATOR", "citation": "Sample rule"})
}

fn from(address: &str) -> Rest {
    invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").from(address)
}

/// Whether the request is permitted. The only other outcome is a refusal because of spread.
async fn is_permitted(gate: &Gate, address: &str, now: Timestamp) -> bool {
    let answered = ask(gate, &from(address).0, now).await;
    match answered.status {
        200 => true,
        _ => {
            assert_eq!((answered.status, answered.codes()), (403, vec!["embargo.network"]), "{address} at {now}");
            false
        }
    }
}

const READ: &str = "BatchGetItem";
const NOTE: &str = "UpdateItem";
const ENTRY: &str = "PutItem";

#[tokio::test]
async fn without_an_embargo_by_spread_places_are_not_counted() {
    let scene = Scene::new(Vec::new()).await;
    let gate = scene.warm().await;
    is_permitted(&gate, "20.1.1.1", after(0)).await;
    scene.trips();
    assert!(is_permitted(&gate, "20.2.1.1", after(1)).await);
    let seen = scene.world.relay.seen().all();
    assert!(!seen.iter().any(|seen| seen.touches(&scene.world.tables.usage)), "{seen:?}");
    assert_eq!(scene.trips(), [READ, ENTRY]);
    assert_eq!(scene.item().await, Value::Null);
}

#[tokio::test]
async fn a_new_network_takes_one_write_and_a_known_one_none() {
    let scene = Scene::new(vec![by_spread(json!({"networks": 9, "hours": 1}))]).await;
    let gate = scene.warm().await;
    scene.trips();
    assert!(is_permitted(&gate, "20.1.1.1", after(60)).await);
    assert_eq!(scene.trips(), [READ, READ, ENTRY, NOTE], "a new caller's organisation is read too");
    for (address, seconds, trips) in [
        ("20.1.1.1", 61, vec![READ, ENTRY]),
        ("20.1.1.254", 900, vec![READ, ENTRY]),
        ("20.1.2.1", 901, vec![READ, ENTRY, NOTE]),
        ("20.1.2.1", 902, vec![READ, ENTRY]),
        ("2a01:0:0:1::1", 903, vec![READ, ENTRY, NOTE]),
        ("2a01:0:0:2::1", 904, vec![READ, ENTRY]),
        ("::ffff:20.1.2.9", 905, vec![READ, ENTRY]),
        // Unknown location.
        ("20.9.1.1", 906, vec![READ, ENTRY, NOTE]),
        // A network is written again after half the window.
        ("20.1.1.1", 60 + 31 * 60, vec![READ, ENTRY, NOTE]),
    ] {
        ask(&gate, &from(address).0, after(seconds)).await;
        assert_eq!(scene.trips(), trips, "{address} after {seconds}");
    }
    let item = scene.item().await;
    assert_eq!(
        item[format!("h{HOUR}")],
        json!(["01US:140101", "15??:140901", "15US:140102", "15US:2a0100000000", "32US:140101"])
    );
    assert_eq!(item["expires"], json!(after(60 + 31 * 60 + 2 * 3600).as_second()));
    assert_eq!(item["licence"], "client#sample-us-app");
}

#[tokio::test]
async fn callers_are_read_while_the_place_is_written() {
    let scene = Scene::new(vec![by_spread(json!({"networks": 9, "hours": 1}))]).await;
    let gate = scene.warm().await;
    is_permitted(&gate, "20.1.1.1", after(0)).await;
    let (read, noted) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    scene.world.relay.rule(move |seen| {
        let (mine, other) = match seen.operation.as_str() {
            READ => (&read, &noted),
            NOTE => (&noted, &read),
            _ => return Action::Forward,
        };
        mine.notify_one();
        let other = Arc::clone(other);
        Action::then(async move || other.notified().await)
    });
    scene.trips();
    assert!(is_permitted(&gate, "20.1.2.1", after(1)).await);
    assert_eq!(
        scene.trips(),
        [READ, ENTRY, NOTE],
        "each is answered after the other has arrived, at the first attempt"
    );
}

#[tokio::test]
async fn places_count_from_the_first_request_after_the_embargo() {
    let scene = Scene::new(Vec::new()).await;
    let gates = [scene.warm().await, scene.gate()];
    assert!(is_permitted(&gates[0], "20.1.1.1", after(0)).await);
    scene.world.register(vec![by_spread(json!({"networks": 2, "hours": 1}))]).await;
    scene.trips();
    assert!(is_permitted(&gates[0], "20.1.2.1", after(1)).await);
    let mut trips = scene.trips();
    trips.dedup_by(|trip, before| (trip.as_str(), before.as_str()) == ("Query", "Query"));
    assert_eq!(trips, [READ, READ, ENTRY, "Query", NOTE], "the heads, then newer records of each kind");
    assert!(is_permitted(&gates[0], "20.1.2.1", after(2)).await);
    assert_eq!(scene.trips(), [READ, ENTRY]);
    // A new environment.
    assert!(!is_permitted(&gates[1], "20.1.3.1", after(3)).await);
    assert!(!is_permitted(&gates[0], "20.1.2.1", after(4)).await, "places of other environments count");
    // After its withdrawal places are not counted.
    let mut withdrawn = by_spread(json!({"networks": 2, "hours": 1}));
    withdrawn["withdrawn"] = json!(true);
    scene.world.register(vec![withdrawn]).await;
    assert!(is_permitted(&gates[0], "20.1.4.1", after(5)).await);
    scene.trips();
    assert!(is_permitted(&gates[0], "20.1.5.1", after(6)).await);
    assert_eq!(scene.trips(), [READ, ENTRY]);
}

#[tokio::test]
async fn only_invocations_and_screenings_count_as_places() {
    let scene = Scene::new(vec![by_spread(json!({"networks": 2, "hours": 1}))]).await;
    let gate = scene.warm().await;
    let models = async |address: &str, now| {
        let event = rest("GET", "/v1/models", "sample-us-app").person("sample-us-citizen").from(address);
        let listed = ask(&gate, &event.0, now).await;
        let models = listed.body["models"].as_array().unwrap().clone();
        models.iter().find(|model| model["model"] == "opus-4-8@1").unwrap()["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!(models("20.1.1.1", after(0)).await, "permit");
    ask(&gate, &rest("GET", "/v1/health", "sample-us-app").from("20.1.2.1").0, after(1)).await;
    let onboarding =
        rest("POST", "/v1/parties/screenings", "sample-us-app").person("sample-us-citizen").from("20.1.3.1");
    let mut onboarding = onboarding.body(r#"{"screenings": [{"name": "Sample"}]}"#).0;
    onboarding["requestContext"]["authorizer"]["claims"]["scope"] = json!("export-gate/parties");
    assert_eq!(ask(&gate, &onboarding, after(2)).await.status, 200);
    assert_eq!(scene.item().await, Value::Null);
    // Screenings and refusals count.
    let event = screening("sample-us-app", "opus-4-8").person("sample-us-citizen").from("20.1.4.1");
    assert_eq!(ask(&gate, &event.0, after(3)).await.body["outcome"], "permit");
    assert_eq!(models("20.1.1.1", after(4)).await, "refuse");
    assert_eq!(models("20.1.4.9", after(5)).await, "permit");
    scene.trips();
    assert!(!is_permitted(&gate, "20.1.1.1", after(6)).await);
    assert_eq!(models("20.1.4.9", after(7)).await, "refuse");
    assert_eq!(scene.trips(), [READ, READ, ENTRY, NOTE]);
    let unknown = invocation("unknown", "opus-4-8").from("20.1.1.1");
    assert_eq!(ask(&gate, &unknown.0, after(8)).await.codes(), ["identity.unknown"]);
}

#[tokio::test]
async fn a_failure_to_count_places_is_503() {
    let scene = Scene::new(vec![by_spread(json!({"networks": 9, "hours": 1}))]).await;
    let gate = scene.warm().await;
    assert!(is_permitted(&gate, "20.1.1.1", after(0)).await);
    let recorded = scene.world.ledger().await.len();
    let usage = scene.world.tables.usage.clone();
    // A new network is written, a known one read.
    for (address, operation) in [("20.1.2.1", NOTE), ("20.1.1.1", READ)] {
        let actions: [fn() -> Action; 3] = [Action::access_denied, Action::internal_error, || Action::Refuse];
        for action in actions {
            let usage = usage.clone();
            scene.world.relay.rule(move |seen| {
                if seen.operation == operation && seen.touches(&usage) { action() } else { Action::Forward }
            });
            let refused = ask(&gate, &from(address).0, after(1)).await;
            assert_eq!((refused.status, refused.code()), (503, "register.unavailable"), "{operation}");
            assert!(refused.headers["retry-after"].is_string(), "{:?}", refused.headers);
            assert_eq!(scene.world.ledger().await.len(), recorded);
        }
    }
    // The SDK retries throttled and unanswered calls.
    let actions: [fn() -> Action; 2] = [Action::throttled, || Action::LoseAnswer];
    for action in actions {
        scene.world.relay.seen().clear();
        scene.world.relay.rule(
            move |seen| {
                if seen.operation == NOTE && seen.count == 1 { action() } else { Action::Forward }
            },
        );
        assert!(is_permitted(&gate, "20.1.3.1", after(2)).await);
    }
    scene.world.relay.forward();
    assert!(is_permitted(&gate, "20.1.2.1", after(3)).await);
}

/// Elements of an hour: each of these minutes with these networks of one country.
fn elements(minutes: i64, networks: i64) -> Vec<String> {
    let each = (0..minutes).flat_map(|minute| (0..networks).map(move |number| (minute, number)));
    each.map(|(minute, number)| format!("{minute:02}US:15{number:04x}")).collect()
}

#[tokio::test]
async fn a_full_hour_drops_only_redundant_elements() {
    let scene = Scene::new(vec![by_spread(json!({"countries": 4, "networks": 1000, "hours": 1}))]).await;
    let hour = format!("h{HOUR}");
    let len = async || scene.item().await[&hour].as_array().unwrap().len();

    // A full hour of 20 networks: older elements of the same network are dropped.
    scene.put(json!({&hour: elements(50, 20)})).await;
    let gate = scene.gate();
    assert!(is_permitted(&gate, "20.1.1.1", after(3000)).await);
    let left = scene.item().await[&hour].as_array().unwrap().clone();
    assert_eq!(left.len(), 21, "the last element of each network, and the new one");
    assert!(left.contains(&json!("49US:150000")) && left.contains(&json!("50US:140101")), "{left:?}");

    // At the limit of networks another one is not added, nor retried.
    scene.put(json!({&hour: elements(1, 1000)})).await;
    let gate = scene.gate();
    assert!(!is_permitted(&gate, "20.1.1.1", after(3001)).await);
    assert_eq!(len().await, 1000);
    scene.trips();
    assert!(!is_permitted(&gate, "20.1.2.1", after(3002)).await);
    assert_eq!(scene.trips(), [READ, ENTRY]);
    // Another country is added.
    for (address, count) in [("20.2.1.1", 1001), ("20.2.2.1", 1001), ("20.3.1.1", 1002)] {
        assert!(!is_permitted(&gate, address, after(3003)).await);
        assert_eq!(len().await, count, "{address}");
    }

    // Hours outside every window are removed.
    let old = |hours: i64| format!("h{}", HOUR - hours);
    scene
        .put(json!({old(3): ["00US:150000"], old(1): ["00US:150000"], &hour: elements(1, 1000), "h1": ["00US:150000"]}))
        .await;
    let gate = scene.gate();
    is_permitted(&gate, "20.1.1.1", after(3004)).await;
    is_permitted(&gate, "20.4.1.1", after(3005)).await;
    let item = scene.item().await;
    let hours: Vec<&String> = item.as_object().unwrap().keys().filter(|name| name.starts_with('h')).collect();
    assert_eq!(hours, [&hour]);
}

#[tokio::test]
async fn unreadable_elements_count_as_places_and_foreign_attributes_do_not() {
    let scene = Scene::new(vec![by_spread(json!({"networks": 900, "hours": 1}))]).await;
    let good = ["00US:140101", "01US:140101:4071,-7401,20", "02??:140102", "03DE:2a0200000000", "04??:"];
    let bad = [
        "x",
        "60US:140101",
        "+1US:140101",
        "00ZZ:140101",
        "00US",
        "00US:14010",
        "00US:14010G",
        "00US:140101:",
        "00US:140101:1,2",
        "00US:140101:9001,0,0",
        "00US:140101:0,18001,0",
        "00US:140101:0,0,-1",
        "00US:140101:0,0,0:",
        "ünUS:140101",
    ];
    let foreign = json!({"h": ["00US:150000"], "h01": ["00US:150001"], "h-1": ["00US:150002"], "hx": ["00US:150003"],
                         "leased": 5, format!("H{HOUR}"): ["00US:150004"]});
    let both = [&good[..], &bad[..]].concat();
    let mut attributes = json!({format!("h{HOUR}"): both, format!("h{}", HOUR + 1): "no set"});
    attributes.as_object_mut().unwrap().extend(foreign.as_object().unwrap().clone());
    scene.put(attributes).await;
    let answered = ask(&scene.gate(), &from("20.1.1.9").0, after(60)).await;
    assert_eq!(answered.status, 200);
    let networks = 4 + bad.len() + 1;
    assert_eq!(scene.spread_in(&answered).await, json!([{"countries": 3, "hours": 1, "networks": networks}]));
}

#[tokio::test]
async fn the_ledger_records_the_count_of_each_window_that_embargoes_use() {
    let with = |id: &str, limits: Value, more: Value| {
        let mut record = by_spread(limits);
        record["id"] = json!(id);
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        record
    };
    let tomorrow = render_time(after(86_400));
    let scene = Scene::new(vec![
        with("day", json!({"networks": 3, "hours": 24}), json!({"effect": "observed"})),
        with("hour", json!({"countries": 3, "hours": 1}), json!({})),
        with("again", json!({"networks": 500, "hours": 1}), json!({"models": ["fable-5"]})),
        with("later", json!({"networks": 2, "hours": 2}), json!({"from": tomorrow})),
        with("gone", json!({"networks": 2, "hours": 3}), json!({"withdrawn": true})),
    ])
    .await;
    let gate = scene.gate();
    for (address, seconds) in [("20.1.1.1", 0), ("20.2.1.1", 3000), ("20.2.2.1", 3660)] {
        assert!(is_permitted(&gate, address, after(seconds)).await, "{address}");
    }
    let answered = ask(&gate, &from("20.3.1.1").0, after(3700)).await;
    let counted = json!([{"countries": 2, "hours": 1, "networks": 3}, {"countries": 3, "hours": 24, "networks": 4}]);
    assert_eq!((answered.status, scene.spread_in(&answered).await), (200, counted));
    let entry = scene.world.entry(answered.decision_id().unwrap()).await;
    let applied: Vec<&Value> = entry["embargoes"].as_array().unwrap().iter().map(|one| &one["embargo"]).collect();
    assert_eq!(applied, ["day@2"]);
    assert!(entry["facts"].get("travel").is_none(), "a database of countries has no coordinates");
}

fn travel(attributes: Value) -> Value {
    let mut record = json!({"kind": "setting", "id": "screening"});
    record.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    record
}

#[tokio::test]
async fn impossible_travel_is_recorded_and_refused_if_the_setting_is_refuse() {
    let mut scene = Scene::new(vec![travel(json!({"impossible_travel": "observe"}))]).await;
    let city = |country: &str, latitude: f64, longitude: f64| {
        let location = json!({"latitude": latitude, "longitude": longitude, "accuracy_radius": 20});
        json!({"country": {"iso_code": country}, "location": location})
    };
    let (home, far) = (city("US", 40.71, -74.01), city("GB", 51.51, -0.13));
    let near = city("US", 42.36, -71.06);
    let rows = [("20.1.0.0/16", home), ("20.2.0.0/16", near), ("20.3.0.0/16", far)];
    scene.data = Mmdb::new("GeoIP2-City", &rows);
    let gates = [scene.gate(), scene.gate()];
    let travel_of = async |gate: usize, address: &str, minutes: i64| {
        let answered = ask(&gates[gate], &from(address).0, after(60 * minutes)).await;
        let facts = scene.world.entry(answered.decision_id().unwrap()).await["facts"].clone();
        assert!(facts.get("spread").is_none(), "no embargo uses spread");
        (answered.status, answered.code().to_owned(), facts["travel"].clone())
    };
    let allowed = |travel: Value| (200, String::new(), travel);
    let too_fast = |kilometres: u32, minutes: u32| json!({"kilometres": kilometres, "minutes": minutes});
    assert_eq!(travel_of(0, "20.1.1.1", 0).await, allowed(Value::Null));
    assert_eq!(scene.item().await[format!("h{HOUR}")], json!(["00US:140101:4071,-7401,20"]));
    assert_eq!(travel_of(1, "20.2.1.1", 20).await, allowed(Value::Null), "the accuracy radii do not exclude it");
    assert_eq!(travel_of(1, "20.3.1.1", 100).await, allowed(too_fast(5224, 81)), "the faster of two journeys");
    assert_eq!(travel_of(0, "20.1.1.1", 130).await, allowed(too_fast(5530, 31)), "and back");

    let refuse = json!({"impossible_travel": "refuse"});
    scene.world.register(vec![travel(refuse.clone())]).await;
    let (status, code, _) = travel_of(0, "20.3.1.1", 140).await;
    assert_eq!((status, code.as_str()), (403, "destination.inconsistent"));
    let mut permits = refuse;
    permits["inconsistent_destination"] = json!("permit");
    scene.world.register(vec![travel(permits)]).await;
    assert_eq!(travel_of(1, "20.3.1.1", 150).await.0, 200);
    // A window of one hour for spread does not shorten the day for travel.
    let mut observed = by_spread(json!({"networks": 500, "hours": 1}));
    observed["effect"] = json!("observed");
    scene.world.register(vec![observed, travel(json!({"impossible_travel": "observe"}))]).await;
    let answered = ask(&gates[0], &from("20.3.1.1").0, after(60 * 240)).await;
    let entry = scene.world.entry(answered.decision_id().unwrap()).await;
    assert_eq!(entry["facts"]["travel"], too_fast(5224, 221));
}

// Simulations

/// A linear congruential generator.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

async fn four_gates(scene: &Scene) -> Vec<Gate> {
    vec![scene.warm().await, scene.warm().await, scene.gate(), scene.gate()]
}

const LIMIT: u64 = 40;

fn limits() -> Value {
    by_spread(json!({"countries": 3, "networks": LIMIT, "hours": 1}))
}

/// Every request comes from a new network, more than one a minute.
#[tokio::test]
async fn rotating_proxies_are_refused_from_the_limit_on() {
    type Choice = (&'static str, fn(u64, &mut Random) -> u64);
    let choices: [Choice; 3] = [
        ("one environment after the other", |request, _| request % 4),
        ("25 requests on each environment", |request, _| request / 25 % 4),
        ("random", |_, random| random.below(4)),
    ];
    for (case, environment) in choices {
        let scene = Scene::new(vec![limits()]).await;
        let (gates, mut random) = (four_gates(&scene).await, Random(7));
        for request in 0..90 {
            let country = 1 + random.below(2);
            let now = after(i64::try_from(request * 45).unwrap());
            let address = format!("20.{country}.{request}.{}", random.below(250));
            let gate = &gates[index(environment(request, &mut random))];
            assert_eq!(is_permitted(gate, &address, now).await, request + 1 < LIMIT, "{case}: {request}");
        }
    }
}

#[tokio::test]
async fn a_third_country_within_the_hour_is_refused_by_every_environment() {
    let scene = Scene::new(vec![limits()]).await;
    let gates = four_gates(&scene).await;
    assert!(is_permitted(&gates[0], "20.1.1.1", after(0)).await);
    assert!(is_permitted(&gates[1], "20.2.1.1", after(600)).await);
    assert!(!is_permitted(&gates[2], "20.3.1.1", after(1200)).await);
    for (gate, number) in gates.iter().zip(1..) {
        assert!(
            !is_permitted(gate, &format!("20.{number}.1.1"), after(1800)).await,
            "the client is refused in every country"
        );
    }
}

/// Each network returns after three quarters of an hour.
#[tokio::test]
async fn a_pool_of_proxies_counts_between_its_rounds() {
    let scene = Scene::new(vec![limits()]).await;
    let gates = four_gates(&scene).await;
    for request in 0..160 {
        let now = after(i64::try_from(request * 66).unwrap());
        let address = format!("20.1.{}.1", request % LIMIT);
        let is_permitted = is_permitted(&gates[index(request / 3 % 4)], &address, now).await;
        assert_eq!(is_permitted, request + 1 < LIMIT, "{request}");
    }
}

/// At home with IPv4 and IPv6, on a train through two countries, in an office, at an airport, in a third country.
#[tokio::test]
async fn an_ordinary_traveller_is_never_refused() {
    let scene = Scene::new(vec![limits()]).await;
    let gates = four_gates(&scene).await;
    let mut random = Random(11);
    for minute in (0..420_u64).step_by(3) {
        let stay = random.below(2);
        let address = match minute {
            0..60 => ["20.1.1.7".to_owned(), "2a01:0:0:9::7".to_owned()][index(stay)].clone(),
            // A new cell every five minutes; the border after half an hour.
            60..120 => format!("20.{}.{}.9", 1 + u64::from(minute >= 90), 10 + minute / 5),
            120..240 => ["20.2.1.7".to_owned(), format!("2a02:0:0:{:x}::7", random.below(900))][index(stay)].clone(),
            240..300 => format!("20.2.{}.3", 2 + random.below(3)),
            // In the air.
            300..360 => continue,
            _ => format!("20.3.{}.3", 1 + stay),
        };
        let now = after(i64::try_from(minute).unwrap() * 60);
        assert!(is_permitted(&gates[index(random.below(4))], &address, now).await, "{address} at minute {minute}");
    }
}

/// Many users of one client, each on a network of its own.
#[tokio::test]
async fn a_shared_client_is_refused_until_its_places_are_an_hour_old() {
    let scene = Scene::new(vec![limits()]).await;
    let gates = four_gates(&scene).await;
    let mut random = Random(13);
    for user in 0..50 {
        let now = after(i64::try_from(user * 70).unwrap());
        let is_permitted = is_permitted(&gates[index(random.below(4))], &format!("20.1.{user}.1"), now).await;
        assert_eq!(is_permitted, user + 1 < LIMIT, "user {user}");
    }
    // User 10, of minute 11, is the fortieth.
    for (seconds, expected) in [(71 * 60 + 59, false), (72 * 60, true), (200 * 60, true)] {
        for gate in &gates {
            assert_eq!(is_permitted(gate, "20.1.49.1", after(seconds)).await, expected, "after {seconds}");
        }
    }
}

#[tokio::test]
async fn concurrent_requests_are_permitted_only_below_the_limit() {
    let scene = Scene::new(vec![limits()]).await;
    let gates = four_gates(&scene).await;
    let asked =
        (0..60).map(async |request| is_permitted(&gates[request % 4], &format!("20.1.{request}.1"), after(0)).await);
    let permitted = join_all(asked).await.into_iter().filter(|permitted| *permitted).count();
    // A retried write also sees later requests.
    assert!((1..usize::try_from(LIMIT).unwrap()).contains(&permitted), "{permitted}");
    assert_eq!(scene.item().await[format!("h{HOUR}")].as_array().unwrap().len(), 60);
}
