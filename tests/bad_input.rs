//! Malformed requests and events, sent to the real binary. Each is answered with a clear problem document, none of its
//! content is returned or logged, and the environment then answers a good request.

use crate::world::events::{Http, IN_GERMANY, IN_IRAN, IN_US, Rest, answered, http, http_invocation, invocation, rest};
use crate::world::{Answered, PATIENCE, World, call, printed};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use export_gate_local::function::Function;
use export_gate_local::runtime_api::{Event, FunctionError};
use serde_json::{Value, json};

const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// Stands in bodies, claims and headers; must never appear in a log line or a refusal.
const SECRET: &str = "marker-3f9c";
/// The persons and clients of the requests, which must not appear either.
const NAMES: [&str; 4] =
    ["sample-us-citizen", "sample-foreign-employee", "sample-partner-us-employee", "sample-us-app"];

/// The expected answer to an event.
#[derive(Clone, Copy, Debug)]
enum Expected {
    /// The model's answer.
    Good,
    /// A problem document with this status and leading code.
    Problem(u16, &'static str),
    /// The Lambda runtime cannot parse the event, and reports that to Lambda.
    NoEvent,
}
use Expected::{Good, NoEvent, Problem};

const BAD: Expected = Problem(400, "request.malformed");
const NO_ROUTE: Expected = Problem(404, "request.malformed");
const WRONG_METHOD: Expected = Problem(405, "request.malformed");
const TOO_LARGE: Expected = Problem(413, "request.malformed");
const NO_CLIENT: Expected = Problem(401, "identity.missing");

#[tokio::test]
async fn an_event_that_is_not_a_request_is_refused() {
    let deep = |depth: usize| format!("{}{SECRET}{}", "[".repeat(depth), "]".repeat(depth));
    let deep_claims = format!(
        r#"{{"httpMethod":"POST","path":"/v1/models","requestContext":{{"httpMethod":"POST","authorizer":{{"claims":{}}}}}}}"#,
        "[".repeat(10_000) + &"]".repeat(10_000)
    );
    assert_cases(vec![
        ("an empty object", json!({}).into(), BAD),
        ("null", Value::Null.into(), BAD),
        ("a number", json!(1).into(), BAD),
        ("a string", json!(SECRET).into(), BAD),
        ("true", json!(true).into(), BAD),
        ("an empty array", json!([]).into(), BAD),
        ("an array", json!([SECRET, "2.0", {}]).into(), BAD),
        ("another service's event", json!({"Records": [{"eventSource": "aws:sqs", "body": SECRET}]}).into(), BAD),
        ("an application load balancer's", load_balancer_event().into(), BAD),
        ("a version that is a number", with(good_http(), "/version", json!(2)).into(), BAD),
        ("a later version", with(good_http(), "/version", json!("3.0")).into(), BAD),
        ("a deeply nested array", Event::from(deep(100_000).replace(SECRET, "").as_str()), BAD),
        ("deeply nested claims", Event::from(deep_claims.as_str()), BAD),
        ("an unpaired surrogate", Event::from(r#"{"httpMethod":"\ud800","path":"\udfff"}"#), BAD),
        ("a duplicate name", Event::from(r#"{"path":"/v1/health","path":"/v1/models","httpMethod":"GET"}"#), BAD),
        ("an empty event", Event::from(""), NoEvent),
        ("invalid JSON", Event::from(SECRET), NoEvent),
        ("truncated JSON", Event::from(r#"{"httpMethod":"POST","body":"marker-3f9c"#), NoEvent),
        ("invalid UTF-8", Event::from(b"{\"body\":\"\xff\xfe marker-3f9c\"}".to_vec()), NoEvent),
    ])
    .await;
}

#[tokio::test]
async fn a_missing_or_mistyped_part_of_an_event_is_refused() {
    let mut cases = vec![
        ("no context", without(good(), "/requestContext"), BAD),
        ("no context, HTTP", without(good_http(), "/requestContext"), BAD),
        ("a context of null", with(good(), "/requestContext", Value::Null), BAD),
        ("a context that is a string", with(good(), "/requestContext", json!(SECRET)), BAD),
        ("an empty context, HTTP", with(good_http(), "/requestContext", json!({})), BAD),
        ("an invalid method", with(good(), "/httpMethod", json!("P O S T")), BAD),
        ("a method that is a number", with(good(), "/httpMethod", json!(1)), BAD),
        ("a path that is a number", with(good(), "/path", json!(1)), BAD),
        ("headers that are a string", with(good(), "/multiValueHeaders", json!(SECRET)), BAD),
        ("a header that is a number", with(good(), "/multiValueHeaders/X-Number", json!([1])), BAD),
        (
            "a header with a line break",
            with(good(), "/multiValueHeaders/X-Break", json!([format!("{SECRET}\r\nX: y")])),
            BAD,
        ),
        ("a header's name with a space", with(good(), "/multiValueHeaders/X Space", json!([SECRET])), BAD),
        ("a body that is an object", with(good(), "/body", json!({"inputs": SECRET})), BAD),
        ("a body that is a number", with(good(), "/body", json!(1)), BAD),
        ("a flag that is a string", with(good(), "/isBase64Encoded", json!("true")), BAD),
        ("a source address that is a number", with(good(), "/requestContext/identity/sourceIp", json!(1)), BAD),
        ("no path", without(good(), "/path"), NO_ROUTE),
        ("no path, HTTP", without(good_http(), "/rawPath"), NO_ROUTE),
        ("no authorizer", without(good(), "/requestContext/authorizer"), NO_CLIENT),
        ("an authorizer of null", with(good(), "/requestContext/authorizer", Value::Null), NO_CLIENT),
        ("no authorizer, HTTP", without(good_http(), "/requestContext/authorizer"), NO_CLIENT),
        ("an authorizer of null, HTTP", with(good_http(), "/requestContext/authorizer", Value::Null), NO_CLIENT),
        ("empty claims", with(good(), "/requestContext/authorizer/claims", json!({})), NO_CLIENT),
        ("empty claims, HTTP", with(good_http(), "/requestContext/authorizer/jwt/claims", json!({})), NO_CLIENT),
        ("claims of null", with(good(), "/requestContext/authorizer/claims", Value::Null), NO_CLIENT),
        ("claims that are a string", with(good(), "/requestContext/authorizer/claims", json!(SECRET)), NO_CLIENT),
    ];
    // A claim that is not a string is ignored, unless the gate needs it.
    for odd in [json!(1), json!(null), json!(true), json!([SECRET]), json!({"a": SECRET}), json!(1e300)] {
        let claims = |at: &str| format!("/requestContext/authorizer/{at}");
        cases.push(("a claim that is not a string", with(good(), &claims("claims/groups"), odd.clone()), Good));
        cases.push((
            "a claim that is not a string, HTTP",
            with(good_http(), &claims("jwt/claims/groups"), odd.clone()),
            Good,
        ));
        let both = json!({"client_id": odd, "sub": odd});
        cases.push(("a client that is not a string", with(good(), &claims("claims"), both.clone()), NO_CLIENT));
        cases.push(("a client that is not a string, HTTP", with(good_http(), &claims("jwt/claims"), both), NO_CLIENT));
        // Null means no person. Any other value could name one, and the header must not replace it.
        let person = if odd.is_null() { Good } else { NO_CLIENT };
        cases.push(("a person that is not a string", with(good(), &claims("claims/sub"), odd.clone()), person));
        cases.push(("a person that is not a string, HTTP", with(good_http(), &claims("jwt/claims/sub"), odd), person));
    }
    for empty in ["", " "] {
        cases.push(("an empty person", with(good(), "/requestContext/authorizer/claims/sub", json!(empty)), NO_CLIENT));
    }
    // An unused member can be any JSON, deeply nested too.
    let nested = (0..90).fold(json!(SECRET), |inner, _| json!([inner]));
    cases.push(("an unknown, deeply nested member", with(good(), "/requestContext/new", nested), Good));
    assert_cases(cases).await;
}

#[tokio::test]
async fn an_unknown_path_or_method_is_refused() {
    let at = |method: &str, path: &str| with_secrets(rest_with_person(rest(method, path, "sample-us-app")).0);
    let raw = |method: &str, path: &str| with_secrets(http_with_person(http(method, path, "sample-us-app")).0);
    let mut cases = Vec::new();
    for (path, expected) in [
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
        cases.push((path, at("POST", path), expected));
        cases.push((path, raw("POST", path), expected));
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
    cases.push(("an empty method", at("", "/v1/models/opus-4-8/invocations"), WRONG_METHOD));
    let long: &'static str = Box::leak(format!("/v1/models/{}/invocations", "m".repeat(1025)).into_boxed_str());
    cases.push(("a name of 1,025 bytes", at("POST", long), BAD));
    assert_cases(cases).await;
}

#[tokio::test]
async fn invalid_headers_are_ignored_unless_the_gate_reads_them() {
    let no_person = || with_secrets(invocation("sample-us-app", "opus-4-8").0);
    let no_person_http = || with_secrets(http_invocation("sample-us-app", "opus-4-8").0);
    let header = |name: &str, value: &str| with(good(), &format!("/multiValueHeaders/{name}"), json!([value]));
    let mut cases = vec![
        ("an invalid host", header("Host", "["), Good),
        ("an empty host", header("Host", ""), Good),
        ("an empty forwarded protocol", header("X-Forwarded-Proto", ""), Good),
        ("an invalid forwarded protocol", header("X-Forwarded-Proto", "ht tp"), Good),
        ("an invalid forwarded port", header("X-Forwarded-Port", "99999999"), Good),
        ("an invalid content type", header("Content-Type", "no type, at all;;="), Good),
        ("an invalid accept", header("Accept", "*"), Good),
        ("an unused header outside ASCII", header("X-Name", "é"), Good),
        ("a person outside ASCII", header("End-User", "é-marker-3f9c"), BAD),
        ("an end use outside ASCII", header("End-Use", "é-marker-3f9c"), BAD),
        ("a content type outside ASCII", header("Content-Type", "é-marker-3f9c"), BAD),
        ("an accept outside ASCII", header("Accept", "é-marker-3f9c"), BAD),
        ("no person", no_person(), Problem(403, "person.required")),
        (
            "an empty person",
            with(no_person(), "/multiValueHeaders/End-User", json!([""])),
            Problem(403, "person.required"),
        ),
        (
            "a blank person",
            with(no_person(), "/multiValueHeaders/End-User", json!(["  "])),
            Problem(403, "person.required"),
        ),
        ("a person of null", with(no_person(), "/multiValueHeaders/End-User", Value::Null), BAD),
        ("an unknown person", header("End-User", SECRET), Problem(403, "person.unknown")),
        ("a record's key", header("End-User", "person#sample-us-citizen"), Problem(403, "person.unknown")),
        ("another kind's key", header("End-User", "sample-us-citizen#"), Problem(403, "person.unknown")),
        ("a person in another case", header("End-User", "Sample-US-Citizen"), Problem(403, "person.unknown")),
        (
            "a person of another organisation",
            header("End-User", "sample-partner-us-employee"),
            Problem(403, "person.unknown"),
        ),
        ("an empty end use", header("End-Use", ""), Good),
        ("an undeclared end use", header("End-Use", SECRET), Problem(403, "end-use.undeclared")),
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
        ("an unused header of a megabyte", header("X-Long", &SECRET.repeat(100_000)), Good),
        ("a claim of a megabyte", claim("email", &SECRET.repeat(100_000)), Good),
        ("a client of a megabyte", claim("client_id", &SECRET.repeat(100_000)), BAD),
        ("a subject of a megabyte", claim("sub", &SECRET.repeat(100_000)), BAD),
        ("a token for another person", claim("sub", "sample-foreign-employee"), Problem(403, "person.mismatch")),
        ("a token for the same person", claim("sub", "sample-us-citizen"), Good),
        ("a token for an unknown person", claim("sub", SECRET), Problem(403, "person.mismatch")),
        ("a client without a record", claim("client_id", SECRET), Problem(403, "identity.unknown")),
        ("a client's key", claim("client_id", "client#sample-us-app"), Problem(403, "identity.unknown")),
    ];
    for name in ["END-USER", "end-user", "eNd-UsEr"] {
        let one = with(no_person(), &format!("/multiValueHeaders/{name}"), json!(["sample-us-citizen"]));
        cases.push(("a header name in any case", one, Good));
        let v2 = with(no_person_http(), &format!("/headers/{name}"), json!("sample-us-citizen"));
        cases.push(("a header name in any case, HTTP", v2, Good));
    }
    let persons = json!(["sample-us-citizen", "sample-foreign-employee"]);
    let twice = with(no_person(), "/multiValueHeaders/End-User", persons);
    cases.push(("two persons", twice, Problem(403, "person.unknown")));
    let twice = with(good(), "/multiValueHeaders/end-user", json!(["sample-foreign-employee"]));
    cases.push(("two persons, in headers of different case", twice, Problem(403, "person.unknown")));
    let twice = with(no_person_http(), "/headers/end-user", json!("sample-us-citizen,sample-foreign-employee"));
    cases.push(("two persons, HTTP", twice, Problem(403, "person.unknown")));
    assert_cases(cases).await;
}

#[tokio::test]
async fn a_body_over_4_mib_or_of_invalid_base64_is_refused() {
    let body = |bytes: usize| "b".repeat(bytes);
    let plain = |text: String| with(good(), "/body", json!(text));
    let encoded = |text: &str| with(with(good(), "/isBase64Encoded", json!(true)), "/body", json!(text));
    let base64 = |bytes: usize| encoded(&BASE64_STANDARD.encode(vec![0xff; bytes]));
    assert_cases(vec![
        ("no body", without(good(), "/body"), Good),
        ("a body of null", with(good(), "/body", Value::Null), Good),
        ("an empty body", plain(String::new()), Good),
        ("a body that is not JSON", plain(format!("{{{SECRET}")), Good),
        ("a body with every control character", plain((0_u8..32).map(char::from).collect()), Good),
        ("a body that is not UTF-8", base64(3), Good),
        ("an empty body in base64", encoded(""), Good),
        ("invalid base64", encoded("marker-3f9c, not base64"), BAD),
        ("base64 without its padding", encoded("AA"), BAD),
        ("base64 for URLs", encoded("_-__"), BAD),
        ("base64 with a line break", encoded("AAAA\nAAAA"), BAD),
        ("base64 after its padding", encoded("AA==AA=="), BAD),
        ("4 MiB", plain(body(LARGEST_BODY)), Good),
        ("4 MiB and a byte", plain(body(LARGEST_BODY + 1)), TOO_LARGE),
        ("4 MiB in base64", base64(LARGEST_BODY), Good),
        ("4 MiB and a byte in base64", base64(LARGEST_BODY + 1), TOO_LARGE),
        ("4 MiB and two bytes in base64", base64(LARGEST_BODY + 2), TOO_LARGE),
        ("4 MiB and three bytes in base64", base64(LARGEST_BODY + 3), TOO_LARGE),
        ("more than 4 MiB, in fewer characters", plain("é".repeat(LARGEST_BODY / 2 + 1)), TOO_LARGE),
    ])
    .await;
}

#[tokio::test]
async fn a_body_of_4_mib_reaches_the_model_unchanged() {
    let world = World::with_samples().await;
    let function = world.function().await;
    let bytes: Vec<u8> = (0_u32..).flat_map(u32::to_le_bytes).take(LARGEST_BODY).collect();
    let event = rest_with_person(invocation("sample-us-app", "opus-4-8")).body(&BASE64_STANDARD.encode(&bytes));
    let event = with(event.0, "/isBase64Encoded", json!(true));
    assert_eq!(call(&function, &event).await.status, 200);
    assert!(world.sagemaker.invocations().all()[0].body == bytes);
}

#[tokio::test]
async fn headers_never_change_the_destination() {
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
            let rest = rest_with_person(invocation("sample-us-app", "opus-4-8")).from(seen).header(name, &value).0;
            let http = http_with_person(http_invocation("sample-us-app", "opus-4-8")).from(seen);
            for event in [rest, http.header(&name.to_lowercase(), &value).0] {
                let answered = call(&function, &event).await;
                assert_eq!(answered.status, status, "{name}: {value} from {seen}: {}", answered.body);
                let entry = world.entry(answered.decision_id().unwrap()).await;
                assert_eq!((&entry["destination"]["country"], &entry["source_ip"]), (&json!(country), &json!(seen)));
            }
        }
    }
}

#[tokio::test]
async fn an_unreadable_address_matches_every_embargoed_network() {
    let refused = Problem(403, "embargo.network");
    let mut cases = vec![("no address", without(good(), "/requestContext/identity/sourceIp"), refused)];
    cases.push(("no address, HTTP", without(good_http(), "/requestContext/http/sourceIp"), refused));
    for address in
        ["", "nowhere", "8.8.8.8:443", "8.8.8.8, 8.8.8.8", "8.8.8", "08.8.8.8", "8.8.8.8/32", "::ffff:8.8.8", "[::1]"]
    {
        cases.push((address, with(good(), "/requestContext/identity/sourceIp", json!(address)), refused));
        cases.push((address, with(good_http(), "/requestContext/http/sourceIp", json!(address)), refused));
    }
    assert_cases(cases).await;
}

/// Sends each case, and a good request after each.
async fn assert_cases(cases: Vec<(&str, impl Into<Event>, Expected)>) {
    let world = World::with_samples().await;
    let function = world.function().await;
    let (mut permits, mut decided) = (0, 0);
    let count = cases.len();
    for (case, event, expected) in cases {
        match (expected, function.invoke(event, PATIENCE).await) {
            (NoEvent, Err(FunctionError::Reported { message, .. })) => assert_no_secrets(case, &message),
            (NoEvent, other) => panic!("{case}: {other:?}"),
            (_, Err(error)) => panic!("{case}: {error:?} {:?}", function.stdout().all()),
            (Good, Ok(payload)) => {
                let answered = answered(&payload);
                assert_eq!(answered.status, 200, "{case}: {}", answered.body);
                assert_eq!(answered.headers["model-version"], "opus-4-8@1", "{case}");
                permits += 1;
                decided += 1;
            }
            (Problem(status, code), Ok(payload)) => {
                assert_no_secrets(case, &payload.to_string());
                let answered = answered(&payload);
                assert_problem(case, &answered, status, code);
                decided += usize::from(answered.decision_id().is_some());
            }
        }
        let after = call(&function, &good()).await;
        assert_eq!(after.status, 200, "after {case}: {}", after.body);
    }
    assert_eq!(world.invoked(), permits + count, "only permits call the model");
    assert_eq!(world.ledger().await.len(), decided + count, "only decisions have entries");
    assert_nothing_printed(&function).await;
}

/// Checks RFC 9457, and the member `error`, which OpenAI clients read.
fn assert_problem(case: &str, answered: &Answered, status: u16, code: &str) {
    let Answered { headers, body, .. } = answered;
    assert_eq!((answered.status, answered.code()), (status, code), "{case}: {body}");
    assert_eq!(headers["content-type"], "application/problem+json", "{case}");
    assert_eq!(headers["cache-control"], "no-store", "{case}");
    assert_eq!((&body["type"], &body["status"]), (&json!(format!("urn:export-gate:{code}")), &json!(status)), "{case}");
    assert!(["title", "detail"].iter().all(|name| body[name].as_str().is_some_and(|text| !text.is_empty())), "{body}");
    assert_eq!((&body["reasons"][0]["code"], &body["error"]["message"]), (&json!(code), &body["detail"]), "{case}");
    let kind = if code == "request.malformed" { "invalid_request_error" } else { "export_control" };
    assert_eq!(body["error"]["type"], kind, "{case}");
    assert_eq!(headers.get("allow").is_some(), status == 405, "{case}");
    let decided = !matches!(code, "request.malformed" | "identity.missing" | "identity.unscoped");
    assert_eq!((answered.decision_id().is_some(), body.get("decision_id").is_some()), (decided, decided), "{case}");
}

/// A refusal contains no data of the request.
fn assert_no_secrets(case: &str, text: &str) {
    for secret in NAMES.iter().chain([&SECRET]) {
        assert!(!text.contains(secret), "{case}: `{secret}` in {text}");
    }
}

/// The log contains no data of any request, and no panic.
async fn assert_nothing_printed(function: &Function) {
    for line in printed(function).await {
        assert_no_secrets("the log", &line);
        assert!(!line.contains("panic"), "{line}");
    }
}

/// A permitted request with secrets, which the cases change.
fn good() -> Value {
    with_secrets(rest_with_person(invocation("sample-us-app", "opus-4-8")).0)
}

/// [`good`] as payload version 2.
fn good_http() -> Value {
    with_secrets(http_with_person(http_invocation("sample-us-app", "opus-4-8")).0)
}

fn rest_with_person(rest: Rest) -> Rest {
    rest.person("sample-us-citizen")
}

fn http_with_person(http: Http) -> Http {
    http.person("sample-us-citizen")
}

/// Adds [`SECRET`] wherever API Gateway passes data of the request.
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

/// [`good`] with this claim.
fn claim(name: &str, value: &str) -> Value {
    with(good(), &format!("/requestContext/authorizer/claims/{name}"), json!(value))
}

/// The event with `value` at the JSON pointer `place`.
fn with(mut event: Value, place: &str, value: Value) -> Value {
    let (parent, name) = place.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[name] = value;
    event
}

/// The event without the value at the JSON pointer `place`.
fn without(mut event: Value, place: &str) -> Value {
    let (parent, name) = place.rsplit_once('/').unwrap();
    assert!(event.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).is_some(), "{place}");
    event
}

/// The event of an application load balancer, which resembles that of a REST API.
fn load_balancer_event() -> Value {
    json!({
        "requestContext": {"elb": {"targetGroupArn": SECRET}}, "httpMethod": "POST",
        "path": "/v1/models/opus-4-8/invocations", "queryStringParameters": {},
        "headers": {"end-user": "sample-us-citizen"}, "body": SECRET, "isBase64Encoded": false,
    })
}
