//! A list from its file to the next request: imported, activated, screened, reviewed, rolled back.

use crate::command::{Folder, Ran, assert_snapshot, gatectl};
use crate::world::events::{invocation, rest};
use crate::world::{World, ask};
use export_gate::gate::Gate;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Runs a command on the world's tables; `|` stands between its words.
fn run(world: &World, line: &str) -> Ran {
    let table = match line.split('|').next() {
        Some("caller") => ["--callers-table", &world.tables.callers],
        _ => ["--register-table", &world.tables.register],
    };
    let url = world.relay.url();
    let attribution = ["--by", "officer-1", "--why", "a reason"].into_iter();
    let confirms = !line.starts_with("lists|import");
    let words = line
        .split('|')
        .chain(attribution)
        .chain(confirms.then_some("--yes"))
        .chain(table)
        .chain(["--endpoint-url", &url]);
    gatectl(words.map(str::to_owned).collect::<Vec<_>>())
}

fn run_ok(world: &World, line: &str) {
    let ran = run(world, line);
    assert_eq!(ran.code, 0, "{line}: {}{}", ran.out, ran.err);
}

/// Runs a command that changes nothing.
fn run_reading(world: &World, line: &str) -> Ran {
    let url = world.relay.url();
    let table = ["--register-table", &world.tables.register, "--endpoint-url", &url];
    gatectl(line.split('|').chain(table).map(str::to_owned).collect::<Vec<_>>())
}

fn review(world: &World, line: &str) -> Ran {
    let ran = run_reading(world, &format!("review|{line}|--ledger-table|{}", world.tables.ledger));
    assert_eq!(ran.code, 0, "{line}: {}{}", ran.out, ran.err);
    ran
}

async fn health(gate: &Gate) -> Value {
    ask(gate, &rest("GET", "/v1/health", "x").0, Timestamp::now()).await.body
}

/// Renames the sample company, and returns the decision on its client for `opus-4-8`.
async fn as_named(world: &World, gate: &Gate, name: &str) -> String {
    let add =
        "caller|add|organisation|sample-us-company|--replace|--type|company|--incorporated-in|US|--end-use|research";
    run_ok(world, &format!("{add}|--name|{name}"));
    run_ok(world, "caller|verify|organisation#sample-us-company|--until|9999-01-01T00:00:00Z|--method|x|--evidence|x");
    decided(world, gate).await
}

async fn decided(world: &World, gate: &Gate) -> String {
    let answered = ask(gate, &invocation("sample-us-service", "opus-4-8").0, Timestamp::now()).await;
    let entry = world.ledger().await.into_iter().max_by_key(|entry| entry["seq"].as_u64()).unwrap();
    let reasons = entry["reasons"].as_array().unwrap().iter();
    let parties = reasons.map(|reason| format!(" {} {}", reason["code"], reason["party"]).replace('"', ""));
    answered.status.to_string() + &parties.collect::<String>()
}

/// A realistic file: byte-order mark, Windows line ends, a line end in a name, a name of 400 letters, mixed scripts,
/// invisible letters and lookalikes.
fn file() -> String {
    let long = format!("Sample {} Consolidated", "Longname".repeat(48));
    let rows = [
        ("1", "Роснефть".to_owned()),
        ("2", "\"Sample\r\nWindmill Cooperative\"".to_owned()),
        ("3", long),
        ("4", "Sam\u{200b}ple Quar\u{ad}tzite Mining".to_owned()),
        ("5", "Sаmple Вrasswоrks".to_owned()), // Cyrillic letters that look like Latin ones
        ("6", "Sample Хрусталь Exports".to_owned()),
        ("7", "SAMPLE GRÜNWALD GESELLSCHAFT MIT BESCHRÄNKTER HAFTUNG".to_owned()),
        ("8", "\"“Sample, \"\"Comma\"\"” Tannery\"".to_owned()),
        ("9", "\u{202a}Sample Sideways\u{202c} Bakery\u{200e}".to_owned()),
        ("10", "Sαmple Οmikrοn Μill".to_owned()), // Greek letters that look like Latin ones
        ("11", "Ｓａｍｐｌｅ　Ｆｕｌｌｗｉｄｔｈ　Ｂｒｅｗｅｒｙ".to_owned()),
        ("12", "Sample De\u{301}corated Oﬃcial Straße".to_owned()),
        ("13", "Sample Нуреrсhrоme Рrеss".to_owned()), // and Cyrillic ones that sound otherwise
    ];
    let rows: String = rows.iter().map(|(id, name)| format!("{id},{name},organisation\r\n")).collect();
    format!("\u{feff}id,name,type\r\n{rows}")
}

async fn listed(world: &World, folder: &Folder) {
    let file = folder.file("own.csv", file());
    run_ok(world, &format!("lists|import|own|{file}|--content|parties|--format|csv|--edition|e1"));
    run_ok(world, "lists|activate|own|e1");
}

const EMBARGO: &str =
    "embargo|issue|listed|--model|opus-4-8|--list|own|--effect|prohibited|--authority|OPERATOR|--citation|a policy";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_counts_on_the_next_request_in_any_spelling() {
    let (world, folder) = (World::with_samples().await, Folder::new("parties-way"));
    let gate = world.gate();
    assert_eq!(as_named(&world, &gate, "Rosneft").await, "200", "before there is a list");
    listed(&world, &folder).await;
    assert_eq!(decided(&world, &gate).await, "200", "no embargo names it");
    run_ok(&world, EMBARGO);
    let long = format!("Sample {} Consolidated", "Longname".repeat(48));
    let table = [
        ("Rosneft", "own:1"),
        ("ROSNEFT OJSC", "own:1"),
        ("Sample Windmill Cooperative", "own:2"),
        ("Windmill Sample Co-operative", "own:2"),
        (long.as_str(), "own:3"),
        ("Sample Quartzite Mining", "own:4"),
        ("Sample Qaurtzite Mining Ltd.", "own:4"),
        ("Sample Brassworks, Inc.", "own:5"),
        ("Sample Khrustal Exports", "own:6"),
        ("Sample Gruenwald GmbH", "own:7"),
        ("Sample Comma Tannery", "own:8"),
        ("Sample Sideways Bakery", "own:9"),
        ("Sample Omikron Mill", "own:10"),
        ("Sample Fullwidth Brewery", "own:11"),
        ("Sample Decorated Official Strasse", "own:12"),
        ("Sample Hyperchrome Press", "own:13"),
    ];
    for (name, party) in table {
        assert_eq!(as_named(&world, &gate, name).await, format!("403 party.review {party}"), "{name}");
    }
    assert_eq!(as_named(&world, &gate, "Sample Widgets, Inc.").await, "200", "not listed");
    let kept = json!(world.ledger().await).to_string();
    assert!(!kept.contains("Rosneft") && !kept.contains("Quartzite"), "no name is kept");
    // Another edition replaces it; a rollback restores it.
    assert_eq!(as_named(&world, &gate, "Rosneft").await, "403 party.review own:1");
    let other = folder.file("other.csv", "id,name\n1,Unrelated Quarry\n");
    run_ok(&world, &format!("lists|import|own|{other}|--content|parties|--format|csv|--edition|e2|--allow-shrink"));
    run_ok(&world, "lists|activate|own|e2");
    assert_eq!(decided(&world, &gate).await, "200");
    run_ok(&world, "lists|rollback|own");
    assert_eq!(decided(&world, &gate).await, "403 party.review own:1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clearance_ends_when_the_name_or_the_entry_changes() {
    let (world, folder) = (World::with_samples().await, Folder::new("parties-cleared"));
    let gate = world.gate();
    listed(&world, &folder).await;
    run_ok(&world, EMBARGO);
    let potential_match = "403 party.review own:4";
    assert_eq!(as_named(&world, &gate, "Sample Quartzite Mining").await, potential_match);
    let review = |line: &str| review(&world, line);
    assert_eq!(review("list|--json").json()["queue"][0]["party"], "own:4");
    let callers = format!("--callers-table|{}", world.tables.callers);
    let shown = review(&format!("show|organisation#sample-us-company|own:4|{callers}"));
    assert!(shown.out.contains("own:4, in the edition e1"), "{}", shown.out);
    let clear = |world: &World| {
        let line = "review|clear|organisation#sample-us-company|own:4|--officer|o|--reason|another company|--replace";
        run_ok(world, &format!("{line}|--ledger-table|{}", world.tables.ledger));
    };
    clear(&world);
    assert_eq!(decided(&world, &gate).await, "200", "cleared");
    assert_eq!(review("list|--json").json()["queue"], json!([]));
    let same = folder.file("same.csv", file() + "14,Unrelated Cartwright,organisation\r\n");
    run_ok(&world, &format!("lists|import|own|{same}|--content|parties|--format|csv|--edition|e1b"));
    run_ok(&world, "lists|activate|own|e1b");
    assert_eq!(decided(&world, &gate).await, "200", "the entry is unchanged in another edition");
    assert_eq!(as_named(&world, &gate, "Sample Quartzite Mining Ltd").await, potential_match, "under another name");
    assert_eq!(as_named(&world, &gate, "Sample Quartzite Mining").await, "200", "under the name that was cleared");
    let changed = file().replace("Quar\u{ad}tzite Mining,organisation", "Quartzite Mining Works,organisation");
    let changed = folder.file("changed.csv", changed);
    run_ok(&world, &format!("lists|import|own|{changed}|--content|parties|--format|csv|--edition|e2"));
    run_ok(&world, "lists|activate|own|e2");
    assert_eq!(decided(&world, &gate).await, potential_match, "the entry changed");
    assert_eq!(review("list|--json").json()["queue"][0]["party"], "own:4", "the match is open again");
    clear(&world);
    assert_eq!(decided(&world, &gate).await, "200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unavailable_list_refuses() {
    let (world, folder) = (World::with_samples().await, Folder::new("parties-failure"));
    let gate = world.gate();
    assert_eq!(decided(&world, &gate).await, "200");
    let ran = run(&world, EMBARGO);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert_snapshot("embargo-unavailable-list", &ran.out);
    // Written by other means, it refuses every request.
    let embargo = json!({"kind": "embargo", "id": "listed", "models": ["opus-4-8"], "applies_to": {"lists": ["own"]},
                         "effect": "prohibited", "authority": "OPERATOR", "citation": "a policy"});
    world.register(vec![embargo]).await;
    let unavailable =
        async || ask(&gate, &invocation("sample-us-service", "opus-4-8").0, Timestamp::now()).await.status;
    assert_eq!(unavailable().await, 503, "the list is not there yet");
    assert_eq!(health(&gate).await["unreadable"], json!([{"kind": "embargo", "id": "listed"}]));
    let ran = run_reading(&world, "embargo|list");
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert_snapshot("embargo-list-unavailable-list", &ran.out);
    let file = folder.file("own.csv", file());
    run_ok(&world, &format!("lists|import|own|{file}|--content|parties|--format|csv|--edition|e1"));
    world.lose_chunk("own", "e1", 1).await;
    let ran = run(&world, "lists|activate|own|e1");
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert_eq!(unavailable().await, 503, "nothing was put in force");
    run_ok(&world, &format!("lists|import|own|{file}|--content|parties|--format|csv|--edition|e2"));
    run_ok(&world, "lists|activate|own|e2");
    assert_eq!(decided(&world, &gate).await, "200", "the organisation is not listed");
    assert_eq!(health(&gate).await["unreadable"], json!([]));

    // A chunk is lost while the edition is in force: a running gate has it in memory, a new one fails.
    world.lose_chunk("own", "e2", 1).await;
    assert_eq!(decided(&world, &gate).await, "200", "in memory");
    let cold = world.gate();
    let answered = ask(&cold, &invocation("sample-us-service", "opus-4-8").0, Timestamp::now()).await;
    assert_eq!((answered.status, answered.code()), (503, "register.unavailable"));
    assert_eq!(health(&cold).await["unreadable"], json!([{"kind": "list", "id": "own"}]));
    let ran = run_reading(&world, "lists|status");
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
}
