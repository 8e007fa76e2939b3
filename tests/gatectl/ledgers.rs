//! Ledgers for tests: chains of the real gate and generated chains, as an archive and as a table.

use std::collections::BTreeMap;
use std::process::Command;

use export_gate::digest::{canonical, digest};
use export_gate::terms::render_time;
use export_gate_local::sagemaker::Behaviour;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::command::{Folder, Ran, ran};
use crate::world::events::invocation;
use crate::world::{World, ask, at, item};

/// A chain that tests add.
const THIRD: &str = "cccccccccccccccccccccccccccccccc";

/// The chains of a ledger, the longest first.
pub(crate) struct TestLedger {
    names: Vec<String>,
    chains: Vec<Vec<Value>>,
    /// The start of its seal.
    from: Timestamp,
}

impl TestLedger {
    pub(crate) fn of(entries: &[Value], from: Timestamp) -> Self {
        let mut chains: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for entry in entries {
            chains.entry(entry["chain"].as_str().unwrap().to_owned()).or_default().push(entry.clone());
        }
        let mut chains: Vec<_> = chains.into_iter().collect();
        chains.sort_by_key(|(_, entries)| std::cmp::Reverse(entries.len()));
        let (mut names, mut chains): (Vec<_>, Vec<_>) = chains.into_iter().unzip();
        names.push(THIRD.to_owned());
        chains.push(Vec::new());
        Self { names, chains, from }
    }

    pub(crate) fn first(&mut self) -> &mut Vec<Value> {
        &mut self.chains[0]
    }

    pub(crate) fn second(&mut self) -> &mut Vec<Value> {
        &mut self.chains[1]
    }

    /// Adds an entry to the first chain.
    pub(crate) fn add(&mut self, new: fn(&[Value]) -> Value) {
        let entry = new(self.first());
        self.first().push(entry);
    }

    /// Adds a third chain, dated `seconds` after the start of the seal.
    pub(crate) fn add_third_chain(&mut self, seconds: i64) {
        let time = self.time(seconds);
        let last = self.chains.last_mut().unwrap();
        last.push(rehashed(&chain(THIRD, 1)[0], |entry| entry["at"] = json!(time)));
    }

    /// Appends an entry to the first chain.
    pub(crate) fn append(&mut self, kind: &str, seconds: i64) {
        let (time, last) = (self.time(seconds), self.first().last().unwrap().clone());
        let new = rehashed(&last, |entry| {
            place(entry, last["seq"].as_u64().unwrap() + 1, last["hash"].as_str().unwrap().to_owned());
            entry["kind"] = json!(kind);
            entry["at"] = json!(time);
        });
        self.first().push(new);
    }

    fn time(&self, seconds: i64) -> String {
        render_time(self.from + SignedDuration::from_secs(seconds))
    }

    /// `1-2` is the second entry of the first chain, `2` the second chain.
    pub(crate) fn name(&self, place: &str) -> String {
        let (chain, seq) = place.split_at(1);
        format!("{}{seq}", self.names[chain.parse::<usize>().unwrap() - 1])
    }

    /// Writes an archive and returns its path.
    pub(crate) fn archive(&self, folder: &Folder, number: usize) -> String {
        let lines: String = self.chains.iter().flatten().map(|entry| canonical(entry) + "\n").collect();
        folder.file(&format!("{number}/ledger/2026/11/24/batch.jsonl"), lines);
        format!("{}/{number}/ledger", folder.path())
    }

    /// Replaces the table's content. Returns false if two entries have the same key.
    pub(crate) async fn put(&self, world: &World) -> bool {
        let mut places: BTreeMap<(String, u64), &Value> = BTreeMap::new();
        for entry in self.chains.iter().flatten() {
            let key = (entry["chain"].as_str().unwrap().to_owned(), entry["seq"].as_u64().unwrap());
            if places.insert(key, entry).is_some_and(|other| other != entry) {
                return false;
            }
        }
        let table = &world.tables.ledger;
        let there = world.dynamodb.scan().table_name(table).consistent_read(true).send().await.unwrap();
        for mut item in there.items.unwrap_or_default() {
            item.retain(|name, _| ["chain", "seq"].contains(&name.as_str()));
            world.dynamodb.delete_item().table_name(table).set_key(Some(item)).send().await.unwrap();
        }
        for entry in places.into_values() {
            let put = world.dynamodb.put_item().table_name(table).set_item(Some(item(entry.clone())));
            put.send().await.unwrap();
        }
        true
    }
}

/// A chain of four entries, with one completed permit, and a chain of three, written by the gate.
pub(crate) async fn of_the_gate() -> (World, Vec<Value>) {
    let world = World::with_samples().await;
    let mut second = 0;
    let mut later = || {
        second += 1;
        at(&format!("2026-11-22T12:00:{second:02}.250Z"))
    };
    for requests in
        [["foreign-employee", "foreign-employee", "us-citizen"], ["us-citizen", "foreign-employee", "us-citizen"]]
    {
        let gate = world.gate();
        gate.warm(later()).await.unwrap();
        for (number, person) in requests.into_iter().enumerate() {
            if number == 2 && requests[0] == "foreign-employee" {
                world.sagemaker.next(Behaviour::NotReady);
            }
            let event = invocation("sample-us-app", "mythos-5").person(&format!("sample-{person}")).0;
            ask(&gate, &event, later()).await;
        }
    }
    let entries = world.ledger().await;
    assert_eq!(entries.len(), 7, "{entries:?}");
    (world, entries)
}

/// A generated chain with every field of the gate's entries.
pub(crate) fn chain(name: &str, length: u64) -> Vec<Value> {
    let mut prev = "0".repeat(64);
    let mut entries = Vec::new();
    for seq in 1..=length {
        let entry = rehashed(
            &json!({
                "at": format!("2026-11-22T{:02}:{:02}:{:02}.250Z", seq / 3600 % 24, seq / 60 % 60, seq % 60),
                "chain": name, "client": "sample-us-app", "decision_id": format!("{name}-{seq}"),
                "destination": {"country": "US"}, "embargoes": [], "endpoint": "sample-mythos-5-1",
                "facts": {"end_uses": ["research \u{e9}\n\u{1}\u{1f600}"], "location": {"edition": "2026-11-01", "source": "mmdb"},
                          "users": "none"},
                "kind": "invocation", "licences": [], "lists": [], "model": "mythos-5@1", "organisation": "sample-us-company",
                "outcome": "permit", "prev": prev, "reasons": [], "request_sha256": "0".repeat(64), "revision": 7,
                "seq": seq, "source_ip": "192.0.2.1", "status": 200,
            }),
            |_| {},
        );
        prev = entry["hash"].as_str().unwrap().to_owned();
        entries.push(entry);
    }
    entries
}

/// A changed entry with a valid hash.
pub(crate) fn rehashed(entry: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut entry = entry.clone();
    entry.as_object_mut().unwrap().remove("hash");
    change(&mut entry);
    entry["hash"] = json!(digest(&entry));
    entry
}

/// Moves an entry within its chain.
pub(crate) fn place(entry: &mut Value, seq: u64, prev: String) {
    entry["decision_id"] = json!(format!("{}-{seq}", entry["chain"].as_str().unwrap()));
    entry["seq"] = json!(seq);
    entry["prev"] = json!(prev);
}

/// The entries in another order.
pub(crate) fn shuffled(entries: &[Value]) -> Vec<Value> {
    let mut entries = entries.to_vec();
    entries.sort_by_key(|entry| entry["hash"].to_string());
    entries
}

/// The faults that `verify --json` reports.
pub(crate) fn named(ran: &Ran) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let faults = ran.json()["faults"].clone();
    faults.as_array().unwrap().iter().map(|fault| (text(&fault["what"]), text(&fault["entry"]))).collect()
}

/// Runs the independent script.
pub(crate) fn by_python(arguments: &[&str]) -> Ran {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/tools/verify_ledger.py");
    ran(Command::new("python3").arg(script).args(arguments))
}

/// A key and its public key, made by OpenSSL.
pub(crate) fn keys(folder: &Folder, name: &str) -> (String, String) {
    let [key, public] = ["pem", "public.pem"].map(|ending| format!("{}/{name}.{ending}", folder.path()));
    let made = ran(Command::new("openssl").args(["genpkey", "-algorithm", "ed25519", "-out", &key]));
    assert_eq!(made.code, 0, "{}", made.err);
    let made = ran(Command::new("openssl").args(["pkey", "-in", &key, "-pubout", "-out", &public]));
    assert_eq!(made.code, 0, "{}", made.err);
    (key, public)
}
