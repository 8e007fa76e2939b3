//! `gatectl ledger reconcile`: every endpoint call without a permit is reported.

use std::io::Write as _;

use crate::command::{Folder, Ran, Transcript, assert_commands, assert_snapshot, gatectl, words};
use crate::world::events::invocation;
use crate::world::{World, ask, at};
use export_gate::digest::{canonical, digest};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

const GATE: &str = "arn:aws:iam::111122223333:role/export-gate/gate";

/// A data event of CloudTrail, `second` after noon.
fn call(event: &str, second: u32) -> Value {
    json!({
        "eventVersion": "1.11", "eventID": event, "eventTime": format!("2026-11-22T12:00:{second:02}Z"),
        "eventSource": "sagemaker.amazonaws.com", "eventName": "InvokeEndpoint", "awsRegion": "us-east-1",
        "eventCategory": "Data", "managementEvent": false, "readOnly": false,
        "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/gate/session",
                         "sessionContext": {"sessionIssuer": {"type": "Role", "arn": GATE, "userName": "gate"}}},
        "requestParameters": {"endpointName": "e-1"},
        "resources": [{"type": "AWS::SageMaker::Endpoint", "ARN": "arn:aws:sagemaker:us-east-1:111122223333:endpoint/e-1"}],
    })
}

/// A record that is not an endpoint call.
fn elsewhere_in_aws(second: u32) -> Value {
    with(call("s3", second), "/eventSource", json!("s3.amazonaws.com"))
}

fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap()[last] = new;
    value
}

/// An entry with a valid hash; the last digits of its time are `at`.
fn entry(id: &str, kind: &str, outcome: &str, at: &str) -> Value {
    sealed(json!({"decision_id": id, "kind": kind, "outcome": outcome, "at": format!("2026-11-22T12:00:{at}Z"),
                  "endpoint": "e-1", "reasons": [], "status": 200}))
}

fn sealed(mut entry: Value) -> Value {
    entry.as_object_mut().unwrap().remove("hash");
    entry["hash"] = json!(digest(&entry));
    entry
}

fn permit(id: &str, at: &str) -> Value {
    entry(id, "invocation", "permit", at)
}

/// Runs the command on a trail and an archive.
fn reconciled(calls: &[Value], entries: &[Value], more: &str) -> Ran {
    let mut name = [0_u8; 6];
    getrandom::fill(&mut name).unwrap();
    let folder = Folder::new(&hex::encode(name));
    folder.file("trail/2026/11/22/log.json", json!({"Records": calls}).to_string());
    let lines: Vec<String> = entries.iter().map(canonical).collect();
    folder.file("ledger/2026/11/22/batch.jsonl", lines.join("\n") + "\n");
    let path = folder.path();
    gatectl(words(&format!(
        "ledger reconcile --trail {path}/trail --ledger {path}/ledger --gate-role {GATE} --json {more}"
    )))
}

/// The reported event ids.
fn named(ran: &Ran) -> Vec<String> {
    let faults = ran.json()["calls_without_entry"].clone();
    faults.as_array().unwrap().iter().map(|fault| fault["event"].as_str().unwrap().to_owned()).collect()
}

/// Calls, entries, reported calls, number of permits without a call.
type Case = (Vec<Value>, Vec<Value>, &'static [&'static str], usize);

#[test]
fn calls_without_a_permit_are_reported() {
    let failed = |event: &str, second| with(call(event, second), "/errorCode", json!("ModelError"));
    let user = json!({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/someone"});
    let by_session = json!({"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/gate/other"});
    let elsewhere = json!({"type": "AssumedRole", "arn": "arn:aws:sts::999999999999:assumed-role/gate/session"});
    let by = |who: &Value| with(call("a", 5), "/userIdentity", who.clone());
    let cases: Vec<Case> = vec![
        (vec![elsewhere_in_aws(5)], vec![], &[], 0),
        (vec![call("a", 5)], vec![permit("c-1", "05.900")], &[], 0),
        (vec![call("a", 5)], vec![], &["a"], 0),
        (vec![call("a", 5), call("b", 6)], vec![permit("c-1", "05.000")], &["b"], 0),
        (vec![call("b", 6), call("a", 5)], vec![permit("c-2", "06.000"), permit("c-1", "05.000")], &[], 0),
        (vec![call("a", 5)], vec![permit("c-1", "05.000"), permit("c-2", "06.000")], &[], 1),
        // A permit covers one call, whatever its result.
        (vec![failed("a", 5)], vec![permit("c-1", "05.000")], &[], 0),
        (vec![failed("a", 5), call("b", 6)], vec![permit("c-1", "05.000")], &["b"], 0),
        // Only permits cover calls.
        (vec![call("a", 5)], vec![entry("c-1", "invocation", "refuse", "05.000")], &["a"], 0),
        (vec![call("a", 5)], vec![entry("c-1", "screening", "permit", "05.000")], &["a"], 0),
        (vec![call("a", 5)], vec![sealed(with(permit("c-1", "05.000"), "/endpoint", json!("e-2")))], &["a"], 1),
        // The window: five seconds before, the slack after.
        (vec![call("a", 5)], vec![permit("c-1", "10.000")], &[], 0),
        (vec![call("a", 5)], vec![permit("c-1", "10.001")], &["a"], 1),
        (vec![call("a", 50)], vec![permit("c-1", "40.000")], &[], 0),
        (vec![call("a", 50)], vec![permit("c-1", "39.999")], &["a"], 1),
        // CloudTrail and streams can deliver a record twice.
        (vec![call("a", 5), call("a", 5)], vec![permit("c-1", "05.000"), permit("c-1", "05.000")], &[], 0),
        // Other principals and events.
        (vec![by(&user)], vec![permit("c-1", "05.000")], &["a"], 1),
        (vec![by(&json!({}))], vec![permit("c-1", "05.000")], &["a"], 1),
        (vec![by(&elsewhere)], vec![permit("c-1", "05.000")], &["a"], 1),
        (vec![by(&by_session)], vec![permit("c-1", "05.000")], &[], 0),
        (vec![with(call("a", 5), "/eventName", json!("InvokeEndpointAsync"))], vec![], &["a"], 0),
        (vec![with(call("a", 5), "/eventSource", json!("runtime.sagemaker.amazonaws.com"))], vec![], &["a"], 0),
        (vec![with(call("a", 5), "/eventName", json!("DescribeEndpoint"))], vec![], &[], 0),
        (vec![with(call("a", 5), "/eventSource", json!("s3.amazonaws.com"))], vec![], &[], 0),
        (vec![with(call("a", 5), "/requestParameters", Value::Null)], vec![permit("c-1", "05.000")], &[], 0),
        (
            vec![with(call("a", 5), "/requestParameters/endpointName", json!("E-1"))],
            vec![permit("c-1", "05.000")],
            &[],
            0,
        ),
    ];
    for (calls, entries, expected, left) in cases {
        let ran = reconciled(&calls, &entries, "--slack 10");
        assert_eq!(named(&ran), expected, "{calls:?}\n{entries:?}");
        assert_eq!(ran.code, i32::from(!expected.is_empty()), "{}{}", ran.out, ran.err);
        assert_eq!(ran.json()["permits_without_call"].as_array().unwrap().len(), left, "{calls:?}\n{entries:?}");
    }
}

#[test]
fn a_denied_call_is_a_note() {
    let user = json!({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/someone"});
    let tried = with(with(call("a", 5), "/userIdentity", user), "/errorCode", json!("AccessDenied"));
    let ran = reconciled(&[with(tried, "/requestParameters", Value::Null)], &[], "");
    assert_eq!((ran.code, ran.json()["denied"][0]["event"].clone()), (0, json!("a")));
}

#[test]
fn a_completion_explains_a_permit_without_a_call() {
    let completion = sealed(json!({"decision_id": "c-2", "kind": "completion", "outcome": "refuse", "of": "c-1",
                                   "at": "2026-11-22T12:00:06.000Z", "reasons": [{"code": "model.unavailable"}]}));
    let ran = reconciled(&[elsewhere_in_aws(5)], &[permit("c-1", "05.000"), completion], "");
    assert_eq!(
        (ran.code, ran.json()["permits_without_call"][0]["completion"].clone()),
        (0, json!("model.unavailable"))
    );
}

#[test]
fn an_incomplete_trail_is_reported() {
    let completion = sealed(json!({"decision_id": "c-2", "kind": "completion", "outcome": "refuse", "of": "c-1",
                                   "at": "2026-11-22T12:00:06.000Z", "reasons": [{"code": "model.unavailable"}]}));
    let period = "--from 2026-11-22T12:00:05Z --to 2026-11-22T12:00:10Z --slack 10";
    // the trail, the ledger, the period, whether the trail is reported
    let cases = [
        (vec![], vec![], "", true),
        (vec![], vec![permit("c-1", "05.000")], "", true),
        (vec![], vec![permit("c-1", "05.000"), completion.clone()], "", true),
        (vec![elsewhere_in_aws(5)], vec![permit("c-1", "05.000")], "", true),
        (
            vec![elsewhere_in_aws(5)],
            vec![permit("c-1", "05.000"), permit("c-3", "06.000"), completion.clone()],
            "",
            true,
        ),
        (vec![elsewhere_in_aws(5)], vec![permit("c-1", "05.000"), completion], "", false),
        (vec![elsewhere_in_aws(5)], vec![entry("c-1", "invocation", "refuse", "05.000")], "", false),
        (vec![elsewhere_in_aws(5)], vec![permit("c-1", "05.000")], period, true),
        (vec![elsewhere_in_aws(5)], vec![permit("c-1", "04.000")], period, false),
        // Calls outside the period, within and beyond the slack.
        (vec![call("a", 12)], vec![permit("c-1", "09.000")], period, false),
        (vec![call("a", 25)], vec![permit("c-1", "09.000")], period, true),
    ];
    let mut reports = Vec::new();
    for (calls, entries, more, is_reported) in cases {
        let ran = reconciled(&calls, &entries, more);
        assert_eq!(ran.code, i32::from(is_reported), "{calls:?}\n{entries:?}: {}{}", ran.out, ran.err);
        let report = &ran.json()["saw_nothing"];
        assert_eq!(report.is_string(), is_reported, "{report}");
        reports.extend(report.as_str().map(str::to_owned));
    }
    assert_snapshot("reconcile-incomplete-trail", &reports.join("\n"));
}

#[test]
fn an_incomplete_trail_is_displayed() {
    let folder = Folder::new("blind");
    let trail = folder.file("log.json", json!({"Records": [elsewhere_in_aws(5)]}).to_string());
    let ledger = folder.file("ledger.jsonl", permit("c-1", "05.000").to_string());
    let line = format!("ledger reconcile --trail {trail} --ledger {ledger} --gate-role {GATE}");
    assert_commands("reconcile-incomplete-trail-displayed", 1, [line], |line| gatectl(words(line)));
}

#[test]
fn only_calls_in_the_period_count() {
    let calls = [call("a", 4), call("b", 5), call("c", 9), call("d", 10)];
    let ran = reconciled(&calls, &[], "--from 2026-11-22T12:00:05Z --to 2026-11-22T12:00:10Z");
    assert_eq!(named(&ran), ["b", "c"]);
}

#[test]
fn unreadable_input_is_reported() {
    let tampered = with(permit("c-1", "05.000"), "/endpoint", json!("e-9"));
    let twice = sealed(json!({"decision_id": "c-1", "kind": "invocation", "outcome": "permit",
                              "at": "2026-11-22T12:00:07.000Z", "endpoint": "e-1"}));
    let log = json!({"Records": []}).to_string();
    // trail file and text, ledger file and text
    let cases = [
        ("log.json", "{", "l.jsonl", "".to_owned()),
        ("log.json", "{}", "l.jsonl", "".to_owned()),
        ("log.json", r#"{"Records": [{}]}"#, "l.jsonl", "".to_owned()),
        (
            "log.json",
            r#"{"Records": [{"eventSource": "sagemaker.amazonaws.com", "eventName": "InvokeEndpoint", "eventTime": "noon"}]}"#,
            "l.jsonl",
            "".to_owned(),
        ),
        ("log.txt", &log, "l.jsonl", "".to_owned()),
        ("log.json.gz", &log, "l.jsonl", "".to_owned()),
        ("log.json", &log, "l.jsonl", "{}\n".to_owned()),
        ("log.json", &log, "l.jsonl", "\nnot JSON\n".to_owned()),
        ("log.json", &log, "l.jsonl", tampered.to_string()),
        ("log.json", &log, "l.jsonl", format!("{}\n{twice}\n", permit("c-1", "05.000"))),
        ("log.json", &log, "tampering.json", "{}".to_owned()),
    ];
    let folder = Folder::new("unread");
    let mut transcript = Transcript::default();
    for (number, (trail, log, ledger, lines)) in cases.into_iter().enumerate() {
        folder.file(&format!("{number}/trail/{trail}"), log);
        folder.file(&format!("{number}/ledger/{ledger}"), &lines);
        let path = format!("{}/{number}", folder.path());
        let line = format!("ledger reconcile --trail {path}/trail --ledger {path}/ledger --gate-role {GATE}");
        let ran = gatectl(words(&line));
        assert_eq!(ran.code, 1, "{number}: {}{}", ran.out, ran.err);
        transcript.add(&format!("{trail}: {log}\n{ledger}: {lines}"), &ran);
    }
    transcript.assert_snapshot("reconcile-unreadable");
}

#[test]
fn log_files_are_unpacked_and_digests_are_skipped() {
    let folder = Folder::new("packed");
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(json!({"Records": [call("a", 5)]}).to_string().as_bytes()).unwrap();
    folder.file("AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/22/log.json.gz", packed.finish().unwrap());
    folder.file("AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/11/22/digest.json.gz", "");
    let ledger = folder.file("ledger.jsonl", permit("c-1", "05.000").to_string());
    let line = format!("ledger reconcile --trail {}/AWSLogs --ledger {ledger} --gate-role {GATE}", folder.path());
    assert_commands("reconcile-packed", 0, [line], |line| gatectl(words(line)));
}

#[test]
fn invalid_arguments_are_refused() {
    let folder = Folder::new("usage");
    let file = folder.file("x.json", "{}");
    let lines = [
        format!("--trail {file} --gate-role {GATE}"),
        format!("--trail {file} --ledger {file} --ledger-table t --gate-role {GATE}"),
        format!("--trail {file} --ledger {file} --gate-role gate"),
        format!("--trail {file} --ledger {file} --gate-role {GATE} --from yesterday"),
        format!("--trail {file} --ledger {file} --gate-role {GATE} --slack 0"),
        format!("--trail /nowhere --ledger {file} --gate-role {GATE}"),
        format!("--trail {file} --ledger /nowhere --gate-role {GATE}"),
        format!("--trail {file} --ledger-table t --gate-role {GATE} --endpoint-url http://127.0.0.1:9"),
    ];
    assert_commands("reconcile-refused", 2, lines, |line| {
        let ran = gatectl(words(&format!("ledger reconcile {line}")));
        assert_eq!(ran.out, "", "{line}");
        ran
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_permits_of_the_gate_cover_its_calls() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let now = at("2026-11-22T12:00:05.250Z");
    gate.warm(now).await.unwrap();
    for (person, status) in [("sample-us-citizen", 200), ("sample-us-citizen", 200), ("sample-foreign-employee", 451)] {
        let event = invocation("sample-us-app", "mythos-5").person(person).0;
        assert_eq!(ask(&gate, &event, now).await.status, status);
    }
    let folder = Folder::new("table");
    let calls: Vec<Value> = (0..world.invoked())
        .map(|number| {
            with(call(&format!("own-{number}"), 5), "/requestParameters/endpointName", json!("sample-mythos-5-1"))
        })
        .collect();
    assert_eq!(calls.len(), 2);
    let url = std::env::var("DYNAMODB_ENDPOINT").unwrap_or_else(|_| world.relay.url());
    let run = |calls: &[Value]| {
        let trail = folder.file("log.json", json!({"Records": calls}).to_string());
        let table = &world.tables.ledger;
        gatectl(words(&format!(
            "ledger reconcile --trail {trail} --ledger-table {table} --endpoint-url {url} --gate-role {GATE}"
        )))
    };
    let ran = run(&calls);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("2 with a permit; 3 entries"), "{}", ran.out);
    let more = with(calls[0].clone(), "/eventID", json!("past-the-gate"));
    let ran = run(&[&calls[..], &[more]].concat());
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("past-the-gate") && ran.out.contains("1 call without a permit"), "{}", ran.out);
}
