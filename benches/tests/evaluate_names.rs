//! `evaluate-names` on a small list and small pairs: its figures, errors and exit codes.

#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use std::path::PathBuf;
use std::process::{Command, Output};

const LIST: &str = "id,name,aliases,type\n\
    1,Sample Quartzite Mining Cooperative,Sample Quartzite Mining,organisation\n\
    2,Sample Windmill Brassworks,,organisation\n";
const PAIRS: &str = "name1,name2,schema,is_match\n\
    Sample Windmill Brassworks,\"BRASSWORKS, Sample Windmill\",Company,true\n\
    Sample Quartzite Mining,Sampel Quartzite Mining,LegalEntity,True\n\
    Sample Windmill Brassworks,Unrelated Cartwright,Company,false\n";

fn run(arguments: &str) -> (i32, String, String) {
    let command = Command::new(env!("CARGO_BIN_EXE_evaluate-names")).args(arguments.split_whitespace()).output();
    let Output { status, stdout, stderr } = command.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// Writes a file into a folder of a test.
fn file(test: &str, name: &str, text: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("evaluate-names").join(test);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn evaluate(test: &str, list: &str, pairs: &str, more: &str) -> (i32, String, String) {
    let (list, pairs) = (file(test, "list.csv", list), file(test, "pairs.csv", pairs));
    run(&format!("{list} --pairs {pairs} --format csv {more}"))
}

fn line<'a>(out: &'a str, what: &str) -> &'a str {
    out.lines().find(|line| line.starts_with(what)).unwrap_or_default()
}

#[test]
fn each_figure_has_a_line_with_its_goal() {
    let (code, out, err) = evaluate("figures", LIST, PAIRS, "");
    assert_eq!(code, 0, "{out}{err}");
    for (what, parts) in [
        ("pairs ", &["3"][..]),
        ("F1 at the threshold", &["1.000", "at least 0.860", "reached"]),
        ("listed names and strong aliases", &["3"]),
        ("found, unchanged", &["100.00 %", "at least 99.00 %", "reached"]),
        ("found, in another order", &["100.00 %", "at least 99.00 %", "reached"]),
        ("found, with one typing error", &["at least 97.00 %"]),
        ("false alarms in 10000 ordinary US names", &["0.00 %", "under 0.50 %", "reached"]),
    ] {
        let line = line(&out, what);
        assert!(!line.is_empty() && parts.iter().all(|part| line.contains(part)), "{what} {parts:?}: {out}");
    }
    assert!(!out.contains("p99"), "latency needs `--speed`: {out}");
    let (code, out, err) = evaluate("figures", LIST, PAIRS, "--threshold 0.75");
    assert!(code == 0 && line(&out, "F1 at the threshold 0.75").contains("1.000"), "{out}{err}");
}

#[test]
fn a_missed_goal_is_exit_code_1() {
    let swapped =
        PAIRS.replace("false", "maybe").replace("true", "false").replace("True", "FALSE").replace("maybe", "true");
    let (code, out, err) = evaluate("missed", LIST, &swapped, "");
    let f1 = line(&out, "F1 at the threshold");
    assert!(code == 1 && f1.contains("0.000") && f1.contains("missed"), "{out}{err}");
    let (code, out, err) = evaluate("missed", LIST, PAIRS, "--threshold 1");
    assert!(code == 1 && line(&out, "found, with one typing error").contains("missed"), "{out}{err}");
}

#[test]
fn faulty_input_is_reported_with_its_place() {
    let header = "schema,name1,name2,is_match\n";
    // list, pairs, options, part of the error
    let cases = [
        (LIST, &*PAIRS.replace("True", "perhaps"), "", "pairs.csv: line 3: is_match: `perhaps` is neither true nor"),
        (LIST, &*PAIRS.replace("schema", "kind"), "", "pairs.csv: the header has no column `schema`"),
        (LIST, header, "", "pairs.csv: the file has no pairs"),
        (LIST, &*format!("{header}Person,a,b\n"), "", "line: 2"),
        (LIST, "", "", "pairs.csv: the header has no column `schema`"),
        ("id,nam\n1,a\n", PAIRS, "", "list.csv:1:4: there is no column `nam`: did you mean `name`?, so no row was"),
        (LIST, PAIRS, "--threshold 1.5", "expected a score between 0 and 1, not `1.5`"),
    ];
    for (list, pairs, more, error) in cases {
        let (code, out, err) = evaluate("faults", list, pairs, more);
        assert!(code == 2 && err.contains(error) && out.is_empty(), "`{error}`: {code} {out}{err}");
    }
    let list = file("faults", "list.csv", LIST);
    for (arguments, error) in [
        (format!("{list} --format cidr"), "`cidr` is a format of networks, expected one of parties"),
        (format!("{list} --format none"), "unknown format"),
        (format!("{list}-missing --format csv"), "can't be read"),
        (format!("{list} --format csv --pairs {list}-missing"), "can't be read"),
        ("--format csv".to_owned(), "<FILE>..."),
    ] {
        let (code, out, err) = run(&arguments);
        assert!(code == 2 && err.contains(error), "{arguments}: {code} {out}{err}");
    }
}
