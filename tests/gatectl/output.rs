//! Output and input of gatectl: printing decides nothing, external text is escaped, and input is bounded.

use std::fs::File;
use std::io::pipe;
use std::process::{Command, Stdio};

use crate::command::{Folder, Ran, assert_commands, assert_snapshot, gatectl, words};
use crate::world::{World, item};
use export_gate_local::clock::clear_environment;
use serde_json::{Value, json};

/// An output that cannot be written to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sink {
    /// A full disk.
    Full,
    /// A pipe whose reader has gone.
    Closed,
}

impl Sink {
    fn open(self) -> Stdio {
        match self {
            Self::Full => File::options().write(true).open("/dev/full").unwrap().into(),
            Self::Closed => pipe().unwrap().1.into(),
        }
    }
}

/// Runs a command whose standard output or error cannot be written to.
fn unwritable(arguments: &[&str], out: Option<Sink>, err: Option<Sink>) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatectl"));
    let aws = [("AWS_ACCESS_KEY_ID", "sample"), ("AWS_SECRET_ACCESS_KEY", "sample"), ("AWS_REGION", "us-east-1")];
    clear_environment(&mut command).envs(aws).env("AWS_MAX_ATTEMPTS", "1").args(arguments).stdin(Stdio::null());
    command.stdout(out.map_or_else(Stdio::piped, Sink::open)).stderr(err.map_or_else(Stdio::piped, Sink::open));
    let ended = command.spawn().unwrap().wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: ended.status.code().unwrap_or(-1), out: text(ended.stdout), err: text(ended.stderr) }
}

async fn has(world: &World, id: &str) -> bool {
    let found = world.dynamodb.get_item().table_name(&world.tables.register).consistent_read(true);
    let key = item(json!({"kind": "embargo", "id": id}));
    found.set_key(Some(key)).send().await.unwrap().item.is_some()
}

fn issue<'a>(world: &'a World, url: &'a str, id: &'a str) -> Vec<&'a str> {
    let mut line = vec!["embargo", "issue", id, "--model", "*", "--everyone", "--effect", "prohibited", "--authority"];
    line.extend(["OPERATOR", "--citation", "Sample", "--by", "officer-1", "--why", "Sample."]);
    line.extend(["--register-table", &world.tables.register, "--endpoint-url", url]);
    line
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn printing_never_decides_whether_a_change_is_made() {
    let world = World::with_samples().await;
    let url = world.relay.url();
    let folder = Folder::new("output");
    let mut number = 0;
    for sink in [Sink::Full, Sink::Closed] {
        for (out, err) in [(None, Some(sink)), (Some(sink), None), (Some(sink), Some(sink))] {
            let code = if out.is_some() { 2 } else { 0 };
            for json in [false, true] {
                number += 1;
                let id = format!("issued-{number}");
                let mut line = issue(&world, &url, &id);
                line.push("--yes");
                line.extend(json.then_some("--json"));
                let ran = unwritable(&line, out, err);
                assert_eq!(ran.code, code, "{out:?} {err:?} {}{}", ran.out, ran.err);
                assert!(has(&world, &id).await, "{out:?} {err:?}");
                let is_reported = ran.err.contains("the result could not be printed");
                assert_eq!(is_reported, out == Some(Sink::Full) && err.is_none(), "{}", ran.err);
            }
            let id = format!("applied-{number}");
            let record = format!(
                "{{kind: embargo, id: {id}, models: [x], applies_to: {{everyone: true}}, effect: prohibited, authority: OPERATOR, citation: c}}"
            );
            let place = folder.file(&format!("{number}.yaml"), record);
            let tables = ["--register-table", &world.tables.register, "--endpoint-url", &url];
            let line = |verb, more: &[&'static str]| [&["register", verb, place.as_str()], &tables[..], more].concat();
            let plan = unwritable(&line("plan", &[]), out, err);
            assert_eq!(plan.code, if out.is_some() { 1 } else { 2 }, "{out:?} {err:?}: {}", plan.err);
            let apply = unwritable(&line("apply", &["--by", "x", "--why", "x", "--yes"]), out, err);
            assert_eq!(apply.code, code, "{out:?} {err:?}: {}", apply.err);
            assert!(has(&world, &id).await, "{out:?} {err:?}");
        }
        // The question is unreadable: a `y` that waits at the terminal is not an answer.
        let id = "unread";
        assert_eq!(unwritable(&issue(&world, &url, id), None, Some(sink)).code, 2);
        let shell = ["/bin/sh", "-c", "exec \"$0\" \"$@\" 2>/dev/full", env!("CARGO_BIN_EXE_gatectl")];
        let line = issue(&world, &url, id);
        assert_eq!(at_a_terminal(&[&shell[..], &line].concat(), "y\n"), 2);
        assert!(!has(&world, id).await);
        for line in [&["--help"][..], &["--version"], &["embargo", "--help"], &["completions", "bash"], &["man"]] {
            assert_eq!(unwritable(line, Some(sink), None).code, 2, "{line:?}");
        }
        assert_eq!(unwritable(&["no-such-command"], None, Some(sink)).code, 2);
    }
    let id = "read";
    let line = issue(&world, &url, id);
    assert_eq!(at_a_terminal(&[&[env!("CARGO_BIN_EXE_gatectl")][..], &line].concat(), "y\n"), 0);
    assert!(has(&world, id).await);
}

/// Runs a command whose standard input is a terminal at which this is typed. Returns the exit code.
fn at_a_terminal(command: &[&str], typed: &str) -> i32 {
    let python = "import os, pty, subprocess, sys\n\
                  master, slave = pty.openpty()\n\
                  os.write(master, sys.argv[1].encode())\n\
                  sys.exit(subprocess.run(sys.argv[2:], stdin=slave).returncode)";
    let aws = [("AWS_ACCESS_KEY_ID", "sample"), ("AWS_SECRET_ACCESS_KEY", "sample"), ("AWS_REGION", "us-east-1")];
    let mut run = Command::new("python3");
    run.args(["-c", python, typed]).args(command).envs(aws).env("AWS_MAX_ATTEMPTS", "1");
    run.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().code().unwrap_or(-1)
}

/// The help of a command and of its subcommands.
fn help(command: &str) -> String {
    let ran = gatectl(words(&format!("{command} --help")));
    assert_eq!(ran.code, 0, "{command}: {}", ran.err);
    let mut text = format!("$ gatectl {command} --help\n{}\n", ran.out);
    let commands = ran.out.split_once("\nCommands:\n").and_then(|(_, rest)| rest.split_once("\n\n"));
    for line in commands.map_or("", |(commands, _)| commands).lines() {
        let name = line.strip_prefix("  ").and_then(|line| line.split(' ').next()).unwrap_or_default();
        if !["", "help"].contains(&name) {
            text += &help(&format!("{command} {name}"));
        }
    }
    text
}

#[test]
fn every_command_has_help() {
    let top = gatectl(["--help"]).out;
    assert_snapshot("help", &top);
    let (_, commands) = top.split_once("\nCommands:\n").unwrap();
    for line in commands.split("\n\n").next().unwrap().lines() {
        let name = line.strip_prefix("  ").and_then(|line| line.split(' ').next()).unwrap_or_default();
        if !["", "help"].contains(&name) {
            assert_snapshot(&format!("help-{name}"), &help(name));
        }
    }
}

/// Text that would forge a line, colour a terminal, or reverse text.
const MARK: &str = "x\u{1b}[31m\u{7}\nFORGED\r\u{85}FORGED\u{2028}\u{202e}\u{200b}y";

/// An output has no control characters, and no forged line.
fn assert_inert(what: &str, text: &str) {
    assert_no_control_characters(what, text);
    assert!(!text.lines().any(|line| line.trim_start().starts_with("FORGED")), "{what}: {text}");
}

fn assert_no_control_characters(what: &str, text: &str) {
    let bad =
        |c: &char| matches!(c, '\0'..'\t' | '\u{b}'..' ' | '\u{7f}'..='\u{9f}' | '\u{200b}' | '\u{2028}' | '\u{202e}');
    assert_eq!(text.chars().find(bad), None, "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn external_text_is_escaped() {
    let world = World::with_samples().await;
    let chain = "c".repeat(32);
    let marked = json!([
        {"kind": "embargo", "id": MARK, "models": ["*"], "applies_to": {"parties": [{"name": MARK}], "end_uses": [MARK]},
         "effect": "observed", "authority": "BIS", "citation": MARK, "by": MARK, "at": MARK, "why": MARK},
        {"kind": "embargo", "id": "bad", "models": ["*"], "applies_to": {MARK: true}, "effect": MARK, MARK: MARK},
        {"kind": "licence", "id": MARK, "authority": "BIS", "reference": MARK, "type": "licence", "models": [MARK],
         "licensees": [MARK], "persons": "any", "embargoes": [MARK], "quota": {"requests": 5}},
        {"kind": "clearance", "id": MARK, "subject": format!("organisation#{MARK}"), "party": format!("sdn:{MARK}"),
         "reason": MARK, "officer": MARK},
        {"kind": "model", "id": format!("{MARK}@1"), "name": MARK, "version": "1", "endpoint": MARK, "eccn": MARK},
        {"kind": "list", "id": MARK, "content": "parties", "edition": MARK, "entries": 1, "chunks": 1, "sha256": MARK},
        {"kind": "setting", "id": "screening", MARK: MARK},
        {"kind": MARK, "id": MARK},
        {"kind": "embargo", "id": format!("{MARK}u"), "models": ["unregistered"], "applies_to": {"everyone": true},
         "effect": "observed", "authority": "BIS", "citation": MARK},
    ]);
    world.register(marked.as_array().unwrap().clone()).await;
    world.callers(vec![
        json!({"id": format!("organisation#{MARK}"), "name": MARK, "aliases": [MARK], "type": "company", "by": MARK, "why": MARK}),
        json!({"id": format!("client#{MARK}"), "organisation": MARK, "status": "active", "users": "none"}),
    ]).await;
    let entry = |seq: u64, kind: &str| {
        json!({"chain": chain, "seq": seq, "decision_id": format!("{chain}-{seq}"), "at": "2026-11-01T12:00:00.000Z",
               "kind": kind, "outcome": "refuse", "status": 403, "client": MARK, "organisation": MARK, "person": MARK,
               "model": MARK, "endpoint": MARK, "revision": 1, "facts": {MARK: MARK}, "licences": [MARK], "hash": MARK,
               "reasons": [{"code": "party.review", "subject": format!("organisation#{MARK}"), "party": format!("sdn:{MARK}")},
                           {"code": MARK}], "destination": {"country": MARK}, "of": MARK, "prev": MARK})
    };
    for (seq, kind) in [(1, "invocation"), (2, MARK)] {
        let put = world.dynamodb.put_item().table_name(&world.tables.ledger).set_item(Some(item(entry(seq, kind))));
        put.send().await.unwrap();
    }
    let usage = json!({"licence": MARK, "model": "*", "leased": "x"});
    world.dynamodb.put_item().table_name(&world.tables.usage).set_item(Some(item(usage))).send().await.unwrap();

    let folder = Folder::new("inert");
    let records = json!([marked[0], marked[2], {"kind": MARK, "id": MARK}, {MARK: MARK}, {"id": MARK}, marked[1]]);
    let faulty = folder.file("faulty/a.json", records.to_string());
    let sound = folder.file("sound/a.json", json!([marked[0], marked[8]]).to_string());
    let archive = folder.file("archive/a.jsonl", format!("{}\n{MARK}\n", entry(1, "invocation")));
    let given = json!({"client": MARK, "model": "x", "address": "192.0.2.1", "at": "2026-11-01T12:00:00Z"});
    let scenarios = json!([{"name": MARK, "given": given, "expect": {"outcome": "permit", "codes": [MARK]}}]);
    let scenarios = json!({"records": "sound", "scenarios": scenarios});
    let scenarios = folder.file("scenarios.json", scenarios.to_string());
    let strange = folder.file(&format!("named/{}.yaml", MARK.replace(['\n', '\r'], "\u{1b}")), "kind: [");
    let list = folder.file("list.csv", format!("id,name\n1,{}\n", MARK.replace(['\n', '\r'], "\u{1b}")));
    let [page, junit] = ["page.html", "junit.xml"].map(|name| format!("{}/{name}", folder.path()));
    let csv = format!("{}/csv", folder.path());

    let register = ["--register-table", &world.tables.register];
    let callers = ["--callers-table", &world.tables.callers];
    let ledger = ["--ledger-table", &world.tables.ledger];
    let usage = ["--usage-table", &world.tables.usage];
    let id = format!("{chain}-1");
    let organisation = format!("organisation#{MARK}");
    let party = format!("sdn:{MARK}");
    let attributed = ["--by", MARK, "--why", MARK, "--yes"];
    let explain = ["--client", MARK, "--model", MARK, "--address", "192.0.2.1", "--end-use", MARK, "--person", MARK];
    let june = ["--from", "2026-10-01T00:00:00Z", "--to", "2026-12-01T00:00:00Z"];
    let lines: Vec<Vec<&str>> = vec![
        [&["embargo", "list", "--all"], &register[..]].concat(),
        [&["embargo", "show", MARK], &register[..]].concat(),
        [&["embargo", "show", "bad"], &register[..]].concat(),
        [&["embargo", "end", MARK], &register[..], &attributed].concat(),
        [&["embargo", "end", "bad"], &register[..], &attributed].concat(),
        [&["licence", "list", "--all"], &register[..]].concat(),
        [&["licence", "usage"], &register[..], &usage].concat(),
        [&["clearance", "list", "--all"], &register[..]].concat(),
        [&["model", "list", "--all"], &register[..]].concat(),
        [&["setting", "show"], &register[..]].concat(),
        [&["lists", "status"], &register[..]].concat(),
        [&["lists", "status", MARK], &register[..]].concat(),
        [&["lists", "import", MARK, &list, "--format", "csv", "--edition", MARK], &register[..], &attributed].concat(),
        [&["caller", "show", &organisation], &callers[..]].concat(),
        [&["caller", "suspend", &organisation], &callers[..], &attributed].concat(),
        vec!["register", "validate", &faulty],
        vec!["register", "validate", &strange],
        vec!["register", "validate", &sound],
        [&["register", "plan", &faulty], &register[..]].concat(),
        [&["register", "plan", &sound, "--withdraw"], &register[..]].concat(),
        [&["register", "apply", &sound, "--withdraw"], &register[..], &attributed].concat(),
        [&["review", "list", "--all"], &register[..], &ledger].concat(),
        [&["review", "show", &organisation, &party], &register[..], &ledger, &callers].concat(),
        [&["ledger", "tail"], &ledger[..]].concat(),
        [&["ledger", "show", &id], &ledger[..]].concat(),
        [&["ledger", "verify"], &ledger[..]].concat(),
        vec!["ledger", "tail", "--ledger", &archive],
        vec!["ledger", "verify", "--ledger", &archive],
        [&["replay", &id], &register[..], &ledger].concat(),
        [&["replay", "--all"], &register[..], &ledger].concat(),
        [&["explain"], &register[..], &callers, &explain].concat(),
        [&["simulate", "--with", &sound, "--since", "30d"], &register[..], &ledger].concat(),
        [&["simulate", "--with", &faulty, "--since", "30d"], &register[..], &ledger].concat(),
        vec!["test", &scenarios, "--junit", &junit],
        [&["report", "--out", &page, "--csv", &csv], &register[..], &ledger, &june].concat(),
        vec![MARK],
        vec!["embargo", MARK],
    ];
    let url = world.relay.url();
    for line in lines {
        for json in [false, true] {
            let mut words = line.clone();
            let is_local = ["validate", "test"].iter().any(|verb| words.contains(verb))
                || words.contains(&MARK) && words.len() < 3;
            if !is_local {
                words.extend(["--endpoint-url", &url]);
            }
            words.extend(json.then_some("--json"));
            let ran = gatectl(&words);
            let what = format!("{words:?} ({})", ran.code);
            assert!(
                !ran.err.contains("unexpected argument")
                    && !ran.err.contains("panicked")
                    && !ran.err.contains("required arguments"),
                "{what}: {}",
                ran.err
            );
            assert_inert(&what, &ran.out);
            assert_inert(&what, &ran.err);
            if json && !ran.out.is_empty() {
                assert!(serde_json::from_str::<Value>(&ran.out).is_ok(), "{what}: {}", ran.out);
            }
        }
    }
    let shown = gatectl(["ledger", "show", &id, "--json", "--ledger", &archive]).json();
    assert_eq!(shown["model"], MARK, "JSON keeps the value");
    assert_inert(&junit, &std::fs::read_to_string(&junit).unwrap());
    // A line end is white space to a browser.
    assert_no_control_characters(&page, &std::fs::read_to_string(&page).unwrap());
    for file in std::fs::read_dir(csv).unwrap() {
        let path = file.unwrap().path();
        assert_inert(&path.display().to_string(), &std::fs::read_to_string(&path).unwrap());
    }
}

#[cfg(unix)]
#[test]
fn input_is_bounded() {
    let folder = Folder::new("budget");
    let fifo = |name: &str| {
        let path = format!("{}/{name}", folder.path());
        std::fs::create_dir_all(std::path::Path::new(&path).parent().unwrap()).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    };
    let entry = format!("{}\n", json!({"chain": "c".repeat(32), "seq": 1}));
    folder.file("archive/a.jsonl", &entry);
    fifo("archive/b.jsonl");
    let [key, records, scenarios] = ["key.pem", "records/a.yaml", "scenarios.yaml"].map(fifo);
    let archive = format!("{}/archive", folder.path());
    let run = |line: &str| gatectl(words(line));
    assert_commands("pipe-in-an-archive", 1, [format!("ledger verify --ledger {archive}")], run);
    let lines = [
        format!("register validate {records}"),
        format!("test {scenarios}"),
        format!("ledger verify --ledger {archive} --seal {key} --public-key {key}"),
    ];
    assert_commands("pipe-as-input", 2, lines, run);

    // A loop of links is read once.
    let looped = folder.file("loop/a.yaml", "{kind: group, id: G, countries: [NO]}");
    std::os::unix::fs::symlink("..", std::path::Path::new(&looped).parent().unwrap().join("sub")).unwrap();
    let only = folder.file("ring/deep/a.yaml", "{kind: group, id: G, countries: [NO]}");
    let ring = format!("{}/ring", folder.path());
    for name in ["one", "two", "three"] {
        std::os::unix::fs::symlink("..", std::path::Path::new(&only).parent().unwrap().join(name)).unwrap();
    }
    assert_commands("folder-with-a-loop", 0, [format!("register validate {ring}")], run);

    let aliases = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 100_000].join(", "));
    let laughs = format!(
        "a0: &a0 [x, x]\n{}",
        (1..40).map(|n| format!("a{n}: &a{n} [*a{}, *a{}]\n", n - 1, n - 1)).collect::<String>()
    );
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(50_000), close.repeat(50_000));
    let many = format!("{{{}}}", (0..200_000).map(|n| format!("\"k{n}\": 1")).collect::<Vec<_>>().join(","));
    let table = [
        ("aliases.yaml", aliases),
        ("laughs.yaml", laughs),
        ("deep.yaml", deep("[", "]")),
        ("deep-maps.yaml", deep("{a: ", "}")),
        ("deep-block.yaml", (0..3_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect()),
        ("deep.json", deep("[", "]")),
        ("deep-maps.json", deep("{\"a\":", "}")),
        ("many.json", many),
    ];
    for (name, text) in table {
        let place = folder.file(name, text);
        let ran = gatectl(["register", "validate", &place]);
        assert_eq!(ran.code, 1, "{name}: {}{}", &ran.out[..ran.out.len().min(300)], ran.err);
        assert!(ran.out.len() < 20_000_000, "{name}");
    }
    let long = folder.file("long/a.jsonl", format!("\"{}\"\n", "x".repeat(5 << 20)));
    assert_commands("line-too-long", 1, [format!("ledger verify --ledger {long}")], run);
}
