//! No header turns a refusal into a permit: every header that the gate, proxies, CDNs or frameworks read, alone and
//! together, on requests that are refused with each code, in both payload formats.

use crate::world::events::{IN_IRAN, IN_UKRAINE, IN_US, http_invocation, invocation};
use crate::world::lists::{by_lists, party, party_of};
use crate::world::{Answered, PATIENCE, World, ask, at, binary, call, printed};
use export_gate::gate::Gate;
use export_gate::request::{Distribution, Header, read};
use export_gate::settings::Settings;
use export_gate_local::function::Function;
use jiff::Timestamp;
use serde_json::{Value, json};

const SECRET: &str = "sample-current-secret";
const OLD_SECRET: &str = "sample-previous-secret";

const NOW: &str = "2026-11-22T12:00:00Z";

/// Every header that the gate reads, with a value in the client's favour.
const READ: &[(&str, &str)] = &[
    ("End-User", "sample-us-citizen"),
    ("End-Use", "research"),
    ("Content-Type", "text/plain"),
    ("Accept", "text/plain"),
    ("Distribution-Secret", "sample-foreign-secret"),
    ("CloudFront-Viewer-Country", "US"),
    ("CloudFront-Viewer-Country-Region", "CA"),
    ("x-amzn-waf-distribution-secret", "sample-foreign-secret"),
    ("x-amzn-waf-country", "US"),
    ("x-amzn-waf-region", "US-CA"),
    ("x-amzn-waf-anonymous", "0"),
    ("x-amzn-waf-hosting", "0"),
];

/// Other headers by which proxies, CDNs, clouds and frameworks pass identity, address, place or route.
const UNREAD: &[(&str, &[&str])] = &[
    (
        "8.8.8.8",
        &[
            "CF-Connecting-IP",
            "CF-Connecting-IPv6",
            "CF-Pseudo-IPv4",
            "Client-IP",
            "CloudFront-Viewer-Address",
            "Cluster-Client-IP",
            "Fastly-Client-IP",
            "Fly-Client-IP",
            "Forwarded-For",
            "Proxy-Client-IP",
            "Remote-Addr",
            "Source-IP",
            "True-Client-IP",
            "WL-Proxy-Client-IP",
            "X-Amzn-Source-IP",
            "X-Appengine-User-IP",
            "X-Azure-ClientIP",
            "X-Azure-SocketIP",
            "X-Client-IP",
            "X-Cluster-Client-IP",
            "X-Envoy-External-Address",
            "X-Forwarded",
            "X-Forwarded-For",
            "X-Original-Forwarded-For",
            "X-Originating-IP",
            "X-ProxyUser-IP",
            "X-Real-IP",
            "X-Remote-Addr",
            "X-Remote-IP",
            "X-Vercel-Forwarded-For",
        ],
    ),
    (
        "US",
        &[
            "CF-IPCountry",
            "CloudFront-Viewer-Country-Name",
            "GeoIP-Country-Code",
            "X-Amzn-Waf-Viewer-Country",
            "X-Appengine-Country",
            "X-Country",
            "X-Country-Code",
            "X-Geo-Country",
            "X-Vercel-IP-Country",
            "x-amzn-waf-cloudfront-viewer-country",
            "x-amzn-waf-destination",
        ],
    ),
    (
        "CA",
        &[
            "CF-Region",
            "CF-Region-Code",
            "CloudFront-Viewer-City",
            "CloudFront-Viewer-Country-Region-Name",
            "CloudFront-Viewer-Metro-Code",
            "CloudFront-Viewer-Postal-Code",
            "X-Appengine-Region",
            "X-Geo-Region",
            "X-Vercel-IP-Country-Region",
        ],
    ),
    (
        "1",
        &[
            "CloudFront-Is-Desktop-Viewer",
            "CloudFront-Is-Mobile-Viewer",
            "CloudFront-Is-SmartTV-Viewer",
            "CloudFront-Is-Tablet-Viewer",
            "CloudFront-Viewer-ASN",
            "CloudFront-Viewer-Header-Count",
            "CloudFront-Viewer-Latitude",
            "CloudFront-Viewer-Longitude",
            "X-Allow",
            "X-Bypass",
            "X-Debug",
            "X-Verified",
            "x-amzn-waf-allow",
            "x-amzn-waf-relay",
            "x-amzn-waf-verified",
        ],
    ),
    (
        "sample-us-service",
        &[
            "Client",
            "Client-Id",
            "X-Amz-Security-Token",
            "X-Amzn-Client-Id",
            "X-Amzn-Oidc-Identity",
            "X-Api-Key",
            "X-Authenticated-User",
            "X-Client-Id",
            "X-Consumer-Username",
            "X-Organisation",
            "X-Principal-Id",
            "X-User",
        ],
    ),
    ("sample-us-citizen", &["EndUser", "End_User", "Person", "X-End-User", "X-Forwarded-User", "X-Remote-User"]),
    (
        "operator-quota-licence",
        &[
            "Clearance",
            "Decision-Id",
            "Embargoes",
            "Licence",
            "License",
            "Model-Version",
            "X-Amzn-Authorizer",
            "X-Licence",
        ],
    ),
    ("/v1/health", &["X-Accel-Redirect", "X-Forwarded-Prefix", "X-Original-URI", "X-Original-URL", "X-Rewrite-URL"]),
    ("GET", &["X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override"]),
    (
        "sample",
        &[
            "Authorization",
            "Cookie",
            "Date",
            "From",
            "Host",
            "Origin",
            "Pragma",
            "Referer",
            "User-Agent",
            "X-Amz-Cf-Id",
            "X-Amz-Content-Sha256",
            "X-Amz-Date",
            "X-Amz-User-Agent",
            "X-Amzn-Apigateway-Api-Id",
            "X-Amzn-Mtls-Clientcert",
            "X-Amzn-Oidc-Accesstoken",
            "X-Amzn-Oidc-Data",
            "X-Amzn-Remapped-Authorization",
            "X-Amzn-Remapped-Host",
            "X-Amzn-RequestId",
            "X-Amzn-SageMaker-Custom-Attributes",
            "X-Amzn-SageMaker-Target-Model",
            "X-Amzn-SageMaker-Target-Variant",
            "X-Amzn-Trace-Id",
            "X-Amzn-Vpc-Id",
            "X-Amzn-Vpce-Id",
            "X-Azure-FDID",
            "X-Forwarded-Host",
            "X-Forwarded-Server",
            "X-Origin-Verify",
            "X-Request-Id",
        ],
    ),
    ("for=8.8.8.8;proto=https;by=sample", &["Forwarded"]),
    (
        "https",
        &["CloudFront-Forwarded-Proto", "CloudFront-Viewer-Http-Version", "X-Forwarded-Proto", "X-Forwarded-Scheme"],
    ),
    ("443", &["X-Forwarded-Port"]),
    ("1.1 sample.cloudfront.net (CloudFront)", &["Via"]),
];

/// Headers that are part of the request: another person or end use is another request.
const OF_THE_REQUEST: [&str; 2] = ["End-User", "End-Use"];

/// Firewall headers against the caller, which count without a secret.
const AGAINST_THE_CALLER: [&str; 2] = ["x-amzn-waf-anonymous", "x-amzn-waf-hosting"];

fn headers() -> impl Iterator<Item = (&'static str, &'static str)> {
    let unread = UNREAD.iter().flat_map(|(value, names)| names.iter().map(move |name| (*name, *value)));
    READ.iter().copied().chain(unread)
}

#[test]
fn the_table_has_every_header_that_the_gate_reads() {
    let read: Vec<&str> = READ.iter().map(|(name, _)| *name).collect();
    let known: Vec<&str> = Header::ALL.iter().map(|header| header.name()).collect();
    assert_eq!(read, known, "the table (left), the gate (right)");
    let mut names: Vec<String> = headers().map(|(name, _)| name.to_lowercase()).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "duplicate header");
}

/// A refused request.
#[derive(Clone, Copy)]
struct Refused {
    codes: &'static str,
    client: &'static str,
    /// Empty for none.
    person: &'static str,
    model: &'static str,
    address: &'static str,
    when: &'static str,
    change: fn(&mut Value, &mut Value),
}

const REFUSED: Refused = Refused {
    codes: "",
    client: "sample-us-service",
    person: "",
    model: "opus-4-8",
    address: IN_US,
    when: NOW,
    change: |_, _| {},
};

const APP: Refused = Refused { client: "sample-us-app", person: "sample-us-citizen", ..REFUSED };

/// At least one request for each code that an event can cause, and for those of parties and lists.
fn refused() -> Vec<Refused> {
    let of = |codes, client| Refused { codes, client, ..REFUSED };
    let by = |codes, person, model| Refused { codes, person, model, ..APP };
    let from = |codes, address| Refused { codes, address, ..REFUSED };
    let on = |codes, model| Refused { codes, model, ..REFUSED };
    let of_iran = "embargo.destination licence.scope embargo.destination licence.missing";
    vec![
        Refused { codes: "identity.missing", change: without_authorizer, ..REFUSED },
        Refused { codes: "request.malformed", change: |rest, http| at_path(rest, http, "/v1/nothing"), ..REFUSED },
        Refused { codes: "request.malformed", change: of_bad_base64, ..REFUSED },
        of("identity.unknown", "sample-stranger"),
        of("identity.suspended", "sample-us-suspended-app"),
        of("identity.unverified", "sample-lapsed-company-service"),
        by("person.required", "", "opus-4-8"),
        Refused {
            codes: "person.mismatch",
            change: |rest, http| by_token(rest, http, "sample-foreign-employee"),
            ..APP
        },
        Refused { person: "sample-us-citizen", ..of("person.unexpected", "sample-us-service") },
        by("person.unknown", "sample-unknown", "opus-4-8"),
        by("person.unverified", "sample-lapsed-person", "opus-4-8"),
        on("model.unknown", "opus-9"),
        on("model.withdrawn", "opus-4-8@0"),
        Refused { codes: "embargo.everyone", when: "2026-03-02T02:30:00Z", ..REFUSED },
        by("embargo.foreign-person licence.missing", "sample-foreign-employee", "mythos-5"),
        Refused {
            change: |rest, http| by_token(rest, http, "sample-foreign-employee"),
            ..by("embargo.foreign-person licence.missing", "", "mythos-5")
        },
        Refused { model: "mythos-5", ..of("embargo.foreign-person licence.expired", "sample-former-service") },
        from(of_iran, IN_IRAN),
        from(of_iran, "::ffff:2.176.0.1"),
        by("embargo.nationality licence.scope", "sample-iranian-national", "fable-5"),
        on("embargo.party licence.missing", "barred-party"),
        Refused { model: "barred-owned", ..of("embargo.ownership licence.missing", "sample-owned-service") },
        of("embargo.end-use licence.missing", "sample-reactor-service"),
        from("embargo.network destination.unknown", "203.0.113.7"),
        on("embargo.network", "barred-class"),
        from("destination.unknown", "10.0.0.1"),
        from("destination.unknown", IN_UKRAINE),
        Refused {
            codes: "end-use.undeclared",
            change: |rest, http| add_header(rest, http, "End-Use", "military"),
            ..REFUSED
        },
        on("party.review", "barred-review"),
    ]
}

fn without_authorizer(rest: &mut Value, http: &mut Value) {
    rest["requestContext"]["authorizer"] = Value::Null;
    http["requestContext"]["authorizer"] = Value::Null;
}

fn at_path(rest: &mut Value, http: &mut Value, path: &str) {
    rest["path"] = json!(path);
    http["rawPath"] = json!(path);
}

fn of_bad_base64(rest: &mut Value, http: &mut Value) {
    for event in [rest, http] {
        event["body"] = json!("%");
        event["isBase64Encoded"] = json!(true);
    }
}

fn by_token(rest: &mut Value, http: &mut Value, person: &str) {
    rest["requestContext"]["authorizer"]["claims"]["sub"] = json!(person);
    http["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = json!(person);
}

fn add_header(rest: &mut Value, http: &mut Value, name: &str, value: &str) {
    add_rest(rest, name, value);
    add_http(http, name, value);
}

/// Adds a value of a header to a REST API event.
fn add_rest(rest: &mut Value, name: &str, value: &str) {
    let headers = rest["multiValueHeaders"].as_object_mut().unwrap();
    let known =
        headers.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned().unwrap_or_else(|| name.to_owned());
    let values = headers.entry(known.clone()).or_insert_with(|| json!([]));
    values.as_array_mut().unwrap().push(json!(value));
    rest["headers"][known] = json!(value);
}

/// Adds a value of a header to an HTTP API event.
fn add_http(http: &mut Value, name: &str, value: &str) {
    let headers = &mut http["headers"][name.to_lowercase()];
    *headers = json!(headers.as_str().map_or_else(|| value.to_owned(), |values| format!("{values},{value}")));
}

/// The request as REST API and HTTP API events.
fn events(of: Refused) -> (Value, Value) {
    let (rest, http) = (invocation(of.client, of.model), http_invocation(of.client, of.model));
    let (mut rest, mut http) = (rest.from(of.address).0, http.from(of.address).0);
    if !of.person.is_empty() {
        add_header(&mut rest, &mut http, "End-User", of.person);
    }
    (of.change)(&mut rest, &mut http);
    (rest, http)
}

/// The request with more headers, in every payload format.
fn spoofed(of: Refused, headers: &[(&str, &str)]) -> Vec<(&'static str, Value)> {
    let (mut rest, mut http) = events(of);
    headers.iter().for_each(|(name, value)| add_header(&mut rest, &mut http, name, value));
    let mut twice = rest.clone();
    headers.iter().for_each(|(name, value)| add_rest(&mut twice, name, value));
    // A REST API event with single, joined values.
    let mut single = rest.clone();
    let joined = rest["multiValueHeaders"].as_object().unwrap().iter().map(|(name, values)| {
        let values: Vec<&str> = values.as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect();
        (name.clone(), json!(values.join(",")))
    });
    single["headers"] = Value::Object(joined.collect());
    single["multiValueHeaders"] = Value::Null;
    vec![("REST", rest), ("REST, twice", twice), ("REST, single", single), ("HTTP", http)]
}

fn settings(world: &World) -> Settings {
    let distribution = Distribution::parse(&format!("{OLD_SECRET} {SECRET}")).unwrap();
    Settings { distribution, ..world.settings() }
}

/// The samples, and a model under each kind of embargo that they lack.
async fn world() -> World {
    let world = World::with_samples().await;
    let listed = world.edition("listed", "1", &[party("306", "Sample Widgets, Inc.")]).await;
    let owners = world.edition("owners", "1", &[party_of("7", "Sample Holding SE", "DE")]).await;
    let embargo = |id: &str, applies_to: Value, effect: &str| {
        json!({"kind": "embargo", "id": id, "models": [id], "applies_to": applies_to, "effect": effect,
            "authority": "BIS", "citation": "15 CFR 744"})
    };
    let model = |name: &str| {
        json!({"kind": "model", "id": format!("{name}@1"), "name": name, "version": "1", "default": true,
            "endpoint": format!("sample-{name}"), "eccn": "EAR99", "status": "available"})
    };
    let names = ["barred-party", "barred-owned", "barred-class", "barred-review"];
    let mut records: Vec<Value> = names.into_iter().map(model).collect();
    records.extend([
        listed,
        owners,
        embargo("barred-party", json!({"parties": [{"name": "Sample Widgets, Inc."}]}), "licence_required"),
        embargo("barred-owned", json!({"ownership": {"lists": ["owners"], "percent": 50}}), "licence_required"),
        embargo("barred-class", json!({"network_classes": ["tor"]}), "prohibited"),
        by_lists("barred-review", "barred-review", &["listed"]),
    ]);
    world.register(records).await;
    let verified = json!({"status": "verified", "until": "9999-01-01T00:00:00Z"});
    world
        .callers(vec![
            json!({"id": "organisation#sample-owned", "name": "Sample Owned SE", "type": "company", "status": "active",
                "incorporated_in": "US", "organised_in_us": true, "headquartered_in": "US", "end_uses": ["research"],
                "verification": verified, "owners": [
                    {"name": "Sample Holding SE", "kind": "organisation", "country": "DE", "percent": 60},
                    {"name": "Sample Owner", "kind": "person", "country": "FR", "percent": 40}]}),
            json!({"id": "client#sample-owned-service", "organisation": "sample-owned", "status": "active", "users": "none"}),
        ])
        .await;
    world
}

async fn outcome(gate: &Gate, event: &Value, when: Timestamp) -> (u16, String) {
    let answered = ask(gate, event, when).await;
    (answered.status, answered.codes().join(" "))
}

/// Asserts that no header, alone or with all others, changes the outcome, except headers that count without a secret, which
/// never lead to a permit.
async fn assert_still_refused(gate: &Gate, of: Refused) {
    let when = at(of.when);
    let (rest, http) = events(of);
    let plain = outcome(gate, &rest, when).await;
    assert_eq!(plain.1, of.codes, "{}", of.model);
    assert_eq!(outcome(gate, &http, when).await, plain, "{}", of.codes);
    let counts = |name: &str| OF_THE_REQUEST.contains(&name) || AGAINST_THE_CALLER.contains(&name);
    // The code `person.required` asks for this header.
    let is_required = |name: &str| of.codes == "person.required" && name == "End-User";
    // Headers that the gate does not read leave the parsed request unchanged.
    for (name, value) in headers().filter(|(name, _)| !READ.iter().any(|(read, _)| read == name)) {
        for (payload, event) in spoofed(of, &[(name, value)]) {
            assert!(is_read_alike(&event, &rest) && is_read_alike(&event, &http), "{payload}: {name}");
        }
    }
    let alone = READ.iter().copied().filter(|(name, _)| !is_required(name)).map(|one| vec![one]);
    let uncounted: Vec<_> = headers().filter(|(name, _)| !counts(name)).collect();
    let all: Vec<_> = headers().filter(|(name, _)| !is_required(name)).collect();
    for headers in alone.chain([uncounted, all]) {
        let is_counted = headers.iter().any(|(name, _)| counts(name));
        for (payload, event) in spoofed(of, &headers) {
            let (status, codes) = outcome(gate, &event, when).await;
            let message =
                format!("{payload}: {} becomes {status} {codes} by {:?}", of.codes, &headers[..headers.len().min(3)]);
            assert!(status >= 400, "{message}");
            if !is_counted {
                assert_eq!((status, codes), plain, "{message}");
            } else if headers.iter().all(|(name, _)| AGAINST_THE_CALLER.contains(name)) {
                // They may hide the place, so that an embargoed one becomes unknown.
                let others =
                    |codes: &str| codes.replace("destination.unknown", "").split_whitespace().collect::<String>();
                let is_place = plain.1.contains("embargo.destination") && codes == "destination.unknown";
                assert!(is_place || others(&codes) == others(&plain.1), "{message}");
            }
        }
    }
}

fn is_read_alike(one: &Value, other: &Value) -> bool {
    let distribution = Distribution::parse(SECRET).unwrap();
    read(&one.to_string(), &distribution) == read(&other.to_string(), &distribution)
}

#[tokio::test]
async fn no_header_leads_to_a_permit() {
    let world = world().await;
    let gate = world.gate_with(settings(&world));
    for one in refused() {
        assert_still_refused(&gate, one).await;
    }
    assert_eq!(world.invoked(), 0);
}

#[tokio::test]
async fn headers_without_the_secret_do_not_make_signals_agree() {
    let world = World::with_samples().await;
    let gate = world.gate_with(settings(&world));
    for pair in [["cloudfront", "organisation"], ["waf", "organisation"]] {
        world.register(vec![json!({"kind": "setting", "id": "screening", "must_agree": [pair]})]).await;
        assert_still_refused(&gate, Refused { codes: "destination.inconsistent", ..REFUSED }).await;
    }
    assert_eq!(world.invoked(), 0);
}

#[tokio::test]
async fn headers_without_the_secret_are_not_recorded() {
    let world = World::with_samples().await;
    let gate = world.gate_with(settings(&world));
    let uncounted: Vec<_> =
        headers().filter(|(name, _)| !OF_THE_REQUEST.contains(name) && !AGAINST_THE_CALLER.contains(name)).collect();
    let mut plain = None;
    for headers in [vec![], uncounted] {
        for (payload, event) in spoofed(APP, &headers) {
            let answered = ask(&gate, &event, at(NOW)).await;
            assert_eq!(answered.status, 200, "{payload}: {}", answered.body);
            let mut entry = world.entry(answered.decision_id().unwrap()).await;
            for own in ["decision_id", "seq", "prev", "hash"] {
                entry.as_object_mut().unwrap().remove(own);
            }
            let plain = plain.get_or_insert_with(|| entry.clone());
            assert_eq!(entry, *plain, "{payload}");
        }
    }
}

#[tokio::test]
async fn headers_with_the_secret_count_and_the_secret_is_neither_logged_nor_recorded() {
    let world = World::with_samples().await;
    let must_agree = json!([["cloudfront", "organisation"]]);
    world.register(vec![json!({"kind": "setting", "id": "screening", "must_agree": must_agree})]).await;
    let mut environment = world.environment();
    environment.push(("DISTRIBUTION_SECRET".into(), format!("{OLD_SECRET} {SECRET}")));
    environment.push(("AWS_LAMBDA_LOG_LEVEL".into(), "trace".into()));
    let function = Function::spawn(&binary(), &environment).await.unwrap();
    let mut answers = Vec::new();
    for secret in [SECRET, OLD_SECRET, "sample-foreign-secret"] {
        for (country, region) in [("US", "CA"), ("DE", "BE")] {
            let headers = [
                ("Distribution-Secret", secret),
                ("CloudFront-Viewer-Country", country),
                ("CloudFront-Viewer-Country-Region", region),
                ("x-amzn-waf-country", "FR"),
            ];
            for client in ["sample-us-service", "sample-stranger"] {
                for (payload, event) in spoofed(Refused { client, ..REFUSED }, &headers) {
                    let answered = call(&function, &event).await;
                    let is_proved = secret != "sample-foreign-secret" && payload != "REST, twice";
                    let message = format!("{payload} {secret} {country}: {}", answered.body);
                    let expected = match (client, is_proved && country == "US") {
                        ("sample-stranger", _) => "identity.unknown",
                        (_, true) => "",
                        (_, false) => "destination.inconsistent",
                    };
                    assert_eq!(answered.codes().join(" "), expected, "{message}");
                    let entry = world.entry(answered.decision_id().unwrap()).await;
                    let signals = entry["facts"]["signals"].as_array().cloned().unwrap_or_default();
                    let by = |source: &str| signals.iter().find(|signal| signal["source"] == source).cloned();
                    let region = format!("{country}-{region}");
                    let cloudfront = json!({"country": country, "region": region, "source": "cloudfront"});
                    assert_eq!(by("cloudfront"), is_proved.then_some(cloudfront), "{message}");
                    assert_eq!(by("waf"), is_proved.then(|| json!({"country": "FR", "source": "waf"})), "{message}");
                    answers.push(answered);
                }
            }
        }
    }
    assert_signals_are_not_answered(&answers);
    let output = printed(&function).await.join("\n");
    let recorded = json!(world.ledger().await).to_string();
    for secret in [SECRET, OLD_SECRET, "sample-foreign-secret"] {
        assert!(!output.contains(secret) && !recorded.contains(secret), "{secret}");
    }
    let printed = format!("{:?} {:?}", settings(&world), world.gate_with(settings(&world)));
    assert!(printed.contains("Distribution") && !printed.contains(SECRET) && !printed.contains(OLD_SECRET));
}

/// Asserts that answers name neither the signals that disagree nor their countries.
fn assert_signals_are_not_answered(answers: &[Answered]) {
    let disagree: Vec<_> = answers.iter().filter(|answered| answered.code() == "destination.inconsistent").collect();
    assert!(!disagree.is_empty());
    for answered in disagree {
        let mut body = answered.body.clone();
        body.as_object_mut().unwrap().remove("decision_id");
        let expected = json!([{"code": "destination.inconsistent"}]);
        assert_eq!((answered.status, &body["reasons"]), (403, &expected));
        let text = body.to_string().to_lowercase();
        for word in
            ["cloudfront", "waf", "firewall", "mmdb", "delegations", "distribution", "secret", "\"de\"", "\"us\""]
        {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}

#[tokio::test]
async fn an_invalid_secret_prevents_the_start_and_is_not_logged() {
    let world = World::empty().await;
    for bad in ["too-short-by-one", "a-secret-with-ümlauts", &format!("{SECRET} {OLD_SECRET} {SECRET}")] {
        let bad = bad.trim_end_matches("-one");
        let mut environment = world.environment();
        environment.push(("DISTRIBUTION_SECRET".into(), bad.into()));
        let function = Function::spawn(&binary(), &environment).await.unwrap();
        assert!(!function.exit_status(PATIENCE).await.unwrap().success(), "{bad}");
        let output = [function.stdout().all(), function.stderr().all()].concat().join("\n");
        assert!(output.contains("DISTRIBUTION_SECRET "), "{output}");
        assert!(bad.split(' ').all(|secret| !output.contains(secret)), "{output}");
    }
}
