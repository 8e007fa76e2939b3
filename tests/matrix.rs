//! Every embargo against every licence, person and edge of time, rendered into one text that a human can review:
//! `tests/golden/matrix.txt`. `UPDATE_GOLDEN=1 cargo test --test matrix` writes it anew, and fails all the same.

use std::fmt::Write as _;

use crate::common::{at, company, decided_at, embargo, licence, model, person, register, setting, subject, to, with};
use export_gate::decision::{Classified, Outcome, Persons, Places, Subject};
use export_gate::record::{NetworkClass, UsStatus};
use export_gate::register::Register;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/matrix.txt");

const FROM: &str = "2026-06-12T21:21:00Z";
const UNTIL: &str = "2026-06-30T16:00:00Z";

const HEAD: &str = "\
What is told of a model under one embargo, by the licence that the organisation holds and by who uses its client.
`cargo test --test matrix` compares this text with what the code decides; `UPDATE_GOLDEN=1` writes it anew.

✔            permitted, the embargo doesn't apply
✔ noted      permitted, the embargo applies and is recorded
✔ licence    permitted, the licence lifts the embargo
✘ missing    refused with the status and code at the block's head, and licence.missing beside it; scope, expired and
             exhausted likewise
✘            refused with the status and code at the block's head alone

A cell shows what is told at the embargo's first moment and again in the last millisecond before its end, where a
millisecond before the first and at the end itself everything is permitted. Where that is not so, the cell shows all
four, `|` between them.

The request goes to Cuba, from 192.0.2.1, for a military end use, unless the block says that it is unknown or hidden; the
settings permit unknown destinations.

Who uses it: a US citizen, a lawful permanent resident, a protected person, a foreign person, and one of unknown status
(all but the first of Iran); persons whom the company attests to be US persons, the same under a lapsed attestation, and
nobody; then a US citizen, and nobody, at a company of Iran instead of a US one.

The licence names the embargo and admits any person, unless it is one `by value`, which names no embargo but the value
that matches, where it can. Each of the rest fails by what its line says.
";

/// What a case changes in the subject.
type Change = fn(&mut Subject);

/// (what the embargo is by, `applies_to`, the code, the scope by which a licence answers it without naming it, what is
/// unknown)
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
        ("destinations, hidden by Tor", cuba(), "451 embargo.destination", cuba(), |s| found(s, NetworkClass::Tor)),
        (
            "nationalities",
            json!({ "nationalities": ["IR"] }),
            "451 embargo.nationality",
            json!({ "nationalities": ["IR"] }),
            known,
        ),
        ("networks", network(), "403 embargo.network", json!({}), known),
        ("networks, unknown", network(), "403 embargo.network", json!({}), |s| s.addresses.clear()),
        ("network_classes", hosting(), "403 embargo.network", json!({}), |s| found(s, NetworkClass::Hosting)),
        ("network_classes, unknown", hosting(), "403 embargo.network", json!({}), known),
        ("spread", spread(), "403 embargo.network", json!({}), |s| {
            s.facts.spread = vec![Places { countries: 3, hours: 1, networks: 3 }];
        }),
        ("spread, unknown", spread(), "403 embargo.network", json!({}), known),
        ("end_uses", military(), "451 embargo.end-use", military(), known),
        ("end_uses, unknown", military(), "451 embargo.end-use", military(), |s| s.facts.end_uses.clear()),
    ]
}

/// That the address is of a class.
fn found(subject: &mut Subject, class: NetworkClass) {
    let source = "list:sample".into();
    let found = Classified { class: Some(class), confidence: None, edition: None, last_seen: None, source };
    subject.facts.network.add([found], NetworkClass::ALL);
}

/// (the licence, its attributes; `None` for no licence). Each but two names the embargo.
fn licences(by_value: &Value) -> [(&'static str, Option<Value>); 12] {
    let named = |changes: Value| Some(with(json!({ "embargoes": ["e"] }), &changes));
    [
        ("none", None),
        ("covering", named(json!({}))),
        ("by value", Some(by_value.clone())),
        ("US persons alone", named(json!({ "persons": "us_persons" }))),
        ("wrong scope", named(json!({ "destinations": ["GB"] }))),
        ("expired", named(json!({ "until": FROM }))),
        ("not begun", named(json!({ "from": UNTIL }))),
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
        ("nobody", |s| s.facts.persons = Persons::None),
        ("IR: citizen", |s| {
            s.facts.organisation = company("IR");
            s.facts.persons = person(UsStatus::Citizen, "US");
        }),
        ("IR: nobody", |s| s.facts.organisation = company("IR")),
    ]
}

fn edges() -> [Timestamp; 4] {
    let earlier = |text: &str| at(text) - SignedDuration::from_millis(1);
    [earlier(FROM), at(FROM), earlier(UNTIL), at(UNTIL)]
}

/// What is told at one moment, in the words of [`HEAD`].
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
        (Outcome::Refuse, [_, beside]) if leading == code => beside.replace("licence.", "✘ "),
        _ => format!("{} {}", decision.status(), codes.join(" ")),
    }
}

fn cell(subject: &Subject, register: &Register, code: &str) -> String {
    let told = edges().map(|when| symbol(subject, register, code, when));
    let [before, first, last, after] = &told;
    let as_usual = before == "✔" && after == "✔" && first == last;
    if as_usual { first.clone() } else { told.join("|") }
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
        for (key, applies_to, code, by_value, unknown) in keys() {
            let _ = writeln!(out, "\n{effect}, by {key}: {code}");
            line(&mut out, "", persons().into_iter().map(|(person, _)| person.to_owned()));
            let window = json!({ "effect": effect, "from": FROM, "until": UNTIL });
            let embargo = with(embargo("e", applies_to), &window);
            for (held, changes) in licences(&by_value) {
                let mut records = vec![model("fable-5@1"), setting("permit"), embargo.clone()];
                let id = if held == "exhausted" { "exhausted" } else { "held" };
                records.extend(changes.map(|changes| with(licence(id), &changes)));
                let register = register(&records);
                let cells = persons().into_iter().map(|(_, who)| {
                    let subject = subject(|s| {
                        s.to = to("CU");
                        s.addresses = vec!["192.0.2.1".parse().unwrap()];
                        s.facts.end_uses = vec!["military".into()];
                        who(s);
                        unknown(s);
                    });
                    cell(&subject, &register, code)
                });
                line(&mut out, held, cells);
            }
        }
    }
    out
}

#[test]
fn every_decision_is_as_reviewed() {
    let decided = render();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &decided).unwrap();
        panic!("{GOLDEN} is written anew: review it, and run the test without UPDATE_GOLDEN");
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
    panic!("{GOLDEN} is not what is decided:{differences}");
}
