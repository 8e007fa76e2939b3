//! `gatectl explain`, `simulate` and `replay` agree with the gate.

use std::collections::BTreeSet;

use crate::command::{Folder, Ran, Transcript, assert_commands, assert_snapshot, gatectl, words};
use crate::world::events::{IN_GERMANY, IN_IRAN, IN_UKRAINE, IN_US, Rest, invocation, screening};
use crate::world::lists::{by_lists, party};
use crate::world::mmdb::Mmdb;
use crate::world::{Answered, SAMPLE_CALLERS, World, ask, at, item};
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::digest::digest;
use export_gate::evidence::Location;
use export_gate::gate::Gate;
use export_gate::request::Distribution;
use export_gate::settings::Settings;
use export_gate::terms::render_time;
use export_gate_local::sagemaker::Behaviour;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Runs a command on the world's tables.
fn run(world: &World, line: &str) -> Ran {
    let tables = &world.tables;
    let line = line
        .replace("{register}", &format!("--register-table {}", tables.register))
        .replace("{callers}", &format!("--callers-table {}", tables.callers))
        .replace("{usage}", &format!("--usage-table {}", tables.usage))
        .replace("{decision}", &format!("{}-1", "0".repeat(32)))
        .replace("{ledger}", &format!("--ledger-table {}", tables.ledger));
    gatectl(words(&format!("{line} --endpoint-url {}", world.relay.url())))
}

/// A request: client, person (`-` for none), model, address.
type Asks = (&'static str, &'static str, &'static str, &'static str);

const ASKS: &[Asks] = &[
    ("sample-us-service", "-", "opus-4-8", IN_US),
    ("sample-us-service", "-", "fable-5", IN_IRAN),
    ("sample-us-service", "-", "opus-4-8", IN_UKRAINE),
    ("sample-us-service", "-", "opus-4-8", "10.0.0.1"),
    ("sample-us-service", "-", "opus-4-8@0", IN_US),
    ("sample-us-service", "-", "opus-9", IN_US),
    ("sample-us-service", "-", "opus-4-8", "203.0.113.9"),
    ("sample-us-service", "-", "opus-4-8", "::ffff:203.0.113.9"),
    ("sample-us-service", "sample-us-citizen", "fable-5", IN_US),
    ("sample-us-app", "-", "fable-5", IN_US),
    ("sample-us-app", "sample-us-citizen", "fable-5", IN_US),
    ("sample-us-app", "sample-foreign-employee", "fable-5", IN_US),
    ("sample-us-app", "sample-iranian-national", "mythos-5", IN_GERMANY),
    ("sample-us-app", "sample-unknown-nationality", "mythos-5", IN_US),
    ("sample-us-app", "sample-absent", "fable-5", IN_US),
    ("sample-us-app", "sample-partner-us-employee", "fable-5", IN_US),
    ("sample-us-attested-app", "-", "mythos-5", IN_US),
    ("sample-us-attestation-lapsed-app", "-", "mythos-5", IN_US),
    ("sample-us-suspended-app", "-", "opus-4-8", IN_US),
    ("sample-partner-app", "sample-partner-foreign-employee", "mythos-5", IN_US),
    ("sample-foreign-service", "-", "mythos-5", IN_GERMANY),
    ("sample-foreign-service", "-", "fable-5", IN_GERMANY),
    ("sample-embassy-service", "-", "fable-5", IN_US),
    ("sample-quota-service", "-", "mythos-5", IN_GERMANY),
    ("sample-former-service", "-", "mythos-5", IN_GERMANY),
    ("sample-unknown-service", "-", "fable-5", IN_US),
    ("sample-lapsed-company-service", "-", "fable-5", IN_US),
    ("sample-orphan-service", "-", "fable-5", IN_US),
    ("sample-stranger", "-", "fable-5", IN_US),
];

fn event((client, person, model, address): Asks, of: fn(&str, &str) -> Rest) -> Value {
    let rest = of(client, model).from(address);
    (if person == "-" { rest } else { rest.person(person) }).0
}

fn options((client, person, model, address): Asks) -> String {
    let person = if person == "-" { String::new() } else { format!("--person {person} ") };
    format!("--client {client} {person}--model {model} --address {address}")
}

/// Sends every request of [`ASKS`].
async fn ask_all(gate: &Gate, now: Timestamp) -> Vec<Answered> {
    let mut answers = Vec::new();
    for asks in ASKS {
        answers.push(ask(gate, &event(*asks, screening), now).await);
    }
    answers
}

/// The status and codes of an answer.
fn outcome_of(answered: &Answered) -> (u64, Vec<String>) {
    let status = answered.body["status"].as_u64().unwrap();
    (status, answered.codes().into_iter().map(str::to_owned).collect())
}

fn explained(json: &Value) -> (u64, Vec<String>) {
    let codes = json["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    (json["status"].as_u64().unwrap(), codes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explanations_show_potential_matches_and_clearances() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let list = world.edition("sdn", "1", &[party("306", "Sample Widgets, Inc.")]).await;
    world.register(vec![list.clone(), by_lists("listed", "opus-4-8", &["sdn"])]).await;
    let now = at("2026-11-22T12:00:00Z");
    let asks = ("sample-us-service", "-", "opus-4-8", IN_US);
    let line = format!("explain {{register}} {{callers}} {} --at {}", options(asks), render_time(now));
    let both = async || {
        let answered = ask(&gate, &event(asks, screening), now).await;
        let json = run(&world, &format!("{line} --json"));
        assert_eq!(json.code, 0, "{}{}", json.out, json.err);
        let mut codes = explained(&json.json());
        codes.1.dedup();
        assert_eq!(codes, outcome_of(&answered));
        (json.json(), run(&world, &line).out)
    };
    let (refused, text) = both().await;
    assert_eq!(refused["codes"], json!(["party.review"]));
    let found = &refused["found_on_lists"][0];
    assert_eq!((&found["match"]["party"], &found["cleared_by"]), (&json!("sdn:306"), &Value::Null));
    assert_snapshot("explain-potential-match", &text);
    assert!(!text.to_lowercase().contains("widgets"), "{text}");
    world
        .register(vec![json!({"kind": "clearance", "id": "c", "subject": "organisation#sample-us-company",
                              "party": "sdn:306", "reason": "another", "officer": "sample-officer"})])
        .await;
    let (cleared, text) = both().await;
    assert_eq!((&cleared["outcome"], &cleared["found_on_lists"][0]["cleared_by"]), (&json!("permit"), &json!("c@3")));
    assert_snapshot("explain-cleared-match", &text);
    let replayed = run(&world, "replay --all {ledger} {register}");
    assert_eq!(replayed.code, 0, "{}{}", replayed.out, replayed.err);

    // Files have no list entries, so the gate can't decide.
    let folder = Folder::new("lists");
    let records = [list, by_lists("listed", "opus-4-8", &["sdn"])];
    let mut samples: Vec<Value> = serde_json::from_str(crate::world::SAMPLE_REGISTER).unwrap();
    samples.extend(records);
    folder.file("register.json", json!(samples).to_string());
    folder.file("callers.json", SAMPLE_CALLERS);
    let line = format!("explain --records {} {} --at {}", folder.path(), options(asks), render_time(now));
    assert_commands("explain-files-without-entries", 1, [line], |line| run(&world, line));
    let other = ("sample-us-service", "-", "fable-5", IN_US);
    let ran = run(&world, &format!("explain --records {} {} --at {}", folder.path(), options(other), render_time(now)));
    assert_eq!(ran.code, 0, "another model: {}{}", ran.out, ran.err);
}

/// Requests from networks that hide their users: of a list of VPNs, and of a database of Tor.
const TUNNELLED: &[Asks] = &[
    ("sample-us-service", "-", "opus-4-8", "9.9.9.9"),
    ("sample-us-service", "-", "opus-4-8", "149.112.112.112"),
    ("sample-stranger", "-", "opus-4-8", "149.112.112.112"),
];

/// What the ledger records of a decision, by the members of the entry.
fn recorded(entry: &Value) -> Value {
    let mut recorded = json!({"facts": entry["facts"], "to": entry["destination"]["country"]});
    for name in ["outcome", "status", "reasons", "licences", "revision", "embargoes"] {
        recorded[name] = entry[name].clone();
    }
    recorded
}

/// The same from `explain --json`, whose facts on an unidentified caller are the location and its signals.
fn explained_as_recorded(json: &Value, entry: &Value) -> Value {
    let applied =
        json["rules"].as_array().unwrap().iter().filter(|rule| rule["in_force"] == true && rule["applies"] == true);
    let embargoes = applied.map(|rule| {
        let mut applied = json!({"effect": rule["effect"], "embargo": rule["embargo"]});
        if !rule["lifted_by"].is_null() {
            applied["licence"] = rule["lifted_by"].clone();
        }
        applied
    });
    let to = &json["destination"];
    let mut facts = json["facts"].clone();
    if facts.is_null() {
        facts = entry["facts"].clone();
        facts["location"] = to["by"].clone();
        facts["signals"] = to["signals"].as_array().unwrap().iter().map(|signal| signal["signal"].clone()).collect();
    }
    let mut explained = json!({"facts": facts, "to": to["country"], "embargoes": embargoes.collect::<Vec<_>>()});
    for name in ["outcome", "status", "reasons", "licences", "revision"] {
        explained[name] = json[name].clone();
    }
    explained
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explanations_agree_with_the_ledger() {
    let world = World::with_samples().await;
    let tor = Mmdb::new("GeoIP2-Anonymous-IP", &[("149.112.112.0/24", json!({"is_tor_exit_node": true}))]);
    let secret = "sample-secret-of-these-days";
    let settings = Settings { distribution: Distribution::parse(secret).unwrap(), ..world.settings() };
    let gate = world.gate_at(settings, Location::load(None, &[tor.path().to_owned()]).unwrap());
    let parties = json!({"parties": [{"name": "Sample Software GmbH"}, {"name": "Sample Person Seven"}]});
    let spread = json!({"spread": {"networks": 900, "hours": 1}});
    let vpn = world.network_edition(("nets", "vpn"), "1", &["9.9.9.0/24"]).await;
    world.register(vec![embargo("party", parties), embargo("spread", spread), vpn]).await;
    let quota = ("sample-quota-service", "-", "mythos-5", IN_GERMANY);
    for _ in 0..5 {
        assert_eq!(ask(&gate, &event(quota, invocation), at("2026-11-01T12:00:00Z")).await.status, 200);
    }
    let mut exhausted = 0;
    for time in ["2026-06-20T12:00:00Z", "2026-11-01T12:00:00Z"] {
        for asks in ASKS.iter().chain(TUNNELLED) {
            let proved = Rest(event(*asks, screening)).header("Distribution-Secret", secret);
            let answered = ask(&gate, &proved.header("CloudFront-Viewer-Country", "US").0, at(time)).await;
            let ran = run(
                &world,
                &format!(
                    "explain {} --at {time} --signal cloudfront=US --anonymity-databases {} {{register}} {{callers}} \
                     {{usage}} --json",
                    options(*asks),
                    tor.path().display()
                ),
            );
            assert_eq!(ran.code, 0, "{asks:?}: {}", ran.err);
            let json = ran.json();
            assert_eq!(explained(&json), outcome_of(&answered), "{asks:?}");
            let entry = world.entry(answered.decision_id().unwrap()).await;
            assert_eq!(explained_as_recorded(&json, &entry), recorded(&entry), "{asks:?} at {time}");
            exhausted += json["facts"]["exhausted"].as_array().map_or(0, Vec::len);
        }
    }
    assert!(exhausted > 0, "a decision without a licence whose quota is used up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explanations_show_every_embargo_and_no_names() {
    let world = World::with_samples().await;
    let line = "--person sample-foreign-employee --model fable-5 --address 8.8.8.8 --at 2026-06-20T12:00:00Z";
    let ran = run(&world, &format!("explain --client sample-us-app {line} {{register}} {{callers}}"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_snapshot("explain", &ran.out);
    let json = run(&world, &format!("explain --client sample-us-app {line} {{register}} {{callers}} --json"));
    for name in ["Sample Person", "Sample Widgets"] {
        assert!(!ran.out.contains(name) && !json.out.contains(name), "the name `{name}` is displayed");
    }
    // A permit names the licence; an exhausted licence is reported.
    let gate = world.gate();
    let partner = ("sample-quota-service", "-", "mythos-5", IN_GERMANY);
    let line = format!("explain {} --at 2026-11-01T12:00:00Z {{register}} {{callers}}", options(partner));
    assert_commands("explain-lifted", 0, [&line], |line| run(&world, line));
    for _ in 0..5 {
        assert_eq!(ask(&gate, &event(partner, invocation), at("2026-11-01T12:00:00Z")).await.status, 200);
    }
    assert_commands("explain-exhausted", 0, [format!("{line} {{usage}}")], |line| run(&world, line));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undecidable_request_names_the_unreadable_record() {
    let world = World::with_samples().await;
    let mut bad = embargo("bad", json!({"everyone": true}));
    bad["effect"] = json!("sold");
    world.register(vec![bad]).await;
    let at = "--at 2026-11-22T12:00:00Z {register} {callers}";
    let line = &format!("explain --client sample-us-service --model fable-5 --address 8.8.8.8 {at}");
    assert_commands("explain-undecidable", 1, [line], |line| run(&world, line));
    assert_eq!(run(&world, &format!("{line} --json")).json()["undecidable"]["record"], "embargo/bad");
    world.caller(json!({"id": "client#broken", "organisation": "sample-us-company", "status": "sold"})).await;
    let line = &format!("explain --client broken --model opus-4-8 --address 8.8.8.8 {at}");
    assert_commands("explain-unreadable-caller", 1, [line], |line| run(&world, line));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_input_is_refused() {
    let world = World::with_samples().await;
    let folder = Folder::new("whatif-bad");
    let bad = folder.file("bad.yaml", "- kind: embargo\n  id: e\n  modles: ['*']\n");
    let no_mmdb = folder.file("no.mmdb", "x");
    let ledger = folder.file("ledger.jsonl", "");
    let whole = "--client a --model m --address 8.8.8.8";
    let lines = [
        "explain --client a --model m {register} {callers}".to_owned(),
        "explain --client a --model m --address x {register} {callers}".to_owned(),
        format!("explain {whole}"),
        format!("explain {whole} {{register}}"),
        format!("explain {whole} --at today {{register}} {{callers}}"),
        format!("explain {whole} --register-table none {{callers}}"),
        format!("explain {whole} --register-table {} {{callers}}", world.tables.usage),
        format!("explain {whole} {{register}} --callers-table none"),
        format!("explain {whole} --records {bad}"),
        format!("explain {whole} --records {}/none", folder.path()),
        format!("explain {whole} --geo-database {no_mmdb} {{register}} {{callers}}"),
        format!("explain {whole} --anonymity-databases /no.mmdb:{no_mmdb} {{register}} {{callers}}"),
        "explain --client a --model a@b@c --address unknown {register} {callers}".to_owned(),
        "replay {register} {ledger}".to_owned(),
        "replay {decision} --all {register} {ledger}".to_owned(),
        "replay x {register} {ledger}".to_owned(),
        "replay {decision} {register} {ledger}".to_owned(),
        format!("replay {{decision}} {{register}} --ledger {ledger}"),
        "replay {decision} {register} --ledger-table none".to_owned(),
        "replay {decision} --register-table none {ledger}".to_owned(),
        "replay {decision} --since 7d {register} {ledger}".to_owned(),
        "replay --all --since 7 {register} {ledger}".to_owned(),
        format!("simulate --with {bad} --since 7d {{register}} {{ledger}}"),
        format!("simulate --with {} --since 7d {{register}} {{ledger}}", folder.path()),
        format!("simulate --with {ledger} --since 7d {{register}} {{ledger}}"),
        format!("simulate --with {bad} {{register}} {{ledger}}"),
    ];
    assert_commands("whatif-refused", 2, lines, |line| {
        let ran = run(&world, line);
        assert_eq!(ran.out, "", "{line}");
        ran
    });
    assert_commands("replay-without-decisions", 1, ["replay --all {register} {ledger}"], |line| run(&world, line));
}

fn embargo(id: &str, applies_to: Value) -> Value {
    json!({"kind": "embargo", "id": id, "models": ["fable-5", "mythos-5"], "applies_to": applies_to,
           "effect": "licence_required", "authority": "BIS", "citation": "15 CFR 744.22(b)", "by": "officer-1",
           "at": "2026-11-01T00:00:00.000Z", "why": "Sample."})
}

fn with(mut record: Value, name: &str, value: Value) -> Value {
    record[name] = value;
    record
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decisions_replay_the_same_after_any_change_of_records() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let now = at("2026-11-01T12:00:00Z");
    let letter = embargo("letter", json!({"foreign_persons": true}));
    let licence = json!({"kind": "licence", "id": "general", "authority": "BIS", "reference": "r", "type": "exception",
        "models": ["*"], "licensees": ["*"], "persons": "any", "embargoes": ["letter"]});
    let changes = [
        embargo("party", json!({"parties": [{"name": "Sample Software GmbH"}, {"name": "Sample Person Seven"}]})),
        embargo("party", json!({"parties": [{"name": "Sample Absent"}]})),
        letter.clone(),
        with(letter.clone(), "effect", json!("prohibited")),
        // An unreadable record: its last readable version counts.
        with(letter.clone(), "effect", json!("sold")),
        with(letter.clone(), "until", json!("2026-11-01T12:00:00Z")),
        letter.clone(),
        licence.clone(),
        with(licence.clone(), "authority", json!("sold")),
        with(licence, "withdrawn", json!(true)),
        with(letter, "withdrawn", json!(true)),
        json!({"kind": "group", "id": "E:1", "countries": ["DE"]}),
        json!({"kind": "setting", "id": "screening", "unknown_destination": "permit"}),
        json!({"kind": "model", "id": "fable-5@1", "name": "fable-5", "version": "1", "default": true,
               "endpoint": "other", "eccn": "EAR99", "status": "withdrawn"}),
    ];
    let mut decided: Vec<String> = Vec::new();
    for change in [None].into_iter().chain(changes.into_iter().map(Some)) {
        if let Some(change) = change {
            world.register(vec![change]).await;
        }
        let answers = ask_all(&gate, now).await;
        decided.extend(answers.iter().filter_map(Answered::decision_id).map(str::to_owned));
    }
    // The token and the header name two persons; a quota that is used up; an answer that failed.
    let mismatch =
        invocation("sample-us-app", "opus-4-8").token_person("sample-us-citizen").person("sample-foreign-employee").0;
    let mut last = vec![ask(&gate, &mismatch, now).await];
    for _ in 0..6 {
        last.push(ask(&gate, &event(("sample-quota-service", "-", "mythos-5", IN_GERMANY), invocation), now).await);
    }
    assert_eq!(last.last().unwrap().codes(), ["embargo.foreign-person", "licence.exhausted"]);
    decided.extend(last.iter().filter_map(Answered::decision_id).map(str::to_owned));
    assert!(decided.len() > 300, "{}", decided.len());

    let ran = run(&world, "replay --all {register} {ledger} --json");
    let json = ran.json();
    assert_eq!((ran.code, &json["ok"], &json["others"]), (0, &json!(true), &json!([])), "{}", ran.out);
    assert_eq!(json["same"], decided.len());
    let folder = Folder::new("replay");
    let entries = world.ledger().await;
    let lines: Vec<String> = entries.iter().map(Value::to_string).collect();
    folder.file("2026/11/01.jsonl", lines.join("\n"));
    for id in [&decided[0], &decided[decided.len() / 2], decided.last().unwrap()] {
        for from in ["{ledger}".to_owned(), format!("--ledger {}", folder.path())] {
            let ran = run(&world, &format!("replay {id} {{register}} {from}"));
            assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        }
    }
    // A writer of version 1 stores no list of the records of a revision.
    let lists = world.dynamodb.query().table_name(&world.tables.register).key_condition_expression("kind = :kind");
    let kind = aws_sdk_dynamodb::types::AttributeValue::S("history#change".into());
    for list in lists.expression_attribute_values(":kind", kind).send().await.unwrap().items() {
        let key = ["kind", "id"].map(|name| (name.to_owned(), list[name].clone()));
        let delete = world.dynamodb.delete_item().table_name(&world.tables.register);
        delete.set_key(Some(key.into())).send().await.unwrap();
    }
    let ran = run(&world, "replay --all {register} {ledger}");
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert_snapshot("replay-without-lists-of-records", &ran.out);
    let json = run(&world, &format!("replay {} {{register}} {{ledger}} --json", decided.last().unwrap())).json();
    assert_eq!((&json["came_out"], &json["unlisted_revisions"]), (&json!("same"), &json["revision"]));

    // A period without decisions.
    let ran = run(&world, "replay --all --since 2026-11-01T12:00:00.001Z {register} {ledger}");
    assert_eq!(ran.code, 1, "{}", ran.out);
}

/// One decision, in an archive of its own, with a change, and with a new hash if `anew`.
fn archived(folder: &Folder, mut entry: Value, change: impl FnOnce(&mut Value), anew: bool) -> String {
    change(&mut entry);
    if anew {
        entry.as_object_mut().unwrap().remove("hash");
        entry["hash"] = json!(digest(&entry));
    }
    folder.file("one.jsonl", entry.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explaining_uses_the_recorded_spread_and_does_not_record() {
    let world = World::with_samples().await;
    let limit = json!({"kind": "embargo", "id": "spread", "models": ["opus-4-8"], "effect": "prohibited",
                       "applies_to": {"spread": {"networks": 2, "hours": 1}}, "authority": "OPERATOR", "citation": "Sample"});
    world.register(vec![limit]).await;
    let (gate, now) = (world.gate(), at("2026-11-22T12:00:00Z"));
    let asks = |address| ("sample-us-service", "-", "opus-4-8", address);
    let line = |address, more| {
        let at = render_time(now);
        format!("explain {{register}} {{callers}} {more} {} --at {at} --json", options(asks(address)))
    };
    let codes = |address, more| run(&world, &line(address, more)).json()["codes"].clone();
    let none = || json!([]);
    // Without the usage table the spread is unknown.
    assert_eq!(codes(IN_US, ""), json!(["embargo.network"]));
    assert_eq!(codes(IN_US, "{usage}"), none());
    assert_eq!(outcome_of(&ask(&gate, &event(asks(IN_US), screening), now).await), (200, Vec::new()));
    assert_eq!((codes(IN_US, "{usage}"), codes(IN_GERMANY, "{usage}")), (none(), json!(["embargo.network"])));
    assert_eq!(codes(IN_US, "{usage}"), none(), "an explanation is not a sighting");
    assert_eq!(outcome_of(&ask(&gate, &event(asks(IN_GERMANY), screening), now).await).0, 403);
    assert_eq!(codes(IN_US, "{usage}"), json!(["embargo.network"]));
    let replayed = run(&world, "replay --all {ledger} {register}");
    assert_eq!(replayed.code, 0, "{}{}", replayed.out, replayed.err);
    let used = run(&world, "licence usage {register} {usage} --json");
    assert_eq!(used.code, 0, "{}", used.err);
    assert!(!used.out.contains("client#"), "{}", used.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_entries_and_lost_history_are_reported() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let now = at("2026-11-01T12:00:00Z");
    let answered = ask(&gate, &event(("sample-foreign-service", "-", "mythos-5", IN_GERMANY), invocation), now).await;
    let id = answered.decision_id().unwrap().to_owned();
    let entry = world.entry(&id).await;
    let folder = Folder::new("tampered");
    let cases: [(&str, Value, bool); 9] = [
        ("status", json!(200), false),
        ("more", json!(1), false),
        // A changed entry with a new hash still differs from the replayed decision.
        ("status", json!(200), true),
        ("outcome", json!("permit"), true),
        ("reasons", json!([]), true),
        ("endpoint", json!("e"), true),
        ("embargoes", json!([]), true),
        ("revision", json!(999), true),
        ("more", json!(1), true),
    ];
    let mut transcript = Transcript::default();
    for (name, value, anew) in cases {
        let path = archived(&folder, entry.clone(), |entry| entry[name] = value, anew);
        for line in [format!("replay {id}"), "replay --all".to_owned()] {
            let ran = run(&world, &format!("{line} {{register}} --ledger {path}"));
            assert_eq!(ran.code, 1, "{name}: {}{}", ran.out, ran.err);
            let hash = if anew { "new" } else { "old" };
            transcript.add(&format!("{line} (changed: {name}, hash: {hash})"), &ran);
        }
    }
    transcript.assert_snapshot("replay-changed-entries");
    let ran = run(&world, &format!("replay {id} {{register}} {{ledger}}"));
    assert_eq!(ran.code, 0, "unchanged: {}", ran.out);

    // The embargo is changed twice; then its first version is edited in the history, and then deleted from it.
    for why in ["a", "b"] {
        world.register(vec![with(embargo("operator-policy-1", json!({"everyone": true})), "why", json!(why))]).await;
    }
    assert_eq!(run(&world, &format!("replay {id} {{register}} {{ledger}}")).code, 0);
    let s = |text: &str| AttributeValue::S(text.to_owned());
    let key = [("kind", "history#embargo"), ("id", "operator-policy-1@1")];
    let key = || key.into_iter().map(|(name, value)| (name.to_owned(), s(value))).collect();
    let table = &world.tables.register;
    let read = world.dynamodb.get_item().table_name(table).set_key(Some(key())).send().await.unwrap();
    let mut version = read.item.unwrap();
    version.insert("effect".into(), s("observed"));
    world.dynamodb.put_item().table_name(table).set_item(Some(version)).send().await.unwrap();
    let ran = run(&world, &format!("replay {id} {{register}} {{ledger}}"));
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert_snapshot("replay-changed-history", &ran.out);
    world.dynamodb.delete_item().table_name(table).set_key(Some(key())).send().await.unwrap();
    let line = format!("replay {id} {{register}} {{ledger}}");
    let ran = run(&world, &format!("{line} --json"));
    assert_eq!((ran.code, ran.json()["came_out"].as_str()), (1, Some("lost")), "{}", ran.out);
    assert_snapshot("replay-lost-history", &run(&world, &line).out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_completion_is_followed_to_its_decision() {
    let world = World::with_samples().await;
    world.sagemaker.always(Behaviour::NotReady);
    let answered = ask(&world.gate(), &event(ASKS[0], invocation), at("2026-11-01T12:00:00Z")).await;
    let id = answered.decision_id().unwrap();
    let completion = world.ledger().await.into_iter().find(|entry| entry["of"] == id).expect("a completion");
    let asked = completion["decision_id"].as_str().unwrap();
    let ran = run(&world, &format!("replay {asked} {{register}} {{ledger}}"));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_snapshot("replay-completion", &ran.out);
    let json = run(&world, "replay --all {register} {ledger} --json").json();
    assert_eq!((&json["same"], &json["completions"]), (&json!(1), &json!(1)));
}

/// The letter of 12 June 2026, as a draft.
fn letter(from: Timestamp) -> Value {
    with(embargo("bis-letter", json!({"foreign_persons": true})), "from", json!(render_time(from)))
}

/// The organisations of the sample clients.
fn organisation(client: &str) -> String {
    let callers: Vec<Value> = serde_json::from_str(SAMPLE_CALLERS).unwrap();
    let found = callers.iter().find(|record| record["id"] == format!("client#{client}")).unwrap();
    found["organisation"].as_str().unwrap().to_owned()
}

fn organisations(side: &Value) -> BTreeSet<String> {
    let all = side["organisations"].as_array().unwrap();
    all.iter().map(|one| one["organisation"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_simulation_predicts_the_effect_of_an_embargo() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let now = Timestamp::now();
    let yesterday = now.checked_sub(SignedDuration::from_hours(24)).unwrap();
    let long_ago = now.checked_sub(SignedDuration::from_hours(24 * 9)).unwrap();
    ask_all(&gate, long_ago).await;
    let before = ask_all(&gate, yesterday).await;
    let from = now.checked_add(SignedDuration::from_hours(2)).unwrap();
    let folder = Folder::new("simulate");
    let draft = folder.file("letter.json", letter(from).to_string());
    let line = format!("simulate --with {draft} --since 7d {{register}} {{ledger}}");
    let ran = run(&world, &format!("{line} --json"));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let json = ran.json();
    assert_eq!((&json["decisions"], &json["at_is_the_drafts"]), (&json!(ASKS.len()), &json!(true)));

    // The gate confirms the prediction when the letter is in the register.
    world.register(vec![letter(from)]).await;
    let after = ask_all(&gate, from).await;
    let lost: Vec<&Asks> = ASKS
        .iter()
        .zip(before.iter().zip(&after))
        .filter(|(_, (before, after))| outcome_of(before).0 == 200 && outcome_of(after).0 != 200)
        .map(|(asks, _)| asks)
        .collect();
    assert!(lost.len() >= 4, "{lost:?}");
    assert_eq!(json["lose"]["decisions"], lost.len());
    assert_eq!(organisations(&json["lose"]), lost.iter().map(|(client, ..)| organisation(client)).collect());
    assert_eq!((&json["gain"]["decisions"], &json["undecidable"]["now"]), (&json!(0), &json!(0)));
    let strangers = after.iter().filter(|answered| {
        outcome_of(answered).1.iter().any(|code| code.starts_with("identity.") || code.starts_with("person."))
    });
    assert_eq!(json["without_facts"], strangers.count());
    let reasons = json["lose"]["reasons"].as_array().unwrap();
    assert!(
        reasons.iter().any(|one| one["code"] == "embargo.foreign-person"
            && one["embargo"] == "bis-letter"
            && one["decisions"] == lost.len()),
        "{reasons:?}"
    );

    // A draft that lifts the letter restores what was lost.
    let draft = folder.file("lifted.json", with(letter(from), "withdrawn", json!(true)).to_string());
    let line = format!("simulate --with {draft} --since 7d --at {} {{register}} {{ledger}}", render_time(from));
    let json = run(&world, &format!("{line} --json")).json();
    // The requests at `from` are simulated too.
    assert_eq!(json["gain"]["decisions"], 2 * lost.len());
    assert_eq!(json["lose"]["decisions"], 0);
    let text = run(&world, &line).out;
    for person in ["sample-foreign-employee", "sample-us-citizen"] {
        assert!(!text.contains(person), "persons are counted, not displayed: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_draft_is_not_simulated() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let yesterday = Timestamp::now().checked_sub(SignedDuration::from_hours(24)).unwrap();
    ask_all(&gate, yesterday).await;
    let entries = world.ledger().await;
    let folder = Folder::new("simulate-bad");
    let draft = folder.file("d.json", embargo("e", json!({"destinations": ["Z:9"]})).to_string());
    let ran = run(&world, &format!("simulate --with {draft} --since 7d {{register}} {{ledger}}"));
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert_snapshot("simulate-invalid-draft", &ran.out);

    // Likely mistakes are noted, callers' records are ignored, and changed entries are reported but not counted.
    let slip = with(embargo("e", json!({"foreign_persons": true})), "models", json!(["fabel-5"]));
    let party = embargo("party", json!({"parties": [{"name": "Sample Software GmbH"}]}));
    let caller = json!({"id": "client#x", "organisation": "y", "status": "active", "users": "none"});
    let draft = folder.file("d.json", json!([slip, party, caller]).to_string());
    let mut lines: Vec<String> = entries.iter().map(Value::to_string).collect();
    lines[0] = with(entries[0].clone(), "status", json!(1)).to_string();
    lines[1] = "{".to_owned();
    let archive = folder.file("ledger/a.jsonl", lines.join("\n"));
    let line = format!("simulate --with {draft} --since 7d {{register}} --ledger {archive}");
    let ran = run(&world, &format!("{line} --json"));
    assert_eq!(ran.code, 1, "a part of the ledger can't be read");
    let json = ran.json();
    assert_eq!((&json["lose"]["decisions"], &json["gain"]["decisions"]), (&json!(0), &json!(0)), "{json}");
    assert_eq!((&json["decisions"], &json["unread"]["count"]), (&json!(entries.len() - 2), &json!(2)));
    let text = run(&world, &line).out;
    assert_snapshot("simulate-notes", &text);
    // Nothing was written.
    assert_eq!(world.ledger().await.len(), entries.len());
    let head = item(json!({"kind": "head#0", "id": "head"}));
    let head = world.dynamodb.get_item().table_name(&world.tables.register).set_key(Some(head)).send().await.unwrap();
    assert_eq!(head.item.unwrap()["revision"], AttributeValue::N("1".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_matches_are_simulated_and_missing_ones_are_noted() {
    let world = World::with_samples().await;
    let asked = world.edition("asked", "1", &[party("7", "Sample Widgets, Inc.")]).await;
    let never = world.edition("never", "1", &[party("8", "Sample Widgets, Inc.")]).await;
    let observed = with(by_lists("watch", "*", &["asked"]), "effect", json!("observed"));
    let setting = json!({"kind": "setting", "id": "screening", "unknown_destination": "refuse"});
    world.register(vec![asked, never, observed, setting]).await;
    let gate = world.gate();
    let yesterday = Timestamp::now().checked_sub(SignedDuration::from_hours(24)).unwrap();
    let event = event(("sample-us-service", "-", "opus-4-8", IN_US), invocation);
    assert_eq!(ask(&gate, &event, yesterday).await.status, 200, "the embargo only observes");
    let other = self::event(("sample-partner-utility-service", "-", "opus-4-8", IN_US), invocation);
    assert_eq!(ask(&gate, &other, yesterday).await.status, 200);
    let folder = Folder::new("simulate-lists");
    let simulated = |draft: Value, more: &str| {
        let draft = folder.file("d.json", draft.to_string());
        run(&world, &format!("simulate --with {draft} --since 7d {{register}} {{ledger}} {more}"))
    };
    let match_sha256 = world.ledger().await[0]["facts"]["listed"][0]["match_sha256"].clone();
    let cleared = |digest: &Value| {
        json!({"kind": "clearance", "id": "c", "subject": "organisation#sample-us-company", "party": "asked:7",
               "reason": "r", "officer": "o", "match_sha256": digest})
    };
    let letter = || by_lists("letter", "*", &["asked"]);
    let other = || json!("0".repeat(32));
    // the draft, decisions that lose access, decisions without a comparison with the list
    let cases = [
        (json!([letter()]), 1, 0),
        (json!([letter(), cleared(&match_sha256)]), 0, 0),
        (json!([letter(), cleared(&other())]), 1, 0),
        (json!([by_lists("letter", "*", &["never"])]), 0, 2),
    ];
    for (draft, lose, unasked) in cases {
        let ran = simulated(draft.clone(), "--json");
        assert_eq!(ran.code, 0, "{draft}: {}{}", ran.out, ran.err);
        let json = ran.json();
        assert_eq!(
            (&json["lose"]["decisions"], &json["list_not_asked"]),
            (&json!(lose), &json!(unasked)),
            "{draft}: {json}"
        );
        assert_eq!(json["notes"].as_array().unwrap().len(), 1, "{json}");
        if lose == 1 {
            assert_eq!(json["lose"]["reasons"][0]["code"], "party.review", "{json}");
        }
    }
    let edition = world.edition("asked", "2", &[party("9", "Unrelated Quarry")]).await;
    let threshold = json!({"kind": "setting", "id": "screening", "match_threshold": 0.5});
    let ran = simulated(json!([by_lists("letter", "*", &["never"]), edition, threshold]), "");
    assert_snapshot("simulate-lists", &format!("{}{}", ran.out, ran.err));
    let replayed = run(&world, "replay --all {register} {ledger} --json").json();
    assert_eq!((&replayed["same"], &replayed["others"]), (&json!(2), &json!([])));
    // Decisions before and after a clearance replay without the list.
    world.register(vec![letter()]).await;
    assert_eq!(ask(&gate, &event, Timestamp::now()).await.code(), "party.review");
    world.register(vec![cleared(&match_sha256)]).await;
    assert_eq!(ask(&gate, &event, Timestamp::now()).await.status, 200);
    let replayed = run(&world, "replay --all {register} {ledger} --json").json();
    assert_eq!((&replayed["same"], &replayed["others"]), (&json!(4), &json!([])));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tunnels_and_signals_are_replayed_from_recorded_facts() {
    let world = World::with_samples().await;
    let setting = |more: Value| with(json!({"kind": "setting", "id": "screening"}), "must_agree", more);
    world.register(vec![setting(json!([["cloudfront", "organisation"]]))]).await;
    let secret = "sample-secret-of-these-days";
    let settings = Settings { distribution: Distribution::parse(secret).unwrap(), ..world.settings() };
    let gate = world.gate_with(settings);
    let yesterday = Timestamp::now().checked_sub(SignedDuration::from_hours(24)).unwrap();
    let proved = |client: &str, country: &str| {
        let event = invocation(client, "opus-4-8").header("Distribution-Secret", secret);
        event.header("CloudFront-Viewer-Country", country)
    };
    let hidden = proved("sample-us-service", "US").header("x-amzn-waf-anonymous", "1");
    let table = [
        (proved("sample-us-service", "US"), ""),
        (proved("sample-us-service", "DE"), "destination.inconsistent"),
        (invocation("sample-us-service", "opus-4-8"), "destination.inconsistent"),
        (proved("sample-stranger", "US"), "identity.unknown"),
        (hidden, "destination.unknown"),
    ];
    let mut id = String::new();
    for (event, codes) in table {
        let answered = ask(&gate, &event.0, yesterday).await;
        assert_eq!(answered.codes().join(" "), codes);
        id = answered.decision_id().unwrap().to_owned();
    }
    world.register(vec![setting(json!([["waf", "organisation"]]))]).await;
    let replayed = run(&world, "replay --all {register} {ledger} --json").json();
    assert_eq!((&replayed["same"], &replayed["others"]), (&json!(5), &json!([])));

    // The last request is in the US by its signals, but hidden: its entry has no destination.
    let hidden = world.entry(&id).await;
    assert_eq!((hidden.get("destination"), &hidden["facts"]["location"]["source"]), (None, &json!("delegations")));
    let folder = Folder::new("hidden");
    let by_signals = |entry: &mut Value| {
        let cloudfront = json!({"country": "US", "source": "cloudfront"});
        entry["facts"]["signals"] = json!([{"country": "US", "source": "delegations"}, cloudfront]);
    };
    // An entry of a version without signals.
    let older = |entry: &mut Value| {
        entry["destination"] = json!({"country": "US"});
        entry["reasons"] = json!([{"code": "destination.inconsistent"}]);
        entry["embargoes"] = json!([]);
        let facts = entry["facts"].as_object_mut().unwrap();
        facts.remove("signals");
        facts.remove("network");
    };
    let with_destination = |entry: &mut Value| {
        by_signals(entry);
        entry["destination"] = json!({"country": "US"});
    };
    let draft = with(setting(json!([["cloudfront", "organisation"]])), "tunnelled_destination", json!("permit"));
    let draft = folder.file("draft.json", draft.to_string());
    type Change<'a> = &'a dyn Fn(&mut Value);
    // the entry, the difference of a replay, decisions that gain access if the exit of a tunnel counts
    let cases: [(Change<'_>, &str, u64); 3] =
        [(&by_signals, "", 1), (&older, "", 0), (&with_destination, "destination", 1)];
    for (change, difference, gain) in cases {
        let path = archived(&folder, hidden.clone(), change, true);
        let ran = run(&world, &format!("replay {id} {{register}} --ledger {path}"));
        assert_eq!(ran.code, i32::from(!difference.is_empty()), "{difference}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains(difference), "{}", ran.out);
        let ran = run(&world, &format!("simulate --with {draft} --since 7d {{register}} --ledger {path} --json"));
        assert_eq!((ran.code, &ran.json()["gain"]["decisions"]), (0, &json!(gain)), "{}{}", ran.out, ran.err);
    }
}
