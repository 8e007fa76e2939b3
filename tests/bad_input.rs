//! What API Gateway sends when callers send nonsense, and what it never would: through the real binary, each event is
//! answered clearly, nothing of it is told or logged, and the environment goes on to answer a good request.

use crate::world::events::{Http, IN_GERMANY, IN_IRAN, IN_US, Rest, answered, http, http_invocation, invocation, rest};
use crate::world::{Answered, PATIENCE, World, call, printed};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use export_gate_local::function::Function;
use export_gate_local::runtime_api::{Event, FunctionError};
use serde_json::{Value, json};

const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// What stands in bodies, claims and headers here, and must never stand in a log line or a refusal.
const SECRET: &str = "marker-3f9c";
/// The persons, organisations and clients of the requests must not either.
const NAMES: [&str; 4] =
    ["sample-us-citizen", "sample-foreign-employee", "sample-partner-us-employee", "sample-us-app"];

/// What becomes of an event.
#[derive(Clone, Copy, Debug)]
enum Is {
    /// The model's answer.
    Good,
    /// A problem document with this status, led by this code.
    Problem(u16, &'static str),
    /// The Lambda runtime takes it for no event at all, and tells Lambda so.
    NoEvent,
}
use Is::{Good, NoEvent, Problem};

const BAD: Is = Problem(400, "request.malformed");
const NO_ROUTE: Is = Problem(404, "request.malformed");
const WRONG_METHOD: Is = Problem(405, "request.malformed");
const TOO_LARGE: Is = Problem(413, "request.malformed");
const NO_CALLER: Is = Problem(401, "identity.missing");

#[tokio::test]
async fn events_that_are_none() {
    let deep = |depth: usize| format!("{}{SECRET}{}", "[".repeat(depth), "]".repeat(depth));
    let deep_claims = format!(
        r#"{{"httpMethod":"POST","path":"/v1/models","requestContext":{{"httpMethod":"POST","authorizer":{{"claims":{}}}}}}}"#,
        "[".repeat(10_000) + &"]".repeat(10_000)
    );
    prove(vec![
        ("an empty object", json!({}).into(), BAD),
        ("null", Value::Null.into(), BAD),
        ("a number", json!(1).into(), BAD),
        ("a text", json!(SECRET).into(), BAD),
        ("true", json!(true).into(), BAD),
        ("an empty array", json!([]).into(), BAD),
        ("an array", json!([SECRET, "2.0", {}]).into(), BAD),
        ("another service's event", json!({"Records": [{"eventSource": "aws:sqs", "body": SECRET}]}).into(), BAD),
        ("an application load balancer's", load_balancers().into(), BAD),
        ("a version that is a number", with(good_http(), "/version", json!(2)).into(), BAD),
        ("a version to come", with(good_http(), "/version", json!("3.0")).into(), BAD),
        ("an array, deep", Event::from(deep(100_000).replace(SECRET, "").as_str()), BAD),
        ("claims, deep", Event::from(deep_claims.as_str()), BAD),
        ("an unpaired surrogate", Event::from(r#"{"httpMethod":"\ud800","path":"\udfff"}"#), BAD),
        ("a name twice", Event::from(r#"{"path":"/v1/health","path":"/v1/models","httpMethod":"GET"}"#), BAD),
        ("nothing at all", Event::from(""), NoEvent),
        ("no JSON", Event::from(SECRET), NoEvent),
        ("half of it", Event::from(r#"{"httpMethod":"POST","body":"marker-3f9c"#), NoEvent),
        ("bytes that are no text", Event::from(b"{\"body\":\"\xff\xfe marker-3f9c\"}".to_vec()), NoEvent),
    ])
    .await;
}

#[tokio::test]
async fn parts_that_are_missing_or_of_the_wrong_type() {
    let mut cases = vec![
        ("no context", without(good(), "/requestContext"), BAD),
        ("no context, HTTP", without(good_http(), "/requestContext"), BAD),
        ("a context of null", with(good(), "/requestContext", Value::Null), BAD),
        ("a context that is a text", with(good(), "/requestContext", json!(SECRET)), BAD),
        ("an empty context, HTTP", with(good_http(), "/requestContext", json!({})), BAD),
        ("a method that is none", with(good(), "/httpMethod", json!("P O S T")), BAD),
        ("a method that is a number", with(good(), "/httpMethod", json!(1)), BAD),
        ("a path that is a number", with(good(), "/path", json!(1)), BAD),
        ("headers that are a text", with(good(), "/multiValueHeaders", json!(SECRET)), BAD),
        ("a header that is a number", with(good(), "/multiValueHeaders/X-Number", json!([1])), BAD),
        (
            "a header with a line break",
            with(good(), "/multiValueHeaders/X-Break", json!([format!("{SECRET}\r\nX: y")])),
            BAD,
        ),
        ("a header's name with a space", with(good(), "/multiValueHeaders/X Space", json!([SECRET])), BAD),
        ("a body that is an object", with(good(), "/body", json!({"inputs": SECRET})), BAD),
        ("a body that is a number", with(good(), "/body", json!(1)), BAD),
        ("a flag that is a text", with(good(), "/isBase64Encoded", json!("true")), BAD),
        ("a source address that is a number", with(good(), "/requestContext/identity/sourceIp", json!(1)), BAD),
        ("no path", without(good(), "/path"), NO_ROUTE),
        ("no path, HTTP", without(good_http(), "/rawPath"), NO_ROUTE),
        ("no authorizer", without(good(), "/requestContext/authorizer"), NO_CALLER),
        ("an authorizer of null", with(good(), "/requestContext/authorizer", Value::Null), NO_CALLER),
        ("no authorizer, HTTP", without(good_http(), "/requestContext/authorizer"), NO_CALLER),
        ("an authorizer of null, HTTP", with(good_http(), "/requestContext/authorizer", Value::Null), NO_CALLER),
        ("empty claims", with(good(), "/requestContext/authorizer/claims", json!({})), NO_CALLER),
        ("empty claims, HTTP", with(good_http(), "/requestContext/authorizer/jwt/claims", json!({})), NO_CALLER),
        ("claims of null", with(good(), "/requestContext/authorizer/claims", Value::Null), NO_CALLER),
        ("claims that are a text", with(good(), "/requestContext/authorizer/claims", json!(SECRET)), NO_CALLER),
    ];
    // A claim that is no text is none that the gate asks for; the others count as they are.
    for odd in [json!(1), json!(null), json!(true), json!([SECRET]), json!({"a": SECRET}), json!(1e300)] {
        let claims = |at: &str| format!("/requestContext/authorizer/{at}");
        cases.push(("a claim that is no text", with(good(), &claims("claims/groups"), odd.clone()), Good));
        cases.push((
            "a claim that is no text, HTTP",
            with(good_http(), &claims("jwt/claims/groups"), odd.clone()),
            Good,
        ));
        let alone = json!({"client_id": odd, "sub": odd});
        cases.push(("a client that is no text", with(good(), &claims("claims"), alone.clone()), NO_CALLER));
        cases.push(("a client that is no text, HTTP", with(good_http(), &claims("jwt/claims"), alone), NO_CALLER));
        // Null says that there is none; whatever else is no text could name somebody, and the header may not do so instead.
        let person = if odd.is_null() { Good } else { NO_CALLER };
        cases.push(("a person that is no text", with(good(), &claims("claims/sub"), odd.clone()), person));
        cases.push(("a person that is no text, HTTP", with(good_http(), &claims("jwt/claims/sub"), odd), person));
    }
    for empty in ["", " "] {
        cases.push(("an empty person", with(good(), "/requestContext/authorizer/claims/sub", json!(empty)), NO_CALLER));
    }
    // What is not asked for may be anything that JSON can hold, however deep.
    let nested = (0..90).fold(json!(SECRET), |inner, _| json!([inner]));
    cases.push(("a member to come, deep", with(good(), "/requestContext/new", nested), Good));
    prove(cases).await;
}

#[tokio::test]
async fn paths_and_methods() {
    let at = |method: &str, path: &str| with_secrets(named(rest(method, path, "sample-us-app")).0);
    let raw = |method: &str, path: &str| with_secrets(named_http(http(method, path, "sample-us-app")).0);
    let mut cases = Vec::new();
    for (path, is) in [
        ("/v1/models/opus-4-8%401/invocations", Good),
        ("/v1/models/opus%2D4%2d8/invocations", Good),
        ("/v1/models/%6fpus-4-8@1/invocations", Good),
        ("/live/v1/models/opus-4-8/invocations", Good),
        ("/base-path/v1/models/opus-4-8%401/invocations", Good),
        ("/v1/models/opus-4-8%25401/invocations", Problem(404, "model.unknown")),
        ("/v1/models/OPUS-4-8/invocations", Problem(404, "model.unknown")),
        ("/v1/models/opus-4-8 /invocations", Problem(404, "model.unknown")),
        ("/v1/models/opus-4-8@/invocations", Problem(404, "model.unknown")),
        ("/v1/models/@1/invocations", Problem(404, "model.unknown")),
        ("/v1/models/*/invocations", Problem(404, "model.unknown")),
        ("/v1/models/eccn:EAR99/invocations", Problem(404, "model.unknown")),
        ("/v1/models/%00/invocations", Problem(404, "model.unknown")),
        ("/v1/models/%0d%0aX:%20y/invocations", Problem(404, "model.unknown")),
        ("/v1/models/marker-3f9c/invocations", Problem(404, "model.unknown")),
        ("/v1/models/%2e%2e/invocations", Problem(404, "model.unknown")),
        ("/v1/models/%2e%2e%2fopus-4-8/invocations", Problem(404, "model.unknown")),
        ("/v1/models/mythos-5/../opus-4-8/invocations", Problem(404, "model.unknown")),
        ("/v1/models/mythos-5/%2e%2e/opus-4-8/invocations", Problem(404, "model.unknown")),
        ("/v1/models/opus-4-8/screenings/../invocations", Problem(404, "model.unknown")),
        ("/v1/models/../../v1/models/opus-4-8/invocations", Problem(404, "model.unknown")),
        ("/v1/models/%ff%fe/invocations", NO_ROUTE),
        ("/v1/models//invocations", NO_ROUTE),
        ("/v1/models/opus-4-8/invocations/", Good),
        ("/v1/models/opus-4-8/Invocations", NO_ROUTE),
        ("/v1/models/opus-4-8/invocations%2f", NO_ROUTE),
        ("/v1/models/opus-4-8%2finvocations", NO_ROUTE),
        ("/v1/models/opus-4-8/completions", NO_ROUTE),
        ("/v1/models/opus-4-8", NO_ROUTE),
        ("/v2/models/opus-4-8/invocations", NO_ROUTE),
        ("/a/b/v1/models/opus-4-8/invocations", Good),
        ("/a/b/v1/models/opus-4-8/invocations/", Good),
        ("//v1/models/opus-4-8/invocations", Good),
        ("/v1/../v1/models/opus-4-8/invocations", NO_ROUTE),
        ("/%761/models/opus-4-8/invocations", NO_ROUTE),
        ("/v1/parties/screenings", Problem(403, "identity.unscoped")),
        ("/live/v1/parties/screenings", Problem(403, "identity.unscoped")),
        ("/v1/parties/marker-3f9c/screenings", NO_ROUTE),
        ("/v1/parties/screenings/", Problem(403, "identity.unscoped")),
        ("/v1/parties", NO_ROUTE),
        ("/marker-3f9c", NO_ROUTE),
        ("/", NO_ROUTE),
        ("", NO_ROUTE),
        ("é", NO_ROUTE),
        ("https://sample.example/v1/models/opus-4-8/invocations", NO_ROUTE),
    ] {
        cases.push((path, at("POST", path), is));
        cases.push((path, raw("POST", path), is));
    }
    for method in ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "post", "MARKER"] {
        cases.push((method, at(method, "/v1/models/opus-4-8/invocations"), WRONG_METHOD));
        cases.push((method, raw(method, "/v1/models/opus-4-8/screenings"), WRONG_METHOD));
        cases.push((method, raw(method, "/v1/parties/screenings"), WRONG_METHOD));
    }
    for path in ["/v1/models", "/v1/health", "/live/v1/models"] {
        cases.push((path, at("POST", path), WRONG_METHOD));
        cases.push((path, raw("POST", path), WRONG_METHOD));
    }
    cases.push(("a method left empty", at("", "/v1/models/opus-4-8/invocations"), WRONG_METHOD));
    let long: &'static str = Box::leak(format!("/v1/models/{}/invocations", "m".repeat(1025)).into_boxed_str());
    cases.push(("a name of 1,025 bytes", at("POST", long), BAD));
    prove(cases).await;
}

#[tokio::test]
async fn headers() {
    let asks = || with_secrets(invocation("sample-us-app", "opus-4-8").0);
    let asks_v2 = || with_secrets(http_invocation("sample-us-app", "opus-4-8").0);
    let header = |name: &str, value: &str| with(good(), &format!("/multiValueHeaders/{name}"), json!([value]));
    let mut cases = vec![
        ("a host that is none", header("Host", "["), Good),
        ("an empty host", header("Host", ""), Good),
        ("an empty forwarded protocol", header("X-Forwarded-Proto", ""), Good),
        ("a forwarded protocol that is none", header("X-Forwarded-Proto", "ht tp"), Good),
        ("a forwarded port that is none", header("X-Forwarded-Port", "99999999"), Good),
        ("a content type that is none", header("Content-Type", "no type, at all;;="), Good),
        ("an accept that is none", header("Accept", "*"), Good),
        ("a header outside ASCII that nobody asks for", header("X-Name", "é"), Good),
        ("a person outside ASCII", header("End-User", "é-marker-3f9c"), BAD),
        ("an end use outside ASCII", header("End-Use", "é-marker-3f9c"), BAD),
        ("a content type outside ASCII", header("Content-Type", "é-marker-3f9c"), BAD),
        ("an accept outside ASCII", header("Accept", "é-marker-3f9c"), BAD),
        ("no person", asks(), Problem(403, "person.required")),
        ("an empty person", with(asks(), "/multiValueHeaders/End-User", json!([""])), Problem(403, "person.required")),
        ("a blank person", with(asks(), "/multiValueHeaders/End-User", json!(["  "])), Problem(403, "person.required")),
        ("a person of null", with(asks(), "/multiValueHeaders/End-User", Value::Null), BAD),
        ("nobody's name", header("End-User", SECRET), Problem(403, "person.unknown")),
        ("a record's key", header("End-User", "person#sample-us-citizen"), Problem(403, "person.unknown")),
        ("another kind's key", header("End-User", "sample-us-citizen#"), Problem(403, "person.unknown")),
        ("another case", header("End-User", "Sample-US-Citizen"), Problem(403, "person.unknown")),
        ("another organisation's", header("End-User", "sample-partner-us-employee"), Problem(403, "person.unknown")),
        ("an empty end use", header("End-Use", ""), Good),
        ("an end use of others", header("End-Use", SECRET), Problem(403, "end-use.undeclared")),
        (
            "an end use twice",
            with(good(), "/multiValueHeaders/End-Use", json!(["research", "research"])),
            Problem(403, "end-use.undeclared"),
        ),
        ("a person of 1,024 bytes", header("End-User", &"p".repeat(1024)), Problem(403, "person.unknown")),
        ("a person of 1,025 bytes", header("End-User", &"p".repeat(1025)), BAD),
        ("a person of a megabyte", header("End-User", &SECRET.repeat(100_000)), BAD),
        ("an end use of a megabyte", header("End-Use", &SECRET.repeat(100_000)), BAD),
        ("a content type of 1,024 bytes", header("Content-Type", &"t".repeat(1024)), Good),
        ("a content type of 1,025 bytes", header("Content-Type", &"t".repeat(1025)), BAD),
        ("a content type of a megabyte", header("Content-Type", &SECRET.repeat(100_000)), BAD),
        ("an accept of a megabyte", header("Accept", &SECRET.repeat(100_000)), BAD),
        ("a header of a megabyte that nobody asks for", header("X-Long", &SECRET.repeat(100_000)), Good),
        ("a claim of a megabyte", claim("email", &SECRET.repeat(100_000)), Good),
        ("a client of a megabyte", claim("client_id", &SECRET.repeat(100_000)), BAD),
        ("a subject of a megabyte", claim("sub", &SECRET.repeat(100_000)), BAD),
        ("a token for another person", claim("sub", "sample-foreign-employee"), Problem(403, "person.mismatch")),
        ("a token for the same person", claim("sub", "sample-us-citizen"), Good),
        ("a token for nobody known", claim("sub", SECRET), Problem(403, "person.mismatch")),
        ("a client in no record", claim("client_id", SECRET), Problem(403, "identity.unknown")),
        ("a client's key", claim("client_id", "client#sample-us-app"), Problem(403, "identity.unknown")),
    ];
    for name in ["END-USER", "end-user", "eNd-UsEr"] {
        let one = with(asks(), &format!("/multiValueHeaders/{name}"), json!(["sample-us-citizen"]));
        cases.push(("a person in any case", one, Good));
        let v2 = with(asks_v2(), &format!("/headers/{name}"), json!("sample-us-citizen"));
        cases.push(("a person in any case, HTTP", v2, Good));
    }
    let persons = json!(["sample-us-citizen", "sample-foreign-employee"]);
    let twice = with(asks(), "/multiValueHeaders/End-User", persons);
    cases.push(("two persons", twice, Problem(403, "person.unknown")));
    let twice = with(good(), "/multiValueHeaders/end-user", json!(["sample-foreign-employee"]));
    cases.push(("two persons, in two cases", twice, Problem(403, "person.unknown")));
    let twice = with(asks_v2(), "/headers/end-user", json!("sample-us-citizen,sample-foreign-employee"));
    cases.push(("two persons, HTTP", twice, Problem(403, "person.unknown")));
    prove(cases).await;
}

#[tokio::test]
async fn bodies() {
    let body = |bytes: usize| "b".repeat(bytes);
    let plain = |text: String| with(good(), "/body", json!(text));
    let encoded = |text: &str| with(with(good(), "/isBase64Encoded", json!(true)), "/body", json!(text));
    let base64 = |bytes: usize| encoded(&BASE64_STANDARD.encode(vec![0xff; bytes]));
    prove(vec![
        ("no body", without(good(), "/body"), Good),
        ("a body of null", with(good(), "/body", Value::Null), Good),
        ("an empty body", plain(String::new()), Good),
        ("a body that is no JSON", plain(format!("{{{SECRET}")), Good),
        ("a body with every control character", plain((0_u8..32).map(char::from).collect()), Good),
        ("bytes that are no text", base64(3), Good),
        ("an empty body in base64", encoded(""), Good),
        ("no base64", encoded("marker-3f9c, not base64"), BAD),
        ("base64 without its padding", encoded("AA"), BAD),
        ("base64 for URLs", encoded("_-__"), BAD),
        ("base64 with a line break", encoded("AAAA\nAAAA"), BAD),
        ("base64 that goes on", encoded("AA==AA=="), BAD),
        ("4 MiB", plain(body(LARGEST_BODY)), Good),
        ("4 MiB and a byte", plain(body(LARGEST_BODY + 1)), TOO_LARGE),
        ("4 MiB in base64", base64(LARGEST_BODY), Good),
        ("4 MiB and a byte in base64", base64(LARGEST_BODY + 1), TOO_LARGE),
        ("4 MiB and two bytes in base64", base64(LARGEST_BODY + 2), TOO_LARGE),
        ("4 MiB and three bytes in base64", base64(LARGEST_BODY + 3), TOO_LARGE),
        // 4 MiB of characters are more bytes.
        ("4 MiB of characters", plain("é".repeat(LARGEST_BODY / 2 + 1)), TOO_LARGE),
    ])
    .await;
}

/// The model gets the body byte for byte.
#[tokio::test]
async fn a_body_of_four_mib_reaches_the_model_whole() {
    let world = World::with_samples().await;
    let function = world.function().await;
    let bytes: Vec<u8> = (0_u32..).flat_map(u32::to_le_bytes).take(LARGEST_BODY).collect();
    let event = named(invocation("sample-us-app", "opus-4-8")).body(&BASE64_STANDARD.encode(&bytes));
    let event = with(event.0, "/isBase64Encoded", json!(true));
    assert_eq!(call(&function, &event).await.status, 200);
    assert!(world.sagemaker.invocations().all()[0].body == bytes);
}

/// The destination is where API Gateway saw the request come from, whatever headers say.
#[tokio::test]
async fn no_header_moves_a_request() {
    let world = World::with_samples().await;
    let function = world.function().await;
    let names = [
        "X-Forwarded-For",
        "X-Real-IP",
        "Forwarded",
        "CloudFront-Viewer-Country",
        "CloudFront-Viewer-Address",
        "CF-IPCountry",
        "CF-Connecting-IP",
        "True-Client-IP",
        "X-Client-IP",
        "X-Cluster-Client-IP",
        "Via",
        "X-Country",
    ];
    for (seen, country, claimed, claimed_country, status) in
        [(IN_US, "US", IN_IRAN, "IR", 200), (IN_IRAN, "IR", IN_US, "US", 451), (IN_GERMANY, "DE", IN_US, "US", 200)]
    {
        for name in names {
            let value = match name {
                "Forwarded" => format!("for={claimed}"),
                name if name.contains("ountry") => claimed_country.to_owned(),
                _ => claimed.to_owned(),
            };
            let rest = named(invocation("sample-us-app", "opus-4-8")).from(seen).header(name, &value).0;
            let http = named_http(http_invocation("sample-us-app", "opus-4-8")).from(seen);
            for event in [rest, http.header(&name.to_lowercase(), &value).0] {
                let answered = call(&function, &event).await;
                assert_eq!(answered.status, status, "{name}: {value} from {seen}: {}", answered.body);
                let entry = world.entry(answered.decision_id().unwrap()).await;
                assert_eq!((&entry["destination"]["country"], &entry["source_ip"]), (&json!(country), &json!(seen)));
            }
        }
    }
}

/// An address that can't be read is on every network that an embargo names, and in a place that nobody knows.
#[tokio::test]
async fn addresses_that_are_none() {
    let nowhere = Problem(403, "embargo.network");
    let mut cases = vec![("no address", without(good(), "/requestContext/identity/sourceIp"), nowhere)];
    cases.push(("no address, HTTP", without(good_http(), "/requestContext/http/sourceIp"), nowhere));
    for address in
        ["", "nowhere", "8.8.8.8:443", "8.8.8.8, 8.8.8.8", "8.8.8", "08.8.8.8", "8.8.8.8/32", "::ffff:8.8.8", "[::1]"]
    {
        cases.push((address, with(good(), "/requestContext/identity/sourceIp", json!(address)), nowhere));
        cases.push((address, with(good_http(), "/requestContext/http/sourceIp", json!(address)), nowhere));
    }
    prove(cases).await;
}

/// Runs each case, and a good request behind each.
async fn prove(cases: Vec<(&str, impl Into<Event>, Is)>) {
    let world = World::with_samples().await;
    let function = world.function().await;
    let (mut permits, mut decided) = (0, 0);
    let count = cases.len();
    for (what, event, is) in cases {
        match (is, function.invoke(event, PATIENCE).await) {
            (NoEvent, Err(FunctionError::Reported { message, .. })) => hides(what, &message),
            (NoEvent, other) => panic!("{what}: {other:?}"),
            (_, Err(error)) => panic!("{what}: {error:?} {:?}", function.stdout().all()),
            (Good, Ok(payload)) => {
                let answered = answered(&payload);
                assert_eq!(answered.status, 200, "{what}: {}", answered.body);
                assert_eq!(answered.headers["model-version"], "opus-4-8@1", "{what}");
                permits += 1;
                decided += 1;
            }
            (Problem(status, code), Ok(payload)) => {
                hides(what, &payload.to_string());
                let answered = answered(&payload);
                is_problem(what, &answered, status, code);
                decided += usize::from(answered.decision_id().is_some());
            }
        }
        let after = call(&function, &good()).await;
        assert_eq!(after.status, 200, "after {what}: {}", after.body);
    }
    assert_eq!(world.invoked(), permits + count, "nothing but what was permitted");
    assert_eq!(world.ledger().await.len(), decided + count, "an entry for each decision, and for nothing else");
    is_silent(&function).await;
}

/// RFC 9457, and the member that OpenAI clients read.
fn is_problem(what: &str, answered: &Answered, status: u16, code: &str) {
    let Answered { headers, body, .. } = answered;
    assert_eq!((answered.status, answered.code()), (status, code), "{what}: {body}");
    assert_eq!(headers["content-type"], "application/problem+json", "{what}");
    assert_eq!(headers["cache-control"], "no-store", "{what}");
    assert_eq!((&body["type"], &body["status"]), (&json!(format!("urn:export-gate:{code}")), &json!(status)), "{what}");
    assert!(["title", "detail"].iter().all(|name| body[name].as_str().is_some_and(|text| !text.is_empty())), "{body}");
    assert_eq!((&body["reasons"][0]["code"], &body["error"]["message"]), (&json!(code), &body["detail"]), "{what}");
    let kind = if code == "request.malformed" { "invalid_request_error" } else { "export_control" };
    assert_eq!(body["error"]["type"], kind, "{what}");
    assert_eq!(headers.get("allow").is_some(), status == 405, "{what}");
    let decided = !matches!(code, "request.malformed" | "identity.missing" | "identity.unscoped");
    assert_eq!((answered.decision_id().is_some(), body.get("decision_id").is_some()), (decided, decided), "{what}");
}

/// Nothing of the request comes back in a refusal.
fn hides(what: &str, text: &str) {
    for secret in NAMES.iter().chain([&SECRET]) {
        assert!(!text.contains(secret), "{what}: `{secret}` in {text}");
    }
}

/// Nothing of any request was printed, and no panic either.
async fn is_silent(function: &Function) {
    for line in printed(function).await {
        hides("the log", &line);
        assert!(!line.contains("panic"), "{line}");
    }
}

/// A request that is answered: the base that the cases spoil, with secrets all over.
fn good() -> Value {
    with_secrets(named(invocation("sample-us-app", "opus-4-8")).0)
}

/// The same in version 2.
fn good_http() -> Value {
    with_secrets(named_http(http_invocation("sample-us-app", "opus-4-8")).0)
}

fn named(rest: Rest) -> Rest {
    rest.person("sample-us-citizen")
}

fn named_http(http: Http) -> Http {
    http.person("sample-us-citizen")
}

/// An event with what nobody but the model may ever see, wherever API Gateway has a place for it.
fn with_secrets(mut event: Value) -> Value {
    let is_rest = event.get("version").is_none();
    event["body"] = json!(format!(r#"{{"inputs":"{SECRET}"}}"#));
    event["headers"]["cookie"] = json!(SECRET);
    let claims = if is_rest { "/requestContext/authorizer/claims" } else { "/requestContext/authorizer/jwt/claims" };
    event.pointer_mut(claims).unwrap()["email"] = json!(SECRET);
    if is_rest {
        event["multiValueHeaders"]["cookie"] = json!([SECRET]);
        event["queryStringParameters"] = json!({"q": SECRET});
        event["multiValueQueryStringParameters"] = json!({"q": [SECRET]});
    } else {
        event["rawQueryString"] = json!(format!("q={SECRET}"));
        event["queryStringParameters"] = json!({"q": SECRET});
    }
    event
}

/// The good request with this claim.
fn claim(name: &str, value: &str) -> Value {
    with(good(), &format!("/requestContext/authorizer/claims/{name}"), json!(value))
}

/// An event with this at that place.
fn with(mut event: Value, place: &str, value: Value) -> Value {
    let (parent, name) = place.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[name] = value;
    event
}

/// An event without what is at that place.
fn without(mut event: Value, place: &str) -> Value {
    let (parent, name) = place.rsplit_once('/').unwrap();
    assert!(event.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).is_some(), "{place}");
    event
}

/// What an application load balancer sends, which is much like a REST API's.
fn load_balancers() -> Value {
    json!({
        "requestContext": {"elb": {"targetGroupArn": SECRET}}, "httpMethod": "POST",
        "path": "/v1/models/opus-4-8/invocations", "queryStringParameters": {},
        "headers": {"end-user": "sample-us-citizen"}, "body": SECRET, "isBase64Encoded": false,
    })
}
