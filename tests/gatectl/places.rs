//! Places: embargoes by network class and spread, and settings. `explain`, `test` and `simulate` agree with the gate.

use crate::command::{Folder, Ran, Transcript, assert_commands, assert_snapshot, gatectl, words};
use crate::world::events::{IN_GERMANY, IN_US, invocation};
use crate::world::{World, ask};
use export_gate::gate::Gate;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The options that all embargoes of these tests share.
const RULE: &str = "--model opus-4-8 --effect prohibited --authority OPERATOR --citation x";

/// The client of these tests.
const CLIENT: &str = "sample-us-service";

/// Runs a command on the world's tables.
fn run(world: &World, line: &str) -> Ran {
    let tables = &world.tables;
    let line = line
        .replace("{register}", &format!("--register-table {}", tables.register))
        .replace("{callers}", &format!("--callers-table {}", tables.callers))
        .replace("{ledger}", &format!("--ledger-table {}", tables.ledger));
    gatectl(words(&format!("{line} --endpoint-url {}", world.relay.url())))
}

/// Runs a change with attribution and without confirmation.
fn run_attributed(world: &World, line: &str) -> Ran {
    run(world, &format!("{line} {{register}} --by officer-1 --why reason --yes"))
}

fn run_ok(world: &World, line: &str) -> Ran {
    let ran = run_attributed(world, line);
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

/// A world with a list of VPNs in force, with one address.
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
    let set = run_ok(&world, "setting set tunnelled_destination=permit");
    assert!(set.err.contains("note: "), "{}", set.err);
    assert_eq!(asks(&gate, IN_GERMANY).await, "200");
    let issued = run_ok(&world, &format!("embargo issue vpns --network-class vpn {RULE}"));
    assert!(issued.err.contains(r#"applies_to  {"network_classes":["vpn"]}"#), "{}", issued.err);
    assert!(!issued.err.contains("note: "), "a list is its source: {}", issued.err);
    assert_eq!((asks(&gate, IN_GERMANY).await.as_str(), asks(&gate, IN_US).await.as_str()), ("embargo.network", "200"));
    let shown = explain(&world, IN_GERMANY, "--at 2026-11-24T12:00:00Z").out;
    assert_snapshot("explain-network-class", &shown);
    run_ok(&world, "setting set tunnelled_destination=default");
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
    let embargoes = [
        "embargo issue a --network-class tor --network-class vpn --except-network-class relay",
        "embargo issue b --spread countries=2,hours=1",
        "embargo issue c --spread countries=3,networks=5,hours=1",
        "embargo issue d --spread countries=3,networks=40,hours=1",
    ];
    assert_commands("embargo-notes", 0, embargoes, |line| run_ok(&world, &format!("{line} {RULE}")));
    let settings = [
        "setting set must_agree=mmdb:cloudfront",
        "setting set must_agree=default",
        "setting set impossible_travel=refuse match_threshold=0.7",
        "setting set impossible_travel=observe match_threshold=0.8 unknown_destination=permit",
    ];
    assert_commands("setting-notes", 0, settings, |line| run_ok(&world, line));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_are_shown_and_invalid_ones_are_refused() {
    let world = World::with_samples().await;
    let before = run(&world, "setting show {register}");
    assert_eq!(before.code, 0, "{}", before.err);
    assert_snapshot("setting-show", &before.out);
    let lines = [
        "setting set",
        "setting set unknown_regoin=permit",
        "setting set unknown_region=maybe",
        "setting set must_agree=mmdb",
        "setting set database_days=1 database_days=2",
        "embargo issue x --network-class vpns",
        "embargo issue x --except-network-class vpn --everyone",
        "embargo issue x --spread 3",
        "embargo issue x --spread countries=3",
        "embargo issue x --spread countries=1,hours=1",
        "embargo issue x --spread countries=3,hours=169",
        "embargo issue x --spread countries=3,countries=4,hours=1",
        "embargo issue x --spread cities=3,hours=1",
        "embargo issue x --spread hours=1",
    ];
    assert_commands("places-refused", 2, lines, |line| {
        run_attributed(&world, &format!("{line} {}", if line.starts_with("embargo") { RULE } else { "" }))
    });
    let lines = [
        "--signal geoip=DE",
        "--signal cloudfront=XX",
        "--signal DE",
        "--network-class none-such",
        "--spread countries=2",
    ];
    let request = "explain --client a --model b --address unknown {register} {callers}";
    assert_commands("explain-places-refused", 2, lines, |more| run(&world, &format!("{request} {more}")));
    assert_eq!(run(&world, "setting show {register}").out, before.out, "nothing was written");

    let set = run_ok(&world, "setting set must_agree=delegations:organisation,mmdb:waf database_days=7");
    assert!(set.err.contains("setting/screening"), "{}", set.err);
    assert!(run_ok(&world, "setting set database_days=7").out.starts_with("Nothing was changed: "));
    run_ok(&world, "setting set must_agree=default");
    let json = run(&world, "setting show {register} --json").json();
    let of = |name: &str| {
        json["settings"].as_array().unwrap().iter().find(|one| one["setting"] == name).unwrap()["value"].clone()
    };
    assert_eq!((of("database_days"), of("must_agree")), (json!(7), Value::Null));
    assert_eq!(json["versions"].as_array().unwrap().len(), 3, "{json}");
    // An unreadable record is reported, and not overwritten.
    world.register(vec![json!({"kind": "setting", "id": "screening", "unknown_region": "maybe"})]).await;
    assert_commands("setting-show-unreadable", 1, ["setting show {register}"], |line| run(&world, line));
    assert_commands("setting-set-unreadable", 2, ["setting set database_days=9"], |line| run_attributed(&world, line));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn assumptions_are_explained_and_disagreeing_signals_are_named() {
    let world = World::with_samples().await;
    run_ok(&world, "setting set must_agree=delegations:cloudfront");
    let mut shown = String::new();
    for (more, outcome) in [
        ("--signal cloudfront=US", "permit"),
        ("--signal cloudfront=DE", "refuse"),
        ("", "refuse"),
        ("--signal cloudfront=US --network-class vpn", "refuse"),
        ("--signal cloudfront=US --network-class none", "permit"),
    ] {
        assert_eq!(explain(&world, IN_US, &format!("{more} --json")).json()["outcome"], outcome, "{more}");
        let text = explain(&world, IN_US, &format!("--at 2026-11-24T12:00:00Z {more}")).out;
        let (signals, _) = text.split_once("\n\nEmbargoes on").unwrap();
        shown += &format!("$ explain {more}\n{signals}\n\n");
    }
    assert_snapshot("explain-signals", &shown);
    run_ok(&world, "setting set must_agree=default");
    run_ok(&world, &format!("embargo issue spread --spread countries=3,networks=40,hours=1 {RULE}"));
    for (more, outcome) in [("countries=2,networks=39", "permit"), ("countries=3,networks=3", "refuse")] {
        let json = explain(&world, IN_US, &format!("--spread {more} --json")).json();
        assert_eq!(json["outcome"], outcome, "{more}: {json}");
    }
    let at = "--at 2026-11-24T12:00:00Z";
    assert_snapshot("explain-spread", &explain(&world, IN_US, &format!("--spread countries=3,networks=3 {at}")).out);
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
    let mut transcript = Transcript::default();
    for more in [
        json!({"signals": {"mmdb": "DE"}}),
        json!({"network": ["vpns"]}),
        json!({"spread": {"cities": 1}}),
        json!({"netwrok": []}),
    ] {
        let file = folder.file("b.json", json!([scenario(more.clone(), "permit")]).to_string());
        let ran = run(&world, &format!("test {file} {tables}"));
        assert_eq!(ran.code, 2, "{more}: {}", ran.out);
        transcript.add(&more.to_string(), &ran);
    }
    transcript.assert_snapshot("scenario-places-invalid");
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
    assert_snapshot("simulate-without-facts", &text);
}
