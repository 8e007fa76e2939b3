//! Owners, from the command through the gate: they are recorded, screened on the next request, reviewed and cleared, and
//! their names are not stored in the ledger.

use crate::command::{Folder, Ran, assert_commands, gatectl};
use crate::world::events::invocation;
use crate::world::lists::{party, party_of};
use crate::world::{World, ask};
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::gate::Gate;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The attribution of every change.
const ATTRIBUTION: [&str; 5] = ["--by", "officer-1", "--why", "a reason", "--yes"];

/// Runs a command on the world's tables; `|` stands between its words.
fn run(world: &World, line: &str) -> Ran {
    let table = match line.split('|').next() {
        Some("caller") => ["--callers-table", &world.tables.callers],
        _ => ["--register-table", &world.tables.register],
    };
    let url = world.relay.url();
    let words = line.split('|').chain(ATTRIBUTION).chain(table).chain(["--endpoint-url", &url]);
    gatectl(words.map(str::to_owned).collect::<Vec<_>>())
}

fn run_ok(world: &World, line: &str) -> Ran {
    let ran = run(world, line);
    assert_eq!(ran.code, 0, "{line}: {}{}", ran.out, ran.err);
    ran
}

/// The status, all codes, and the party of a recorded review.
async fn decided(world: &World, gate: &Gate, client: &str) -> String {
    let answered = ask(gate, &invocation(client, "opus-4-8").0, Timestamp::now()).await;
    let entry = world.ledger().await.into_iter().max_by_key(|entry| entry["seq"].as_u64()).unwrap();
    let reasons = entry["reasons"].as_array().unwrap().iter();
    let decided = reasons.map(|reason| {
        let party = reason["party"].as_str().map(|party| format!(" {party}")).unwrap_or_default();
        format!(" {}{party}", reason["code"].as_str().unwrap())
    });
    answered.status.to_string() + &decided.collect::<String>()
}

async fn organisation(world: &World, id: &str) -> Value {
    let read = world.dynamodb.get_item().table_name(&world.tables.callers).consistent_read(true);
    let found = read.key("id", AttributeValue::S(format!("organisation#{id}"))).send().await.unwrap();
    serde_dynamo::from_item(found.item.unwrap_or_default()).unwrap()
}

/// A world in which `entity` lists the German sample holding, and `opus-4-8` is under an embargo by ownership.
async fn world() -> World {
    let world = World::with_samples().await;
    let edition = world.edition("entity", "1", &[party_of("7", "Sample Holding SE", "DE"), party("8", "Other")]).await;
    world.register(vec![edition]).await;
    run_ok(
        &world,
        "embargo|issue|affiliates|--model|opus-4-8|--ownership-list|entity|--ownership-percent|50|--effect|\
         licence-required|--authority|BIS|--citation|15 CFR 744.11(a)",
    );
    world
}

/// Replaces the owners of the sample company.
fn set_owners(world: &World, owners: &str) -> Ran {
    let add = "caller|add|organisation|sample-us-company|--replace|--name|Sample Widgets, Inc.|--type|company\
               |--incorporated-in|US|--end-use|research";
    let ran = run_ok(world, &format!("{add}{owners}"));
    let verify = "caller|verify|organisation#sample-us-company|--until|9999-01-01T00:00:00Z|--method|x|--evidence|x";
    run_ok(world, verify);
    ran
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owners_count_on_the_next_request_and_are_not_displayed() {
    let world = world().await;
    let gate = world.gate();
    let owned = "451 embargo.ownership licence.scope";
    let unexplained = "403 party.review ownership:affiliates";
    let both = "403 party.review ownership:affiliates party.review entity:7";
    let table = [
        ("", unexplained),
        ("|--owner|Sample Owner;100;person;FR", "200"),
        ("|--owner|Sample Owner;49.99;person;FR", unexplained),
        ("|--owner|Sample Owner", unexplained),
        ("|--owner|Sample Holding SE;50;organisation;DE|--owner|Sample Owner;50;person", owned),
        ("|--owner|Sample Holding SE;49.99;organisation;DE|--owner|Sample Owner;50.01;person", "200"),
        ("|--owner|Sample Holding SE;50;organisation;FR|--owner|Sample Owner;50;person", both),
    ];
    for (owners, expected) in table {
        let ran = set_owners(&world, owners);
        assert!(!ran.err.contains("Holding") && !ran.err.contains("Owner"), "{}", ran.err);
        assert_eq!(decided(&world, &gate, "sample-us-service").await, expected, "{owners}");
    }
    assert_eq!(organisation(&world, "sample-us-company").await["owners"][0]["percent"], 50);
    let kept = json!(world.ledger().await).to_string();
    assert!(kept.contains("\"owned\"") && !kept.contains("Holding") && !kept.contains("Owner"), "{kept}");
    // The holding is not the listed one; its owners are still unknown.
    let clear = "clearance|grant|organisation#sample-us-company";
    run_ok(&world, &format!("{clear}|entity:7|--officer|officer-2|--reason|another address"));
    assert_eq!(decided(&world, &gate, "sample-us-service").await, unexplained);
    run_ok(&world, &format!("{clear}|ownership:affiliates|--officer|officer-2|--reason|traced"));
    assert_eq!(decided(&world, &gate, "sample-us-service").await, "200");
    // Neither clearance covers a listed owner; ending the embargo does.
    set_owners(&world, "|--owner|Sample Holding SE;100;organisation;DE");
    assert_eq!(decided(&world, &gate, "sample-us-service").await, owned);
    run_ok(&world, "embargo|end|affiliates");
    assert_eq!(decided(&world, &gate, "sample-us-service").await, "200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_can_have_owners_of_owners() {
    let (world, folder) = (world().await, Folder::new("owners"));
    let gate = world.gate();
    let chain = "- name: Sample Trust\n  kind: organisation\n  percent: 60\n  owners:\n\
                 \x20 - {name: Sample Holding SE, kind: organisation, country: DE, percent: 50}\n\
                 \x20 - {name: Sample Owner, kind: person, percent: 50}\n\
                 - {name: Sample Owner, kind: person, percent: 40}\n";
    let listed = folder.file("owners.yaml", chain);
    set_owners(&world, &format!("|--owners-file|{listed}"));
    assert_eq!(decided(&world, &gate, "sample-us-service").await, "451 embargo.ownership licence.scope");
    let under =
        folder.file("owners.json", r#"{"owners": [{"name": "Sample Owner", "kind": "person", "percent": 100}]}"#);
    set_owners(&world, &format!("|--owners-file|{under}"));
    assert_eq!(decided(&world, &gate, "sample-us-service").await, "200");
    let too_much = "|--owner|Sample Owner;60;person|--owner|Sample Other;60;person";
    assert!(set_owners(&world, too_much).err.contains("120 percent together"));
    assert_eq!(decided(&world, &gate, "sample-us-service").await, "200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_input_is_refused_and_nothing_is_written() {
    let (world, folder) = (World::with_samples().await, Folder::new("bad-owners"));
    let issue = "embargo|issue|e|--model|opus-4-8|--effect|prohibited|--authority|OFAC|--citation|x";
    let add = "caller|add|organisation|new|--name|x|--type|company";
    let person = "caller|add|person|new|--organisation|sample-us-company";
    let file = |name: &str, text: &str| format!("{add}|--owners-file|{}", folder.file(name, text));
    let owner = |below: Value| json!([{"name": "x", "kind": "organisation", "owners": below}]);
    let levels = |levels: usize| (0..levels).fold(json!([]), |below, _| owner(below)).to_string();
    run_ok(&world, &file("deepest.json", &levels(13)).replace("|new|", "|deepest|"));
    let lines = [
        issue.to_owned(),
        file("f.json", &levels(14)),
        format!("{issue}|--list|"),
        format!("{issue}|--ownership-percent|50|--everyone"),
        format!("{issue}|--ownership-list|sdn|--ownership-percent|0"),
        format!("{issue}|--ownership-list|sdn|--ownership-percent|half"),
        format!("{issue}|--no-aggregate|--everyone"),
        format!("{add}|--owner|;50"),
        format!("{add}|--owner|x;101"),
        format!("{add}|--owner|x;-1"),
        format!("{add}|--owner|x;NaN"),
        format!("{add}|--owner|x;50;trust"),
        format!("{add}|--owner|x;50;person;UK"),
        format!("{add}|--owner|x;50;person;GB;y"),
        format!("{add}|--owners-file|/no/such/file.yaml"),
        file("a.yaml", "- name: x\n  kind: person\n  percent: 200\n"),
        file("b.yaml", "- name: x\n  kind: person\n  share: 20\n"),
        file("c.yaml", "- name: x\n  kind: club\n"),
        file("d.json", "7"),
        file("e.yaml", ""),
        format!("{person}|--born|1.2.1970"),
        format!("{person}|--born|1970-13"),
        format!("{person}|--identifier|"),
    ];
    let before = (world.ledger().await.len(), organisation(&world, "new").await);
    assert_commands("owners-refused", 2, lines, |line| run(&world, line));
    assert_eq!((world.ledger().await.len(), organisation(&world, "new").await), before);
}
