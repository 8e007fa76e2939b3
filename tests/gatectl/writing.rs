//! Changes under faults: wrong clocks, lost answers, other writers, throttling, damaged heads and silent endpoints.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::change::{RULE, caller, record, run, run_attributed, run_ok, send, writing};
use crate::command::{Folder, Transcript, assert_commands, gatectl, words};
use crate::world::events::{IN_US, invocation};
use crate::world::{World, ask, item};
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::register::history::Key;
use export_gate_local::kms::Kms;
use export_gate_local::relay::{Action, Seen};
use http::{HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

fn issue(id: &str) -> String {
    format!("embargo issue {id} --model fable-5 --foreign-persons {RULE}")
}

async fn revision(world: &World) -> u64 {
    record(world, "head#7", "head").await["revision"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_immediate_end_does_not_depend_on_clocks() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let request = async |client: &str, person: &str, hours: i64| {
        let now = Timestamp::now() + SignedDuration::from_hours(hours);
        ask(&gate, &invocation(client, "fable-5").person(person).from(IN_US).0, now).await.status
    };
    let foreign = ("sample-us-app", "sample-foreign-employee");
    let partner = ("sample-partner-app", "sample-partner-foreign-employee");
    run_ok(&world, &issue("letter-2"));
    run_ok(
        &world,
        "licence grant exemption-2 --authority BIS --reference x --model fable-5 --licensee sample-partner-laboratory \
         --persons any --embargo letter-2",
    );
    for hours in [-1, 0, 1] {
        assert_eq!(
            (request(foreign.0, foreign.1, hours).await, request(partner.0, partner.1, hours).await),
            (451, 200)
        );
    }
    run_ok(&world, "licence revoke exemption-2");
    for hours in [-1, 0, 1] {
        assert_eq!(request(partner.0, partner.1, hours).await, 451, "{hours}");
    }
    run_ok(&world, "embargo end letter-2");
    for hours in [-1, 0, 1] {
        assert_eq!(request(foreign.0, foreign.1, hours).await, 200, "{hours}");
    }
    // A record whose `until` is past by the operator's clock only is ended like any other.
    run_ok(&world, &format!("{} --until 2026-01-01T00:00:00Z", issue("over")));
    run_ok(&world, "embargo end over");
    assert_eq!(record(&world, "embargo", "over").await["withdrawn"], true);
    // An explicit moment is kept.
    run_ok(&world, &issue("letter-3"));
    run_ok(&world, "embargo end letter-3 --at 2099-01-01T00:00:00Z");
    let ended = record(&world, "embargo", "letter-3").await;
    assert_eq!((&ended["until"], ended.get("withdrawn")), (&json!("2099-01-01T00:00:00.000Z"), None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_differs_from_dynamodbs_is_noted() {
    let world = World::with_samples().await;
    for (seconds, note) in [(-600, " s ahead of DynamoDB's"), (600, " s behind DynamoDB's"), (1, ""), (-1, "")] {
        world.relay.rule(move |_| {
            Action::remake(move |mut answer| {
                let date = Timestamp::now() + SignedDuration::from_secs(seconds);
                let date = HeaderValue::from_str(&date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).unwrap();
                answer.headers_mut().insert("date", date);
                answer
            })
        });
        for line in [issue("a"), "caller suspend client#sample-us-service".into()] {
            let ran = run_ok(&world, &line);
            assert_eq!(
                ran.err.matches("this machine's clock is ").count(),
                usize::from(!note.is_empty()),
                "{}",
                ran.err
            );
            assert!(ran.err.contains(note), "{seconds}: `{note}` in {}", ran.err);
            let notes = run_ok(&world, &format!("{line} --json")).json()["notes"].to_string();
            assert_eq!(notes.contains("this machine's clock is "), !note.is_empty(), "{notes}");
            assert!(notes.contains(note), "{notes}");
        }
    }
}

fn is_suspension(line: &str) -> bool {
    line.starts_with("caller suspend")
}

/// A fault at the first transaction.
fn spoil(how: &'static str) -> impl Fn(&Seen) -> Action + Send + Sync {
    move |seen: &Seen| match (seen.operation.as_str(), seen.count, how) {
        ("TransactWriteItems", 1, "lost") => Action::LoseAnswer,
        ("TransactWriteItems", 1, "cut") => Action::remake(|answer| answer.map(|body| body.slice(..1))),
        ("TransactWriteItems", 1, "failed") => Action::remake(|mut answer| {
            *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            answer.map(|_| br#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}"#[..].to_vec().into())
        }),
        ("TransactWriteItems", 1, "silent") => Action::HangAfter,
        ("TransactWriteItems", 1, "refused") => Action::Refuse,
        _ => Action::Forward,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_with_a_lost_answer_is_reported_as_written() {
    for how in ["lost", "cut", "failed", "silent", "refused"] {
        let world = World::with_samples().await;
        // An unanswered attempt takes a third of the time-out, so only two commands are tested.
        let is_tried = |line: &String| how != "silent" || line.starts_with("embargo issue a") || is_suspension(line);
        for line in writing().into_iter().filter(is_tried) {
            let before = revision(&world).await;
            world.relay.rule(spoil(how));
            world.relay.seen().clear();
            let waits = if how == "silent" { "--timeout 15" } else { "" };
            let ran = run_attributed(&world, &format!("{line} {waits}"));
            world.relay.forward();
            assert_eq!((ran.code, ran.out.starts_with("Written")), (0, true), "{how}: {line}: {}{}", ran.out, ran.err);
            let is_of_register = !line.starts_with("caller");
            assert_eq!(revision(&world).await - before, u64::from(is_of_register), "{how}: {line}");
            if is_of_register {
                assert!(ran.out.contains(&format!("revision {}", before + 1)), "{how}: {line}: {}", ran.out);
            }
        }
        let versions = run(&world, "caller show client#sample-us-app --json").json();
        assert_eq!(versions["versions"].as_array().unwrap().len(), 2, "{how}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_is_unknown_only_if_it_cannot_be_read_back() {
    let world = World::with_samples().await;
    let suspend = "caller suspend client#sample-us-app";
    let before = (revision(&world).await, caller(&world, "client#sample-us-app").await);
    // The transaction has no answer, and cannot be read back.
    let mut transcript = Transcript::default();
    for line in [issue("a"), suspend.into()] {
        let is_cut = Arc::new(AtomicUsize::new(0));
        world.relay.rule(move |seen: &Seen| {
            if seen.operation == "TransactWriteItems" {
                is_cut.store(1, Ordering::Relaxed);
            }
            if is_cut.load(Ordering::Relaxed) == 0 { Action::Forward } else { Action::Refuse }
        });
        let mut ran = run_attributed(&world, &format!("{line} --timeout 6"));
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{line}: {}", ran.err);
        ran.err.truncate(ran.err.find(": dispatch failure").unwrap_or(ran.err.len()));
        assert!(!ran.err.contains("nothing was changed"), "{line}: {}", ran.err);
        transcript.add(&line, &ran);
    }
    transcript.assert_snapshot("change-unknown-outcome");
    // A change that was throttled until the time-out was not written.
    for line in [issue("a"), suspend.into()] {
        world.relay.rule(|seen| match seen.operation.as_str() {
            "TransactWriteItems" => Action::throttled(),
            _ => Action::Forward,
        });
        let ran = run_attributed(&world, &format!("{line} --timeout 6"));
        assert!(ran.code == 2 && ran.err.contains("nothing was changed"), "{line}: {}{}", ran.out, ran.err);
    }
    assert_eq!(before, (revision(&world).await, caller(&world, "client#sample-us-app").await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_concurrent_operators_all_succeed() {
    let world = Arc::new(World::with_samples().await);
    let before = revision(&world).await;
    let all: Vec<_> = (0..10)
        .map(|number| {
            let world = world.clone();
            tokio::task::spawn_blocking(move || {
                run_attributed(&world, &format!("{} --timeout 300", issue(&format!("letter-{number}"))))
            })
        })
        .collect();
    for ran in all {
        let ran = ran.await.unwrap();
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    }
    assert_eq!(revision(&world).await - before, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embargo_is_issued_despite_changes_after_every_read() {
    let world = World::with_samples().await;
    let (writer, others) = (world.writer.clone(), AtomicUsize::new(0));
    // The embargoes are read once, then newer records only.
    let is_read = |seen: &Seen| {
        let is_of_embargoes = seen.body["ExpressionAttributeValues"][":kind"]["S"] == "embargo";
        seen.operation == "Query" && (is_of_embargoes || seen.body["IndexName"] == "by-revision")
    };
    world.relay.rule(move |seen: &Seen| {
        let number = if is_read(seen) { others.fetch_add(1, Ordering::Relaxed) } else { usize::MAX };
        if number >= 8 {
            return Action::Forward;
        }
        let writer = writer.clone();
        let group = item(json!({"kind": "group", "id": format!("G:{number}"), "countries": ["NO"]}));
        Action::then(move || async move {
            writer.put(vec![group]).await.unwrap();
        })
    });
    let ran = run_ok(&world, &format!("{} --timeout 300", issue("urgent")));
    assert!(ran.out.contains("from its next request on"), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_embargo_is_issued_while_a_folder_is_applied() {
    let (world, folder) = (Arc::new(World::with_samples().await), Folder::new("bulk"));
    let group = |number: usize| json!({"kind": "group", "id": format!("G:{number:05}"), "countries": ["NO"]});
    let place = folder.file("a.json", Value::from((0..1500).map(group).collect::<Vec<_>>()).to_string());
    let apply = {
        let world = world.clone();
        tokio::task::spawn_blocking(move || run_attributed(&world, &format!("register apply {place}")))
    };
    let is_writing = |seen: &[Seen]| seen.iter().any(|seen| seen.operation == "TransactWriteItems");
    world.relay.seen().wait(Duration::from_secs(120), is_writing).await;
    run_ok(&world, &format!("{} --timeout 300", issue("urgent")));
    let applied = apply.await.unwrap();
    assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
    assert!(applied.out.contains("Written: 1,500 records"), "{}", applied.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_back_off_from_throttling() {
    let world = World::with_samples().await;
    let lines = writing();
    for (line, code) in lines.iter().map(|line| (line.as_str(), 0)).chain([("embargo list --json", 0)]) {
        let requests = AtomicUsize::new(0);
        world.relay.seen().clear();
        // Reads and writes, more often than the SDK retries.
        world.relay.rule(move |seen| match requests.fetch_add(1, Ordering::Relaxed) {
            number if number < 6 && number % 2 == 0 => Action::throttled(),
            number if number < 6 => Action::internal_error(),
            _ if seen.operation == "TransactWriteItems" && seen.count <= 3 => Action::throttled(),
            _ => Action::Forward,
        });
        let ran = if line.starts_with("embargo list") { run(&world, line) } else { run_attributed(&world, line) };
        assert_eq!(ran.code, code, "{line}: {}{}", ran.out, ran.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_head_does_not_stop_commands() {
    let world = World::with_samples().await;
    for (damage, number) in [("gone", 0), ("unreadable", 0), ("behind", 3)] {
        let key = Key::head(number);
        let table = world.dynamodb.delete_item().table_name(&world.tables.register).set_key(Some(key.item()));
        let mut head = item(record(&world, &key.kind, &key.id).await);
        table.send().await.unwrap();
        if damage != "gone" {
            let (name, value) = match damage {
                "behind" => ("revision", AttributeValue::N("1".into())),
                _ => ("kinds", AttributeValue::S("x".into())),
            };
            head.insert(name.into(), value);
            let put = world.dynamodb.put_item().table_name(&world.tables.register).set_item(Some(head));
            put.send().await.unwrap();
        }
        assert_eq!(run(&world, "embargo list").code, 0, "{damage}");
        run_ok(&world, &issue(damage));
        // The change repairs every head.
        let first = record(&world, "head#0", "head").await;
        for number in 1..8 {
            let mut other = record(&world, &Key::head(number).kind, "head").await;
            other["kind"] = first["kind"].clone();
            assert_eq!(other, first, "{damage}: {number}");
        }
    }
    assert_eq!(
        send(&world.gate(), "sample-us-app sample-foreign-employee fable-5").await,
        "451 embargo.foreign-person"
    );
}

#[tokio::test]
async fn a_silent_endpoint_is_reported_after_the_time_out() {
    // It accepts connections and never reads.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let folder = Folder::new("silent");
    let public = folder.file("public.pem", Kms::start().await.unwrap().public_pem());
    let attribution = "--by a --why b --yes";
    let lines = [
        "embargo list --register-table r".to_owned(),
        format!("embargo end a --register-table r {attribution}"),
        "caller show client#a --callers-table c".into(),
        format!("caller suspend client#a --callers-table c {attribution}"),
        "ledger verify --ledger-table l".into(),
        format!("ledger verify --ledger {} --seal s3://b/k --public-key {public}", folder.path()),
        format!("ledger seal --ledger {} --kms-key k --to s3://b/k", folder.path()),
        "lists status --register-table r".into(),
    ];
    assert_commands("silent-endpoint", 2, lines, |line| {
        let mut ran = gatectl(words(&format!("{line} --endpoint-url {url} --timeout 1")));
        assert_eq!(ran.out, "", "{line}");
        // The SDK's own text depends on timing.
        ran.err.truncate(ran.err.find(": request has timed out").unwrap_or(ran.err.len()));
        ran
    });
}
