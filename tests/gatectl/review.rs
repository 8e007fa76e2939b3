//! `gatectl review`: the queue of potential matches and the decisions on them, against real tables.

use crate::command::{Folder, Ran, gatectl, words};
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

/// An entry that bears its hash: a refusal by these reasons, so many hours ago.
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

/// A deployment with the samples, and these entries in its ledger.
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

/// `gatectl review LINE`, by these tables.
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
    assert!(
        ran.out.contains("waited") && ran.out.contains(PERSON) && !ran.out.contains("Sample Person"),
        "{}",
        ran.out
    );
    let ran = review(&world, &format!("show {COMPANY} {PARTY}"));
    assert_eq!(ran.code, 0, "{}", output(&ran));
    let order: Vec<usize> = ["a-1", "b-1", "a-2"].map(|id| ran.out.find(id).unwrap()).into();
    assert!(order.is_sorted() && ran.out.contains("3 refusals") && ran.out.contains("app-2"), "{}", ran.out);
    let empty = World::with_samples().await;
    assert_eq!(review(&empty, "list").out, "The queue is empty.\n");
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
    for part in [
        "compared: 0123456789abcdef0123456789abcdef",
        "organisation#sample-us-company, by its record\n",
        "  name  Sample Widgets, Inc.\n",
        "  incorporated_in  US\n",
        "own:7, in the edition e1\n",
        "  aliases  Widgets of Sample\n",
        "  weak_aliases  SW\n",
        "  programme  NPWMD\n",
        "  citation  31 CFR 544\n",
        "itself, by the listed name Sample Widgets\n",
    ] {
        assert!(ran.out.contains(part), "`{part}` in {}", ran.out);
    }
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
    let ran = review(&world, &format!("show {COMPANY} own:none"));
    assert!(ran.code == 0 && ran.out.contains("own:none is not in the edition e1"), "{}", output(&ran));
    // The clearance is bound to the reviewed comparison.
    let ran = review(&world, &format!("clear {COMPANY} {party} --officer o --reason r {attribution} --yes"));
    assert!(ran.code == 0 && ran.out.contains("until the subject's names or the entry change"), "{}", output(&ran));
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
    let ran = review(&world, &format!("show {COMPANY} {party}"));
    let expected = "the edition `e1` of `own` can't be read: chunk 1 of 1 is missing";
    assert!(ran.code == 1 && ran.out.contains(expected), "{}", output(&ran));
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
    for part in ["parties:letter, as the embargo names it", "Sample Wigets", "itself, by the listed name sample wigets"]
    {
        assert!(ran.out.contains(part), "`{part}` in {}", ran.out);
    }
    let before = revision(&world).await;
    let ran = review(&world, &format!("confirm {COMPANY} parties:letter --by a --why b --yes"));
    assert!(ran.code == 2 && output(&ran).contains("gatectl embargo issue 'letter' --replace"), "{}", output(&ran));
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
    // the entry, part of its fault
    let cases = [
        (with(good.clone(), "client", json!("app-9")), "the entry `a-1` does not match its hash"),
        (with(good.clone(), "at", json!(render_time(Timestamp::now()))), "does not match its hash"),
        (
            refusal("a", 1, 3, "app-1", &[json!({"code": "party.review", "subject": COMPANY})]),
            "without `subject` or `party`",
        ),
        (sealed(with(good.clone(), "decision_id", json!(7))), "not a ledger entry"),
    ];
    for (entry, expected) in cases {
        let world = with_ledger(vec![entry]).await;
        let ran = review(&world, "list --json");
        assert_eq!((ran.code, listed(&ran)), (1, vec![]), "{expected}: {}", output(&ran));
        assert!(ran.json()["unread"][0].as_str().unwrap().contains(expected), "{expected}: {}", ran.out);
        let before = revision(&world).await;
        let ran = clear(&world, COMPANY, "--yes");
        assert!(ran.code == 2 && ran.out.contains("as far as the ledger can be read"), "{}", output(&ran));
        assert_eq!(revision(&world).await, before);
    }
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
    assert!(
        ran.out.contains(&format!("`{COMPANY}` is not `{PARTY}`, from the gate's next request on.")),
        "{}",
        ran.out
    );
    assert!(ran.err.contains("+ clearance/") && ran.err.contains("officer  officer-1"), "{}", ran.err);
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
    let ran = review(&world, &format!("show {COMPANY} {PARTY}"));
    assert!(ran.out.contains("cleared") && ran.out.contains("by officer-2"), "{}", ran.out);
    // The same again changes nothing, other content needs `--replace`, and a cleared match can't be confirmed.
    let before = revision(&world).await;
    let ran = clear(&world, COMPANY, "--yes");
    assert!(ran.code == 2 && ran.out.contains("pass `--replace`"), "{}", output(&ran));
    let ran = clear(&world, COMPANY, "--yes --until 9999-01-01T00:00:00Z");
    assert!(ran.code == 0 && ran.out.contains("cleared of `sdn:7` already"), "{}", output(&ran));
    let ran = confirm(&world, COMPANY, "--yes");
    assert!(ran.code == 2 && ran.out.contains("revoke that first, gatectl clearance revoke"), "{}", output(&ran));
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
    assert!(ran.out.contains("is refused any model from the gate's next request on"), "{}", ran.out);
    assert!(ran.err.contains("Sample Widgets, Inc."), "an organisation's name is shown: {}", ran.err);
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
    let ran = confirm(&world, COMPANY, "--yes");
    assert!(ran.code == 0 && ran.out.contains("already"), "{}", output(&ran));
    for more in ["--yes", "--yes --anyway"] {
        let ran = clear(&world, COMPANY, more);
        assert!(ran.code == 2 && ran.out.contains("end that embargo first, gatectl embargo end"), "{}", output(&ran));
    }
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
    // line, exit code, part of the output
    let cases = [
        (format!("show {COMPANY} sdn:8"), 2, format!("`{COMPANY}` was not refused as a potential match with `sdn:8`")),
        (format!("show {COMPANY}"), 2, "<PARTY>".into()),
        ("list --since yesterday".into(), 2, "expected a time in UTC".into()),
        (format!("clear {COMPANY} sdn:8 {officer} {attribution} --yes"), 2, "pass `--anyway`".into()),
        (
            format!("clear client#a {PARTY} {officer} {attribution} --yes --anyway"),
            2,
            "subject: expected `organisation#…`".into(),
        ),
        (
            format!("clear {COMPANY} sdn7 {officer} {attribution} --yes --anyway"),
            2,
            "party: expected `list:entry`".into(),
        ),
        (format!("clear {COMPANY} {PARTY} --officer o {attribution} --yes"), 2, "--reason <TEXT>".into()),
        (format!("clear {COMPANY} {PARTY} {officer} --by a --yes"), 2, "--why <TEXT>".into()),
        (format!("clear {COMPANY} {PARTY} {officer} {attribution} --yes --until tomorrow"), 2, "RFC 3339".into()),
        (format!("clear {COMPANY} {PARTY} {officer} {attribution}"), 2, "pass `--yes`".into()),
        (format!("confirm {COMPANY} sdn:8 {attribution} --yes"), 2, "was not refused as a potential match".into()),
        (
            format!("confirm {absent} {PARTY} {attribution} --yes"),
            2,
            "there is no caller `organisation#sample-absent`".into(),
        ),
        (
            format!("confirm person#nameless {PARTY} {attribution} --yes"),
            2,
            "has no name in the callers' records".into(),
        ),
        (
            format!("confirm {COMPANY} {PARTY} {attribution} --yes --authority NOBODY"),
            2,
            "authority: expected one of `BIS`".into(),
        ),
        (format!("confirm {COMPANY} {PARTY} {attribution} --yes --model a@b@c"), 2, "--model".into()),
        (format!("confirm {COMPANY} {PARTY} {attribution}"), 2, "pass `--yes`".into()),
    ];
    for (line, code, expected) in cases {
        let ran = review(&world, &line);
        assert_eq!(ran.code, code, "{line}: {}", output(&ran));
        assert!(output(&ran).contains(&expected), "{line}: `{expected}` in {}", output(&ran));
    }
    let ran = run(&world, "review list --ledger-table none");
    assert!(ran.code == 2 && ran.err.contains("the ledger `none` could not be read"), "{}", output(&ran));
    assert_eq!(revision(&world).await, before);
    // A match without a refusal can be cleared with `--anyway`.
    let ran = review(&world, &format!("clear {COMPANY} sdn:8 {officer} {attribution} --yes --anyway"));
    assert_eq!(ran.code, 0, "{}", output(&ran));
}
