//! The files of `events/`, each run through the real binary with the sample records: a file that no row names fails, and
//! so does a row without its file.
//!
//! Four kinds of outcome have no file. `register.unavailable`, `ledger.unavailable` and `model.*` after a permit need a
//! fault, not an event. A body that is too large (413) would be too large a file; `bad_input` makes one. `embargo.party`,
//! `embargo.ownership` and `party.review` need parties and lists that the samples don't have, `destination.inconsistent`
//! a setting: `tests/spoofing.rs` has them.
//! `embargo.everyone` needs a clock: the one sample record that is about everyone was in force for 90 minutes in March,
//! so the last test asks then.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::world::events::invocation;
use crate::world::{Answered, World, ask, at, call};
use export_gate_local::function::Function;
use serde_json::{Value, json};

/// What an event is answered with.
#[derive(Clone, Copy)]
enum Told {
    /// The answer of this model.
    Permit(&'static str),
    /// A problem document of this status, with these codes in order.
    Refusal(u16, &'static str),
    /// 200, and what an invocation would have been: its status and its codes.
    Screening(u16, &'static str),
    Models,
    Health,
    /// What lists say of one applicant: the samples have no list.
    Parties,
}
use Told::{Health, Models, Parties, Permit, Refusal, Screening};

/// A file's name without `.json`, and what it is answered with; `*` stands for both `rest` and `http`.
const EVENTS: &[(&str, Told)] = &[
    ("*-permit", Permit("opus-4-8@1")),
    ("*-permit-restricted-model", Permit("mythos-5@1")),
    ("*-permit-attested", Permit("mythos-5@1")),
    ("*-permit-person-by-token", Permit("opus-4-8@1")),
    ("*-permit-base64", Permit("opus-4-8@1")),
    ("*-permit-end-use", Permit("opus-4-8@1")),
    ("*-permit-licence", Permit("opus-4-8@1")),
    ("*-permit-quota", Permit("mythos-5@1")),
    ("*-permit-lambda-authorizer", Permit("opus-4-8@1")),
    ("*-permit-role", Permit("opus-4-8@1")),
    ("url-permit-role", Permit("opus-4-8@1")),
    ("rest-permit-api-key", Permit("opus-4-8@1")),
    ("*-screening-permit", Screening(200, "")),
    ("*-screening-refuse", Screening(451, "embargo.foreign-person licence.missing")),
    ("*-models", Models),
    ("*-health", Health),
    ("*-parties", Parties),
    ("*-request-malformed-400", Refusal(400, "request.malformed")),
    ("*-request-malformed-404", Refusal(404, "request.malformed")),
    ("*-request-malformed-405", Refusal(405, "request.malformed")),
    ("*-identity-missing", Refusal(401, "identity.missing")),
    ("*-identity-unknown", Refusal(403, "identity.unknown")),
    ("*-identity-suspended", Refusal(403, "identity.suspended")),
    ("*-identity-unverified", Refusal(403, "identity.unverified")),
    ("*-identity-unscoped", Refusal(403, "identity.unscoped")),
    ("*-person-required", Refusal(403, "person.required")),
    ("*-person-mismatch", Refusal(403, "person.mismatch")),
    ("*-person-unexpected", Refusal(403, "person.unexpected")),
    ("*-person-unknown", Refusal(403, "person.unknown")),
    ("*-person-unverified", Refusal(403, "person.unverified")),
    ("*-model-unknown", Refusal(404, "model.unknown")),
    ("*-model-withdrawn", Refusal(410, "model.withdrawn")),
    ("*-embargo-foreign-person", Refusal(451, "embargo.foreign-person licence.missing")),
    ("*-embargo-destination", Refusal(451, "embargo.destination licence.scope embargo.destination licence.missing")),
    ("*-embargo-destination-undisclosed", Refusal(451, "embargo.destination")),
    ("*-embargo-nationality", Refusal(451, "embargo.nationality licence.scope")),
    ("*-embargo-end-use", Refusal(451, "embargo.end-use licence.missing")),
    ("*-embargo-network", Refusal(403, "embargo.network destination.unknown")),
    ("*-destination-unknown", Refusal(403, "destination.unknown")),
    ("*-destination-unknown-region", Refusal(403, "destination.unknown")),
    ("*-destination-unknown-tunnel", Refusal(403, "destination.unknown")),
    ("*-end-use-undeclared", Refusal(403, "end-use.undeclared")),
    ("*-licence-missing", Refusal(451, "embargo.foreign-person licence.missing")),
    ("*-licence-scope", Refusal(451, "embargo.destination licence.scope")),
    ("*-licence-expired", Refusal(451, "embargo.foreign-person licence.expired")),
    (EXHAUSTED, Refusal(451, "embargo.foreign-person licence.exhausted")),
];

/// These come last, when nothing is left of the sample quota.
const EXHAUSTED: &str = "*-licence-exhausted";
const QUOTA: usize = 5;

/// The codes of the contract that an event alone can bring about.
const CODES: &str = "request.malformed identity.missing identity.unknown identity.suspended identity.unverified identity.unscoped \
    person.required person.mismatch person.unexpected person.unknown person.unverified model.unknown model.withdrawn \
    embargo.foreign-person embargo.destination embargo.nationality embargo.end-use embargo.network \
    destination.unknown end-use.undeclared licence.missing licence.scope licence.expired licence.exhausted";

#[tokio::test]
async fn each_event_is_answered_as_its_row_says() {
    let world = World::with_samples().await;
    let function = world.function().await;
    let (last, first): (Vec<_>, Vec<_>) = rows().into_iter().partition(|row| row.0.ends_with("-licence-exhausted"));
    let (mut decisions, mut permits) = (BTreeSet::new(), 0);
    let mut run = async |name: &str, told: Told| {
        let answered = answered(&function, name, told).await;
        permits += usize::from(matches!(told, Permit(_)));
        if let Some(id) = answered.decision_id() {
            let entry = world.entry(id).await;
            let (kind, status) =
                if let Screening(status, _) = told { ("screening", status) } else { ("invocation", answered.status) };
            assert_eq!((&entry["kind"], &entry["status"]), (&json!(kind), &json!(status)), "{name}");
            assert!(decisions.insert(id.to_owned()), "{name}");
        }
    };
    let mut left = QUOTA;
    for (name, told) in first {
        run(&name, told).await;
        left -= usize::from(name.ends_with("-permit-quota"));
    }
    for _ in 0..left {
        run("rest-permit-quota", Permit("mythos-5@1")).await;
    }
    for (name, told) in last {
        run(&name, told).await;
    }
    assert_eq!(world.invoked(), permits, "a permit invokes once, all else nothing");
    assert_eq!(world.ledger().await.len(), decisions.len());
}

async fn answered(function: &Function, name: &str, told: Told) -> Answered {
    let answered = call(function, &event(name)).await;
    let (status, headers, body) = (answered.status, &answered.headers, &answered.body);
    assert_eq!(headers["cache-control"], "no-store", "{name}");
    match told {
        Permit(model) => {
            assert_eq!((status, &headers["model-version"]), (200, &json!(model)), "{name}: {body}");
            assert_eq!(body["stand_in"], true, "{name}: {body}");
        }
        Refusal(expected, codes) => {
            assert_eq!((status, answered.codes().join(" ").as_str()), (expected, codes), "{name}: {body}");
            let code = codes.split(' ').next().unwrap();
            assert_eq!(headers["content-type"], "application/problem+json", "{name}");
            assert_eq!(body["type"], format!("urn:export-gate:{code}"), "{name}");
            assert_eq!((&body["status"], answered.code()), (&json!(expected), code), "{name}");
            assert_eq!(headers.get("link").is_some(), expected == 451, "{name}: RFC 7725's blocked-by");
            let recorded = !matches!(code, "request.malformed" | "identity.missing" | "identity.unscoped");
            assert_eq!(answered.decision_id().is_some(), recorded, "{name}");
            let cited = code.starts_with("embargo.") && !name.ends_with("-undisclosed");
            assert_eq!(body["reasons"][0].get("authority").is_some(), cited, "{name}: {body}");
        }
        Screening(expected, codes) => {
            let outcome = if expected == 200 { "permit" } else { "refuse" };
            assert_eq!(status, 200, "{name}: {body}");
            assert_eq!((&body["outcome"], &body["status"]), (&json!(outcome), &json!(expected)), "{name}: {body}");
            assert_eq!(answered.codes().join(" "), codes, "{name}: {body}");
            assert_eq!(body["decision_id"].as_str(), answered.decision_id(), "{name}");
        }
        Models => {
            let listed = body["models"].as_array().unwrap().iter();
            let listed: Vec<&str> = listed.map(|line| line["model"].as_str().unwrap()).collect();
            assert_eq!((status, listed.join(" ").as_str()), (200, "fable-5@1 mythos-5@1 opus-4-8@0 opus-4-8@1"));
        }
        Parties => {
            let expected = json!({"lists": [], "results": [{"id": "applicant-7", "candidates": []}]});
            assert_eq!((status, body), (200, &expected), "{name}");
        }
        Health => assert_eq!((status, &body["status"]), (200, &json!("ok")), "{body}"),
    }
    answered
}

#[test]
fn every_file_has_a_row_and_every_row_its_file() {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.filter(|name| name != "README.md").collect();
    let rows: Vec<String> = rows().into_iter().map(|(name, _)| format!("{name}.json")).collect();
    let named: BTreeSet<String> = rows.iter().cloned().collect();
    assert_eq!(rows.len(), named.len(), "a row stands twice");
    assert_eq!(files.difference(&named).collect::<Vec<_>>(), Vec::<&String>::new(), "files that no test runs");
    assert_eq!(named.difference(&files).collect::<Vec<_>>(), Vec::<&String>::new(), "rows without a file");
}

#[test]
fn every_code_that_an_event_can_bring_about_has_one_in_both_payloads() {
    let rows = rows();
    for code in CODES.split_whitespace() {
        for payload in ["rest-", "http-"] {
            let told = |told: &Told| matches!(told, Refusal(_, codes) if codes.split(' ').any(|told| told == code));
            assert!(rows.iter().any(|(name, row)| name.starts_with(payload) && told(row)), "{payload}: {code}");
        }
    }
}

/// What API Gateway says twice is the same both times, so that whoever edits an event sees what they changed.
#[test]
fn events_agree_with_themselves() {
    for (name, _) in rows() {
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
async fn embargo_everyone_is_told_while_its_record_is_in_force() {
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

/// The table, a row a file.
fn rows() -> Vec<(String, Told)> {
    let each = |(name, told): &(&str, Told)| match name.strip_prefix('*') {
        Some(rest) => vec![(format!("rest{rest}"), *told), (format!("http{rest}"), *told)],
        None => vec![((*name).to_owned(), *told)],
    };
    EVENTS.iter().flat_map(each).collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("events")
}

fn event(name: &str) -> Value {
    let file = folder().join(format!("{name}.json"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
