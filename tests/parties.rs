//! Embargoes by party and by list of parties: which names are compared, potential matches, clearances, and what is recorded.

use std::collections::BTreeSet;

use crate::common;
use crate::common::{
    clearance, decided, embargo, item, licence, list, model, now, outcome as outcome_of, potential_match, register,
    with,
};
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

/// The identified and screened subject: `acme`'s client and the person `p`, if there is one.
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

/// The decision on `fable-5`, and its facts as `embargo match subject`.
fn outcome(subject: &Subject, register: &Register) -> (String, String) {
    let facts = subject.facts.parties.iter().map(|found| {
        format!(
            "{} {} {}",
            found.embargo,
            serde_json::to_value(found.matched).unwrap().as_str().unwrap(),
            found.subject
        )
    });
    (outcome_of(&decided("fable-5", subject, register)), facts.collect::<Vec<_>>().join(", "))
}

#[test]
fn an_organisation_matches_by_its_names_and_by_its_owners() {
    let yes = (REFUSED, "e yes organisation#acme");
    let unknown = (REFUSED, "e unknown organisation#acme");
    let (review, no) = ("403 party.review", "permit");
    let [review, no] = [review, no].map(|decision| (decision, ""));
    let is = |name: &str| json!([{ "name": name }]);
    let of = |country: &str| json!([{ "name": "sample widgets inc", "country": country }]);
    let owned = |owners: Value| json!({ "owners": owners });
    // (case, the embargo's parties, changes of the organisation, the outcome)
    let cases = [
        ("its name", is("Sample Widgets, Inc."), json!({}), yes),
        ("its name in another spelling", is("  SAMPLE-WIDGETS   inc "), json!({}), yes),
        ("a part of its name", is("Sample Widgets"), json!({}), review),
        ("its alias", is("Widgets of Sample"), json!({ "aliases": ["WIDGETS OF SAMPLE"] }), yes),
        ("other aliases", is("Widgets of Sample"), json!({ "aliases": ["Widgets", ""] }), review),
        ("the party's alias", json!([{ "name": "x", "aliases": ["y", "sample widgets inc"] }]), json!({}), yes),
        ("one of several parties", json!([{ "name": "x" }, { "name": "sample widgets inc" }]), json!({}), yes),
        ("no name on record", is("x"), json!({ "name": null }), unknown),
        ("a name without letters", is("x"), json!({ "name": "-" }), unknown),
        ("no name on record, a matching alias", is("x"), json!({ "name": null, "aliases": ["X"] }), yes),
        ("country of incorporation", of("DE"), json!({}), yes),
        ("country of headquarters", of("FR"), json!({}), yes),
        ("another country", of("IR"), json!({}), no),
        ("another country, headquarters unknown", of("IR"), json!({ "headquartered_in": null }), unknown),
        ("the same country, headquarters unknown", of("DE"), json!({ "headquartered_in": null }), yes),
        ("no name on record, another country", of("IR"), json!({ "name": null }), no),
        ("an owner", is("Sample Holding"), owned(json!([{ "name": "Sample Holding", "percent": 1 }])), yes),
        (
            "an owner's owner",
            is("Sample Holding"),
            owned(json!([{ "name": "x", "owners": [{ "name": "y", "owners": [{ "name": "SAMPLE holding" }] }] }])),
            yes,
        ),
        ("other owners", is("Sample Holding"), owned(json!([{ "name": "x", "owners": [{ "name": "y" }] }])), no),
        ("an owner without a name", is("Sample Holding"), owned(json!([{ "percent": 30 }])), unknown),
        ("no owners on record", is("Sample Holding"), json!({}), no),
        (
            "an owner's own country counts, not the organisation's",
            json!([{ "name": "x", "country": "RU" }]),
            owned(json!([{ "name": "x", "country": "RU" }])),
            yes,
        ),
        (
            "an owner of another country",
            json!([{ "name": "x", "country": "DE" }]),
            owned(json!([{ "name": "x", "country": "RU" }])),
            no,
        ),
        (
            "an owner of unknown country",
            json!([{ "name": "x", "country": "RU" }]),
            owned(json!([{ "name": "x" }])),
            unknown,
        ),
    ];
    for (case, parties, changes, (decision, facts)) in cases {
        let register = law(&[by_party("e", parties)]);
        let subject = subject(organisation(&changes), None, "none", &register);
        assert_eq!(outcome(&subject, &register), (decision.into(), facts.into()), "{case}");
    }
}

#[test]
fn a_person_matches_by_name_alias_and_nationality() {
    let yes = (REFUSED, "e yes person#p");
    let unknown = (REFUSED, "e unknown person#p");
    let no = ("permit", "");
    let of = |country: &str| json!([{ "name": "sample person", "country": country }]);
    let cases = [
        ("the name", json!([{ "name": "SAMPLE Person" }]), json!({}), yes),
        ("a similar name", json!([{ "name": "Sample Persons" }]), json!({}), ("403 party.review", "")),
        ("another name", json!([{ "name": "Unrelated Party" }]), json!({}), no),
        ("an alias", json!([{ "name": "S. Person" }]), json!({ "aliases": ["s person"] }), yes),
        ("no name on record", json!([{ "name": "x" }]), json!({ "name": null }), unknown),
        ("a nationality", of("CA"), json!({}), yes),
        ("the most recent country", of("FR"), json!({}), yes),
        ("another nationality", of("IR"), json!({}), no),
        ("no nationality on record", of("IR"), json!({ "nationalities": [] }), unknown),
        ("a US citizen too", json!([{ "name": "sample person" }]), json!({ "us_status": "citizen" }), yes),
    ];
    for (case, parties, changes, (decision, facts)) in cases {
        let register = law(&[by_party("e", parties)]);
        let subject = subject(organisation(&json!({})), Some(person(&changes)), "asserted", &register);
        assert_eq!(outcome(&subject, &register), (decision.into(), facts.into()), "{case}");
    }
    // The users of a client without an attestation are unknown.
    let register = law(&[by_party("e", json!([{ "name": "x" }]))]);
    let unattested = subject(organisation(&json!({})), None, "us_persons", &register);
    assert_eq!(outcome(&unattested, &register), (REFUSED.into(), "e unknown organisation#acme".into()));
}

#[test]
fn only_matches_of_embargoes_in_force_are_facts() {
    let own = || json!([{ "name": "sample widgets inc" }]);
    let both = json!([{ "name": "sample person" }, { "name": "sample widgets inc" }]);
    let records = [
        by_party("b", own()),
        by_party("a", both),
        with(by_party("elsewhere", own()), &json!({ "models": ["mythos-5"] })),
        by_party("other", json!([{ "name": "x" }])),
        with(by_party("expired", own()), &json!({ "until": "2026-06-20T12:00:00Z" })),
        with(by_party("withdrawn", own()), &json!({ "withdrawn": true })),
        embargo("letter", json!({ "destinations": ["CU"] })),
    ];
    let register = law(&records);
    let found = subject(organisation(&json!({})), Some(person(&json!({}))), "asserted", &register);
    let expected = "a yes organisation#acme, a yes person#p, b yes organisation#acme, elsewhere yes organisation#acme";
    assert_eq!(outcome(&found, &register).1, expected);
    // Without such an embargo nothing is screened.
    let nameless = subject(organisation(&json!({ "name": null })), None, "none", &law(&records[6..]));
    assert!(nameless.facts.parties.is_empty());
}

#[test]
fn only_a_licence_that_names_an_embargo_by_party_lifts_it() {
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

// Similar names

/// The potential matches with parties of embargoes, as `embargo subject`, and `via` for an owner.
fn potential_matches(subject: &Subject) -> Vec<String> {
    let line = |found: &PotentialMatch| {
        assert!(!found.exact && found.match_sha256.len() == 32, "{found:?}");
        let embargo = found.party.strip_prefix("parties:").unwrap();
        let via = found.via.as_ref().map(|via| format!(" {via}")).unwrap_or_default();
        format!("{embargo} {}{via}", found.subject)
    };
    subject.facts.listed.iter().map(line).collect()
}

#[test]
fn a_similar_name_of_a_named_party_is_a_potential_match() {
    let named = |name: &str| organisation(&json!({ "name": name }));
    let (is, owner, no): (&[&str], &[&str], &[&str]) = (&["e organisation#acme"], &["e organisation#acme owner"], &[]);
    let of = |country: &str| json!([{ "name": "Gazprom", "country": country }]);
    let gazprom = || json!([{ "name": "Gazprom" }]);
    let huawei = || json!([{ "name": "Huawei Technologies Co., Ltd." }]);
    let owned = |owners: Value| organisation(&json!({ "owners": owners }));
    let unknown_seat = || organisation(&json!({ "name": "OAO Gazprom", "headquartered_in": null }));
    // (the embargo's parties, the organisation, the potential matches)
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
        // One potential match for each embargo.
        (json!([{ "name": "Gasprom" }, { "name": "Gazprom" }]), named("OAO Gazprom"), is),
        (gazprom(), organisation(&json!({ "aliases": ["OAO Gazprom"] })), is),
        (gazprom(), owned(json!([{ "name": "Gasprom", "percent": 1 }])), owner),
        (gazprom(), owned(json!([{ "name": "x", "owners": [{ "name": "OAO Gazprom" }] }])), owner),
        // Another country excludes the party if all countries of the organisation are known.
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
        let case = format!("{parties} {}", organisation["name"]);
        let register = law(&[by_party("e", parties)]);
        let subject = subject(organisation, None, "none", &register);
        assert_eq!(potential_matches(&subject), expected, "{case}");
        assert!(subject.facts.parties.is_empty(), "{case}: no exact match");
        let decision = if expected.is_empty() { "permit" } else { "403 party.review" };
        assert_eq!(outcome_of(&decided("fable-5", &subject, &register)), decision, "{case}");
    }
}

#[test]
fn a_similar_name_of_a_person_is_a_potential_match_unless_the_nationality_differs() {
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
        assert_eq!(potential_matches(&subject), expected, "{parties} {changes}");
    }
}

#[test]
fn potential_matches_with_named_parties_are_reviewed_cleared_and_licensed() {
    let by = |changes: Value| with(by_party("e", json!([{ "name": "Gazprom" }])), &changes);
    let plain = || by(json!({}));
    let to = |keys: Value| by(json!({ "applies_to": with(json!({ "parties": [{ "name": "Gazprom" }] }), &keys) }));
    let caller = || organisation(&json!({ "name": "OAO Gazprom" }));
    let compared = subject(caller(), None, "none", &law(&[plain()])).facts.listed[0].match_sha256.clone();
    let clears = |changes: Value| with(with(clearance("c"), &json!({ "party": "parties:e" })), &changes);
    let review = "403 party.review";
    let cases: Vec<(&str, Vec<Value>, &str)> = vec![
        ("the match alone", vec![plain()], review),
        ("cleared", vec![plain(), clears(json!({ "match_sha256": compared }))], "permit"),
        ("cleared without `match_sha256`", vec![plain(), clears(json!({}))], "permit"),
        (
            "cleared with another `match_sha256`",
            vec![plain(), clears(json!({ "match_sha256": "f".repeat(32) }))],
            review,
        ),
        ("cleared for another embargo", vec![plain(), clears(json!({ "party": "parties:f" }))], review),
        ("an expired clearance", vec![plain(), clears(json!({ "until": "2026-06-20T12:00:00Z" }))], review),
        (
            "the party's aliases changed",
            vec![
                to(json!({ "parties": [{ "name": "Gazprom", "aliases": ["x"] }] })),
                clears(json!({ "match_sha256": compared })),
            ],
            review,
        ),
        (
            "another party added",
            vec![
                to(json!({ "parties": [{ "name": "Unrelated Quarry" }, { "name": "Gazprom" }] })),
                clears(json!({ "match_sha256": compared })),
            ],
            "permit",
        ),
        ("observed", vec![by(json!({ "effect": "observed" }))], "permit"),
        ("prohibited", vec![by(json!({ "effect": "prohibited" }))], review),
        ("expired", vec![by(json!({ "until": "2026-06-20T12:00:00Z" }))], "permit"),
        ("not in force yet", vec![by(json!({ "from": "2026-06-20T12:00:00.001Z" }))], "permit"),
        ("withdrawn", vec![by(json!({ "withdrawn": true }))], "permit"),
        (
            "expired, and another is in force",
            vec![
                by(json!({ "until": "2026-06-20T12:00:00Z" })),
                by_party("f", json!([{ "name": "Unrelated Quarry" }])),
            ],
            "permit",
        ),
        ("another model", vec![by(json!({ "models": ["mythos-5"] }))], "permit"),
        ("another destination", vec![to(json!({ "destinations": ["CU"] }))], "permit"),
        ("the destination", vec![to(json!({ "destinations": ["US"] }))], review),
        ("a licence", vec![plain(), licence("l")], review),
        ("a licence that names it", vec![plain(), with(licence("l"), &json!({ "embargoes": ["e"] }))], "permit by l@1"),
        (
            "two embargoes",
            vec![plain(), by_party("f", json!([{ "name": "Gasprom" }]))],
            "403 party.review party.review",
        ),
        (
            "an exact match of another embargo",
            vec![plain(), by_party("f", json!([{ "name": "OAO Gazprom" }]))],
            "451 embargo.party licence.missing party.review",
        ),
        (
            "an exact match of the same embargo",
            vec![by_party("e", json!([{ "name": "Gazprom" }, { "name": "OAO Gazprom" }])), clears(json!({}))],
            REFUSED,
        ),
        (
            "a threshold above the score",
            vec![plain(), json!({ "kind": "setting", "id": "screening", "revision": 1, "match_threshold": 1 })],
            "permit",
        ),
    ];
    for (case, records, expected) in cases {
        let register = law(&records);
        let subject = subject(caller(), None, "none", &register);
        assert_eq!(outcome_of(&decided("fable-5", &subject, &register)), expected, "{case}");
        let explained = explain(register.models(now()).next().unwrap(), &subject, &register, &BTreeSet::new(), now());
        let is_awaited =
            explained.embargoes.iter().filter(|embargo| embargo.refuses()).any(|one| !one.reviews.is_empty());
        assert_eq!(is_awaited, expected.contains("party.review"), "{case}");
    }
    // An exact match excludes potential matches of the same embargo.
    let register = law(&[by_party("e", json!([{ "name": "Gasprom" }, { "name": "oao gazprom" }]))]);
    let exact = subject(caller(), None, "none", &register);
    assert_eq!(
        (potential_matches(&exact), outcome(&exact, &register).1),
        (vec![], "e yes organisation#acme".to_owned())
    );
    // Parties of an expired embargo are not searched.
    let expired = by(json!({ "until": "2026-06-20T12:00:00Z" }));
    let another = by_party("f", json!([{ "name": "Unrelated Quarry" }]));
    assert!(potential_matches(&subject(caller(), None, "none", &law(&[expired, another]))).is_empty());
}

#[test]
fn searches_are_cached_while_the_parties_are_the_same() {
    let law = law(&[by_party("e", json!([{ "name": "Gazprom" }]))]);
    let searches = |register: &Register| register.parties_named().unwrap().searches();
    let asked = |register: &Register| subject(organisation(&json!({})), None, "none", register);
    assert_eq!((asked(&law), searches(&law)), (asked(&law), 1));
    let other = common::later(&law, 2, &[licence("l"), by_party("e", json!([{ "name": "GAZPROM" }]))], now());
    assert_eq!(searches(&other), 1, "the same parties keep the index");
    asked(&other);
    assert_eq!(searches(&other), 1, "and its cache");
    let other = common::later(&other, 3, &[by_party("e", json!([{ "name": "Gazprom", "country": "RU" }]))], now());
    asked(&other);
    assert_eq!(searches(&other), 1, "other parties get a new index");
    let none = common::later(
        &other,
        4,
        &[with(by_party("e", json!([{ "name": "x" }])), &json!({ "withdrawn": true }))],
        now(),
    );
    assert!(none.parties_named().is_none() && !format!("{other:?}").to_lowercase().contains("gazprom"));
}

#[test]
fn names_that_exceed_the_budget_of_comparisons_match_as_unknown() {
    let many: Vec<Value> = (0..400).map(|n| json!({ "name": format!("Northwind Shipyard Works {n}") })).collect();
    let law = |threshold: f64, parties: &[Value]| {
        let setting = with(common::setting("refuse"), &json!({ "match_threshold": threshold }));
        law(&[setting, by_party("e", json!(parties))])
    };
    let unknown = (REFUSED, "e unknown organisation#acme");
    let words = |count: usize| "Sample ".repeat(count);
    let names: Vec<String> = (0..200).map(|n| format!("Northwind Shipyard Harbour {n}")).collect();
    // (case, threshold, parties, aliases of the organisation, the outcome)
    let cases = [
        ("a name of 24 words", 0.76, &many[..1], json!([words(24)]), ("permit", "")),
        ("a name of 25 words", 0.76, &many[..1], json!([words(25)]), unknown),
        ("a name of 520 letters", 0.76, &many[..1], json!(["abcdefghijklmnopqrstuvwxyz ".repeat(20)]), unknown),
        ("few names, a low threshold", 0.0, &many[..], json!(names[..1]), ("403 party.review", "")),
        ("many names, a low threshold", 0.0, &many[..], json!(names), unknown),
    ];
    for (case, threshold, parties, aliases, (decision, facts)) in cases {
        let register = law(threshold, parties);
        for _ in 0..2 {
            let subject = subject(organisation(&json!({ "aliases": aliases })), None, "none", &register);
            assert_eq!(outcome(&subject, &register), (decision.into(), facts.into()), "{case}");
        }
    }
}

// Lists

/// (case, records, potential matches with lists, other name facts, outcome)
type ByList = (&'static str, Vec<Value>, Vec<PotentialMatch>, Vec<PartyMatch>, &'static str);

#[test]
fn an_embargo_by_list_refuses_exact_matches_and_asks_for_review_of_potential_ones() {
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
    let (exact, near) = (|| potential_match("sdn:306", true), || potential_match("sdn:306", false));
    let of_eu = || potential_match("eu:306", false);
    let (refused, review) = ("451 embargo.party licence.missing", "403 party.review");
    let party = json!({ "parties": [{ "name": "x" }] });
    let cases: Vec<ByList> = vec![
        ("no match", vec![alone()], vec![], vec![], "permit"),
        ("potential", vec![alone()], vec![near()], vec![], review),
        ("potential, cleared", vec![alone(), cleared()], vec![near()], vec![], "permit"),
        ("exact", vec![alone()], vec![exact()], vec![], refused),
        ("exact, cleared", vec![alone(), cleared()], vec![exact()], vec![], refused),
        ("exact and potential", vec![alone()], vec![of_eu(), exact()], vec![], refused),
        ("exact, on another list", vec![alone()], vec![potential_match("uk:1", true)], vec![], "permit"),
        (
            "exact, on a list with the same prefix",
            vec![alone()],
            vec![potential_match("sdn2:1", true)],
            vec![],
            "permit",
        ),
        ("two potential", vec![alone()], vec![near(), of_eu()], vec![], "403 party.review party.review"),
        ("two potential, one cleared", vec![alone(), cleared()], vec![near(), of_eu()], vec![], review),
        ("no name", vec![alone()], vec![], vec![unknown()], refused),
        ("no name, and a cleared potential match", vec![alone(), cleared()], vec![near()], vec![unknown()], refused),
        ("another destination", vec![by(json!({ "destinations": ["CU"] }))], vec![exact(), of_eu()], vec![], "permit"),
        ("the destination, potential", vec![by(json!({ "destinations": ["US"] }))], vec![near()], vec![], review),
        (
            "the destination, exact",
            vec![by(json!({ "destinations": ["US"] }))],
            vec![exact()],
            vec![],
            "451 embargo.destination licence.missing",
        ),
        ("parties too, exact on the list only", vec![by(party.clone())], vec![exact()], vec![], "permit"),
        ("parties too, exact as party only", vec![by(party.clone())], vec![], vec![named()], "permit"),
        (
            "parties too, exact as party, potential on the list",
            vec![by(party.clone())],
            vec![near()],
            vec![named()],
            review,
        ),
        ("parties too, exact in both", vec![by(party)], vec![exact()], vec![named()], refused),
        ("observed", vec![with(alone(), &json!({ "effect": "observed" }))], vec![near()], vec![], "permit"),
        ("prohibited", vec![with(alone(), &json!({ "effect": "prohibited" }))], vec![near()], vec![], review),
        ("a licence", vec![alone(), licence("l")], vec![near()], vec![], review),
        (
            "a licence that names it",
            vec![alone(), with(licence("l"), &json!({ "embargoes": ["e"] }))],
            vec![near()],
            vec![],
            "permit by l@1",
        ),
        (
            "another embargo too",
            vec![alone(), embargo("all", json!({ "everyone": true }))],
            vec![near()],
            vec![],
            "451 embargo.everyone licence.missing party.review",
        ),
    ];
    for (case, records, listed, parties, expected) in cases {
        let register = law(&[&[list("sdn"), list("eu")][..], &records].concat());
        let subject = common::subject(|s| {
            s.facts.listed = listed;
            s.facts.parties = parties;
        });
        let decision = decided("fable-5", &subject, &register);
        assert_eq!(outcome_of(&decision), expected, "{case}");
        let explained = explain(register.models(now()).next().unwrap(), &subject, &register, &BTreeSet::new(), now());
        // Lifted and observed embargoes have potential matches too.
        let refusing = explained.embargoes.iter().filter(|embargo| embargo.refuses());
        let reviews: Vec<_> = refusing.flat_map(|embargo| embargo.reviews.clone()).collect();
        let awaited: Vec<_> = decision.unwrap().reasons.into_iter().filter_map(|reason| reason.review).collect();
        assert_eq!(reviews, awaited, "{case}");
    }
}

#[test]
fn a_list_that_is_not_loaded_matches_as_unknown() {
    let register = law(&[embargo("e", json!({ "lists": ["sdn"] })), list("sdn")]);
    let found = subject(organisation(&json!({})), Some(person(&json!({}))), "asserted", &register);
    let facts = found.facts.parties.iter().map(|found| (found.by, found.matched, found.subject.as_str()));
    let unknown = |subject| (NameKey::Lists, Match::Unknown, subject);
    assert_eq!(facts.collect::<Vec<_>>(), [unknown("organisation#acme"), unknown("person#p")]);
    assert_eq!(outcome_of(&decided("fable-5", &found, &register)), REFUSED);
}

// Through the gate

async fn answered(gate: &export_gate::gate::Gate, request: &Rest) -> Answered {
    ask(gate, &request.0, world::at("2026-11-22T12:00:00Z")).await
}

#[tokio::test]
async fn a_named_organisation_is_refused_on_the_next_request_and_names_are_not_recorded_or_answered() {
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
    let recorded = format!("{} {:?}", json!(ledger), refused.log);
    for text in [recorded, refused.body.to_string()] {
        let text = text.to_lowercase();
        assert!(!text.contains("widget"), "{text}");
    }
    let health = answered(&gate, &rest("GET", "/v1/health", "x")).await;
    assert_eq!((&health.body["status"], &health.body["unreadable"]), (&json!("ok"), &json!([])));
}
