//! `gatectl ledger`: the command and the independent script detect every manipulation; decisions are shown and followed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use crate::command::{Folder, Ran, Transcript, assert_commands, assert_snapshot, gatectl, gatectl_in, words};
use crate::ledgers::{TestLedger, by_python, chain, named, of_the_gate, place, rehashed, shuffled};
use export_gate::digest::canonical;
use export_gate_local::clock::clear_environment;
use export_gate_local::kms::Kms;
use export_gate_local::s3_and_sns::S3AndSns;
use flate2::{Compression, write::GzEncoder};
use jiff::Timestamp;
use serde_json::{Value, json};

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const C: &str = "cccccccccccccccccccccccccccccccc";

/// Manipulates the chains. The first one has the entries 1 to 4.
type Manipulation = fn(&mut TestLedger);

/// Manipulates a seal.
type Edit = fn(&mut Value);

/// The expected fault: its kind, and its place.
type Expected = Option<(&'static str, &'static str)>;

/// Manipulations that are detected without a seal.
const MANIPULATIONS: &[(&str, Manipulation, Expected)] = &[
    ("nothing", |_| {}, None),
    ("the same entry twice", |ledger| ledger.add(|first| first[1].clone()), None),
    ("a change", |ledger| ledger.first()[1]["status"] = json!(299), Some(("changed", "1-2"))),
    ("a nested change", |ledger| ledger.first()[2]["facts"]["users"] = json!("none"), Some(("changed", "1-3"))),
    ("an additional field", |ledger| ledger.first()[0]["note"] = json!("x"), Some(("changed", "1-1"))),
    (
        "a missing field",
        |ledger| drop(ledger.first()[3].as_object_mut().unwrap().remove("at")),
        Some(("changed", "1-4")),
    ),
    ("another hash", |ledger| ledger.first()[3]["hash"] = json!("0".repeat(64)), Some(("changed", "1-4"))),
    ("no hash", |ledger| drop(ledger.first()[3].as_object_mut().unwrap().remove("hash")), Some(("changed", "1-4"))),
    (
        "a broken number",
        |ledger| ledger.first()[1] = rehashed(&ledger.first()[1], |entry| entry["status"] = json!(451.5)),
        Some(("changed", "1-2")),
    ),
    (
        "a change with a new hash",
        |ledger| ledger.first()[1] = rehashed(&ledger.first()[1], |entry| entry["status"] = json!(299)),
        Some(("added", "1-3")),
    ),
    ("a removal", |ledger| drop(ledger.first().remove(1)), Some(("removed", "1-2"))),
    ("a removal of the first", |ledger| drop(ledger.first().remove(0)), Some(("removed", "1-1"))),
    (
        "an entry after the last",
        |ledger| ledger.add(|first| rehashed(&first[3], |entry| place(entry, 5, "1".repeat(64)))),
        Some(("added", "1-5")),
    ),
    (
        "another entry at a place",
        |ledger| ledger.add(|first| rehashed(&first[1], |entry| entry["status"] = json!(299))),
        Some(("added", "1-2")),
    ),
    (
        "an entry before the first",
        |ledger| ledger.add(|first| rehashed(&first[0], |entry| place(entry, 0, "0".repeat(64)))),
        Some(("added", "1-0")),
    ),
    (
        "an inserted entry",
        |ledger| {
            let new = rehashed(&ledger.first()[1], |entry| entry["status"] = json!(299));
            for (index, seq) in [(3, 5), (2, 4), (1, 3)] {
                let prev = ledger.first()[index]["prev"].as_str().unwrap().to_owned();
                ledger.first()[index] = rehashed(&ledger.first()[index], |entry| place(entry, seq, prev));
            }
            ledger.first().push(new);
        },
        Some(("reordered", "1-3")),
    ),
    (
        "two swapped entries",
        |ledger| {
            ledger.first()[1]["seq"] = json!(3);
            ledger.first()[2]["seq"] = json!(2);
        },
        Some(("reordered", "1-2")),
    ),
    (
        "two swapped entries with new ids and hashes",
        |ledger| {
            for (index, seq) in [(1, 3), (2, 2)] {
                let prev = ledger.first()[index]["prev"].as_str().unwrap().to_owned();
                ledger.first()[index] = rehashed(&ledger.first()[index], |entry| place(entry, seq, prev));
            }
        },
        Some(("reordered", "1-2")),
    ),
    (
        "an entry that follows the one before the last",
        |ledger| {
            let prev = ledger.first()[1]["hash"].as_str().unwrap().to_owned();
            ledger.first()[3] = rehashed(&ledger.first()[3], |entry| entry["prev"] = json!(prev));
        },
        Some(("reordered", "1-4")),
    ),
    (
        "an entry of another chain",
        |ledger| {
            let mut entry = ledger.first()[3].clone();
            entry["chain"] = ledger.second()[0]["chain"].clone();
            ledger.first().pop();
            ledger.second().push(entry);
        },
        Some(("reordered", "2-4")),
    ),
];

/// Manipulations that only a seal detects.
const SEALED_MANIPULATIONS: &[(&str, Manipulation, Expected)] = &[
    ("nothing", |_| {}, None),
    ("a chain cut at its end", |ledger| drop(ledger.first().pop()), Some(("cut", "1-4"))),
    ("a removed chain", |ledger| ledger.second().clear(), Some(("missing", "2"))),
    ("all entries removed", |ledger| (ledger.first().clear(), ledger.second().clear()).0, Some(("missing", "1"))),
    (
        "a chain rewritten from an entry on",
        |ledger| {
            ledger.first()[2] = rehashed(&ledger.first()[2], |entry| entry["status"] = json!(299));
            let prev = ledger.first()[2]["hash"].clone();
            ledger.first()[3] = rehashed(&ledger.first()[3], |entry| entry["prev"] = prev);
        },
        Some(("rewritten", "1-4")),
    ),
    ("a backdated chain", |ledger| ledger.add_third_chain(-3600), Some(("backdated", "3-1"))),
    ("a chain written shortly before the seal", |ledger| ledger.add_third_chain(-899), None),
    ("a chain after the seal", |ledger| ledger.add_third_chain(60), None),
    ("a backdated entry", |ledger| ledger.append("invocation", -3600), Some(("backdated", "1-5"))),
    ("an entry written shortly before the seal", |ledger| ledger.append("invocation", -899), None),
    ("a completion of an earlier permit", |ledger| ledger.append("completion", -3600), None),
    ("an entry after the seal", |ledger| ledger.append("screening", 60), None),
    ("a change below the head", |ledger| ledger.first()[1]["status"] = json!(299), Some(("changed", "1-2"))),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_manipulation_is_detected() {
    let (world, entries) = of_the_gate().await;
    let folder = Folder::new("manipulated");
    for (number, (name, manipulate, fault)) in MANIPULATIONS.iter().enumerate() {
        let mut ledger = TestLedger::of(&entries, Timestamp::now());
        manipulate(&mut ledger);
        let archive = ledger.archive(&folder, number);
        let ran = gatectl(words(&format!("ledger verify --ledger {archive} --json")));
        agree(name, &ledger, *fault, &ran, Some(&by_python(&[&archive])));
        // A table has one entry per key.
        if ledger.put(&world).await {
            let table = format!("--ledger-table {} --endpoint-url {}", world.tables.ledger, world.relay.url());
            agree(name, &ledger, *fault, &gatectl(words(&format!("ledger verify {table} --json"))), None);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seal_detects_cut_and_rewritten_chains() {
    let (world, entries) = of_the_gate().await;
    let folder = Folder::new("sealed");
    let (key, public) = crate::ledgers::keys(&folder, "own");
    let table = format!("--ledger-table {} --endpoint-url {}", world.tables.ledger, world.relay.url());
    let seal = format!("{}/seal.json", folder.path());
    let ran = gatectl(words(&format!("ledger seal {table} --key {key} --to {seal}")));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let sealed: Value = serde_json::from_slice(&std::fs::read(&seal).unwrap()).unwrap();
    let from = crate::world::at(sealed["from"].as_str().unwrap());
    let sealed_by = format!("--seal {seal} --public-key {public} --json");
    for (number, (name, manipulate, fault)) in SEALED_MANIPULATIONS.iter().enumerate() {
        let mut ledger = TestLedger::of(&entries, from);
        manipulate(&mut ledger);
        let archive = ledger.archive(&folder, number);
        let ran = gatectl(words(&format!("ledger verify --ledger {archive} {sealed_by} --allow-empty")));
        agree(name, &ledger, *fault, &ran, Some(&by_python(&[&archive, &seal, &public])));
        assert!(ledger.put(&world).await, "{name}");
        agree(
            name,
            &ledger,
            *fault,
            &gatectl(words(&format!("ledger verify {table} {sealed_by} --allow-empty"))),
            None,
        );
    }
}

/// Compares both results with the expected one.
fn agree(name: &str, ledger: &TestLedger, fault: Expected, ran: &Ran, python: Option<&Ran>) {
    let (faults, expected) = (named(ran), fault.map(|(what, entry)| (what.to_owned(), ledger.name(entry))));
    assert_eq!(ran.code, i32::from(expected.is_some()), "{name}: {}{}", ran.out, ran.err);
    match &expected {
        Some(expected) => assert!(faults.contains(expected), "{name}: {expected:?}, got {faults:?}"),
        None => assert_eq!(faults, [], "{name}"),
    }
    if let Some(python) = python {
        assert_eq!(python.code, ran.code, "{name}, by Python: {}{}", python.out, python.err);
        if let Some((_, entry)) = expected {
            assert!(python.out.contains(&entry), "{name}, by Python: {entry}, got {}", python.out);
        }
    }
}

#[test]
fn a_forged_seal_is_refused() {
    let folder = Folder::new("seals");
    let (key, public) = crate::ledgers::keys(&folder, "own");
    let (_, other) = crate::ledgers::keys(&folder, "other");
    let archive = TestLedger::of(&[chain(A, 3), chain(B, 2)].concat(), Timestamp::now()).archive(&folder, 0);
    let seal = format!("{}/seal.json", folder.path());
    let ran = gatectl(words(&format!("ledger seal --ledger {archive} --key {key} --to {seal}")));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let sealed: Value = serde_json::from_slice(&std::fs::read(&seal).unwrap()).unwrap();
    assert_eq!((&sealed["entries"], sealed["heads"].as_array().unwrap().len()), (&json!(5), 2));
    // manipulation, public key, exit code
    let cases: [(&str, Edit, &str, i32); 9] = [
        ("nothing", |_| {}, &public, 0),
        ("another key", |_| {}, &other, 1),
        ("another signature", |seal| seal["signature"] = json!(format!("{}==", "A".repeat(86))), &public, 1),
        ("no signature", |seal| seal["signature"] = json!(""), &public, 1),
        ("another time", |seal| seal["from"] = json!("2027-01-01T00:00:00.000Z"), &public, 1),
        ("another number", |seal| seal["entries"] = json!(4), &public, 1),
        ("a changed head", |seal| seal["heads"][0]["seq"] = json!(2), &public, 1),
        ("a missing head", |seal| drop(seal["heads"].as_array_mut().unwrap().pop()), &public, 1),
        ("another root", |seal| seal["root"] = json!("0".repeat(64)), &public, 1),
    ];
    let mut transcript = Transcript::default();
    for (number, (name, edit, public, code)) in cases.into_iter().enumerate() {
        let mut edited = sealed.clone();
        edit(&mut edited);
        let seal = folder.file(&format!("edited-{number}.json"), edited.to_string());
        let ran = gatectl(words(&format!("ledger verify --ledger {archive} --seal {seal} --public-key {public}")));
        assert_eq!(ran.code, code, "{name}: {}{}", ran.out, ran.err);
        transcript.add(&format!("ledger verify ({name})"), &ran);
        let python = by_python(&[&archive, &seal, public]);
        assert_eq!(python.code, ran.code, "{name}, by Python: {}{}", python.out, python.err);
    }
    // A seal with a duplicate member is refused.
    let twice = sealed.to_string().replacen(r#""entries":"#, r#""entries":4,"entries":"#, 1);
    let twice = folder.file("twice.json", twice);
    let ran = gatectl(words(&format!("ledger verify --ledger {archive} --seal {twice} --public-key {public}")));
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    transcript.add("ledger verify (a duplicate member)", &ran);
    transcript.assert_snapshot("ledger-forged-seals");
    assert_eq!(by_python(&[&archive, &twice, &public]).code, 1);
}

#[test]
fn a_seal_names_the_previous_one_and_needs_all_its_entries() {
    let folder = Folder::new("previous");
    let (key, public) = crate::ledgers::keys(&folder, "own");
    let (other_key, other_public) = crate::ledgers::keys(&folder, "other");
    let (path, chains) = (folder.path(), [chain(A, 3), chain(B, 2)].concat());
    let whole = TestLedger::of(&chains, Timestamp::now()).archive(&folder, 0);
    let cut = TestLedger::of(&chains[..4], Timestamp::now()).archive(&folder, 1);
    let broken = TestLedger::of(&[&chains[..1], &chains[2..]].concat(), Timestamp::now()).archive(&folder, 2);
    let seal = |line: &str, to: &str| gatectl(words(&format!("ledger seal {line} --to {path}/{to} --json")));
    let first = seal(&format!("--ledger {whole} --key {key}"), "first.json");
    assert_eq!(first.code, 0, "{}{}", first.out, first.err);
    let second = seal(&format!("--ledger {whole} --key {key} --previous {path}/first.json"), "second.json");
    assert_eq!(second.code, 0, "{}{}", second.out, second.err);
    let written: Value = serde_json::from_slice(&std::fs::read(format!("{path}/second.json")).unwrap()).unwrap();
    assert_eq!(written["previous"], first.json()["digest"]);
    let third = format!("--ledger {whole} --key {other_key} --previous {path}/second.json --public-key {public}");
    assert_eq!(seal(&third, "third.json").code, 0);
    let lines = [
        format!("--ledger {cut} --key {key} --previous {path}/first.json"),
        format!("--ledger {broken} --key {key}"),
        format!("--ledger {whole} --key {key} --previous {path}/third.json"),
        format!("--ledger {whole} --key {key} --previous {path}/first.json --public-key {other_public}"),
        format!("--ledger {} --key {key}", folder.file("none/x.jsonl", "")),
    ];
    assert_commands("ledger-seal-refused", 1, lines, |line| {
        let ran = gatectl(words(&format!("ledger seal {line} --to {path}/never.json")));
        assert!(!std::path::Path::new(&format!("{path}/never.json")).exists(), "{line}");
        ran
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kms_keys_sign_and_s3_stores_seals() {
    let folder = Folder::new("kms");
    let kms = Kms::start().await.unwrap();
    let s3 = S3AndSns::start().await.unwrap();
    let archive = TestLedger::of(&[chain(A, 3), chain(B, 2)].concat(), Timestamp::now()).archive(&folder, 0);
    let run = |line: &str| {
        gatectl_in(&[("AWS_ENDPOINT_URL_KMS", &kms.url()), ("AWS_ENDPOINT_URL_S3", &s3.url())], words(line))
    };
    let seal = format!("ledger seal --ledger {archive} --kms-key alias/seal --to s3://seals/2026/first.json");
    let ran = run(&seal);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let object = s3.objects().all().remove(0);
    assert!(
        object.path == "/seals/2026/first.json" && object.headers.contains_key("x-amz-checksum-sha256"),
        "{object:?}"
    );
    let verify = format!("ledger verify --ledger {archive} --seal s3://seals/2026/first.json");
    let public = folder.file("public.pem", kms.public_pem());
    let by_pem = run(&format!("{verify} --public-key {public}"));
    assert_eq!(by_pem.code, 0, "{}{}", by_pem.out, by_pem.err);
    let by_kms = run(&format!("{verify} --kms-key alias/seal"));
    assert_eq!(by_kms.code, 0, "{}{}", by_kms.out, by_kms.err);
    let python = by_python(&[&archive, &folder.file("first.json", &object.body), &public]);
    assert_eq!(python.code, 0, "{}{}", python.out, python.err);
    // A seal whose answer is lost is read back.
    s3.lose_answers(1);
    let ran = run(&seal.replace("first", "lost"));
    assert_eq!((ran.code, s3.objects().count()), (0, 2), "{}{}", ran.out, ran.err);
    // A seal is not overwritten, and only an Ed25519 key with a valid signature can seal.
    let never = |key: &str| format!("ledger seal --ledger {archive} --kms-key {key} --to s3://seals/never.json");
    assert_commands("ledger-seal-kms-refused", 2, [seal, never("rsa"), never("wrong"), never("gone")], run);
    let ran = run(&format!("ledger verify --ledger {archive} --seal s3://seals/never.json --public-key {public}"));
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert_eq!(s3.objects().count(), 2);
}

#[test]
fn entries_come_in_any_order_from_many_files() {
    let folder = Folder::new("bulk");
    let entries = [chain(A, 400), chain(B, 300), chain(C, 1)].concat();
    let shuffled = shuffled(&entries);
    for (number, some) in shuffled.chunks(97).enumerate() {
        let lines: String = some.iter().map(|entry| canonical(entry) + "\n").collect();
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(lines.as_bytes()).unwrap();
        folder.file(&format!("ledger/{number}.jsonl.gz"), packed.finish().unwrap());
        if number == 3 {
            folder.file("ledger/again.jsonl", lines);
        }
    }
    let archive = format!("{}/ledger", folder.path());
    let ran = gatectl(words(&format!("ledger verify --ledger {archive} --json")));
    assert_eq!((ran.code, &ran.json()["entries"], &ran.json()["chains"]), (0, &json!(701), &json!(3)), "{}", ran.out);
    let python = by_python(&[&archive]);
    assert_eq!(python.out, "701 entries hold\n", "{}", python.err);
}

#[test]
fn invalid_entries_are_reported() {
    let folder = Folder::new("none");
    let good = canonical(&chain(A, 1)[0]);
    let with = |name: &str, value: Value| canonical(&rehashed(&chain(A, 1)[0], |entry| entry[name] = value));
    let mut transcript = Transcript::default();
    for (number, (name, file, text)) in [
        ("no entries", "a.jsonl", String::new()),
        ("not JSON", "a.jsonl", format!("{good}\nnot JSON\n")),
        ("an empty object", "a.jsonl", format!("{good}\n\n{{}}\n")),
        ("an array", "a.jsonl", format!("{good}\n[]\n")),
        ("a short chain", "a.jsonl", with("chain", json!("c"))),
        ("a chain in capitals", "a.jsonl", with("chain", json!(A.to_uppercase()))),
        ("a text as `seq`", "a.jsonl", with("seq", json!("1"))),
        ("a number as `prev`", "a.jsonl", with("prev", json!(7))),
        ("an invalid time", "a.jsonl", with("at", json!("noon"))),
        ("an array as `seq`", "a.jsonl", with("seq", json!([1]))),
        ("a duplicate member", "a.jsonl", good.replace(r#""outcome":"#, r#""outcome":"refuse","outcome":"#)),
        ("a nested duplicate member", "a.jsonl", good.replace(r#""users":"#, r#""users":"asserted","users":"#)),
        ("a fraction as `seq`", "a.jsonl", good.replace(r#""seq":1"#, r#""seq":1.0"#)),
        ("deep nesting", "a.jsonl", "[".repeat(100_000)),
        ("a lone surrogate", "a.jsonl", good.replace("research", r"\ud800")),
        ("not gzip", "a.jsonl.gz", good.clone()),
        ("another extension", "a.json", good.clone()),
    ]
    .into_iter()
    .enumerate()
    {
        folder.file(&format!("{number}/{file}"), text);
        let ran = gatectl(words(&format!("ledger verify --ledger {}/{number}", folder.path())));
        assert_eq!(ran.code, 1, "{name}: {}{}", ran.out, ran.err);
        transcript.add(&format!("ledger verify ({name})"), &ran);
        if file == "a.jsonl" {
            let python = by_python(&[&format!("{}/{number}", folder.path())]);
            assert_eq!((python.code, python.err.as_str()), (1, ""), "{name}, by Python: {}", python.out);
        }
    }
    transcript.assert_snapshot("ledger-invalid-entries");
    let empty = format!("ledger verify --ledger {}/0", folder.path());
    assert_eq!(gatectl(words(&format!("{empty} --allow-empty"))).code, 0);
    assert_eq!(by_python(&[&format!("{}/0", folder.path())]).code, 1);
}

#[test]
fn invalid_arguments_are_refused_and_nothing_is_written() {
    let folder = Folder::new("usage");
    let (key, public) = crate::ledgers::keys(&folder, "own");
    let archive = TestLedger::of(&chain(A, 1), Timestamp::now()).archive(&folder, 0);
    let (text, path) = (folder.file("x.txt", "x"), folder.path());
    let id = format!("{A}-1");
    let lines = [
        format!("verify --ledger {archive} --ledger-table t"),
        "verify".to_owned(),
        "verify --ledger /nowhere".into(),
        format!("verify --ledger {archive} --seal {text}"),
        format!("verify --ledger {archive} --public-key {public}"),
        format!("verify --ledger {archive} --seal {text} --public-key {public}"),
        format!("verify --ledger {archive} --seal {text} --public-key {text}"),
        format!("verify --ledger {archive} --seal {text} --public-key {key}"),
        format!("verify --ledger {archive} --seal s3://bucket --public-key {public}"),
        "verify --ledger-table t --endpoint-url http://127.0.0.1:9".into(),
        format!("seal --ledger {archive} --to {path}/s"),
        format!("seal --ledger {archive} --key {key}"),
        format!("seal --ledger {archive} --key {key} --to {text}"),
        format!("seal --ledger {archive} --key {public} --to {path}/s"),
        format!("seal --ledger {archive} --key {text} --to {path}/s"),
        format!("seal --ledger {archive} --key {key} --to {path}/nowhere/s"),
        format!("seal --ledger {archive} --key {key} --kms-key k --to {path}/s"),
        format!("seal --ledger {archive} --key {key} --previous {text} --to {path}/s"),
        "show x-1 --ledger-table t".into(),
        format!("show {id}"),
        format!("show {id} --ledger-table t --endpoint-url http://127.0.0.1:9"),
        format!("tail --ledger {archive} --follow"),
        format!("tail --ledger {archive} --outcome maybe"),
        format!("tail --ledger {archive} -n -1"),
    ];
    assert_commands("ledger-refused", 2, lines, |line| {
        let ran = gatectl(words(&format!("ledger {line}")));
        assert_eq!(ran.out, "", "{line}");
        ran
    });
    assert!(!std::path::Path::new(&format!("{path}/s")).exists());
}

#[test]
fn the_environment_variable_is_the_default_table() {
    let folder = Folder::new("variable");
    let archive = TestLedger::of(&chain(A, 1), Timestamp::now()).archive(&folder, 0);
    let run = |line: &str| gatectl_in(&[("LEDGER_TABLE", "sample")], words(line));
    assert_eq!(run(&format!("ledger verify --ledger {archive}")).code, 0);
    let ran = run("ledger verify --endpoint-url http://127.0.0.1:9");
    assert!(ran.code == 2 && ran.err.contains("`sample`"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_is_shown_with_its_completion() {
    let (world, entries) = of_the_gate().await;
    let folder = Folder::new("show");
    let archive = TestLedger::of(&entries, Timestamp::now()).archive(&folder, 0);
    let table = format!("--ledger-table {} --endpoint-url {}", world.tables.ledger, world.relay.url());
    let completion = entries.iter().find(|entry| entry["kind"] == "completion").unwrap();
    for place in [format!("--ledger {archive}"), table.clone()] {
        for entry in &entries {
            let id = entry["decision_id"].as_str().unwrap();
            let ran = gatectl(words(&format!("ledger show {id} {place} --json")));
            assert_eq!((ran.code, &ran.json()), (0, entry), "{place}");
            let ran = gatectl(words(&format!("ledger show {id} {place}")));
            assert!(ran.code == 0 && ran.out.contains(id), "{}", ran.out);
            if completion["of"] == id {
                let time = completion["at"].as_str().unwrap();
                assert_snapshot("ledger-show", &ran.out.replace(time, "TIME"));
            }
        }
        let ran = gatectl(words(&format!("ledger show {C}-1 {place}")));
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
        assert_snapshot("ledger-show-unknown", &ran.out);
    }
    let mut ledger = TestLedger::of(&entries, Timestamp::now());
    ledger.first()[1]["status"] = json!(299);
    ledger.put(&world).await;
    let ran = gatectl(words(&format!("ledger show {} {table}", ledger.name("1-2"))));
    assert!(ran.code == 1 && ran.out.contains("Its hash is invalid"), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_decisions_are_sorted_by_time() {
    let (world, entries) = of_the_gate().await;
    let folder = Folder::new("tail");
    let archive = format!("--ledger {}", TestLedger::of(&entries, Timestamp::now()).archive(&folder, 0));
    let table = format!("--ledger-table {} --endpoint-url {}", world.tables.ledger, world.relay.url());
    let mut sorted = entries.clone();
    sorted.sort_by_key(|entry| (entry["at"].to_string(), entry["decision_id"].to_string()));
    let ids = |of: &dyn Fn(&Value) -> bool| {
        sorted.iter().filter(|entry| of(entry)).map(|entry| entry["decision_id"].clone()).collect::<Vec<_>>()
    };
    let has_code =
        |entry: &Value| entry["reasons"].as_array().unwrap().iter().any(|one| one["code"] == "licence.missing");
    for place in [&archive, &table] {
        // options, expected decisions
        for (line, expected) in [
            ("", ids(&|_| true)),
            ("--number 2", ids(&|_| true).split_off(entries.len() - 2)),
            ("-n 0", vec![]),
            ("--outcome permit", ids(&|entry| entry["outcome"] == "permit")),
            ("--outcome refuse --client sample-us-app", ids(&|entry| entry["outcome"] == "refuse")),
            ("--client unknown", vec![]),
            ("--organisation unknown", vec![]),
            ("--code licence.missing", ids(&has_code)),
        ] {
            let ran = gatectl(words(&format!("ledger tail {place} {line} --json")));
            let came: Vec<Value> =
                ran.json().as_array().unwrap().iter().map(|one| one["decision_id"].clone()).collect();
            assert_eq!((ran.code, &came), (0, &expected), "{place} {line}");
        }
        let ran = gatectl(words(&format!("ledger tail {place}")));
        assert_eq!(ran.out.lines().count(), entries.len());
        assert!(!ran.out.contains("sample-foreign-employee") && ran.out.contains("sample-us-app"), "{}", ran.out);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_decisions_are_followed_until_interrupted() {
    let (world, entries) = of_the_gate().await;
    let url = world.relay.url();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatectl"));
    clear_environment(&mut command).args(words(&format!(
        "ledger tail --ledger-table {} --endpoint-url {url} --region us-east-1 --follow --json --number 1",
        world.tables.ledger
    )));
    command.envs([("AWS_ACCESS_KEY_ID", "sample"), ("AWS_SECRET_ACCESS_KEY", "sample")]);
    let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (send, mut came) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || lines.for_each(|line| drop(send.send(line.unwrap()))));
    let mut next = async || -> Value {
        let line = tokio::time::timeout(crate::world::PATIENCE, came.recv()).await.unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    };
    let last = entries.iter().max_by_key(|entry| (entry["at"].to_string(), entry["decision_id"].to_string())).unwrap();
    assert_eq!(next().await["decision_id"], last["decision_id"]);
    let mut ledger = TestLedger::of(&entries, Timestamp::now());
    ledger.append("invocation", 60);
    let new = ledger.first().pop().unwrap();
    world
        .dynamodb
        .put_item()
        .table_name(&world.tables.ledger)
        .set_item(Some(crate::world::item(new.clone())))
        .send()
        .await
        .unwrap();
    assert_eq!(next().await["decision_id"], new["decision_id"]);
    let stopped = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success() && child.wait().unwrap().success());
    // A table without a stream has nothing to follow.
    let ran =
        gatectl(words(&format!("ledger tail --follow --ledger-table {} --endpoint-url {url}", world.tables.callers)));
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
}
