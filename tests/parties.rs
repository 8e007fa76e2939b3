//! Embargoes by party: whose names are held against them, how, and what of it is kept and told.

use std::collections::BTreeSet;

use crate::common;
use crate::common::{clearance, decided, embargo, item, licence, list, model, now, possible, register, told, with};
use crate::world;
use crate::world::events::{Rest, invocation, rest};
use crate::world::{Answered, World, ask};
use export_gate::decision::{
    Callers, Claimed, NameKey, PartyMatch, PotentialMatch, RequestOrigin, Subject, explain, identify,
};
use export_gate::record::{Client, Organisation, Person};
use export_gate::register::Register;
use export_gate::terms::Match;
use serde_json::{Value, json};

const REFUSED: &str = "451 embargo.party licence.missing";

fn organisation(changes: &Value) -> Value {
    let record = json!({
        "status": "active", "name": "Sample Widgets, Inc.", "type": "company", "incorporated_in": "DE",
        "headquartered_in": "FR", "end_uses": ["research"],
        "verification": { "status": "verified", "until": "9998-01-01T00:00:00Z" },
    });
    with(record, changes)
}

fn person(changes: &Value) -> Value {
    let record = json!({
        "organisation": "acme", "name": "Sample Person", "nationalities": ["DE", "CA"], "deemed_country": "FR",
        "us_status": "none", "verification": { "status": "verified", "until": "9998-01-01T00:00:00Z" },
    });
    with(record, changes)
}

/// What identification makes of `acme`'s client and the person `p`, if one is named, with the screening done.
fn subject(organisation: Value, person: Option<Value>, users: &str, register: &Register) -> Subject {
    let client = json!({ "organisation": "acme", "status": "active", "users": users });
    let claimed = Claimed { by_header: person.as_ref().map(|_| "p"), ..Claimed::default() };
    let callers = Callers {
        client: Some(Client::read(item(&client)).unwrap()),
        organisation: Some(Organisation::read(item(&organisation)).unwrap()),
        person: person.map(|record| Person::read(item(&record)).unwrap()),
    };
    let from = RequestOrigin { to: common::to("US"), ..RequestOrigin::default() };
    identify(claimed, &callers, from, register, now()).unwrap()
}

fn by_party(id: &str, parties: Value) -> Value {
    embargo(id, json!({ "parties": parties }))
}

fn law(records: &[Value]) -> Register {
    register(&[&[model("fable-5@1")], records].concat())
}

/// The decision on `fable-5`, and the facts that it rested on: `embargo match subject`.
fn outcome(subject: &Subject, register: &Register) -> (String, String) {
    let facts = subject.facts.parties.iter().map(|found| {
        format!(
            "{} {} {}",
            found.embargo,
            serde_json::to_value(found.matched).unwrap().as_str().unwrap(),
            found.subject
        )
    });
    (told(&decided("fable-5", subject, register)), facts.collect::<Vec<_>>().join(", "))
}

#[test]
fn an_organisation_is_named_by_its_names_and_its_owners() {
    let yes = (REFUSED, "e yes organisation#acme");
    let unknown = (REFUSED, "e unknown organisation#acme");
    let (review, no) = ("403 party.review", "permit");
    let [review, no] = [review, no].map(|decision| (decision, ""));
    let is = |name: &str| json!([{ "name": name }]);
    let of = |country: &str| json!([{ "name": "sample widgets inc", "country": country }]);
    let owned = |owners: Value| json!({ "owners": owners });
    // (what, the parties, the organisation, what comes of it)
    let cases = [
        ("its name", is("Sample Widgets, Inc."), json!({}), yes),
        ("its name written otherwise", is("  SAMPLE-WIDGETS   inc "), json!({}), yes),
        ("a part of it", is("Sample Widgets"), json!({}), review),
        ("an alias of its", is("Widgets of Sample"), json!({ "aliases": ["WIDGETS OF SAMPLE"] }), yes),
        ("no alias of its", is("Widgets of Sample"), json!({ "aliases": ["Widgets", ""] }), review),
        ("the party's alias", json!([{ "name": "x", "aliases": ["y", "sample widgets inc"] }]), json!({}), yes),
        ("one of several parties", json!([{ "name": "x" }, { "name": "sample widgets inc" }]), json!({}), yes),
        ("no name on record", is("x"), json!({ "name": null }), unknown),
        ("a name that says nothing", is("x"), json!({ "name": "-" }), unknown),
        ("no name on record, an alias is the party's", is("x"), json!({ "name": null, "aliases": ["X"] }), yes),
        ("where it was founded", of("DE"), json!({}), yes),
        ("where it is run from", of("FR"), json!({}), yes),
        ("from elsewhere", of("IR"), json!({}), no),
        ("from elsewhere, as far as is known", of("IR"), json!({ "headquartered_in": null }), unknown),
        ("from there, as far as is known", of("DE"), json!({ "headquartered_in": null }), yes),
        ("no name on record, from elsewhere", of("IR"), json!({ "name": null }), no),
        ("an owner", is("Sample Holding"), owned(json!([{ "name": "Sample Holding", "percent": 1 }])), yes),
        (
            "an owner's owner",
            is("Sample Holding"),
            owned(json!([{ "name": "x", "owners": [{ "name": "y", "owners": [{ "name": "SAMPLE holding" }] }] }])),
            yes,
        ),
        ("no owner", is("Sample Holding"), owned(json!([{ "name": "x", "owners": [{ "name": "y" }] }])), no),
        ("an owner without a name", is("Sample Holding"), owned(json!([{ "percent": 30 }])), unknown),
        ("no owners on record", is("Sample Holding"), json!({}), no),
        (
            "an owner's own country counts, not the organisation's",
            json!([{ "name": "x", "country": "RU" }]),
            owned(json!([{ "name": "x", "country": "RU" }])),
            yes,
        ),
        (
            "an owner from elsewhere",
            json!([{ "name": "x", "country": "DE" }]),
            owned(json!([{ "name": "x", "country": "RU" }])),
            no,
        ),
        (
            "an owner from nobody knows where",
            json!([{ "name": "x", "country": "RU" }]),
            owned(json!([{ "name": "x" }])),
            unknown,
        ),
    ];
    for (what, parties, changes, (decision, facts)) in cases {
        let register = law(&[by_party("e", parties)]);
        let subject = subject(organisation(&changes), None, "none", &register);
        assert_eq!(outcome(&subject, &register), (decision.into(), facts.into()), "{what}");
    }
}

#[test]
fn a_person_is_named_by_name_alias_and_nationality() {
    let yes = (REFUSED, "e yes person#p");
    let unknown = (REFUSED, "e unknown person#p");
    let no = ("permit", "");
    let of = |country: &str| json!([{ "name": "sample person", "country": country }]);
    let cases = [
        ("the name", json!([{ "name": "SAMPLE Person" }]), json!({}), yes),
        ("nearly the name", json!([{ "name": "Sample Persons" }]), json!({}), ("403 party.review", "")),
        ("another", json!([{ "name": "Unrelated ScreenedParty" }]), json!({}), no),
        ("an alias", json!([{ "name": "S. Person" }]), json!({ "aliases": ["s person"] }), yes),
        ("no name on record", json!([{ "name": "x" }]), json!({ "name": null }), unknown),
        ("a nationality", of("CA"), json!({}), yes),
        ("the most recent country", of("FR"), json!({}), yes),
        ("another nationality", of("IR"), json!({}), no),
        ("no nationality on record", of("IR"), json!({ "nationalities": [] }), unknown),
        ("a US citizen too", json!([{ "name": "sample person" }]), json!({ "us_status": "citizen" }), yes),
    ];
    for (what, parties, changes, (decision, facts)) in cases {
        let register = law(&[by_party("e", parties)]);
        let subject = subject(organisation(&json!({})), Some(person(&changes)), "asserted", &register);
        assert_eq!(outcome(&subject, &register), (decision.into(), facts.into()), "{what}");
    }
    // Nobody knows who uses a client whose attestation is absent.
    let register = law(&[by_party("e", json!([{ "name": "x" }]))]);
    let unattested = subject(organisation(&json!({})), None, "us_persons", &register);
    assert_eq!(outcome(&unattested, &register), (REFUSED.into(), "e unknown organisation#acme".into()));
}

#[test]
fn every_embargo_by_party_in_force_is_a_fact_and_no_other_is() {
    let own = || json!([{ "name": "sample widgets inc" }]);
    let both = json!([{ "name": "sample person" }, { "name": "sample widgets inc" }]);
    let records = [
        by_party("b", own()),
        by_party("a", both),
        with(by_party("elsewhere", own()), &json!({ "models": ["mythos-5"] })),
        by_party("nobody", json!([{ "name": "x" }])),
        with(by_party("over", own()), &json!({ "until": "2026-06-20T12:00:00Z" })),
        with(by_party("withdrawn", own()), &json!({ "withdrawn": true })),
        embargo("letter", json!({ "destinations": ["CU"] })),
    ];
    let register = law(&records);
    let found = subject(organisation(&json!({})), Some(person(&json!({}))), "asserted", &register);
    let expected = "a yes organisation#acme, a yes person#p, b yes organisation#acme, elsewhere yes organisation#acme";
    assert_eq!(outcome(&found, &register).1, expected);
    // Without such an embargo nothing is looked at, however little is known.
    let nobody = subject(organisation(&json!({ "name": null })), None, "none", &law(&records[6..]));
    assert!(nobody.facts.parties.is_empty());
}

#[test]
fn an_embargo_by_party_is_answered_by_name_only_and_told_in_its_place() {
    let own = json!([{ "name": "sample widgets inc" }]);
    let by = |keys: Value| embargo("e", with(json!({ "parties": own }), &keys));
    let in_cuba = json!({ "destinations": ["CU"] });
    let cases: [(Value, Vec<Value>, &str); 6] = [
        (by(json!({})), vec![licence("l")], "451 embargo.party licence.scope"),
        (by(json!({})), vec![with(licence("l"), &json!({ "embargoes": ["e"] }))], "permit by l@1"),
        (by(in_cuba), vec![], "permit"),
        (by(json!({ "destinations": ["US"] })), vec![], "451 embargo.destination licence.missing"),
        (by(json!({ "end_uses": ["research"] })), vec![], "451 embargo.party licence.missing"),
        (with(by(json!({})), &json!({ "effect": "observed" })), vec![], "permit"),
    ];
    for (embargo, licences, expected) in cases {
        let register = law(&[std::slice::from_ref(&embargo), &licences[..]].concat());
        let subject = subject(organisation(&json!({})), None, "none", &register);
        assert_eq!(outcome(&subject, &register).0, expected, "{embargo}");
    }
}

// Near spellings

/// Who may be a party that an embargo names, as `embargo subject`, with `via` where it is an owner.
fn near(subject: &Subject) -> Vec<String> {
    let told = |found: &PotentialMatch| {
        assert!(!found.exact && found.match_sha256.len() == 32, "{found:?}");
        let embargo = found.party.strip_prefix("parties:").unwrap();
        let via = found.via.as_ref().map(|via| format!(" {via}")).unwrap_or_default();
        format!("{embargo} {}{via}", found.subject)
    };
    subject.facts.listed.iter().map(told).collect()
}

#[test]
fn another_spelling_of_a_named_party_is_held_up_until_it_is_looked_into() {
    let named = |name: &str| organisation(&json!({ "name": name }));
    let (is, owner, no): (&[&str], &[&str], &[&str]) = (&["e organisation#acme"], &["e organisation#acme owner"], &[]);
    let of = |country: &str| json!([{ "name": "Gazprom", "country": country }]);
    let gazprom = || json!([{ "name": "Gazprom" }]);
    let huawei = || json!([{ "name": "Huawei Technologies Co., Ltd." }]);
    let owned = |owners: Value| organisation(&json!({ "owners": owners }));
    let unknown_seat = || organisation(&json!({ "name": "OAO Gazprom", "headquartered_in": null }));
    // (the parties, the organisation, whom that names)
    let cases = [
        (gazprom(), named("OAO Gazprom"), is),
        (gazprom(), named("Gazprom, PAO"), is),
        (gazprom(), named("Gasprom"), is),
        (gazprom(), named("Газпром"), is),
        (gazprom(), named("ПАО «Газпром»"), is),
        (gazprom(), named("Sample Widgets, Inc."), no),
        (gazprom(), named("Bosch GmbH"), no),
        (huawei(), named("Huawei Technology Company Limited"), is),
        (huawei(), named("HUAWEI Tecnologies Co Ltd"), is),
        (huawei(), named("Siemens Technologies Co., Ltd."), no),
        (json!([{ "name": "x", "aliases": ["Rosneft"] }]), named("Rosneft OAO"), is),
        (json!([{ "name": "Rosneft" }, { "name": "Gazprom" }]), named("OAO Gazprom"), is),
        // Each embargo once, by what comes nearest.
        (json!([{ "name": "Gasprom" }, { "name": "Gazprom" }]), named("OAO Gazprom"), is),
        (gazprom(), organisation(&json!({ "aliases": ["OAO Gazprom"] })), is),
        (gazprom(), owned(json!([{ "name": "Gasprom", "percent": 1 }])), owner),
        (gazprom(), owned(json!([{ "name": "x", "owners": [{ "name": "OAO Gazprom" }] }])), owner),
        // Of another country it is another, where all of its countries are known.
        (of("DE"), named("OAO Gazprom"), is),
        (of("DE"), named("Gazpróm"), is),
        (of("FR"), named("OAO Gazprom"), is),
        (of("RU"), named("OAO Gazprom"), no),
        (of("RU"), unknown_seat(), is),
        (of("RU"), owned(json!([{ "name": "OAO Gazprom", "country": "RU" }])), owner),
        (of("RU"), owned(json!([{ "name": "OAO Gazprom", "country": "KZ" }])), no),
        (of("RU"), owned(json!([{ "name": "OAO Gazprom" }])), owner),
        (json!([{ "name": "Gazprom", "country": "RU" }, { "name": "Gazprom", "country": "DE" }]), named("Gasprom"), is),
    ];
    for (parties, organisation, expected) in cases {
        let what = format!("{parties} {}", organisation["name"]);
        let register = law(&[by_party("e", parties)]);
        let subject = subject(organisation, None, "none", &register);
        assert_eq!(near(&subject), expected, "{what}");
        assert!(subject.facts.parties.is_empty(), "{what}: nothing is the very one");
        let decision = if expected.is_empty() { "permit" } else { "403 party.review" };
        assert_eq!(told(&decided("fable-5", &subject, &register)), decision, "{what}");
    }
}

#[test]
fn a_person_is_held_up_by_another_spelling_but_for_other_nationalities() {
    let of = |country: &str| json!([{ "name": "Ivan Petrovich Sidorov", "country": country }]);
    let (is, no): (&[&str], &[&str]) = (&["e person#p"], &[]);
    let cases = [
        (json!([{ "name": "Ivan Petrovich Sidorov" }]), json!({ "name": "Sidorov, Ivan" }), is),
        (json!([{ "name": "Ivan Petrovich Sidorov" }]), json!({ "aliases": ["Иван Петрович Сидоров"] }), is),
        (json!([{ "name": "Ivan Petrovich Sidorov" }]), json!({ "name": "Maria Keller" }), no),
        (of("CA"), json!({ "name": "Sidorov, Ivan" }), is),
        (of("FR"), json!({ "name": "Sidorov, Ivan" }), is),
        (of("RU"), json!({ "name": "Sidorov, Ivan" }), no),
        (of("RU"), json!({ "name": "Sidorov, Ivan", "nationalities": [] }), is),
    ];
    for (parties, changes, expected) in cases {
        let register = law(&[by_party("e", parties.clone())]);
        let subject = subject(organisation(&json!({})), Some(person(&changes)), "asserted", &register);
        assert_eq!(near(&subject), expected, "{parties} {changes}");
    }
}

#[test]
fn a_near_spelling_applies_as_a_possible_match_does() {
    let by = |changes: Value| with(by_party("e", json!([{ "name": "Gazprom" }])), &changes);
    let plain = || by(json!({}));
    let to = |keys: Value| by(json!({ "applies_to": with(json!({ "parties": [{ "name": "Gazprom" }] }), &keys) }));
    let caller = || organisation(&json!({ "name": "OAO Gazprom" }));
    let compared = subject(caller(), None, "none", &law(&[plain()])).facts.listed[0].match_sha256.clone();
    let clears = |changes: Value| with(with(clearance("c"), &json!({ "party": "parties:e" })), &changes);
    let review = "403 party.review";
    let cases: Vec<(&str, Vec<Value>, &str)> = vec![
        ("it alone", vec![plain()], review),
        ("cleared", vec![plain(), clears(json!({ "match_sha256": compared }))], "permit"),
        ("cleared whatever changes", vec![plain(), clears(json!({}))], "permit"),
        ("another comparison", vec![plain(), clears(json!({ "match_sha256": "f".repeat(32) }))], review),
        ("cleared of another embargo's", vec![plain(), clears(json!({ "party": "parties:f" }))], review),
        ("a clearance that is over", vec![plain(), clears(json!({ "until": "2026-06-20T12:00:00Z" }))], review),
        (
            "the party's aliases are others",
            vec![
                to(json!({ "parties": [{ "name": "Gazprom", "aliases": ["x"] }] })),
                clears(json!({ "match_sha256": compared })),
            ],
            review,
        ),
        (
            "another party beside it",
            vec![
                to(json!({ "parties": [{ "name": "Unrelated Quarry" }, { "name": "Gazprom" }] })),
                clears(json!({ "match_sha256": compared })),
            ],
            "permit",
        ),
        ("observed", vec![by(json!({ "effect": "observed" }))], "permit"),
        ("prohibited", vec![by(json!({ "effect": "prohibited" }))], review),
        ("over", vec![by(json!({ "until": "2026-06-20T12:00:00Z" }))], "permit"),
        ("not begun", vec![by(json!({ "from": "2026-06-20T12:00:00.001Z" }))], "permit"),
        ("withdrawn", vec![by(json!({ "withdrawn": true }))], "permit"),
        (
            "over, and another is not",
            vec![
                by(json!({ "until": "2026-06-20T12:00:00Z" })),
                by_party("f", json!([{ "name": "Unrelated Quarry" }])),
            ],
            "permit",
        ),
        ("another model", vec![by(json!({ "models": ["mythos-5"] }))], "permit"),
        ("elsewhere", vec![to(json!({ "destinations": ["CU"] }))], "permit"),
        ("there", vec![to(json!({ "destinations": ["US"] }))], review),
        ("a licence", vec![plain(), licence("l")], review),
        ("a licence that names it", vec![plain(), with(licence("l"), &json!({ "embargoes": ["e"] }))], "permit by l@1"),
        (
            "two embargoes",
            vec![plain(), by_party("f", json!([{ "name": "Gasprom" }]))],
            "403 party.review party.review",
        ),
        (
            "another is exact",
            vec![plain(), by_party("f", json!([{ "name": "OAO Gazprom" }]))],
            "451 embargo.party licence.missing party.review",
        ),
        (
            "both in one",
            vec![by_party("e", json!([{ "name": "Gazprom" }, { "name": "OAO Gazprom" }])), clears(json!({}))],
            REFUSED,
        ),
        (
            "a threshold above it",
            vec![plain(), json!({ "kind": "setting", "id": "screening", "revision": 1, "match_threshold": 1 })],
            "permit",
        ),
    ];
    for (what, records, expected) in cases {
        let register = law(&records);
        let subject = subject(caller(), None, "none", &register);
        assert_eq!(told(&decided("fable-5", &subject, &register)), expected, "{what}");
        let explained = explain(register.models(now()).next().unwrap(), &subject, &register, &BTreeSet::new(), now());
        let awaits = explained.embargoes.iter().filter(|embargo| embargo.refuses()).any(|one| !one.reviews.is_empty());
        assert_eq!(awaits, expected.contains("party.review"), "{what}");
    }
    // The very one is that, and no possible match of the same embargo beside it.
    let register = law(&[by_party("e", json!([{ "name": "Gasprom" }, { "name": "oao gazprom" }]))]);
    let exact = subject(caller(), None, "none", &register);
    assert_eq!((near(&exact), outcome(&exact, &register).1), (vec![], "e yes organisation#acme".to_owned()));
    // Who is named in an embargo that is over is in no search.
    let over = by(json!({ "until": "2026-06-20T12:00:00Z" }));
    let another = by_party("f", json!([{ "name": "Unrelated Quarry" }]));
    assert!(near(&subject(caller(), None, "none", &law(&[over, another]))).is_empty());
}

#[test]
fn who_comes_again_is_not_searched_again_while_the_parties_are_the_same() {
    let law = law(&[by_party("e", json!([{ "name": "Gazprom" }]))]);
    let searches = |register: &Register| register.parties_named().unwrap().searches();
    let asked = |register: &Register| subject(organisation(&json!({})), None, "none", register);
    assert_eq!((asked(&law), searches(&law)), (asked(&law), 1));
    let other = common::later(&law, 2, &[licence("l"), by_party("e", json!([{ "name": "GAZPROM" }]))], now());
    assert_eq!(searches(&other), 1, "the parties are the same: so is the index");
    asked(&other);
    assert_eq!(searches(&other), 1, "and its memory");
    let other = common::later(&other, 3, &[by_party("e", json!([{ "name": "Gazprom", "country": "RU" }]))], now());
    asked(&other);
    assert_eq!(searches(&other), 1, "an index of its own");
    let none = common::later(
        &other,
        4,
        &[with(by_party("e", json!([{ "name": "x" }])), &json!({ "withdrawn": true }))],
        now(),
    );
    assert!(none.parties_named().is_none() && !format!("{other:?}").to_lowercase().contains("gazprom"));
}

#[test]
fn names_that_take_too_many_comparisons_are_unknown_which_matches() {
    let many: Vec<Value> = (0..400).map(|n| json!({ "name": format!("Northwind Shipyard Works {n}") })).collect();
    let law = |threshold: f64, parties: &[Value]| {
        let setting = with(common::setting("refuse"), &json!({ "match_threshold": threshold }));
        law(&[setting, by_party("e", json!(parties))])
    };
    let unknown = (REFUSED, "e unknown organisation#acme");
    let words = |count: usize| "Sample ".repeat(count);
    let names: Vec<String> = (0..200).map(|n| format!("Northwind Shipyard Harbour {n}")).collect();
    // what, threshold, parties, what the organisation is called
    let cases = [
        ("a name of 24 words", 0.76, &many[..1], json!([words(24)]), ("permit", "")),
        ("a name of 25 words", 0.76, &many[..1], json!([words(25)]), unknown),
        ("a name of 520 letters", 0.76, &many[..1], json!(["abcdefghijklmnopqrstuvwxyz ".repeat(20)]), unknown),
        ("few names, a low threshold", 0.0, &many[..], json!(names[..1]), ("403 party.review", "")),
        ("many names, a low threshold", 0.0, &many[..], json!(names), unknown),
    ];
    for (what, threshold, parties, aliases, (decision, facts)) in cases {
        let register = law(threshold, parties);
        for _ in 0..2 {
            let subject = subject(organisation(&json!({ "aliases": aliases })), None, "none", &register);
            assert_eq!(outcome(&subject, &register), (decision.into(), facts.into()), "{what}");
        }
    }
}

// Lists

/// What, the records, whom lists name, what else is known of names, what comes of it.
type ByList = (&'static str, Vec<Value>, Vec<PotentialMatch>, Vec<PartyMatch>, &'static str);

#[test]
fn an_embargo_by_list_refuses_the_very_one_and_holds_up_who_may_be_one() {
    let by = |keys: Value| embargo("e", with(json!({ "lists": ["sdn", "eu"] }), &keys));
    let alone = || by(json!({}));
    let cleared = || clearance("c");
    let unknown = || PartyMatch {
        by: NameKey::Lists,
        embargo: "e".into(),
        matched: Match::Unknown,
        subject: "organisation#acme".into(),
    };
    let named = || PartyMatch { by: NameKey::Parties, matched: Match::Yes, ..unknown() };
    let (exact, may_be) = (|| possible("sdn:306", true), || possible("sdn:306", false));
    let of_eu = || possible("eu:306", false);
    let (refused, review) = ("451 embargo.party licence.missing", "403 party.review");
    let party = json!({ "parties": [{ "name": "x" }] });
    let cases: Vec<ByList> = vec![
        ("nobody", vec![alone()], vec![], vec![], "permit"),
        ("may be", vec![alone()], vec![may_be()], vec![], review),
        ("may be, cleared", vec![alone(), cleared()], vec![may_be()], vec![], "permit"),
        ("is", vec![alone()], vec![exact()], vec![], refused),
        ("is, cleared", vec![alone(), cleared()], vec![exact()], vec![], refused),
        ("is one and may be another", vec![alone()], vec![of_eu(), exact()], vec![], refused),
        ("on a list that it doesn't name", vec![alone()], vec![possible("uk:1", true)], vec![], "permit"),
        ("on a list whose name begins so", vec![alone()], vec![possible("sdn2:1", true)], vec![], "permit"),
        ("may be two", vec![alone()], vec![may_be(), of_eu()], vec![], "403 party.review party.review"),
        ("may be two, cleared of one", vec![alone(), cleared()], vec![may_be(), of_eu()], vec![], review),
        ("no name", vec![alone()], vec![], vec![unknown()], refused),
        ("no name, and one may be", vec![alone(), cleared()], vec![may_be()], vec![unknown()], refused),
        ("elsewhere", vec![by(json!({ "destinations": ["CU"] }))], vec![exact(), of_eu()], vec![], "permit"),
        ("there, may be", vec![by(json!({ "destinations": ["US"] }))], vec![may_be()], vec![], review),
        (
            "there, is",
            vec![by(json!({ "destinations": ["US"] }))],
            vec![exact()],
            vec![],
            "451 embargo.destination licence.missing",
        ),
        ("by party too, and is none", vec![by(party.clone())], vec![exact()], vec![], "permit"),
        ("by party too, on no list", vec![by(party.clone())], vec![], vec![named()], "permit"),
        ("by party too, and may be", vec![by(party.clone())], vec![may_be()], vec![named()], review),
        ("by both", vec![by(party)], vec![exact()], vec![named()], refused),
        ("observed", vec![with(alone(), &json!({ "effect": "observed" }))], vec![may_be()], vec![], "permit"),
        ("prohibited", vec![with(alone(), &json!({ "effect": "prohibited" }))], vec![may_be()], vec![], review),
        ("a licence", vec![alone(), licence("l")], vec![may_be()], vec![], review),
        (
            "a licence that names it",
            vec![alone(), with(licence("l"), &json!({ "embargoes": ["e"] }))],
            vec![may_be()],
            vec![],
            "permit by l@1",
        ),
        (
            "and another embargo",
            vec![alone(), embargo("all", json!({ "everyone": true }))],
            vec![may_be()],
            vec![],
            "451 embargo.everyone licence.missing party.review",
        ),
    ];
    for (what, records, listed, parties, expected) in cases {
        let register = law(&[&[list("sdn"), list("eu")][..], &records].concat());
        let subject = common::subject(|s| {
            s.facts.listed = listed;
            s.facts.parties = parties;
        });
        let decision = decided("fable-5", &subject, &register);
        assert_eq!(told(&decision), expected, "{what}");
        let explained = explain(register.models(now()).next().unwrap(), &subject, &register, &BTreeSet::new(), now());
        // Those that refuse: an embargo that is lifted, or only observed, has its possible matches too.
        let refusing = explained.embargoes.iter().filter(|embargo| embargo.refuses());
        let reviews: Vec<_> = refusing.flat_map(|embargo| embargo.reviews.clone()).collect();
        let awaited: Vec<_> = decision.unwrap().reasons.into_iter().filter_map(|reason| reason.review).collect();
        assert_eq!(reviews, awaited, "{what}");
    }
}

#[test]
fn a_register_that_has_no_lists_in_memory_clears_nobody() {
    let register = law(&[embargo("e", json!({ "lists": ["sdn"] })), list("sdn")]);
    let found = subject(organisation(&json!({})), Some(person(&json!({}))), "asserted", &register);
    let facts = found.facts.parties.iter().map(|found| (found.by, found.matched, found.subject.as_str()));
    let unknown = |subject| (NameKey::Lists, Match::Unknown, subject);
    assert_eq!(facts.collect::<Vec<_>>(), [unknown("organisation#acme"), unknown("person#p")]);
    assert_eq!(told(&decided("fable-5", &found, &register)), REFUSED);
}

// Through the gate

async fn answered(gate: &export_gate::gate::Gate, request: &Rest) -> Answered {
    ask(gate, &request.0, world::at("2026-11-22T12:00:00Z")).await
}

#[tokio::test]
async fn the_named_organisation_is_refused_on_the_next_request_and_no_name_is_kept_or_told() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let named = invocation("sample-us-app", "opus-4-8").person("sample-us-citizen");
    let another = invocation("sample-partner-utility-service", "opus-4-8");
    assert_eq!([answered(&gate, &named).await.status, answered(&gate, &another).await.status], [200, 200]);
    let embargo = json!({
        "kind": "embargo", "id": "listed", "models": ["opus-4-8"], "effect": "licence_required", "authority": "OFAC",
        "applies_to": { "parties": [{ "name": "SAMPLE WIDGETS INC", "aliases": ["Widget Trust"], "country": "US" }] },
        "citation": "31 CFR 501",
    });
    world.register(vec![embargo]).await;
    let refused = answered(&gate, &named).await;
    assert_eq!((refused.status, refused.codes()), (451, vec!["embargo.party", "licence.missing"]));
    assert_eq!(answered(&gate, &another).await.status, 200);
    let ledger = world.ledger().await;
    let facts: Vec<&Value> = ledger.iter().filter_map(|entry| entry["facts"].get("parties")).collect();
    let fact = json!([{ "embargo": "listed", "match": "yes", "subject": "organisation#sample-us-company" }]);
    assert_eq!(facts, [&fact]);
    let kept = format!("{} {:?}", json!(ledger), refused.log);
    for text in [kept, refused.body.to_string()] {
        let text = text.to_lowercase();
        assert!(!text.contains("widget"), "{text}");
    }
    let health = answered(&gate, &rest("GET", "/v1/health", "x")).await;
    assert_eq!((&health.body["status"], &health.body["unreadable"]), (&json!("ok"), &json!([])));
}
