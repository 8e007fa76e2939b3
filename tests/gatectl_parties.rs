//! A list's whole way, by the real binaries: imported, put in force, named by an embargo, and obeyed by a gate that is warm
//! on the very next request; rolled back; a possible match looked into and cleared; what is missing refused and told.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test says loudly what is wrong"
)]

mod gatectl;
mod world;

use export_gate_local::function::Function;
use gatectl::{Folder, Ran, gatectl, words};
use serde_json::{Value, json};
use world::events::{Rest, invocation, rest};
use world::lists::by_lists;
use world::{Answered, World, call};

const MODEL: &str = "opus-4-8";
const SAYS: &str = "--by officer-1 --why reason";
const COMPANY: &str = "organisation#sample-us-company";

/// A deployment, and one environment of its gate.
struct Way {
    world: World,
    gate: Function,
    folder: Folder,
}

impl Way {
    async fn new(name: &str) -> Self {
        let world = World::with_samples().await;
        let gate = world.function().await;
        Self { world, gate, folder: Folder::new(&format!("parties-{name}")) }
    }

    fn run(&self, line: &str) -> Ran {
        gatectl(words(&format!(
            "{line} --register-table {} --endpoint-url {}",
            self.world.tables.register,
            self.world.relay.url()
        )))
    }

    /// Runs a command that must succeed.
    fn done(&self, line: &str) -> Ran {
        let ran = self.run(line);
        assert_eq!(ran.code, 0, "{line}: {}", said(&ran));
        ran
    }

    fn review(&self, line: &str) -> Ran {
        let callers = if line.starts_with("show") { &self.world.tables.callers } else { "" };
        let callers = if callers.is_empty() { String::new() } else { format!("--callers-table {callers}") };
        self.done(&format!("review {line} --ledger-table {} {callers}", self.world.tables.ledger))
    }

    fn import(&self, edition: &str, text: &str) {
        let file = self.folder.file("own.csv", text);
        self.done(&format!("lists import own {file} --content parties --format csv --edition {edition} {SAYS}"));
    }

    fn activate(&self, edition: &str) {
        self.done(&format!("lists activate own {edition} {SAYS} --yes"));
    }

    fn issue(&self) -> Ran {
        let rule = "--effect prohibited --authority OFAC --citation sample";
        self.run(&format!("embargo issue own-list --model {MODEL} --list own {rule} {SAYS} --yes"))
    }

    async fn ask(&self, request: &Rest) -> Answered {
        call(&self.gate, &request.0).await
    }

    /// The status and the codes that a client gets.
    async fn told(&self, client: &str) -> String {
        told(&self.ask(&invocation(client, MODEL)).await)
    }

    async fn health(&self) -> Value {
        self.ask(&rest("GET", "/v1/health", "x")).await.body
    }

    /// Whom the last decision found.
    async fn found(&self) -> Vec<String> {
        let entry = self.world.ledger().await.last().unwrap().clone();
        let listed = entry["facts"]["listed"].as_array().map(Vec::as_slice).unwrap_or_default();
        listed.iter().map(|hit| hit["party"].as_str().unwrap().to_owned()).collect()
    }
}

fn told(answered: &Answered) -> String {
    [&[answered.status.to_string().as_str()], answered.codes().as_slice()].concat().join(" ")
}

fn said(ran: &Ran) -> String {
    format!("{}{}", ran.out, ran.err)
}

/// A name of 400 letters.
fn long() -> String {
    let words = [
        "amber", "birch", "copper", "dahlia", "ember", "falcon", "granite", "heather", "indigo", "jasper", "kestrel",
    ];
    let pairs = words.iter().flat_map(|one| words.iter().map(move |other| format!(" {one}{other}")));
    let name: String = std::iter::once("Sample".to_owned()).chain(pairs).collect();
    name.chars().take(400).collect()
}

/// An entry's id, how the list writes its name, and how a caller's record does.
fn spellings() -> Vec<(&'static str, String, String)> {
    let long = long();
    assert_eq!(long.chars().count(), 400);
    let row = |id, listed: &str, clean: &str| (id, listed.to_owned(), clean.to_owned());
    vec![
        row("newline", "Sample Quoted\r\nQuarry", "Sample Quoted Quarry"),
        row("comma", "\u{201c}Sample, \"\"Comma\"\"\u{201d} Tannery", "Sample Comma Tannery"),
        row("long", &long, &long.to_uppercase()),
        row("mixed", "Sample Вектор Завод", "Sample Vektor Zavod"),
        row("zero-width", "Sam\u{200b}ple Un\u{feff}seen\u{200d} Foun\u{ad}dry", "Sample Unseen Foundry"),
        row("marks", "\u{202a}Sample Sideways\u{202c} Bakery\u{200e}", "Sample Sideways Bakery"),
        row("look-alike", "Ѕаmрlе Lооkаlіkе Wоrkѕhор", "Sample Lookalike Workshop"),
        row("greek", "Sαmple Οmikrοn Μill", "Sample Omikron Mill"),
        row("wide", "Ｓａｍｐｌｅ　Ｆｕｌｌｗｉｄｔｈ　Ｂｒｅｗｅｒｙ", "Sample Fullwidth Brewery"),
        row("accents", "Sámple Dećorate\u{301}d Brêwhouse", "Sample Decorated Brewhouse"),
        row("ligature", "Sample Oﬃcial Straße Ærodrome", "Sample Official Strasse Aerodrome"),
        row("cyrillic", "ПАО «НК «Роснефть»", "PAO NK Rosneft"),
    ]
}

/// A list as Windows writes it.
fn windows(rows: impl IntoIterator<Item = String>) -> String {
    let rows: String = rows.into_iter().map(|row| format!("{row}\r\n")).collect();
    format!("\u{feff}id,name,programme\r\n{rows}")
}

fn organisation(id: &str, name: &str) -> Value {
    json!({
        "id": format!("organisation#{id}"), "name": name, "status": "active", "type": "company",
        "incorporated_in": "US", "organised_in_us": true, "headquartered_in": "US", "end_uses": ["research"],
        "verification": {"status": "verified", "until": "2036-01-01T00:00:00Z"},
    })
}

fn client(id: &str) -> Value {
    json!({"id": format!("client#{id}"), "organisation": id, "status": "active", "users": "none"})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_on_a_list_is_refused_on_the_next_request_however_the_list_is_written() {
    let way = Way::new("way").await;
    let spellings = spellings();
    for (id, _, clean) in &spellings {
        way.world.callers(vec![organisation(id, clean), client(id)]).await;
    }
    way.import("e0", &windows(["0,Unrelated Cartwright,".to_owned()]));
    way.activate("e0");
    for (id, ..) in &spellings {
        assert_eq!(way.told(id).await, "200", "{id}");
    }
    // Neither an import nor an edition in force holds anybody before an embargo names the list.
    let rows = spellings.iter().map(|(id, listed, _)| format!("{id},\"{listed}\","));
    way.import("e1", &windows(rows));
    assert_eq!(way.told("newline").await, "200");
    way.activate("e1");
    assert_eq!((way.told("newline").await, &way.health().await["lists"]), ("200".into(), &json!({"own": "e1"})));
    assert_eq!(way.issue().code, 0);
    for (id, listed, clean) in &spellings {
        assert_eq!(way.told(id).await, "403 party.review", "{id}, written as {clean}");
        assert_eq!(way.found().await, [format!("own:{id}")], "{id}, written as {clean}");
        way.world.caller(organisation(id, &listed.replace("\"\"", "\""))).await;
        assert_eq!(way.told(id).await, "403 party.review", "{id}, written as the list has it");
        assert_eq!(way.found().await, [format!("own:{id}")], "{id}, written as the list has it");
    }
    // Nobody else is, nor is any other model.
    assert_eq!(way.told("sample-partner-utility-service").await, "200");
    assert_eq!(told(&way.ask(&invocation("newline", "fable-5")).await), "200");
    // Back and forth, each on the next request.
    for expected in ["200", "403 party.review", "200"] {
        way.done(&format!("lists rollback own {SAYS} --yes"));
        assert_eq!(way.told("newline").await, expected);
        assert_eq!(way.told("cyrillic").await, expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_held_up_is_cleared_until_the_entry_or_the_name_changes() {
    let way = Way::new("cleared").await;
    let row = |programme: &str| format!("7,Sample Widgets,{programme}");
    way.import("e1", &windows([row("")]));
    way.activate("e1");
    assert_eq!(way.issue().code, 0);
    let held_up = |told: String| assert_eq!(told, "403 party.review");
    held_up(way.told("sample-us-service").await);
    held_up(way.told("sample-us-service").await);
    let queue = way.review("list --json").json()["queue"].clone();
    let first = &queue[0];
    assert_eq!(
        (queue.as_array().unwrap().len(), &first["subject"], &first["party"], &first["state"], &first["times"]),
        (1, &json!(COMPANY), &json!("own:7"), &json!("open"), &json!(2))
    );
    let shown = way.review(&format!("show {COMPANY} own:7"));
    for part in ["Sample Widgets, Inc.", "own:7, in the edition e1", "2 refusals"] {
        assert!(shown.out.contains(part), "`{part}` in {}", shown.out);
    }
    let clear = format!("clear {COMPANY} own:7 --officer officer-1 --reason reason {SAYS} --yes");
    way.review(&clear);
    assert_eq!(way.told("sample-us-service").await, "200");
    assert_eq!(way.review("list").out, "Nobody is held up.\n");

    // Another edition that says the same of the entry changes nothing; one that says something else does.
    way.import("e2", &windows([row(""), "8,Unrelated Cartwright,".to_owned()]));
    way.activate("e2");
    assert_eq!(way.told("sample-us-service").await, "200");
    way.import("e3", &windows([row("SAMPLE"), "8,Unrelated Cartwright,".to_owned()]));
    way.activate("e3");
    held_up(way.told("sample-us-service").await);
    assert_eq!(way.review("list --json").json()["queue"][0]["party"], "own:7");
    way.review(&format!("{clear} --replace"));
    assert_eq!(way.told("sample-us-service").await, "200");

    // And so does the caller's own name.
    way.world.caller(organisation("sample-us-company", "Sample Widget, Inc.")).await;
    held_up(way.told("sample-us-service").await);
    way.review(&format!("{clear} --replace"));
    assert_eq!(way.told("sample-us-service").await, "200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embargo_by_a_list_that_is_not_there_refuses_by_503_and_everybody_says_why() {
    let way = Way::new("absent").await;
    assert_eq!(way.told("sample-partner-utility-service").await, "200");
    let why = "it names the list `own`, which is no list of parties in force";
    let issued = way.issue();
    assert!(issued.code == 1 && said(&issued).contains(why), "{}", said(&issued));
    assert_eq!(way.told("sample-partner-utility-service").await, "200");

    // Written all the same, by another hand.
    way.world.register(vec![by_lists("own-list", MODEL, &["own"])]).await;
    assert_eq!(way.told("sample-partner-utility-service").await, "503 register.unavailable");
    let ran = way.run("embargo list");
    let told_of = format!("The gate can't rely on `embargo/own-list`: {why}");
    assert!(ran.code == 1 && ran.out.contains(&told_of), "{}", said(&ran));
    assert_eq!(told(&way.ask(&invocation("sample-partner-utility-service", "fable-5")).await), "200");
    assert_eq!(way.health().await["unreadable"], json!([{"kind": "embargo", "id": "own-list"}]));
    way.import("e1", &windows(["7,Sample Widgets,".to_owned()]));
    assert_eq!(way.told("sample-partner-utility-service").await, "503 register.unavailable");
    way.activate("e1");
    assert_eq!(way.told("sample-partner-utility-service").await, "200");
    assert_eq!(way.told("sample-us-service").await, "403 party.review");
    assert_eq!(way.health().await["unreadable"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edition_without_one_of_its_chunks_is_not_put_in_force() {
    let way = Way::new("chunks").await;
    way.import("e1", &windows(["0,Unrelated Cartwright,".to_owned()]));
    way.activate("e1");
    assert_eq!(way.issue().code, 0);
    assert_eq!(way.told("sample-us-service").await, "200");
    way.import("e2", &windows(["7,Sample Widgets,".to_owned()]));
    way.world.lose_chunk("own", "e2", 1).await;
    let ran = way.run(&format!("lists activate own e2 {SAYS} --yes"));
    let says = "the edition `e2` of `own` is not whole: chunk 1 of 1 is missing; import it again under another name";
    assert!(ran.code == 1 && said(&ran).contains(says), "{}", said(&ran));
    assert_eq!(way.told("sample-us-service").await, "200");
    assert_eq!((&way.health().await["lists"], &way.health().await["unreadable"]), (&json!({"own": "e1"}), &json!([])));

    // One that is lost once it is in force: whoever has it in memory goes on, a gate that starts now can't.
    way.import("e3", &windows(["7,Sample Widgets,".to_owned()]));
    way.activate("e3");
    assert_eq!(way.told("sample-us-service").await, "403 party.review");
    way.world.lose_chunk("own", "e3", 1).await;
    assert_eq!(way.told("sample-us-service").await, "403 party.review");
    let cold = way.world.function().await;
    let unlisted = call(&cold, &invocation("sample-partner-utility-service", MODEL).0).await;
    assert_eq!(told(&unlisted), "503 register.unavailable");
    let health = call(&cold, &rest("GET", "/v1/health", "x").0).await.body;
    assert_eq!((&health["unreadable"], &health["lists"]), (&json!([{"kind": "list", "id": "own"}]), &json!({})));
    let status = way.run("lists status");
    assert!(status.code == 1 && said(&status).contains("chunk 1 of 1 is missing"), "{}", said(&status));
}
