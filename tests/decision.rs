//! What covers what: the rules of embargoes, licences and callers, as tables of cases.

use std::net::IpAddr;

use crate::common::{
    at, company, country, decided, decided_at, embargo, group, item, licence, model, national, now, person, register,
    setting, subject, to, told, with,
};
use export_gate::decision::{
    Callers, Claimed, Decision, Outcome, PersonFacts, Persons, Reason, RequestOrigin, Subject, identify,
};
use export_gate::record::{Client, Effect, Organisation, OrganisationType, Person, UsStatus, Users};
use export_gate::register::Register;
use export_gate::terms::Code;
use serde_json::{Value, json};

/// What a case changes in the subject, from a US company's service in the US.
type Change = fn(&mut Subject);

/// What is told of `fable-5` under `records`, beside the model and two groups.
fn ask(records: &[Value], change: impl FnOnce(&mut Subject)) -> String {
    told(&decided("fable-5", &subject(change), &law(records)))
}

fn law(records: &[Value]) -> Register {
    let always = [model("fable-5@1"), group("E:1", &["IR", "KP", "SY"]), group("E:2", &["CU"])];
    register(&[&always, records].concat())
}

/// Asks each case under an embargo with its `applies_to`.
fn check(cases: &[(&str, Value, Change, &str)]) {
    for (case, applies_to, change, expected) in cases {
        assert_eq!(ask(&[embargo("e", applies_to.clone())], change), *expected, "{case}: {applies_to}");
    }
}

fn unchanged(_: &mut Subject) {}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

// Embargoes

#[test]
fn without_an_embargo_everybody_is_permitted() {
    assert_eq!(ask(&[], unchanged), "permit");
    assert_eq!(ask(&[], |s| s.facts.persons = Persons::Unknown), "permit");
}

#[test]
fn everyone_and_foreign_persons() {
    let everyone = || json!({ "everyone": true });
    let foreign = || json!({ "foreign_persons": true });
    let refused = "451 embargo.foreign-person licence.missing";
    check(&[
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
fn destinations_are_countries_regions_and_groups() {
    let refused = "451 embargo.destination licence.missing";
    let unknown = "403 destination.unknown";
    let cuba = || json!({ "destinations": ["CU"] });
    let group = || json!({ "destinations": ["E:1", "E:2"] });
    let crimea = || json!({ "destinations": ["UA-43", "UA-40"] });
    check(&[
        ("a country named", cuba(), |s| s.to = to("CU"), refused),
        ("another country", cuba(), |s| s.to = to("US"), "permit"),
        ("a region of a country named", json!({ "destinations": ["UA"] }), |s| s.to = to("UA-30"), refused),
        ("a country named, its region unknown", json!({ "destinations": ["UA"] }), |s| s.to = to("UA"), refused),
        ("a country and its region named", json!({ "destinations": ["UA", "UA-43"] }), |s| s.to = to("UA"), refused),
        ("no country known", cuba(), |s| s.to = to("?"), unknown),
        ("a member of a group", group(), |s| s.to = to("IR"), refused),
        ("a member of another group", group(), |s| s.to = to("CU"), refused),
        ("no member", group(), |s| s.to = to("RU"), "permit"),
        ("a region named", crimea(), |s| s.to = to("UA-43"), refused),
        ("another region", crimea(), |s| s.to = to("UA-30"), "permit"),
        ("its country, region unknown", crimea(), |s| s.to = to("UA"), unknown),
        ("a country without regions named", crimea(), |s| s.to = to("PL"), "permit"),
        ("everywhere", json!({ "destinations": ["*"] }), |s| s.to = to("US"), refused),
    ]);
}

#[test]
fn a_list_may_have_exceptions() {
    let refused = "451 embargo.destination licence.missing";
    let unknown = "403 destination.unknown";
    let abroad = || json!({ "destinations": { "any_of": ["*"], "except": ["US"] } });
    let outside_kyiv = || json!({ "destinations": { "any_of": ["UA"], "except": ["UA-30"] } });
    let but_syria = || json!({ "destinations": { "any_of": ["E:1"], "except": ["SY"] } });
    let but_group = || json!({ "destinations": { "any_of": ["*"], "except": ["E:1"] } });
    let nationals = || json!({ "nationalities": { "any_of": ["*"], "except": ["GB", "CA"] } });
    let networks = || json!({ "networks": { "any_of": ["192.0.2.0/24"], "except": ["192.0.2.128/25"] } });
    let end_uses = || json!({ "end_uses": { "any_of": ["*"], "except": ["research"] } });
    check(&[
        ("no exception given", json!({ "destinations": { "any_of": ["CU"] } }), |s| s.to = to("CU"), refused),
        ("excepted", abroad(), |s| s.to = to("US"), "permit"),
        ("not excepted", abroad(), |s| s.to = to("DE"), refused),
        ("unknown", abroad(), |s| s.to = to("?"), unknown),
        ("a region excepted", outside_kyiv(), |s| s.to = to("UA-30"), "permit"),
        ("another region", outside_kyiv(), |s| s.to = to("UA-43"), refused),
        ("an unknown region", outside_kyiv(), |s| s.to = to("UA"), unknown),
        ("a country of a group excepted", but_syria(), |s| s.to = to("SY"), "permit"),
        ("the rest of it", but_syria(), |s| s.to = to("IR"), refused),
        ("a group excepted", but_group(), |s| s.to = to("IR"), "permit"),
        ("the rest of the world", but_group(), |s| s.to = to("CU"), refused),
        ("a nationality excepted", nationals(), |s| s.facts.persons = national("GB"), "permit"),
        ("another", nationals(), |s| s.facts.persons = national("DE"), "451 embargo.nationality licence.missing"),
        (
            "every nationality but a US person's",
            nationals(),
            |s| s.facts.persons = person(UsStatus::Citizen, "US"),
            "permit",
        ),
        ("a network excepted", networks(), |s| s.addresses = vec![address("192.0.2.129")], "permit"),
        (
            "the rest of it",
            networks(),
            |s| s.addresses = vec![address("192.0.2.127")],
            "403 embargo.network licence.missing",
        ),
        ("an end use excepted", end_uses(), unchanged, "permit"),
        (
            "one of two excepted",
            end_uses(),
            |s| s.facts.end_uses = vec!["research".into(), "sales".into()],
            "451 embargo.end-use licence.missing",
        ),
        ("an unknown one", end_uses(), |s| s.facts.end_uses.clear(), "451 embargo.end-use licence.missing"),
    ]);
}

#[test]
fn nationalities_are_the_persons_or_else_the_organisations() {
    let refused = "451 embargo.nationality licence.missing";
    let iran = || json!({ "nationalities": ["IR"] });
    let known = |nationalities: &[&str], deemed: Option<&str>| {
        Persons::Named(PersonFacts {
            nationalities: nationalities.iter().map(|code| country(code)).collect(),
            deemed_country: deemed.map(country),
            us_status: UsStatus::None,
        })
    };
    check(&[
        ("a national", iran(), |s| s.facts.persons = national("IR"), refused),
        ("by group", json!({ "nationalities": ["E:1"] }), |s| s.facts.persons = national("IR"), refused),
        ("another national", iran(), |s| s.facts.persons = national("DE"), "permit"),
        ("never a citizen", iran(), |s| s.facts.persons = person(UsStatus::Citizen, "IR"), "permit"),
        (
            "never a permanent resident",
            iran(),
            |s| s.facts.persons = person(UsStatus::PermanentResident, "IR"),
            "permit",
        ),
        ("never a protected person", iran(), |s| s.facts.persons = person(UsStatus::Protected, "IR"), "permit"),
        ("an unknown status is no US person's", iran(), |s| s.facts.persons = person(UsStatus::Unknown, "IR"), refused),
        ("users unknown", iran(), |s| s.facts.persons = Persons::Unknown, refused),
        ("a US company's attested users", iran(), |s| s.facts.persons = Persons::Attested, "permit"),
        ("a service, by where its company was founded", iran(), |s| s.facts.organisation = company("IR"), refused),
        (
            "by where it is run from",
            iran(),
            |s| {
                s.facts.organisation = company("DE");
                s.facts.organisation.headquartered_in = Some(country("IR"));
            },
            refused,
        ),
        ("of elsewhere", iran(), |s| s.facts.organisation = company("DE"), "permit"),
        (
            "founded nobody knows where",
            iran(),
            |s| {
                s.facts.organisation = company("DE");
                s.facts.organisation.incorporated_in = None;
            },
            refused,
        ),
        (
            "run from nobody knows where",
            iran(),
            |s| {
                s.facts.organisation = company("DE");
                s.facts.organisation.headquartered_in = None;
            },
            refused,
        ),
        (
            "a US company run from there is no foreign one",
            iran(),
            |s| {
                s.facts.organisation.headquartered_in = Some(country("IR"));
            },
            "permit",
        ),
        (
            "a person's own, not the employer's",
            iran(),
            |s| {
                s.facts.organisation = company("IR");
                s.facts.persons = national("DE");
            },
            "permit",
        ),
        (
            "a citizen who works there",
            iran(),
            |s| {
                s.facts.organisation = company("IR");
                s.facts.persons = person(UsStatus::Citizen, "US");
            },
            "permit",
        ),
    ]);

    // (nationalities, the most recent citizenship or permanent residence, told by that, told by all)
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
fn networks_of_the_address() {
    let refused = "403 embargo.network licence.missing";
    let cases: [(&[&str], &[&str], &str); 13] = [
        (&["192.0.2.0/24"], &["192.0.2.255"], refused),
        (&["192.0.2.0/24"], &["192.0.3.0"], "permit"),
        (&["192.0.2.7"], &["192.0.2.7"], refused),
        (&["192.0.2.7"], &["192.0.2.8"], "permit"),
        (&["192.0.2.9/24"], &["192.0.2.1"], refused), // host bits say nothing
        (&["0.0.0.0/0"], &["203.0.113.1"], refused),
        (&["0.0.0.0/0"], &["2001:db8::1"], "permit"),
        (&["::/0"], &["2001:db8::1"], refused),
        (&["2001:db8:bad::/48"], &["2001:db8:bad:1::1"], refused),
        (&["2001:db8:bad::/48"], &["2001:db8:bae::1"], "permit"),
        (&["192.0.2.0/24"], &["::ffff:192.0.2.1", "192.0.2.1"], refused), // what is embedded counts
        (&["10.0.0.0/8", "192.0.2.0/24", "192.0.2.64/26"], &["192.0.2.1"], refused),
        (&["192.0.2.0/24"], &[], refused), // unknown
    ];
    for (networks, addresses, expected) in cases {
        let records = [embargo("e", json!({ "networks": networks }))];
        let told = ask(&records, |s| s.addresses = addresses.iter().map(|text| address(text)).collect());
        assert_eq!(told, expected, "{addresses:?} in {networks:?}");
    }
}

#[test]
fn end_uses_are_one_of_the_requests() {
    let refused = "451 embargo.end-use licence.missing";
    let military = || json!({ "end_uses": ["military", "nuclear"] });
    check(&[
        ("none of them", military(), unchanged, "permit"),
        ("one of them", military(), |s| s.facts.end_uses = vec!["research".into(), "nuclear".into()], refused),
        ("unknown", military(), |s| s.facts.end_uses.clear(), refused),
        ("any", json!({ "end_uses": ["*"] }), unchanged, refused),
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
    check(&[
        (
            "both",
            two(),
            |s| {
                s.to = to("RU");
                s.facts.end_uses = vec!["military".into()];
            },
            both,
        ),
        ("the first alone", two(), |s| s.to = to("RU"), "permit"),
        ("the second alone", two(), |s| s.facts.end_uses = vec!["military".into()], "permit"),
        (
            "the first, the second unknown",
            two(),
            |s| {
                s.to = to("RU");
                s.facts.end_uses.clear();
            },
            both,
        ),
        ("neither, one of them unknown", two(), |s| s.facts.end_uses.clear(), "permit"),
        ("everyone narrows nothing", json!({ "everyone": true, "destinations": ["RU"] }), unchanged, "permit"),
        (
            "everyone there",
            json!({ "everyone": true, "destinations": ["RU"] }),
            |s| s.to = to("RU"),
            "451 embargo.everyone licence.missing",
        ),
        (
            "foreign persons there",
            json!({ "foreign_persons": true, "destinations": ["RU"] }),
            |s| {
                s.to = to("RU");
                s.facts.persons = national("DE");
            },
            "451 embargo.foreign-person licence.missing",
        ),
        ("US persons there", json!({ "foreign_persons": true, "destinations": ["RU"] }), |s| s.to = to("RU"), "permit"),
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
fn an_unknown_destination_is_the_settings_to_weigh() {
    let crimea = || embargo("e", json!({ "destinations": ["UA-43"] }));
    let refused = "451 embargo.destination licence.missing";
    let cases: [(&str, Vec<Value>, &str, &str); 8] = [
        ("no setting, no embargo", vec![], "?", "403 destination.unknown"),
        ("refuse, no embargo", vec![setting("refuse")], "?", "403 destination.unknown"),
        ("permit, no embargo", vec![setting("permit")], "?", "permit"),
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
    // Told once, as nobody's law, beside what else is known.
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
        &law(&records),
    )
    .unwrap();
    let codes: Vec<_> = decision.reasons.iter().map(|reason| reason.code.as_str()).collect();
    assert_eq!(codes, ["embargo.foreign-person", "licence.missing", "destination.unknown"]);
    assert_eq!(decision.reasons[2], Reason::of(Code::DestinationUnknown));
}

#[test]
fn an_embargo_is_about_the_models_that_it_names() {
    let records = |models: Value| {
        let no_eccn = with(model("opus-4@1"), &json!({ "eccn": null }));
        let older = with(model("fable-5@0"), &json!({ "default": false, "eccn": "EAR99" }));
        let on = with(embargo("e", json!({ "everyone": true })), &json!({ "models": models }));
        register(&[model("fable-5@1"), older, no_eccn, on])
    };
    // (the embargo's models; refused or not: fable-5, fable-5@1, fable-5@0, opus-4)
    let cases = [
        (json!(["fable-5"]), [true, true, true, false]),
        (json!(["fable-5@0"]), [false, false, true, false]),
        (json!(["fable-5@1", "opus-4"]), [true, true, false, true]),
        (json!(["eccn:4E091"]), [true, true, false, true]), // an unknown ECCN may be that one
        (json!(["eccn:EAR99"]), [false, false, true, true]),
        (json!(["*"]), [true; 4]),
        (json!(["fable"]), [false; 4]),
    ];
    for (models, expected) in cases {
        let register = records(models.clone());
        let refused = ["fable-5", "fable-5@1", "fable-5@0", "opus-4"]
            .map(|asked| told(&decided(asked, &subject(unchanged), &register)) != "permit");
        assert_eq!(refused, expected, "{models}");
    }
}

#[test]
fn windows_are_half_open_and_withdrawn_embargoes_are_over() {
    let (from, until) = ("2026-06-12T21:21:00Z", "2026-06-30T16:00:00Z");
    let letter = with(embargo("e", json!({ "everyone": true })), &json!({ "from": from, "until": until }));
    let in_force = "451 embargo.everyone licence.missing";
    let cases = [
        ("2026-06-12T21:20:59.999Z", "permit"),
        (from, in_force),
        ("2026-06-30T15:59:59.999Z", in_force),
        (until, "permit"),
    ];
    let under_it = law(std::slice::from_ref(&letter));
    for (when, expected) in cases {
        let decision = decided_at("fable-5", &subject(unchanged), &under_it, &[], at(when));
        assert_eq!(told(&decision), expected, "{when}");
    }
    assert_eq!(ask(&[with(letter, &json!({ "withdrawn": true }))], unchanged), "permit");
}

#[test]
fn what_an_embargo_does_is_its_effect() {
    let effect = |effect: &str| with(embargo("e", json!({ "foreign_persons": true })), &json!({ "effect": effect }));
    let foreign: Change = |s| s.facts.persons = national("DE");
    let named = with(licence("l"), &json!({ "embargoes": ["e"] }));
    assert_eq!(ask(&[effect("licence_required"), named.clone()], foreign), "permit by l@1");
    assert_eq!(ask(&[effect("prohibited"), named.clone()], foreign), "451 embargo.foreign-person", "no licence helps");
    assert_eq!(ask(&[effect("observed"), named.clone()], foreign), "permit", "and none is used");

    let observed = decided("fable-5", &subject(foreign), &law(&[effect("observed"), named])).unwrap();
    assert_eq!(observed.embargoes.len(), 1, "recorded all the same");
    assert_eq!((observed.embargoes[0].embargo.as_str(), observed.embargoes[0].effect), ("e@1", Effect::Observed));
    let us_person = decided("fable-5", &subject(unchanged), &law(&[effect("observed")])).unwrap();
    assert!(us_person.embargoes.is_empty(), "what doesn't apply is not recorded");
    // An observed embargo refuses nobody for want of a region either.
    let by_region = with(embargo("e", json!({ "destinations": ["UA-43"] })), &json!({ "effect": "observed" }));
    assert_eq!(ask(&[by_region], |s| s.to = to("UA")), "permit");
}

#[test]
fn a_reason_bears_its_source_and_whether_it_may_be_told() {
    let records = [
        with(embargo("open", json!({ "everyone": true })), &json!({ "revision": 7, "citation": "15 CFR 744.22(b)" })),
        with(
            embargo("secret", json!({ "everyone": true })),
            &json!({ "disclose": false, "authority": "OFAC", "effect": "prohibited" }),
        ),
    ];
    let decision = decided("fable-5", &subject(unchanged), &law(&records)).unwrap();
    let told: Vec<_> = decision
        .reasons
        .iter()
        .map(|reason| {
            let source = reason.embargo.as_ref().unwrap();
            let authority = source.authority.to_string();
            (reason.code.as_str(), source.id.as_str(), authority, source.citation.as_str(), source.disclose)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("embargo.everyone", "open@7", "BIS".to_owned(), "15 CFR 744.22(b)", true),
            ("licence.missing", "open@7", "BIS".to_owned(), "15 CFR 744.22(b)", true),
            ("embargo.everyone", "secret@1", "OFAC".to_owned(), "15 CFR 744", false),
        ]
    );
}

// Licences

#[test]
fn a_licence_is_of_the_authority_for_the_model_and_the_organisation() {
    let missing = "451 embargo.foreign-person licence.missing";
    let cases = [
        ("as it is", json!({}), "permit by l@1"),
        ("another authority's", json!({ "authority": "OFAC" }), missing),
        ("another model's", json!({ "models": ["mythos-5"] }), missing),
        ("another version's", json!({ "models": ["fable-5@2"] }), missing),
        ("this version's", json!({ "models": ["fable-5@1"] }), "permit by l@1"),
        ("by its ECCN", json!({ "models": ["eccn:4E091"] }), "permit by l@1"),
        ("another organisation's", json!({ "licensees": ["others"] }), missing),
        ("one of several organisations'", json!({ "licensees": ["others", "acme"] }), "permit by l@1"),
        ("an exception open to all", json!({ "licensees": ["*"], "type": "exception" }), "permit by l@1"),
        ("not begun", json!({ "from": "2026-06-20T12:00:00.001Z" }), missing),
        ("just begun", json!({ "from": "2026-06-20T12:00:00Z" }), "permit by l@1"),
        ("about to end", json!({ "until": "2026-06-20T12:00:00.001Z" }), "permit by l@1"),
        ("over", json!({ "until": "2026-06-20T12:00:00Z" }), "451 embargo.foreign-person licence.expired"),
        ("withdrawn", json!({ "withdrawn": true }), missing),
    ];
    for (case, changes, expected) in cases {
        let records = [embargo("e", json!({ "foreign_persons": true })), with(licence("l"), &changes)];
        assert_eq!(ask(&records, |s| s.facts.persons = national("DE")), expected, "{case}");
    }
    // Nobody knows whether an ECCN that isn't given is the licence's.
    let records = [
        with(model("fable-5@1"), &json!({ "eccn": null })),
        with(embargo("e", json!({ "everyone": true })), &json!({ "models": ["eccn:4E091"] })),
        with(licence("l"), &json!({ "models": ["eccn:4E091"] })),
    ];
    let decision = decided("fable-5", &subject(unchanged), &register(&records));
    assert_eq!(told(&decision), "451 embargo.everyone licence.missing");
}

#[test]
fn a_licence_answers_by_name_or_by_value() {
    let scope = |code: &str| format!("451 {code} licence.scope");
    let all: Change = |s| {
        s.facts.persons = national("IR");
        s.to = to("CU");
        s.facts.end_uses = vec!["military".into()];
    };
    // (the embargo, the licence, told)
    let cases = [
        // By name, whatever the embargo is by.
        (json!({ "everyone": true }), json!({ "embargoes": ["e"] }), "permit by l@1".to_owned()),
        (json!({ "destinations": ["CU"] }), json!({ "embargoes": ["other", "e"] }), "permit by l@1".to_owned()),
        (json!({ "nationalities": ["IR"] }), json!({ "embargoes": ["e"] }), "permit by l@1".to_owned()),
        (json!({ "end_uses": ["military"] }), json!({ "embargoes": ["e"] }), "permit by l@1".to_owned()),
        (json!({ "networks": ["0.0.0.0/0"] }), json!({ "embargoes": ["e"] }), "permit by l@1".to_owned()),
        // Naming another, it answers none but that, even with the right values.
        (json!({ "everyone": true }), json!({ "embargoes": ["other"] }), scope("embargo.everyone")),
        (
            json!({ "destinations": ["CU"] }),
            json!({ "embargoes": ["other"], "destinations": ["CU"] }),
            scope("embargo.destination"),
        ),
        // Naming none, by everyone or foreign persons alone.
        (json!({ "everyone": true }), json!({}), "permit by l@1".to_owned()),
        (json!({ "foreign_persons": true }), json!({}), "permit by l@1".to_owned()),
        // Naming none, by the value that matches.
        (json!({ "destinations": ["CU"] }), json!({}), scope("embargo.destination")),
        (json!({ "destinations": ["CU"] }), json!({ "destinations": ["SY"] }), scope("embargo.destination")),
        (json!({ "destinations": ["CU"] }), json!({ "destinations": ["SY", "CU"] }), "permit by l@1".to_owned()),
        (json!({ "destinations": ["E:2"] }), json!({ "destinations": ["E:2"] }), "permit by l@1".to_owned()),
        (json!({ "destinations": ["E:2"] }), json!({ "destinations": ["E:1"] }), scope("embargo.destination")),
        (json!({ "nationalities": ["IR"] }), json!({ "destinations": ["CU"] }), scope("embargo.nationality")),
        (json!({ "nationalities": ["IR"] }), json!({ "nationalities": ["IR"] }), "permit by l@1".to_owned()),
        (json!({ "end_uses": ["military"] }), json!({ "end_uses": ["military"] }), "permit by l@1".to_owned()),
        (json!({ "end_uses": ["military"] }), json!({ "end_uses": ["research"] }), scope("embargo.end-use")),
        // Every key by which it is.
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
        // By network, by name only.
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
fn each_scope_that_a_licence_has_must_admit_the_fact() {
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
        ("the rest", json!({ "destinations": { "any_of": ["*"], "except": ["FR"] } }), |s| s.to = to("GB"), permit),
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
        let told = ask(&records, |s| {
            foreign(s);
            change(s);
        });
        assert_eq!(told, expected, "{case}: {changes}");
    }
    // An unknown destination is outside every scope also where the settings permit it.
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
    // By all nationalities where the embargo is by all of them.
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
fn licences_are_taken_without_quota_first_then_the_earliest_end_then_by_id() {
    let quota = || json!({ "quota": { "requests": 5 } });
    let until = |day: &str| json!({ "until": format!("2026-07-{day}T00:00:00Z") });
    let both = |day: &str| json!({ "quota": { "requests": 5 }, "until": format!("2026-07-{day}T00:00:00Z") });
    let exhausted = "451 embargo.everyone licence.exhausted";
    type Held<'a> = &'a [(&'a str, Value)];
    let cases: [(Held, &[&str], &str); 10] = [
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
    for (held, used_up, expected) in cases {
        let mut records = vec![embargo("e", json!({ "everyone": true }))];
        records.extend(held.iter().map(|(id, changes)| with(licence(id), changes)));
        let decision = decided_at("fable-5", &subject(unchanged), &law(&records), used_up, now());
        assert_eq!(told(&decision), expected, "{held:?} without {used_up:?}");
    }
}

#[test]
fn each_quota_that_lifts_an_embargo_is_named_once_in_a_refusal_too() {
    let quota = with(licence("q"), &json!({ "quota": { "requests": 5 } }));
    let two = [
        embargo("a", json!({ "everyone": true })),
        embargo("b", json!({ "everyone": true })),
        with(embargo("c", json!({ "destinations": ["CU"] })), &json!({ "effect": "prohibited" })),
        quota,
    ];
    let drawn = |decision: &Decision| -> Vec<String> {
        decision.quotas.iter().map(|licence| licence.meta.id.clone()).collect()
    };
    let permit = decided("fable-5", &subject(unchanged), &law(&two)).unwrap();
    assert_eq!((drawn(&permit), permit.licences()), (vec!["q".to_owned()], vec!["q@1".to_owned()]));
    let lifted: Vec<_> = permit.embargoes.iter().map(|a| (a.embargo.as_str(), a.licence.as_deref())).collect();
    assert_eq!(lifted, [("a@1", Some("q@1")), ("b@1", Some("q@1"))]);
    let refusal = decided("fable-5", &subject(|s| s.to = to("CU")), &law(&two)).unwrap();
    assert_eq!(
        (told(&Ok(refusal)).as_str(), drawn(&decided("fable-5", &subject(|s| s.to = to("CU")), &law(&two)).unwrap())),
        ("451 embargo.destination", vec!["q".to_owned()])
    );
    let without =
        decided("fable-5", &subject(unchanged), &law(&[embargo("a", json!({ "everyone": true })), licence("l")]));
    assert!(without.unwrap().quotas.is_empty());
}

#[test]
fn the_nearest_licence_says_why_none_covers() {
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
    for (held, expected) in cases {
        // Whichever of them comes first.
        for first in 0..held.len().max(1) {
            let mut records = vec![embargo("e", json!({ "everyone": true }))];
            let mut used_up = Vec::new();
            for (place, (id, changes)) in held.iter().cycle().skip(first).take(held.len()).enumerate() {
                let placed = format!("{place}{id}");
                records.push(with(licence(&placed), changes));
                used_up.extend((*id == "x").then_some(placed));
            }
            let used_up: Vec<&str> = used_up.iter().map(String::as_str).collect();
            let decision = decided_at("fable-5", &subject(unchanged), &law(&records), &used_up, now());
            assert_eq!(told(&decision), format!("451 embargo.everyone {expected}"), "{held:?} from {first}");
        }
    }
}

// Models and statuses

#[test]
fn a_permit_is_for_one_model_and_its_endpoint() {
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
fn the_status_is_that_of_the_first_and_all_reasons_are_told() {
    let everything: Change = |s| {
        s.facts.organisation = company("IR");
        s.facts.persons = national("IR");
        s.to = to("CU");
        s.facts.end_uses = vec!["military".into()];
        s.facts.undeclared_end_use = true;
    };
    // In the table's order whatever the ids' order.
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
    // 410 stands before 451, and 404 before the rest; both tell what else applies.
    let withdrawn = with(model("fable-5@1"), &json!({ "status": "withdrawn" }));
    let decision = decided("fable-5", &subject(everything), &register(&[&[withdrawn][..], &all].concat()));
    assert_eq!(told(&decision), format!("410 model.withdrawn {embargoes}"));
    let decision = decided(
        "fable-6",
        &subject(|s| {
            everything(s);
            s.to = to("?");
        }),
        &law(&all),
    );
    assert_eq!(told(&decision), "404 model.unknown destination.unknown end-use.undeclared");
}

#[test]
fn a_caller_whom_the_records_dont_bear_out_is_told_that_alone() {
    let cases = [
        (vec![Code::IdentityMissing], "401 identity.missing"),
        (vec![Code::PersonRequired, Code::IdentitySuspended], "403 identity.suspended person.required"),
        (vec![Code::PersonUnknown, Code::PersonMismatch], "403 person.mismatch person.unknown"),
    ];
    for (codes, expected) in cases {
        let decision = Decision::unidentified(codes);
        assert!(decision.model.is_none() && decision.embargoes.is_empty() && decision.quotas.is_empty());
        assert_eq!(told(&Ok(decision)), expected);
    }
}

#[test]
fn every_code_has_the_contracts_status() {
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
        ("the rest", 403, &[EmbargoNetwork, DestinationUnknown, EndUseUndeclared]),
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
fn organisations_are_foreign_by_their_kind_and_countries() {
    use OrganisationType::{Company, Government, International};
    // (what, kind, incorporated in, organised in the US, foreign)
    let cases = [
        ("a US company", Some(Company), Some("US"), false, false),
        ("a company of Puerto Rico", Some(Company), Some("PR"), false, false),
        ("a foreign company", Some(Company), Some("DE"), false, true),
        ("a foreign company organised in the US", Some(Company), Some("DE"), true, false),
        ("a company of nobody knows where", Some(Company), None, false, true),
        ("the same, organised in the US", Some(Company), None, true, false),
        ("the US government", Some(Government), Some("US"), false, false),
        ("a US territory's government", Some(Government), Some("GU"), false, false),
        ("an embassy in Washington", Some(Government), Some("FR"), true, true),
        ("a government of nobody knows where", Some(Government), None, true, true),
        ("an international organisation", Some(International), Some("CH"), false, true),
        ("the same in New York", Some(International), Some("US"), true, true),
        ("an unknown kind", None, Some("US"), true, true),
        ("nothing known", None, None, false, true),
    ];
    for (what, kind, incorporated_in, organised_in_us, foreign) in cases {
        let subject = subject(|s| {
            s.facts.organisation.kind = kind;
            s.facts.organisation.incorporated_in = incorporated_in.map(country);
            s.facts.organisation.organised_in_us = organised_in_us;
        });
        assert_eq!(subject.is_foreign(), foreign, "{what}");
        let records = [embargo("e", json!({ "foreign_persons": true }))];
        let refused = told(&decided("fable-5", &subject, &law(&records))) != "permit";
        assert_eq!(refused, foreign, "{what}");
    }
}

const HOLDS: &str = "2026-06-20T12:00:00.001Z";
const LAPSED: &str = "2026-06-20T12:00:00Z";

fn client(users: &str, changes: &Value) -> Client {
    let record = json!({ "organisation": "acme", "status": "active", "users": users });
    Client::read(item(&with(record, changes))).unwrap()
}

fn organisation(changes: &Value) -> Organisation {
    let record = json!({
        "type": "company", "incorporated_in": "US", "headquartered_in": "GB", "end_uses": ["research", "sales"],
        "status": "active", "verification": { "status": "verified", "until": HOLDS },
    });
    Organisation::read(item(&with(record, changes))).unwrap()
}

fn someone(changes: &Value) -> Person {
    let record = json!({
        "organisation": "acme", "nationalities": ["IR", "CA"], "deemed_country": "CA", "us_status": "none",
        "verification": { "status": "verified", "until": HOLDS },
    });
    Person::read(item(&with(record, changes))).unwrap()
}

/// Every verification that there can be, and whether it holds.
fn verifications() -> [(Value, bool); 6] {
    [
        (json!({ "status": "verified", "until": HOLDS }), true),
        (json!({ "status": "verified", "until": LAPSED }), false),
        (json!({ "status": "verified" }), false),
        (json!({ "status": "pending", "until": HOLDS }), false),
        (json!({ "status": "rejected", "until": HOLDS }), false),
        (Value::Null, false),
    ]
}

/// Every combination of records and claims: each code is told exactly when its own sentence holds.
#[test]
fn identity_and_person_codes_in_every_combination() {
    let statuses = [None, Some("active"), Some("suspended")];
    let claims = [(None, None), (Some("p"), None), (None, Some("p")), (Some("p"), Some("p")), (Some("p"), Some("q"))];
    let persons: Vec<(Option<Person>, bool, bool)> = std::iter::once((None, false, false))
        .chain(verifications().into_iter().flat_map(|(verification, holds)| {
            ["acme", "others"].map(|of| {
                let changes = json!({ "organisation": of, "verification": verification });
                (Some(someone(&changes)), of == "acme", holds)
            })
        }))
        .collect();
    let mut asked = 0;
    for client_status in statuses {
        for organisation_status in statuses {
            for (verification, organisation_verified) in verifications() {
                for users in ["none", "us_persons", "asserted"] {
                    for (by_token, by_header) in claims {
                        for (person, of_it, person_verified) in &persons {
                            let claimed = Claimed { by_token, by_header, end_use: None };
                            let callers = Callers {
                                client: client_status.map(|status| client(users, &json!({ "status": status }))),
                                organisation: organisation_status.map(|status| {
                                    organisation(&json!({ "status": status, "verification": verification }))
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
                                (Code::PersonUnknown, looked_up && !of_it),
                                (Code::PersonUnverified, looked_up && *of_it && !person_verified),
                            ]
                            .into_iter()
                            .filter_map(|(code, told)| told.then_some(code))
                            .collect();
                            let told = match identify(
                                claimed,
                                &callers,
                                RequestOrigin::default(),
                                &Register::default(),
                                now(),
                            ) {
                                Ok(_) => Vec::new(),
                                Err(mut codes) => {
                                    assert!(!codes.is_empty(), "a refusal says why");
                                    codes.sort();
                                    codes
                                }
                            };
                            assert_eq!(told, expected, "{claimed:?} {callers:?}");
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
fn who_uses_the_client() {
    let attested = |until: Value| client("us_persons", &json!({ "attestation": { "by": "x", "until": until } }));
    let holds = || attested(json!(HOLDS));
    let facts = PersonFacts {
        deemed_country: Some(country("CA")),
        nationalities: vec![country("IR"), country("CA")],
        us_status: UsStatus::None,
    };
    // (what, client, person named, users)
    let cases = [
        ("a service", client("none", &json!({})), None, Persons::None),
        (
            "its attestation is nobody's",
            client("none", &json!({ "attestation": { "until": HOLDS } })),
            None,
            Persons::None,
        ),
        ("attested", holds(), None, Persons::Attested),
        ("attested, and named all the same", holds(), Some("p"), Persons::Named(facts.clone())),
        ("lapsed", attested(json!(LAPSED)), None, Persons::Unknown),
        (
            "attested without an end",
            client("us_persons", &json!({ "attestation": { "by": "x" } })),
            None,
            Persons::Unknown,
        ),
        ("attested by nobody", client("us_persons", &json!({})), None, Persons::Unknown),
        ("asserted", client("asserted", &json!({})), Some("p"), Persons::Named(facts)),
    ];
    for (what, client, named, expected) in cases {
        let callers = Callers {
            client: Some(client),
            organisation: Some(organisation(&json!({}))),
            person: Some(someone(&json!({}))),
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
fn end_uses_are_the_header_or_all_of_the_organisations() {
    // (the organisation's, the header, the request's, undeclared)
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
            client: Some(client("none", &json!({}))),
            organisation: Some(organisation(&json!({ "end_uses": declared }))),
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
fn the_subject_bears_the_facts_of_the_records() {
    let callers = Callers {
        client: Some(client("none", &json!({ "organisation": "acme" }))),
        organisation: Some(organisation(&json!({ "organised_in_us": true }))),
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
