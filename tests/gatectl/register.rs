//! `gatectl register`: validate, plan, apply and export, without lost or partial changes.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::command::{Folder, Ran, Transcript, assert_snapshot, gatectl};
use crate::world::{World, item};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::Item;
use export_gate_local::clock::clear_environment;
use export_gate_local::relay::{Action, Seen};
use serde_json::{Value, json};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/local/samples");

fn group(id: &str, countries: &[&str]) -> Value {
    json!({"kind": "group", "id": id, "countries": countries, "by": "officer-1", "why": "Sample."})
}

fn embargo(id: &str, model: &str) -> Value {
    json!({"kind": "embargo", "id": id, "models": [model], "applies_to": {"everyone": true}, "effect": "licence_required",
           "authority": "OPERATOR", "citation": "Sample 1", "by": "officer-1", "why": "Sample."})
}

fn licence(id: &str, model: &str) -> Value {
    json!({"kind": "licence", "id": id, "authority": "OPERATOR", "reference": "Sample 2", "type": "licence",
           "models": [model], "licensees": ["*"], "persons": "any", "by": "officer-1", "why": "Sample."})
}

fn model(name: &str) -> Value {
    json!({"kind": "model", "id": format!("{name}@1"), "name": name, "version": "1", "default": true, "eccn": "EAR99",
           "endpoint": format!("sample-{name}"), "status": "available", "by": "officer-1", "why": "Sample."})
}

/// This many groups, which no record names.
fn groups(prefix: &str, number: usize) -> Vec<Value> {
    (0..number).map(|number| group(&format!("{prefix}:{number:05}"), &["NO"])).collect()
}

fn with(mut record: Value, name: &str, value: Value) -> Value {
    if value.is_null() {
        record.as_object_mut().unwrap().remove(name);
    } else {
        record[name] = value;
    }
    record
}

/// The command line over a world's tables, through its relay.
fn line(world: &World, what: &str, place: &str, more: &[&str]) -> Vec<String> {
    let mut line = vec!["register", what, place, "--endpoint-url"];
    let url = world.relay.url();
    line.extend([url.as_str(), "--register-table", &world.tables.register]);
    line.extend(more);
    line.into_iter().map(str::to_owned).collect()
}

fn run(world: &World, what: &str, place: &str, more: &[&str]) -> Ran {
    let line = line(world, what, place, more);
    tokio::task::block_in_place(|| gatectl(line))
}

/// [`run`] in the background.
fn start(world: &World, what: &str, place: &str, more: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatectl"));
    let aws = [("AWS_ACCESS_KEY_ID", "sample"), ("AWS_SECRET_ACCESS_KEY", "sample"), ("AWS_REGION", "us-east-1")];
    clear_environment(&mut command).envs(aws).env("AWS_MAX_ATTEMPTS", "1").args(line(world, what, place, more));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn ended(child: Child) -> Ran {
    let ended = tokio::task::block_in_place(|| child.wait_with_output()).unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: ended.status.code().unwrap_or(-1), out: text(ended.stdout), err: text(ended.stderr) }
}

/// Every item of the register table whose kind has this prefix.
async fn items(dynamodb: &Client, table: &str, kind: &str) -> Vec<Item> {
    let mut pages = dynamodb.scan().table_name(table).consistent_read(true).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        found.extend(page.unwrap().items.unwrap_or_default());
    }
    found.retain(|item| item["kind"].as_s().unwrap().starts_with(kind));
    found
}

fn ids(items: &[Item]) -> BTreeSet<String> {
    items.iter().map(|item| item["id"].as_s().unwrap().clone()).collect()
}

async fn count(world: &World, kind: &str) -> usize {
    items(&world.dynamodb, &world.tables.register, kind).await.len()
}

async fn revision(world: &World) -> u64 {
    let heads = items(&world.dynamodb, &world.tables.register, "head#").await;
    let revisions: BTreeSet<&str> = heads.iter().map(|head| head["revision"].as_n().unwrap().as_str()).collect();
    assert!(revisions.len() <= 1, "the heads disagree: {revisions:?}");
    revisions.first().map_or(0, |revision| revision.parse().unwrap())
}

fn last(ran: &Ran) -> &str {
    ran.out.lines().last().unwrap_or_default()
}

// ---------------------------------------------------------------------------------------------------------- validate

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_dynamodb_cannot_store_are_refused() {
    let world = World::empty().await;
    let networks: Vec<String> = (0..20_000).map(|n| format!("10.{}.{}.0/24", n / 256, n % 256)).collect();
    let large = with(embargo("large", "x"), "applies_to", json!({"networks": networks}));
    let long_id = embargo(&"i".repeat(1001), "x");
    let name = "n".repeat(410_000);
    let caller = json!({"id": "organisation#large", "name": name, "type": "company", "status": "active"});
    let mut faults = String::new();
    for (name, record) in [("large", large), ("id", long_id), ("caller", caller)] {
        let folder = Folder::new(&format!("unstorable-{name}"));
        folder.file("a.json", record.to_string());
        let more: [(&str, &[&str]); 3] =
            [("validate", &[]), ("plan", &[]), ("apply", &["--by", "x", "--why", "x", "--yes"])];
        for (verb, more) in more {
            let ran = match verb {
                "validate" => gatectl(["register", "validate", &folder.path()]),
                _ => run(&world, verb, &folder.path(), more),
            };
            assert_eq!(ran.code, 1, "{verb}: {}", ran.err);
            let fault = ran.out.lines().find(|line| line.contains("DynamoDB cannot store it: ")).unwrap_or_default();
            assert!(!fault.contains("10.1.2.0") && !fault.contains("nnn"), "the reason does not quote the record");
            faults += &format!("{verb}: {}\n", fault.replace(&"i".repeat(1001), "ID"));
        }
    }
    assert_snapshot("record-too-large", &faults);
    assert_eq!(count(&world, "").await, 0);
    let line =
        format!("embargo issue {} --model x --everyone --effect prohibited --authority OPERATOR", "i".repeat(1001));
    let line = format!("{line} --citation c --by x --why x --yes --register-table {}", world.tables.register);
    let ran = gatectl(format!("{line} --endpoint-url {}", world.relay.url()).split(' '));
    assert!(ran.code == 2 && ran.out.contains("id: 1001 bytes"), "{}{}", ran.out, ran.err);
    assert_eq!(count(&world, "").await, 0);
}

#[test]
fn every_fault_has_its_line_and_the_nearest_valid_name() {
    let table = [
        ("a.yaml", "kind: group\nid: G:1\ncontries: [NO]\n"),
        ("a.json", "[{\"kind\": \"group\",\n\"id\": \"G:1\",\n\"countries\": [\"NO\",\n\"UK\"]}]"),
        ("a.yaml", "kind: grup\nid: x\n"),
        ("a.yaml", "kind: group\nid: 1\ncountries: [NO]\n"),
        ("a.yaml", "kind: group\nid: G:1\ncountries: [NO]\nwithdrawn: yes\nfrom: 2026-06-12\nby: 7\nwhy: ~\n"),
        ("a.yaml", "kind: group\nid: G:1\ncountries: []\nrevision: 3\n"),
        (
            "a.yaml",
            "kind: embargo\nid: e\nmodels: [a]\napplies_to:\n  destinatons: [CU]\n  everyone: true\neffect: prohibitd\nauthority: BIS\ncitation: x\nuntill: x\n",
        ),
        ("a.yaml", "kind: group\nid: G:1\ncountries: [NO]\n---\nkind: group\n\nid: G:1\ncountries: [CU]\n"),
        ("a.json", "{\"kind\": \"group\",\n \"kind\": \"group\"}"),
        ("a.json", "{\"kind\": \"group\",\n \"id\": \"G:1\", \"countries\": [\"NO\"],}"),
        ("a.yaml", "just a text\n"),
        ("a.yaml", "id: unknown#1\n"),
        ("a.yaml", "id: client#c\norganisation: o\nstatus: active\nusers: none\nuser: none\n"),
        ("a.yaml", "id: person#p\norganisation: o\nname: Sample\nnationalities: [Elsewhere]\n"),
        (
            "a.yaml",
            "kind: embargo\nid: e\nmodels: [a]\napplies_to: {destinations: [E:9]}\neffect: prohibited\nauthority: BIS\ncitation: x\n",
        ),
        ("a.yaml", "kind: group\nid: G:1\ncountries: [NO]\nfrom: 2026-06-12T00:00:00Z\nuntil: 2026-06-11T00:00:00Z\n"),
        ("a.json", "\u{0}"),
        ("a.yaml", "kind: group\nid: G:1\ncountries: [NO\n"),
    ];
    let mut transcript = Transcript::default();
    for (name, text) in table {
        let folder = Folder::new("validate");
        folder.file(name, text);
        let ran = gatectl(["register", "validate", &folder.path()]);
        assert_eq!(ran.code, 1, "{text}\n{}{}", ran.out, ran.err);
        assert!(!ran.out.contains("Sample") && !ran.out.contains("Elsewhere"), "{}", ran.out);
        let json = gatectl(["register", "validate", &folder.path(), "--json"]).json();
        let faults = json["faults"].as_array().unwrap().len();
        assert_eq!((&json["ok"], faults + 1), (&json!(false), ran.out.lines().count()));
        transcript.add(&format!("{name}:\n{}", text.escape_debug().to_string().replace("\\n", "\n")), &ran);
    }
    transcript.assert_snapshot("register-faults");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embargo_that_matches_no_model_is_noted() {
    let folder = Folder::new("unmatched");
    let embargo = with(embargo("e", "misspelt"), "applies_to", json!({"everyone": true}));
    folder.file("e.json", embargo.to_string());
    let validate = || gatectl(["register", "validate", &folder.path()]);
    assert!(!validate().out.contains("note: "), "the models may be in another folder: {}", validate().out);
    folder.file("m.json", model("m").to_string());
    let note = "note: `e` names `misspelt`, which matches no registered model";
    assert!(validate().code == 0 && validate().out.contains(note), "{}", validate().out);
    let world = World::empty().await;
    let plan = run(&world, "plan", &folder.path(), &[]);
    assert!(plan.code == 2 && plan.out.contains(note), "{}{}", plan.out, plan.err);
}

#[test]
fn a_valid_folder_is_counted() {
    let ran = gatectl(["register", "validate", SAMPLES]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("17 embargo"), "{}", ran.out);
    let folder = Folder::new("good");
    folder.file(
        "deep/er/a.yml",
        "- kind: group\n  id: \"1\"\n  countries: [NO, \"NO\", SE]\n- kind: group\n  id: NO\n  countries: [NO]\n",
    );
    folder.file("b.json", group("B:1", &["NO"]).to_string());
    folder.file("README.md", "not a record");
    folder.file(".hidden.yaml", "not a record");
    let json = gatectl(["register", "validate", &folder.path(), "--json"]).json();
    assert_eq!((&json["ok"], &json["records"]), (&json!(true), &json!({"group": 3})));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_input_is_refused_and_nothing_is_written() {
    let world = World::empty().await;
    let folder = Folder::new("bad");
    let good = folder.file("good/a.json", group("G:1", &["NO"]).to_string());
    let unsigned = folder.file("unsigned/a.json", with(group("G:1", &["NO"]), "why", Value::Null).to_string());
    let faulty = folder.file("faulty/a.yaml", "kind: group\nid: G:1\ncontries: [NO]\n");
    let empty = folder.file("empty/a.json", "[]").trim_end_matches("a.json").to_owned();
    let other = folder.file("other.txt", "kind: group");
    let strange = folder
        .file("strange/a.json", with(embargo("e", "m"), "applies_to", json!({"destinations": ["E:9"]})).to_string());
    let mut transcript = Transcript::default();
    for (what, place, more, code) in [
        ("plan", "/nowhere", &[][..], 1),
        ("plan", &empty, &[], 1),
        ("plan", &other, &[], 1),
        ("plan", &faulty, &[], 1),
        ("plan", &strange, &[], 1),
        ("plan", &good, &["--register-table", "none"], 2),
        ("apply", "/nowhere", &["--yes"], 2),
        ("apply", &empty, &["--yes", "--withdraw"], 2),
        ("apply", &faulty, &["--yes"], 1),
        ("apply", &strange, &["--yes"], 1),
        ("apply", &unsigned, &["--yes"], 2),
        ("apply", &unsigned, &["--yes", "--by", " ", "--why", "x"], 2),
        ("apply", &good, &[], 2),
        ("export", &good, &[], 2),
        ("export", &format!("{}/good", folder.path()), &[], 2),
        ("export", &format!("{}/new", folder.path()), &["--format", "xml"], 2),
    ] {
        let ran = run(&world, what, place, more);
        assert_eq!(ran.code, code, "{what} {place} {more:?}: {}{}", ran.out, ran.err);
        transcript.add(&format!("register {what} {place} {}", more.join(" ")), &ran);
    }
    for what in ["plan", "apply", "export"] {
        let new = format!("{}/new", folder.path());
        let place = if what == "export" { &new } else { &good };
        let ran = tokio::task::block_in_place(|| {
            gatectl(["register", what, place, "--register-table", "none", "--endpoint-url", &world.relay.url()])
        });
        assert_eq!(ran.code, if what == "plan" { 1 } else { 2 }, "{what}: {}{}", ran.out, ran.err);
        transcript.add(&format!("register {what} {place} --register-table none"), &ran);
    }
    for line in [["register", "schema", "licens"], ["register", "validate", "/nowhere"]] {
        let ran = tokio::task::block_in_place(|| gatectl(line));
        assert_eq!(ran.code, 2, "{}", ran.err);
        transcript.add(&line.join(" "), &ran);
    }
    transcript.assert_snapshot("register-refused");
    assert_eq!(revision(&world).await, 0);
}

// ---------------------------------------------------------------------------------------------------- plan and apply

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_apply_the_plan_is_empty() {
    let world = World::empty().await;
    let folder = Folder::new("cycle");
    let countries = ["AF", "BY", "CN", "CU", "IR", "KP", "RU", "SY"];
    let put = |records: &[Value]| folder.file("a.json", json!(records).to_string());
    let place = put(&[group("G:1", &countries), embargo("e-1", "m"), licence("l-1", "m")]);
    let plan = run(&world, "plan", &place, &[]);
    assert_eq!((plan.code, last(&plan)), (2, "Plan: 3 to add, 0 to change, 0 to withdraw."), "{}", plan.err);
    assert!(plan.out.contains("+ embargo/e-1\n"), "{}", plan.out);
    assert_eq!(revision(&world).await, 0, "a plan writes nothing");
    let applied = run(&world, "apply", &place, &["--yes"]);
    assert_eq!(
        (applied.code, last(&applied)),
        (0, "Written: 3 records, the register is at revision 1."),
        "{}",
        applied.err
    );
    assert!(applied.err.contains("+ group/G:1\n"), "{}", applied.err);
    for what in ["plan", "apply"] {
        let again = run(&world, what, &place, &[]);
        assert_eq!(again.code, 0, "{}{}", again.out, again.err);
    }
    // Attribution alone is not a change.
    put(&[with(group("G:1", &countries), "why", json!("Otherwise.")), embargo("e-1", "m"), licence("l-1", "m")]);
    assert_eq!(run(&world, "plan", &place, &[]).code, 0);
    // A change, a list by its elements, and a record that the folder lacks.
    put(&[
        group("G:1", &["AF", "BY", "CN", "CU", "IR", "KP", "SY", "VE"]),
        with(embargo("e-1", "m"), "effect", json!("prohibited")),
    ]);
    let plan = run(&world, "plan", &place, &[]);
    assert_eq!((plan.code, last(&plan)), (2, "Plan: 0 to add, 2 to change, 0 to withdraw."));
    assert_snapshot("register-plan", &plan.out);
    let json = run(&world, "plan", &place, &["--json"]);
    assert_eq!(
        (json.code, &json.json()["change"], &json.json()["left_alone"]),
        (2, &json!(2), &json!(["licence/l-1"]))
    );
    let plan = run(&world, "plan", &place, &["--withdraw"]);
    assert_eq!(last(&plan), "Plan: 0 to add, 2 to change, 1 to withdraw.");
    assert_eq!(
        run(&world, "apply", &place, &["--withdraw", "--yes"]).code,
        2,
        "a withdrawal needs its own attribution"
    );
    assert_eq!(revision(&world).await, 1);
    let more = ["--withdraw", "--yes", "--by", "officer-2", "--why", "Over.", "--json"];
    let applied = run(&world, "apply", &place, &more);
    assert_eq!(
        (applied.code, &applied.json()["written"]),
        (0, &json!({"records": 3, "revision": 2, "left": []})),
        "{}",
        applied.err
    );
    let licence = &items(&world.dynamodb, &world.tables.register, "licence").await[0];
    assert_eq!((licence["withdrawn"].as_bool(), licence["by"].as_s().unwrap().as_str()), (Ok(&true), "officer-2"));
    assert!(licence.contains_key("at"));
    assert_eq!(run(&world, "apply", &place, &["--withdraw", "--yes"]).code, 0);
    assert_eq!((revision(&world).await, count(&world, "history#licence").await), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_records_are_applied_with_callers_table() {
    let world = World::empty().await;
    let folder = Folder::new("callers");
    let client = json!({"id": "client#sample", "organisation": "sample", "status": "active", "users": "none", "by": "officer-1", "why": "Sample."});
    let person = json!({"id": "person#sample", "organisation": "sample", "name": "Sample Person", "by": "officer-1", "why": "Sample."});
    let place = folder.file("a.json", json!([group("G:1", &["NO"]), client, person]).to_string());
    let plan = run(&world, "plan", &place, &[]);
    assert!(plan.out.contains("2 callers' records are skipped: pass `--callers-table`"), "{}", plan.out);
    let table = ["--callers-table", &world.tables.callers];
    let plan = run(&world, "plan", &place, &table);
    assert_eq!((plan.code, last(&plan)), (2, "Plan: 3 to add, 0 to change, 0 to withdraw."));
    assert!(plan.out.contains("+ person#sample") && !plan.out.contains("Sample Person"), "{}", plan.out);
    let applied = run(&world, "apply", &place, &[&table[..], &["--yes"]].concat());
    assert_eq!(
        (applied.code, last(&applied)),
        (0, "Written: 3 records, the register is at revision 1."),
        "{}",
        applied.err
    );
    assert_eq!(run(&world, "plan", &place, &table).code, 0);
    let place = folder.file("a.json", json!([with(client, "status", json!("suspended"))]).to_string());
    let applied = run(&world, "apply", &place, &[&table[..], &["--yes"]].concat());
    assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
    let scan = world.dynamodb.scan().table_name(&world.tables.callers).send().await.unwrap().items.unwrap();
    assert_eq!(scan.len(), 3, "the previous version is kept: {:?}", ids(&scan));
}

/// The content of the register table after each transaction.
fn watched(world: &World) -> Arc<Mutex<Vec<Vec<Item>>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (dynamodb, table, states) = (world.dynamodb.clone(), world.tables.register.clone(), Arc::clone(&seen));
    world.relay.rule(move |seen| {
        if seen.operation != "TransactWriteItems" {
            return Action::Forward;
        }
        let (dynamodb, table, states) = (dynamodb.clone(), table.clone(), Arc::clone(&states));
        Action::then(move || async move {
            let state = items(&dynamodb, &table, "").await;
            states.lock().unwrap().push(state);
        })
    });
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restrictions_are_written_first_and_withdrawn_last() {
    let world = World::empty().await;
    let folder = Folder::new("order");
    let names: Vec<String> = (0..60).map(|number| format!("m-{number:02}")).collect();
    let of = |make: fn(&str, &str) -> Value, letter: &str| -> Vec<Value> {
        names.iter().map(|name| make(&format!("{letter}-{name}"), name)).collect()
    };
    let embargoes =
        of(embargo, "e").into_iter().map(|embargo| with(embargo, "applies_to", json!({"destinations": ["Far"]})));
    let all = [
        names.iter().map(|name| model(name)).collect(),
        of(licence, "l").into_iter().map(|licence| with(licence, "destinations", json!(["Far"]))).collect(),
        embargoes.collect(),
        vec![group("Far", &["CU"])],
    ];
    let place = folder.file("a.json", json!(all.concat()).to_string());
    let states = watched(&world);
    let ran = run(&world, "apply", &place, &["--yes"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let number = |state: &[Item], kind: &str| state.iter().filter(|item| item["kind"].as_s().unwrap() == kind).count();
    let states = std::mem::take(&mut *states.lock().unwrap());
    assert_eq!(states.len(), 5, "181 records in batches of 45");
    for state in &states {
        assert_eq!(number(state, "group"), 1, "no embargo names a group that is not there");
        let permits = number(state, "model") + number(state, "licence");
        assert!(permits == 0 || number(state, "embargo") == 60, "{permits}");
    }
    // Withdrawal of all, in reverse order.
    let place = folder.file("a.json", json!([group("Other", &["NO"])]).to_string());
    let gone = watched(&world);
    let ran = run(&world, "apply", &place, &["--yes", "--withdraw", "--by", "officer-1", "--why", "Over."]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let left = |state: &[Item], kind: &str| {
        state.iter().filter(|item| item["kind"].as_s().unwrap() == kind && !item.contains_key("withdrawn")).count()
    };
    let gone = std::mem::take(&mut *gone.lock().unwrap());
    assert_eq!(gone.len(), 5);
    for state in &gone {
        let permits = left(state, "model") + left(state, "licence");
        assert!(permits == 0 || left(state, "embargo") == 60, "{permits}");
        assert!(left(state, "embargo") == 0 || left(state, "group") == 2, "an embargo names a group that is gone");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_must_change_together_share_a_transaction() {
    let world = World::empty().await;
    let folder = Folder::new("entangled");
    let swapped = |by: usize, number: usize| -> Vec<Value> {
        (0..number).map(|one| embargo(&format!("e-{one:02}"), &format!("m-{:02}", (one + by) % number))).collect()
    };
    let models: Vec<Value> = (0..46).map(|number| model(&format!("m-{number:02}"))).collect();
    let place = folder.file("a.json", json!([swapped(0, 46), models].concat()).to_string());
    assert_eq!(run(&world, "apply", &place, &["--yes"]).code, 0);
    let before = revision(&world).await;
    // Each embargo moves from one model to another: in two transactions, one model would be free.
    let place = folder.file("a.json", json!(swapped(1, 46)).to_string());
    let ran = run(&world, "apply", &place, &["--yes"]);
    assert!(ran.code == 2 && ran.out.contains("at most 45 can change together"), "{}{}", ran.out, ran.err);
    assert_eq!(revision(&world).await, before, "nothing is written");
    let place = folder.file("a.json", json!(swapped(1, 45)).to_string());
    let ran = run(&world, "apply", &place, &["--yes"]);
    assert_eq!((ran.code, revision(&world).await), (0, before + 1), "{}{}", ran.out, ran.err);
}

// ------------------------------------------------------------------------------------------------ others, and faults

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_applies_lose_nothing() {
    let world = World::empty().await;
    let folder = Folder::new("two");
    let one = folder.file("one.json", json!(groups("one", 200)).to_string());
    let two = folder.file("two.json", json!([groups("two", 200), groups("one", 50)].concat()).to_string());
    let running = [&one, &two].map(|place| start(&world, "apply", place, &["--yes"]));
    for ran in running.map(ended) {
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    }
    assert_eq!(count(&world, "group").await, 400);
    for place in [&one, &two] {
        assert_eq!(run(&world, "plan", place, &[]).code, 0);
    }
    // Each record is listed by the change of its revision.
    let changes = items(&world.dynamodb, &world.tables.register, "history#change").await;
    let named: BTreeSet<&String> = changes.iter().flat_map(|change| change["records"].as_m().unwrap().keys()).collect();
    assert_eq!((named.len(), changes.len()), (400, usize::try_from(revision(&world).await).unwrap()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_concurrent_change_of_a_record_stops_apply() {
    let folder = Folder::new("others");
    let place = folder.file("a.json", json!(groups("G", 100)).to_string());
    // After the first batch another writer writes a record that the folder lacks; then one of the last batch.
    for (theirs, code) in [(group("Theirs", &["SE"]), 0), (group("G:00099", &["SE"]), 2)] {
        let world = World::empty().await;
        let writer = world.writer.clone();
        let theirs = item(theirs);
        world.relay.rule(move |seen| match (seen.operation.as_str(), seen.count) {
            ("TransactWriteItems", 1) => {
                let (writer, theirs) = (writer.clone(), theirs.clone());
                Action::then(move || async move {
                    writer.put(vec![theirs]).await.unwrap();
                })
            }
            _ => Action::Forward,
        });
        let ran = run(&world, "apply", &place, &["--yes"]);
        assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
        if code == 2 {
            assert_snapshot("register-apply-interrupted", &ran.out);
            assert_eq!(count(&world, "group").await, 46);
            let theirs = items(&world.dynamodb, &world.tables.register, "group").await;
            let theirs = theirs.iter().find(|item| item["id"].as_s().unwrap() == "G:00099").unwrap();
            assert_eq!(theirs["countries"], AttributeValue::L(vec![AttributeValue::S("SE".into())]), "theirs stands");
            let plan = run(&world, "plan", &place, &[]);
            assert_eq!(last(&plan), "Plan: 54 to add, 1 to change, 0 to withdraw.");
        }
        let again = run(&world, "apply", &place, &["--yes"]);
        assert_eq!(again.code, 0, "{}{}", again.out, again.err);
        assert_eq!(run(&world, "plan", &place, &[]).code, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_leaves_whole_batches_and_a_second_run_completes_it() {
    let folder = Folder::new("crash");
    let place = folder.file("a.json", json!(groups("G", 100)).to_string());
    // Killed before the second batch is written, and after it but before the answer.
    for (does, written) in [(false, 45), (true, 90)] {
        let world = World::empty().await;
        let (reached, reach) = tokio::sync::oneshot::channel();
        let reached = Mutex::new(Some(reached));
        world.relay.rule(move |seen| {
            if (seen.operation.as_str(), seen.count) != ("TransactWriteItems", 2) {
                return Action::Forward;
            }
            let reached = reached.lock().unwrap().take().unwrap();
            if does {
                Action::then(move || async move {
                    reached.send(()).unwrap();
                    std::future::pending().await
                })
            } else {
                reached.send(()).unwrap();
                Action::Hang
            }
        });
        let mut child = start(&world, "apply", &place, &["--yes"]);
        tokio::time::timeout(crate::world::PATIENCE, reach).await.unwrap().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        world.relay.forward();
        assert_eq!(count(&world, "group").await, written);
        let plan = run(&world, "plan", &place, &[]);
        assert_eq!(last(&plan), format!("Plan: {} to add, 0 to change, 0 to withdraw.", 100 - written));
        let again = run(&world, "apply", &place, &["--yes"]);
        assert_eq!(again.code, 0, "{}{}", again.out, again.err);
        assert_eq!((count(&world, "group").await, revision(&world).await), (100, 3));
        assert_eq!(run(&world, "plan", &place, &[]).code, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn apply_backs_off_from_a_throttled_table() {
    let cancelled = |code: &str| Action::Reply {
        status: 400,
        json: json!({"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "message": "by the relay",
                     "CancellationReasons": [{"Code": "None"}, {"Code": code}]}),
    };
    let rule = move |seen: &Seen| match (seen.operation.as_str(), seen.count) {
        ("TransactWriteItems", 1 | 3) => Action::throttled(),
        ("TransactWriteItems", 4) => cancelled("ThrottlingError"),
        ("TransactWriteItems", 5) => cancelled("TransactionConflict"),
        ("TransactWriteItems", 6) => {
            Action::error(400, "com.amazonaws.dynamodb.v20120810#TransactionInProgressException", "x")
        }
        ("TransactWriteItems", 7) => Action::internal_error(),
        // Written, but the answer is lost; and a throttled read.
        ("TransactWriteItems", 8) => Action::LoseAnswer,
        ("Query", 4) => Action::throttled(),
        _ => Action::Forward,
    };
    let world = World::empty().await;
    let folder = Folder::new("throttled");
    let place = folder.file("a.json", json!(groups("G", 100)).to_string());
    world.relay.rule(rule);
    let ran = run(&world, "apply", &place, &["--yes"]);
    assert_eq!(
        (ran.code, last(&ran)),
        (0, "Written: 100 records, the register is at revision 3."),
        "{}{}",
        ran.out,
        ran.err
    );
    assert_eq!((count(&world, "group").await, revision(&world).await), (100, 3));
    // A permanent error is reported at once.
    world
        .relay
        .rule(|seen| if seen.operation == "TransactWriteItems" { Action::access_denied() } else { Action::Forward });
    world.relay.seen().clear();
    let place = folder.file("b.json", json!(groups("H", 100)).to_string());
    let ran = run(&world, "apply", &place, &["--yes"]);
    assert!(ran.code == 2 && ran.err.contains("nothing was changed: "), "{}{}", ran.out, ran.err);
    assert_eq!(world.relay.operations().iter().filter(|name| *name == "TransactWriteItems").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_records_are_applied() {
    let world = World::empty().await;
    let folder = Folder::new("many");
    let place = folder.file("a.json", json!(groups("G", 10_000)).to_string());
    let ran = run(&world, "apply", &place, &["--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.json()["written"], json!({"records": 10_000, "revision": 223, "left": []}));
    assert_eq!(count(&world, "group").await, 10_000);
    let mut read: BTreeMap<&str, usize> = BTreeMap::new();
    let operations = world.relay.operations();
    operations.iter().for_each(|name| *read.entry(name).or_default() += 1);
    assert_eq!(read["TransactWriteItems"], 223);
    let gets: usize = ["GetItem", "BatchGetItem"].iter().filter_map(|name| read.get(name)).sum();
    assert!(gets < 300, "one read of the heads per batch, none per record: {read:?}");
    let again = run(&world, "apply", &place, &["--yes"]);
    assert!(again.code == 0 && again.out.contains("the register matches the folder"), "{}{}", again.out, again.err);
}

// ------------------------------------------------------------------------------------------------------------ export

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_plans_empty() {
    let world = World::with_samples().await;
    let long = "x".repeat(900);
    let odd: Vec<Value> = [
        "../../etc/passwd",
        ".hidden",
        "a/b\\c",
        "NO",
        "no",
        "1",
        "true",
        "~",
        " ",
        "é😀",
        "a: b # c",
        "-",
        "con",
        &long,
        &format!("{long}y"),
        "E%3A1",
        "new\nline",
        "'\"",
    ]
    .into_iter()
    .map(|id| with(group("x", &["NO"]), "id", json!(id)))
    .collect();
    world.register(odd).await;
    world
        .register(vec![
            with(licence("gone", "m"), "withdrawn", json!(true)),
            with(embargo("text", "m"), "citation", json!("1e3: # no\n  'x'\t\"y\" \u{7f}")),
        ])
        .await;
    let root = Folder::new("export");
    for format in ["yaml", "json"] {
        let folder = format!("{}/{format}", root.path());
        let callers = ["--callers-table", world.tables.callers.as_str()];
        let ran = run(&world, "export", &folder, &[&callers[..], &["--format", format]].concat());
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        let plan = run(&world, "plan", &folder, &[&callers[..], &["--withdraw"]].concat());
        assert_eq!(
            (plan.code, last(&plan)),
            (0, "Plan: 0 to add, 0 to change, 0 to withdraw."),
            "{}{}",
            plan.out,
            plan.err
        );
        let validated = tokio::task::block_in_place(|| gatectl(["register", "validate", &folder]));
        assert_eq!(validated.code, 0, "{}", validated.out);
        assert_eq!(run(&world, "export", &folder, &[]).code, 2, "it is not empty");
        assert_eq!(run(&world, "export", &folder, &["--format", format, "--force"]).code, 0, "over the same files");
    }
    let text = std::fs::read_to_string(format!("{}/yaml/embargo/bis-cuba.yaml", root.path())).unwrap();
    assert!(text.starts_with("kind: embargo\nid: bis-cuba\n"), "{text}");
    let folder = format!("{}/schema", root.path());
    run(&world, "export", &folder, &["--schema", "../record.schema.json"]);
    let text = std::fs::read_to_string(format!("{folder}/embargo/bis-cuba.yaml")).unwrap();
    assert!(text.starts_with("# yaml-language-server: $schema=../record.schema.json\nkind: embargo\n"), "{text}");
    assert_eq!(run(&world, "plan", &folder, &[]).code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_that_no_file_can_hold_are_reported() {
    let world = World::empty().await;
    world.register(vec![group("good", &["NO"]), with(group("broken", &["NO"]), "countries", json!(["Nowhere"]))]).await;
    let mut set = item(group("set", &["NO"]));
    set.insert("countries".into(), AttributeValue::Ss(vec!["NO".into()]));
    world.writer.put(vec![set]).await.unwrap();
    let root = Folder::new("unlike");
    let folder = format!("{}/x", root.path());
    let ran = run(&world, "export", &folder, &[]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert_snapshot("register-export-unreadable", &ran.out);
    assert!(std::fs::exists(format!("{folder}/group/broken.yaml")).unwrap());
    // Records that the folder had before are reported.
    let other = root.file("y/other.json", json!([group("other", &["NO"]), group("good", &["NO"])]).to_string());
    let ran = run(&world, "export", other.trim_end_matches("/other.json"), &["--force"]);
    assert_eq!(ran.code, 1);
    assert_snapshot("register-export-into-other-records", &ran.out);
}

// ------------------------------------------------------------------------------------------------------------ schema

#[test]
fn schemas_and_validation_agree() {
    let folder = Folder::new("schema");
    let schemas = format!("{}/schemas", folder.path());
    let ran = gatectl(["register", "schema", "--folder", &schemas]);
    assert!(ran.code == 0 && ran.out.contains("yaml-language-server: $schema="), "{}{}", ran.out, ran.err);
    let all = gatectl(["register", "schema"]).json();
    let of = |record: &Value| {
        let kind = record["kind"].as_str().or_else(|| record["id"].as_str()?.split('#').next()).unwrap();
        let schema = jsonschema::validator_for(&all[kind]).unwrap();
        schema.iter_errors(record).map(|error| error.to_string()).collect::<Vec<_>>()
    };
    for file in ["register", "callers"] {
        let samples: Vec<Value> =
            serde_json::from_str(&std::fs::read_to_string(format!("{SAMPLES}/{file}.json")).unwrap()).unwrap();
        for sample in samples {
            assert_eq!(of(&sample), [""; 0], "{sample}");
        }
    }
    let digest = "0".repeat(64);
    let clearance = json!({"kind": "clearance", "id": "c", "subject": "organisation#o", "party": "list:1", "reason": "x", "officer": "o"});
    let list = json!({"kind": "list", "id": "l", "content": "networks", "class": "vpn", "edition": "1", "entries": 1, "chunks": 1, "sha256": digest});
    let setting =
        json!({"kind": "setting", "id": "screening", "match_threshold": 0.85, "unknown_destination": "permit"});
    let client = json!({"id": "client#c", "organisation": "o", "status": "active", "users": "us_persons", "attestation": {"by": "x", "until": "9998-01-01T00:00:00Z"}});
    let organisation = json!({"id": "organisation#o", "status": "active", "type": "company", "owners": [{"name": "x", "kind": "person", "percent": 50.5}]});
    let person = json!({"id": "person#p", "organisation": "o", "nationalities": [], "us_status": "none"});
    let scoped = with(licence("l", "a@1"), "destinations", json!({"any_of": ["*"], "except": ["CU", "E:1", "UA-43"]}));
    let good = [
        group("G:1", &["NO"]),
        embargo("e", "*"),
        with(embargo("e", "m"), "applies_to", json!({"networks": ["192.0.2.0/24", "2001:db8::1"]})),
        licence("l", "eccn:4E091"),
        scoped.clone(),
        with(licence("l", "m"), "quota", json!({"requests": 1})),
        model("m"),
        clearance.clone(),
        list.clone(),
        setting.clone(),
        client.clone(),
        organisation.clone(),
        person.clone(),
        with(group("G:1", &["NO"]), "from", json!("2026-06-12T21:21:00.123Z")),
        with(group("G:1", &["NO"]), "withdrawn", json!(true)),
    ];
    let bad: Vec<Value> = good
        .iter()
        .map(|record| with(record.clone(), "unheard", json!(1)))
        .chain([
            group("G:1", &[]),
            group("G:1", &["no"]),
            group("", &["NO"]),
            with(group("G:1", &["NO"]), "countries", Value::Null),
            with(group("G:1", &["NO"]), "from", json!("2026-06-12")),
            with(group("G:1", &["NO"]), "withdrawn", json!("yes")),
            with(group("G:1", &["NO"]), "revision", json!(1)),
            with(group("G:1", &["NO"]), "by", json!(1)),
            with(embargo("e", "m"), "models", json!([])),
            with(embargo("e", "m"), "effect", json!("prohibit")),
            with(embargo("e", "m"), "applies_to", json!({})),
            with(embargo("e", "m"), "applies_to", json!({"everyone": false})),
            with(embargo("e", "m"), "applies_to", json!({"destinations": []})),
            with(embargo("e", "m"), "applies_to", json!({"destinatons": ["CU"]})),
            with(embargo("e", "m"), "applies_to", json!({"destinations": {"except": ["CU"]}})),
            with(embargo("e", "m"), "authority", json!("bis")),
            with(embargo("e", "m"), "basis", json!("recent")),
            with(embargo("e", "m"), "citation", json!("")),
            with(embargo("e", "m"), "disclose", json!(1)),
            with(licence("l", "m"), "quota", json!({"requests": -1})),
            with(licence("l", "m"), "quota", json!({"request": 1})),
            with(licence("l", "m"), "licensees", json!([])),
            with(licence("l", "m"), "persons", json!("all")),
            with(licence("l", "m"), "embargoes", json!([])),
            with(model("m"), "status", json!("gone")),
            with(model("m"), "default", json!("true")),
            with(model("m"), "endpoint", json!("")),
            with(clearance.clone(), "subject", json!("client#c")),
            with(clearance, "party", json!("list")),
            with(list, "sha256", json!("00")),
            with(setting.clone(), "match_threshold", json!(1.5)),
            with(setting.clone(), "unknown_destination", json!("allow")),
            with(setting, "id", json!("other")),
            with(client.clone(), "attestation", json!({"untill": "x"})),
            with(client, "users", json!("all")),
            with(organisation.clone(), "owners", json!([{"name": "x"}])),
            with(organisation, "incorporated_in", json!("usa")),
            with(person.clone(), "us_status", json!("yes")),
            with(person, "organisation", Value::Null),
            with(group("G:1", &["NO"]), "why", Value::Null)
                .as_object()
                .map(|record| {
                    let mut record = record.clone();
                    record.insert("why".into(), Value::Null);
                    Value::Object(record)
                })
                .unwrap(),
        ])
        .collect();
    let mut disagree = Vec::new();
    for (records, is_bad) in [(good.to_vec(), false), (bad, true)] {
        for record in records {
            let file = folder.file("a.json", record.to_string());
            let ran = gatectl(["register", "validate", &file]);
            let found = (ran.code == 1, !of(&record).is_empty());
            if found != (is_bad, is_bad) {
                disagree.push(format!("{found:?} {record}: {}{:?}", ran.out, of(&record)));
            }
        }
    }
    assert!(disagree.is_empty(), "{}", disagree.join("\n"));
}
