//! Decides every combination of embargo, licence, person and time, and compares the result with the reviewed table
//! `tests/golden/matrix.txt`. `UPDATE_GOLDEN=1 cargo test --test gate matrix::` rewrites the table and then fails.

use std::fmt::Write as _;

use crate::common::{
    Change, at, company, decided_at, embargo, licence, model, person, register, setting, subject, to, with,
};
use export_gate::decision::{Classified, Outcome, Persons, Places, Subject};
use export_gate::record::{NetworkClass, UsStatus};
use export_gate::register::Register;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/matrix.txt");

const FROM: &str = "2026-06-12T21:21:00Z";
const UNTIL: &str = "2026-06-30T16:00:00Z";

const HEAD: &str = "\
The decision on a model under one embargo, by the organisation's licence and by the person who uses its client.
`cargo test --test gate matrix::` compares this table with the code's decisions; `UPDATE_GOLDEN=1` rewrites it.

✔            permitted, the embargo does not apply
✔ noted      permitted, the embargo applies and is recorded
✔ licence    permitted, the licence lifts the embargo
✘ missing    refused with the status and code in the block's title, and licence.missing; likewise scope, expired and
             exhausted
✘            refused with only the status and code in the block's title

Each cell covers four times: one millisecond before the embargo starts, its start, one millisecond before its end, and its
end. A cell with one decision means: permitted before the start and at the end, and this decision at the two times between.
Otherwise the cell shows all four decisions, separated by `|`.

The request comes from 192.0.2.1 in Cuba, for a military end use, unless the block's title states that one of these is
unknown or hidden. The settings permit unknown destinations.

Columns: a US citizen, a lawful permanent resident, a protected person, a foreign person and a person of unknown status
(all of Iran, except the US citizen); users whom the company attests to be US persons; the same under a lapsed
attestation; no user. The last two columns are a US citizen and no user, at a company of Iran instead of a US company.

Rows: `none` is no licence. A covering licence names the embargo and admits any person. A licence `by value` names no
embargo, but states the matching value if licences can. Each of the others differs from the covering licence as its row
states.
";

/// (the embargo's key, `applies_to`, status and code, the scope of the licence `by value`, a change of the facts)
type Key = (&'static str, Value, &'static str, Value, Change);

fn keys() -> [Key; 14] {
    let known: Change = |_| {};
    let cuba = || json!({ "destinations": ["CU"] });
    let military = || json!({ "end_uses": ["military"] });
    let network = || json!({ "networks": ["192.0.2.0/24"] });
    let hosting = || json!({ "network_classes": ["hosting"] });
    let spread = || json!({ "spread": { "countries": 3, "hours": 1 } });
    [
        ("everyone", json!({ "everyone": true }), "451 embargo.everyone", json!({}), known),
        ("foreign_persons", json!({ "foreign_persons": true }), "451 embargo.foreign-person", json!({}), known),
        ("destinations", cuba(), "451 embargo.destination", cuba(), known),
        ("destinations, unknown", cuba(), "451 embargo.destination", cuba(), |s| s.to = to("?")),
        ("destinations, hidden by Tor", cuba(), "451 embargo.destination", cuba(), |s| add_class(s, NetworkClass::Tor)),
        (
            "nationalities",
            json!({ "nationalities": ["IR"] }),
            "451 embargo.nationality",
            json!({ "nationalities": ["IR"] }),
            known,
        ),
        ("networks", network(), "403 embargo.network", json!({}), known),
        ("networks, unknown", network(), "403 embargo.network", json!({}), |s| s.addresses.clear()),
        ("network_classes", hosting(), "403 embargo.network", json!({}), |s| add_class(s, NetworkClass::Hosting)),
        ("network_classes, unknown", hosting(), "403 embargo.network", json!({}), known),
        ("spread", spread(), "403 embargo.network", json!({}), |s| {
            s.facts.spread = vec![Places { countries: 3, hours: 1, networks: 3 }];
        }),
        ("spread, unknown", spread(), "403 embargo.network", json!({}), known),
        ("end_uses", military(), "451 embargo.end-use", military(), known),
        ("end_uses, unknown", military(), "451 embargo.end-use", military(), |s| s.facts.end_uses.clear()),
    ]
}

/// Adds a class to the network of the subject's address.
fn add_class(subject: &mut Subject, class: NetworkClass) {
    let source = "list:sample".into();
    let classified = Classified { class: Some(class), confidence: None, edition: None, last_seen: None, source };
    subject.facts.network.add([classified], NetworkClass::ALL);
}

/// (row label, the licence's attributes, or `None` for no licence)
fn licences(by_value: &Value) -> [(&'static str, Option<Value>); 12] {
    let named = |changes: Value| Some(with(json!({ "embargoes": ["e"] }), &changes));
    [
        ("none", None),
        ("covering", named(json!({}))),
        ("by value", Some(by_value.clone())),
        ("US persons only", named(json!({ "persons": "us_persons" }))),
        ("wrong scope", named(json!({ "destinations": ["GB"] }))),
        ("expired", named(json!({ "until": FROM }))),
        ("not yet in force", named(json!({ "from": UNTIL }))),
        ("exhausted", named(json!({ "quota": { "requests": 1 } }))),
        ("other authority", named(json!({ "authority": "OFAC" }))),
        ("other licensee", named(json!({ "licensees": ["others"] }))),
        ("withdrawn", named(json!({ "withdrawn": true }))),
        ("names another", Some(json!({ "embargoes": ["another"] }))),
    ]
}

fn persons() -> [(&'static str, Change); 10] {
    [
        ("citizen", |s| s.facts.persons = person(UsStatus::Citizen, "US")),
        ("resident", |s| s.facts.persons = person(UsStatus::PermanentResident, "IR")),
        ("protected", |s| s.facts.persons = person(UsStatus::Protected, "IR")),
        ("foreign", |s| s.facts.persons = person(UsStatus::None, "IR")),
        ("unknown", |s| s.facts.persons = person(UsStatus::Unknown, "IR")),
        ("attested", |s| s.facts.persons = Persons::Attested),
        ("lapsed", |s| s.facts.persons = Persons::Unknown),
        ("no user", |s| s.facts.persons = Persons::None),
        ("IR: citizen", |s| {
            s.facts.organisation = company("IR");
            s.facts.persons = person(UsStatus::Citizen, "US");
        }),
        ("IR: no user", |s| s.facts.organisation = company("IR")),
    ]
}

/// The last and first millisecond on either side of the embargo's start and end.
fn boundaries() -> [Timestamp; 4] {
    let earlier = |text: &str| at(text) - SignedDuration::from_millis(1);
    [earlier(FROM), at(FROM), earlier(UNTIL), at(UNTIL)]
}

/// The decision at one time, as [`HEAD`] defines the symbols.
fn symbol(subject: &Subject, register: &Register, code: &str, when: Timestamp) -> String {
    let decision = decided_at("fable-5", subject, register, &["exhausted"], when).expect("the records can be read");
    let codes: Vec<&str> = decision.reasons.iter().map(|reason| reason.code.as_str()).collect();
    let leading = format!("{} {}", decision.status(), codes.first().unwrap_or(&""));
    match (&decision.outcome, codes.as_slice()) {
        (Outcome::Permit(_), []) => match decision.embargoes.as_slice() {
            [] => "✔".into(),
            [applied] if applied.licence.is_some() => "✔ licence".into(),
            _ => "✔ noted".into(),
        },
        (Outcome::Refuse, [_]) if leading == code => "✘".into(),
        (Outcome::Refuse, [_, second]) if leading == code => second.replace("licence.", "✘ "),
        _ => format!("{} {}", decision.status(), codes.join(" ")),
    }
}

fn cell(subject: &Subject, register: &Register, code: &str) -> String {
    let symbols = boundaries().map(|when| symbol(subject, register, code, when));
    let [before, first, last, after] = &symbols;
    let only_in_force = before == "✔" && after == "✔" && first == last;
    if only_in_force { first.clone() } else { symbols.join("|") }
}

fn line(out: &mut String, label: &str, cells: impl Iterator<Item = String>) {
    let mut line = format!("{label:<18}");
    for cell in cells {
        let _ = write!(line, "{cell:<14}");
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

fn render() -> String {
    let mut out = HEAD.to_owned();
    for effect in ["licence_required", "prohibited", "observed"] {
        for (key, applies_to, code, by_value, set_fact) in keys() {
            let _ = writeln!(out, "\n{effect}, by {key}: {code}");
            line(&mut out, "", persons().into_iter().map(|(person, _)| person.to_owned()));
            let window = json!({ "effect": effect, "from": FROM, "until": UNTIL });
            let embargo = with(embargo("e", applies_to), &window);
            for (row, changes) in licences(&by_value) {
                let mut records = vec![model("fable-5@1"), setting("permit"), embargo.clone()];
                let id = if row == "exhausted" { "exhausted" } else { "held" };
                records.extend(changes.map(|changes| with(licence(id), &changes)));
                let register = register(&records);
                let cells = persons().into_iter().map(|(_, set_person)| {
                    let subject = subject(|s| {
                        s.to = to("CU");
                        s.addresses = vec!["192.0.2.1".parse().unwrap()];
                        s.facts.end_uses = vec!["military".into()];
                        set_person(s);
                        set_fact(s);
                    });
                    cell(&subject, &register, code)
                });
                line(&mut out, row, cells);
            }
        }
    }
    out
}

#[test]
fn every_decision_matches_the_reviewed_table() {
    let decided = render();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &decided).unwrap();
        panic!("{GOLDEN} is rewritten: review it, then run the test without UPDATE_GOLDEN");
    }
    let reviewed = std::fs::read_to_string(GOLDEN).unwrap_or_else(|error| panic!("{GOLDEN}: {error}"));
    if decided == reviewed {
        return;
    }
    let (decided, reviewed): (Vec<_>, Vec<_>) = (decided.lines().collect(), reviewed.lines().collect());
    let mut differences = String::new();
    for number in 0..decided.len().max(reviewed.len()) {
        let (now, golden) = (decided.get(number), reviewed.get(number));
        if now != golden {
            let side = |line: Option<&&str>| line.map_or("no such line", |line| line).to_owned();
            let _ =
                write!(differences, "\nline {}\n  reviewed: {}\n  decided:  {}", number + 1, side(golden), side(now));
        }
    }
    panic!("the decisions differ from {GOLDEN}:{differences}");
}
