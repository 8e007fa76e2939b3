//! `POST /v1/parties/screenings`: scope, requests and results; names are neither logged nor recorded.

use crate::world::events::{Http, Rest, http, rest};
use crate::world::lists::{party, party_of};
use crate::world::{Answered, World, ask, ask_until, call, printed};
use std::time::Duration;

use export_gate::parties::ListedParty;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

const PATH: &str = "/v1/parties/screenings";
const CLIENT: &str = "sample-us-service";

/// A name that must appear in no log line and in no refusal.
const SECRET: &str = "Marker Person";

/// A screening request of a client with the scope.
fn screening(body: &Value) -> Value {
    scoped(rest("POST", PATH, CLIENT).body(&body.to_string()).0)
}

fn scoped(mut event: Value) -> Value {
    event["requestContext"]["authorizer"]["claims"]["scope"] = json!("export-gate/invoke export-gate/parties");
    event
}

/// A body with these names.
fn names(names: &[&str]) -> Value {
    json!({"screenings": names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()})
}

async fn activate(world: &World, list: &str, edition: &str, parties: &[ListedParty]) {
    let record = world.edition(list, edition, parties).await;
    world.register(vec![record]).await;
}

/// A deployment with two lists of parties and one of networks.
async fn listed() -> World {
    let world = World::with_samples().await;
    let shipyard = party_of("7", "Northwind Shipyard", "DE");
    activate(&world, "own", "e1", &[shipyard, party("8", "Zephyr Bakery")]).await;
    activate(&world, "sdn", "2026-11-24", &[party_of("306", "Northwind Shipyard", "IR")]).await;
    let networks = json!({"kind": "list", "id": "nets", "content": "networks", "class": "vpn", "edition": "n1",
                          "entries": 0, "chunks": 0, "sha256": "0".repeat(64)});
    world.register(vec![networks]).await;
    world
}

/// The parties that each result names, in order.
fn parties(answered: &Answered) -> Vec<Vec<&str>> {
    let results = answered.body["results"].as_array().unwrap_or_else(|| panic!("{}", answered.body)).iter();
    results
        .map(|result| {
            let candidates = result["candidates"].as_array().unwrap().iter();
            candidates.map(|one| one["party"].as_str().unwrap()).collect()
        })
        .collect()
}

#[tokio::test]
async fn names_are_compared_with_every_list_of_parties() {
    let world = listed().await;
    let gate = world.gate();
    let body = json!({"screenings": [
        {"id": "a", "name": "Quite Another", "aliases": ["Northwind Shipyard"], "type": "organisation", "countries": ["DE"]},
        {"name": "Zephyr Bakery"},
        {"id": "c", "name": "Quite Another"},
    ]});
    let answered = ask(&gate, &screening(&body), Timestamp::now()).await;
    assert_eq!((answered.status, answered.decision_id()), (200, None), "{}", answered.body);
    assert_eq!(answered.headers["cache-control"], "no-store");
    assert_eq!(
        answered.body["lists"],
        json!([{"list": "own", "edition": "e1"}, {"list": "sdn", "edition": "2026-11-24"}]),
        "only lists of parties"
    );
    assert_eq!(parties(&answered), [vec!["own:7", "sdn:306"], vec!["own:8"], vec![]], "{}", answered.body);
    let results = &answered.body["results"];
    assert_eq!((&results[0]["id"], results[1].get("id"), &results[2]["id"]), (&json!("a"), None, &json!("c")));
    let [first, second] = [0, 1].map(|place| &results[0]["candidates"][place]);
    assert_eq!(
        (&first["name"], &first["score"], &first["exact"], &first["weak"]),
        (&json!("Northwind Shipyard"), &json!(1.0), &json!(true), &json!(false)),
        "the same name and country comes first"
    );
    assert_eq!(second["exact"], false, "the same name in another country: {second}");
    assert!(!first["why"].as_array().unwrap().is_empty(), "{first}");
    let log = answered.log.unwrap();
    assert_eq!((log.route, log.screened, log.outcome), ("parties", Some((3, 3)), None));
    assert_eq!((world.ledger().await.len(), world.invoked()), (0, 0), "nothing is recorded");
}

#[tokio::test]
async fn lists_and_threshold_can_be_chosen() {
    let world = listed().await;
    let gate = world.gate();
    let chosen = |general: Option<&[&str]>, own: Option<&[&str]>| {
        let mut body = names(&["Northwind Shipyard", "Northwind Shipyard"]);
        if let Some(lists) = general {
            body["lists"] = json!(lists);
        }
        if let Some(lists) = own {
            body["screenings"][0]["lists"] = json!(lists);
        }
        body
    };
    let (own, sdn) = ("own:7", "sdn:306");
    // (the request's lists, those of the first name, the candidates)
    type Lists = Option<&'static [&'static str]>;
    let cases: [(Lists, Lists, [Vec<&str>; 2]); 5] = [
        (None, None, [vec![own, sdn], vec![own, sdn]]),
        (Some(&["sdn"]), None, [vec![sdn], vec![sdn]]),
        (Some(&["sdn"]), Some(&["own"]), [vec![own], vec![sdn]]),
        (None, Some(&["own", "own"]), [vec![own], vec![own, sdn]]),
        (Some(&["own"]), Some(&["sdn", "own"]), [vec![own, sdn], vec![own]]),
    ];
    for (general, first, expected) in cases {
        let answered = ask(&gate, &screening(&chosen(general, first)), Timestamp::now()).await;
        assert_eq!(parties(&answered), expected, "{general:?} {first:?}");
        let asked = answered.body["lists"].as_array().unwrap().len();
        let expected: std::collections::BTreeSet<&str> = expected.iter().flatten().copied().collect();
        assert_eq!(asked, expected.len(), "only searched lists are named");
    }
    // (lists, the reported place)
    for (lists, at) in [(json!(["none"]), "`lists`"), (json!(["nets"]), "`lists`"), (json!(["own", "none"]), "`lists`")]
    {
        for own in [false, true] {
            let mut body = names(&["Northwind Shipyard", "Zephyr Bakery"]);
            let place = if own { &mut body["screenings"][1] } else { &mut body };
            place["lists"] = lists.clone();
            let answered = ask(&gate, &screening(&body), Timestamp::now()).await;
            assert_eq!((answered.status, answered.code()), (400, "request.malformed"), "{lists}");
            let at = if own { "`screenings[1].lists`" } else { at };
            assert!(answered.body["detail"].as_str().unwrap().contains(at), "{lists}: {}", answered.body);
        }
    }
    for (threshold, count) in [(0.0, 2), (1.0, 2)] {
        let mut body = names(&["Northwind Shipyard"]);
        body["threshold"] = json!(threshold);
        let answered = ask(&gate, &screening(&body), Timestamp::now()).await;
        let found = &parties(&answered)[0];
        assert!(found.len() >= count - usize::from(threshold > 0.5), "{threshold}: {found:?}");
    }
}

#[tokio::test]
async fn a_request_has_at_most_100_names_and_each_result_at_most_20_candidates() {
    let world = World::with_samples().await;
    let many: Vec<ListedParty> = (0..50).map(|n| party(&format!("{n:02}"), "Northwind Shipyard")).collect();
    activate(&world, "own", "e1", &many).await;
    let gate = world.gate();
    let answered = ask(&gate, &screening(&names(&["Northwind Shipyard"; 100])), Timestamp::now()).await;
    let found = parties(&answered);
    assert_eq!((found.len(), found[99].len()), (100, 20));
    assert_eq!((found[0][0], &answered.body["results"][99]["left_out"]), ("own:00", &json!(30)));
    assert_eq!(answered.log.unwrap().screened, Some((100, 5000)));
    let answered = ask(&gate, &screening(&names(&["Northwind Shipyard"; 101])), Timestamp::now()).await;
    assert_eq!(answered.status, 400);
    let none = ask(&gate, &screening(&names(&["Zephyr Bakery"])), Timestamp::now()).await;
    assert_eq!(none.body["results"][0].get("left_out"), None);
}

#[tokio::test]
async fn a_request_with_too_many_comparisons_is_refused_and_names_the_element() {
    let world = World::with_samples().await;
    let many: Vec<ListedParty> =
        (0..600).map(|n| party(&n.to_string(), &format!("Northwind Shipyard Harbour Works {n}"))).collect();
    activate(&world, "own", "e1", &many).await;
    let gate = world.gate();
    let asked = |names: usize, name: &str, threshold: f64| {
        let aliases = vec![name; names - 1];
        json!({"screenings": [{"name": "Zephyr Bakery"}, {"name": name, "aliases": aliases}], "threshold": threshold})
    };
    let long = "Northwind Harbour ".repeat(56);
    let words = "Northwind Shipyard Harbour Works ".repeat(6);
    // (case, body, part of the detail)
    let cases = [
        ("names of 1,000 bytes", asked(51, &long, 0.0), Some("invalid element `screenings[1].aliases[0]`: expected")),
        ("50 aliases of many words", asked(51, &words, 0.0), Some("`screenings[1]` exceeds the comparisons")),
        ("few names", asked(1, "Northwind Shipyard", 0.76), None),
    ];
    for (case, body, expected) in cases {
        let answered = ask(&gate, &screening(&body), Timestamp::now()).await;
        assert_eq!(answered.status, if expected.is_some() { 400 } else { 200 }, "{case}: {}", answered.body);
        let detail = answered.body["detail"].as_str().unwrap_or_default();
        assert!(expected.is_none_or(|expected| detail.contains(expected)), "{case}: {detail}");
    }
}

#[tokio::test]
async fn a_search_beyond_the_deadline_is_abandoned() {
    let world = World::with_samples().await;
    let many: Vec<ListedParty> =
        (0..600).map(|n| party(&n.to_string(), &format!("Northwind Shipyard Harbour Works {n}"))).collect();
    activate(&world, "own", "e1", &many).await;
    let gate = world.gate();
    let name = "Northwind Shipyard Harbour Works ".repeat(6);
    let body = json!({"screenings": [{"name": name, "aliases": vec![&name; 50]}], "threshold": 0.0});
    assert_eq!(
        ask(&gate, &screening(&names(&["Zephyr Bakery"])), Timestamp::now()).await.status,
        200,
        "the list is loaded"
    );
    let soon = Instant::now() + Duration::from_millis(100);
    let answered = ask_until(&gate, &screening(&body), Timestamp::now(), soon).await;
    assert_eq!((answered.status, answered.code()), (503, "register.unavailable"), "{}", answered.body);
}

#[tokio::test]
async fn a_new_edition_counts_on_the_next_request_and_an_unavailable_one_is_an_error() {
    let world = listed().await;
    let gate = world.gate();
    let lantern = || screening(&names(&["Copper Lantern"]));
    assert_eq!(parties(&ask(&gate, &lantern(), Timestamp::now()).await), [Vec::<&str>::new()]);
    activate(&world, "own", "e2", &[party("9", "Copper Lantern")]).await;
    let answered = ask(&gate, &lantern(), Timestamp::now()).await;
    assert_eq!((parties(&answered), &answered.body["lists"][0]["edition"]), (vec![vec!["own:9"]], &json!("e2")));
    // A list without its chunks.
    let mut record = world.edition("third", "e1", &[party("1", "Copper Lantern")]).await;
    record["edition"] = json!("e2");
    world.register(vec![record]).await;
    let answered = ask(&gate, &lantern(), Timestamp::now()).await;
    assert_eq!((answered.status, answered.code()), (503, "register.unavailable"), "{}", answered.body);
    assert_eq!(answered.headers["retry-after"], "1");
    let mut named = names(&["Copper Lantern"]);
    named["lists"] = json!(["third"]);
    assert_eq!(ask(&gate, &screening(&named), Timestamp::now()).await.status, 503, "in force but not loaded");
    named["lists"] = json!(["own"]);
    assert_eq!(ask(&gate, &screening(&named), Timestamp::now()).await.status, 200, "other lists can be chosen");
    // An unreadable record may be a list in force.
    let world = listed().await;
    world.register(vec![json!({"kind": "list", "id": "fourth", "content": "parties", "edition": 7})]).await;
    let gate = world.gate();
    assert_eq!(ask(&gate, &lantern(), Timestamp::now()).await.code(), "register.unavailable");
    named["lists"] = json!(["fourth"]);
    assert_eq!(ask(&gate, &screening(&named), Timestamp::now()).await.status, 503, "unreadable");
}

#[tokio::test]
async fn a_screening_requires_the_scope_and_an_identified_caller() {
    let world = listed().await;
    let gate = world.gate();
    let body = names(&[SECRET]).to_string();
    let by = |client: &str| rest("POST", PATH, client).body(&body);
    let with_scope = |Rest(mut event): Rest, scope: &str| {
        event["requestContext"]["authorizer"]["claims"]["scope"] = json!(scope);
        event
    };
    let lambda = |context: Value| {
        let Rest(mut event) = by(CLIENT);
        event["requestContext"]["authorizer"] = context;
        event
    };
    let of_http = |scope: &str| {
        let Http(mut event) = http("POST", PATH, CLIENT);
        event["requestContext"]["authorizer"]["jwt"]["claims"]["scope"] = json!(scope);
        event["body"] = json!(body);
        event
    };
    let parties = "export-gate/parties";
    let anonymous = {
        let Rest(mut event) = by(CLIENT);
        event["requestContext"]["authorizer"] = json!(null);
        event
    };
    // (case, event, status, codes)
    let cases = [
        ("a token with the scope", with_scope(by(CLIENT), parties), 200, ""),
        ("a token with several scopes", with_scope(by(CLIENT), "export-gate/read export-gate/parties"), 200, ""),
        ("a token with another scope", with_scope(by(CLIENT), "export-gate/invoke"), 403, "identity.unscoped"),
        ("a token without scopes", by(CLIENT).0, 403, "identity.unscoped"),
        ("an HTTP API with the scope", of_http(parties), 200, ""),
        ("an HTTP API with another scope", of_http("export-gate/screen"), 403, "identity.unscoped"),
        ("a Lambda authorizer with the scope", lambda(json!({"principalId": CLIENT, "scope": parties})), 200, ""),
        ("a Lambda authorizer without scopes", lambda(json!({"principalId": CLIENT})), 403, "identity.unscoped"),
        ("an IAM role", by(CLIENT).by_role("sample-batch").0, 200, ""),
        ("an API key", by(CLIENT).by_api_key("samplekey1").0, 403, "identity.unscoped"),
        ("no authorizer", anonymous, 401, "identity.missing"),
        ("an unknown client", with_scope(by("unknown"), parties), 403, "identity.unknown"),
        ("a suspended client", with_scope(by("sample-us-suspended-app"), parties), 403, "identity.suspended"),
        (
            "a client of a lapsed organisation",
            with_scope(by("sample-lapsed-company-service"), parties),
            403,
            "identity.unverified",
        ),
        ("a client that must name a person", with_scope(by("sample-us-app"), parties), 403, "person.required"),
        ("a client that names a person", with_scope(by("sample-us-app").person("sample-us-citizen"), parties), 200, ""),
        ("another method", scoped(rest("GET", PATH, CLIENT).0), 405, "request.malformed"),
    ];
    for (case, event, status, codes) in cases {
        let answered = ask(&gate, &event, Timestamp::now()).await;
        assert_eq!(
            (answered.status, answered.codes().join(" ").as_str()),
            (status, codes),
            "{case}: {}",
            answered.body
        );
        assert_eq!(answered.decision_id(), None, "{case}");
        let problem = answered.headers["content-type"] == "application/problem+json";
        assert_eq!(problem, status != 200, "{case}");
    }
    assert_eq!((world.ledger().await.len(), world.invoked()), (0, 0), "nothing is recorded");
}

#[tokio::test]
async fn names_are_neither_logged_nor_quoted_in_refusals() {
    let world = listed().await;
    activate(&world, "own", "e3", &[party("10", SECRET)]).await;
    let function = world.function().await;
    let good = json!({"screenings": [{"id": SECRET, "name": SECRET, "aliases": [SECRET], "identifiers": [SECRET]}]});
    let answered = call(&function, &screening(&good)).await;
    assert_eq!(answered.body["results"][0]["candidates"][0]["party"], "own:10", "{}", answered.body);
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body["screenings"][0][name] = value;
        body
    };
    let bad = [
        json!({SECRET: 1, "screenings": [{"name": SECRET}]}),
        json!({"screenings": {SECRET: 1}}),
        with(SECRET, json!(1)),
        with("type", json!(SECRET)),
        with("born", json!(SECRET)),
        with("countries", json!([SECRET])),
        with("aliases", json!(SECRET)),
        with("lists", json!([SECRET])),
        json!(SECRET),
    ];
    for body in bad.iter().map(Value::to_string).chain([format!("{{{SECRET}"), String::new()]) {
        let answered = call(&function, &scoped(rest("POST", PATH, CLIENT).body(&body).0)).await;
        assert_eq!((answered.status, answered.code()), (400, "request.malformed"), "{body}: {}", answered.body);
        assert!(!answered.body.to_string().contains(SECRET), "{body}: {}", answered.body);
        assert_eq!(answered.body["error"]["type"], "invalid_request_error", "{body}");
    }
    let lines = printed(&function).await;
    assert!(
        lines.iter().any(|line| line.contains(r#""route":"parties""#) && line.contains(r#""candidates":1"#)),
        "{lines:?}"
    );
    for line in lines {
        assert!(!line.contains(SECRET) && !line.contains("panic"), "{line}");
    }
}
