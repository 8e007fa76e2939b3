//! `gatectl` on places: embargoes by network class and spread, settings, and agreement of explain, test and simulate with
//! the gate.

use crate::command::{Folder, Ran, gatectl, words};
use crate::world::events::{IN_GERMANY, IN_US, invocation};
use crate::world::{World, ask};
use export_gate::gate::Gate;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The options that all embargoes of these tests share.
const RULE: &str = "--model opus-4-8 --effect prohibited --authority OPERATOR --citation x";

/// The client of these tests.
const CLIENT: &str = "sample-us-service";

/// A command on the world's tables.
fn run(world: &World, line: &str) -> Ran {
    let tables = &world.tables;
    let line = line
        .replace("{register}", &format!("--register-table {}", tables.register))
        .replace("{callers}", &format!("--callers-table {}", tables.callers))
        .replace("{ledger}", &format!("--ledger-table {}", tables.ledger));
    gatectl(words(&format!("{line} --endpoint-url {}", world.relay.url())))
}

/// Runs a change with attribution and without confirmation.
fn change(world: &World, line: &str) -> Ran {
    run(world, &format!("{line} {{register}} --by officer-1 --why reason --yes"))
}

fn done(world: &World, line: &str) -> Ran {
    let ran = change(world, line);
    assert_eq!(ran.code, 0, "{line}: {}{}", ran.out, ran.err);
    ran
}

fn explain(world: &World, address: &str, more: &str) -> Ran {
    let ran = run(
        world,
        &format!("explain --client {CLIENT} --model opus-4-8 --address {address} {{register}} {{callers}} {more}"),
    );
    assert_eq!(ran.code, 0, "{more}: {}{}", ran.out, ran.err);
    ran
}

async fn asks(gate: &Gate, address: &str) -> String {
    let answered = ask(gate, &invocation(CLIENT, "opus-4-8").from(address).0, Timestamp::now()).await;
    if answered.status == 200 { "200".to_owned() } else { answered.code().to_owned() }
}

/// A world with a list of VPNs in force that has one address.
async fn with_vpn(address: &str) -> World {
    let world = World::with_samples().await;
    let list = world.network_edition(("nets", "vpn"), "1", &[&format!("{address}/32")]).await;
    world.register(vec![list]).await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embargo_by_network_class_is_enforced_and_explained() {
    let world = with_vpn(IN_GERMANY).await;
    let gate = world.gate();
    // The destination of a tunnel is unknown under any embargo.
    assert_eq!(asks(&gate, IN_GERMANY).await, "destination.unknown");
    let set = done(&world, "setting set tunnelled_destination=permit");
    assert!(set.err.contains("permits more: the country of a tunnel's exit"), "{}", set.err);
    assert_eq!(asks(&gate, IN_GERMANY).await, "200");
    let issued = done(&world, &format!("embargo issue vpns --network-class vpn {RULE}"));
    assert!(issued.err.contains(r#"applies_to  {"network_classes":["vpn"]}"#), "{}", issued.err);
    assert!(!issued.err.contains("note: "), "a list is its source: {}", issued.err);
    assert_eq!((asks(&gate, IN_GERMANY).await.as_str(), asks(&gate, IN_US).await.as_str()), ("embargo.network", "200"));
    let shown = explain(&world, IN_GERMANY, "").out;
    for part in
        ["Refuse (403): embargo.network.", "network-class (vpn) yes", "list:nets", "but the exit's country counts"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(shown.contains("no source for tor, public_proxy, residential_proxy, hosting, relay"), "{shown}");
    done(&world, "setting set tunnelled_destination=default");
    let json = explain(&world, IN_GERMANY, "--json").json();
    let to = &json["destination"];
    assert_eq!((&to["country"], &to["address_in"]["country"]), (&Value::Null, &json!("DE")), "{to}");
    assert_eq!(to["hidden_by"][0]["source"], "list:nets", "{to}");
    let text = explain(&world, IN_GERMANY, "").out;
    assert!(text.contains("hidden by   vpn by list:nets; `tunnelled_destination` is refuse"), "{text}");
    let listed = run(&world, "embargo list {register}").out;
    assert!(listed.contains("network_classes: vpn"), "{listed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn likely_mistakes_are_noted() {
    let world = with_vpn(IN_GERMANY).await;
    let cases = [
        (
            "embargo issue a --network-class tor --network-class vpn --except-network-class relay",
            &["`a` names `tor`, which no list in force covers", "`a` names `relay`", "the exception never holds"][..],
            &["`tor`, `vpn`"][..],
        ),
        ("embargo issue b --spread countries=2,hours=1", &["from 2 countries on"], &["networks on"]),
        ("embargo issue c --spread countries=3,networks=5,hours=1", &["from 5 networks on"], &["countries on"]),
        ("embargo issue d --spread countries=3,networks=40,hours=1", &[], &["note: "]),
        (
            "setting set must_agree=mmdb:cloudfront",
            &["needs the gate's GEO_DATABASE", "adds the gate's DISTRIBUTION_SECRET"],
            &["permits more"],
        ),
        ("setting set must_agree=default", &["`mmdb` and `cloudfront` need not agree"], &["GEO_DATABASE"]),
        ("setting set impossible_travel=refuse match_threshold=0.7", &[], &["note: "]),
        (
            "setting set impossible_travel=observe match_threshold=0.8 unknown_destination=permit",
            &["impossible travel does not refuse", "scores below the threshold", "an unknown country"],
            &[],
        ),
    ];
    for (line, notes, others) in cases {
        let rule = if line.starts_with("embargo") { RULE } else { "" };
        let ran = done(&world, &format!("{line} {rule}"));
        for note in notes {
            assert!(ran.err.contains("note: ") && ran.err.contains(note), "{line}: `{note}` in {}", ran.err);
        }
        for other in others {
            assert!(!ran.err.contains(other), "{line}: `{other}` in {}", ran.err);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_are_shown_and_invalid_ones_are_refused() {
    let world = World::with_samples().await;
    let before = run(&world, "setting show {register}");
    assert_eq!(before.code, 0, "{}", before.err);
    assert!(before.out.contains("database_days             30"), "{}", before.out);
    for (line, code, says) in [
        ("setting set", 2, "KEY=VALUE"),
        ("setting set unknown_regoin=permit", 2, "`unknown_region`"),
        ("setting set unknown_region=maybe", 2, "maybe"),
        ("setting set must_agree=mmdb", 2, "not a pair"),
        ("setting set database_days=1 database_days=2", 2, "given twice"),
        ("embargo issue x --network-class vpns", 2, "vpns"),
        ("embargo issue x --except-network-class vpn --everyone", 2, "--network-class"),
        ("embargo issue x --spread 3", 2, "write countries=3"),
        ("embargo issue x --spread countries=3", 2, "hours"),
        ("embargo issue x --spread countries=1,hours=1", 2, "expected 2 to 1000"),
        ("embargo issue x --spread countries=3,hours=169", 2, "expected 1 to 168"),
        ("embargo issue x --spread countries=3,countries=4,hours=1", 2, "given twice"),
        ("embargo issue x --spread cities=3,hours=1", 2, "cities"),
        ("embargo issue x --spread hours=1", 2, "countries"),
    ] {
        let rule = if line.starts_with("embargo") { RULE } else { "" };
        let ran = change(&world, &format!("{line} {rule}"));
        assert_eq!(ran.code, code, "{line}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(says), "{line}: `{says}` in {}", ran.err);
    }
    for (more, says) in [
        ("--signal geoip=DE", "expected cloudfront or waf"),
        ("--signal cloudfront=XX", "XX"),
        ("--signal DE", "SOURCE=PLACE"),
        ("--network-class none-such", "expected vpn"),
        ("--spread countries=2", "countries=2,networks=5"),
    ] {
        let ran =
            run(&world, &format!("explain --client a --model b --address unknown {{register}} {{callers}} {more}"));
        assert_eq!(ran.code, 2, "{more}: {}", ran.out);
        assert!(ran.err.contains(says), "{more}: `{says}` in {}", ran.err);
    }
    assert_eq!(run(&world, "setting show {register}").out, before.out, "nothing was written");

    let set = done(&world, "setting set must_agree=delegations:organisation,mmdb:waf database_days=7");
    assert!(set.err.contains("setting/screening"), "{}", set.err);
    assert!(done(&world, "setting set database_days=7").out.starts_with("Nothing was changed: "));
    done(&world, "setting set must_agree=default");
    let json = run(&world, "setting show {register} --json").json();
    let of = |name: &str| {
        json["settings"].as_array().unwrap().iter().find(|one| one["setting"] == name).unwrap()["value"].clone()
    };
    assert_eq!((of("database_days"), of("must_agree")), (json!(7), Value::Null));
    assert_eq!(json["versions"].as_array().unwrap().len(), 3, "{json}");
    // An unreadable record is reported, and not overwritten.
    world.register(vec![json!({"kind": "setting", "id": "screening", "unknown_region": "maybe"})]).await;
    let shown = run(&world, "setting show {register}");
    assert_eq!(shown.code, 1, "{}", shown.out);
    assert!(shown.out.contains("unreadable"), "{}", shown.out);
    let ran = change(&world, "setting set database_days=9");
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.out.contains("correct it first"), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn assumptions_are_explained_and_disagreeing_signals_are_named() {
    let world = World::with_samples().await;
    done(&world, "setting set must_agree=delegations:cloudfront");
    for (more, outcome, part) in [
        ("--signal cloudfront=US", "permit", "Signals: those that must agree do agree"),
        ("--signal cloudfront=DE", "refuse", "Signals: delegations and cloudfront must agree but don't"),
        ("", "refuse", "Signals: delegations and cloudfront must agree but don't"),
        ("--signal cloudfront=US --network-class vpn", "refuse", "hidden by   vpn by supposed"),
        ("--signal cloudfront=US --network-class none", "permit", "no class found"),
    ] {
        assert_eq!(explain(&world, IN_US, &format!("{more} --json")).json()["outcome"], outcome, "{more}");
        let text = explain(&world, IN_US, more).out;
        assert!(text.contains(part), "{more}: {text}");
    }
    done(&world, "setting set must_agree=default");
    done(&world, &format!("embargo issue spread --spread countries=3,networks=40,hours=1 {RULE}"));
    for (more, outcome) in [("countries=2,networks=39", "permit"), ("countries=3,networks=3", "refuse")] {
        let json = explain(&world, IN_US, &format!("--spread {more} --json")).json();
        assert_eq!(json["outcome"], outcome, "{more}: {json}");
    }
    let text = explain(&world, IN_US, "--spread countries=3,networks=3").out;
    assert!(text.contains("spread (3 countries or 40 networks in 1 h) yes"), "{text}");
    assert!(text.contains("Databases") && text.contains("compiled in"), "{text}");
    for (at, part) in [("2027-11-01T06:11:22Z", "current"), ("2027-11-01T06:11:23Z", "stale, from 365 days on")] {
        let text = explain(&world, IN_US, &format!("--at {at}")).out;
        assert!(text.lines().any(|line| line.contains("compiled in") && line.contains(part)), "{at}: {text}");
    }

    // A scenario can assume the same, and prints the options for `explain`.
    let folder = Folder::new("places");
    let given = |more: Value| {
        let mut given = json!({"client": CLIENT, "model": "opus-4-8", "address": IN_US, "at": "2026-11-24T12:00:00Z"});
        given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        given
    };
    let scenario = |more: Value, outcome: &str| json!({"name": more.to_string(), "given": given(more), "expect": {"outcome": outcome}});
    let tables = format!("--register-table {} --callers-table {}", world.tables.register, world.tables.callers);
    let all = json!([
        scenario(json!({"spread": {"countries": 2, "networks": 2}, "network": []}), "permit"),
        scenario(json!({"spread": {"countries": 3, "networks": 2}}), "refuse"),
        scenario(
            json!({"spread": {"countries": 1, "networks": 1}, "network": ["tor"], "signals": {"waf": "UA-43"}}),
            "refuse"
        ),
    ]);
    let ran = run(&world, &format!("test {} {tables}", folder.file("s.json", all.to_string())));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let more = json!({"spread": {"countries": 1, "networks": 1}, "network": ["tor"], "signals": {"waf": "UA-43"}});
    let failing = json!([scenario(more, "permit")]);
    let ran = run(&world, &format!("test {} {tables}", folder.file("f.json", failing.to_string())));
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let options = "--signal waf=UA-43 --network-class tor --spread countries=1,networks=1";
    assert!(ran.out.contains(options), "{}", ran.out);
    for (more, says) in [
        (json!({"signals": {"mmdb": "DE"}}), "expected cloudfront or waf"),
        (json!({"network": ["vpns"]}), "vpns"),
        (json!({"spread": {"cities": 1}}), "cities"),
        (json!({"netwrok": []}), "`network`"),
    ] {
        let file = folder.file("b.json", json!([scenario(more.clone(), "permit")]).to_string());
        let ran = run(&world, &format!("test {file} {tables}"));
        assert_eq!(ran.code, 2, "{more}: {}", ran.out);
        assert!(ran.err.contains(says), "{more}: `{says}` in {}", ran.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decisions_without_recorded_facts_are_not_simulated() {
    let world = World::with_samples().await;
    let gate = world.gate();
    assert_eq!(asks(&gate, IN_US).await, "200", "without a source for VPNs");
    let list = world.network_edition(("nets", "vpn"), "1", &[&format!("{IN_GERMANY}/32")]).await;
    world.register(vec![list, json!({"kind": "setting", "id": "screening", "tunnelled_destination": "permit"})]).await;
    assert_eq!((asks(&gate, IN_US).await, asks(&gate, IN_GERMANY).await), ("200".to_owned(), "200".to_owned()));
    let folder = Folder::new("simulate-places");
    let embargo = |applies_to: Value| {
        json!({"kind": "embargo", "id": "draft", "models": ["*"], "applies_to": applies_to, "effect": "prohibited",
               "authority": "OPERATOR", "citation": "x"})
    };
    let by_class = embargo(json!({"network_classes": ["vpn"]}));
    // draft, decisions that lose access, decisions that lack facts
    for (applies_to, lose, without_facts) in [
        (json!({"network_classes": ["vpn"]}), 1, 1),
        (json!({"network_classes": ["vpn"], "destinations": ["DE"]}), 1, 0),
        (json!({"network_classes": ["tor"]}), 0, 3),
        (json!({"spread": {"countries": 3, "hours": 1}}), 0, 3),
        (json!({"everyone": true}), 3, 0),
    ] {
        let draft = folder.file("d.json", json!([embargo(applies_to.clone())]).to_string());
        let json = run(&world, &format!("simulate --with {draft} --since 7d {{register}} {{ledger}} --json")).json();
        assert_eq!(
            (&json["lose"]["decisions"], &json["place_not_told"], &json["decisions"]),
            (&json!(lose), &json!(without_facts), &json!(3)),
            "{applies_to}: {json}"
        );
    }
    let draft = folder.file("d.json", json!([by_class]).to_string());
    let text = run(&world, &format!("simulate --with {draft} --since 7d {{register}} {{ledger}}")).out;
    assert!(text.contains("1 of them lacks facts on the network, spread or signals that the draft needs"), "{text}");
}
