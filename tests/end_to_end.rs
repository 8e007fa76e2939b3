//! Runs the real binary behind an emulated Lambda Runtime API, with the sample records.

use crate::world;
use crate::world::events::{IN_IRAN, invocation, rest, screening};
use crate::world::lists::{by_lists, party};
use crate::world::{PATIENCE, World, call};
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use export_gate::aws::calls::GATE;
use export_gate::digest::sha256_hex;
use export_gate_local::sagemaker::Invocation;
use export_gate_local::tables::{REGION, SECRET_ACCESS_KEY};
use serde_json::json;

#[tokio::test]
async fn a_permit_returns_the_models_answer_and_has_an_entry() {
    let world = World::with_samples().await;
    let function = world.function().await;
    let event = invocation("sample-us-app", "opus-4-8").person("sample-us-citizen");
    let answered = call(&function, &event.0).await;
    assert_eq!(answered.status, 200, "{} {:?}", answered.body, function.stdout().all());
    assert_eq!(answered.headers["model-version"], "opus-4-8@1");
    assert_eq!(answered.headers["cache-control"], "no-store");
    let seen = world.sagemaker.invocations().all();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].endpoint.as_str(), &seen[0].body[..]), ("sample-opus-4-8-1", &br#"{"inputs":"hello"}"#[..]));
    let entry = world.entry(answered.decision_id().unwrap()).await;
    assert_eq!(
        (&entry["outcome"], &entry["kind"], &entry["status"]),
        (&json!("permit"), &json!("invocation"), &json!(200))
    );
    assert_eq!(entry["facts"]["persons"]["named"]["us_status"], "citizen");
}

#[tokio::test]
async fn a_refusal_calls_no_model_and_has_its_codes_and_entry() {
    let world = World::with_samples().await;
    let function = world.function().await;
    let foreign = invocation("sample-us-app", "mythos-5").person("sample-foreign-employee");
    let citizen = invocation("sample-us-app", "opus-4-8").person("sample-us-citizen");
    let table = [
        (foreign.0, 451, vec!["embargo.foreign-person", "licence.missing"]),
        (
            citizen.clone().from(IN_IRAN).0,
            451,
            vec!["embargo.destination", "licence.scope", "embargo.destination", "licence.missing"],
        ),
        (citizen.clone().from("10.0.0.1").0, 403, vec!["destination.unknown"]),
        (invocation("unknown-client", "opus-4-8").0, 403, vec!["identity.unknown"]),
        (invocation("sample-us-app", "none").person("sample-us-citizen").0, 404, vec!["model.unknown"]),
        (invocation("sample-us-app", "opus-4-8@0").person("sample-us-citizen").0, 410, vec!["model.withdrawn"]),
    ];
    for (event, status, codes) in table {
        let answered = call(&function, &event).await;
        assert_eq!((answered.status, answered.codes()), (status, codes), "{}", answered.body);
        let entry = world.entry(answered.decision_id().unwrap()).await;
        assert_eq!((&entry["outcome"], &entry["status"]), (&json!("refuse"), &json!(status)));
    }
    assert_eq!(world.invoked(), 0);
}

#[tokio::test]
async fn screenings_models_and_health_call_no_model() {
    let world = World::with_samples().await;
    let function = world.function().await;
    let screened = call(&function, &screening("sample-us-app", "mythos-5").person("sample-foreign-employee").0).await;
    assert_eq!(
        (screened.status, &screened.body["outcome"], &screened.body["status"]),
        (200, &json!("refuse"), &json!(451))
    );
    let listed = call(&function, &rest("GET", "/v1/models", "sample-us-app").person("sample-us-citizen").0).await;
    assert_eq!(listed.status, 200);
    assert_eq!(listed.body["models"].as_array().unwrap().len(), 4, "{}", listed.body);
    let mut health = rest("GET", "/v1/health", "");
    health.0["requestContext"]["authorizer"] = json!(null);
    let health = call(&function, &health.0).await;
    assert_eq!((health.status, &health.body["revision"], &health.body["unreadable"]), (200, &json!(1), &json!([])));
    assert_eq!((world.invoked(), world.ledger().await.len()), (0, 1));
}

/// The other half of the check at the end of every test: the role allows no call that the gate does not make.
#[tokio::test]
async fn every_call_that_the_role_allows_is_made() {
    let world = World::with_samples().await;
    let list = world.edition("names", "1", &[party("1", "Nemo Nobody")]).await;
    let spread = json!({"kind": "embargo", "id": "spread", "models": ["opus-4-8"], "applies_to": {"spread": {"networks": 9, "hours": 1}},
                        "effect": "prohibited", "authority": "OPERATOR", "citation": "Sample limit"});
    world.register(vec![list, by_lists("listed", "opus-4-8", &["names"]), spread]).await;
    let function = world.function().await;
    let counted = || invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").0;
    let of_quota = "sample-quota-service";
    for event in [screening(of_quota, "mythos-5").0, invocation(of_quota, "mythos-5").0, counted(), counted()] {
        let answered = call(&function, &event).await;
        assert_eq!(answered.status, 200, "{}", answered.body);
    }
    assert_eq!(world.invoked(), 3);
    let seen = world.relay.seen().all();
    let made: Vec<_> = seen.iter().flat_map(|seen| seen.calls(&GATE, &world.tables.environment())).collect();
    let of_dynamodb = GATE.iter().filter(|call| !call.on.is_empty());
    let not_made: Vec<_> = of_dynamodb.filter(|call| !made.contains(&Ok(**call))).collect();
    assert!(not_made.is_empty(), "{not_made:?}");
}

#[tokio::test]
async fn a_start_without_settings_names_every_missing_variable() {
    let function = export_gate_local::function::Function::spawn(&world::binary(), &[]).await.unwrap();
    assert!(!function.exit_status(PATIENCE).await.unwrap().success());
    let output = function.stdout().all().join("\n");
    for name in ["CALLERS_TABLE", "REGISTER_TABLE", "USAGE_TABLE", "LEDGER_TABLE"] {
        assert!(output.contains(name), "{output}");
    }
}

#[tokio::test]
async fn content_type_and_accept_are_forwarded_unchanged_or_absent() {
    let world = World::with_samples().await;
    let function = world.function().await;
    let typed = invocation("sample-us-app", "opus-4-8").person("sample-us-citizen");
    let typed = typed.header("Content-Type", "text/csv").header("Accept", "application/x-sample;q=0.5");
    let mut untyped = invocation("sample-us-app", "opus-4-8").person("sample-us-citizen");
    for headers in ["headers", "multiValueHeaders"] {
        untyped.0[headers].as_object_mut().unwrap().remove("Content-Type");
    }
    assert_eq!(call(&function, &typed.0).await.status, 200);
    assert_eq!(call(&function, &untyped.0).await.status, 200);
    let types = world.sagemaker.invocations().all().into_iter().map(|seen| (seen.content_type, seen.accept));
    let expected = [(Some("text/csv".into()), Some("application/x-sample;q=0.5".into())), (None, None)];
    assert_eq!(types.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn the_request_to_sagemaker_is_signed_with_the_body_hash_of_the_ledger() {
    let world = World::with_samples().await;
    let function = world.function().await;
    let with = |body: serde_json::Value, is_base64: bool| {
        let mut event = invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").0;
        event["body"] = body;
        event["isBase64Encoded"] = json!(is_base64);
        event
    };
    let mut untyped = with(json!("no type"), false);
    untyped["headers"].as_object_mut().unwrap().retain(|name, _| !name.eq_ignore_ascii_case("content-type"));
    untyped["multiValueHeaders"] = json!(null);
    let table = [
        ("text", with(json!(r#"{"inputs":"hello"}"#), false)),
        ("bytes", with(json!("AP+A"), true)),
        ("nothing", with(json!(null), false)),
        ("100 KB", with(json!("a".repeat(100_000)), false)),
        ("no type", untyped),
    ];
    for (name, event) in table {
        let answered = call(&function, &event).await;
        assert_eq!(answered.status, 200, "{name}: {}", answered.body);
        let invocation = world.sagemaker.invocations().all().pop().unwrap();
        assert_eq!(invocation.content_type.is_none(), name == "no type", "{name}");
        let entry = world.entry(answered.decision_id().unwrap()).await;
        let digest = sha256_hex(&invocation.body);
        assert_eq!(entry["request_sha256"], json!(digest), "{name}");
        let signature = signature(&invocation, &digest);
        let authorization = invocation.headers["authorization"].to_str().unwrap();
        assert!(authorization.ends_with(&format!("Signature={signature}")), "{name}: {authorization}");
    }
}

/// The AWS Signature Version 4 of a request and its body's digest, computed independently.
fn signature(Invocation { endpoint, headers, .. }: &Invocation, digest: &str) -> String {
    let header = |name: &str| headers[name].to_str().unwrap().trim().to_owned();
    let authorization = header("authorization");
    let (_, names) = authorization.split_once("SignedHeaders=").unwrap();
    let (names, _) = names.split_once(',').unwrap();
    let lines: String = names.split(';').map(|name| format!("{name}:{}\n", header(name))).collect();
    let canonical = format!("POST\n/endpoints/{endpoint}/invocations\n\n{lines}\n{names}\n{digest}");
    let time = header("x-amz-date");
    let scope = format!("{}/{REGION}/sagemaker/aws4_request", &time[..8]);
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", sha256_hex(canonical));
    let first = format!("AWS4{SECRET_ACCESS_KEY}").into_bytes();
    let signature = scope
        .split('/')
        .chain([to_sign.as_str()])
        .fold(first, |key, part| hmac::sign(&hmac::Key::new(HMAC_SHA256, &key), part.as_bytes()).as_ref().to_vec());
    hex::encode(signature)
}

#[tokio::test]
async fn the_user_agent_names_the_gate() {
    let world = World::with_samples().await;
    let function = world.function().await;
    let event = invocation("sample-us-app", "opus-4-8").person("sample-us-citizen");
    assert_eq!(call(&function, &event.0).await.status, 200);
    let headers = world.sagemaker.invocations().all().remove(0).headers;
    let agent = headers["user-agent"].to_str().unwrap();
    assert!(agent.split(' ').any(|product| product == "app/export-gate"), "{agent}");
}
