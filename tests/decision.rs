//! Tables of cases for the rules of embargoes, licences and callers.

use std::net::IpAddr;

use crate::common::{
    Change, at, company, country, decided, decided_at, embargo, item, licence, model, national, now, outcome, person,
    register, register_with, setting, subject, to, unchanged, with,
};
use export_gate::decision::{
    Callers, Claimed, Decision, Outcome, PersonFacts, Persons, Reason, RequestOrigin, Subject, identify,
};
use export_gate::record::{Client, Effect, Organisation, OrganisationType, Person, UsStatus, Users};
use export_gate::register::Register;
use export_gate::terms::Code;
use serde_json::{Value, json};

/// Decides on `fable-5` under `records`, and returns the outcome in one line.
fn ask(records: &[Value], change: impl FnOnce(&mut Subject)) -> String {
    outcome(&decided("fable-5", &subject(change), &register_with(records)))
}

/// Decides each case under one embargo with the case's `applies_to`.
fn assert_outcomes(cases: &[(&str, Value, Change, &str)]) {
    for (case, applies_to, change, expected) in cases {
        assert_eq!(ask(&[embargo("e", applies_to.clone())], change), *expected, "{case}: {applies_to}");
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

// Embargoes

#[test]
fn a_request_under_no_embargo_is_permitted() {
    assert_eq!(ask(&[], unchanged), "permit");
    assert_eq!(ask(&[], |s| s.facts.persons = Persons::Unknown), "permit");
}

#[test]
fn an_embargo_on_foreign_persons_applies_to_foreign_organisations_and_unknown_status() {
    let everyone = || json!({ "everyone": true });
    let foreign = || json!({ "foreign_persons": true });
    let refused = "451 embargo.foreign-person licence.missing";
    assert_outcomes(&[
        ("a US company", everyone(), unchanged, "451 embargo.everyone licence.missing"),
        (
            "a US citizen",
            everyone(),
            |s| s.facts.persons = person(UsStatus::Citizen, "US"),
            "451 embargo.everyone licence.missing",
        ),
        ("a US company's service", foreign(), unchanged, "permit"),
        ("attested users", foreign(), |s| s.facts.persons = Persons::Attested, "permit"),
        ("a lapsed attestation", foreign(), |s| s.facts.persons = Persons::Unknown, refused),
        ("a citizen", foreign(), |s| s.facts.persons = person(UsStatus::Citizen, "US"), "permit"),
        (
            "a citizen abroad",
            foreign(),
            |s| {
                s.facts.persons = person(UsStatus::Citizen, "US");
                s.to = to("DE");
            },
            "permit",
        ),
        ("a permanent resident", foreign(), |s| s.facts.persons = person(UsStatus::PermanentResident, "IN"), "permit"),
        ("a protected person", foreign(), |s| s.facts.persons = person(UsStatus::Protected, "VE"), "permit"),
        ("a foreign employee at home", foreign(), |s| s.facts.persons = national("DE"), refused),
        ("an unknown status", foreign(), |s| s.facts.persons = person(UsStatus::Unknown, "US"), refused),
        ("a foreign company's service", foreign(), |s| s.facts.organisation = company("DE"), refused),
        (
            "a citizen for a foreign company",
            foreign(),
            |s| {
                s.facts.organisation = company("DE");
                s.facts.persons = person(UsStatus::Citizen, "US");
            },
            refused,
        ),
        (
            "a foreign company that attests",
            foreign(),
            |s| {
                s.facts.organisation = company("DE");
                s.facts.persons = Persons::Attested;
            },
            refused,
        ),
    ]);
}

#[test]
fn destinations_match_by_country_region_and_group() {
    let refused = "451 embargo.destination licence.missing";
    let unknown = "403 destination.unknown";
    let cuba = || json!({ "destinations": ["CU"] });
    let group = || json!({ "destinations": ["E:1", "E:2"] });
    let crimea = || json!({ "destinations": ["UA-43", "UA-40"] });
    assert_outcomes(&[
        ("an embargoed country", cuba(), |s| s.to = to("CU"), refused),
        ("another country", cuba(), |s| s.to = to("US"), "permit"),
        ("a region of an embargoed country", json!({ "destinations": ["UA"] }), |s| s.to = to("UA-30"), refused),
        ("an embargoed country, region unknown", json!({ "destinations": ["UA"] }), |s| s.to = to("UA"), refused),
        ("both, region unknown", json!({ "destinations": ["UA", "UA-43"] }), |s| s.to = to("UA"), refused),
        ("an unknown country", cuba(), |s| s.to = to("?"), unknown),
        ("a member of a group", group(), |s| s.to = to("IR"), refused),
        ("a member of another group", group(), |s| s.to = to("CU"), refused),
        ("a country outside the groups", group(), |s| s.to = to("RU"), "permit"),
        ("an embargoed region", crimea(), |s| s.to = to("UA-43"), refused),
        ("another region", crimea(), |s| s.to = to("UA-30"), "permit"),
        ("the country of an embargoed region, region unknown", crimea(), |s| s.to = to("UA"), unknown),
        ("a country without embargoed regions", crimea(), |s| s.to = to("PL"), "permit"),
        ("everywhere", json!({ "destinations": ["*"] }), |s| s.to = to("US"), refused),
    ]);
}

#[test]
fn exceptions_are_outside_the_embargo() {
    let refused = "451 embargo.destination licence.missing";
    let unknown = "403 destination.unknown";
    let abroad = || json!({ "destinations": { "any_of": ["*"], "except": ["US"] } });
    let outside_kyiv = || json!({ "destinations": { "any_of": ["UA"], "except": ["UA-30"] } });
    let but_syria = || json!({ "destinations": { "any_of": ["E:1"], "except": ["SY"] } });
    let but_group = || json!({ "destinations": { "any_of": ["*"], "except": ["E:1"] } });
    let nationals = || json!({ "nationalities": { "any_of": ["*"], "except": ["GB", "CA"] } });
    let networks = || json!({ "networks": { "any_of": ["192.0.2.0/24"], "except": ["192.0.2.128/25"] } });
    let end_uses = || json!({ "end_uses": { "any_of": ["*"], "except": ["research"] } });
    assert_outcomes(&[
        ("no exceptions", json!({ "destinations": { "any_of": ["CU"] } }), |s| s.to = to("CU"), refused),
        ("excepted", abroad(), |s| s.to = to("US"), "permit"),
        ("not excepted", abroad(), |s| s.to = to("DE"), refused),
        ("unknown", abroad(), |s| s.to = to("?"), unknown),
        ("a region excepted", outside_kyiv(), |s| s.to = to("UA-30"), "permit"),
        ("another region", outside_kyiv(), |s| s.to = to("UA-43"), refused),
        ("an unknown region", outside_kyiv(), |s| s.to = to("UA"), unknown),
        ("a country of a group excepted", but_syria(), |s| s.to = to("SY"), "permit"),
        ("another country of that group", but_syria(), |s| s.to = to("IR"), refused),
        ("a group excepted", but_group(), |s| s.to = to("IR"), "permit"),
        ("a country outside the excepted group", but_group(), |s| s.to = to("CU"), refused),
        ("a nationality excepted", nationals(), |s| s.facts.persons = national("GB"), "permit"),
        ("not excepted", nationals(), |s| s.facts.persons = national("DE"), "451 embargo.nationality licence.missing"),
        ("a US person", nationals(), |s| s.facts.persons = person(UsStatus::Citizen, "US"), "permit"),
        ("a network excepted", networks(), |s| s.addresses = vec![address("192.0.2.129")], "permit"),
        (
            "another address of that network",
            networks(),
            |s| s.addresses = vec![address("192.0.2.127")],
            "403 embargo.network licence.missing",
        ),
        ("an end use excepted", end_uses(), unchanged, "permit"),
        (
            "one excepted end use of two",
            end_uses(),
            |s| s.facts.end_uses = vec!["research".into(), "sales".into()],
            "451 embargo.end-use licence.missing",
        ),
        ("an unknown end use", end_uses(), |s| s.facts.end_uses.clear(), "451 embargo.end-use licence.missing"),
    ]);
}

#[test]
fn nationalities_are_those_of_the_person_or_of_a_foreign_organisation() {
    let refused = "451 embargo.nationality licence.missing";
    let iran = || json!({ "nationalities": ["IR"] });
    let known = |nationalities: &[&str], deemed: Option<&str>| {
        Persons::Named(PersonFacts {
            nationalities: nationalities.iter().map(|code| country(code)).collect(),
            deemed_country: deemed.map(country),
            us_status: UsStatus::None,
        })
    };
    assert_outcomes(&[
        ("a national", iran(), |s| s.facts.persons = national("IR"), refused),
        ("a national of a group", json!({ "nationalities": ["E:1"] }), |s| s.facts.persons = national("IR"), refused),
        ("another national", iran(), |s| s.facts.persons = national("DE"), "permit"),
        ("a US citizen", iran(), |s| s.facts.persons = person(UsStatus::Citizen, "IR"), "permit"),
        ("a permanent resident", iran(), |s| s.facts.persons = person(UsStatus::PermanentResident, "IR"), "permit"),
        ("a protected person", iran(), |s| s.facts.persons = person(UsStatus::Protected, "IR"), "permit"),
        ("a national of unknown status", iran(), |s| s.facts.persons = person(UsStatus::Unknown, "IR"), refused),
        ("unknown users", iran(), |s| s.facts.persons = Persons::Unknown, refused),
        ("a US company's attested users", iran(), |s| s.facts.persons = Persons::Attested, "permit"),
        ("a service of a company incorporated there", iran(), |s| s.facts.organisation = company("IR"), refused),
        (
            "a service of a company with its headquarters there",
            iran(),
            |s| {
                s.facts.organisation = company("DE");
                s.facts.organisation.headquartered_in = Some(country("IR"));
            },
            refused,
        ),
        ("a service of a company of another country", iran(), |s| s.facts.organisation = company("DE"), "permit"),
        (
            "an unknown place of incorporation",
            iran(),
            |s| {
                s.facts.organisation = company("DE");
                s.facts.organisation.incorporated_in = None;
            },
            refused,
        ),
        (
            "unknown headquarters",
            iran(),
            |s| {
                s.facts.organisation = company("DE");
                s.facts.organisation.headquartered_in = None;
            },
            refused,
        ),
        (
            "a US company with its headquarters there",
            iran(),
            |s| {
                s.facts.organisation.headquartered_in = Some(country("IR"));
            },
            "permit",
        ),
        (
            "a person of another country, at a company incorporated there",
            iran(),
            |s| {
                s.facts.organisation = company("IR");
                s.facts.persons = national("DE");
            },
            "permit",
        ),
        (
            "a US citizen, at a company incorporated there",
            iran(),
            |s| {
                s.facts.organisation = company("IR");
                s.facts.persons = person(UsStatus::Citizen, "US");
            },
            "permit",
        ),
    ]);

    // (nationalities, most recent citizenship or permanent residence, outcome by the most recent, outcome by any)
    let cases: [(&[&str], Option<&str>, &str, &str); 7] = [
        (&["IR"], Some("IR"), refused, refused),
        (&["IR", "CA"], Some("CA"), "permit", refused),
        (&["CA"], Some("IR"), refused, refused),
        (&["CA"], Some("CA"), "permit", "permit"),
        (&[], Some("CA"), "permit", refused),
        (&["CA"], None, refused, refused),
        (&[], None, refused, refused),
    ];
    for (nationalities, deemed, by_recent, by_any) in cases {
        let persons = known(nationalities, deemed);
        let any = with(embargo("e", iran()), &json!({ "basis": "any" }));
        assert_eq!(ask(&[embargo("e", iran())], |s| s.facts.persons = persons.clone()), by_recent, "{persons:?}");
        assert_eq!(ask(&[any], |s| s.facts.persons = persons.clone()), by_any, "any of {persons:?}");
    }
}

#[test]
fn networks_match_every_form_of_the_address_and_an_unknown_address() {
    let refused = "403 embargo.network licence.missing";
    let cases: [(&[&str], &[&str], &str); 13] = [
        (&["192.0.2.0/24"], &["192.0.2.255"], refused),
        (&["192.0.2.0/24"], &["192.0.3.0"], "permit"),
        (&["192.0.2.7"], &["192.0.2.7"], refused),
        (&["192.0.2.7"], &["192.0.2.8"], "permit"),
        (&["192.0.2.9/24"], &["192.0.2.1"], refused), // host bits are ignored
        (&["0.0.0.0/0"], &["203.0.113.1"], refused),
        (&["0.0.0.0/0"], &["2001:db8::1"], "permit"),
        (&["::/0"], &["2001:db8::1"], refused),
        (&["2001:db8:bad::/48"], &["2001:db8:bad:1::1"], refused),
        (&["2001:db8:bad::/48"], &["2001:db8:bae::1"], "permit"),
        (&["192.0.2.0/24"], &["::ffff:192.0.2.1", "192.0.2.1"], refused), // the embedded IPv4 address counts
        (&["10.0.0.0/8", "192.0.2.0/24", "192.0.2.64/26"], &["192.0.2.1"], refused),
        (&["192.0.2.0/24"], &[], refused), // an unknown address
    ];
    for (networks, addresses, expected) in cases {
        let records = [embargo("e", json!({ "networks": networks }))];
        let outcome = ask(&records, |s| s.addresses = addresses.iter().map(|text| address(text)).collect());
        assert_eq!(outcome, expected, "{addresses:?} in {networks:?}");
    }
}

#[test]
fn an_embargo_by_end_use_applies_to_any_matching_or_unknown_end_use() {
    let refused = "451 embargo.end-use licence.missing";
    let military = || json!({ "end_uses": ["military", "nuclear"] });
    assert_outcomes(&[
        ("another end use", military(), unchanged, "permit"),
        ("one of two", military(), |s| s.facts.end_uses = vec!["research".into(), "nuclear".into()], refused),
        ("unknown end uses", military(), |s| s.facts.end_uses.clear(), refused),
        ("an embargo on all end uses", json!({ "end_uses": ["*"] }), unchanged, refused),
    ]);
    assert_eq!(ask(&[], |s| s.facts.undeclared_end_use = true), "403 end-use.undeclared");
    let both = ask(&[embargo("e", military())], |s| {
        s.facts.end_uses = vec!["military".into()];
        s.facts.undeclared_end_use = true;
    });
    assert_eq!(both, "451 embargo.end-use licence.missing end-use.undeclared");
}

#[test]
fn every_key_must_match() {
    let two = || json!({ "destinations": ["RU"], "end_uses": ["military"] });
    let both = "451 embargo.destination licence.missing";
    assert_outcomes(&[
        (
            "both",
            two(),
            |s| {
                s.to = to("RU");
                s.facts.end_uses = vec!["military".into()];
            },
            both,
        ),
        ("only the first", two(), |s| s.to = to("RU"), "permit"),
        ("only the second", two(), |s| s.facts.end_uses = vec!["military".into()], "permit"),
        (
            "the first, the second unknown",
            two(),
            |s| {
                s.to = to("RU");
                s.facts.end_uses.clear();
            },
            both,
        ),
        ("not the first, the second unknown", two(), |s| s.facts.end_uses.clear(), "permit"),
        ("everyone, elsewhere", json!({ "everyone": true, "destinations": ["RU"] }), unchanged, "permit"),
        (
            "everyone, there",
            json!({ "everyone": true, "destinations": ["RU"] }),
            |s| s.to = to("RU"),
            "451 embargo.everyone licence.missing",
        ),
        (
            "foreign persons, there",
            json!({ "foreign_persons": true, "destinations": ["RU"] }),
            |s| {
                s.to = to("RU");
                s.facts.persons = national("DE");
            },
            "451 embargo.foreign-person licence.missing",
        ),
        (
            "US persons, there",
            json!({ "foreign_persons": true, "destinations": ["RU"] }),
            |s| s.to = to("RU"),
            "permit",
        ),
        (
            "a network and a nationality",
            json!({ "networks": ["192.0.2.0/24"], "nationalities": ["IR"] }),
            |s| {
                s.addresses = vec![address("192.0.2.1")];
                s.facts.persons = national("IR");
            },
            "451 embargo.nationality licence.missing",
        ),
    ]);
}

#[test]
fn the_settings_decide_whether_an_unknown_destination_is_permitted() {
    let crimea = || embargo("e", json!({ "destinations": ["UA-43"] }));
    let refused = "451 embargo.destination licence.missing";
    let cases: [(&str, Vec<Value>, &str, &str); 8] = [
        ("no setting, no embargo, no country", vec![], "?", "403 destination.unknown"),
        ("refuse, no embargo, no country", vec![setting("refuse")], "?", "403 destination.unknown"),
        ("permit, no embargo, no country", vec![setting("permit")], "?", "permit"),
        ("no setting, no region", vec![crimea()], "UA", "403 destination.unknown"),
        ("permit, no country", vec![setting("permit"), crimea()], "?", refused),
        ("permit, no region", vec![setting("permit"), crimea()], "UA", refused),
        ("permit, another country", vec![setting("permit"), crimea()], "PL", "permit"),
        (
            "a withdrawn setting",
            vec![with(setting("permit"), &json!({ "withdrawn": true }))],
            "?",
            "403 destination.unknown",
        ),
    ];
    for (case, records, destination, expected) in cases {
        assert_eq!(ask(&records, |s| s.to = to(destination)), expected, "{case}");
    }
    // The code is returned once, without an embargo, after the other reasons.
    let records = [
        embargo("a", json!({ "destinations": ["UA-43"] })),
        embargo("b", json!({ "destinations": ["UA-14"] })),
        embargo("c", json!({ "foreign_persons": true })),
    ];
    let decision = decided(
        "fable-5",
        &subject(|s| {
            s.to = to("UA");
            s.facts.persons = national("DE");
        }),
        &register_with(&records),
    )
    .unwrap();
    let codes: Vec<_> = decision.reasons.iter().map(|reason| reason.code.as_str()).collect();
    assert_eq!(codes, ["embargo.foreign-person", "licence.missing", "destination.unknown"]);
    assert_eq!(decision.reasons[2], Reason::of(Code::DestinationUnknown));
}

#[test]
fn an_embargo_applies_to_the_models_that_it_names() {
    let records = |models: Value| {
        let no_eccn = with(model("opus-4@1"), &json!({ "eccn": null }));
        let older = with(model("fable-5@0"), &json!({ "default": false, "eccn": "EAR99" }));
        let on = with(embargo("e", json!({ "everyone": true })), &json!({ "models": models }));
        register(&[model("fable-5@1"), older, no_eccn, on])
    };
    // (the embargo's models; whether fable-5, fable-5@1, fable-5@0 and opus-4 are refused)
    let cases = [
        (json!(["fable-5"]), [true, true, true, false]),
        (json!(["fable-5@0"]), [false, false, true, false]),
        (json!(["fable-5@1", "opus-4"]), [true, true, false, true]),
        (json!(["eccn:4E091"]), [true, true, false, true]), // an unknown ECCN matches
        (json!(["eccn:EAR99"]), [false, false, true, true]),
        (json!(["*"]), [true; 4]),
        (json!(["fable"]), [false; 4]),
    ];
    for (models, expected) in cases {
        let register = records(models.clone());
        let refused = ["fable-5", "fable-5@1", "fable-5@0", "opus-4"]
            .map(|asked| outcome(&decided(asked, &subject(unchanged), &register)) != "permit");
        assert_eq!(refused, expected, "{models}");
    }
}

#[test]
fn an_embargo_applies_from_its_start_until_its_end_unless_withdrawn() {
    let (from, until) = ("2026-06-12T21:21:00Z", "2026-06-30T16:00:00Z");
    let letter = with(embargo("e", json!({ "everyone": true })), &json!({ "from": from, "until": until }));
    let in_force = "451 embargo.everyone licence.missing";
    let cases = [
        ("2026-06-12T21:20:59.999Z", "permit"),
        (from, in_force),
        ("2026-06-30T15:59:59.999Z", in_force),
        (until, "permit"),
    ];
    let register = register_with(std::slice::from_ref(&letter));
    for (when, expected) in cases {
        let decision = decided_at("fable-5", &subject(unchanged), &register, &[], at(when));
        assert_eq!(outcome(&decision), expected, "{when}");
    }
    assert_eq!(ask(&[with(letter, &json!({ "withdrawn": true }))], unchanged), "permit");
}

#[test]
fn the_effect_of_an_embargo_decides_whether_it_refuses_and_whether_a_licence_lifts_it() {
    let effect = |effect: &str| with(embargo("e", json!({ "foreign_persons": true })), &json!({ "effect": effect }));
    let foreign: Change = |s| s.facts.persons = national("DE");
    let named = with(licence("l"), &json!({ "embargoes": ["e"] }));
    assert_eq!(ask(&[effect("licence_required"), named.clone()], foreign), "permit by l@1");
    assert_eq!(ask(&[effect("prohibited"), named.clone()], foreign), "451 embargo.foreign-person", "no licence helps");
    assert_eq!(ask(&[effect("observed"), named.clone()], foreign), "permit", "no licence is used");

    let observed = decided("fable-5", &subject(foreign), &register_with(&[effect("observed"), named])).unwrap();
    assert_eq!(observed.embargoes.len(), 1, "an observed embargo is recorded");
    assert_eq!((observed.embargoes[0].embargo.as_str(), observed.embargoes[0].effect), ("e@1", Effect::Observed));
    let us_person = decided("fable-5", &subject(unchanged), &register_with(&[effect("observed")])).unwrap();
    assert!(us_person.embargoes.is_empty(), "an embargo that does not apply is not recorded");
    // An observed embargo never refuses, even if the region is unknown.
    let by_region = with(embargo("e", json!({ "destinations": ["UA-43"] })), &json!({ "effect": "observed" }));
    assert_eq!(ask(&[by_region], |s| s.to = to("UA")), "permit");
}

#[test]
fn a_reason_has_its_embargo_citation_and_disclosure() {
    let records = [
        with(embargo("open", json!({ "everyone": true })), &json!({ "revision": 7, "citation": "15 CFR 744.22(b)" })),
        with(
            embargo("secret", json!({ "everyone": true })),
            &json!({ "disclose": false, "authority": "OFAC", "effect": "prohibited" }),
        ),
    ];
    let decision = decided("fable-5", &subject(unchanged), &register_with(&records)).unwrap();
    let sources: Vec<_> = decision
        .reasons
        .iter()
        .map(|reason| {
            let source = reason.embargo.as_ref().unwrap();
            let authority = source.authority.to_string();
            (reason.code.as_str(), source.id.as_str(), authority, source.citation.as_str(), source.disclose)
        })
        .collect();
    assert_eq!(
        sources,
        [
            ("embargo.everyone", "open@7", "BIS".to_owned(), "15 CFR 744.22(b)", true),
            ("licence.missing", "open@7", "BIS".to_owned(), "15 CFR 744.22(b)", true),
            ("embargo.everyone", "secret@1", "OFAC".to_owned(), "15 CFR 744", false),
        ]
    );
}

// Licences

#[test]
fn a_licence_covers_its_authority_models_licensees_and_period() {
    let missing = "451 embargo.foreign-person licence.missing";
    let cases = [
        ("unchanged", json!({}), "permit by l@1"),
        ("another authority's", json!({ "authority": "OFAC" }), missing),
        ("another model's", json!({ "models": ["mythos-5"] }), missing),
        ("another version's", json!({ "models": ["fable-5@2"] }), missing),
        ("this version's", json!({ "models": ["fable-5@1"] }), "permit by l@1"),
        ("by its ECCN", json!({ "models": ["eccn:4E091"] }), "permit by l@1"),
        ("another organisation's", json!({ "licensees": ["others"] }), missing),
        ("one of several organisations'", json!({ "licensees": ["others", "acme"] }), "permit by l@1"),
        ("an exception open to all", json!({ "licensees": ["*"], "type": "exception" }), "permit by l@1"),
        ("not yet in force", json!({ "from": "2026-06-20T12:00:00.001Z" }), missing),
        ("just begun", json!({ "from": "2026-06-20T12:00:00Z" }), "permit by l@1"),
        ("about to end", json!({ "until": "2026-06-20T12:00:00.001Z" }), "permit by l@1"),
        ("expired", json!({ "until": "2026-06-20T12:00:00Z" }), "451 embargo.foreign-person licence.expired"),
        ("withdrawn", json!({ "withdrawn": true }), missing),
    ];
    for (case, changes, expected) in cases {
        let records = [embargo("e", json!({ "foreign_persons": true })), with(licence("l"), &changes)];
        assert_eq!(ask(&records, |s| s.facts.persons = national("DE")), expected, "{case}");
    }
    // An unknown ECCN is not evidence that the licence covers the model.
    let records = [
        with(model("fable-5@1"), &json!({ "eccn": null })),
        with(embargo("e", json!({ "everyone": true })), &json!({ "models": ["eccn:4E091"] })),
        with(licence("l"), &json!({ "models": ["eccn:4E091"] })),
    ];
    let decision = decided("fable-5", &subject(unchanged), &register(&records));
    assert_eq!(outcome(&decision), "451 embargo.everyone licence.missing");
}

#[test]
fn a_licence_lifts_an_embargo_by_name_or_by_value() {
    let scope = |code: &str| format!("451 {code} licence.scope");
    let all: Change = |s| {
        s.facts.persons = national("IR");
        s.to = to("CU");
        s.facts.end_uses = vec!["military".into()];
    };
    // (the embargo's keys, the licence's attributes, the outcome)
    let cases = [
        // A licence that names the embargo lifts it, whatever its keys.
        (json!({ "everyone": true }), json!({ "embargoes": ["e"] }), "permit by l@1".to_owned()),
        (json!({ "destinations": ["CU"] }), json!({ "embargoes": ["other", "e"] }), "permit by l@1".to_owned()),
        (json!({ "nationalities": ["IR"] }), json!({ "embargoes": ["e"] }), "permit by l@1".to_owned()),
        (json!({ "end_uses": ["military"] }), json!({ "embargoes": ["e"] }), "permit by l@1".to_owned()),
        (json!({ "networks": ["0.0.0.0/0"] }), json!({ "embargoes": ["e"] }), "permit by l@1".to_owned()),
        // A licence that names another embargo lifts only that one, even with matching values.
        (json!({ "everyone": true }), json!({ "embargoes": ["other"] }), scope("embargo.everyone")),
        (
            json!({ "destinations": ["CU"] }),
            json!({ "embargoes": ["other"], "destinations": ["CU"] }),
            scope("embargo.destination"),
        ),
        // A licence that names no embargo lifts those on everyone or foreign persons.
        (json!({ "everyone": true }), json!({}), "permit by l@1".to_owned()),
        (json!({ "foreign_persons": true }), json!({}), "permit by l@1".to_owned()),
        // It lifts other embargoes only if it states the matching value.
        (json!({ "destinations": ["CU"] }), json!({}), scope("embargo.destination")),
        (json!({ "destinations": ["CU"] }), json!({ "destinations": ["SY"] }), scope("embargo.destination")),
        (json!({ "destinations": ["CU"] }), json!({ "destinations": ["SY", "CU"] }), "permit by l@1".to_owned()),
        (json!({ "destinations": ["E:2"] }), json!({ "destinations": ["E:2"] }), "permit by l@1".to_owned()),
        (json!({ "destinations": ["E:2"] }), json!({ "destinations": ["E:1"] }), scope("embargo.destination")),
        (json!({ "nationalities": ["IR"] }), json!({ "destinations": ["CU"] }), scope("embargo.nationality")),
        (json!({ "nationalities": ["IR"] }), json!({ "nationalities": ["IR"] }), "permit by l@1".to_owned()),
        (json!({ "end_uses": ["military"] }), json!({ "end_uses": ["military"] }), "permit by l@1".to_owned()),
        (json!({ "end_uses": ["military"] }), json!({ "end_uses": ["research"] }), scope("embargo.end-use")),
        // It must state a value for every such key.
        (
            json!({ "destinations": ["CU"], "end_uses": ["military"] }),
            json!({ "destinations": ["CU"] }),
            scope("embargo.destination"),
        ),
        (
            json!({ "destinations": ["CU"], "end_uses": ["military"] }),
            json!({ "destinations": ["CU"], "end_uses": ["military"] }),
            "permit by l@1".to_owned(),
        ),
        (json!({ "foreign_persons": true, "destinations": ["CU"] }), json!({}), scope("embargo.foreign-person")),
        // An embargo by network can only be lifted by name.
        (json!({ "networks": ["0.0.0.0/0"] }), json!({}), "403 embargo.network licence.scope".to_owned()),
        (
            json!({ "networks": ["0.0.0.0/0"], "destinations": ["CU"] }),
            json!({ "destinations": ["CU"] }),
            scope("embargo.destination"),
        ),
    ];
    for (applies_to, changes, expected) in cases {
        let records = [embargo("e", applies_to.clone()), with(licence("l"), &changes)];
        assert_eq!(ask(&records, all), expected, "{applies_to} and {changes}");
    }
}

#[test]
fn every_scope_of_a_licence_must_admit_the_fact() {
    let refused = "451 embargo.foreign-person licence.scope";
    let permit = "permit by l@1";
    let foreign: Change = |s| s.facts.organisation = company("GB");
    let cases: [(&str, Value, Change, &str); 26] = [
        ("no person", json!({ "persons": "us_persons" }), unchanged, permit),
        ("attested persons", json!({ "persons": "us_persons" }), |s| s.facts.persons = Persons::Attested, permit),
        (
            "a US person",
            json!({ "persons": "us_persons" }),
            |s| s.facts.persons = person(UsStatus::Protected, "VE"),
            permit,
        ),
        ("a foreign employee", json!({ "persons": "us_persons" }), |s| s.facts.persons = national("IN"), refused),
        ("a foreign employee, any", json!({ "persons": "any" }), |s| s.facts.persons = national("IN"), permit),
        (
            "an unknown status",
            json!({ "persons": "us_persons" }),
            |s| s.facts.persons = person(UsStatus::Unknown, "US"),
            refused,
        ),
        ("unknown persons", json!({ "persons": "us_persons" }), |s| s.facts.persons = Persons::Unknown, refused),
        ("unknown persons, any", json!({ "persons": "any" }), |s| s.facts.persons = Persons::Unknown, refused),
        ("the destination", json!({ "destinations": ["GB"] }), |s| s.to = to("GB"), permit),
        ("another destination", json!({ "destinations": ["GB"] }), |s| s.to = to("FR"), refused),
        ("a region", json!({ "destinations": ["UA-30"] }), |s| s.to = to("UA-30"), permit),
        ("an unknown region", json!({ "destinations": ["UA-30"] }), |s| s.to = to("UA"), refused),
        ("a country, its region unknown", json!({ "destinations": ["UA"] }), |s| s.to = to("UA"), permit),
        (
            "a destination excepted",
            json!({ "destinations": { "any_of": ["*"], "except": ["FR"] } }),
            |s| s.to = to("FR"),
            refused,
        ),
        ("not excepted", json!({ "destinations": { "any_of": ["*"], "except": ["FR"] } }), |s| s.to = to("GB"), permit),
        (
            "an excepted region, unknown",
            json!({ "destinations": { "any_of": ["UA"], "except": ["UA-43"] } }),
            |s| s.to = to("UA"),
            refused,
        ),
        ("the person's nationality", json!({ "nationalities": ["IN"] }), |s| s.facts.persons = national("IN"), permit),
        ("another nationality", json!({ "nationalities": ["IN"] }), |s| s.facts.persons = national("CN"), refused),
        (
            "an unknown nationality",
            json!({ "nationalities": ["*"] }),
            |s| s.facts.persons = Persons::Named(PersonFacts::default()),
            refused,
        ),
        ("the organisation's countries", json!({ "nationalities": ["GB"] }), unchanged, permit),
        (
            "one of its two countries",
            json!({ "nationalities": ["GB"] }),
            |s| s.facts.organisation.headquartered_in = Some(country("CN")),
            refused,
        ),
        (
            "one country, the other unknown",
            json!({ "nationalities": ["GB"] }),
            |s| s.facts.organisation.headquartered_in = None,
            refused,
        ),
        ("the end use", json!({ "end_uses": ["research"] }), unchanged, permit),
        (
            "one of two end uses",
            json!({ "end_uses": ["research"] }),
            |s| s.facts.end_uses.push("sales".into()),
            refused,
        ),
        ("an unknown end use", json!({ "end_uses": ["*"] }), |s| s.facts.end_uses.clear(), refused),
        ("one scope of two", json!({ "end_uses": ["research"], "destinations": ["FR"] }), unchanged, refused),
    ];
    for (case, changes, change, expected) in cases {
        let records = [embargo("e", json!({ "foreign_persons": true })), with(licence("l"), &changes)];
        let outcome = ask(&records, |s| {
            foreign(s);
            change(s);
        });
        assert_eq!(outcome, expected, "{case}: {changes}");
    }
    // An unknown destination is outside every scope, even if the settings permit it.
    let records = [
        setting("permit"),
        embargo("e", json!({ "foreign_persons": true })),
        with(licence("l"), &json!({ "destinations": ["*"] })),
    ];
    assert_eq!(
        ask(&records, |s| {
            foreign(s);
            s.to = to("?");
        }),
        refused
    );
    // If the embargo is by any nationality, the licence must cover all of them.
    let dual = Persons::Named(PersonFacts {
        nationalities: vec![country("IR"), country("CA")],
        deemed_country: Some(country("CA")),
        us_status: UsStatus::None,
    });
    for (named, expected) in [(json!(["CA"]), "451 embargo.nationality licence.scope"), (json!(["CA", "IR"]), permit)] {
        let embargo = with(embargo("e", json!({ "nationalities": ["CA"] })), &json!({ "basis": "any" }));
        let records = [embargo, with(licence("l"), &json!({ "nationalities": named }))];
        assert_eq!(ask(&records, |s| s.facts.persons = dual.clone()), expected, "{named}");
    }
}

#[test]
fn licences_without_quota_are_used_first_then_by_earliest_end_then_by_id() {
    let quota = || json!({ "quota": { "requests": 5 } });
    let until = |day: &str| json!({ "until": format!("2026-07-{day}T00:00:00Z") });
    let both = |day: &str| json!({ "quota": { "requests": 5 }, "until": format!("2026-07-{day}T00:00:00Z") });
    let exhausted = "451 embargo.everyone licence.exhausted";
    type Licences<'a> = &'a [(&'a str, Value)];
    let cases: [(Licences, &[&str], &str); 10] = [
        (&[("a", json!({})), ("b", json!({}))], &[], "permit by a@1"),
        (&[("a", json!({})), ("b", until("09"))], &[], "permit by b@1"),
        (&[("a", until("09")), ("b", until("08"))], &[], "permit by b@1"),
        (&[("a", both("01")), ("b", json!({}))], &[], "permit by b@1"),
        (&[("a", both("09")), ("b", both("08"))], &[], "permit by b@1"),
        (&[("a", quota()), ("b", quota())], &[], "permit by a@1"),
        (&[("a", quota()), ("b", quota())], &["a"], "permit by b@1"),
        (&[("a", quota()), ("b", quota())], &["b"], "permit by a@1"),
        (&[("a", quota()), ("b", quota())], &["a", "b"], exhausted),
        (&[("a", quota())], &["a"], exhausted),
    ];
    for (licences, used_up, expected) in cases {
        let mut records = vec![embargo("e", json!({ "everyone": true }))];
        records.extend(licences.iter().map(|(id, changes)| with(licence(id), changes)));
        let decision = decided_at("fable-5", &subject(unchanged), &register_with(&records), used_up, now());
        assert_eq!(outcome(&decision), expected, "{licences:?} without {used_up:?}");
    }
}

#[test]
fn a_decision_names_each_quota_used_once_even_if_it_refuses() {
    let quota = with(licence("q"), &json!({ "quota": { "requests": 5 } }));
    let two = [
        embargo("a", json!({ "everyone": true })),
        embargo("b", json!({ "everyone": true })),
        with(embargo("c", json!({ "destinations": ["CU"] })), &json!({ "effect": "prohibited" })),
        quota,
    ];
    let quotas = |decision: &Decision| -> Vec<String> {
        decision.quotas.iter().map(|licence| licence.meta.id.clone()).collect()
    };
    let permit = decided("fable-5", &subject(unchanged), &register_with(&two)).unwrap();
    assert_eq!((quotas(&permit), permit.licences()), (vec!["q".to_owned()], vec!["q@1".to_owned()]));
    let lifted: Vec<_> = permit.embargoes.iter().map(|a| (a.embargo.as_str(), a.licence.as_deref())).collect();
    assert_eq!(lifted, [("a@1", Some("q@1")), ("b@1", Some("q@1"))]);
    let refusal = decided("fable-5", &subject(|s| s.to = to("CU")), &register_with(&two)).unwrap();
    assert_eq!(quotas(&refusal), ["q"]);
    assert_eq!(outcome(&Ok(refusal)), "451 embargo.destination");
    let without = decided(
        "fable-5",
        &subject(unchanged),
        &register_with(&[embargo("a", json!({ "everyone": true })), licence("l")]),
    );
    assert!(without.unwrap().quotas.is_empty());
}

#[test]
fn the_licence_closest_to_covering_gives_the_reason() {
    let other = ("a", json!({ "authority": "OFAC" }));
    let outside = ("b", json!({ "destinations": ["FR"] }));
    let over = ("c", json!({ "until": "2026-06-01T00:00:00Z" }));
    let over_and_outside = ("d", json!({ "until": "2026-06-01T00:00:00Z", "destinations": ["FR"] }));
    let used_up = ("x", json!({ "quota": { "requests": 1 } }));
    let used_up_and_outside = ("x", json!({ "quota": { "requests": 1 }, "destinations": ["FR"] }));
    let cases = [
        (vec![], "licence.missing"),
        (vec![&other], "licence.missing"),
        (vec![&over_and_outside], "licence.missing"),
        (vec![&outside, &other], "licence.scope"),
        (vec![&used_up_and_outside], "licence.scope"),
        (vec![&over, &outside, &other], "licence.expired"),
        (vec![&used_up, &over, &outside, &other], "licence.exhausted"),
    ];
    for (licences, expected) in cases {
        // The order of the licences does not matter.
        for first in 0..licences.len().max(1) {
            let mut records = vec![embargo("e", json!({ "everyone": true }))];
            let mut used_up = Vec::new();
            for (place, (id, changes)) in licences.iter().cycle().skip(first).take(licences.len()).enumerate() {
                let placed = format!("{place}{id}");
                records.push(with(licence(&placed), changes));
                used_up.extend((*id == "x").then_some(placed));
            }
            let used_up: Vec<&str> = used_up.iter().map(String::as_str).collect();
            let decision = decided_at("fable-5", &subject(unchanged), &register_with(&records), &used_up, now());
            assert_eq!(outcome(&decision), format!("451 embargo.everyone {expected}"), "{licences:?} from {first}");
        }
    }
}

// Models and statuses

#[test]
fn a_permit_names_one_model_version_and_its_endpoint() {
    let records = [model("fable-5@1"), with(model("fable-5@2"), &json!({ "default": false })), model("opus-4@1")];
    for (asked, id, endpoint) in [
        ("fable-5", "fable-5@1", "endpoint-fable-5-1"),
        ("fable-5@2", "fable-5@2", "endpoint-fable-5-2"),
        ("opus-4", "opus-4@1", "endpoint-opus-4-1"),
    ] {
        let decision = decided(asked, &subject(unchanged), &register(&records)).unwrap();
        assert_eq!((decision.status(), decision.model.clone()), (200, Some((id.to_owned(), endpoint.to_owned()))));
        let Outcome::Permit(permit) = decision.outcome else { panic!("{asked} is refused") };
        assert_eq!((permit.model(), permit.endpoint()), (id, endpoint));
    }
}

#[test]
fn a_refusal_has_every_reason_in_order_and_the_status_of_the_first() {
    let everything: Change = |s| {
        s.facts.organisation = company("IR");
        s.facts.persons = national("IR");
        s.to = to("CU");
        s.facts.end_uses = vec!["military".into()];
        s.facts.undeclared_end_use = true;
    };
    // Reasons are ordered by code, not by the embargoes' ids.
    let all = [
        embargo("f", json!({ "everyone": true })),
        embargo("e", json!({ "foreign_persons": true })),
        embargo("d", json!({ "destinations": ["CU"] })),
        embargo("c", json!({ "nationalities": ["IR"] })),
        embargo("b", json!({ "end_uses": ["military"] })),
        embargo("a", json!({ "networks": ["0.0.0.0/0"] })),
    ];
    let embargoes = "embargo.everyone licence.missing embargo.foreign-person licence.missing embargo.destination \
                     licence.missing embargo.nationality licence.missing embargo.end-use licence.missing \
                     embargo.network licence.missing end-use.undeclared";
    assert_eq!(ask(&all, everything), format!("451 {embargoes}"));
    assert_eq!(
        ask(&all[5..], |s| {
            everything(s);
            s.to = to("?");
        }),
        "403 embargo.network licence.missing destination.unknown end-use.undeclared"
    );
    // 410 precedes 451, and 404 precedes the rest; both list the other reasons.
    let withdrawn = with(model("fable-5@1"), &json!({ "status": "withdrawn" }));
    let decision = decided("fable-5", &subject(everything), &register(&[&[withdrawn][..], &all].concat()));
    assert_eq!(outcome(&decision), format!("410 model.withdrawn {embargoes}"));
    let decision = decided(
        "fable-6",
        &subject(|s| {
            everything(s);
            s.to = to("?");
        }),
        &register_with(&all),
    );
    assert_eq!(outcome(&decision), "404 model.unknown destination.unknown end-use.undeclared");
}

#[test]
fn a_refusal_of_an_unidentified_caller_has_only_identity_codes() {
    let cases = [
        (vec![Code::IdentityMissing], "401 identity.missing"),
        (vec![Code::PersonRequired, Code::IdentitySuspended], "403 identity.suspended person.required"),
        (vec![Code::PersonUnknown, Code::PersonMismatch], "403 person.mismatch person.unknown"),
    ];
    for (codes, expected) in cases {
        let decision = Decision::unidentified(codes);
        assert!(decision.model.is_none() && decision.embargoes.is_empty() && decision.quotas.is_empty());
        assert_eq!(outcome(&Ok(decision)), expected);
    }
}

#[test]
fn every_code_has_its_documented_status() {
    use Code::*;
    let table: [(&str, u16, &[Code]); 11] = [
        ("401", 401, &[IdentityMissing]),
        ("identity", 403, &[IdentityUnknown, IdentitySuspended, IdentityUnverified]),
        ("person", 403, &[PersonRequired, PersonMismatch, PersonUnexpected, PersonUnknown, PersonUnverified]),
        ("unknown", 404, &[ModelUnknown]),
        ("withdrawn", 410, &[ModelWithdrawn]),
        (
            "embargo",
            451,
            &[EmbargoEveryone, EmbargoForeignPerson, EmbargoDestination, EmbargoNationality, EmbargoEndUse],
        ),
        ("network, destination and end use", 403, &[EmbargoNetwork, DestinationUnknown, EndUseUndeclared]),
        ("malformed", 400, &[RequestMalformed]),
        ("unavailable", 503, &[RegisterUnavailable, LedgerUnavailable, ModelUnavailable]),
        ("failed", 502, &[ModelFailed]),
        ("timeout", 504, &[ModelTimeout]),
    ];
    for (what, status, codes) in table {
        for code in codes {
            assert_eq!(code.status(), status, "{what}: {code}");
        }
    }
    let order = [IdentityMissing, PersonUnverified, ModelWithdrawn, EmbargoEndUse, EmbargoNetwork].map(Code::rank);
    assert!(order.is_sorted_by(|a, b| a < b), "{order:?}");
}

// Callers

#[test]
fn an_organisation_is_foreign_by_its_kind_and_countries() {
    use OrganisationType::{Company, Government, International};
    // (what, kind, incorporated in, organised in the US, foreign)
    let cases = [
        ("a US company", Some(Company), Some("US"), false, false),
        ("a company of Puerto Rico", Some(Company), Some("PR"), false, false),
        ("a foreign company", Some(Company), Some("DE"), false, true),
        ("a foreign company organised in the US", Some(Company), Some("DE"), true, false),
        ("a company of an unknown country", Some(Company), None, false, true),
        ("the same, organised in the US", Some(Company), None, true, false),
        ("the US government", Some(Government), Some("US"), false, false),
        ("a US territory's government", Some(Government), Some("GU"), false, false),
        ("an embassy in Washington", Some(Government), Some("FR"), true, true),
        ("a government of an unknown country", Some(Government), None, true, true),
        ("an international organisation", Some(International), Some("CH"), false, true),
        ("the same in New York", Some(International), Some("US"), true, true),
        ("an unknown kind", None, Some("US"), true, true),
        ("nothing recorded", None, None, false, true),
    ];
    for (what, kind, incorporated_in, organised_in_us, foreign) in cases {
        let subject = subject(|s| {
            s.facts.organisation.kind = kind;
            s.facts.organisation.incorporated_in = incorporated_in.map(country);
            s.facts.organisation.organised_in_us = organised_in_us;
        });
        assert_eq!(subject.is_foreign(), foreign, "{what}");
        let records = [embargo("e", json!({ "foreign_persons": true }))];
        let refused = outcome(&decided("fable-5", &subject, &register_with(&records))) != "permit";
        assert_eq!(refused, foreign, "{what}");
    }
}

const VALID: &str = "2026-06-20T12:00:00.001Z";
const EXPIRED: &str = "2026-06-20T12:00:00Z";

fn client_record(users: &str, changes: &Value) -> Client {
    let record = json!({ "organisation": "acme", "status": "active", "users": users });
    Client::read(item(&with(record, changes))).unwrap()
}

fn organisation_record(changes: &Value) -> Organisation {
    let record = json!({
        "type": "company", "incorporated_in": "US", "headquartered_in": "GB", "end_uses": ["research", "sales"],
        "status": "active", "verification": { "status": "verified", "until": VALID },
    });
    Organisation::read(item(&with(record, changes))).unwrap()
}

fn person_record(changes: &Value) -> Person {
    let record = json!({
        "organisation": "acme", "nationalities": ["IR", "CA"], "deemed_country": "CA", "us_status": "none",
        "verification": { "status": "verified", "until": VALID },
    });
    Person::read(item(&with(record, changes))).unwrap()
}

/// Every kind of verification, and whether it is valid.
fn verifications() -> [(Value, bool); 6] {
    [
        (json!({ "status": "verified", "until": VALID }), true),
        (json!({ "status": "verified", "until": EXPIRED }), false),
        (json!({ "status": "verified" }), false),
        (json!({ "status": "pending", "until": VALID }), false),
        (json!({ "status": "rejected", "until": VALID }), false),
        (Value::Null, false),
    ]
}

/// Every combination of records and claims.
#[test]
fn identity_and_person_codes_are_returned_exactly_when_their_conditions_hold() {
    let statuses = [None, Some("active"), Some("suspended")];
    let claims = [(None, None), (Some("p"), None), (None, Some("p")), (Some("p"), Some("p")), (Some("p"), Some("q"))];
    let persons: Vec<(Option<Person>, bool, bool)> = std::iter::once((None, false, false))
        .chain(verifications().into_iter().flat_map(|(verification, valid)| {
            ["acme", "others"].map(|employer| {
                let changes = json!({ "organisation": employer, "verification": verification });
                (Some(person_record(&changes)), employer == "acme", valid)
            })
        }))
        .collect();
    let mut asked = 0;
    for client_status in statuses {
        for organisation_status in statuses {
            for (verification, organisation_verified) in verifications() {
                for users in ["none", "us_persons", "asserted"] {
                    for (by_token, by_header) in claims {
                        for (person, employed, person_verified) in &persons {
                            let claimed = Claimed { by_token, by_header, end_use: None };
                            let callers = Callers {
                                client: client_status.map(|status| client_record(users, &json!({ "status": status }))),
                                organisation: organisation_status.map(|status| {
                                    organisation_record(&json!({ "status": status, "verification": verification }))
                                }),
                                person: person.clone(),
                            };
                            let client = client_status.is_some();
                            let named = client && (by_token.is_some() || by_header.is_some());
                            let looked_up = named && users != "none";
                            let expected: Vec<Code> = [
                                (Code::IdentityUnknown, !client || organisation_status.is_none()),
                                (
                                    Code::IdentitySuspended,
                                    client && [client_status, organisation_status].contains(&Some("suspended")),
                                ),
                                (
                                    Code::IdentityUnverified,
                                    client && organisation_status.is_some() && !organisation_verified,
                                ),
                                (Code::PersonRequired, client && users == "asserted" && !named),
                                (Code::PersonMismatch, named && by_token.is_some() && by_header == Some("q")),
                                (Code::PersonUnexpected, named && users == "none"),
                                (Code::PersonUnknown, looked_up && !employed),
                                (Code::PersonUnverified, looked_up && *employed && !person_verified),
                            ]
                            .into_iter()
                            .filter_map(|(code, holds)| holds.then_some(code))
                            .collect();
                            let codes = match identify(
                                claimed,
                                &callers,
                                RequestOrigin::default(),
                                &Register::default(),
                                now(),
                            ) {
                                Ok(_) => Vec::new(),
                                Err(mut codes) => {
                                    assert!(!codes.is_empty(), "a refusal has a code");
                                    codes.sort();
                                    codes
                                }
                            };
                            assert_eq!(codes, expected, "{claimed:?} {callers:?}");
                            asked += 1;
                        }
                    }
                }
            }
        }
    }
    assert_eq!(asked, 3 * 3 * 6 * 3 * 5 * 13);
}

#[test]
fn a_lapsed_or_missing_attestation_counts_as_unknown_status() {
    let attested = |until: Value| client_record("us_persons", &json!({ "attestation": { "by": "x", "until": until } }));
    let valid = || attested(json!(VALID));
    let facts = PersonFacts {
        deemed_country: Some(country("CA")),
        nationalities: vec![country("IR"), country("CA")],
        us_status: UsStatus::None,
    };
    // (case, client, person named, expected persons)
    let cases = [
        ("a service", client_record("none", &json!({})), None, Persons::None),
        (
            "a service with an attestation",
            client_record("none", &json!({ "attestation": { "until": VALID } })),
            None,
            Persons::None,
        ),
        ("attested", valid(), None, Persons::Attested),
        ("attested, and a person named", valid(), Some("p"), Persons::Named(facts.clone())),
        ("lapsed", attested(json!(EXPIRED)), None, Persons::Unknown),
        (
            "an attestation without an end",
            client_record("us_persons", &json!({ "attestation": { "by": "x" } })),
            None,
            Persons::Unknown,
        ),
        ("no attestation", client_record("us_persons", &json!({})), None, Persons::Unknown),
        ("asserted", client_record("asserted", &json!({})), Some("p"), Persons::Named(facts)),
    ];
    for (what, client, named, expected) in cases {
        let callers = Callers {
            client: Some(client),
            organisation: Some(organisation_record(&json!({}))),
            person: Some(person_record(&json!({}))),
        };
        for claimed in
            [Claimed { by_token: named, ..Claimed::default() }, Claimed { by_header: named, ..Claimed::default() }]
        {
            let subject = identify(claimed, &callers, RequestOrigin::default(), &Register::default(), now()).unwrap();
            assert_eq!(subject.facts.persons, expected, "{what}");
        }
    }
}

#[test]
fn end_uses_come_from_the_header_or_else_from_the_organisation() {
    // (declared by the organisation, header, expected, undeclared)
    type Case<'a> = (&'a [&'a str], Option<&'a str>, &'a [&'a str], bool);
    let cases: [Case; 6] = [
        (&["research", "sales"], None, &["research", "sales"], false),
        (&["research", "sales"], Some("sales"), &["sales"], false),
        (&["research", "sales"], Some("military"), &["military"], true),
        (&["research", "sales"], Some(""), &[""], true),
        (&[], None, &[], false),
        (&[], Some("research"), &["research"], true),
    ];
    for (declared, header, expected, undeclared) in cases {
        let callers = Callers {
            client: Some(client_record("none", &json!({}))),
            organisation: Some(organisation_record(&json!({ "end_uses": declared }))),
            person: None,
        };
        let claimed = Claimed { end_use: header, ..Claimed::default() };
        let facts = identify(claimed, &callers, RequestOrigin::default(), &Register::default(), now()).unwrap().facts;
        assert_eq!(
            (facts.end_uses, facts.undeclared_end_use),
            (expected.iter().map(|word| (*word).to_owned()).collect(), undeclared),
            "{declared:?} {header:?}"
        );
    }
}

#[test]
fn the_subject_has_the_facts_of_the_records() {
    let callers = Callers {
        client: Some(client_record("none", &json!({ "organisation": "acme" }))),
        organisation: Some(organisation_record(&json!({ "organised_in_us": true }))),
        person: None,
    };
    let from = RequestOrigin { addresses: vec![address("192.0.2.1")], to: to("UA-43"), ..RequestOrigin::default() };
    let subject = identify(Claimed::default(), &callers, from, &Register::default(), now()).unwrap();
    assert_eq!(
        (subject.organisation.as_str(), subject.addresses, subject.to),
        ("acme", vec![address("192.0.2.1")], to("UA-43"))
    );
    let organisation = subject.facts.organisation;
    assert_eq!(organisation.kind, Some(OrganisationType::Company));
    assert_eq!(
        (organisation.incorporated_in, organisation.headquartered_in),
        (Some(country("US")), Some(country("GB")))
    );
    assert!(organisation.organised_in_us);
    assert_eq!(subject.facts.users, Users::None);
}
