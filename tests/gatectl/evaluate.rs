//! `gatectl lists evaluate` on a list and on pairs of one's own: what it prints, what it says of faults, when it is 1. How
//! fast it is, no test says.

use crate::command::{Folder, Ran, gatectl, words};
use serde_json::{Value, json};

const LIST: &str = "id,name,aliases,type\n\
    1,Sample Quartzite Mining Cooperative,Sample Quartzite Mining,organisation\n\
    2,Sample Windmill Brassworks,,organisation\n";
const PAIRS: &str = "name1,name2,schema,is_match\n\
    Sample Windmill Brassworks,\"BRASSWORKS, Sample Windmill\",Company,true\n\
    Sample Quartzite Mining,Sampel Quartzite Mining,LegalEntity,True\n\
    Sample Windmill Brassworks,Unrelated Cartwright,Company,false\n";

fn evaluate(folder: &Folder, list: &str, pairs: &str, more: &str) -> Ran {
    let (list, pairs) = (folder.file("list.csv", list), folder.file("pairs.csv", pairs));
    gatectl(words(&format!("lists evaluate {list} --pairs {pairs} --format csv {more}")))
}

fn said(ran: &Ran) -> String {
    format!("{}{}", ran.out, ran.err)
}

/// The figure that begins so.
fn figure<'a>(json: &'a Value, what: &str) -> &'a Value {
    let figures = json["figures"].as_array().unwrap();
    let found = figures.iter().find(|figure| figure["what"].as_str().unwrap().starts_with(what));
    found.unwrap_or_else(|| panic!("no figure `{what}` in {json}"))
}

#[test]
fn figures_stand_in_a_line_each_beside_their_goals_and_the_references() {
    let folder = Folder::new("evaluate-figures");
    let ran = evaluate(&folder, LIST, PAIRS, "");
    assert_eq!(ran.code, 0, "{}", said(&ran));
    for (what, parts) in [
        ("pairs ", &["3"][..]),
        ("F1 at the threshold", &["1.000", "at least 0.860", "reached", "0.790 at its own"]),
        ("listed names and strong aliases", &["3"]),
        ("found, unchanged", &["100.00 %", "at least 99.00 %", "reached"]),
        ("found, in another order", &["100.00 %", "at least 99.00 %", "reached"]),
        ("found, with one typing error", &["at least 97.00 %"]),
        ("false alarms in 10000 ordinary US names", &["0.00 %", "under 0.50 %", "reached"]),
    ] {
        let line = ran.out.lines().find(|line| line.starts_with(what));
        let line = line.unwrap_or_else(|| panic!("no line `{what}` in {}", ran.out));
        assert!(parts.iter().all(|part| line.contains(part)), "{parts:?} in {line}");
    }
    let ran = evaluate(&folder, LIST, PAIRS, "--json --threshold 0.75");
    let json = ran.json();
    assert_eq!((ran.code, &json["threshold"]), (0, &json!(0.75)), "{json}");
    let f1 = figure(&json, "F1 at the threshold 0.75");
    assert_eq!((&f1["value"], &f1["reached"], &f1["told"]), (&json!(1.0), &json!(true), &json!("1.000")));
    assert_eq!(figure(&json, "pairs")["reached"], json!(null));
    assert!(!json.to_string().contains("p99"), "speed is measured where it is asked for: {json}");
}

#[test]
fn a_goal_that_is_missed_is_the_answer_no() {
    let folder = Folder::new("evaluate-missed");
    let otherwise =
        PAIRS.replace("false", "maybe").replace("true", "false").replace("True", "FALSE").replace("maybe", "true");
    let ran = evaluate(&folder, LIST, &otherwise, "");
    assert_eq!(ran.code, 1, "{}", said(&ran));
    let f1 = ran.out.lines().find(|line| line.starts_with("F1 at the threshold")).unwrap();
    assert!(f1.contains("0.000") && f1.contains("missed"), "{f1}");
    let ran = evaluate(&folder, LIST, PAIRS, "--json --threshold 1");
    assert_eq!((ran.code, &figure(&ran.json(), "found, with one typing error")["reached"]), (1, &json!(false)));
}

#[test]
fn what_cant_be_measured_is_told_by_its_place() {
    let folder = Folder::new("evaluate-faults");
    // the list, the pairs, more, a part of what is said
    let cases = [
        (
            LIST,
            &*PAIRS.replace("True", "perhaps"),
            "",
            "pairs.csv: line 3: is_match: `perhaps` is neither true nor false",
        ),
        (LIST, &*PAIRS.replace("schema", "kind"), "", "pairs.csv: the header has no column `schema`"),
        (LIST, "schema,name1,name2,is_match\n", "", "pairs.csv: it has no pairs"),
        (LIST, "schema,name1,name2,is_match\nPerson,a,b\n", "", "line: 2"),
        (LIST, "", "", "pairs.csv: the header has no column `schema`"),
        (
            "id,nam\n1,a\n",
            PAIRS,
            "",
            "list.csv:1:4: there is no column `nam`: did you mean `name`?, so no row was read",
        ),
        (LIST, PAIRS, "--threshold 1.5", "`1.5` is no score between 0 and 1"),
    ];
    for (list, pairs, more, says) in cases {
        let ran = evaluate(&folder, list, pairs, more);
        assert!(ran.code == 2 && ran.err.contains(says), "`{says}`: {} {}", ran.code, said(&ran));
        assert_eq!(ran.out, "", "{says}");
    }
    let list = folder.file("list.csv", LIST);
    for (line, says) in [
        (format!("{list} --format cidr"), "`cidr` is a format of networks: parties are evaluated"),
        (format!("{list} --format none"), "none"),
        (format!("{list}-not-there --format csv"), "can't be read"),
        (format!("{list} --format csv --pairs {list}-not-there"), "can't be read"),
        ("--format csv".to_owned(), "<FILE>..."),
    ] {
        let ran = gatectl(words(&format!("lists evaluate {line}")));
        assert!(ran.code == 2 && ran.err.contains(says), "{line}: {} {}", ran.code, said(&ran));
    }
}
