//! The peers answer each invocation of `events/` with the gate's status and codes. Needs `make bench-peers` and
//! `GATE_BINARY`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails with a message")]

use std::path::Path;
use std::process::Command;

use export_gate_bench::authority::Authority;
use export_gate_bench::deployment::Size;
use export_gate_bench::measure::Stage;
use export_gate_bench::peers;
use export_gate_bench::process::{Process, gate};
use serde_json::Value;
use tokio::runtime::Runtime;

/// Events that are not invocations, and the firewall's header on tunnels, which the peers do not read.
const OTHERS: [&str; 6] = ["health", "models", "parties", "screening", "tunnel", "unscoped"];

#[test]
#[ignore = "needs `make bench-peers`"]
fn the_peers_answer_as_the_gate_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let tools = root.join(".tools/bench");
    let binary = std::env::var_os("GATE_BINARY").expect("GATE_BINARY names the gate's binary");
    let events = events(&root.join("events"));
    assert!(!events.is_empty());
    let expected = answers(gate(Path::new(&binary)), &events);
    for (peer, command) in [("Python", peers::python(&tools).command), ("Node.js", peers::node(&tools).command)] {
        let answered = answers(command, &events);
        let both = events.iter().zip(expected.iter().zip(&answered)).filter(|(_, (a, b))| a != b);
        let differences: Vec<_> = both.map(|((name, _), both)| format!("{name}: {both:?}")).collect();
        assert!(differences.is_empty(), "{peer}\n{}", differences.join("\n"));
    }
}

/// The answers to the events: status, codes and model version.
fn answers(command: Command, events: &[(String, String)]) -> Vec<(u64, Vec<String>, Option<String>)> {
    let authority = Authority::new(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    let runtime = Runtime::new().unwrap();
    let stage = Stage::new(&runtime, &authority, Size::SMALL).unwrap();
    let process = Process::start(command, &stage.environment(false)).unwrap();
    let _ = process.api.ready();
    let answer = |(_, event): &(String, String)| {
        // Quotas are read anew.
        stage.dynamodb.forget();
        let answer: Value = serde_json::from_slice(&process.api.invoke(event).body).unwrap();
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default();
        let reasons = body["reasons"].as_array().cloned().unwrap_or_default();
        let codes = reasons.iter().filter_map(|reason| Some(reason["code"].as_str()?.to_owned()));
        let version = answer["headers"]["model-version"].as_str().map(str::to_owned);
        (answer["statusCode"].as_u64().unwrap_or_default(), codes.collect(), version)
    };
    events.iter().map(answer).collect()
}

/// The events by name. Those for an exhausted quota come after enough permits.
fn events(folder: &Path) -> Vec<(String, String)> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).map(|path| {
        (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap())
    });
    let mut events: Vec<_> = named.filter(|(name, _)| !OTHERS.iter().any(|other| name.contains(other))).collect();
    events.sort();
    let (last, mut first): (Vec<_>, Vec<_>) =
        events.into_iter().partition(|event| event.0.ends_with("licence-exhausted"));
    let quota = first.iter().find(|event| event.0 == "http-permit-quota").expect("the quota has an event").clone();
    first.extend(std::iter::repeat_n(quota, 3));
    first.extend(last);
    first
}
