//! The origin of a request: network classes, tunnels, signals that must agree, spread and travel; and the headers of
//! CloudFront and AWS WAF, which count only with a distribution secret.

use crate::common::{
    company, decided, embargo, group, licence, model, now, outcome as outcome_of, register, setting, subject, to, with,
};
use export_gate::decision::{Classified, NetworkFacts, Places, Subject, Travel};
use export_gate::record::NetworkClass;
use export_gate::request::{Distribution, Firewall, Header, Request, read};
use export_gate::terms::{Country, Signal, SignalSource};
use serde_json::{Value, json};

const NETWORK: &str = "403 embargo.network licence.missing";
const UNKNOWN: &str = "403 destination.unknown";
const DISAGREE: &str = "403 destination.inconsistent";

/// The outcome for `fable-5` under `records` for a US company's service in the US, after `change`.
fn ask(records: &[Value], change: impl FnOnce(&mut Subject)) -> String {
    let always = [model("fable-5@1"), group("E:2", &["CU"])];
    outcome_of(&decided("fable-5", &subject(change), &register(&[&always, records].concat())))
}

/// The strict setting with changes.
fn settings(changes: &Value) -> Value {
    with(setting("refuse"), changes)
}

fn found(class: impl Into<Option<NetworkClass>>) -> Classified {
    let source = "list:sample".into();
    Classified { class: class.into(), confidence: None, edition: Some("1".into()), last_seen: None, source }
}

/// A network with these findings; sources cover every class.
fn network(found: impl IntoIterator<Item = Classified>) -> NetworkFacts {
    let mut network = NetworkFacts::default();
    network.add(found, NetworkClass::ALL);
    network
}

fn classes(names: &[NetworkClass]) -> Value {
    embargo("e", json!({ "network_classes": names }))
}

// Classes

#[test]
fn a_class_that_no_source_covers_is_unknown() {
    // So that tunnels do not hide the country, which is another test's subject.
    let lenient = settings(&json!({ "tunnelled_destination": "permit" }));
    for class in NetworkClass::ALL {
        let others = NetworkClass::ALL.into_iter().filter(|other| *other != class);
        let covering_others = |found: Vec<Classified>| NetworkFacts { found, covered: others.clone().collect() };
        let unspecified = if class.is_tunnel() { NETWORK } else { "permit" };
        let table = [
            ("nothing found", network([]), "permit"),
            ("found", network([found(class)]), NETWORK),
            ("found twice", network([found(class), found(class)]), NETWORK),
            ("every other found", network(others.clone().map(found)), "permit"),
            ("an anonymizer of unspecified class", network([found(None)]), unspecified),
            ("not covered", covering_others(Vec::new()), NETWORK),
            (
                "not covered, others found",
                covering_others(others.clone().map(found).collect()),
                if class == NetworkClass::Vpn { "permit" } else { NETWORK },
            ),
            ("found, not covered", covering_others(vec![found(class)]), NETWORK),
            ("no class covered", NetworkFacts::default(), NETWORK),
        ];
        for (case, network, expected) in table {
            let outcome = ask(&[lenient.clone(), classes(&[class])], |s| s.facts.network = network);
            assert_eq!(outcome, expected, "{class:?}: {case}");
        }
        let outcome = ask(&[lenient.clone(), classes(&[class])], |s| {
            s.facts.network = network([]);
            s.addresses.clear();
        });
        assert_eq!(outcome, NETWORK, "{class:?}: no address");
    }
}

#[test]
fn findings_below_the_configured_confidence_or_recency_do_not_count() {
    let by = |confidence: Option<u8>, last_seen: Option<&str>| Classified {
        confidence,
        last_seen: last_seen.map(str::to_owned),
        ..found(NetworkClass::Hosting)
    };
    let confident = || json!({ "anonymizer_confidence": 50 });
    let recent = || json!({ "anonymizer_days": 30 });
    let both = || json!({ "anonymizer_confidence": 50, "anonymizer_days": 30 });
    let table = [
        (json!({}), by(Some(1), Some("2000-01-01")), NETWORK),
        (confident(), by(Some(50), None), NETWORK),
        (confident(), by(Some(49), None), "permit"),
        (confident(), by(None, Some("2000-01-01")), NETWORK), // no confidence counts as certain
        (recent(), by(None, Some("2026-06-20")), NETWORK),
        (recent(), by(None, Some("2026-05-21")), NETWORK),
        (recent(), by(None, Some("2026-05-20")), "permit"),
        (recent(), by(None, Some("2026-07-01")), NETWORK), // a future day counts as recent
        (recent(), by(None, Some("lately")), NETWORK),
        (recent(), by(Some(1), None), NETWORK),
        (both(), by(Some(50), Some("2026-05-21")), NETWORK),
        (both(), by(Some(50), Some("2026-05-20")), "permit"),
        (both(), by(Some(49), Some("2026-05-21")), "permit"),
    ];
    for (setting, found, expected) in table {
        let records = [settings(&setting), classes(&[NetworkClass::Hosting])];
        let outcome = ask(&records, |s| s.facts.network = network([found.clone()]));
        assert_eq!(outcome, expected, "{setting}: {found:?}");
        // A confident and recent finding of another source counts.
        let confident = ask(&records, |s| s.facts.network = network([found, by(Some(99), Some("2026-06-20"))]));
        assert_eq!(confident, NETWORK, "{setting}");
    }
}

#[test]
fn a_relay_is_not_a_vpn_and_does_not_hide_the_country() {
    use NetworkClass::{Relay, Tor, Vpn};
    let cuba = embargo("c", json!({ "destinations": ["CU"] }));
    let doubtful = Classified { confidence: Some(10), ..found(Relay) };
    let table: [(&str, Vec<Classified>, Value, &str); 7] = [
        ("a VPN", vec![found(Vpn)], classes(&[Vpn]), "403 embargo.network licence.missing destination.unknown"),
        ("a VPN and a relay, embargo on VPNs", vec![found(Vpn), found(Relay)], classes(&[Vpn]), "permit"),
        ("a VPN and a relay, embargo on relays", vec![found(Vpn), found(Relay)], classes(&[Relay]), NETWORK),
        ("a VPN and a relay, embargo on either", vec![found(Vpn), found(Relay)], classes(&[Vpn, Relay]), NETWORK),
        (
            "a relay of low confidence",
            vec![found(Vpn), doubtful],
            classes(&[Vpn]),
            "403 embargo.network licence.missing destination.unknown",
        ),
        ("a relay keeps its country", vec![found(Vpn), found(Relay)], cuba.clone(), "permit"),
        ("a relay that is also Tor", vec![found(Vpn), found(Relay), found(Tor)], cuba.clone(), UNKNOWN),
    ];
    for (case, found, embargo, expected) in table {
        let records = [settings(&json!({ "anonymizer_confidence": 50 })), embargo];
        assert_eq!(ask(&records, |s| s.facts.network = network(found)), expected, "{case}");
    }
    let outcome = ask(&[cuba], |s| {
        s.to = to("CU");
        s.facts.network = network([found(Vpn), found(Relay)]);
    });
    assert_eq!(outcome, "451 embargo.destination licence.missing");
}

#[test]
fn excepted_classes_do_not_match() {
    use NetworkClass::{Hosting, Relay, Vpn};
    let excepting = |any_of: &[NetworkClass], except: &[NetworkClass]| {
        embargo("e", json!({ "network_classes": { "any_of": any_of, "except": except } }))
    };
    let records = |embargo| [settings(&json!({ "tunnelled_destination": "permit" })), embargo];
    let table = [
        ("found", excepting(&[Hosting], &[Relay]), network([found(Hosting)]), NETWORK),
        (
            "found, and the exception too",
            excepting(&[Hosting], &[Relay]),
            network([found(Hosting), found(Relay)]),
            "permit",
        ),
        ("the exception alone", excepting(&[Hosting], &[Relay]), network([found(Relay)]), "permit"),
        ("a VPN in a data centre", excepting(&[Vpn], &[Hosting]), network([found(Hosting), found(Vpn)]), "permit"),
        // An unknown exception does not apply.
        (
            "found, the exception is not covered",
            excepting(&[Hosting], &[Relay]),
            NetworkFacts { found: vec![found(Hosting)], covered: vec![Hosting] },
            NETWORK,
        ),
        ("neither is covered", excepting(&[Hosting], &[Relay]), NetworkFacts::default(), NETWORK),
        (
            "not covered, the exception is found",
            excepting(&[Vpn], &[Hosting]),
            NetworkFacts { found: vec![found(Hosting)], covered: Vec::new() },
            "permit",
        ),
    ];
    for (case, embargo, network, expected) in table {
        assert_eq!(ask(&records(embargo), |s| s.facts.network = network), expected, "{case}");
    }
}

// Tunnels

#[test]
fn tunnels_hide_the_country_from_embargoes_licences_and_the_entry() {
    let cuba = embargo("c", json!({ "destinations": ["CU"] }));
    let everyone = embargo("e", json!({ "everyone": true }));
    let to_the_us = with(licence("l"), &json!({ "embargoes": ["e"], "destinations": ["US"] }));
    let refused = "451 embargo.everyone licence.scope";
    // (the setting, the outcome without an embargo, with one on Cuba, with one on everyone that a licence lifts in the US)
    let table = [
        (json!({}), UNKNOWN, UNKNOWN, format!("{refused} destination.unknown")),
        (
            json!({ "unknown_destination": "permit" }),
            "permit",
            "451 embargo.destination licence.missing",
            refused.to_owned(),
        ),
        (json!({ "tunnelled_destination": "permit" }), "permit", "permit", "permit by l@1".to_owned()),
    ];
    let anything = NetworkClass::ALL.into_iter().map(Some).chain([None]);
    for (setting, alone, of_cuba, of_everyone) in table {
        for class in anything.clone() {
            let hides = class.is_none_or(NetworkClass::is_tunnel);
            let ask = |records: &[Value]| {
                let records = [records, &[settings(&setting)]].concat();
                ask(&records, |s| s.facts.network = network([found(class)]))
            };
            let case = format!("{setting}: {class:?}");
            assert_eq!(ask(&[]), if hides { alone } else { "permit" }, "{case}");
            assert_eq!(ask(std::slice::from_ref(&cuba)), if hides { of_cuba } else { "permit" }, "{case}");
            let licensed = ask(&[everyone.clone(), to_the_us.clone()]);
            assert_eq!(licensed, if hides { &of_everyone } else { "permit by l@1" }, "{case}");
            let record = register(&[settings(&setting)]);
            let subject = subject(|s| s.facts.network = network([found(class)]));
            let goes_to = subject.destination(record.screening(now()), now()).country;
            let is_permitted = setting.get("tunnelled_destination").is_some();
            assert_eq!(goes_to.is_none(), hides && !is_permitted, "{case}");
            assert_eq!(subject.to, to("US"), "{case}: the location itself is kept");
        }
    }
}

#[test]
fn a_finding_that_does_not_count_hides_nothing() {
    let doubtful = Classified { confidence: Some(10), last_seen: Some("2026-01-01".into()), ..found(None) };
    for (setting, expected) in [
        (json!({}), UNKNOWN),
        (json!({ "anonymizer_confidence": 11 }), "permit"),
        (json!({ "anonymizer_days": 30 }), "permit"),
    ] {
        let outcome = ask(&[settings(&setting)], |s| s.facts.network = network([doubtful.clone()]));
        assert_eq!(outcome, expected, "{setting}");
    }
}

// Regions

#[test]
fn unknown_region_decides_about_a_country_without_a_region() {
    let crimea = embargo("e", json!({ "destinations": ["UA-43"] }));
    let except_kyiv = embargo("e", json!({ "destinations": { "any_of": ["UA"], "except": ["UA-30"] } }));
    let refused = "451 embargo.destination licence.missing";
    let table = [
        (&crimea, "UA", UNKNOWN, "permit"),
        (&crimea, "UA-43", refused, refused),
        (&crimea, "UA-30", "permit", "permit"),
        (&crimea, "PL", "permit", "permit"),
        (&crimea, "?", UNKNOWN, UNKNOWN), // the country is unknown too
        (&except_kyiv, "UA-30", "permit", "permit"),
        (&except_kyiv, "UA", UNKNOWN, refused),
    ];
    for (embargo, destination, strict, lenient) in table {
        for (setting, expected) in [("refuse", strict), ("permit", lenient)] {
            let records = [settings(&json!({ "unknown_region": setting })), embargo.clone()];
            assert_eq!(ask(&records, |s| s.to = to(destination)), expected, "{setting}: {destination} {embargo}");
        }
    }
}

// Signals

fn signal(source: SignalSource, code: &str) -> Signal {
    Signal {
        country: Country::parse(code).ok(),
        date: None,
        edition: None,
        region: None,
        source,
        subregions: Vec::new(),
    }
}

#[test]
fn disagreement_of_signals_that_must_agree_is_refused() {
    use SignalSource::{Cloudfront, Delegations, Mmdb, Waf};
    let all = |codes: [&str; 4]| -> Vec<Signal> {
        let known = [Mmdb, Delegations, Cloudfront, Waf].into_iter().zip(codes).filter(|(_, code)| *code != "-");
        known.map(|(source, code)| signal(source, code)).collect()
    };
    let edges = json!([["mmdb", "cloudfront"]]);
    let home = json!([["mmdb", "organisation"]]);
    let two = json!([["mmdb", "cloudfront"], ["organisation", "waf"]]);
    // (pairs; the countries of mmdb, delegations, cloudfront and waf: `?` is unknown, `-` no signal; the organisation's)
    type Case<'a> = (&'a Value, [&'a str; 4], (&'a str, &'a str), &'a str);
    let table: [Case<'_>; 22] = [
        (&json!([]), ["US", "DE", "IR", "?"], ("FR", "FR"), "permit"),
        (&edges, ["US", "DE", "US", "IR"], ("FR", "FR"), "permit"),
        (&edges, ["US", "US", "DE", "US"], ("US", "US"), DISAGREE),
        (&edges, ["US", "US", "?", "US"], ("US", "US"), DISAGREE),
        (&edges, ["US", "US", "-", "US"], ("US", "US"), DISAGREE),
        (&edges, ["?", "US", "US", "US"], ("US", "US"), DISAGREE),
        (&edges, ["?", "US", "?", "US"], ("US", "US"), DISAGREE),
        (&edges, ["-", "-", "-", "-"], ("US", "US"), DISAGREE),
        (&json!([["cloudfront", "mmdb"]]), ["US", "DE", "US", "IR"], ("FR", "FR"), "permit"),
        (&json!([["cloudfront", "mmdb"]]), ["US", "DE", "FR", "IR"], ("FR", "FR"), DISAGREE),
        (&json!([["delegations", "waf"]]), ["IR", "DE", "IR", "DE"], ("FR", "FR"), "permit"),
        (&json!([["delegations", "waf"]]), ["US", "US", "US", "DE"], ("US", "US"), DISAGREE),
        (&home, ["US", "-", "-", "-"], ("US", "US"), "permit"),
        (&home, ["DE", "-", "-", "-"], ("US", "DE"), "permit"), // headquartered in Germany
        (&home, ["US", "-", "-", "-"], ("US", "DE"), "permit"),
        (&home, ["FR", "-", "-", "-"], ("US", "DE"), DISAGREE),
        (&home, ["US", "-", "-", "-"], ("?", "US"), "permit"),
        (&home, ["US", "-", "-", "-"], ("?", "DE"), DISAGREE),
        (&home, ["US", "-", "-", "-"], ("?", "?"), DISAGREE),
        (&two, ["US", "-", "US", "FR"], ("FR", "FR"), "permit"),
        (&two, ["US", "-", "US", "US"], ("FR", "FR"), DISAGREE),
        (&two, ["US", "-", "FR", "FR"], ("FR", "FR"), DISAGREE),
    ];
    for (pairs, codes, (incorporated, headquartered), expected) in table {
        for (when, expected) in [("refuse", expected), ("permit", "permit")] {
            let setting = settings(&json!({ "must_agree": pairs, "inconsistent_destination": when }));
            let outcome = ask(&[setting], |s| {
                s.facts.signals = all(codes);
                s.facts.organisation = company("US");
                s.facts.organisation.incorporated_in = Country::parse(incorporated).ok();
                s.facts.organisation.headquartered_in = Country::parse(headquartered).ok();
            });
            assert_eq!(outcome, expected, "{when}: {pairs} {codes:?} {incorporated} {headquartered}");
        }
    }
}

#[test]
fn a_disagreement_is_reported_once_after_embargoes_and_no_licence_lifts_it() {
    let records = [
        settings(
            &json!({ "must_agree": [["mmdb", "cloudfront"], ["mmdb", "organisation"]], "impossible_travel": "refuse" }),
        ),
        embargo("e", json!({ "destinations": ["CU"] })),
    ];
    let outcome = ask(&records, |s| {
        s.to = to("CU");
        s.facts.signals = vec![signal(SignalSource::Mmdb, "CU"), signal(SignalSource::Cloudfront, "US")];
        s.facts.travel = Some(Travel { kilometres: 9000, minutes: 30 });
    });
    assert_eq!(outcome, "451 embargo.destination licence.missing destination.inconsistent");
    let open = with(licence("l"), &json!({ "embargoes": ["e"] }));
    let outcome =
        ask(&[&records[..], &[open]].concat(), |s| s.facts.travel = Some(Travel { kilometres: 9000, minutes: 30 }));
    assert_eq!(outcome, DISAGREE);
}

#[test]
fn impossible_travel_is_refused_only_if_the_setting_is_refuse() {
    let travelled = Some(Travel { kilometres: 9000, minutes: 30 });
    let table = [
        (json!({}), travelled, "permit"),
        (json!({ "impossible_travel": "observe" }), travelled, "permit"),
        (json!({ "impossible_travel": "refuse" }), travelled, DISAGREE),
        (json!({ "impossible_travel": "refuse" }), None, "permit"),
        (json!({ "impossible_travel": "refuse", "inconsistent_destination": "permit" }), travelled, "permit"),
    ];
    for (setting, travel, expected) in table {
        assert_eq!(ask(&[settings(&setting)], |s| s.facts.travel = travel), expected, "{setting} {travel:?}");
    }
}

// Spread

#[test]
fn spread_matches_from_its_limits_on() {
    let places = |hours, countries, networks| Places { countries, hours, networks };
    let both = json!({ "countries": 3, "networks": 40, "hours": 1 });
    let table = [
        (&both, vec![places(1, 2, 39)], "permit"),
        (&both, vec![places(1, 3, 3)], NETWORK),
        (&both, vec![places(1, 1, 40)], NETWORK),
        (&both, vec![places(1, 2, 39), places(24, 9, 99)], "permit"), // another embargo's window
        (&both, vec![places(24, 2, 2)], NETWORK),                     // not counted for this window
        (&both, vec![], NETWORK),
        (&json!({ "countries": 3, "hours": 24 }), vec![places(1, 3, 9), places(24, 2, 999)], "permit"),
        (&json!({ "countries": 3, "hours": 24 }), vec![places(1, 1, 1), places(24, 3, 3)], NETWORK),
        (&json!({ "networks": 40, "hours": 24 }), vec![places(24, 39, 39)], "permit"),
    ];
    for (limit, counted, expected) in table {
        let outcome = ask(&[embargo("e", json!({ "spread": limit }))], |s| s.facts.spread = counted.clone());
        assert_eq!(outcome, expected, "{limit} {counted:?}");
    }
    let by_name = with(licence("l"), &json!({ "embargoes": ["e"] }));
    let outcome = ask(&[embargo("e", json!({ "spread": both })), by_name], |s| s.facts.spread = vec![places(1, 3, 3)]);
    assert_eq!(outcome, "permit by l@1");
    let outcome =
        ask(&[embargo("e", json!({ "spread": both })), licence("l")], |s| s.facts.spread = vec![places(1, 3, 3)]);
    assert_eq!(outcome, "403 embargo.network licence.scope", "only a licence that names the embargo");
}

// IPv6

#[test]
fn an_ipv6_network_within_a_64_covers_the_whole_64() {
    let one = &["2001:db8:1:2::3"][..];
    let table: [(&[&str], &[&str], &str, &str); 17] = [
        (one, &[], "2001:db8:1:2::3", NETWORK),
        (one, &[], "2001:db8:1:2:ffff:ffff:ffff:ffff", NETWORK),
        (one, &[], "2001:db8:1:3::3", "permit"),
        (&["2001:db8:1:2:8000::/65"], &[], "2001:db8:1:2::1", NETWORK),
        (&["2001:db8:1:2::/64"], &[], "2001:db8:1:2::1", NETWORK),
        (&["2001:db8:1:2::/63"], &[], "2001:db8:1:4::1", "permit"),
        (&["2001:db8:1::/48"], &[], "2001:db8:1:ffff::1", NETWORK),
        (&["2001:db8:1::/48"], &[], "2001:db8:2::1", "permit"),
        (&["2002:c000:221::1"], &[], "2002:c000:221::2", NETWORK), // 6to4: behind one IPv4 address
        // An exception covers exactly its network.
        (&["2001:db8::/32"], one, "2001:db8:1:2::3", "permit"),
        (&["2001:db8::/32"], one, "2001:db8:1:2::4", NETWORK),
        (one, &["2001:db8:1:2::4"], "2001:db8:1:2::4", "permit"),
        (one, &["2001:db8:1:2::4"], "2001:db8:1:2::5", NETWORK),
        // Prefixes that embed IPv4 addresses are not widened.
        (&["::ffff:192.0.2.7"], &[], "::ffff:192.0.2.8", "permit"),
        (&["64:ff9b::192.0.2.7"], &[], "64:ff9b::192.0.2.8", "permit"),
        (&["64:ff9b:1::192.0.2.7"], &[], "64:ff9b:1::192.0.2.8", "permit"),
        (&["2001:0:53aa:64c:0:0:3fff:fdde"], &[], "2001:0:53aa:64c:0:0:3fff:fddf", "permit"),
    ];
    for (any_of, except, address, expected) in table {
        let networks = if except.is_empty() { json!(any_of) } else { json!({ "any_of": any_of, "except": except }) };
        let outcome =
            ask(&[embargo("e", json!({ "networks": networks }))], |s| s.addresses = vec![address.parse().unwrap()]);
        assert_eq!(outcome, expected, "{address} in {any_of:?} except {except:?}");
    }
}

// Headers

const OLD: &str = "sample-previous-secret";
const NEW: &str = "sample-current-secret";

fn distribution() -> Distribution {
    Distribution::parse(&format!("{OLD} {NEW}")).unwrap()
}

/// A request with these headers in each payload format: REST API with several values, REST API with single values, and
/// HTTP API (lower case, values joined by a comma).
fn requests(headers: &[(&str, &str)]) -> Vec<(&'static str, Request)> {
    let path = "/v1/models/m/invocations";
    let context = json!({"httpMethod": "POST", "authorizer": {"principalId": "app"}, "identity": {}});
    let mut rest = json!({"httpMethod": "POST", "path": path, "requestContext": context,
        "headers": {}, "multiValueHeaders": {"Accept": ["*/*"]}});
    let mut single =
        json!({"httpMethod": "POST", "path": path, "requestContext": context, "headers": {"Accept": "*/*"}});
    let mut http = json!({"version": "2.0", "rawPath": path, "headers": {}, "requestContext": {
        "http": {"method": "POST", "path": path}, "authorizer": {"lambda": {"principalId": "app"}}}});
    let mut is_single = true;
    for (name, value) in headers {
        let values = &mut rest["multiValueHeaders"][name];
        is_single &= values.is_null();
        *values = values.as_array().into_iter().flatten().cloned().chain([json!(value)]).collect();
        single["headers"][name] = json!(value);
        let values = &mut http["headers"][name.to_lowercase()];
        *values = json!(values.as_str().map_or_else(|| (*value).to_owned(), |values| format!("{values},{value}")));
    }
    let read =
        |event: Value| read(&event.to_string(), &distribution()).unwrap_or_else(|error| panic!("{error}: {event}"));
    let mut all = vec![("REST", read(rest)), ("HTTP", read(http))];
    if is_single {
        all.push(("REST, one value each", read(single)));
    }
    all
}

fn signals_of(request: &Request) -> Vec<String> {
    let text = |signal: &Signal| {
        assert!(signal.date.is_none() && signal.edition.is_none(), "a header has neither date nor edition");
        let country = signal.country.map_or("?".to_owned(), |country| country.to_string());
        format!("{:?} {country} {}", signal.source, signal.region.as_ref().map_or("?", |region| region.as_str()))
    };
    request.signals.iter().map(text).collect()
}

#[test]
fn location_headers_count_only_with_a_distribution_secret() {
    const C: &str = "CloudFront-Viewer-Country";
    const R: &str = "CloudFront-Viewer-Country-Region";
    const D: &str = "Distribution-Secret";
    const F: &str = "x-amzn-waf-distribution-secret";
    const WC: &str = "x-amzn-waf-country";
    const WR: &str = "x-amzn-waf-region";
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);
    let table: &[Case<'_>] = &[
        (&[(C, "US")], &[]),
        (&[(D, NEW)], &[]),
        (&[(D, NEW), (C, "US")], &["Cloudfront US ?"]),
        (&[(D, OLD), (C, "US")], &["Cloudfront US ?"]),
        (&[("distribution-SECRET", OLD), ("cloudFRONT-viewer-country", "US")], &["Cloudfront US ?"]),
        (&[(D, NEW), (C, "UA"), (R, "43")], &["Cloudfront UA UA-43"]),
        (&[(D, NEW), (C, "UA"), (R, "UA-43")], &["Cloudfront UA UA-43"]),
        (&[(D, NEW), (C, "UA"), (R, "US-CA")], &["Cloudfront UA ?"]),
        (&[(D, NEW), (C, "UA"), (R, "Crimea")], &["Cloudfront UA ?"]),
        (&[(D, NEW), (C, "UA"), (R, "43"), (R, "30")], &["Cloudfront UA ?"]),
        (&[(D, NEW), (R, "43")], &[]),
        (&[(D, NEW), (C, "XX"), (R, "43")], &["Cloudfront ? ?"]),
        (&[(D, NEW), (C, "us")], &["Cloudfront ? ?"]),
        (&[(D, NEW), (C, "")], &["Cloudfront ? ?"]),
        (&[(D, NEW), (C, "é")], &["Cloudfront ? ?"]),
        (&[(D, NEW), (C, "US"), (C, "US")], &["Cloudfront ? ?"]),
        (&[(D, "sample-foreign-secret"), (C, "US")], &[]),
        (&[(D, ""), (C, "US")], &[]),
        (&[(D, "é"), (C, "US")], &[]),
        (&[(D, &NEW[..NEW.len() - 1]), (C, "US")], &[]),
        (&[(D, NEW), (D, NEW), (C, "US")], &[]),
        (&[(D, NEW), (D, "another-one"), (C, "US")], &[]),
        (&[(WC, "US"), (WR, "US-CA")], &[]),
        (&[(D, NEW), (WC, "US"), (WR, "US-CA")], &["Waf US US-CA"]),
        (&[(D, NEW), (C, "DE"), (WC, "US")], &["Cloudfront DE ?", "Waf US ?"]),
        // The firewall's own secret proves only the firewall's headers.
        (&[(F, NEW), (WC, "US"), (WR, "CA")], &["Waf US US-CA"]),
        (&[(F, NEW), (C, "US")], &[]),
        (&[(F, NEW), (D, "another-one-of-them"), (C, "DE"), (WC, "US")], &["Waf US ?"]),
        (&[(F, NEW), (F, NEW), (WC, "US")], &[]),
        (&[(F, NEW), (WC, "US"), (WC, "DE")], &["Waf ? ?"]),
        (&[(F, "wrong"), (D, OLD), (C, "DE"), (WC, "US")], &["Cloudfront DE ?", "Waf US ?"]),
    ];
    for (headers, expected) in table {
        for (payload, request) in requests(headers) {
            assert_eq!(signals_of(&request), *expected, "{payload}: {headers:?}");
        }
    }
    // Without a configured secret an empty header proves nothing.
    let event = json!({"httpMethod": "POST", "path": "/v1/models/m/invocations", "headers": {D: "", C: "US"},
        "requestContext": {"httpMethod": "POST", "authorizer": {"principalId": "app"}, "identity": {}}});
    assert_eq!(read(&event.to_string(), &Distribution::default()).unwrap().signals, []);
}

#[test]
fn firewall_labels_against_the_caller_need_no_secret() {
    let (a, h) = ("x-amzn-waf-anonymous", "X-AMZN-WAF-Hosting");
    let table: [(&[(&str, &str)], Firewall); 6] = [
        (&[], Firewall { anonymous: false, hosting: false }),
        (&[(a, "1")], Firewall { anonymous: true, hosting: false }),
        (&[(h, "1")], Firewall { anonymous: false, hosting: true }),
        (&[(a, "1"), (h, "1")], Firewall { anonymous: true, hosting: true }),
        (&[(a, "")], Firewall { anonymous: true, hosting: false }),
        (&[(a, "0"), (a, "no"), (h, "é")], Firewall { anonymous: true, hosting: true }),
    ];
    for (headers, expected) in table {
        for (payload, request) in requests(headers) {
            assert_eq!(request.firewall, expected, "{payload}: {headers:?}");
        }
    }
}

#[test]
fn header_names_are_unique() {
    let mut names: Vec<String> = Header::ALL.iter().map(|header| header.name().to_lowercase()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), Header::ALL.len());
}
