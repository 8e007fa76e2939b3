//! `gatectl lists` against a DynamoDB engine: import, activate, rollback, status, and refused input.

use crate::command::{Folder, Ran, gatectl, words};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Item, List, read};
use export_gate_local::dynamodb::DynamoDb;
use export_gate_local::relay::{Action, Relay, Seen};
use export_gate_local::tables::{self, Tables};
use serde_json::{Value, json};

struct Register {
    engine: DynamoDb,
    client: Client,
    table: String,
    folder: Folder,
}

const NETWORKS: &str = "--content networks --class vpn --format cidr";

impl Register {
    async fn new(name: &str) -> Self {
        let engine = DynamoDb::memory().await.unwrap();
        let (client, tables) = (tables::client(engine.url()), Tables::default());
        tables.create(&client).await.unwrap();
        Self { engine, client, table: tables.register, folder: Folder::new(&format!("lists-{name}")) }
    }

    fn run(&self, line: &str) -> Ran {
        self.run_at(self.engine.url(), line)
    }

    fn run_at(&self, url: &str, line: &str) -> Ran {
        gatectl(words(&format!("lists {line} --register-table {} --endpoint-url {url}", self.table)))
    }

    /// Imports a text under a name and an edition, with `more`.
    fn import(&self, list: &str, text: impl AsRef<[u8]>, more: &str) -> Ran {
        self.run(&self.importing(list, text, more))
    }

    fn importing(&self, list: &str, text: impl AsRef<[u8]>, more: &str) -> String {
        let file = self.folder.file("list", text);
        format!("import {list} {file} --by officer-1 --why reason {more}")
    }

    fn networks(&self, edition: &str, text: &str) -> Ran {
        self.import("nets", text, &format!("{NETWORKS} --edition {edition}"))
    }

    fn activate(&self, list: &str, edition: &str) -> Ran {
        self.run(&format!("activate {list} {edition} --by officer-2 --why reason --yes"))
    }

    async fn items(&self) -> Vec<Item> {
        let mut pages = self.client.scan().table_name(&self.table).consistent_read(true).into_paginator().send();
        let mut items = Vec::new();
        while let Some(page) = pages.next().await {
            items.extend(page.unwrap().items.unwrap_or_default());
        }
        items
    }

    async fn item(&self, kind: &str, id: &str) -> Option<Item> {
        let found = self.client.get_item().table_name(&self.table).consistent_read(true);
        found.set_key(Some(key(kind, id))).send().await.unwrap().item
    }

    async fn in_force(&self, list: &str) -> Option<String> {
        let item = self.item("list", list).await?;
        Some(read::<List>(&item).unwrap().edition.clone())
    }

    async fn put(&self, item: Item) {
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await.unwrap();
    }

    async fn delete(&self, kind: &str, id: &str) {
        self.client.delete_item().table_name(&self.table).set_key(Some(key(kind, id))).send().await.unwrap();
    }
}

fn key(kind: &str, id: &str) -> Item {
    let s = |text: &str| AttributeValue::S(text.to_owned());
    Item::from([("kind".to_owned(), s(kind)), ("id".to_owned(), s(id))])
}

fn output(ran: &Ran) -> String {
    format!("{}{}", ran.out, ran.err)
}

/// Networks that compress badly and are not adjacent.
fn many(count: u32) -> String {
    let mut state = 7_u64;
    let mut text = String::new();
    for _ in 0..count {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let [a, b, c, d, e, f, ..] = state.to_be_bytes();
        text += &format!("2a00:{a:x}{b:02x}:{c:x}{d:02x}:{e:x}{f:02x}::/64\n");
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edition_is_imported_activated_and_rolled_back() {
    let register = Register::new("way").await;
    let ran = register.networks("e1", "192.0.2.0/24\n198.51.100.0/24 # a comment\n192.0.2.0/24\n");
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (
            0,
            "note: 2 entries lie in private or special-use ranges, such as `192.0.2.0/24`: requests never come from there\n\
             Imported edition `e1` of `nets`: 2 entries in 1 chunk (2 ranges: 42 bytes, 40 unpacked). To put it in \
             force, run `gatectl lists activate nets e1`.\n",
            ""
        )
    );
    assert_eq!(register.in_force("nets").await, None, "imported is not in force");
    for item in register.items().await {
        assert_eq!(item.get("revision"), None, "the gate reads by revision, and this is no record: {item:?}");
    }
    let ran = register.activate("nets", "e1");
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "Written, revision 1: edition `e1` of `nets` is in force from the next request.\n")
    );
    assert!(ran.err.contains("+ list/nets") && ran.err.contains("edition  e1"), "{}", ran.err);
    let note = "note: `nets` lists tunnels (`vpn`): from the next request, its addresses have no known destination";
    assert!(ran.err.contains(note) && ran.err.contains("`tunnelled_destination: permit`"), "{}", ran.err);
    let record = register.item("list", "nets").await.unwrap();
    assert_eq!(
        (&record["by"], &record["why"]),
        (&AttributeValue::S("officer-2".into()), &AttributeValue::S("reason".into()))
    );
    let again = register.activate("nets", "e1");
    assert_eq!(
        (again.code, again.out.as_str()),
        (0, "Nothing was changed: edition `e1` of `nets` is already in force.\n")
    );
    // Another edition, and back, and forth.
    assert_eq!(register.networks("e2", "192.0.2.0/24\n203.0.113.0/24\n").code, 0);
    assert_eq!(register.run("rollback nets --by a --why b --yes").code, 2, "no other edition was ever in force");
    assert_eq!(register.activate("nets", "e2").code, 0);
    for edition in ["e1", "e2", "e1"] {
        let ran = register.run("rollback nets --by officer-3 --why reason --yes");
        assert_eq!(ran.code, 0, "{}", output(&ran));
        assert_eq!(register.in_force("nets").await.as_deref(), Some(edition));
    }
    let ran = register.run("status --json");
    let list = &ran.json()["lists"][0];
    assert_eq!(
        (ran.code, &list["edition"]["edition"], &list["edition"]["entries"], &list["said"]["by"], &list["state"]),
        (0, &json!("e1"), &json!(2), &json!("officer-3"), &json!("in force"))
    );
    let editions: Vec<&Value> =
        list["imported"].as_array().unwrap().iter().map(|one| &one["edition"]["edition"]).collect();
    assert_eq!(editions, ["e1", "e2"]);
    assert_eq!((&list["imported"][0]["whole"], &list["imported"][1]["whole"]), (&json!(true), &json!(null)));
    let ran = register.run("status nets");
    assert_eq!(ran.code, 0, "{}", output(&ran));
    assert_eq!(ran.out.matches("yes").count(), 2, "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imported_parties_keep_their_attributes() {
    let register = Register::new("parties").await;
    let text = "id,name,aliases,country\n7,Sample Works,S. Works;Works,IR\n8,Sample Person,,\n";
    let ran = register.import("own", text, "--content parties --format csv --published 2026-11-01 --json");
    assert_eq!(ran.code, 0, "{}", output(&ran));
    let edition = ran.json()["edition"].clone();
    let name = edition["edition"].as_str().unwrap();
    assert!(name.starts_with("2026-11-01-") && edition["published"] == "2026-11-01T00:00:00.000Z", "{edition}");
    assert_eq!(register.activate("own", name).code, 0);
    let chunk = register.item(&format!("chunk#own@{name}#0001"), "0001").await.unwrap();
    let index = zstd::stream::decode_all(chunk["data"].as_b().unwrap().as_ref()).unwrap();
    let index = export_gate::parties::Index::load(index).unwrap();
    let kept = |id: &str| serde_json::to_value(index.entry(id)).unwrap();
    assert_eq!(index.parties(), 2, "as the gate loads it");
    assert_eq!(
        kept("7"),
        json!({"id": "7", "name": "Sample Works", "aliases": ["S. Works", "Works"], "country": ["IR"]})
    );
    assert_eq!((kept("8"), kept("9")), (json!({"id": "8", "name": "Sample Person"}), Value::Null));
    let status = register.run("status --json").json();
    assert!(status["lists"][0]["age_days"].as_i64().unwrap() >= 23, "{status}");
    // The same content is the same edition, with other attribution too.
    let again = register.import("own", text, "--content parties --format csv --published 2026-11-01 --json");
    assert_eq!((again.code, &again.json()["edition"]["edition"]), (0, &edition["edition"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_editions_are_split_into_chunks() {
    let register = Register::new("many").await;
    let ran = register.import("nets", many(100_000), &format!("{NETWORKS} --edition e1 --json"));
    assert_eq!(ran.code, 0, "{}", output(&ran));
    let edition = ran.json()["edition"].clone();
    assert_eq!(edition["entries"], 100_000);
    let chunks = edition["chunks"].as_u64().unwrap();
    assert!(chunks > 1, "{edition}");
    for number in 1..=chunks {
        let chunk = register.item(&format!("chunk#nets@e1#{number:04}"), &format!("{number:04}")).await.unwrap();
        assert!(chunk["data"].as_b().unwrap().as_ref().len() <= 380_000);
    }
    assert!(!ran.err.contains("chunks written"), "a bar where there is no terminal: {}", ran.err);
    assert_eq!(register.activate("nets", "e1").code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_input_is_refused_and_nothing_is_written() {
    let register = Register::new("refused").await;
    let file = |name: &str, text: &str| register.folder.file(name, text);
    let (nets, bad, none) =
        (file("nets", "192.0.2.0/24\n"), file("bad", "192.0.2.0/24\n bad\n\n1.2.3.4/40\n"), file("none", "# none\n"));
    let own = file("own.csv", "id,name\n1,A\n\n1,B\n2,\"C\n");
    let says = "--by a --why b";
    let networks = format!("{NETWORKS} {says}");
    let parties = format!("--content parties --format csv {says}");
    // line, exit code, part of the output
    let cases = [
        (
            format!("import nets {bad} {networks}"),
            1,
            format!("{bad}:2:2: `bad` is not a network such as 192.0.2.0/24\n{bad}:4:1: "),
        ),
        (
            format!("import nets {bad} {networks} --allow-rejects 1"),
            1,
            "2 rows can't be read: correct them, or skip them with `--allow-rejects 2`".into(),
        ),
        (format!("import nets {none} {networks}"), 1, "add `--allow-empty`".into()),
        (
            format!("import own {own} {parties}"),
            1,
            format!("{own}:4:1: duplicate id `1`: first at {own}:2:1\n{own}:5:3: its quote is never closed"),
        ),
        (format!("import nets {nets}-not-there {networks}"), 2, "can't be read".into()),
        (format!("import nets {networks}"), 2, "<FILE>...".into()),
        (format!("import ne:ts {nets} {networks}"), 2, "expected 1 to 64 letters".into()),
        (format!("import nets {nets} {networks} --edition a@b"), 2, "expected 1 to 64 letters".into()),
        (format!("import nets {nets} {networks} --published yesterday"), 2, "expected a day such as 2026-11-24".into()),
        (
            format!("import nets {nets} --content networks --format cidr {says}"),
            2,
            "networks need a class: add `--class`".into(),
        ),
        (
            format!("import nets {nets} --content networks --class isp --format cidr {says}"),
            2,
            "possible values: vpn, tor, public_proxy".into(),
        ),
        (
            format!("import nets {nets} --content networks --class vpn --format xml {says}"),
            2,
            "unknown format; expected `cidr`, `tor`, `ip2proxy-csv`, `csv`".into(),
        ),
        (
            format!("import own {own} --content parties --format uk-conlist-csv {says}"),
            2,
            "import the UK Sanctions List as `uk-csv` or `uk-xml`".into(),
        ),
        (
            format!("import nets {nets} --content parties --format cidr {says}"),
            2,
            "the format `cidr` does not fit `--content`".into(),
        ),
        (format!("import own {own} {parties} --class vpn"), 2, "remove `--class`".into()),
        (format!("import nets {nets} {NETWORKS} --why b"), 2, "--by <WHO>".into()),
        (format!("import nets {nets} {networks} --most-shrink 101"), 2, "101".into()),
        (
            format!("activate nets e1 {says} --yes"),
            2,
            "unknown edition `e1` of `nets`; imported: none. Import one with `gatectl lists import`".into(),
        ),
        (format!("activate nets {says} --yes"), 2, "<EDITION>".into()),
        (format!("rollback nets {says} --yes"), 2, "the list `nets` is not in force".into()),
        ("status nets".into(), 1, "unknown list `nets`".into()),
        ("status --register-table none".into(), 2, "cannot be used multiple times".into()),
    ];
    for (line, code, says) in cases {
        let ran = register.run(&line);
        assert_eq!(ran.code, code, "{line}: {}", output(&ran));
        assert!(output(&ran).contains(&says), "{line}: `{says}` in {}", output(&ran));
    }
    assert_eq!(register.items().await, Vec::<Item>::new());
    let ran = register.run("status");
    assert_eq!((ran.code, ran.out.as_str()), (0, "No list is imported. Import one with `gatectl lists import`.\n"));
    // Rejects within the limit are skipped and listed.
    let ran = register.run(&format!("import nets {bad} {networks} --allow-rejects 2 --json"));
    assert_eq!(
        (ran.code, ran.json()["rejects"][1]["line"].clone(), ran.json()["edition"]["entries"].clone()),
        (0, json!(4), json!(1))
    );
    assert_eq!(register.run(&format!("import empty {none} {networks} --allow-empty")).code, 0);
    // Without a terminal, `--yes` is required.
    assert_eq!(register.networks("e1", "192.0.2.0/24\n").code, 0);
    let ran = register.run("activate nets e1 --by a --why b");
    assert!(ran.code == 2 && ran.err.contains("pass `--yes`"), "{}", output(&ran));
    assert_eq!(register.in_force("nets").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shrunken_lists_and_changed_editions_are_refused() {
    let register = Register::new("shrink").await;
    let ten: String = (0..10).map(|n| format!("192.0.{n}.0/24\n")).collect();
    let of = |count: usize| ten.lines().take(count).collect::<Vec<_>>().join("\n");
    assert_eq!(register.networks("e1", &ten).code, 0);
    assert_eq!(register.activate("nets", "e1").code, 0);
    // entries, more, exit code
    for (count, more, code) in [
        (9, "", 0),
        (8, "", 1),
        (8, "--most-shrink 20", 0),
        (9, "--most-shrink 5", 1),
        (1, "--allow-shrink", 0),
        (0, "--allow-shrink", 1),
        (0, "--allow-empty", 0),
    ] {
        let ran = register.import("nets", of(count), &format!("{NETWORKS} --edition n{count}{} {more}", more.len()));
        assert_eq!(ran.code, code, "{count} {more}: {}", output(&ran));
    }
    let before = register.items().await.len();
    let ran = register.networks("e1", &of(9));
    assert!(ran.code == 1 && ran.out.contains("exists with other content"), "{}", output(&ran));
    assert_eq!(register.networks("e1", &ten).code, 0, "the same again is fine");
    let csv = "id,name\n1,A\n2,B\n3,C\n4,D\n5,E\n6,F\n7,G\n8,H\n9,I\n10,J\n";
    let ran = register.import("nets", csv, "--content parties --format csv --edition p");
    assert!(ran.code == 1 && ran.out.contains("the list `nets` has other content"), "{}", output(&ran));
    assert_eq!(register.items().await.len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_chunks_are_detected() {
    let register = Register::new("tampered").await;
    for (edition, count) in [("e1", 100_000), ("e2", 99_000)] {
        let ran = register.import("nets", many(count), &format!("{NETWORKS} --edition {edition}"));
        assert_eq!(ran.code, 0, "{}", output(&ran));
    }
    assert_eq!(register.activate("nets", "e2").code, 0);
    let (kind, id) = ("chunk#nets@e1#0002", "0002");
    let whole = register.item(kind, id).await.unwrap();
    let with = |data: Vec<u8>| {
        let mut item = whole.clone();
        item.insert("data".into(), AttributeValue::B(data.into()));
        item
    };
    let data = whole["data"].as_b().unwrap().clone().into_inner();
    let mut flipped = data.clone();
    flipped[1000] ^= 1;
    // the chunk, part of the output
    for (chunk, says) in [
        (Some(with(flipped)), "their digest differs"),
        (Some(with(data[..data.len() - 1].to_vec())), "their digest differs"),
        (Some(with(Vec::new())), "their digest differs"),
        (Some(key(kind, id)), "chunk 2 of"),
        (None, "chunk 2 of"),
    ] {
        match chunk {
            Some(chunk) => register.put(chunk).await,
            None => register.delete(kind, id).await,
        }
        let ran = register.activate("nets", "e1");
        assert!(ran.code == 2 && ran.out.contains(says), "{says}: {}", output(&ran));
        assert_eq!(register.in_force("nets").await.as_deref(), Some("e2"));
        let ran = register.run("status nets");
        assert!(ran.code == 1 && ran.out.contains("the edition `e1` is damaged"), "{}", output(&ran));
        assert_eq!(register.run("status").code, 0, "the edition in force is whole");
    }
    // A second import restores a missing chunk.
    assert_eq!(register.import("nets", many(100_000), &format!("{NETWORKS} --edition e1")).code, 0);
    assert_eq!(register.activate("nets", "e1").code, 0);
    // `status` and `rollback` check the chunks each time.
    register.delete(kind, id).await;
    let ran = register.run("status");
    assert!(ran.code == 1 && ran.out.contains("`nets` is unusable"), "{}", output(&ran));
    register.delete("chunk#nets@e2#0001", "0001").await;
    let ran = register.run("rollback nets --by a --why b --yes");
    assert!(ran.code == 2 && ran.out.contains("`e2` of `nets` is damaged"), "{}", output(&ran));
    assert_eq!(register.in_force("nets").await.as_deref(), Some("e1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unreadable_records_and_manifests_are_reported() {
    let register = Register::new("unreadable").await;
    assert_eq!(register.networks("e1", "192.0.2.0/24\n").code, 0);
    assert_eq!(register.activate("nets", "e1").code, 0);
    let (record, manifest) =
        (register.item("list", "nets").await.unwrap(), register.item("chunk#nets", "e1").await.unwrap());
    let with = |item: &Item, name: &str, value: AttributeValue| {
        let mut item = item.clone();
        item.insert(name.into(), value);
        item
    };
    let s = |text: &str| AttributeValue::S(text.into());
    // the item, part of the output
    for (item, says) in [
        (with(&record, "class", s("tor")), "the edition `e1` in its record differs from the imported one"),
        (with(&record, "sha256", s("0")), "its record can't be read: sha256"),
        (with(&record, "edition", s("e9")), "the edition `e9` in its record is damaged: chunk 1 of 1 is missing"),
        (with(&record, "chunks", AttributeValue::N("2".into())), "in its record is damaged: chunk 2 of 2 is missing"),
        (with(&manifest, "entries", AttributeValue::N("2".into())), "its chunks contain 1 entry, not 2"),
        (with(&manifest, "edition", s("e8")), "the manifest of `e1` names another edition"),
        (with(&manifest, "class", s("isp")), "the manifest of `e1` can't be read: class"),
    ] {
        register.put(item).await;
        let ran = register.run("status nets");
        assert!(ran.code == 1 && ran.out.contains("`nets` is unusable"), "{says}: {}", output(&ran));
        assert!(ran.out.contains(says), "{says}: {}", output(&ran));
        register.put(record.clone()).await;
        register.put(manifest.clone()).await;
    }
    register.put(with(&manifest, "entries", AttributeValue::N("2".into()))).await;
    let ran = register.activate("nets", "e1");
    assert!(ran.code == 2 && ran.out.contains("1 entry, not 2"), "{}", output(&ran));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_import_has_no_effect_and_can_be_repeated() {
    let register = Register::new("crash").await;
    let relay = Relay::start(register.engine.url()).await.unwrap();
    let line = register.importing("nets", many(100_000), &format!("{NETWORKS} --edition e1"));
    // Writes are denied from the first chunk, the second, the name or the manifest on.
    for written in [0, 1, 2, 3] {
        let refused = move |seen: &Seen| {
            if seen.operation == "PutItem" && seen.count > written { Action::access_denied() } else { Action::Forward }
        };
        let relay = Relay::start(register.engine.url()).await.unwrap();
        relay.rule(refused);
        let ran = register.run_at(&relay.url(), &line);
        assert!(ran.code == 2 && ran.err.contains("run the command again"), "{}", output(&ran));
        let ran = register.activate("nets", "e1");
        assert!(ran.code == 2 && ran.out.contains("unknown edition `e1` of `nets`"), "{}", output(&ran));
    }
    // A throttled table, and a lost response.
    relay.rule(|seen: &Seen| match (seen.operation.as_str(), seen.count) {
        ("PutItem", 1 | 3) => Action::throttled(),
        ("PutItem", 4) => Action::LoseAnswer,
        _ => Action::Forward,
    });
    let ran = register.run_at(&relay.url(), &line);
    assert_eq!(ran.code, 0, "{}", output(&ran));
    assert_eq!(register.activate("nets", "e1").code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_is_refused_after_a_concurrent_activation() {
    let register = Register::new("beside").await;
    for edition in ["e1", "e2", "e3"] {
        assert_eq!(register.networks(edition, &format!("192.0.2.{}\n", edition.len())).code, 0);
    }
    for edition in ["e1", "e2"] {
        assert_eq!(register.activate("nets", edition).code, 0);
    }
    let relay = Relay::start(register.engine.url()).await.unwrap();
    let (url, table) = (register.engine.url().to_owned(), register.table.clone());
    // After it read the history, while it reads the chunks.
    relay.rule(move |seen: &Seen| {
        if seen.body["Key"]["kind"]["S"] != "chunk#nets@e1#0001" {
            return Action::Forward;
        }
        let line = format!("lists activate nets e3 --by b --why c --yes --register-table {table} --endpoint-url {url}");
        Action::then(move || async move {
            let other = tokio::task::spawn_blocking(move || gatectl(words(&line)).code).await;
            assert_eq!(other.unwrap(), 0);
        })
    });
    let ran = register.run_at(&relay.url(), "rollback nets --by a --why b --yes");
    assert!(ran.code == 2 && ran.out.contains("another change put another edition in force"), "{}", output(&ran));
    assert_eq!(register.in_force("nets").await.as_deref(), Some("e3"));
}

/// A list in a format: its files, the number of parties, a faulty file, and the fault.
struct Sample {
    format: &'static str,
    files: &'static [(&'static str, &'static str)],
    entries: u64,
    bad: (&'static str, &'static str),
    fault: &'static str,
}

const SAMPLES: &[Sample] = &[
    Sample {
        format: "ofac-csv",
        files: &[
            (
                "sdn.csv",
                "7,\"SAMPLE, Person\",individual,SDGT] [IFSR,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,DOB 07 Oct 1954.\r\n\
                 8,SAMPLE WORKS,-0- ,SDGT,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n",
            ),
            ("alt.csv", "8,1,aka,WORKS,-0- \r\n"),
            ("add.csv", "8,1,1 Sample Street,Pyongyang,\"Korea, North\",-0- \r\n"),
        ],
        entries: 2,
        bad: ("sdn.csv", "7,SAMPLE,ship,SDGT,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n"),
        fault: ":1:10: `ship` is not one of Individual, Entity, Vessel, Aircraft",
    },
    Sample {
        format: "ofac-xml",
        files: &[(
            "advanced.xml",
            "<Sanctions><ReferenceValueSets><PartySubTypeValues>\
             <PartySubType ID='3' PartyTypeID='2'>Unknown</PartySubType></PartySubTypeValues>\
             <PartyTypeValues><PartyType ID='2'>Entity</PartyType></PartyTypeValues></ReferenceValueSets>\
             <DistinctParties><DistinctParty FixedRef='7'><Profile ID='7' PartySubTypeID='3'>\
             <Identity ID='1' FixedRef='7' Primary='true'><Alias Primary='true' LowQuality='false'>\
             <DocumentedName ID='2'><DocumentedNamePart><NamePartValue>SAMPLE</NamePartValue></DocumentedNamePart>\
             </DocumentedName></Alias></Identity></Profile></DistinctParty></DistinctParties></Sanctions>",
        )],
        entries: 1,
        bad: ("advanced.xml", "<Sanctions>\n<DistinctParties>\n"),
        fault: ":3:1: it ends within `DistinctParties`",
    },
    Sample {
        format: "csl-csv",
        files: &[(
            "csl.csv",
            "_id,source,entity_number,type,programs,name,addresses,alt_names,ids\n\
             7,Entity List (EL) - Sample,,,,Sample Works; and any successor,\"1 Sample Street, CN\",Works,\n",
        )],
        entries: 1,
        bad: ("csl.csv", "source,entity_number,type,name,addresses,alt_names,ids\nEntity List (EL),,Ship,Sample,,,\n"),
        fault: ":2:19: type: `Ship` is not one of Individual, Entity, Vessel, Aircraft",
    },
    Sample {
        format: "csl-json",
        files: &[("csl.json", "{\"results\": [{\"source\": \"Entity List (EL)\", \"name\": \"Sample Works\"}]}")],
        entries: 1,
        bad: ("csl.json", "{\"results\": [\n {\"source\": \"Entity List (EL)\"}]}"),
        fault: ":2:2: name: an empty text",
    },
    Sample {
        format: "eu-csv",
        files: &[(
            "eu.csv",
            "Entity_LogicalId;NameAlias_WholeName;Entity_SubjectType;Address_CountryIso2Code\n\
             7;Sample Works;E;\n7;Works;E;\n7;;E;DE\n8;Sample Person;P;\n",
        )],
        entries: 2,
        bad: ("eu.csv", "Entity_LogicalId;NameAlias_WholeName\n7;Sample;Works\n"),
        fault: ":2:10: the row has 3 cells, the header 2",
    },
    Sample {
        format: "eu-xml",
        files: &[(
            "eu.xml",
            "<export><sanctionEntity logicalId='7'><subjectType code='person'/>\
             <nameAlias wholeName='Sample' strong='true'/></sanctionEntity></export>",
        )],
        entries: 1,
        bad: ("eu.xml", "<export>\n<sanctionEntity logicalId='7'/></export>"),
        fault: ":2:1: ",
    },
    Sample {
        format: "uk-csv",
        files: &[(
            "uk.csv",
            "Report Date: 24-Nov-2026\nUnique ID,Designation Type,Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Name type\n\
             SMP1,Individual,SAMPLE,Person,,,,,Primary Name\nSMP1,Individual,SAMPL,Person,,,,,Alias\n",
        )],
        entries: 1,
        bad: ("uk.csv", "Unique ID,Designation Type\n"),
        fault: ":1:1: the header has no column `Name type`",
    },
    Sample {
        format: "uk-xml",
        files: &[(
            "uk.xml",
            "<Designations><Designation><UniqueID>SMP1</UniqueID><Names><Name><Name6>Sample</Name6>\
             <NameType>Primary Name</NameType></Name></Names><IndividualEntityShip>Entity</IndividualEntityShip>\
             </Designation></Designations>",
        )],
        entries: 1,
        bad: ("uk.xml", "<Designations>\n <Designation><UniqueID>SMP1</UniqueID></Designation></Designations>"),
        fault: ":2:2: IndividualEntityShip: `` is not one of Individual, Entity, Ship",
    },
    Sample {
        format: "un-xml",
        files: &[(
            "un.xml",
            "<CONSOLIDATED_LIST><INDIVIDUALS><INDIVIDUAL><REFERENCE_NUMBER>SMi.1</REFERENCE_NUMBER>\
             <FIRST_NAME>Sample</FIRST_NAME></INDIVIDUAL></INDIVIDUALS></CONSOLIDATED_LIST>",
        )],
        entries: 1,
        bad: ("un.xml", "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]>\n<CONSOLIDATED_LIST/>"),
        fault: ":1:1: a doctype is not allowed",
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_format_is_imported_and_its_faults_are_reported() {
    let register = Register::new("formats").await;
    let help = register.run("import --help");
    for Sample { format, files, entries, bad, fault } in SAMPLES {
        assert!(help.out.contains(&format!("- {format}: ")), "{format} in {}", help.out);
        let file = |(name, text): &(&str, &str)| register.folder.file(&format!("{format}/{name}"), text);
        let names = files.iter().map(file).collect::<Vec<_>>().join(" ");
        let more = format!("--content parties --format {format} --edition e1 --by officer-1 --why reason");
        let ran = register.run(&format!("import {format} {names} {more} --json"));
        assert_eq!((ran.code, &ran.json()["edition"]["entries"]), (0, &json!(entries)), "{format}: {}", output(&ran));
        let before = register.items().await.len();
        let (name, text) = bad;
        let bad = register.folder.file(&format!("{format}-bad/{name}"), text);
        let ran = register.run(&format!("import {format} {bad} {more}"));
        assert_eq!(ran.code, 1, "{format}: {}", output(&ran));
        assert!(ran.out.contains(&format!("{bad}{fault}")), "{format}: {}", output(&ran));
        // A file of another format is refused, whatever `--allow-rejects` is.
        let other = register.folder.file(&format!("{format}-other/{name}"), "<html>\n<p>sample</p>\n");
        let ran = register.run(&format!("import {format} {other} {more} --allow-rejects 1000 --allow-empty"));
        assert!(ran.code == 1 && ran.out.contains("so no row was read"), "{format}: {}", output(&ran));
        assert_eq!(register.items().await.len(), before, "{format}");
    }
}

const FIREHOL: &str = "#\n# sample\n#\n# ipv4 hash:net ipset\n#\n# Maintainer      : Sample\n#\n\
                       5.1.64.0/24\n5.1.65.7\n10.0.0.0/8\n5.1.66.0/24 ; SAMPLE1\n";
const EXITS: &str = "ExitNode 0000000000000000000000000000000000000001\nPublished 2026-11-24 00:10:50\n\
                     LastStatus 2026-11-24 10:00:00\nExitAddress 5.1.64.7 2026-11-24 10:21:54\n";
const PX: &str =
    "\"83968000\",\"83968255\",\"VPN\",\"DE\",\"Germany\"\n\"83968256\",\"83968256\",\"PUB\",\"DE\",\"Germany\"\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn networks_of_every_format_are_loaded_by_the_gate() {
    let register = Register::new("networks").await;
    let private =
        "note: 1 entry lies in private or special-use ranges, such as `10.0.0.0/8`: requests never come from there";
    let others = "note: 1 row is not of the class `vpn` and skipped";
    let wide = "note: the list covers 50 % of all IPv4 addresses: embargoes on the class `vpn` apply to all of them";
    // format, class, file, entries, an address on the list, another address, the note
    for (format, class, text, entries, on, off, note) in [
        ("cidr", "vpn", FIREHOL, 4, "5.1.65.7", "5.1.65.8", private),
        ("cidr", "vpn", "128.0.0.0/1\n", 1, "200.0.0.1", "5.1.65.8", wide),
        ("cidr", "hosting", "2a00:1450::7\n", 1, "2a00:1450::8", "2a00:1450:0:1::7", ""),
        ("tor", "tor", EXITS, 1, "5.1.64.7", "5.1.64.8", ""),
        ("tor", "tor", "5.1.64.7\n5.1.64.9\n", 2, "5.1.64.9", "5.1.64.8", ""),
        ("ip2proxy-csv", "vpn", PX, 1, "5.1.64.255", "5.1.65.0", others),
        (
            "ip2proxy-csv",
            "public_proxy",
            PX,
            1,
            "5.1.65.0",
            "5.1.64.255",
            "note: 1 row is not of the class `public_proxy`",
        ),
    ] {
        let list = format!("{format}-{class}-{entries}-{}", note.len());
        let more = format!("--content networks --class {class} --format {format} --edition e1");
        let ran = register.import(&list, text, &more);
        assert!(ran.code == 0 && ran.out.contains(note), "{list}: {}", output(&ran));
        assert_eq!(ran.out.lines().count(), 1 + usize::from(!note.is_empty()), "{list}: {}", output(&ran));
        let again = register.import(&list, text, &format!("{more} --json")).json();
        assert_eq!(
            (&again["edition"]["entries"], &again["edition"]["class"]),
            (&json!(entries), &json!(class)),
            "{list}"
        );
        let notes: Vec<String> = again["notes"].as_array().unwrap().iter().map(|note| note.to_string()).collect();
        assert!(notes.concat().contains(note.trim_start_matches("note: ")), "{list}: {notes:?}");
        let chunk = register.item(&format!("chunk#{list}@e1#0001"), "0001").await.unwrap();
        let index = zstd::stream::decode_all(chunk["data"].as_b().unwrap().as_ref()).unwrap();
        let index = export_gate::networks::Index::load(index).unwrap();
        let asked = [on, off].map(|address| index.has(address.parse().unwrap()));
        assert_eq!((asked, index.entries()), ([true, false], entries), "{list}");
        // Only a tunnel makes the destination unknown.
        let ran = register.activate(&list, "e1");
        assert_eq!((ran.code, ran.err.contains("lists tunnels")), (0, class != "hosting"), "{list}: {}", output(&ran));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_networks_are_refused_and_nothing_is_written() {
    let register = Register::new("unmeant").await;
    let left_out = "note: 2 rows are not of the class `relay` and skipped\n\
                    Nothing was imported: the list has no entries; if that is correct, add `--allow-empty`.";
    // format, class, file, part of the output
    for (format, class, text, says) in [
        ("cidr", "vpn", "5.1.64.0/24\n0.0.0.0/0\n", ":2:1: `0.0.0.0/0` is every address"),
        ("cidr", "vpn", "::/0\n", ":1:1: `::/0` is every address"),
        ("tor", "tor", "# none\n", ":1:1: `# none` is not a network"),
        ("tor", "vpn", EXITS, ":1:1: Tor's exits are of the class `tor`, not `vpn`, so no row was read"),
        ("tor", "tor", "ExitAddress 5.1.64.7 2026\n ExitAddress soon 2026\n", ":2:14: `soon` is not a network such as"),
        ("ip2proxy-csv", "relay", PX, left_out),
        (
            "ip2proxy-csv",
            "vpn",
            "1,2,VPN,DE,x\n3,soon,VPN,DE,x\n",
            ":2:3: `soon` is not an address as a decimal number",
        ),
        ("ip2proxy-csv", "vpn", "1,2,XXX,DE,x\n", ":1:5: `XXX` is not one of VPN, EPN"),
        ("ip2proxy-csv", "vpn", "0,4294967295,VPN,DE,x\n", ":1:1: `0.0.0.0/0` is every address"),
        ("ip2proxy-csv", "vpn", "1,2,DE,Germany\n", "expected at least 5 (PX2 to PX12), so no row was read"),
        ("ip2proxy-csv", "vpn", "<html>\n<p>sample</p>\n", "so no row was read"),
    ] {
        let ran = register.import("nets", text, &format!("--content networks --class {class} --format {format}"));
        assert!(ran.code == 1 && ran.out.contains(says), "{format} {class} {text}: {}", output(&ran));
    }
    assert_eq!(register.items().await, Vec::<Item>::new());
}
