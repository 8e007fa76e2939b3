//! `gatectl review`: the queue of potential matches and the decisions on them, against real tables.

use crate::command::{Folder, Ran, Transcript, assert_commands, assert_snapshot, gatectl, words};
use crate::world::events::invocation;
use crate::world::{World, ask, item};
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::digest::{canonical, digest};
use export_gate::record::{Clearance, Embargo, read};
use export_gate::terms::render_time;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const COMPANY: &str = "organisation#sample-us-company";
const PERSON: &str = "person#sample-foreign-employee";
const PARTY: &str = "sdn:7";

/// The reason of a potential match.
fn match_reason(subject: &str, party: &str) -> Value {
    json!({"code": "party.review", "subject": subject, "party": party, "score": 870})
}

/// A refusal with a valid hash, `hours` ago.
fn refusal(chain: &str, seq: u64, hours: i64, client: &str, reasons: &[Value]) -> Value {
    let at = Timestamp::now() - SignedDuration::from_hours(hours);
    sealed(json!({
        "decision_id": format!("{chain}-{seq}"), "chain": chain, "seq": seq, "at": render_time(at), "kind": "invocation",
        "outcome": "refuse", "status": 403, "reasons": reasons, "client": client, "organisation": "sample-us-company",
        "model": "opus-4-8@1", "facts": {}, "licences": [], "embargoes": [], "lists": [], "revision": 1,
        "request_sha256": "0", "prev": "0",
    }))
}

fn sealed(mut entry: Value) -> Value {
    entry.as_object_mut().unwrap().remove("hash");
    entry["hash"] = json!(digest(&entry));
    entry
}

fn with(mut entry: Value, name: &str, value: Value) -> Value {
    entry[name] = value;
    entry
}

/// A world with the samples and a ledger of these entries.
async fn with_ledger(entries: Vec<Value>) -> World {
    let world = World::with_samples().await;
    for entry in entries {
        put(&world, entry).await;
    }
    world
}

async fn put(world: &World, entry: Value) {
    world.dynamodb.put_item().table_name(&world.tables.ledger).set_item(Some(item(entry))).send().await.unwrap();
}

/// Runs `gatectl review` on the world's tables.
fn review(world: &World, line: &str) -> Ran {
    let names = line.starts_with("confirm") || line.starts_with("show");
    let manner = if names { format!("--callers-table {}", world.tables.callers) } else { String::new() };
    run(world, &format!("review {line} --ledger-table {} {manner}", world.tables.ledger))
}

fn run(world: &World, line: &str) -> Ran {
    gatectl(words(&format!("{line} --register-table {} --endpoint-url {}", world.tables.register, world.relay.url())))
}

fn clear(world: &World, subject: &str, more: &str) -> Ran {
    review(
        world,
        &format!("clear {subject} {PARTY} --officer officer-1 --reason reason --by officer-2 --why why {more}"),
    )
}

fn confirm(world: &World, subject: &str, more: &str) -> Ran {
    review(world, &format!("confirm {subject} {PARTY} --by officer-2 --why why {more}"))
}

/// Each match that is listed, as `subject party state times`.
fn listed(ran: &Ran) -> Vec<String> {
    let word = |one: &Value, name: &str| one[name].as_str().map_or_else(|| one[name].to_string(), str::to_owned);
    let queue = ran.json()["queue"].clone();
    let row = |one: &Value| ["subject", "party", "state", "times"].map(|name| word(one, name)).join(" ");
    queue.as_array().unwrap().iter().map(row).collect()
}

async fn record(world: &World, kind: &str, id: &str) -> Option<Value> {
    let s = |text: &str| AttributeValue::S(text.to_owned());
    let found = world.dynamodb.get_item().table_name(&world.tables.register).consistent_read(true);
    let found = found.key("kind", s(kind)).key("id", s(id)).send().await.unwrap().item?;
    Some(serde_dynamo::from_item(found).unwrap())
}

async fn revision(world: &World) -> Value {
    record(world, "head#0", "head").await.unwrap()["revision"].clone()
}

fn output(ran: &Ran) -> String {
    format!("{}{}", ran.out, ran.err)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queue_has_each_match_with_its_refusals() {
    let screened =
        sealed(with(refusal("b", 1, 3, "app-2", &[match_reason(COMPANY, PARTY)]), "kind", json!("screening")));
    let world = with_ledger(vec![
        refusal("a", 1, 30 * 24, "app-1", &[match_reason(COMPANY, PARTY)]),
        refusal(
            "a",
            2,
            2,
            "app-1",
            &[match_reason(COMPANY, PARTY), match_reason(COMPANY, "sdn:8"), match_reason(PERSON, "eu:1")],
        ),
        screened,
        refusal("b", 2, 1, "app-1", &[json!({"code": "embargo.party", "embargo": "x@1"})]),
        refusal("c", 1, 100 * 24, "app-1", &[match_reason(COMPANY, "sdn:9")]),
    ])
    .await;
    let ran = review(&world, "list --json");
    assert_eq!(ran.code, 0, "{}", output(&ran));
    assert_eq!(
        listed(&ran),
        [format!("{COMPANY} {PARTY} open 3"), format!("{COMPANY} sdn:8 open 1"), format!("{PERSON} eu:1 open 1")]
    );
    let first = &ran.json()["queue"][0];
    assert_eq!((&first["clients"], &first["score"]), (&json!(["app-1", "app-2"]), &json!(870)));
    assert_eq!(first["waited_seconds"].as_i64().unwrap() / 86_400, 30);
    assert_eq!(listed(&review(&world, "list --since 24h --json"))[0], format!("{COMPANY} {PARTY} open 2"));
    assert_eq!(listed(&review(&world, "list --since 200d --json"))[0], format!("{COMPANY} sdn:9 open 1"));
    let ran = review(&world, "list");
    assert!(ran.out.contains(PERSON) && !ran.out.contains("Sample Person"), "{}", ran.out);
    let ran = review(&world, &format!("show {COMPANY} {PARTY}"));
    assert_eq!(ran.code, 0, "{}", output(&ran));
    let order: Vec<usize> = ["a-1", "b-1", "a-2"].map(|id| ran.out.find(id).unwrap()).into();
    assert!(order.is_sorted() && ran.out.contains("app-2"), "{}", ran.out);
    let empty = World::with_samples().await;
    assert_commands("review-list-empty", 0, ["list"], |line| review(&empty, line));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn show_displays_both_sides_of_a_match() {
    let party = "own:7";
    let last = json!({"code": "party.review", "subject": COMPANY, "party": party, "score": 900,
                      "match_sha256": "0123456789abcdef0123456789abcdef"});
    let before = |subject| with(match_reason(subject, party), "match_sha256", json!("f".repeat(32)));
    let world = with_ledger(vec![
        refusal("a", 1, 3, "app-1", &[before(COMPANY), before(PERSON), match_reason(COMPANY, "own:none")]),
        refusal("a", 2, 2, "app-1", &[last]),
    ])
    .await;
    let folder = Folder::new("review-sides");
    let file = folder.file(
        "own.csv",
        "id,name,aliases,weak_aliases,country,programme,citation\n7,Sample Widgets,Widgets of Sample,SW,IR,NPWMD,31 CFR 544\n",
    );
    let attribution = "--by officer-1 --why reason";
    let import = format!("lists import own {file} --content parties --format csv --edition e1 {attribution}");
    assert_eq!(run(&world, &import).code, 0);
    assert_eq!(run(&world, &format!("lists activate own e1 {attribution} --yes")).code, 0);
    let ran = review(&world, &format!("show {COMPANY} {party}"));
    assert_eq!(ran.code, 0, "{}", output(&ran));
    assert_snapshot("review-show", &ran.out);
    assert!(!ran.out.contains("verification"), "{}", ran.out);
    let json = review(&world, &format!("show {COMPANY} {party} --json")).json();
    let sides = &json["sides"];
    assert_eq!(
        (&sides["entry"]["id"], &sides["edition"], &sides["today"]["via"]),
        (&json!("7"), &json!("e1"), &json!(null))
    );
    assert!(!sides["today"]["why"].as_array().unwrap().is_empty(), "{sides}");
    let ran = review(&world, &format!("show {PERSON} {party}"));
    assert!(ran.code == 0 && ran.out.contains("name  Sample Person Seven"), "{}", output(&ran));
    assert!(ran.out.contains(&format!("compared: {}", "f".repeat(32))), "{}", ran.out);
    // The clearance is bound to the reviewed comparison.
    let lines = [
        format!("show {COMPANY} own:none"),
        format!("clear {COMPANY} {party} --officer o --reason r {attribution} --yes"),
    ];
    assert_commands("review-clear-bound", 0, lines, |line| review(&world, line));
    let written = record(&world, "clearance", &format!("{COMPANY} {party}")).await.unwrap();
    assert_eq!(written["match_sha256"], "0123456789abcdef0123456789abcdef");
    // An incomplete edition is reported.
    let key = |kind: &str| {
        std::collections::HashMap::from([
            ("kind".to_owned(), AttributeValue::S(kind.to_owned())),
            ("id".to_owned(), AttributeValue::S("0001".to_owned())),
        ])
    };
    let delete = world.dynamodb.delete_item().table_name(&world.tables.register);
    delete.set_key(Some(key("chunk#own@e1#0001"))).send().await.unwrap();
    let line = format!("show {COMPANY} {party}");
    assert_commands("review-show-without-edition", 1, [line], |line| review(&world, line));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_potential_match_with_an_embargos_own_party_is_reviewed() {
    let world = World::with_samples().await;
    world
        .register(vec![json!({
            "kind": "embargo", "id": "letter", "models": ["opus-4-8"], "effect": "prohibited", "authority": "OPERATOR",
            "citation": "cited", "applies_to": {"parties": [{"name": "Sample Wigets", "country": "US"}]},
        })])
        .await;
    let gate = world.gate();
    let request = invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").0;
    let answered = ask(&gate, &request, Timestamp::now()).await;
    assert_eq!((answered.status, answered.code()), (403, "party.review"));
    let kept = json!(world.ledger().await).to_string().to_lowercase();
    assert!(!format!("{kept}{}", answered.body).contains("wigets") && kept.contains("\"lists\":[]"), "{kept}");
    let ran = review(&world, "list --json");
    assert_eq!(listed(&ran), [format!("{COMPANY} parties:letter open 1")], "{}", output(&ran));
    let ran = review(&world, &format!("show {COMPANY} parties:letter"));
    assert_eq!(ran.code, 0, "{}", output(&ran));
    let (_, after_the_wait) = ran.out.split_once('\n').unwrap();
    assert_snapshot("review-show-embargo-party", after_the_wait);
    let before = revision(&world).await;
    let line = format!("confirm {COMPANY} parties:letter --by a --why b --yes");
    assert_commands("review-confirm-embargo-party", 2, [line], |line| review(&world, line));
    assert_eq!(revision(&world).await, before);
    let ran = review(&world, &format!("clear {COMPANY} parties:letter --officer o --reason r --by a --why b --yes"));
    assert_eq!(ran.code, 0, "{}", output(&ran));
    assert_eq!(ask(&gate, &request, Timestamp::now()).await.status, 200);
    assert_eq!(listed(&review(&world, "list --json")), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_counts_each_entry_once() {
    let world = World::with_samples().await;
    let folder = Folder::new("review-archive");
    let entries = [
        refusal("a", 1, 3, "app-1", &[match_reason(COMPANY, PARTY)]),
        refusal("a", 2, 2, "app-1", &[match_reason(COMPANY, PARTY)]),
    ];
    let lines: Vec<String> = entries.iter().chain(&entries[..1]).map(canonical).collect();
    folder.file("batch.jsonl", lines.join("\n"));
    let ran = run(&world, &format!("review list --json --ledger {}", folder.path()));
    assert_eq!((ran.code, listed(&ran)), (0, vec![format!("{COMPANY} {PARTY} open 2")]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_with_a_wrong_hash_is_reported_and_ignored() {
    let good = refusal("a", 1, 3, "app-1", &[match_reason(COMPANY, PARTY)]);
    let cases = [
        ("hash", with(good.clone(), "client", json!("app-9"))),
        ("time", with(good.clone(), "at", json!(render_time(Timestamp::now())))),
        ("reason", refusal("a", 1, 3, "app-1", &[json!({"code": "party.review", "subject": COMPANY})])),
        ("id", sealed(with(good.clone(), "decision_id", json!(7)))),
    ];
    let mut transcript = Transcript::default();
    for (name, entry) in cases {
        let world = with_ledger(vec![entry]).await;
        let ran = review(&world, "list --json");
        assert_eq!((ran.code, listed(&ran)), (1, vec![]), "{name}: {}", output(&ran));
        let before = revision(&world).await;
        transcript.add(&format!("review list, with a wrong {name}"), &review(&world, "list"));
        let ran = clear(&world, COMPANY, "--yes");
        assert_eq!((ran.code, revision(&world).await), (2, before), "{}", output(&ran));
        transcript.add(&format!("review clear, with a wrong {name}"), &ran);
    }
    transcript.assert_snapshot("review-invalid-entries");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clearance_closes_the_match() {
    let world = with_ledger(vec![
        refusal("a", 1, 3, "app-1", &[match_reason(COMPANY, PARTY)]),
        refusal("a", 2, 2, "app-1", &[match_reason(PERSON, PARTY)]),
    ])
    .await;
    let ran = clear(&world, COMPANY, "--yes --until 9999-01-01T00:00:00Z");
    assert_eq!(ran.code, 0, "{}", output(&ran));
    let mut transcript = Transcript::default();
    transcript.add("review clear --until 9999-01-01T00:00:00Z", &ran);
    let id = format!("{COMPANY} {PARTY}");
    let written = record(&world, "clearance", &id).await.unwrap();
    let parsed = read::<Clearance>(&item(written.clone())).unwrap();
    assert_eq!(
        (parsed.subject.as_str(), parsed.party.as_str(), parsed.officer.as_str()),
        (COMPANY, PARTY, "officer-1")
    );
    assert_eq!((&written["by"], &written["until"]), (&json!("officer-2"), &json!("9999-01-01T00:00:00.000Z")));
    assert_eq!(listed(&review(&world, "list --json")), [format!("{PERSON} {PARTY} open 1")]);
    let all = review(&world, "list --all --json");
    assert_eq!(listed(&all)[0], format!("{COMPANY} {PARTY} cleared 1"));
    assert_eq!(all.json()["queue"][0]["waited_seconds"].as_i64().unwrap() / 3600, 3);
    // The same again changes nothing, other content needs `--replace`, and a cleared match can't be confirmed.
    let before = revision(&world).await;
    for (line, code, ran) in [
        ("review clear", 2, clear(&world, COMPANY, "--yes")),
        ("review clear --until 9999-01-01T00:00:00Z", 0, clear(&world, COMPANY, "--yes --until 9999-01-01T00:00:00Z")),
        ("review confirm", 2, confirm(&world, COMPANY, "--yes")),
    ] {
        assert_eq!(ran.code, code, "{}", output(&ran));
        transcript.add(line, &ran);
    }
    transcript.assert_snapshot("review-clear");
    assert_eq!(revision(&world).await, before);
    // Revoked, the match is open again.
    let revoke = format!("clearance revoke {COMPANY} {PARTY} --by a --why b --yes");
    assert_eq!(run(&world, &revoke).code, 0);
    assert_eq!(listed(&review(&world, "list --json")).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_despite_a_clearance_opens_the_match_again() {
    let world = with_ledger(vec![refusal("a", 1, 3, "app-1", &[match_reason(COMPANY, PARTY)])]).await;
    assert_eq!(clear(&world, COMPANY, "--yes").code, 0);
    let cleared = revision(&world).await.as_u64().unwrap();
    // Decided on the revision before the clearance, though later by the clock.
    let late = |seq, revision: u64| {
        let entry = refusal("b", seq, -1, "app-1", &[match_reason(COMPANY, PARTY)]);
        sealed(with(entry, "revision", json!(revision)))
    };
    put(&world, late(1, cleared - 1)).await;
    assert_eq!(listed(&review(&world, "list --json")), Vec::<String>::new());
    put(&world, late(2, cleared)).await;
    assert_eq!(listed(&review(&world, "list --json")), [format!("{COMPANY} {PARTY} refused again 3")]);
    let ran = clear(&world, COMPANY, "--yes");
    assert_eq!((ran.code, revision(&world).await), (0, json!(cleared + 1)), "{}", output(&ran));
    assert_eq!(listed(&review(&world, "list --json")), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmed_match_is_refused_on_the_next_request() {
    let world = with_ledger(vec![refusal("a", 1, 3, "app-1", &[match_reason(COMPANY, PARTY)])]).await;
    let gate = world.gate();
    let now = Timestamp::now();
    let own = invocation("sample-us-service", "opus-4-8").0;
    let other = invocation("sample-partner-utility-service", "opus-4-8").0;
    for event in [&own, &other] {
        assert_eq!(ask(&gate, event, now).await.status, 200);
    }
    let ran = confirm(&world, COMPANY, "--authority OFAC --citation cited --yes");
    assert_eq!(ran.code, 0, "{}", output(&ran));
    let mut transcript = Transcript::default();
    transcript.add("review confirm --authority OFAC --citation cited", &ran);
    let embargo = record(&world, "embargo", &format!("confirmed {COMPANY} {PARTY}")).await.unwrap();
    read::<Embargo>(&item(embargo.clone())).unwrap();
    let party = json!({"name": "Sample Widgets, Inc.", "aliases": ["Sample Widgets"], "country": "US"});
    assert_eq!((&embargo["applies_to"], &embargo["effect"]), (&json!({"parties": [party]}), &json!("prohibited")));
    let now = Timestamp::now();
    // A gate whose clock is an hour behind the operator's obeys it too.
    for clock in [now, now - jiff::SignedDuration::from_hours(1)] {
        let answered = ask(&gate, &own, clock).await;
        assert_eq!((answered.status, answered.code()), (451, "embargo.party"), "{clock}");
    }
    let answered = ask(&gate, &own, now).await;
    assert!(!answered.body.to_string().contains("sdn"), "no caller learns which entry matched: {}", answered.body);
    assert_eq!(ask(&gate, &other, now).await.status, 200, "another organisation is untouched");
    assert_eq!(listed(&review(&world, "list --json")), Vec::<String>::new());
    assert_eq!(listed(&review(&world, "list --all --json")), [format!("{COMPANY} {PARTY} confirmed 1")]);
    // The same again changes nothing, and a confirmed match can't be cleared.
    let before = revision(&world).await;
    for (line, code, ran) in [
        ("review confirm", 0, confirm(&world, COMPANY, "--yes")),
        ("review clear", 2, clear(&world, COMPANY, "--yes")),
        ("review clear --anyway", 2, clear(&world, COMPANY, "--yes --anyway")),
    ] {
        assert_eq!(ran.code, code, "{}", output(&ran));
        transcript.add(line, &ran);
    }
    transcript.assert_snapshot("review-confirm");
    assert_eq!(revision(&world).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confirming_a_person_displays_no_name() {
    let world = with_ledger(vec![refusal("a", 1, 3, "app-1", &[match_reason(PERSON, PARTY)])]).await;
    let gate = world.gate();
    let request = |person: &str| invocation("sample-us-app", "opus-4-8").person(person).0;
    assert_eq!(ask(&gate, &request("sample-foreign-employee"), Timestamp::now()).await.status, 200);
    let ran = confirm(&world, PERSON, "--yes");
    assert_eq!(ran.code, 0, "{}", output(&ran));
    assert!(ran.err.contains("+ embargo/confirmed") && !output(&ran).contains("Sample Person"), "{}", output(&ran));
    let embargo = record(&world, "embargo", &format!("confirmed {PERSON} {PARTY}")).await.unwrap();
    assert_eq!(embargo["applies_to"]["parties"], json!([{"name": "Sample Person Seven", "country": "DE"}]));
    let answered = ask(&gate, &request("sample-foreign-employee"), Timestamp::now()).await;
    assert_eq!((answered.status, answered.code()), (451, "embargo.party"));
    assert_eq!(ask(&gate, &request("sample-us-citizen"), Timestamp::now()).await.status, 200);
    let world = with_ledger(vec![refusal("a", 1, 3, "app-1", &[match_reason(PERSON, PARTY)])]).await;
    let ran = confirm(&world, PERSON, "--yes --json");
    assert!(ran.json()["revision"].is_u64() && !output(&ran).contains("Sample Person"), "{}", output(&ran));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_match_or_option_is_refused() {
    let absent = "organisation#sample-absent";
    let world = with_ledger(vec![refusal(
        "a",
        1,
        3,
        "app-1",
        &[match_reason(COMPANY, PARTY), match_reason(absent, PARTY), match_reason("person#nameless", PARTY)],
    )])
    .await;
    world.caller(json!({"id": "person#nameless", "organisation": "sample-us-company"})).await;
    let before = revision(&world).await;
    let attribution = "--by a --why b";
    let officer = "--officer o --reason r";
    let lines = [
        format!("show {COMPANY} sdn:8"),
        format!("show {COMPANY}"),
        "list --since yesterday".to_owned(),
        format!("clear {COMPANY} sdn:8 {officer} {attribution} --yes"),
        format!("clear client#a {PARTY} {officer} {attribution} --yes --anyway"),
        format!("clear {COMPANY} sdn7 {officer} {attribution} --yes --anyway"),
        format!("clear {COMPANY} {PARTY} --officer o {attribution} --yes"),
        format!("clear {COMPANY} {PARTY} {officer} --by a --yes"),
        format!("clear {COMPANY} {PARTY} {officer} {attribution} --yes --until tomorrow"),
        format!("clear {COMPANY} {PARTY} {officer} {attribution}"),
        format!("confirm {COMPANY} sdn:8 {attribution} --yes"),
        format!("confirm {absent} {PARTY} {attribution} --yes"),
        format!("confirm person#nameless {PARTY} {attribution} --yes"),
        format!("confirm {COMPANY} {PARTY} {attribution} --yes --authority UNKNOWN"),
        format!("confirm {COMPANY} {PARTY} {attribution} --yes --model a@b@c"),
        format!("confirm {COMPANY} {PARTY} {attribution}"),
    ];
    assert_commands("review-refused", 2, lines, |line| review(&world, line));
    assert_commands("review-missing-ledger", 2, ["review list --ledger-table none"], |line| run(&world, line));
    assert_eq!(revision(&world).await, before);
    // A match without a refusal can be cleared with `--anyway`.
    let ran = review(&world, &format!("clear {COMPANY} sdn:8 {officer} {attribution} --yes --anyway"));
    assert_eq!(ran.code, 0, "{}", output(&ran));
}
