//! Runs every file of `events/` through the real binary with the sample records, and compares the answers with the reviewed
//! snapshot `tests/snapshots/gate__events__answers.snap`.
//!
//! Some outcomes have no file. `register.unavailable`, `ledger.unavailable` and `model.*` after a permit need a failure
//! (`faults`), and a body over the limit (413) would be too large a file (`bad_input`). `embargo.party`,
//! `embargo.ownership` and `party.review` need lists that the samples do not have; `destination.inconsistent` needs a
//! setting (`spoofing`). `embargo.everyone` needs a clock: the only sample embargo on everyone was in force for 90 minutes
//! in March, so the last test asks at that time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::world::events::invocation;
use crate::world::{Answered, World, ask, at, call};
use serde_json::{Value, json};

/// The requests that the quota of the sample licence allows.
const QUOTA: usize = 5;

/// The codes that an event alone can cause.
const CODES: &str = "request.malformed identity.missing identity.unknown identity.suspended identity.unverified identity.unscoped \
    person.required person.mismatch person.unexpected person.unknown person.unverified model.unknown model.withdrawn \
    embargo.foreign-person embargo.destination embargo.nationality embargo.end-use embargo.network \
    destination.unknown end-use.undeclared licence.missing licence.scope licence.expired licence.exhausted";

#[tokio::test]
async fn every_event_gets_its_reviewed_answer() {
    let world = World::with_samples().await;
    let function = world.function().await;
    let (last, first): (Vec<_>, Vec<_>) = names().into_iter().partition(|name| name.ends_with("-licence-exhausted"));
    let used = first.iter().filter(|name| name.ends_with("-permit-quota")).count();
    let rest_of_quota = std::iter::repeat_n("rest-permit-quota".to_owned(), QUOTA - used);
    let (mut answers, mut decisions, mut permits) = (BTreeMap::new(), BTreeSet::new(), 0);
    for name in first.into_iter().chain(rest_of_quota).chain(last) {
        let answered = call(&function, &event(&name)).await;
        assert_headers(&name, &answered);
        permits += usize::from(answered.headers.get("model-version").is_some());
        if let Some(id) = answered.decision_id() {
            let entry = world.entry(id).await;
            let (kind, status) = match answered.body.get("outcome") {
                Some(_) => ("screening", answered.body["status"].clone()),
                None => ("invocation", json!(answered.status)),
            };
            assert_eq!((&entry["kind"], &entry["status"]), (&json!(kind), &status), "{name}");
            assert!(decisions.insert(id.to_owned()), "{name}");
        }
        answers.insert(name, summary(&answered));
    }
    assert_eq!(world.invoked(), permits, "each permit invokes the model once");
    assert_eq!(world.ledger().await.len(), decisions.len());
    let table = table(&answers);
    for code in CODES.split_whitespace() {
        let in_both_payloads = |line: &str| line.starts_with("*-") && line.split(' ').any(|word| word == code);
        assert!(table.lines().any(in_both_payloads), "no pair of events for {code}");
    }
    insta::assert_snapshot!("answers", table);
}

fn assert_headers(name: &str, answered: &Answered) {
    let Answered { status, headers, body, .. } = answered;
    assert_eq!(headers["cache-control"], "no-store", "{name}");
    let is_named = answered.codes().iter().any(|code| name.contains(&code.replace('.', "-")));
    if headers.get("model-version").is_some() {
        assert!(name.contains("-permit") && body["stand_in"] == true, "{name}: {body}");
    } else if body.get("outcome").is_some() {
        assert_eq!(body["decision_id"].as_str(), answered.decision_id(), "{name}");
    } else if *status != 200 {
        let code = answered.code();
        assert!(is_named, "{name} is not named after a code of its answer: {body}");
        assert_eq!(headers["content-type"], "application/problem+json", "{name}");
        assert_eq!(
            (&body["type"], &body["status"]),
            (&json!(format!("urn:export-gate:{code}")), &json!(status)),
            "{name}"
        );
        assert_eq!(headers.get("link").is_some(), *status == 451, "{name}: RFC 7725's blocked-by");
        let recorded = !matches!(code, "request.malformed" | "identity.missing" | "identity.unscoped");
        assert_eq!(answered.decision_id().is_some(), recorded, "{name}");
        let cited = code.starts_with("embargo.") && !name.ends_with("-undisclosed");
        assert_eq!(body["reasons"][0].get("authority").is_some(), cited, "{name}: {body}");
    }
}

/// Status, and what the body reports.
fn summary(answered: &Answered) -> String {
    let Answered { status, headers, body, .. } = answered;
    let codes = answered.codes().join(" ");
    let text = |name: &str| body[name].as_str();
    if let Some(model) = headers["model-version"].as_str() {
        format!("{status} {model}")
    } else if let Some(outcome) = text("outcome") {
        format!("{status} {outcome} {} {codes}", body["status"])
    } else if let Some(detail) = text("detail") {
        format!("{status} {codes}\n    {detail}")
    } else if let Some(models) = body["models"].as_array() {
        let models: Vec<&str> = models.iter().map(|model| model["model"].as_str().unwrap()).collect();
        format!("{status} {}", models.join(" "))
    } else if let Some(health) = text("status") {
        format!("{status} {health}")
    } else {
        format!("{status} {body}")
    }
}

/// The answers by file; `*` stands for `rest` and `http` with the same answer.
fn table(answers: &BTreeMap<String, String>) -> String {
    let mut table = String::new();
    for (name, answer) in answers {
        let has_same = |payload, event| answers.get(&format!("{payload}-{event}")) == Some(answer);
        let name = match name.split_once('-') {
            Some(("http", event)) if has_same("rest", event) => format!("*-{event}"),
            Some(("rest", event)) if has_same("http", event) => continue,
            _ => name.clone(),
        };
        table += &format!("{name}: {}\n", answer.trim_end());
    }
    table
}

/// An edit of one copy of a value must not leave the other copy behind.
#[test]
fn values_that_an_event_contains_twice_are_equal() {
    for name in names() {
        let event = event(&name);
        let (headers, context) = (event["headers"].as_object().unwrap(), &event["requestContext"]);
        let forwarded = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-forwarded-for")).unwrap().1;
        if name.starts_with("rest-") {
            let many = event["multiValueHeaders"].as_object().unwrap();
            let last =
                many.iter().map(|(name, values)| (name.clone(), values.as_array().unwrap().last().unwrap().clone()));
            assert_eq!(last.collect::<serde_json::Map<_, _>>(), *headers, "{name}");
            assert_eq!(event["httpMethod"], context["httpMethod"], "{name}");
            assert_eq!(context["path"], format!("/live{}", event["path"].as_str().unwrap()), "{name}");
            assert_eq!(forwarded, &context["identity"]["sourceIp"], "{name}");
        } else {
            assert_eq!((&event["version"], &event["rawPath"]), (&json!("2.0"), &context["http"]["path"]), "{name}");
            assert_eq!(forwarded, &context["http"]["sourceIp"], "{name}");
            assert!(headers.keys().all(|name| *name == name.to_lowercase()), "{name}");
        }
    }
}

#[tokio::test]
async fn an_embargo_on_everyone_applies_while_it_is_in_force() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let event = invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").0;
    for (when, status, codes) in [
        ("2026-03-02T01:59:59.999Z", 200, vec![]),
        ("2026-03-02T02:00:00.000Z", 451, vec!["embargo.everyone"]),
        ("2026-03-02T03:29:59.999Z", 451, vec!["embargo.everyone"]),
        ("2026-03-02T03:30:00.000Z", 200, vec![]),
    ] {
        let answered = ask(&gate, &event, at(when)).await;
        assert_eq!((answered.status, answered.codes()), (status, codes), "{when}");
    }
}

/// The names of the files, without `.json`.
fn names() -> BTreeSet<String> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    files.filter_map(|file| Some(file.strip_suffix(".json")?.to_owned())).collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("events")
}

fn event(name: &str) -> Value {
    let file = folder().join(format!("{name}.json"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
