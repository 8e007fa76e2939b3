//! Log lines and metrics of requests, and what they never contain.

use crate::world;
use crate::world::events::{IN_US, invocation};
use crate::world::{PATIENCE, World, call, printed};
use export_gate::telemetry::RequestLog;
use export_gate::telemetry::log::metrics;
use export_gate::terms::Code;
use serde_json::{Value, json};

fn parse_lines(lines: &[String]) -> Vec<Value> {
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn each_request_writes_one_log_line_and_one_metrics_line() {
    let world = World::with_samples().await;
    let function = world.function().await;
    function.ready(PATIENCE).await.unwrap();
    let table = [
        (invocation("sample-us-app", "opus-4-8").person("sample-us-citizen"), 200, "permit", ""),
        (
            invocation("sample-us-app", "mythos-5").person("sample-foreign-employee"),
            451,
            "refuse",
            "embargo.foreign-person licence.missing",
        ),
        (invocation("unknown", "mythos-5"), 403, "refuse", "identity.unknown"),
    ];
    for (event, status, outcome, codes) in table {
        function.stdout().clear();
        let answered = call(&function, &event.0).await;
        let output = parse_lines(&function.stdout().wait(PATIENCE, |lines| lines.len() >= 2).await);
        assert_eq!(output.len(), 2, "{output:?}");
        let (line, metrics) = (&output[0], &output[1]);
        assert_eq!(
            (&line["message"], &line["route"], &line["status"]),
            (&json!("answered"), &json!("invocation"), &json!(status))
        );
        assert_eq!((&line["outcome"], &line["codes"], &line["revision"]), (&json!(outcome), &json!(codes), &json!(1)));
        assert_eq!(line["decision_id"].as_str(), answered.decision_id());
        for name in ["gate_ms", "ledger_ms", "total_ms"] {
            assert!(line[name].is_f64(), "{name}: {line}");
        }
        assert_eq!(line["model_ms"].is_f64(), status == 200, "{line}");

        assert_eq!((&metrics["Requests"], &metrics["Refusals"]), (&json!(1), &json!(u8::from(status != 200))));
        let directives = metrics["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        assert!(metrics["_aws"]["Timestamp"].is_u64());
        for directive in directives {
            assert_eq!(directive["Namespace"], "export-gate");
            let names = directive["Metrics"].as_array().unwrap().iter().map(|metric| metric["Name"].as_str().unwrap());
            let dimensions = directive["Dimensions"].as_array().unwrap().iter().flat_map(|set| set.as_array().unwrap());
            for name in names.chain(dimensions.map(|name| name.as_str().unwrap())) {
                assert!(!metrics[name].is_null(), "{name} is declared but missing: {metrics}");
            }
        }
        for name in ["GateLatency", "LedgerLatency", "SnapshotAge"] {
            assert!(metrics[name].is_f64(), "{name}: {metrics}");
        }
        assert_eq!(metrics["ModelLatency"].is_f64(), status == 200);
        assert_eq!(metrics["Code"].as_str().unwrap_or_default(), codes.split(' ').next().unwrap());
    }
}

#[test]
fn an_exhausted_licence_is_counted_even_if_its_embargo_is_the_first_code() {
    let codes = vec![Code::EmbargoForeignPerson, Code::LicenceExhausted, Code::EmbargoDestination];
    let log = RequestLog { codes, status: 451, ..RequestLog::default() };
    let line = json!(metrics(&log, 0));
    assert_eq!((&line["LicencesExhausted"], &line["Code"]), (&json!(1), &json!("embargo.foreign-person")));
}

#[tokio::test]
async fn persons_and_prompts_are_not_logged_even_if_every_call_fails() {
    let world = World::with_samples().await;
    let mut environment = world.environment();
    environment.push(("AWS_LAMBDA_LOG_LEVEL".into(), "trace".into()));
    let function = export_gate_local::function::Function::spawn(&world::binary(), &environment).await.unwrap();
    let event = || {
        let mut event = invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").body("a secret prompt");
        event.0["requestContext"]["authorizer"]["claims"]["email"] = json!("someone@sample.example");
        event.0
    };
    assert_eq!(call(&function, &event()).await.status, 200);
    world.sagemaker.next(export_gate_local::sagemaker::Behaviour::ModelError { original_status: 500 });
    assert_eq!(call(&function, &event()).await.status, 502);
    world.relay.rule(|seen| match seen.operation.as_str() {
        "PutItem" => export_gate_local::relay::Action::internal_error(),
        _ => export_gate_local::relay::Action::Forward,
    });
    assert_eq!(call(&function, &event()).await.status, 503);
    world.relay.cut().await;
    assert_eq!(call(&function, &event()).await.status, 503);
    let output = printed(&function).await.join("\n");
    let answered = parse_lines(&function.stdout().all()).into_iter().filter(|line| line["message"] == "answered");
    assert_eq!(answered.filter(|line| line["route"] == "invocation").count(), 4, "{output}");
    for secret in ["secret prompt", "sample-us-citizen", "someone@", "Sample US Citizen", IN_US, "stand-in"] {
        assert!(!output.contains(secret), "`{secret}` is logged: {output}");
    }
    assert!(output.contains("ModelError, original status 500"), "{output}");
}

#[tokio::test]
async fn an_unreadable_record_is_logged_once_and_counted_at_each_request() {
    let world = World::with_samples().await;
    let function = world.function().await;
    function.ready(PATIENCE).await.unwrap();
    world.register(vec![json!({"kind": "licence", "id": "odd", "persons": "all"})]).await;
    for _ in 0..2 {
        assert_eq!(
            call(&function, &invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").0).await.status,
            200
        );
    }
    let output = parse_lines(
        &function.stdout().wait(PATIENCE, |lines| lines.iter().filter(|line| line.contains("_aws")).count() == 2).await,
    );
    let reported: Vec<&Value> =
        output.iter().filter(|line| line["message"] == "a record cannot be relied on").collect();
    assert_eq!(reported.len(), 1, "{output:?}");
    assert_eq!(
        (&reported[0]["kind"], &reported[0]["id"], &reported[0]["level"]),
        (&json!("licence"), &json!("odd"), &json!("ERROR"))
    );
    let counted: Vec<&Value> =
        output.iter().filter(|line| !line["_aws"].is_null()).map(|line| &line["UnreadableRecords"]).collect();
    assert_eq!(counted, [&json!(1), &json!(1)]);
    let names = |line: &&Value| !line["_aws"].is_null() && line.to_string().contains("odd");
    assert_eq!(output.iter().filter(names).count(), 0, "a metrics line names no record");
}

#[tokio::test]
async fn an_embargo_that_names_no_model_is_logged_once_counted_and_in_health() {
    let world = World::with_samples().await;
    let function = world.function().await;
    function.ready(PATIENCE).await.unwrap();
    world
        .register(vec![
            json!({"kind": "embargo", "id": "misspelt", "models": ["opus-4-9"], "applies_to": {"everyone": true},
                              "effect": "prohibited", "authority": "OPERATOR", "citation": "Sample"}),
        ])
        .await;
    let mut health = world::events::rest("GET", "/v1/health", "");
    health.0["requestContext"]["authorizer"] = json!(null);
    let answered = call(&function, &health.0).await;
    assert_eq!((answered.status, &answered.body["unmatched_embargoes"]), (200, &json!(["misspelt"])));
    call(&function, &invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").0).await;
    let output = parse_lines(
        &function.stdout().wait(PATIENCE, |lines| lines.iter().filter(|line| line.contains("_aws")).count() == 2).await,
    );
    let reported: Vec<&Value> =
        output.iter().filter(|line| line["message"] == "an embargo in force names no model of the register").collect();
    assert_eq!(reported.len(), 1, "{output:?}");
    assert_eq!((&reported[0]["id"], &reported[0]["level"]), (&json!("misspelt"), &json!("WARN")));
    let counted: Vec<&Value> =
        output.iter().filter(|line| !line["_aws"].is_null()).map(|line| &line["UnmatchedEmbargoes"]).collect();
    assert_eq!(counted, [&json!(1), &json!(1)]);
}

#[tokio::test]
async fn neither_log_nor_health_contains_values_of_an_unreadable_record() {
    let world = World::with_samples().await;
    let function = world.function().await;
    function.ready(PATIENCE).await.unwrap();
    let marker = "Maria Marker of 12 Sample Street";
    let parties = json!([{"name": "x", "country": marker}]);
    world
        .register(vec![
            json!({"kind": "embargo", "id": "odd-1", "models": ["fable-5"], "applies_to": {"parties": parties},
                   "effect": "prohibited", "authority": "OFAC", "citation": "x"}),
            json!({"kind": "embargo", "id": "odd-2", "models": ["fable-5"], "effect": "prohibited", "authority": "OFAC",
                   "applies_to": {"destinations": [marker], "lists": [marker]}, "citation": "x"}),
            json!({"kind": "clearance", "id": "odd-3", "subject": marker, "party": "sdn:1", "reason": "x", "officer": "x"}),
            json!({"kind": "licence", "id": "odd-4", "licensees": [format!("organisation#{marker}")]}),
            json!({"kind": "list", "id": "odd-5", "content": "parties", "edition": marker, "entries": 1, "chunks": 1,
                   "sha256": "0".repeat(64)}),
            json!({"kind": "model", "id": "odd@1", "name": "odd", "version": "1", "endpoint": marker, "status": "available"}),
        ])
        .await;
    let mut health = world::events::rest("GET", "/v1/health", "");
    health.0["requestContext"]["authorizer"] = json!(null);
    let answered = call(&function, &health.0).await;
    assert!(answered.body["unreadable"].as_array().unwrap().len() >= 6, "{}", answered.body);
    call(&function, &invocation("sample-us-app", "fable-5").person("sample-us-citizen").0).await;
    let output = printed(&function).await.join("\n");
    for text in [output, answered.body.to_string()] {
        assert!(text.contains("odd-3") && !text.contains("Marker"), "{text}");
    }
}

#[tokio::test]
async fn an_unreadable_record_is_logged_at_the_start() {
    let world = World::with_samples().await;
    world.register(vec![json!({"kind": "licence", "id": "odd", "persons": "all"})]).await;
    let function = world.function().await;
    function.ready(PATIENCE).await.unwrap();
    let output = function.stdout().wait(PATIENCE, |lines| lines.len() >= 2).await;
    assert!(output[1].contains("a record cannot be relied on") && output[1].contains("\"odd\""), "{output:?}");
}
