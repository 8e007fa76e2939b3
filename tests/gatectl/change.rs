//! `gatectl embargo`, `licence`, `caller`, `model` and `clearance`: each change is in force on the next request, bad input is
//! refused, and concurrent changes are not lost.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::command::{Folder, Ran, Transcript, assert_commands, assert_snapshot, gatectl};
use crate::world::events::{IN_US, invocation};
use crate::world::{World, ask, item};
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::gate::Gate;
use export_gate::record::dynamodb_json;
use export_gate_local::relay::{Action, Seen};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The rule of every embargo in these tests.
pub(crate) const RULE: &str = "--effect licence-required --authority BIS --citation \"15 CFR 744.22(b)\"";

/// Splits a line as a shell does, with `"` as the only quote.
fn shell(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    let mut words = Vec::new();
    for (number, part) in parts {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// Runs a command on the world's tables, through the relay.
pub(crate) fn run(world: &World, line: &str) -> Ran {
    let mut words = shell(line);
    let own = match (words[0].as_str(), words.get(1).map(String::as_str)) {
        ("caller", Some("add")) => 3,
        _ => 2,
    };
    let tables = match (words[0].as_str(), words[1].as_str()) {
        ("caller", _) => vec!["--callers-table", &world.tables.callers],
        ("licence", "usage") => {
            vec!["--register-table", &world.tables.register, "--usage-table", &world.tables.usage]
        }
        _ => vec!["--register-table", &world.tables.register],
    };
    let url = world.relay.url();
    let options: Vec<String> = tables.into_iter().chain(["--endpoint-url", &url]).map(str::to_owned).collect();
    words.splice(own..own, options);
    gatectl(words)
}

/// [`run`] with attribution and `--yes`.
pub(crate) fn run_attributed(world: &World, line: &str) -> Ran {
    run(world, &format!("{line} --by officer-1 --why \"a reason\" --yes"))
}

/// [`run_attributed`], which must succeed.
pub(crate) fn run_ok(world: &World, line: &str) -> Ran {
    let ran = run_attributed(world, line);
    assert_eq!(ran.code, 0, "{line}: {}{}", ran.out, ran.err);
    ran
}

/// Sends the request `client [person] model`, and returns the status with the leading code.
pub(crate) async fn send(gate: &Gate, who: &str) -> String {
    let words: Vec<&str> = who.split(' ').collect();
    let event = match *words {
        [client, model] => invocation(client, model),
        [client, person, model] => invocation(client, model).person(person),
        _ => panic!("{who}"),
    };
    let answered = ask(gate, &event.from(IN_US).0, Timestamp::now()).await;
    let version = answered.headers["model-version"].as_str().unwrap_or_default();
    format!("{} {}{version}", answered.status, answered.code())
}

/// Every item of the tables that these commands write.
async fn everything(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    for table in [&world.tables.register, &world.tables.callers, &world.tables.usage] {
        let mut pages = world.dynamodb.scan().table_name(table).consistent_read(true).into_paginator().send();
        while let Some(page) = pages.next().await {
            found.extend(page.unwrap().items().iter().map(|item| dynamodb_json(item).to_string()));
        }
    }
    found.sort();
    found
}

pub(crate) async fn caller(world: &World, id: &str) -> Option<Value> {
    let read = world.dynamodb.get_item().table_name(&world.tables.callers).consistent_read(true);
    let found = read.key("id", AttributeValue::S(id.to_owned())).send().await.unwrap().item?;
    Some(serde_dynamo::from_item(found).unwrap())
}

pub(crate) async fn record(world: &World, kind: &str, id: &str) -> Value {
    let s = |text: &str| AttributeValue::S(text.to_owned());
    let read = world.dynamodb.get_item().table_name(&world.tables.register).consistent_read(true);
    let found = read.key("kind", s(kind)).key("id", s(id)).send().await.unwrap().item;
    serde_dynamo::from_item(found.unwrap_or_else(|| panic!("no {kind}/{id}"))).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_change_is_in_force_on_the_next_request() {
    let (world, folder) = (World::with_samples().await, Folder::new("change"));
    let gate = world.gate();
    let partners = folder.file(
        "partners",
        "# The partners\n\nsample-partner-laboratory\r\nsample-partner-utility # a comment\nsample-partner-laboratory\n",
    );
    let grant = format!(
        "licence grant exemption-2 --authority BIS --reference \"Sample exemption\" --type exemption --model fable-5 \
         --licensees-from {partners} --licensee sample-partner-hospital --persons any --embargo letter-2"
    );
    let issue = format!("embargo issue letter-2 --model fable-5 --model mythos-5 --foreign-persons {RULE}");
    let (foreign, citizen) =
        ("sample-us-app sample-foreign-employee fable-5", "sample-us-app sample-us-citizen fable-5");
    let partner = "sample-partner-app sample-partner-foreign-employee fable-5";
    let new_person = "sample-us-app new-person fable-5";
    let verify = "--until 9999-01-01T00:00:00Z --method registry-extract --evidence sample-evidence";
    let verify_company = format!("caller verify organisation#new-company {verify}");
    let verify_person = format!("caller verify person#new-person {verify}");
    let (served, embargoed) = ("200 fable-5@1", "451 embargo.foreign-person");
    // the command, then requests with their results
    let table: &[(&str, &[(&str, &str)])] = &[
        ("", &[(foreign, served), (citizen, served)]),
        (&issue, &[(foreign, embargoed), (citizen, served), (partner, embargoed)]),
        (&grant, &[(partner, served), (foreign, embargoed)]),
        ("licence revoke exemption-2", &[(partner, embargoed)]),
        ("embargo end letter-2", &[(foreign, served), (partner, served)]),
        (
            "embargo issue no-research --model fable-5 --end-use research --effect prohibited --authority OPERATOR --citation x",
            &[("sample-us-service fable-5", "451 embargo.end-use"), ("sample-foreign-in-us-service fable-5", served)],
        ),
        ("embargo end no-research", &[("sample-us-service fable-5", served)]),
        (
            "embargo issue of-no-nation --model fable-5 --nationality * --except-nationality CA --basis any --effect prohibited \
             --authority OPERATOR --citation x --confidential",
            &[(foreign, "451 embargo.nationality"), (citizen, served)],
        ),
        ("embargo end of-no-nation", &[(foreign, served)]),
        (
            "embargo issue named --model fable-5 --party \"Sample Widgets, Inc.;US\" --effect prohibited --authority OPERATOR \
             --citation x",
            &[("sample-us-service fable-5", "451 embargo.party"), ("sample-foreign-in-us-service fable-5", served)],
        ),
        ("embargo end named", &[("sample-us-service fable-5", served)]),
        ("model add fable-5@2 --endpoint fable-5-2 --eccn 4E091 --default", &[(citizen, "200 fable-5@2")]),
        ("model withdraw fable-5@2", &[(citizen, "410 model.withdrawn")]),
        ("model add fable-5@1 --endpoint fable-5-1 --eccn 4E091 --default --replace", &[(citizen, served)]),
        ("caller suspend client#sample-us-service", &[("sample-us-service fable-5", "403 identity.suspended")]),
        ("caller suspend client#sample-us-service --lift", &[("sample-us-service fable-5", served)]),
        ("caller suspend organisation#sample-us-company", &[(citizen, "403 identity.suspended")]),
        ("caller suspend organisation#sample-us-company --lift", &[(citizen, served)]),
        ("caller verify person#sample-us-citizen --status rejected", &[(citizen, "403 person.unverified")]),
        (
            "caller add organisation new-company --name \"New Company\" --type company --incorporated-in US --end-use research",
            &[("new-app fable-5", "403 identity.unknown")],
        ),
        (
            "caller add client new-app --organisation new-company --users none",
            &[("new-app fable-5", "403 identity.unverified")],
        ),
        (&verify_company, &[("new-app fable-5", served)]),
        (
            "caller add client new-app --organisation new-company --users us-persons --attested-by x --attested-until \
             9999-01-01T00:00:00Z --replace",
            &[("new-app fable-5", served)],
        ),
        (
            "caller add person new-person --organisation sample-us-company --nationality US --us-status citizen",
            &[(new_person, "403 person.unverified")],
        ),
        (&verify_person, &[(new_person, served)]),
    ];
    for (line, requests) in table {
        if !line.is_empty() {
            run_ok(&world, line);
        }
        for (who, expected) in *requests {
            assert_eq!(send(&gate, who).await, *expected, "{who} after {line}");
        }
    }
    let licence = record(&world, "licence", "exemption-2").await;
    let licensees = ["sample-partner-hospital", "sample-partner-laboratory", "sample-partner-utility"];
    assert_eq!(
        (&licence["licensees"], &licence["by"], &licence["why"]),
        (&json!(licensees), &json!("officer-1"), &json!("a reason"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clearance_is_granted_and_revoked() {
    let world = World::with_samples().await;
    let id = "organisation#sample-us-company sample-list:17";
    let grant = format!("clearance grant {id} --officer officer-2 --reason \"another address\"");
    run_ok(&world, &grant);
    let clearance = record(&world, "clearance", id).await;
    assert_eq!((&clearance["party"], &clearance["officer"]), (&json!("sample-list:17"), &json!("officer-2")));
    let run_command = |line: &str| run_attributed(&world, line);
    let shorter = format!("{grant} --until 9999-01-01T00:00:00Z");
    assert_commands("clearance-granted-already", 0, [&grant], run_command);
    assert_commands("clearance-differs", 2, [&shorter], run_command);
    run_ok(&world, &format!("{shorter} --replace"));
    assert_eq!(record(&world, "clearance", id).await["until"], "9999-01-01T00:00:00.000Z");
    let revoke = format!("clearance revoke {id}");
    run_ok(&world, &revoke);
    assert_eq!(record(&world, "clearance", id).await["withdrawn"], true);
    assert_commands("clearance-revoked-already", 0, [&revoke], run_command);
    // Granted again, it is in force again; the earlier version is kept.
    run_ok(&world, &grant);
    assert_eq!(record(&world, "clearance", id).await.get("withdrawn"), None);
    record(&world, "history#clearance", &format!("{id}@3")).await;
    // A clearance bound to a comparison differs from an unbound one.
    let bound = format!("{grant} --match-sha256 {}", "0f".repeat(16));
    assert_commands("clearance-bound-to-a-comparison", 2, [&bound], run_command);
    run_ok(&world, &format!("{bound} --replace"));
    assert_eq!(record(&world, "clearance", id).await["match_sha256"], "0f".repeat(16));
}

/// The sample records with unreadable, ended and future ones.
async fn with_faulty_records() -> World {
    let world = World::with_samples().await;
    let window = |id: &str, from: Option<&str>, until: Option<&str>| {
        let mut embargo = json!({
            "kind": "embargo", "id": id, "models": ["opus-4-8"], "applies_to": {"destinations": ["KP"]},
            "effect": "prohibited", "authority": "UN", "citation": "sample", "by": "a", "at": "b", "why": "c",
        });
        for (name, time) in [("from", from), ("until", until)] {
            if let Some(time) = time {
                embargo[name] = json!(time);
            }
        }
        embargo
    };
    let mut withdrawn = window("gone", None, None);
    withdrawn["withdrawn"] = json!(true);
    let mut damaged = window("damaged", None, None);
    damaged["applies_to"] = json!({"nationalities": ["UA-43"]});
    let mut licence = json!({
        "kind": "licence", "id": "damaged-licence", "authority": "BIS", "reference": "x", "type": "licence",
        "models": ["*"], "licensees": [], "persons": "any",
    });
    licence["licensees"] = json!(["organisation#x"]);
    world
        .register(vec![
            window("later", Some("9999-01-01T00:00:00Z"), None),
            window("ending", None, Some("9999-01-01T00:00:00Z")),
            withdrawn,
            damaged,
            licence,
        ])
        .await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_input_is_refused_and_nothing_is_written() {
    let (world, folder) = (with_faulty_records().await, Folder::new("bad-change"));
    let [empty, two, prefixed, no_text] = [
        folder.file("empty", "# none\n\n"),
        folder.file("two", "a\nb c\n"),
        folder.file("prefixed", "organisation#sample-us-company\n"),
        folder.file("no-text", [0xff, 0xfe]),
    ];
    let issue = |id: &str, more: &str| format!("embargo issue {id} --model fable-5 {RULE} {more}");
    let grant =
        |more: &str| format!("licence grant l --authority BIS --reference x --model fable-5 --persons any {more}");
    let persons = "--foreign-persons";
    let good_until = "--until 9999-01-01T00:00:00Z";
    let verify = "--method m --evidence e";
    let lines: Vec<String> = vec![
issue("a", ""),
issue("a", "--foreign-persons --authority NSA"),
format!("embargo issue a --model fable-5 {persons} --effect banned --authority BIS --citation x"),
format!("embargo issue a --model fable-5 {persons} --effect observed --authority NSA --citation x"),
format!("embargo issue a --model fable-5 {persons} --effect observed --authority BIS --citation \"\""),
format!("embargo issue a --model fable* {persons} --effect observed --authority BIS --citation x"),
format!("embargo issue \"\" --model fable-5 {persons} {RULE}"),
issue("a", "--destination UK"),
issue("a", "--destination UA-"),
issue("a", "--except-destination CU"),
issue("a", "--destination Z:9"),
issue("a", "--destination * --except-destination *"),
issue("a", "--nationality UA-43"),
// An unchanged fault is still refused.
issue("damaged", "--nationality UA-43 --replace"),
issue("a", "--foreign-persons --basis any"),
issue("a", "--network 192.0.2.0/33"),
issue("a", "--party ;DE"),
issue("a", "--party Sample;UK"),
issue("a", "--foreign-persons --from 2026-06-12"),
issue("a", "--foreign-persons --from 9998-01-02T00:00:00Z --until 9998-01-01T00:00:00Z"),
issue("bis-cuba", "--destination CU"),
issue("bis-letter-2026-06-12", "--foreign-persons"),
"embargo end nothing".into(),
"embargo end damaged --at 9999-01-01T00:00:00Z".into(),
"embargo end operator-stop-2026-03-02 --at 9998-01-01T00:00:00Z".into(),
"embargo end ending --at 9999-12-01T00:00:00Z".into(),
"embargo end ending --at tomorrow".into(),
grant(""),
grant("--licensee organisation#sample-us-company"),
grant(&format!("--licensees-from {empty}")),
grant(&format!("--licensees-from {two}")),
grant(&format!("--licensees-from {prefixed}")),
grant(&format!("--licensees-from {no_text}")),
grant("--licensees-from /nowhere/at/all"),
grant("--licensee a --requests 0"),
grant("--licensee a --persons all"),
grant("--licensee a --type waiver"),
grant("--licensee a --nationality UA-43"),
grant("--licensee a --until 2026-06-30"),
"licence grant operator-quota-licence --authority OPERATOR --reference x --model mythos-5 --licensee a --persons any".into(),
"licence revoke nothing".into(),
"licence revoke damaged-licence --at 9999-01-01T00:00:00Z".into(),
"licence revoke operator-quota-licence --at 9999-01-02T00:00:00Z".into(),
"caller add client".into(),
"caller add client client#a --organisation b --users none".into(),
"caller add client a --organisation organisation#b --users none".into(),
"caller add client a --organisation b --users some".into(),
"caller add client a --organisation b --users us-persons".into(),
"caller add client a --organisation b --users none --attested-until 9999-01-01T00:00:00Z".into(),
"caller add client a --organisation b --users us-persons --attested-by x".into(),
"caller add client sample-us-app --organisation b --users none".into(),
"caller add organisation a/b#c --name x --type company".into(),
"caller add organisation a --name x --type club".into(),
"caller add organisation a --name x --type company --incorporated-in UK".into(),
"caller add organisation a --type company".into(),
"caller add organisation sample-us-company --name x --type company".into(),
"caller add person a --organisation b --nationality XX".into(),
"caller add person a --organisation b --us-status native".into(),
"caller add person sample-us-citizen --organisation b".into(),
"caller verify organisation#sample-us-company".into(),
format!("caller verify organisation#sample-us-company {good_until}"),
format!("caller verify organisation#sample-us-company --until 2026-01-01T00:00:00Z {verify}"),
format!("caller verify organisation#nothing {good_until} {verify}"),
format!("caller verify client#sample-us-app {good_until} {verify}"),
"caller suspend person#sample-us-citizen".into(),
"caller suspend client#nothing".into(),
"caller suspend \"\"".into(),
"model add fable-5 --endpoint e --eccn 4E091".into(),
"model add fable-5@9 --endpoint e".into(),
"model withdraw fable-5".into(),
"model withdraw fable-5@9".into(),
"clearance grant sample-us-company l:1 --officer o --reason r".into(),
"clearance grant client#sample-us-app l:1 --officer o --reason r".into(),
"clearance grant organisation#sample-us-company l --officer o --reason r".into(),
"clearance grant organisation#sample-us-company l:1 --officer o --reason \"\"".into(),
"clearance grant organisation#sample-us-company l:1 --reason r".into(),
"clearance grant organisation#sample-us-company l:1 --officer o --reason r --match-sha256 0F".into(),
"clearance revoke organisation#sample-us-company l:1".into(),
];
    let before = everything(&world).await;
    assert_commands("change-refused", 2, lines, |line| run_attributed(&world, line));
    let reading = [
        "embargo show nothing",
        "embargo show",
        "embargo list --at yesterday",
        "licence list --at 2026-06-12",
        "licence usage nothing",
        "model list --at never",
        "caller show sample-absent-application-9",
        "caller show client#nothing --json",
    ];
    assert_commands("change-refused-reading", 2, reading, |line| run(&world, line));
    assert_eq!(before, everything(&world).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_record_is_withdrawn_by_the_command_that_ends_it() {
    let world = World::with_samples().await;
    let look_alike = "fable\u{2011}5@1";
    world
        .register(vec![
            json!({"kind": "embargo", "id": "odd", "models": ["opus-4-8"], "applies_to": {"foreign_person": true},
                   "effect": "prohibited", "authority": "BIS", "citation": "x"}),
            json!({"kind": "licence", "id": "odd", "licensees": ["organisation#x"]}),
            json!({"kind": "model", "id": "odd@1", "name": "odd", "version": "1", "endpoint": "e", "default": true}),
            json!({"kind": "model", "id": look_alike, "name": "fable\u{2011}5", "version": "1", "endpoint": "f"}),
            json!({"kind": "clearance", "id": "organisation#x l:1", "subject": "organisation#x", "party": "l:1"}),
        ])
        .await;
    let gate = world.gate();
    let who = "sample-us-app sample-us-citizen opus-4-8";
    assert_eq!(send(&gate, who).await, "503 register.unavailable");
    let revoke = format!("model withdraw {look_alike}");
    let lines = [
        "embargo end odd",
        "licence revoke odd",
        "model withdraw odd@1",
        &revoke,
        "clearance revoke organisation#x l:1",
    ];
    for (name, is_first) in [("unreadable-withdrawn", true), ("unreadable-withdrawn-already", false)] {
        assert_commands(name, 0, lines, |line| {
            let ran = run_ok(&world, line);
            assert_eq!(ran.out.starts_with("Nothing was changed"), !is_first, "{line}: {}", ran.out);
            ran
        });
    }
    assert_eq!(send(&gate, who).await, "200 opus-4-8@1");
    let health = crate::world::events::rest("GET", "/v1/health", "");
    let health = ask(&gate, &health.0, Timestamp::now()).await;
    assert_eq!(health.body["unreadable"], json!([]), "{}", health.body);
    // Withdrawn records do not block their replacements.
    run_ok(&world, "model add odd@2 --endpoint e --eccn EAR99 --default");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embargo_that_matches_no_model_is_listed() {
    let world = World::with_samples().await;
    run_ok(&world, &format!("embargo issue misspelt --model fabel-5 --everyone {RULE}"));
    run_ok(&world, &format!("embargo issue later --model fabel-5 --everyone {RULE} --from 2099-01-01T00:00:00Z"));
    assert_commands("embargo-list-without-model", 0, ["embargo list"], |line| run(&world, line));
    assert_eq!(run(&world, "embargo list --json").json()["unmatched"], json!(["misspelt"]));
    assert!(!run(&world, "licence list").out.contains("without effect"));
}

/// Every command that writes, complete except for attribution and confirmation.
pub(crate) fn writing() -> Vec<String> {
    vec![
        format!("embargo issue a --model fable-5 --foreign-persons {RULE}"),
        "embargo end bis-cuba".into(),
        "licence grant l --authority BIS --reference x --model fable-5 --persons any --licensee a".into(),
        "licence revoke operator-quota-licence".into(),
        "caller add client a --organisation sample-us-company --users none".into(),
        "caller add organisation a --name x --type company".into(),
        "caller add person a --organisation sample-us-company".into(),
        "caller verify person#sample-us-citizen --until 9999-01-01T00:00:00Z --method m --evidence e".into(),
        "caller suspend client#sample-us-app".into(),
        "model add fable-5@9 --endpoint e --eccn 4E091".into(),
        "model withdraw fable-5@1".into(),
        "clearance grant organisation#sample-us-company l:1 --officer o --reason r".into(),
        "setting set unknown_region=permit".into(),
        format!("embargo issue b --model fable-5 --network-class vpn --spread countries=3,hours=1 {RULE}"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_without_attribution_or_confirmation_is_refused() {
    let world = World::with_samples().await;
    let before = everything(&world).await;
    let incomplete =
        ["--why b --yes", "--by a --yes", "--by a --why \"\" --yes", "--by a --why b", "--by a --why b --json"];
    for (number, line) in writing().into_iter().enumerate() {
        let mut transcript = Transcript::default();
        for more in incomplete {
            let ran = run(&world, &format!("{line} {more}"));
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{line} {more}: {}", ran.err);
            transcript.add(&format!("{line} {more}"), &ran);
        }
        if number == 0 {
            transcript.assert_snapshot("change-unconfirmed");
        }
    }
    assert_eq!(before, everything(&world).await);
    // With both each is written; `--json` prints one document and nothing else.
    for line in writing() {
        let ran = run_ok(&world, &format!("{line} --json"));
        assert_eq!((&ran.json()["ok"], ran.err.as_str()), (&json!(true), ""), "{line}");
    }
    assert_ne!(before, everything(&world).await);
    // A change that is in force already is not written again.
    let after = everything(&world).await;
    for line in writing().iter().filter(|line| !line.starts_with("caller add") && !line.starts_with("caller verify")) {
        assert!(run_ok(&world, line).out.starts_with("Nothing was changed: "), "{line}");
    }
    assert_eq!(after, everything(&world).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_likely_mistake_is_noted_before_the_confirmation() {
    let world = World::with_samples().await;
    let callers = &world.tables.callers;
    let issue =
        format!("embargo issue a --model fabel-5 --model eccn:9E999 --end-use mining {RULE} --callers-table {callers}");
    let grant = format!(
        "licence grant l --authority OFAC --reference x --model fable-5 --persons any --licensee sample-us-company \
         --licensee absent --embargo bis-cuba --embargo operator-policy-2 --embargo gone --callers-table {callers}"
    );
    let lines = [
        issue,
        grant,
        format!("embargo issue b --model fable-5 --everyone {RULE} --until 2026-01-01T00:00:00Z"),
        "caller add client c --organisation absent --users none".into(),
    ];
    assert_commands("change-notes", 2, &lines, |line| {
        let unconfirmed = run(&world, &format!("{line} --by a --why b"));
        let confirmed = run_ok(&world, &format!("{line} --json")).json();
        let notes = confirmed["notes"].as_array().unwrap();
        assert!(!notes.is_empty(), "{line}");
        for note in notes {
            assert!(unconfirmed.err.contains(note.as_str().unwrap()), "{line}: {note} in {}", unconfirmed.err);
        }
        unconfirmed
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_ends_has_no_notes() {
    let world = World::with_samples().await;
    run_ok(&world, &format!("embargo issue a --model fabel-5 --everyone {RULE}"));
    let ran = run_ok(&world, "embargo end a");
    assert!(ran.err.contains("- embargo/a") && !ran.err.contains("note: "), "{}", ran.err);
}

/// Runs a line, and `meanwhile` just after the `nth` request that `is_it` matches.
fn run_with_concurrent(
    world: &World,
    line: &str,
    nth: usize,
    is_it: impl Fn(&Seen) -> bool + Send + Sync + 'static,
    meanwhile: impl Fn() -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync + 'static,
) -> Ran {
    let reads = AtomicUsize::new(0);
    world.relay.rule(move |seen: &Seen| {
        if is_it(seen) && reads.fetch_add(1, Ordering::Relaxed) + 1 == nth {
            let other = meanwhile();
            return Action::then(move || other);
        }
        Action::Forward
    });
    let ran = run_attributed(world, line);
    world.relay.rule(|_| Action::Forward);
    ran
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_heads_do_not_stop_a_change() {
    for change in [None, Some(("revision", json!(9))), Some(("kinds", json!({})))] {
        let world = World::with_samples().await;
        for number in [0, 3] {
            let mut head = record(&world, &format!("head#{number}"), "head").await;
            let table = &world.tables.register;
            match &change {
                None => {
                    let key = json!({"kind": head["kind"], "id": "head"});
                    let delete = world.dynamodb.delete_item().table_name(table).set_key(Some(item(key)));
                    delete.send().await.unwrap();
                }
                Some((name, value)) => {
                    head[name] = value.clone();
                    world.dynamodb.put_item().table_name(table).set_item(Some(item(head))).send().await.unwrap();
                }
            }
        }
        run_ok(&world, "embargo end bis-cuba --at 2099-01-01T00:00:00Z");
        assert_eq!(record(&world, "head#0", "head").await, {
            let mut other = record(&world, "head#7", "head").await;
            other["kind"] = json!("head#0");
            other
        });
    }
}

fn reads_head(seen: &Seen) -> bool {
    seen.operation == "BatchGetItem" && seen.body.to_string().contains("head#0")
}

type IsIt = fn(&Seen) -> bool;

fn reads_history(seen: &Seen) -> bool {
    seen.operation == "GetItem" && seen.body["Key"]["kind"]["S"] == "history#embargo"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_changes_of_the_register_are_not_lost() {
    // After the first read of the heads, and after the writer's read of the history.
    let moments: [(bool, IsIt); 2] = [(false, reads_head), (true, reads_history)];
    for (is_shown, is_it) in moments {
        for same in [false, true] {
            let world = World::with_samples().await;
            let mut other = record(&world, "embargo", if same { "bis-cuba" } else { "bis-iran" }).await;
            other.as_object_mut().unwrap().remove("revision");
            other["why"] = json!("the other's");
            let (writer, put) = (world.writer.clone(), item(other));
            let ran =
                run_with_concurrent(&world, "embargo end bis-cuba --at 9999-01-01T00:00:00Z", 1, is_it, move || {
                    let (writer, put) = (writer.clone(), put.clone());
                    Box::pin(async move {
                        writer.put(vec![put]).await.unwrap();
                    })
                });
            let cuba = record(&world, "embargo", "bis-cuba").await;
            // Before the diff was displayed it includes the other change; afterwards the command is refused.
            let is_refused = same && is_shown;
            assert_eq!(ran.code, if is_refused { 2 } else { 0 }, "{is_shown} {same}: {}{}", ran.out, ran.err);
            if is_refused {
                assert_snapshot("change-concurrent", &ran.out);
                assert_eq!((&cuba["why"], cuba.get("until")), (&json!("the other's"), None));
            } else {
                assert_eq!(cuba["until"], "9999-01-01T00:00:00.000Z");
            }
            let of_other = if same { "history#embargo" } else { "embargo" };
            match (same, is_refused) {
                (false, _) => assert_eq!(record(&world, of_other, "bis-iran").await["why"], "the other's"),
                (true, false) => assert_eq!(record(&world, of_other, "bis-cuba@2").await["why"], "the other's"),
                (true, true) => {}
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_concurrent_change_of_a_caller_is_refused() {
    let world = World::with_samples().await;
    let id = "client#sample-us-service";
    let mut other = caller(&world, id).await.unwrap();
    other["attestation"] = json!({"by": "the other"});
    let (dynamodb, table, put) = (world.dynamodb.clone(), world.tables.callers.clone(), item(other.clone()));
    let is_it = |seen: &Seen| seen.operation == "GetItem" && seen.body["Key"]["id"]["S"] == "client#sample-us-service";
    let ran = run_with_concurrent(&world, &format!("caller suspend {id}"), 1, is_it, move || {
        let put = dynamodb.put_item().table_name(&table).set_item(Some(put.clone()));
        Box::pin(async move {
            put.send().await.unwrap();
        })
    });
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert_snapshot("change-concurrent-caller", &ran.out);
    assert_eq!(caller(&world, id).await, Some(other));
    // Throttling is an error, not a concurrent change.
    world.relay.rule(|seen| if seen.operation == "TransactWriteItems" { Action::throttled() } else { Action::Forward });
    let ran = run_attributed(&world, &format!("caller suspend {id} --timeout 1"));
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
    assert!(ran.err.contains("nothing was changed"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_concurrent_operators_all_succeed() {
    let world = std::sync::Arc::new(World::with_samples().await);
    let lines = ["embargo end bis-cuba", "embargo end bis-iran", "licence revoke operator-quota-licence"];
    let each = lines.map(|line| {
        let world = world.clone();
        tokio::task::spawn_blocking(move || run_attributed(&world, line))
    });
    for ran in each {
        let ran = ran.await.unwrap();
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    }
    for (kind, id) in [("embargo", "bis-cuba"), ("embargo", "bis-iran"), ("licence", "operator-quota-licence")] {
        assert_eq!(record(&world, kind, id).await["by"], "officer-1", "{id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_version_is_kept_and_shown() {
    let world = World::with_samples().await;
    let issue = |more: &str| format!("embargo issue letter-2 --model fable-5 --foreign-persons {RULE} {more}");
    run_ok(&world, &issue(""));
    run_ok(&world, &issue("--url https://example.com/letter --replace"));
    // An id with the same beginning is another record.
    run_ok(&world, "embargo issue letter-2@x --model fable-5 --everyone --effect observed --authority UN --citation x");
    run_ok(&world, "embargo end letter-2@x");
    run_ok(&world, "embargo end letter-2 --at 9999-01-01T00:00:00Z");
    let shown = run(&world, "embargo show letter-2 --json").json();
    let versions = shown["versions"].as_array().unwrap();
    let revisions: Vec<u64> = versions.iter().map(|version| version["revision"].as_u64().unwrap()).collect();
    assert_eq!((revisions, &shown["state"]), (vec![6, 3, 2], &json!("in force")));
    assert_commands("embargo-show", 0, ["embargo show letter-2"], |line| run(&world, line));
    // An embargo that ends before it begins is withdrawn.
    run_ok(&world, &issue("--from 9999-01-01T00:00:00Z --replace"));
    assert_commands("embargo-end-before-start", 0, ["embargo end letter-2"], |line| run_attributed(&world, line));
    assert_eq!(record(&world, "embargo", "letter-2").await["withdrawn"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callers_versions_are_linked_and_only_show_displays_names() {
    let world = World::with_samples().await;
    let add = "caller add person p-1 --organisation sample-us-company --us-status citizen";
    let mut transcript = Transcript::default();
    for line in [
        &format!("{add} --name \"Sample Name\""),
        "caller verify person#p-1 --until 9999-01-01T00:00:00Z --method passport --evidence e-1",
        &format!("{add} --replace --nationality US --name \"Sample Other\""),
        "caller verify person#p-1 --status rejected --json",
    ] {
        let unconfirmed = run(&world, &format!("{line} --by a --why b"));
        assert_eq!(unconfirmed.code, 2, "{}", unconfirmed.err);
        let ran = run_ok(&world, line);
        for ran in [unconfirmed, ran] {
            assert!(!format!("{}{}", ran.out, ran.err).contains("Sample"), "{}{}", ran.out, ran.err);
            transcript.add(line, &ran);
        }
    }
    transcript.assert_snapshot("caller-versions");
    let record = caller(&world, "person#p-1").await.unwrap();
    assert_eq!((&record["name"], &record["verification"]["status"]), (&json!("Sample Other"), &json!("rejected")));
    let shown = run(&world, "caller show person#p-1 --json").json();
    let versions = shown["versions"].as_array().unwrap();
    let statuses: Vec<&Value> = versions.iter().map(|version| &version["verification"]["status"]).collect();
    assert_eq!(
        json!(statuses),
        json!(["rejected", null, "verified", null]),
        "a changed identity clears the verification"
    );
    assert!(versions[1]["id"].as_str().unwrap().starts_with("history#person#p-1@20"), "{shown}");
    assert_eq!(versions[0]["previous"], versions[1]["id"]);
    assert_commands("caller-show", 0, ["caller show person#p-1"], |line| run(&world, line));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspension_outlives_the_replacement_of_its_record() {
    let world = World::with_samples().await;
    run_ok(&world, "caller suspend client#sample-us-service");
    run_ok(&world, "caller add client sample-us-service --organisation sample-us-company --users asserted --replace");
    let record = caller(&world, "client#sample-us-service").await.unwrap();
    assert_eq!((&record["status"], &record["users"]), (&json!("suspended"), &json!("asserted")));
    run_ok(&world, "caller add organisation sample-foreign-company-in-us --name New --type company --replace");
    let record = caller(&world, "organisation#sample-foreign-company-in-us").await.unwrap();
    assert_eq!((record["owners"].as_array().unwrap().len(), record.get("incorporated_in")), (2, None));
    assert_eq!(record.get("verification"), None, "a changed identity clears the verification");
    run_ok(&world, "caller add client sample-us-app --organisation sample-us-company --users none --replace");
    let same = "caller add person sample-p --organisation sample-us-company --us-status citizen";
    run_ok(&world, same);
    run_ok(&world, "caller verify person#sample-p --until 9999-01-01T00:00:00Z --method passport --evidence e-1");
    run_ok(&world, &format!("{same} --replace"));
    let record = caller(&world, "person#sample-p").await.unwrap();
    assert_eq!(record["verification"]["status"], "verified", "the identity is unchanged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_of_a_record_is_escaped() {
    let world = World::with_samples().await;
    let sly = "first\u{1b}[2K\r\nPlan: nothing\u{7}";
    let issue = format!("embargo issue sly --model fable-5 --everyone {RULE} --by {sly:?} --yes");
    let words: Vec<String> = shell(&issue.replace(&format!("{sly:?}"), "officer-1"));
    let options = ["--register-table", &world.tables.register, "--endpoint-url", &world.relay.url(), "--why", sly];
    let ran = gatectl(words.into_iter().chain(options.map(str::to_owned)));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let shown = run(&world, "embargo show sly");
    for text in [ran.err, ran.out, shown.out] {
        assert!(!text.contains(['\u{1b}', '\r', '\u{7}']) && !text.contains("\nPlan"), "{text:?}");
    }
}

#[test]
fn an_explicit_profile_takes_precedence_over_environment_keys() {
    let line = "embargo list --register-table r --endpoint-url http://127.0.0.1:9 --profile none-such";
    assert_commands("unknown-profile", 2, [line], |line| gatectl(shell(line)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_have_every_state_and_always_include_unreadable_records() {
    let world = with_faulty_records().await;
    let states = |line: &str| -> Value {
        let ran = run(&world, line);
        let (code, listing) = (ran.code, ran.json());
        let rows = listing["records"].as_array().unwrap().iter();
        let mut rows: Vec<Value> = rows.map(|row| json!([row["id"], row["state"]])).collect();
        rows.retain(|row| {
            ["bis-cuba", "bis-letter-2026-06-12", "gone", "later", "damaged", "ending"]
                .contains(&row[0].as_str().unwrap())
        });
        json!({"code": code, "rows": rows})
    };
    assert_eq!(
        states("embargo list --json"),
        json!({"code": 1, "rows": [["bis-cuba", "in force"], ["damaged", "unreadable"], ["ending", "in force"], ["later", "not yet"]]})
    );
    assert_eq!(
        states("embargo list --all --at 9999-06-01T00:00:00Z --json"),
        json!({"code": 1, "rows": [
            ["bis-cuba", "in force"], ["bis-letter-2026-06-12", "over"], ["damaged", "unreadable"], ["ending", "over"],
            ["gone", "withdrawn"], ["later", "in force"],
        ]})
    );
    assert_eq!(
        states("embargo list --at 2026-06-12T21:21:00Z --json")["rows"][1],
        json!(["bis-letter-2026-06-12", "in force"])
    );
    let run_command = |line: &str| run(&world, line);
    assert_commands("list-unreadable", 1, ["embargo list", "licence list", "embargo show damaged"], run_command);
    // A model is withdrawn by its status. Two models with one endpoint are unreadable.
    assert_commands("list-withdrawn", 0, ["model list", "model list --all"], run_command);
    let mut twin = record(&world, "model", "fable-5@1").await;
    for (name, value) in [("id", "fable-5@7"), ("version", "7")] {
        twin[name] = json!(value);
    }
    twin["default"] = json!(false);
    world.register(vec![twin]).await;
    assert_commands("list-shared-endpoint", 1, ["model list"], run_command);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usage_has_the_quota_and_the_models() {
    let world = World::with_samples().await;
    let gate = world.gate();
    for _ in 0..2 {
        assert_eq!(send(&gate, "sample-quota-service mythos-5").await, "200 mythos-5@1");
    }
    let used = run(&world, "licence usage --json");
    assert_eq!(used.code, 0, "{}{}", used.out, used.err);
    let used = used.json();
    let of = |id: &str| used["licences"].as_array().unwrap().iter().find(|one| one["licence"] == id).cloned();
    let quota = of("operator-quota-licence").unwrap();
    assert_eq!((&quota["quota"], &quota["leased"]), (&json!(5), &json!({"*": 2, "mythos-5@1": 2})), "{quota}");
    assert_eq!((&quota["percent"], &quota["state"]), (&json!(40), &json!("in force")));
    assert_eq!(of("bis-syria-us-persons").unwrap()["quota"], Value::Null);
    assert_eq!(of("operator-expired-licence"), None);
    assert_commands("licence-usage", 0, ["licence usage"], |line| run(&world, line));
    let one = run(&world, "licence usage operator-expired-licence --json").json();
    assert_eq!((one["licences"].as_array().unwrap().len(), &one["licences"][0]["state"]), (1, &json!("over")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unreadable_usage_is_reported_and_refuses() {
    let world = World::with_samples().await;
    let usage = json!({"licence": "operator-quota-licence", "model": "*", "leased": -50});
    world.dynamodb.put_item().table_name(&world.tables.usage).set_item(Some(item(usage))).send().await.unwrap();
    let used = run(&world, "licence usage operator-quota-licence --json");
    let licence = &used.json()["licences"][0];
    assert_eq!((used.code, &licence["leased"], &licence["percent"]), (1, &json!({"*": null}), &Value::Null));
    let lines = ["licence usage operator-quota-licence"];
    assert_commands("licence-usage-unreadable", 1, lines, |line| run(&world, line));
    let explain = "explain --client sample-quota-service --model mythos-5 --address 5.1.64.1 --at 2026-11-01T12:00:00Z";
    let tables = format!(
        "--register-table {} --callers-table {} --usage-table {} --endpoint-url {}",
        world.tables.register,
        world.tables.callers,
        world.tables.usage,
        world.relay.url()
    );
    assert_commands("explain-unreadable-usage", 0, [explain], |line| gatectl(shell(&format!("{line} {tables}"))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_prints_the_change_and_writes_nothing() {
    let world = World::with_samples().await;
    let before = everything(&world).await;
    assert_commands("dry-run", 0, writing(), |line| {
        let ran = run(&world, &format!("{line} --by a --why b --dry-run"));
        assert_eq!(ran.err, "", "{line}");
        ran
    });
    for line in writing() {
        let ran = run(&world, &format!("{line} --by a --why b --dry-run --yes --json"));
        let json = ran.json();
        assert_eq!((ran.code, ran.err.as_str(), &json["dry_run"]), (0, "", &json!(true)), "{line}");
        assert!(json["changes"][0]["after"].is_object() || json["change"]["after"].is_object(), "{line}: {json}");
    }
    for line in ["embargo end nothing", "caller suspend client#nothing"] {
        assert_eq!(run(&world, &format!("{line} --by a --why b --dry-run")).code, 2, "{line}");
    }
    assert_eq!(before, everything(&world).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_id_needs_no_kind_and_an_unknown_id_gets_a_suggestion() {
    let world = World::with_samples().await;
    let run_command = |line: &str| run_attributed(&world, line);
    let add = "caller add organisation newcomer-co --name Newcomer --type company --incorporated-in US";
    assert_commands("caller-add-organisation", 0, [add], run_command);
    let until = "--until 9999-01-01T00:00:00Z --method m --evidence e";
    let changes = |id: &str| {
        [format!("caller verify {id} {until}"), format!("caller suspend {id}"), format!("caller suspend {id} --lift")]
    };
    let lines = ["organisation#newcomer-co", "newcomer-co"]
        .into_iter()
        .flat_map(|id| changes(id).into_iter().flat_map(|line| [format!("{line} --dry-run"), line]));
    assert_commands("caller-id", 0, lines, run_command);
    assert!(run(&world, "caller show newcomer-co").out.starts_with("organisation#newcomer-co\n"));
    let misspelt = ["organisation#newcommer-co", "newcommer-co", "person#newcomer-co"];
    let lines = misspelt.map(|id| format!("caller verify {id} {until}"));
    assert_commands("nearest-id", 2, lines.into_iter().chain(["embargo end bis-cubs".into()]), run_command);
    let lines = misspelt.map(|id| format!("caller show {id}"));
    let lines = lines.into_iter().chain(["embargo show bis-cubs".into()]);
    assert_commands("nearest-id-reading", 2, lines, |line| run(&world, line));
    run_ok(&world, "caller add client newcomer-co --organisation newcomer-co --users none");
    assert_commands("ambiguous-id", 2, ["caller suspend newcomer-co"], run_command);
}
