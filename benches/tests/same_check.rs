//! The peers answer each invocation of `events/` with the gate's status and codes. Needs `make bench-peers` and
//! `GATE_BINARY`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails with a message"
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use export_gate_bench::peers;
use export_gate_local::dynamodb::DynamoDb;
use export_gate_local::runtime_api::RuntimeApi;
use export_gate_local::sagemaker::SageMaker;
use export_gate_local::samples;
use export_gate_local::tables::{self, Tables};
use serde_json::Value;

/// Events that are not invocations, and the firewall's header on tunnels, which the peers do not read.
const OTHERS: [&str; 6] = ["health", "models", "parties", "screening", "tunnel", "unscoped"];

const TIMEOUT: Duration = Duration::from_secs(20);

#[tokio::test]
#[ignore = "needs `make bench-peers`"]
async fn the_peers_answer_as_the_gate_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let tools = root.join(".tools/bench");
    let gate = std::env::var_os("GATE_BINARY").expect("GATE_BINARY names the gate's binary");
    let mut gate = Command::new(gate);
    gate.env_clear();
    let events = events(&root.join("events"));
    assert!(!events.is_empty());
    let expected = answers(gate, &events).await;
    for (peer, command) in [("Python", peers::python(&tools).command), ("Node.js", peers::node(&tools).command)] {
        let answered = answers(command, &events).await;
        let differing: Vec<_> =
            events.iter().zip(expected.iter().zip(&answered)).filter(|(_, (a, b))| a != b).collect();
        let differences: Vec<_> = differing.iter().map(|((name, _), both)| format!("{name}: {both:?}")).collect();
        assert!(differences.is_empty(), "{peer}\n{}", differences.join("\n"));
    }
}

/// The answers to the events: status, codes and model version.
async fn answers(mut command: Command, events: &[(String, Value)]) -> Vec<(u64, Vec<String>, Option<String>)> {
    let engine = DynamoDb::memory().await.unwrap();
    let client = tables::client(engine.url());
    let tables = Tables::default();
    tables.create(&client).await.unwrap();
    samples::load(&client, &tables).await.unwrap();
    let sagemaker = SageMaker::start(0).await.unwrap();
    let api = RuntimeApi::start().await.unwrap();
    command
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("AWS_LAMBDA_RUNTIME_API", api.address())
        .env("AWS_LAMBDA_FUNCTION_NAME", "export-gate")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_REGION", tables::REGION)
        .env("AWS_DEFAULT_REGION", tables::REGION)
        .env("AWS_ACCESS_KEY_ID", tables::ACCESS_KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", tables::SECRET_ACCESS_KEY)
        .env("AWS_ENDPOINT_URL_DYNAMODB", engine.url())
        .env("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", sagemaker.url())
        .envs(tables.environment())
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let mut process = command.spawn().unwrap();
    let mut answers = Vec::new();
    for (name, event) in events {
        let answer = api.invoke(event.clone(), TIMEOUT).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default();
        let reasons = body["reasons"].as_array().cloned().unwrap_or_default();
        let codes = reasons.iter().filter_map(|reason| Some(reason["code"].as_str()?.to_owned()));
        let version = answer["headers"]["model-version"].as_str().map(str::to_owned);
        answers.push((answer["statusCode"].as_u64().unwrap_or_default(), codes.collect(), version));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    answers
}

/// The events by name. Those for an exhausted quota come after enough permits.
fn events(folder: &Path) -> Vec<(String, Value)> {
    let mut events: Vec<(String, Value)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let event = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), event)
        })
        .filter(|(name, _)| !OTHERS.iter().any(|other| name.contains(other)))
        .collect();
    events.sort_by(|a, b| a.0.cmp(&b.0));
    let (last, mut first): (Vec<_>, Vec<_>) =
        events.into_iter().partition(|event| event.0.ends_with("licence-exhausted"));
    let quota = first.iter().find(|event| event.0 == "http-permit-quota").expect("the quota has an event").clone();
    first.extend(std::iter::repeat_n(quota, 3));
    first.extend(last);
    first
}
