//! `gatectl ledger`: the command and the independent script detect every manipulation; decisions are shown and followed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use crate::books::{Books, by_python, chain, named, of_the_gate, place, rehashed, shuffled};
use crate::command::{Folder, Ran, gatectl, gatectl_in, words};
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

/// A manipulation of the chains, mostly of the first one, which has the entries 1 to 4.
type Deed = fn(&mut Books);

/// A manipulation of a seal.
type Edit = fn(&mut Value);

/// The expected fault: its kind, and its place.
type Expected = Option<(&'static str, &'static str)>;

/// Manipulations that are detected without a seal.
const DEEDS: &[(&str, Deed, Expected)] = &[
    ("nothing", |_| {}, None),
    ("the same entry twice", |books| books.add(|first| first[1].clone()), None),
    ("a change", |books| books.first()[1]["status"] = json!(299), Some(("changed", "1-2"))),
    ("a change deep inside", |books| books.first()[2]["facts"]["users"] = json!("none"), Some(("changed", "1-3"))),
    ("a field more", |books| books.first()[0]["note"] = json!("x"), Some(("changed", "1-1"))),
    ("a field less", |books| drop(books.first()[3].as_object_mut().unwrap().remove("at")), Some(("changed", "1-4"))),
    ("another hash", |books| books.first()[3]["hash"] = json!("0".repeat(64)), Some(("changed", "1-4"))),
    ("no hash", |books| drop(books.first()[3].as_object_mut().unwrap().remove("hash")), Some(("changed", "1-4"))),
    (
        "a broken number",
        |books| books.first()[1] = rehashed(&books.first()[1], |entry| entry["status"] = json!(451.5)),
        Some(("changed", "1-2")),
    ),
    (
        "a change, and its hash with it",
        |books| books.first()[1] = rehashed(&books.first()[1], |entry| entry["status"] = json!(299)),
        Some(("added", "1-3")),
    ),
    ("a removal", |books| drop(books.first().remove(1)), Some(("removed", "1-2"))),
    ("a removal of the first", |books| drop(books.first().remove(0)), Some(("removed", "1-1"))),
    (
        "an entry behind the last",
        |books| books.add(|first| rehashed(&first[3], |entry| place(entry, 5, "1".repeat(64)))),
        Some(("added", "1-5")),
    ),
    (
        "another entry at a place",
        |books| books.add(|first| rehashed(&first[1], |entry| entry["status"] = json!(299))),
        Some(("added", "1-2")),
    ),
    (
        "an entry before the first",
        |books| books.add(|first| rehashed(&first[0], |entry| place(entry, 0, "0".repeat(64)))),
        Some(("added", "1-0")),
    ),
    (
        "an entry put between",
        |books| {
            let new = rehashed(&books.first()[1], |entry| entry["status"] = json!(299));
            for (index, seq) in [(3, 5), (2, 4), (1, 3)] {
                let prev = books.first()[index]["prev"].as_str().unwrap().to_owned();
                books.first()[index] = rehashed(&books.first()[index], |entry| place(entry, seq, prev));
            }
            books.first().push(new);
        },
        Some(("reordered", "1-3")),
    ),
    (
        "two that changed places",
        |books| {
            books.first()[1]["seq"] = json!(3);
            books.first()[2]["seq"] = json!(2);
        },
        Some(("reordered", "1-2")),
    ),
    (
        "two that changed places, with new ids and hashes",
        |books| {
            for (index, seq) in [(1, 3), (2, 2)] {
                let prev = books.first()[index]["prev"].as_str().unwrap().to_owned();
                books.first()[index] = rehashed(&books.first()[index], |entry| place(entry, seq, prev));
            }
        },
        Some(("reordered", "1-2")),
    ),
    (
        "an entry that follows the one before the last",
        |books| {
            let prev = books.first()[1]["hash"].as_str().unwrap().to_owned();
            books.first()[3] = rehashed(&books.first()[3], |entry| entry["prev"] = json!(prev));
        },
        Some(("reordered", "1-4")),
    ),
    (
        "an entry of another chain",
        |books| {
            let mut entry = books.first()[3].clone();
            entry["chain"] = books.second()[0]["chain"].clone();
            books.first().pop();
            books.second().push(entry);
        },
        Some(("reordered", "2-4")),
    ),
];

/// Manipulations that only a seal detects.
const SEALED_DEEDS: &[(&str, Deed, Expected)] = &[
    ("nothing", |_| {}, None),
    ("a chain cut at its end", |books| drop(books.first().pop()), Some(("cut", "1-4"))),
    ("a chain taken away", |books| books.second().clear(), Some(("missing", "2"))),
    ("everything taken away", |books| (books.first().clear(), books.second().clear()).0, Some(("missing", "1"))),
    (
        "a chain written anew from an entry on",
        |books| {
            books.first()[2] = rehashed(&books.first()[2], |entry| entry["status"] = json!(299));
            let prev = books.first()[2]["hash"].clone();
            books.first()[3] = rehashed(&books.first()[3], |entry| entry["prev"] = prev);
        },
        Some(("rewritten", "1-4")),
    ),
    ("a chain that claims to be older", |books| books.third(-3600), Some(("backdated", "3-1"))),
    ("a chain that was on its way", |books| books.third(-899), None),
    ("a chain of today", |books| books.third(60), None),
    ("an entry behind that claims to be older", |books| books.behind("invocation", -3600), Some(("backdated", "1-5"))),
    ("an entry behind that was on its way", |books| books.behind("invocation", -899), None),
    ("a completion that was owed", |books| books.behind("completion", -3600), None),
    ("an entry behind, later", |books| books.behind("screening", 60), None),
    ("a change below the head", |books| books.first()[1]["status"] = json!(299), Some(("changed", "1-2"))),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_manipulation_is_detected() {
    let (world, entries) = of_the_gate().await;
    let folder = Folder::new("deeds");
    for (number, (name, deed, fault)) in DEEDS.iter().enumerate() {
        let mut books = Books::of(&entries, Timestamp::now());
        deed(&mut books);
        let archive = books.archive(&folder, number);
        let ran = gatectl(words(&format!("ledger verify --ledger {archive} --json")));
        agree(name, &books, *fault, &ran, Some(&by_python(&[&archive])));
        // A table has no place for two entries at one.
        if books.put(&world).await {
            let table = format!("--ledger-table {} --endpoint-url {}", world.tables.ledger, world.relay.url());
            agree(name, &books, *fault, &gatectl(words(&format!("ledger verify {table} --json"))), None);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seal_detects_cut_and_rewritten_chains() {
    let (world, entries) = of_the_gate().await;
    let folder = Folder::new("sealed");
    let (key, public) = crate::books::keys(&folder, "own");
    let table = format!("--ledger-table {} --endpoint-url {}", world.tables.ledger, world.relay.url());
    let seal = format!("{}/seal.json", folder.path());
    let ran = gatectl(words(&format!("ledger seal {table} --key {key} --to {seal}")));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let sealed: Value = serde_json::from_slice(&std::fs::read(&seal).unwrap()).unwrap();
    let from = crate::world::at(sealed["from"].as_str().unwrap());
    let held = format!("--seal {seal} --public-key {public} --json");
    for (number, (name, deed, fault)) in SEALED_DEEDS.iter().enumerate() {
        let mut books = Books::of(&entries, from);
        deed(&mut books);
        let archive = books.archive(&folder, number);
        let ran = gatectl(words(&format!("ledger verify --ledger {archive} {held} --allow-empty")));
        agree(name, &books, *fault, &ran, Some(&by_python(&[&archive, &seal, &public])));
        assert!(books.put(&world).await, "{name}");
        agree(name, &books, *fault, &gatectl(words(&format!("ledger verify {table} {held} --allow-empty"))), None);
    }
}

/// Compares both results with the expected one.
fn agree(name: &str, books: &Books, fault: Expected, ran: &Ran, python: Option<&Ran>) {
    let (faults, expected) = (named(ran), fault.map(|(what, entry)| (what.to_owned(), books.name(entry))));
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
    let (key, public) = crate::books::keys(&folder, "own");
    let (_, other) = crate::books::keys(&folder, "other");
    let archive = Books::of(&[chain(A, 3), chain(B, 2)].concat(), Timestamp::now()).archive(&folder, 0);
    let seal = format!("{}/seal.json", folder.path());
    let ran = gatectl(words(&format!("ledger seal --ledger {archive} --key {key} --to {seal}")));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let sealed: Value = serde_json::from_slice(&std::fs::read(&seal).unwrap()).unwrap();
    assert_eq!((&sealed["entries"], sealed["heads"].as_array().unwrap().len()), (&json!(5), 2));
    // manipulation, public key, part of the output
    let cases: [(&str, Edit, &str, &str); 9] = [
        ("nothing", |_| {}, &public, ""),
        ("another key", |_| {}, &other, "is not by the key"),
        (
            "another signature",
            |seal| seal["signature"] = json!(format!("{}==", "A".repeat(86))),
            &public,
            "its signature",
        ),
        ("no signature", |seal| seal["signature"] = json!(""), &public, "its signature"),
        ("another time", |seal| seal["from"] = json!("2027-01-01T00:00:00.000Z"), &public, "its signature"),
        ("another number", |seal| seal["entries"] = json!(4), &public, "its signature"),
        ("a head that was edited", |seal| seal["heads"][0]["seq"] = json!(2), &public, "its heads"),
        ("a head less", |seal| drop(seal["heads"].as_array_mut().unwrap().pop()), &public, "its heads"),
        ("another root", |seal| seal["root"] = json!("0".repeat(64)), &public, "its heads"),
    ];
    for (number, (name, deed, public, says)) in cases.into_iter().enumerate() {
        let mut edited = sealed.clone();
        deed(&mut edited);
        let seal = folder.file(&format!("edited-{number}.json"), edited.to_string());
        let ran = gatectl(words(&format!("ledger verify --ledger {archive} --seal {seal} --public-key {public}")));
        assert_eq!(ran.code, i32::from(!says.is_empty()), "{name}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains(says), "{name}: {}", ran.out);
        let python = by_python(&[&archive, &seal, public]);
        assert_eq!(python.code, ran.code, "{name}, by Python: {}{}", python.out, python.err);
    }
    // A seal with a duplicate member is refused.
    let twice = sealed.to_string().replacen(r#""entries":"#, r#""entries":4,"entries":"#, 1);
    let twice = folder.file("twice.json", twice);
    let ran = gatectl(words(&format!("ledger verify --ledger {archive} --seal {twice} --public-key {public}")));
    assert!(ran.code == 2 && ran.err.contains("duplicate member"), "{}{}", ran.out, ran.err);
    let python = by_python(&[&archive, &twice, &public]);
    assert!(python.code == 1 && python.out.contains("a member is there twice"), "{}{}", python.out, python.err);
}

#[test]
fn a_seal_names_the_previous_one_and_needs_all_its_entries() {
    let folder = Folder::new("previous");
    let (key, public) = crate::books::keys(&folder, "own");
    let (other_key, other_public) = crate::books::keys(&folder, "other");
    let (path, chains) = (folder.path(), [chain(A, 3), chain(B, 2)].concat());
    let whole = Books::of(&chains, Timestamp::now()).archive(&folder, 0);
    let cut = Books::of(&chains[..4], Timestamp::now()).archive(&folder, 1);
    let broken = Books::of(&[&chains[..1], &chains[2..]].concat(), Timestamp::now()).archive(&folder, 2);
    let seal = |line: &str, to: &str| gatectl(words(&format!("ledger seal {line} --to {path}/{to} --json")));
    let first = seal(&format!("--ledger {whole} --key {key}"), "first.json");
    assert_eq!(first.code, 0, "{}{}", first.out, first.err);
    let second = seal(&format!("--ledger {whole} --key {key} --previous {path}/first.json"), "second.json");
    assert_eq!(second.code, 0, "{}{}", second.out, second.err);
    let written: Value = serde_json::from_slice(&std::fs::read(format!("{path}/second.json")).unwrap()).unwrap();
    assert_eq!(written["previous"], first.json()["digest"]);
    let third = format!("--ledger {whole} --key {other_key} --previous {path}/second.json --public-key {public}");
    assert_eq!(seal(&third, "third.json").code, 0);
    // arguments, exit code, part of the output
    for (line, code, says) in [
        (format!("--ledger {cut} --key {key} --previous {path}/first.json"), 1, "cut"),
        (format!("--ledger {broken} --key {key}"), 1, "removed"),
        (format!("--ledger {whole} --key {key} --previous {path}/third.json"), 1, "not by the key"),
        (
            format!("--ledger {whole} --key {key} --previous {path}/first.json --public-key {other_public}"),
            1,
            "not by the key",
        ),
        (format!("--ledger {} --key {key}", folder.file("none/x.jsonl", "")), 1, r#""entries": 0"#),
    ] {
        let ran = seal(&line, "never.json");
        assert_eq!(ran.code, code, "{line}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains(says), "{line}: {}", ran.out);
        assert!(!std::path::Path::new(&format!("{path}/never.json")).exists(), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kms_keys_sign_and_s3_stores_seals() {
    let folder = Folder::new("kms");
    let kms = Kms::start().await.unwrap();
    let s3 = S3AndSns::start().await.unwrap();
    let archive = Books::of(&[chain(A, 3), chain(B, 2)].concat(), Timestamp::now()).archive(&folder, 0);
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
    // What lies there stays; a key of another kind, or one that signs another thing, seals nothing.
    let again = run(&seal);
    assert!(
        again.code == 2 && again.err.contains("exists, and a seal is never overwritten"),
        "{}{}",
        again.out,
        again.err
    );
    for (key, says) in
        [("rsa", "ECC_NIST_EDWARDS25519"), ("wrong", "nothing was written"), ("gone", "kms:GetPublicKey")]
    {
        let ran = run(&format!("ledger seal --ledger {archive} --kms-key {key} --to s3://seals/never.json"));
        assert!(ran.code == 2 && ran.err.contains(says), "{key}: {}{}", ran.out, ran.err);
    }
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
    // file, text, part of the output
    for (number, (file, text, says)) in [
        ("a.jsonl", String::new(), "no entries"),
        ("a.jsonl", format!("{good}\nnot JSON\n"), "line 2"),
        ("a.jsonl", format!("{good}\n\n{{}}\n"), "line 3: its `chain`"),
        ("a.jsonl", format!("{good}\n[]\n"), "line 2: its `chain`"),
        ("a.jsonl", with("chain", json!("c")), "its `chain`"),
        ("a.jsonl", with("chain", json!(A.to_uppercase())), "its `chain`"),
        ("a.jsonl", with("seq", json!("1")), "its `seq`"),
        ("a.jsonl", with("prev", json!(7)), "its `prev` is not in the gate's format"),
        ("a.jsonl", with("at", json!("noon")), "its `at` is not in the gate's format"),
        ("a.jsonl", with("seq", json!([1])), "its `seq`"),
        ("a.jsonl", good.replace(r#""outcome":"#, r#""outcome":"refuse","outcome":"#), "duplicate member"),
        ("a.jsonl", good.replace(r#""users":"#, r#""users":"asserted","users":"#), "duplicate member"),
        ("a.jsonl", good.replace(r#""seq":1"#, r#""seq":1.0"#), "its `seq`"),
        ("a.jsonl", "[".repeat(100_000), "line 1"),
        ("a.jsonl", good.replace("research", r"\ud800"), "line 1"),
        ("a.jsonl.gz", good.clone(), "a.jsonl.gz"),
        ("a.json", good.clone(), "not a .jsonl"),
    ]
    .into_iter()
    .enumerate()
    {
        folder.file(&format!("{number}/{file}"), text);
        let ran = gatectl(words(&format!("ledger verify --ledger {}/{number}", folder.path())));
        assert_eq!(ran.code, 1, "{says}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains(says), "`{says}`: {}", ran.out);
        if file == "a.jsonl" {
            let python = by_python(&[&format!("{}/{number}", folder.path())]);
            assert_eq!((python.code, python.err.as_str()), (1, ""), "{says}, by Python: {}", python.out);
        }
    }
    let empty = format!("ledger verify --ledger {}/0", folder.path());
    assert_eq!(gatectl(words(&format!("{empty} --allow-empty"))).code, 0);
    assert_eq!(by_python(&[&format!("{}/0", folder.path())]).code, 1);
}

#[test]
fn wrong_usage_is_exit_code_2_and_writes_nothing() {
    let folder = Folder::new("usage");
    let (key, public) = crate::books::keys(&folder, "own");
    let archive = Books::of(&chain(A, 1), Timestamp::now()).archive(&folder, 0);
    let (text, path) = (folder.file("x.txt", "x"), folder.path());
    let id = format!("{A}-1");
    for (line, says) in [
        (format!("verify --ledger {archive} --ledger-table t"), "cannot be used with"),
        ("verify".into(), "--ledger-table"),
        ("verify --ledger /nowhere".into(), "/nowhere"),
        (format!("verify --ledger {archive} --seal {text}"), "--public-key"),
        (format!("verify --ledger {archive} --public-key {public}"), "--seal"),
        (format!("verify --ledger {archive} --seal {text} --public-key {public}"), "is not a seal"),
        (format!("verify --ledger {archive} --seal {text} --public-key {text}"), "BEGIN PUBLIC KEY"),
        (format!("verify --ledger {archive} --seal {text} --public-key {key}"), "BEGIN PUBLIC KEY"),
        (format!("verify --ledger {archive} --seal s3://bucket --public-key {public}"), "expected an object"),
        ("verify --ledger-table t --endpoint-url http://127.0.0.1:9".into(), "could not be read"),
        (format!("seal --ledger {archive} --to {path}/s"), "--key"),
        (format!("seal --ledger {archive} --key {key}"), "--to"),
        (format!("seal --ledger {archive} --key {key} --to {text}"), "exists, and a seal is never overwritten"),
        (format!("seal --ledger {archive} --key {public} --to {path}/s"), "BEGIN PRIVATE KEY"),
        (format!("seal --ledger {archive} --key {text} --to {path}/s"), "openssl genpkey"),
        (format!("seal --ledger {archive} --key {key} --to {path}/nowhere/s"), "can't be written"),
        (format!("seal --ledger {archive} --key {key} --kms-key k --to {path}/s"), "cannot be used with"),
        (format!("seal --ledger {archive} --key {key} --previous {text} --to {path}/s"), "is not a seal"),
        ("show x-1 --ledger-table t".into(), "expected a decision's id"),
        (format!("show {id}"), "--ledger-table"),
        (format!("show {id} --ledger-table t --endpoint-url http://127.0.0.1:9"), "could not be read"),
        (format!("tail --ledger {archive} --follow"), "cannot be used with"),
        (format!("tail --ledger {archive} --outcome maybe"), "maybe"),
        (format!("tail --ledger {archive} -n -1"), "-1"),
    ] {
        let ran = gatectl(words(&format!("ledger {line}")));
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{line}: {}", ran.err);
        assert!(ran.err.contains(says), "{line}: {}", ran.err);
    }
    assert!(!std::path::Path::new(&format!("{path}/s")).exists());
}

#[test]
fn the_environment_variable_is_the_default_table() {
    let folder = Folder::new("variable");
    let archive = Books::of(&chain(A, 1), Timestamp::now()).archive(&folder, 0);
    let run = |line: &str| gatectl_in(&[("LEDGER_TABLE", "sample")], words(line));
    assert_eq!(run(&format!("ledger verify --ledger {archive}")).code, 0);
    let ran = run("ledger verify --endpoint-url http://127.0.0.1:9");
    assert!(ran.code == 2 && ran.err.contains("`sample`"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_is_shown_with_its_completion() {
    let (world, entries) = of_the_gate().await;
    let folder = Folder::new("show");
    let archive = Books::of(&entries, Timestamp::now()).archive(&folder, 0);
    let table = format!("--ledger-table {} --endpoint-url {}", world.tables.ledger, world.relay.url());
    let completion = entries.iter().find(|entry| entry["kind"] == "completion").unwrap();
    for place in [format!("--ledger {archive}"), table.clone()] {
        for entry in &entries {
            let id = entry["decision_id"].as_str().unwrap();
            let ran = gatectl(words(&format!("ledger show {id} {place} --json")));
            assert_eq!((ran.code, &ran.json()), (0, entry), "{place}");
            let ran = gatectl(words(&format!("ledger show {id} {place}")));
            assert!(ran.out.contains(id) && ran.out.contains("Its hash is valid."), "{}", ran.out);
            let is_completed = completion["of"] == id;
            assert_eq!(ran.out.contains("The caller received no answer"), is_completed, "{}", ran.out);
        }
        let ran = gatectl(words(&format!("ledger show {C}-1 {place}")));
        assert!(ran.code == 1 && ran.out.contains("No decision"), "{}{}", ran.out, ran.err);
    }
    let mut books = Books::of(&entries, Timestamp::now());
    books.first()[1]["status"] = json!(299);
    books.put(&world).await;
    let ran = gatectl(words(&format!("ledger show {} {table}", books.name("1-2"))));
    assert!(ran.code == 1 && ran.out.contains("Its hash is invalid"), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_decisions_are_sorted_by_time() {
    let (world, entries) = of_the_gate().await;
    let folder = Folder::new("tail");
    let archive = format!("--ledger {}", Books::of(&entries, Timestamp::now()).archive(&folder, 0));
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
    let mut books = Books::of(&entries, Timestamp::now());
    books.behind("invocation", 60);
    let new = books.first().pop().unwrap();
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
