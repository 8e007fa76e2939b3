//! Tables of cases for explanations: how each embargo matches, and why each licence does or does not cover it.

use crate::common::{embargo, licence, model, national, now, register_with, setting, subject, to, unchanged, with};
use export_gate::decision::{Explanation, Subject, explain};
use serde_json::{Value, json};

/// The explanation of a request for `fable-5` by a foreign employee of `acme`, after `change`.
fn explained(records: &[Value], exhausted: &[&str], change: impl FnOnce(&mut Subject)) -> Explanation {
    let subject = subject(|s| {
        s.facts.persons = national("DE");
        change(s);
    });
    let register = register_with(records);
    let exhausted = exhausted.iter().map(|id| (*id).to_owned()).collect();
    explain(register.models(now()).next().unwrap(), &subject, &register, &exhausted, now())
}

#[test]
fn an_explanation_shows_whether_an_embargo_is_in_force_and_how_each_key_matches() {
    let foreign = || json!({ "foreign_persons": true });
    let both = json!({ "foreign_persons": true, "destinations": ["CU"] });
    // (the embargo, its explanation)
    let cases = [
        (embargo("e", foreign()), "in_force; foreign-person yes; applies embargo.foreign-person"),
        (embargo("e", both.clone()), "in_force; foreign-person yes, destination no; does not apply"),
        (embargo("e", json!({ "destinations": ["UA-43"] })), "in_force; destination no; does not apply"),
        (embargo("e", json!({ "nationalities": ["E:1"] })), "in_force; nationality no; does not apply"),
        (
            with(embargo("e", foreign()), &json!({ "from": "2026-06-20T12:00:00.001Z" })),
            "not_yet; foreign-person yes; does not apply",
        ),
        (
            with(embargo("e", foreign()), &json!({ "until": "2026-06-20T12:00:00Z" })),
            "over; foreign-person yes; does not apply",
        ),
        (with(embargo("e", foreign()), &json!({ "withdrawn": true })), "withdrawn; foreign-person yes; does not apply"),
        (with(embargo("e", foreign()), &json!({ "models": ["mythos-5"] })), "not evaluated"),
        (
            with(embargo("e", foreign()), &json!({ "models": ["eccn:4E091"], "effect": "observed" })),
            "in_force; foreign-person yes; applies embargo.foreign-person",
        ),
    ];
    for (record, expected) in cases {
        assert_eq!(summary(&explained(std::slice::from_ref(&record), &[], unchanged)), expected, "{record}");
    }
    let unknown = |records: &[Value]| summary(&explained(records, &[], |s| s.to = to("?")));
    let cuba = embargo("e", json!({ "destinations": ["CU"] }));
    assert_eq!(unknown(std::slice::from_ref(&cuba)), "in_force; destination unknown; applies destination.unknown");
    let permitting = [cuba, setting("permit")];
    assert_eq!(unknown(&permitting), "in_force; destination unknown; applies embargo.destination");
}

fn summary(explanation: &Explanation) -> String {
    let Some(embargo) = explanation.embargoes.first() else { return "not evaluated".into() };
    let embargo = serde_json::to_value(embargo).unwrap();
    let keys = embargo["keys"].as_array().unwrap().iter().map(|key| {
        let code = key["code"].as_str().unwrap();
        format!("{} {}", code.trim_start_matches("embargo."), key["matches"].as_str().unwrap())
    });
    let keys = keys.collect::<Vec<_>>().join(", ");
    let applies = embargo["applies"].as_str().map_or("does not apply".to_owned(), |code| format!("applies {code}"));
    format!("{}; {keys}; {applies}", embargo["force"].as_str().unwrap())
}

#[test]
fn an_explanation_shows_what_each_licence_lacks_and_which_one_is_used() {
    let letter = || embargo("letter", json!({ "foreign_persons": true }));
    let a = |id: &str, changes: Value| with(licence(id), &changes);
    let quota = json!({ "quota": { "requests": 5 } });
    // (licences, exhausted licences, explanation of each)
    let cases: [(Vec<Value>, &[&str], &str); 10] = [
        (vec![], &[], ""),
        (vec![licence("l")], &[], "l@1 taken"),
        (vec![a("l", json!({ "authority": "OFAC" }))], &[], "l@1 licence.missing"),
        (vec![a("l", json!({ "licensees": ["others"] }))], &[], ""),
        (vec![a("l", json!({ "persons": "us_persons" }))], &[], "l@1 licence.scope"),
        (vec![a("l", json!({ "embargoes": ["other"] }))], &[], "l@1 licence.scope"),
        (vec![a("l", json!({ "until": "2026-06-20T12:00:00Z" }))], &[], "l@1 licence.expired"),
        (vec![a("l", quota.clone())], &["l"], "l@1 licence.exhausted"),
        (vec![a("l", json!({ "licensees": ["*", "acme"] }))], &[], "l@1 taken"),
        (vec![a("a", quota), licence("b"), licence("c")], &[], "a@1 covers, b@1 taken, c@1 covers"),
    ];
    for (licences, exhausted, expected) in cases {
        let explained = explained(&[&[letter()], &licences[..]].concat(), exhausted, unchanged);
        let [embargo] = &explained.embargoes[..] else { panic!("{explained:?}") };
        let lines = embargo.licences.iter().map(|licence| match licence.lacks {
            Some(code) => format!("{} {code}", licence.licence),
            None => format!("{} {}", licence.licence, if licence.taken { "taken" } else { "covers" }),
        });
        assert_eq!(lines.collect::<Vec<_>>().join(", "), expected, "{licences:?}");
        assert_eq!(embargo.refuses(), !expected.contains("taken"), "{licences:?}");
    }
    for (effect, refuses) in [("prohibited", true), ("observed", false)] {
        let explained = explained(&[with(letter(), &json!({ "effect": effect })), licence("l")], &[], unchanged);
        assert_eq!((explained.embargoes[0].licences.len(), explained.embargoes[0].refuses()), (0, refuses), "{effect}");
    }
}

#[test]
fn an_explanation_shows_reasons_other_than_embargoes() {
    let against = |records: &[Value], change: fn(&mut Subject)| {
        let explained = explained(records, &[], change);
        explained.against.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(against(&[], unchanged), "");
    assert_eq!(against(&[], |s| s.to = to("?")), "destination.unknown");
    assert_eq!(against(&[setting("permit")], |s| s.to = to("?")), "");
    assert_eq!(against(&[], |s| s.facts.undeclared_end_use = true), "end-use.undeclared");
    let withdrawn = with(model("fable-5@1"), &json!({ "status": "withdrawn" }));
    assert_eq!(
        against(&[withdrawn], |s| {
            s.to = to("?");
            s.facts.undeclared_end_use = true;
        }),
        "model.withdrawn destination.unknown end-use.undeclared"
    );
    let broken = with(embargo("e", json!({ "everyone": true })), &json!({ "citation": "" }));
    let why = explained(&[broken], &[], unchanged).undecidable.unwrap();
    assert!(why.starts_with("the record `embargo`/`e` can't be relied on"), "{why}");
    assert_eq!(explained(&[], &[], unchanged).undecidable, None);
}
