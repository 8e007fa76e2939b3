//! Where a request comes from: classes of networks, tunnels, signals that must agree, spread and travel, as tables; and the
//! headers of CloudFront and the firewall, which count where the request proves its way.

use crate::common::{
    company, decided, embargo, group, licence, model, now, register, setting, subject, to, told, with,
};
use export_gate::decision::{Classified, NetworkFacts, Places, Subject, Travel};
use export_gate::record::NetworkClass;
use export_gate::request::{Distribution, Firewall, Header, Request, read};
use export_gate::terms::{Country, Signal, SignalSource};
use serde_json::{Value, json};

const NETWORK: &str = "403 embargo.network licence.missing";
const NOWHERE: &str = "403 destination.unknown";
const DISAGREE: &str = "403 destination.inconsistent";

/// What is told of `fable-5` under `records` to a US company's service in the US, changed.
fn ask(records: &[Value], change: impl FnOnce(&mut Subject)) -> String {
    let always = [model("fable-5@1"), group("E:2", &["CU"])];
    told(&decided("fable-5", &subject(change), &register(&[&always, records].concat())))
}

/// The setting, strict but for the changes.
fn settings(changes: &Value) -> Value {
    with(setting("refuse"), changes)
}

fn found(class: impl Into<Option<NetworkClass>>) -> Classified {
    let source = "list:sample".into();
    Classified { class: class.into(), confidence: None, edition: Some("1".into()), last_seen: None, source }
}

/// A network on which everything that is there is found, and of which everything is told.
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
fn each_class_is_found_absent_or_nobodys_to_tell() {
    // Tunnels hide the country too, which is another test's.
    let taken = settings(&json!({ "tunnelled_destination": "permit" }));
    for class in NetworkClass::ALL {
        let others = NetworkClass::ALL.into_iter().filter(|other| *other != class);
        let untold = |found: Vec<Classified>| NetworkFacts { found, covered: others.clone().collect() };
        let unspecified = if class.is_tunnel() { NETWORK } else { "permit" };
        let table = [
            ("nothing found", network([]), "permit"),
            ("found", network([found(class)]), NETWORK),
            ("found twice", network([found(class), found(class)]), NETWORK),
            ("every other found", network(others.clone().map(found)), "permit"),
            ("an anonymizer, nobody says of which class", network([found(None)]), unspecified),
            ("nobody tells of it", untold(Vec::new()), NETWORK),
            (
                "nobody tells of it, others found",
                untold(others.clone().map(found).collect()),
                if class == NetworkClass::Vpn { "permit" } else { NETWORK },
            ),
            ("found by what tells of nothing", untold(vec![found(class)]), NETWORK),
            ("nothing tells of anything", NetworkFacts::default(), NETWORK),
        ];
        for (case, network, expected) in table {
            let told = ask(&[taken.clone(), classes(&[class])], |s| s.facts.network = network);
            assert_eq!(told, expected, "{class:?}: {case}");
        }
        let told = ask(&[taken.clone(), classes(&[class])], |s| {
            s.facts.network = network([]);
            s.addresses.clear();
        });
        assert_eq!(told, NETWORK, "{class:?}: no address");
    }
}

#[test]
fn sources_are_believed_as_far_as_the_settings_say() {
    let by = |confidence: Option<u8>, last_seen: Option<&str>| Classified {
        confidence,
        last_seen: last_seen.map(str::to_owned),
        ..found(NetworkClass::Hosting)
    };
    let sure = || json!({ "anonymizer_confidence": 50 });
    let recent = || json!({ "anonymizer_days": 30 });
    let both = || json!({ "anonymizer_confidence": 50, "anonymizer_days": 30 });
    let table = [
        (json!({}), by(Some(1), Some("2000-01-01")), NETWORK),
        (sure(), by(Some(50), None), NETWORK),
        (sure(), by(Some(49), None), "permit"),
        (sure(), by(None, Some("2000-01-01")), NETWORK), // who doesn't say how sure it is is sure
        (recent(), by(None, Some("2026-06-20")), NETWORK),
        (recent(), by(None, Some("2026-05-21")), NETWORK),
        (recent(), by(None, Some("2026-05-20")), "permit"),
        (recent(), by(None, Some("2026-07-01")), NETWORK), // a day that is yet to come is not long ago
        (recent(), by(None, Some("lately")), NETWORK),
        (recent(), by(Some(1), None), NETWORK),
        (both(), by(Some(50), Some("2026-05-21")), NETWORK),
        (both(), by(Some(50), Some("2026-05-20")), "permit"),
        (both(), by(Some(49), Some("2026-05-21")), "permit"),
    ];
    for (setting, found, expected) in table {
        let records = [settings(&setting), classes(&[NetworkClass::Hosting])];
        let told = ask(&records, |s| s.facts.network = network([found.clone()]));
        assert_eq!(told, expected, "{setting}: {found:?}");
        // Another source that is sure says the same of the address.
        let sure = ask(&records, |s| s.facts.network = network([found, by(Some(99), Some("2026-06-20"))]));
        assert_eq!(sure, NETWORK, "{setting}");
    }
}

#[test]
fn a_relay_is_no_vpn_and_its_country_is_its_users() {
    use NetworkClass::{Relay, Tor, Vpn};
    let cuba = embargo("c", json!({ "destinations": ["CU"] }));
    let doubtful = Classified { confidence: Some(10), ..found(Relay) };
    let table: [(&str, Vec<Classified>, Value, &str); 7] = [
        ("a VPN's", vec![found(Vpn)], classes(&[Vpn]), "403 embargo.network licence.missing destination.unknown"),
        ("a relay on a list of VPNs", vec![found(Vpn), found(Relay)], classes(&[Vpn]), "permit"),
        ("asked for as a relay", vec![found(Vpn), found(Relay)], classes(&[Relay]), NETWORK),
        ("asked for as either", vec![found(Vpn), found(Relay)], classes(&[Vpn, Relay]), NETWORK),
        (
            "that is none for sure",
            vec![found(Vpn), doubtful],
            classes(&[Vpn]),
            "403 embargo.network licence.missing destination.unknown",
        ),
        ("in its country", vec![found(Vpn), found(Relay)], cuba.clone(), "permit"),
        ("that is Tor's too", vec![found(Vpn), found(Relay), found(Tor)], cuba.clone(), NOWHERE),
    ];
    for (case, found, embargo, expected) in table {
        let records = [settings(&json!({ "anonymizer_confidence": 50 })), embargo];
        assert_eq!(ask(&records, |s| s.facts.network = network(found)), expected, "{case}");
    }
    let told = ask(&[cuba], |s| {
        s.to = to("CU");
        s.facts.network = network([found(Vpn), found(Relay)]);
    });
    assert_eq!(told, "451 embargo.destination licence.missing");
}

#[test]
fn classes_may_be_excepted() {
    use NetworkClass::{Hosting, Relay, Vpn};
    let but = |any_of: &[NetworkClass], except: &[NetworkClass]| {
        embargo("e", json!({ "network_classes": { "any_of": any_of, "except": except } }))
    };
    let records = |embargo| [settings(&json!({ "tunnelled_destination": "permit" })), embargo];
    let table = [
        ("of it", but(&[Hosting], &[Relay]), network([found(Hosting)]), NETWORK),
        ("of it and excepted", but(&[Hosting], &[Relay]), network([found(Hosting), found(Relay)]), "permit"),
        ("excepted alone", but(&[Hosting], &[Relay]), network([found(Relay)]), "permit"),
        ("a VPN's data centre", but(&[Vpn], &[Hosting]), network([found(Hosting), found(Vpn)]), "permit"),
        // An exception that nobody knows is none.
        (
            "of it, nobody tells of the exception",
            but(&[Hosting], &[Relay]),
            NetworkFacts { found: vec![found(Hosting)], covered: vec![Hosting] },
            NETWORK,
        ),
        ("nobody tells of either", but(&[Hosting], &[Relay]), NetworkFacts::default(), NETWORK),
        (
            "nobody tells of it, excepted",
            but(&[Vpn], &[Hosting]),
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
    // (the setting, told without an embargo, of one on Cuba, of one on everyone that a licence lifts in the US)
    let table = [
        (json!({}), NOWHERE, NOWHERE, format!("{refused} destination.unknown")),
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
            let is_taken = setting.get("tunnelled_destination").is_some();
            assert_eq!(goes_to.is_none(), hides && !is_taken, "{case}");
            assert_eq!(subject.to, to("US"), "{case}: where the address is, is no secret");
        }
    }
}

#[test]
fn what_isnt_believed_hides_nothing() {
    let doubtful = Classified { confidence: Some(10), last_seen: Some("2026-01-01".into()), ..found(None) };
    for (setting, expected) in [
        (json!({}), NOWHERE),
        (json!({ "anonymizer_confidence": 11 }), "permit"),
        (json!({ "anonymizer_days": 30 }), "permit"),
    ] {
        let told = ask(&[settings(&setting)], |s| s.facts.network = network([doubtful.clone()]));
        assert_eq!(told, expected, "{setting}");
    }
}

// Regions

#[test]
fn an_unknown_region_is_the_settings_to_weigh() {
    let crimea = embargo("e", json!({ "destinations": ["UA-43"] }));
    let but = embargo("e", json!({ "destinations": { "any_of": ["UA"], "except": ["UA-30"] } }));
    let refused = "451 embargo.destination licence.missing";
    let table = [
        (&crimea, "UA", NOWHERE, "permit"),
        (&crimea, "UA-43", refused, refused),
        (&crimea, "UA-30", "permit", "permit"),
        (&crimea, "PL", "permit", "permit"),
        (&crimea, "?", NOWHERE, NOWHERE), // the country is unknown, not the region alone
        (&but, "UA-30", "permit", "permit"),
        (&but, "UA", NOWHERE, refused),
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
fn signals_that_must_agree_do_or_the_request_is_refused() {
    use SignalSource::{Cloudfront, Delegations, Mmdb, Waf};
    let all = |codes: [&str; 4]| -> Vec<Signal> {
        let told = [Mmdb, Delegations, Cloudfront, Waf].into_iter().zip(codes).filter(|(_, code)| *code != "-");
        told.map(|(source, code)| signal(source, code)).collect()
    };
    let edges = json!([["mmdb", "cloudfront"]]);
    let home = json!([["mmdb", "organisation"]]);
    let two = json!([["mmdb", "cloudfront"], ["organisation", "waf"]]);
    // (pairs, what mmdb, delegations, cloudfront and waf tell: `?` tells no country, `-` tells nothing, the organisation's)
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
        (&home, ["DE", "-", "-", "-"], ("US", "DE"), "permit"), // incorporated there, run from here
        (&home, ["US", "-", "-", "-"], ("US", "DE"), "permit"),
        (&home, ["FR", "-", "-", "-"], ("US", "DE"), DISAGREE),
        (&home, ["US", "-", "-", "-"], ("?", "US"), "permit"),
        (&home, ["US", "-", "-", "-"], ("?", "DE"), DISAGREE),
        (&home, ["US", "-", "-", "-"], ("?", "?"), DISAGREE),
        (&two, ["US", "-", "US", "FR"], ("FR", "FR"), "permit"),
        (&two, ["US", "-", "US", "US"], ("FR", "FR"), DISAGREE),
        (&two, ["US", "-", "FR", "FR"], ("FR", "FR"), DISAGREE),
    ];
    for (pairs, codes, (incorporated, run), expected) in table {
        for (when, expected) in [("refuse", expected), ("permit", "permit")] {
            let setting = settings(&json!({ "must_agree": pairs, "inconsistent_destination": when }));
            let told = ask(&[setting], |s| {
                s.facts.signals = all(codes);
                s.facts.organisation = company("US");
                s.facts.organisation.incorporated_in = Country::parse(incorporated).ok();
                s.facts.organisation.headquartered_in = Country::parse(run).ok();
            });
            assert_eq!(told, expected, "{when}: {pairs} {codes:?} {incorporated} {run}");
        }
    }
}

#[test]
fn a_disagreement_is_told_once_behind_the_law_and_is_nobodys() {
    let records = [
        settings(
            &json!({ "must_agree": [["mmdb", "cloudfront"], ["mmdb", "organisation"]], "impossible_travel": "refuse" }),
        ),
        embargo("e", json!({ "destinations": ["CU"] })),
    ];
    let told = ask(&records, |s| {
        s.to = to("CU");
        s.facts.signals = vec![signal(SignalSource::Mmdb, "CU"), signal(SignalSource::Cloudfront, "US")];
        s.facts.travel = Some(Travel { kilometres: 9000, minutes: 30 });
    });
    assert_eq!(told, "451 embargo.destination licence.missing destination.inconsistent");
    // No licence reaches it, since it is no embargo.
    let open = with(licence("l"), &json!({ "embargoes": ["e"] }));
    let told =
        ask(&[&records[..], &[open]].concat(), |s| s.facts.travel = Some(Travel { kilometres: 9000, minutes: 30 }));
    assert_eq!(told, DISAGREE);
}

#[test]
fn impossible_travel_is_observed_unless_the_settings_refuse_it() {
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
fn a_client_is_spread_too_wide_from_its_limits_on() {
    let places = |hours, countries, networks| Places { countries, hours, networks };
    let both = json!({ "countries": 3, "networks": 40, "hours": 1 });
    let table = [
        (&both, vec![places(1, 2, 39)], "permit"),
        (&both, vec![places(1, 3, 3)], NETWORK),
        (&both, vec![places(1, 1, 40)], NETWORK),
        (&both, vec![places(1, 2, 39), places(24, 9, 99)], "permit"), // another embargo's window
        (&both, vec![places(24, 2, 2)], NETWORK),                     // nobody counted this one's
        (&both, vec![], NETWORK),
        (&json!({ "countries": 3, "hours": 24 }), vec![places(1, 3, 9), places(24, 2, 999)], "permit"),
        (&json!({ "countries": 3, "hours": 24 }), vec![places(1, 1, 1), places(24, 3, 3)], NETWORK),
        (&json!({ "networks": 40, "hours": 24 }), vec![places(24, 39, 39)], "permit"),
    ];
    for (limit, counted, expected) in table {
        let told = ask(&[embargo("e", json!({ "spread": limit }))], |s| s.facts.spread = counted.clone());
        assert_eq!(told, expected, "{limit} {counted:?}");
    }
    let by_name = with(licence("l"), &json!({ "embargoes": ["e"] }));
    let told = ask(&[embargo("e", json!({ "spread": both })), by_name], |s| s.facts.spread = vec![places(1, 3, 3)]);
    assert_eq!(told, "permit by l@1");
    let told =
        ask(&[embargo("e", json!({ "spread": both })), licence("l")], |s| s.facts.spread = vec![places(1, 3, 3)]);
    assert_eq!(told, "403 embargo.network licence.scope", "by name only");
}

// IPv6

#[test]
fn a_network_within_a_64_is_the_whole_of_it() {
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
        // An exception is of no more than it says.
        (&["2001:db8::/32"], one, "2001:db8:1:2::3", "permit"),
        (&["2001:db8::/32"], one, "2001:db8:1:2::4", NETWORK),
        (one, &["2001:db8:1:2::4"], "2001:db8:1:2::4", "permit"),
        (one, &["2001:db8:1:2::4"], "2001:db8:1:2::5", NETWORK),
        // What stands before an IPv4 address is not one host's.
        (&["::ffff:192.0.2.7"], &[], "::ffff:192.0.2.8", "permit"),
        (&["64:ff9b::192.0.2.7"], &[], "64:ff9b::192.0.2.8", "permit"),
        (&["64:ff9b:1::192.0.2.7"], &[], "64:ff9b:1::192.0.2.8", "permit"),
        (&["2001:0:53aa:64c:0:0:3fff:fdde"], &[], "2001:0:53aa:64c:0:0:3fff:fddf", "permit"),
    ];
    for (any_of, except, address, expected) in table {
        let networks = if except.is_empty() { json!(any_of) } else { json!({ "any_of": any_of, "except": except }) };
        let told =
            ask(&[embargo("e", json!({ "networks": networks }))], |s| s.addresses = vec![address.parse().unwrap()]);
        assert_eq!(told, expected, "{address} in {any_of:?} but {except:?}");
    }
}

// Headers

const OLD: &str = "sample-secret-of-old-times";
const NEW: &str = "sample-secret-of-these-days";

fn distribution() -> Distribution {
    Distribution::parse(&format!("{OLD} {NEW}")).unwrap()
}

/// What is read of a request with these headers: as a REST API sends them, several values each for itself; as it sends
/// them where it gives one value each; as an HTTP API sends them, in lower case, several values joined by a comma.
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

fn said(request: &Request) -> Vec<String> {
    let text = |signal: &Signal| {
        assert!(signal.date.is_none() && signal.edition.is_none(), "it tells of this very request");
        let country = signal.country.map_or("?".to_owned(), |country| country.to_string());
        format!("{:?} {country} {}", signal.source, signal.region.as_ref().map_or("?", |region| region.as_str()))
    };
    request.signals.iter().map(text).collect()
}

#[test]
fn headers_tell_a_country_where_the_request_proves_its_way() {
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
        (&[(D, "sample-secret-of-other-folk"), (C, "US")], &[]),
        (&[(D, ""), (C, "US")], &[]),
        (&[(D, "é"), (C, "US")], &[]),
        (&[(D, &NEW[..NEW.len() - 1]), (C, "US")], &[]),
        (&[(D, NEW), (D, NEW), (C, "US")], &[]),
        (&[(D, NEW), (D, "another-one"), (C, "US")], &[]),
        (&[(WC, "US"), (WR, "US-CA")], &[]),
        (&[(D, NEW), (WC, "US"), (WR, "US-CA")], &["Waf US US-CA"]),
        (&[(D, NEW), (C, "DE"), (WC, "US")], &["Cloudfront DE ?", "Waf US ?"]),
        // The firewall stands before the API, and so also before who came past the distribution.
        (&[(F, NEW), (WC, "US"), (WR, "CA")], &["Waf US US-CA"]),
        (&[(F, NEW), (C, "US")], &[]),
        (&[(F, NEW), (D, "another-one-of-them"), (C, "DE"), (WC, "US")], &["Waf US ?"]),
        (&[(F, NEW), (F, NEW), (WC, "US")], &[]),
        (&[(F, NEW), (WC, "US"), (WC, "DE")], &["Waf ? ?"]),
        (&[(F, "wrong"), (D, OLD), (C, "DE"), (WC, "US")], &["Cloudfront DE ?", "Waf US ?"]),
    ];
    for (headers, expected) in table {
        for (payload, request) in requests(headers) {
            assert_eq!(said(&request), *expected, "{payload}: {headers:?}");
        }
    }
    // Without a secret nothing is proved, least of all by an empty one.
    let event = json!({"httpMethod": "POST", "path": "/v1/models/m/invocations", "headers": {D: "", C: "US"},
        "requestContext": {"httpMethod": "POST", "authorizer": {"principalId": "app"}, "identity": {}}});
    assert_eq!(read(&event.to_string(), &Distribution::default()).unwrap().signals, []);
}

#[test]
fn what_counts_against_the_caller_needs_no_proof() {
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
fn each_header_has_a_name_of_its_own() {
    let mut names: Vec<String> = Header::ALL.iter().map(|header| header.name().to_lowercase()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), Header::ALL.len());
}
