//! `gatectl report`: a period as one page, with the same figures as CSV and JSON.

use std::path::Path;

use crate::command::{Folder, Ran, assert_commands, assert_snapshot, gatectl, words};
use crate::world::{World, item};
use export_gate::digest::{canonical, digest};
use serde_json::{Value, json};

const JUNE: &str = "--from 2026-06-01T00:00:00Z --to 2026-07-01T00:00:00Z";
/// A name that a browser must not run.
const SCRIPT: &str = "<script>alert(1)</script>";

/// A register with a letter, an exemption and their end, each a separate change.
async fn register() -> World {
    let world = World::empty().await;
    let letter = |at: &str, more: Value| {
        with(
            json!({"kind": "embargo", "id": "letter", "models": ["mythos-5", "fable-5"], "applies_to": {"foreign_persons": true},
                   "effect": "licence_required", "authority": "BIS", "citation": "15 CFR 744.22(b)", "at": at, "by": "officer-1"}),
            more,
        )
    };
    let exemption = |at: &str, more: Value| {
        with(
            json!({"kind": "licence", "id": "exemption", "authority": "BIS", "reference": "E-1", "type": "exemption",
                   "models": ["mythos-5"], "licensees": ["o-1"], "persons": "any", "embargoes": ["letter"], "at": at}),
            more,
        )
    };
    world.register(vec![letter("2026-06-12T21:21:00Z", json!({}))]).await;
    world.register(vec![exemption("2026-06-26T16:00:00Z", json!({"quota": {"requests": 1000}}))]).await;
    world.register(vec![letter("2026-06-30T16:00:00Z", json!({"until": "2026-06-30T16:00:00Z"}))]).await;
    let old = json!({"kind": "embargo", "id": "older", "models": ["*"], "applies_to": {"destinations": ["KP"]},
                     "effect": "prohibited", "authority": "OFAC", "citation": "31 CFR 510", "at": "2026-01-01T00:00:00Z"});
    let list = json!({"kind": "list", "id": "entities", "content": "parties", "edition": "2026-06-20", "entries": 20_000,
                      "chunks": 1, "sha256": "0".repeat(64), "published": "2026-06-20", "at": "2026-06-21T08:00:00Z"});
    let clearance = json!({"kind": "clearance", "id": "cleared", "subject": "organisation#o-3", "party": "entities:77",
                           "reason": "another company", "officer": "officer-1", "at": "2026-06-16T10:30:00Z"});
    let confirmed = json!({"kind": "embargo", "id": "confirmed person#person-secret entities:78", "models": ["*"],
        "applies_to": {"parties": [{"name": "name-secret"}]}, "effect": "prohibited", "authority": "BIS",
        "citation": "15 CFR 744.11", "at": "2026-06-18T09:00:00Z", "by": "officer-1"});
    world.register(vec![old, list, clearance, confirmed]).await;
    let leased = json!({"licence": "exemption", "model": "*", "leased": 250});
    world.dynamodb.put_item().table_name(&world.tables.usage).set_item(Some(item(leased))).send().await.unwrap();
    world
}

fn with(mut value: Value, more: Value) -> Value {
    for (name, new) in more.as_object().unwrap() {
        value[name] = new.clone();
    }
    value
}

/// A chain of entries for an archive.
#[derive(Default)]
struct Chain {
    entries: Vec<Value>,
}

impl Chain {
    fn add(&mut self, at: &str, kind: &str, reasons: Value, more: Value) {
        let seq = self.entries.len() + 1;
        let prev =
            self.entries.last().map_or_else(|| "0".repeat(64), |entry| entry["hash"].as_str().unwrap().to_owned());
        let is_permit = reasons == json!([]) && kind != "completion";
        let bare = json!({
            "chain": "0123456789abcdef0123456789abcdef", "seq": seq, "prev": prev, "at": at, "kind": kind,
            "decision_id": format!("0123456789abcdef0123456789abcdef-{seq}"), "reasons": reasons,
            "outcome": if is_permit { "permit" } else { "refuse" }, "status": if is_permit { 200 } else { 451 },
            "client": "client-secret", "organisation": "o-1", "person": "person-secret", "source_ip": "192.0.2.99",
            "model": "mythos-5@1", "destination": {"country": "DE"}, "licences": [], "embargoes": [], "revision": 1,
            "lists": [], "facts": {}, "request_sha256": "0".repeat(64),
        });
        let mut entry = with(bare, more);
        entry["hash"] = json!(digest(&entry));
        self.entries.push(entry);
    }

    fn lines(&self) -> String {
        self.entries.iter().map(|entry| canonical(entry) + "\n").collect()
    }
}

fn refused() -> Value {
    json!([{"code": "embargo.foreign-person", "authority": "BIS", "citation": "15 CFR 744.22(b)", "embargo": "letter@1"},
           {"code": "licence.missing", "authority": "BIS", "citation": "15 CFR 744.22(b)", "embargo": "letter@1"}])
}

fn review(subject: &str, party: &str) -> Value {
    json!([{"code": "party.review", "subject": subject, "party": party}])
}

/// The days of the letter, with an entry for each figure of the report.
fn june() -> Chain {
    let mut chain = Chain::default();
    let on = |day: &str, time: &str| format!("2026-{day}T{time}Z");
    chain.add(&on("05-31", "23:59:59.999"), "invocation", json!([]), json!({}));
    let city = json!({"source": "mmdb", "edition": "GeoIP2-City 2026-04-30", "date": "2026-04-30", "country": "DE"});
    let facts = json!({"location": {"source": "mmdb", "edition": "GeoIP2-City 2026-04-30"}, "signals": [city]});
    chain.add(&on("06-01", "00:00:00.000"), "invocation", json!([]), json!({"facts": facts}));
    chain.add(&on("06-12", "21:21:01.500"), "invocation", refused(), json!({"organisation": "o-2"}));
    chain.add(&on("06-12", "21:21:02.000"), "invocation", refused(), json!({}));
    chain.add(&on("06-15", "08:00:00.000"), "screening", refused(), json!({}));
    chain.add(
        &on("06-16", "08:00:00.000"),
        "invocation",
        review("organisation#o-3", "entities:77"),
        json!({"organisation": "o-3", "lists": ["entities@2026-06-20"]}),
    );
    chain.add(
        &on("06-16", "09:00:00.000"),
        "invocation",
        review("organisation#o-3", "entities:77"),
        json!({"organisation": "o-3", "lists": ["entities@2026-05-01"]}),
    );
    chain.add(
        &on("06-17", "09:00:00.000"),
        "invocation",
        review("person#person-secret", "entities:78"),
        json!({"destination": {"country": "UA", "region": "UA-43"}}),
    );
    chain.add(&on("06-18", "09:00:00.000"), "invocation", review("person#person-secret", "entities:79"), json!({}));
    chain.add(&on("06-26", "16:00:04.000"), "invocation", json!([]), json!({"licences": ["exemption@2"]}));
    chain.add(
        &on("06-26", "16:00:05.000"),
        "completion",
        json!([{"code": "model.timeout"}]),
        json!({"licences": ["exemption@2"], "status": 504, "of": "x"}),
    );
    chain.add(
        &on("06-27", "12:00:00.000"),
        "invocation",
        json!([{"code": "model.unknown"}]),
        json!({"model": SCRIPT, "status": 404, "destination": null}),
    );
    chain.add(
        &on("06-28", "12:00:00.000"),
        "invocation",
        json!([{"code": "model.unknown"}]),
        json!({"model": "x".repeat(400), "status": 404}),
    );
    chain.add(&on("06-30", "16:00:00.800"), "invocation", json!([]), json!({"organisation": "o-9"}));
    chain.add(&on("06-30", "16:00:02.000"), "invocation", json!([]), json!({"organisation": "o-2"}));
    chain.add(&on("07-01", "00:00:00.000"), "invocation", json!([]), json!({}));
    chain
}

/// Runs the command over an archive.
fn report(world: &World, folder: &Folder, more: &str) -> Ran {
    let path = folder.path();
    gatectl(words(&format!(
        "report --ledger {path}/ledger --register-table {} --usage-table {} --endpoint-url {} --out {path}/report.html {more}",
        world.tables.register,
        world.tables.usage,
        world.relay.url(),
    )))
}

/// The headings and paragraphs of a page.
fn sentences(page: &str) -> String {
    let mut text = String::new();
    for tag in ["h1", "h2", "p"] {
        for part in page.split(&format!("<{tag}")).skip(1) {
            let (part, _) = part.split_once(&format!("</{tag}>")).unwrap_or((part, ""));
            let bare: String = part.split('<').filter_map(|part| part.split_once('>').map(|(_, text)| text)).collect();
            text += &format!("{tag}: {}\n", bare.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    text
}

fn read(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(Path::new(&folder.path()).join(name)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_match_the_entries() {
    let (world, folder) = (register().await, Folder::new("report-figures"));
    folder.file("ledger/2026/06.jsonl", june().lines());
    // An archive can contain an entry twice.
    folder.file("ledger/2026/06-again.jsonl", canonical(&june().entries[3]) + "\n");
    folder.file(
        "seals/1.json",
        json!({"at": "2026-06-20T00:00:00Z", "entries": 7, "root": "r", "key": "k", "heads": [{}]}).to_string(),
    );
    let seals = format!("{JUNE} --json --by auditor-1 --seals {}/seals --csv {}/csv", folder.path(), folder.path());
    let ran = report(&world, &folder, &seals);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let json = ran.json();
    let figures = &json["figures"];
    assert_eq!(
        (json["report"]["entries"].clone(), json["report"]["counted_once_of_several"].clone()),
        (json!(14), json!(1))
    );

    let days = figures["decisions-by-day"].as_array().unwrap();
    assert_eq!(
        (days.len(), days[0]["day"].clone(), days[29]["day"].clone()),
        (30, json!("2026-06-01"), json!("2026-06-30"))
    );
    let day = |day: usize| days[day - 1].clone();
    let expected = json!({"day": "2026-06-12", "decisions": 2, "permitted": 0, "refused": 2, "without_answer": 0,
                          "screenings_permitted": 0, "screenings_refused": 0});
    assert_eq!(day(12), expected);
    assert_eq!((day(15)["screenings_refused"].clone(), day(15)["decisions"].clone()), (json!(1), json!(0)));
    assert_eq!((day(26)["permitted"].clone(), day(26)["without_answer"].clone()), (json!(1), json!(1)));

    let code = |code: &str| {
        figures["refusals-by-code"].as_array().unwrap().iter().find(|row| row["code"] == code).cloned().unwrap()
    };
    assert_eq!(
        code("licence.missing"),
        json!({"code": "licence.missing", "refusals": 2, "percent_of_refusals": 25.0, "told_first": 0})
    );
    assert_eq!(code("party.review")["told_first"], 4);
    assert_eq!(
        figures["refusals-by-destination"][2],
        json!({"destination": "UA-43", "refused": 1, "permitted": 0, "percent_refused": 100.0})
    );
    assert_eq!(figures["refusals-by-destination"][1]["destination"], "?");
    assert_eq!(
        figures["permits-without-answer"],
        json!([{"status": "504", "code": "model.timeout", "completions": 1, "percent": 100.0}])
    );

    let directive = json!({
        "embargo": "letter", "citation": "BIS 15 CFR 744.22(b)", "effect": "licence_required", "changes": 1, "refusals": 2,
        "recorded": "2026-06-12T21:21:00.000Z", "in_force": "2026-06-12T21:21:00.000Z", "ended": "2026-06-30T16:00:00.000Z",
        "first_refusal": "2026-06-12T21:21:01.500Z", "seconds_to_first_refusal": 1.5,
        "first_permit": "2026-06-30T16:00:02.000Z", "seconds_to_first_permit": 2.0,
    });
    assert_eq!((figures["directives"][0].clone(), figures["directives"].as_array().unwrap().len()), (directive, 2));
    assert_eq!(figures["directives"][1]["embargo"], "confirmed, a person and entities:78");
    let licence = json!({"licence": "exemption", "reference": "BIS E-1", "permits": 1, "without_answer": 1, "quota": 1000, "leased": 250,
        "in_force": "2026-06-26T16:00:00.000Z", "first_permit": "2026-06-26T16:00:04.000Z", "percent_leased": 25.0});
    assert_eq!(figures["licences"], json!([licence]));
    let reviews = figures["reviews"].as_array().unwrap();
    let expected = json!({"subject": "organisation#o-3", "party": "entities:77", "first_refusal": "2026-06-16T08:00:00.000Z", "refusals": 2,
        "state": "cleared", "decided": "2026-06-16T10:30:00.000Z", "seconds_waited": 9000.0});
    assert_eq!((reviews[0].clone(), reviews[1]["state"].clone()), (expected, json!("confirmed")));
    assert_eq!(reviews[2]["state"], "open");
    assert_eq!(figures["lists"][0]["decisions"], 1);
    assert_eq!(
        figures["lists"][1],
        json!({"edition": "entities@2026-05-01", "state": "no longer", "content": null, "published": null,
        "age_seconds": null, "activated": null, "entries": null, "decisions": 1})
    );
    assert_eq!(
        figures["databases"],
        json!([{"database": "GeoIP2-City", "made": "2026-04-30", "age_days": 32, "last_used": "2026-06-01T00:00:00.000Z",
        "limit_days": 30, "decisions": 1}])
    );
    assert_eq!(figures["seals"][0]["entries"], 7);

    let csv = read(&folder, "csv/directives.csv");
    assert!(csv.contains("letter,BIS 15 CFR 744.22(b),licence_required,2026-06-12T21:21:00.000Z"), "{csv}");
    assert_eq!(
        std::fs::read_dir(Path::new(&folder.path()).join("csv")).unwrap().count(),
        figures.as_object().unwrap().len()
    );
    // The page has the times and the method of each figure.
    let page = read(&folder, "report.html");
    for figure in ["auditor-1", "1.500 s", "2.000 s", "median 2 h 30 min, longest 1 d"] {
        assert!(page.contains(figure), "{figure}");
    }
    assert_eq!(page.matches("How this was counted.").count(), figures.as_object().unwrap().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_has_no_persons_and_escapes_names() {
    let (world, folder) = (register().await, Folder::new("report-page"));
    folder.file("ledger/06.jsonl", june().lines());
    let ran = report(&world, &folder, &format!("{JUNE} --json --csv {}/csv", folder.path()));
    let page = read(&folder, "report.html");
    let csv = read(&folder, "csv/refusals-by-model.csv") + &read(&folder, "csv/reviews.csv");
    for secret in ["person-secret", "name-secret", "client-secret", "192.0.2.99", "officer-1"] {
        assert!(![&page, &ran.out, &csv].iter().any(|text| text.contains(secret)), "{secret}");
    }
    assert!(!page.contains("<script") && page.contains("&#60;script&#62;alert(1)&#60;/script&#62;"), "{page}");
    assert!(csv.contains(SCRIPT));
    for elsewhere in ["http:", "https:", "url(http", "@import", " src=", "style=\""] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    assert!(page.contains("default-src &#39;none&#39;; style-src &#39;sha256-"), "the policy");
}

#[tokio::test(flavor = "multi_thread")]
async fn table_and_archive_give_the_same_report() {
    let (world, folder) = (register().await, Folder::new("report-table"));
    folder.file("ledger/06.jsonl", june().lines());
    for entry in june().entries {
        let mut entry = entry;
        if entry["destination"].is_null() {
            entry.as_object_mut().unwrap().remove("destination");
            entry.as_object_mut().unwrap().remove("hash");
            entry["hash"] = json!(digest(&entry));
        }
        world.dynamodb.put_item().table_name(&world.tables.ledger).set_item(Some(item(entry))).send().await.unwrap();
    }
    let of_archive = report(&world, &folder, &format!("{JUNE} --json")).json();
    let of_table = gatectl(words(&format!(
        "report --ledger-table {} --register-table {} --usage-table {} --endpoint-url {} --out {}/table.html {JUNE} --json",
        world.tables.ledger,
        world.tables.register,
        world.tables.usage,
        world.relay.url(),
        folder.path()
    )));
    let mut of_table = of_table.json();
    let ages = |json: &mut Value| json["figures"]["lists"][0]["age_seconds"] = json!(0);
    let mut of_archive = of_archive;
    ages(&mut of_table);
    ages(&mut of_archive);
    let waits = |json: &mut Value| json["figures"]["reviews"][2]["seconds_waited"] = json!(0);
    waits(&mut of_table);
    waits(&mut of_archive);
    assert_eq!(of_table["figures"], of_archive["figures"]);
    assert_eq!(of_table["report"]["sources"]["ledger"], json!(world.tables.ledger));
}

#[tokio::test(flavor = "multi_thread")]
async fn unverified_and_unreadable_entries_are_reported() {
    let (world, folder) = (register().await, Folder::new("report-faults"));
    let mut chain = june();
    chain.entries[3]["organisation"] = json!("changed");
    folder.file("ledger/06.jsonl", chain.lines() + "no JSON\n{}\n");
    folder.file("ledger/notes.txt", "");
    let ran = report(&world, &folder, JUNE);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert_snapshot("report-unverified-entries", &ran.out);
    let page = read(&folder, "report.html");
    assert_snapshot("report-unverified-entries-page", &sentences(&page));
    let json = report(&world, &folder, &format!("{JUNE} --json")).json();
    assert_eq!(
        (json["report"]["without_their_hash"]["count"].clone(), json["report"]["entries"].clone()),
        (json!(1), json!(14))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_period_is_reported() {
    let (world, folder) = (register().await, Folder::new("report-empty"));
    folder.file("ledger/06.jsonl", june().lines());
    let ran = report(&world, &folder, "--from 2026-08-01T00:00:00Z --to 2026-08-03T00:00:00Z --json");
    assert_eq!((ran.code, ran.json()["figures"]["decisions-by-day"].as_array().unwrap().len()), (0, 2));
    let page = read(&folder, "report.html");
    assert_snapshot("report-empty-period", &sentences(&page));
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_input_is_refused_and_no_file_is_written() {
    let (world, folder) = (register().await, Folder::new("report-bad"));
    let path = folder.path();
    folder.file("ledger/06.jsonl", june().lines());
    let plain = folder.file("plain", "");
    std::fs::create_dir(format!("{path}/taken.html")).unwrap();
    let all = |ledger: &str, register: &str, out: &str, more: &str| {
        let url = world.relay.url();
        format!("report --ledger {ledger} --register-table {register} --endpoint-url {url} --out {out} {more}")
    };
    let (ledger, register, out) =
        (format!("{path}/ledger"), world.tables.register.clone(), format!("{path}/report.html"));
    let lines = [
        all(&ledger, &register, &out, "--from 2026-07-01T00:00:00Z --to 2026-07-01T00:00:00Z"),
        all(&ledger, &register, &out, "--from 2020-07-01T00:00:00Z --to 2026-07-01T00:00:00Z"),
        all(&ledger, &register, &out, "--from 2026-07-01 --to 2026-07-02T00:00:00Z"),
        all(&ledger, &register, &out, "--to 2026-07-01T00:00:00Z"),
        all(&format!("{path}/none"), &register, &out, JUNE),
        all(&ledger, "no-table", &out, JUNE),
        all(&ledger, &register, &out, &format!("{JUNE} --usage-table no-table")),
        all(&ledger, &register, &out, &format!("{JUNE} --seals {path}/none")),
        all(&ledger, &register, &format!("{path}/none/report.html"), JUNE),
        all(&ledger, &register, &format!("{path}/taken.html"), JUNE),
        all(&ledger, &register, "/dev/null", JUNE),
        all(&ledger, &register, &out, &format!("{JUNE} --csv {plain}")),
        all(&ledger, &register, &format!("{plain}/report.html"), JUNE),
        all(&ledger, &register, &out, &format!("{JUNE} --by")),
    ];
    assert_commands("report-refused", 2, lines, |line| {
        let ran = gatectl(words(line));
        assert_eq!(ran.out, "", "{line}");
        let mut left: Vec<_> = std::fs::read_dir(&path).unwrap().map(|file| file.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["ledger", "plain", "taken.html"], "{line}");
        ran
    });
}

/// A month of many decisions, with names that could break the page.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium: make test-browser"]
async fn a_browser_shows_the_page_without_errors() {
    let (world, folder) = (register().await, Folder::new("report-browser"));
    let mut chain = june();
    let countries = ["US", "DE", "FR", "GB", "JP", "KR", "IN", "BR", "CA", "AU", "NL", "PL", "SG", "IR", "CU"];
    for number in 0..3_000_usize {
        // A fixed, even distribution.
        let (day, hash) = (number % 30 + 1, number * 7_919 % 1_009);
        let at = format!("2026-06-{day:02}T{:02}:{:02}:{:02}.000Z", hash % 24, hash % 60, number % 60);
        let reasons = match hash {
            _ if (12..=30).contains(&day) && hash % 4 == 0 => refused(),
            0..40 => json!([{"code": "identity.unknown"}]),
            40..90 => json!([{"code": "destination.unknown"}]),
            _ => json!([]),
        };
        let kind = if hash % 17 == 0 { "screening" } else { "invocation" };
        let model = ["mythos-5@1", "fable-5@1", "opus-4-8@1"][hash % 3];
        let organisation = format!("o-{}", hash % 40);
        chain.add(
            &at,
            kind,
            reasons,
            json!({"model": model, "organisation": organisation, "destination": {"country": countries[hash % 15]}}),
        );
    }
    folder.file("ledger/06.jsonl", chain.lines() + "not JSON: \n");
    let seal = json!({"at": "2026-06-20T00:00:00Z", "entries": 2048, "root": "ab".repeat(32), "key": "cd".repeat(32), "heads": [{}]});
    folder.file("seals/2026-06-20.json", seal.to_string());
    let long = json!({"kind": "embargo", "id": format!("{SCRIPT}{}", "y".repeat(300)), "models": ["*"], "applies_to": {"everyone": true},
                      "effect": "observed", "authority": "OPERATOR", "citation": "z".repeat(300), "at": "2026-06-03T00:00:00Z"});
    world.register(vec![long]).await;
    let ran = report(&world, &folder, &format!("{JUNE} --by auditor-1 --seals {}/seals", folder.path()));
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/browser/report.py");
    let mut python = std::process::Command::new("python3");
    let python = python.arg(script).arg(Path::new(&folder.path()).join("report.html"));
    let checked = python.args(std::env::var_os("SCREENSHOTS").as_slice()).output().unwrap();
    let output = String::from_utf8_lossy(&checked.stdout).into_owned() + &String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{output}");
}
