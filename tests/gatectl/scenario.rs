//! `gatectl test`: scenarios, and their agreement with the gate.

use crate::command::{Folder, Transcript, assert_commands, assert_snapshot, gatectl, words};
use crate::world::events::screening;
use crate::world::{World, ask, at};
use serde_json::{Value, json};

/// The sample scenarios.
const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/local/scenarios");
/// The sample records.
const RECORDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/local/samples");

fn samples() -> Vec<Value> {
    let text = std::fs::read_to_string(format!("{SAMPLES}/samples.yaml")).unwrap();
    let file: Value = serde_saphyr::from_str(&text).unwrap();
    file["scenarios"].as_array().unwrap().clone()
}

#[test]
fn the_samples_pass() {
    let ran = gatectl(["test", SAMPLES]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let count = samples().len();
    assert!(ran.out.ends_with(&format!("\n{count} passed; 0 failed\n")), "{}", ran.out);
    assert_eq!(ran.out.lines().filter(|line| line.starts_with("  ok      ")).count(), count);
    let json = gatectl(["test", SAMPLES, "--json"]).json();
    assert_eq!((&json["ok"], &json["passed"], &json["failed"]), (&json!(true), &json!(count), &json!(0)));
    // The same records, by option.
    assert_eq!(gatectl(["test", SAMPLES, "--records", RECORDS]).code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gate_decides_every_sample_as_expected() {
    let world = World::with_samples().await;
    let gate = world.gate();
    for scenario in samples() {
        let (given, expect) = (&scenario["given"], &scenario["expect"]);
        let text = |name: &str| given[name].as_str();
        let mut event = screening(text("client").unwrap(), text("model").unwrap()).from(text("address").unwrap());
        for (name, header) in [("person", "End-User"), ("end_use", "End-Use")] {
            if let Some(value) = text(name) {
                event = event.header(header, value);
            }
        }
        let answered = ask(&gate, &event.0, at(text("at").unwrap())).await;
        let name = &scenario["name"];
        let status = answered.body["status"].as_u64().unwrap();
        assert_eq!(expect["outcome"], if status == 200 { "permit" } else { "refuse" }, "{name}");
        if let Some(expected) = expect["status"].as_u64() {
            assert_eq!(expected, status, "{name}");
        }
        if let Some(codes) = expect["codes"].as_array() {
            assert_eq!(answered.codes(), codes.iter().map(|code| code.as_str().unwrap()).collect::<Vec<_>>(), "{name}");
        }
        if let Some(licences) = expect["licences"].as_array() {
            let entry = world.entry(answered.decision_id().unwrap()).await;
            let used = entry["licences"].as_array().unwrap().iter();
            let used: Vec<&str> = used.map(|licence| licence.as_str().unwrap().rsplit_once('@').unwrap().0).collect();
            assert_eq!(used, licences.iter().map(|one| one.as_str().unwrap()).collect::<Vec<_>>(), "{name}");
        }
    }
    // Without records in the file, the command uses the tables.
    let folder = Folder::new("scenario-tables");
    let file = folder.file("all.json", Value::from(samples()).to_string());
    let tables = &world.tables;
    let line = format!(
        "test {file} --register-table {} --callers-table {} --usage-table {} --endpoint-url {}",
        tables.register,
        tables.callers,
        tables.usage,
        world.relay.url()
    );
    let ran = gatectl(words(&line));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn a_failure_shows_the_differences_and_the_explain_command() {
    let folder = Folder::new("scenario-fails");
    let scenario = r"
- name: it's <refused> & passes
  given: {client: 'sample-foreign-service', person: it's, model: fable-5, address: unknown, at: 2026-06-20T12:00:00Z}
  expect: {outcome: permit, status: 451, codes: [embargo.everyone], licences: [b, a]}
- name: it passes
  given: {client: sample-stranger, model: fable-5, address: unknown, at: 2026-06-20T12:00:00Z}
  expect: {outcome: refuse}
";
    let file = folder.file("s.yaml", scenario);
    let xml = format!("{}/junit.xml", folder.path());
    let ran = gatectl(["test", &file, "--records", RECORDS, "--junit", &xml]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert_snapshot("scenario-failed", &ran.out);
    let junit = std::fs::read_to_string(xml).unwrap();
    assert_snapshot("scenario-junit", &junit);
    let json = gatectl(["test", &file, "--records", RECORDS, "--json"]).json();
    assert_eq!((&json["passed"], &json["failed"]), (&json!(1), &json!(1)));
    assert_eq!(json["scenarios"][0]["differences"].as_array().unwrap().len(), 4);
    // The command that it prints explains the decision.
    let explain = json["scenarios"][1]["explain"].as_str().unwrap();
    let ran = gatectl(words(explain).into_iter().skip(1));
    assert_eq!(ran.code, 0, "{explain}: {}", ran.err);
    assert!(ran.out.starts_with("Refuse (403): identity.unknown."), "{}", ran.out);
}

#[test]
fn a_file_can_have_its_own_records() {
    let folder = Folder::new("scenario-own");
    folder.file(
        "records/base.yaml",
        "{kind: model, id: m@1, name: m, version: '1', default: true, endpoint: e, status: available}",
    );
    let file = |effect: &str, outcome: &str| {
        format!(
            "records: records\n\
             register:\n- kind: embargo\n  id: stop\n  models: [m]\n  applies_to: {{everyone: true}}\n  effect: {effect}\n  \
             authority: BIS\n  citation: c\n\
             callers:\n- {{id: 'client#c', organisation: o, status: active, users: none}}\n\
             - {{id: 'organisation#o', status: active, verification: {{status: verified, until: 9999-01-01T00:00:00Z}}}}\n\
             scenarios:\n- name: n\n  given: {{client: c, model: m, address: 8.8.8.8, at: 2026-06-20T12:00:00Z}}\n  \
             expect: {{outcome: {outcome}}}\n"
        )
    };
    for (effect, outcome) in [("prohibited", "refuse"), ("observed", "permit")] {
        let ran = gatectl(["test", &folder.file("s.yaml", file(effect, outcome))]);
        assert_eq!(ran.code, 0, "{effect}: {}{}", ran.out, ran.err);
    }
    let ran = gatectl(["test", &folder.file("s.yaml", file("sold", "refuse"))]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert_snapshot("scenario-invalid-record", &ran.err);
    // An undecidable request can be expected too.
    folder.file(
        "records/two.yaml",
        "{kind: model, id: m@2, name: m, version: '2', default: true, endpoint: e, status: available}",
    );
    let ran = gatectl(["test", &folder.file("s.yaml", file("prohibited", "undecidable"))]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn invalid_scenarios_are_reported_with_file_line_and_suggestion() {
    let folder = Folder::new("scenario-bad");
    let scenario = |given: &str, expect: &str| format!("- name: n\n  given: {{{given}}}\n  expect: {{{expect}}}\n");
    let given = "client: c, model: m, address: unknown, at: 2026-06-20T12:00:00Z";
    let texts = [
        scenario("client: c, model: m, adress: unknown, at: x", "outcome: permit"),
        scenario(given, "outcome: permit, code: [x]"),
        scenario(given, "outcome: allow"),
        scenario("client: c, model: m, address: unknown", "outcome: permit"),
        scenario("client: c, model: m, address: 8.8.8, at: 2026-06-20T12:00:00Z", "outcome: permit"),
        scenario("client: c, model: a@b@c, address: unknown, at: 2026-06-20T12:00:00Z", "outcome: permit"),
        scenario("client: c, model: m, address: unknown, at: 2026-06-20", "outcome: permit"),
        scenario("client: ' ', model: m, address: unknown, at: 2026-06-20T12:00:00Z", "outcome: permit"),
        format!("scenario: []\nscenarios:\n{}", scenario(given, "outcome: permit")),
        "scenarios: []".to_owned(),
        "[]".to_owned(),
        String::new(),
        "a: [".to_owned(),
        format!("records: none\nscenarios:\n{}", scenario(given, "outcome: permit")),
        scenario(given, "outcome: permit"),
    ];
    let mut transcript = Transcript::default();
    for text in texts {
        let ran = gatectl(["test", &folder.file("s.yaml", &text)]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{text}: {}", ran.err);
        transcript.add(&text, &ran);
    }
    transcript.assert_snapshot("scenario-invalid");
    let other = Folder::new("scenario-none");
    other.file("notes.txt", "");
    let lines = [
        format!("test {}", other.path()),
        format!("test {}/none", other.path()),
        format!("test {SAMPLES} --junit /nowhere/junit.xml"),
        "test".into(),
    ];
    assert_commands("scenario-refused", 2, lines, |line| gatectl(words(line)));
}
