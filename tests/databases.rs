//! Location and anonymity databases: layouts, invalid files, reloading, and reported age.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::world;
use crate::world::events::{invocation, rest};
use crate::world::mmdb::{DAY, Mmdb, bytes};
use crate::world::{World, ask, at};
use export_gate::decision::{Classified, RequestOrigin};
use export_gate::error_chain::ErrorChain;
use export_gate::evidence::{DELEGATIONS_DAYS, Location};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

fn load_anonymity(files: &[&Mmdb]) -> Location {
    let paths: Vec<PathBuf> = files.iter().map(|file| file.path().to_owned()).collect();
    Location::load(None, &paths).unwrap()
}

fn place_of(location: &Location, address: &str) -> RequestOrigin {
    location.of(Some(address.parse::<IpAddr>().unwrap()))
}

/// `class confidence last-seen` of every row found; `?` is an unknown class.
fn classes(place: &RequestOrigin) -> String {
    let one = |found: &Classified| {
        let class = found.class.map_or("?", |class| class.as_str()).to_owned();
        let confidence = found.confidence.map(|confidence| format!(" {confidence}"));
        let last_seen = found.last_seen.as_ref().map(|day| format!(" {day}"));
        [Some(class), confidence, last_seen].into_iter().flatten().collect::<String>()
    };
    place.network.found.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The classes that the databases cover.
fn covered(place: &RequestOrigin) -> String {
    place.network.covered.iter().map(|class| class.as_str()).collect::<Vec<_>>().join(" ")
}

const ADDRESS: &str = "6.51.100.1";
const NETWORK: &str = "6.51.100.0/24";

#[test]
fn each_layout_maps_to_its_classes() {
    let maxmind = "vpn tor public_proxy residential_proxy hosting";
    let ipinfo = "vpn tor public_proxy hosting relay";
    let all = "vpn tor public_proxy residential_proxy hosting relay";
    // A second row, so that the layout is recognised even if the first row is empty.
    let second_row = |layout: &str| match layout {
        "maxmind" => json!({"is_anonymous": true, "is_tor_exit_node": true}),
        "residential" => json!({"provider_name": "sample", "anonymizer_confidence": 5}),
        "ipinfo" => json!({"vpn": "true", "tor": ""}),
        _ => json!({"proxy_type": "TOR"}),
    };
    let table = [
        ("maxmind", maxmind, json!({"is_anonymous": true, "is_anonymous_vpn": true}), "vpn"),
        ("maxmind", maxmind, json!({"is_anonymous": true, "is_hosting_provider": true}), "hosting"),
        ("maxmind", maxmind, json!({"is_anonymous": true}), "?"),
        ("maxmind", maxmind, json!({"is_anonymous": false, "is_public_proxy": false}), ""),
        ("maxmind", maxmind, json!({}), ""),
        (
            "maxmind",
            maxmind,
            json!({"is_anonymous": true, "is_anonymous_vpn": true, "is_tor_exit_node": true, "is_public_proxy": true,
                "is_residential_proxy": true, "is_hosting_provider": true, "anonymizer_confidence": 30,
                "network_last_seen": "2026-11-02", "provider_name": "sample"}),
            "vpn 30 2026-11-02, tor 2026-11-02, public_proxy 2026-11-02, residential_proxy 2026-11-02, hosting",
        ),
        ("maxmind", maxmind, json!({"is_anonymous": true, "anonymizer_confidence": 99}), "? 99"),
        // An unreadable row may be of any class.
        ("maxmind", "", json!({"is_anonymous": true, "is_anonymous_vpn": "perhaps"}), "?"),
        ("maxmind", "", json!({"is_anonymous_vpn": true, "anonymizer_confidence": 300}), "?"),
        (
            "residential",
            "residential_proxy",
            json!({"provider_name": "sample", "anonymizer_confidence": 95, "network_last_seen": "2026-05-14"}),
            "residential_proxy 95 2026-05-14",
        ),
        (
            "residential",
            "residential_proxy",
            json!({"network_last_seen": "2026-05-14"}),
            "residential_proxy 2026-05-14",
        ),
        ("residential", "residential_proxy", json!({}), ""),
        (
            "ipinfo",
            ipinfo,
            json!({"hosting": "true", "proxy": "true", "relay": "true", "tor": "true", "vpn": "true", "service": ""}),
            "vpn, tor, public_proxy, hosting, relay",
        ),
        ("ipinfo", ipinfo, json!({"hosting": true, "relay": false, "vpn": true, "service": "Sample"}), "vpn, hosting"),
        ("ipinfo", ipinfo, json!({"hosting": "", "proxy": "", "relay": "", "tor": "", "vpn": "", "service": ""}), ""),
        ("ipinfo", ipinfo, json!({"relay": "True", "last_seen": "2026-11-01", "confidence": "3"}), "relay 2026-11-01"),
        ("ipinfo", ipinfo, json!({"service": "Sample"}), "?"),
        ("ip2proxy", all, json!({"proxy_type": "VPN", "country_code": "US", "last_seen": "4"}), "vpn 2026-11-16"),
        ("ip2proxy", all, json!({"proxy_type": "EPN", "last_seen": 4}), "vpn 2026-11-16"),
        ("ip2proxy", all, json!({"proxy_type": "TOR"}), "tor"),
        ("ip2proxy", all, json!({"proxy_type": "PUB", "last_seen": "-"}), "public_proxy"),
        ("ip2proxy", all, json!({"proxy_type": "WEB"}), "public_proxy"),
        ("ip2proxy", all, json!({"proxy_type": "RES"}), "residential_proxy"),
        ("ip2proxy", all, json!({"proxy_type": "DCH"}), "hosting"),
        ("ip2proxy", all, json!({"proxy_type": "CPN"}), "relay"),
        ("ip2proxy", all, json!({"proxy_type": "SES"}), ""),
        ("ip2proxy", all, json!({"proxy_type": "-"}), ""),
        ("ip2proxy", all, json!({"proxy_type": "NEW"}), "?"),
    ];
    for (layout, coverage, row, expected) in table {
        let file = Mmdb::new("Sample", &[(NETWORK, row.clone()), ("7.0.0.0/24", second_row(layout))]);
        let place = place_of(&load_anonymity(&[&file]), ADDRESS);
        assert_eq!((classes(&place).as_str(), covered(&place).as_str()), (expected, coverage), "{layout}: {row}");
        for found in &place.network.found {
            assert_eq!((found.source.as_str(), found.edition.as_deref()), ("mmdb:Sample", Some("2026-11-20")));
        }
    }
}

#[test]
fn classes_of_all_databases_and_embedded_addresses_are_combined() {
    let proxy = Mmdb::new("Proxies", &[(NETWORK, json!({"proxy_type": "PUB"}))]);
    let vpn = Mmdb::of_ipv4("Privacy", &[(NETWORK, json!({"vpn": "true"})), ("7.0.0.0/24", json!({"relay": "true"}))]);
    let v6 = Mmdb::new("Residential", &[("2002:633:6401::/48", json!({"provider_name": "sample"}))]);
    let location = load_anonymity(&[&proxy, &vpn, &v6]);
    let all = "vpn tor public_proxy residential_proxy hosting relay";
    for (address, expected, coverage) in [
        (ADDRESS, "vpn, public_proxy", all),
        ("::ffff:6.51.100.1", "vpn, public_proxy", all),
        ("64:ff9b::6.51.100.1", "vpn, public_proxy", all),
        ("2002:633:6401::1", "vpn, public_proxy, residential_proxy", all),
        ("7.0.0.1", "relay", all),
        ("2600::1", "", all),
    ] {
        let place = place_of(&location, address);
        assert_eq!((classes(&place).as_str(), covered(&place).as_str()), (expected, coverage), "{address}");
    }
    // A database of IPv4 networks only does not cover IPv6.
    let ipv4_only = load_anonymity(&[&vpn]);
    assert_eq!(covered(&place_of(&ipv4_only, "2600::1")), "");
    assert_eq!(covered(&place_of(&ipv4_only, "::ffff:8.8.8.8")), "vpn tor public_proxy hosting relay");
    assert_eq!(covered(&ipv4_only.of(None)), "");
    assert_eq!(covered(&place_of(&Location::delegations(), ADDRESS)), "");
}

#[test]
fn database_and_delegations_are_both_signals_and_special_ranges_have_no_country() {
    let city = Mmdb::new(
        "GeoIP2-City",
        &[
            (
                "8.8.8.0/24",
                json!({"country": {"iso_code": "UA"}, "subdivisions": [{"iso_code": "43"}],
                "location": {"latitude": 45.25, "longitude": 34.125, "accuracy_radius": 20}}),
            ),
            ("10.0.0.0/8", json!({"country": {"iso_code": "US"}})),
            ("100.64.0.0/10", json!({"country": {"iso_code": "US"}})),
            ("2001:db8::/32", json!({"country": {"iso_code": "US"}})),
            ("fc00::/7", json!({"country": {"iso_code": "US"}})),
        ],
    );
    let location = Location::open(city.path()).unwrap();
    let delegations = |country: Option<&str>| match country {
        Some(country) => {
            json!({"country": country, "date": "2026-11-01", "edition": "iptocc 1.4.175", "source": "delegations"})
        }
        None => json!({"date": "2026-11-01", "edition": "iptocc 1.4.175", "source": "delegations"}),
    };
    for address in ["8.8.8.8", "::ffff:8.8.8.8", "2002:808:808::1"] {
        let place = place_of(&location, address);
        let mmdb = json!({"country": "UA", "date": "2026-11-20", "edition": "GeoIP2-City 2026-11-20", "region": "UA-43", "source": "mmdb"});
        assert_eq!(serde_json::to_value(&place.signals).unwrap(), json!([mmdb, delegations(Some("US"))]), "{address}");
        let coordinates = place.coordinates.unwrap();
        assert_eq!((coordinates.latitude, coordinates.longitude, coordinates.radius), (4525, 3413, 20));
    }
    let special =
        ["10.0.0.1", "100.64.0.1", "2001:db8::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:a00:1::1"];
    for address in special {
        let place = place_of(&location, address);
        let mmdb = json!({"date": "2026-11-20", "edition": "GeoIP2-City 2026-11-20", "source": "mmdb"});
        assert_eq!(serde_json::to_value(&place.signals).unwrap(), json!([mmdb, delegations(None)]), "{address}");
        assert_eq!((place.to.country, place.coordinates), (None, None), "{address}");
    }
    let without = place_of(&Location::delegations(), "8.8.8.8");
    assert_eq!(serde_json::to_value(&without.signals).unwrap(), json!([delegations(Some("US"))]));
    assert_eq!(without.to.country.unwrap().to_string(), "US");
}

/// The errors for invalid files.
fn load_errors(location: Option<&Path>, anonymity: &[&Path]) -> Vec<String> {
    let anonymity: Vec<PathBuf> = anonymity.iter().map(|path| path.to_path_buf()).collect();
    let faults = Location::load(location, &anonymity).unwrap_err();
    faults.iter().map(|fault| ErrorChain(fault).to_string()).collect()
}

#[test]
fn a_database_without_the_needed_fields_is_refused_with_a_reason() {
    let country = Mmdb::new("GeoIP2-Country", &[(NETWORK, json!({"country": {"iso_code": "US"}}))]);
    let anonymous =
        Mmdb::new("GeoIP2-Anonymous-IP", &[(NETWORK, json!({"is_anonymous": true, "is_tor_exit_node": true}))]);
    let other = Mmdb::new("Other-Privacy", &[(NETWORK, json!({"is_anonymous": true, "is_vpn": true}))]);
    let empty = Mmdb::new("GeoIP2-Anonymous-IP", &[]);
    let hollow = Mmdb::new("GeoIP2-Anonymous-IP", &[(NETWORK, json!({}))]);
    let layouts = "without the fields of a supported layout: MaxMind Anonymous IP and Anonymous Plus, MaxMind Residential Proxy, IPinfo privacy, IP2Proxy";
    for (file, named) in [
        (&country, "GeoIP2-Country"),
        (&other, "Other-Privacy"),
        (&empty, "GeoIP2-Anonymous-IP"),
        (&hollow, "GeoIP2-Anonymous-IP"),
    ] {
        let errors = load_errors(None, &[file.path()]);
        assert_eq!(errors, [format!("{}: a `{named}` database {layouts}", file.path().display())]);
    }
    for file in [&anonymous, &empty] {
        let errors = load_errors(Some(file.path()), &[]);
        assert!(errors[0].contains("a `GeoIP2-Anonymous-IP` database without countries"), "{errors:?}");
    }
    let errors = load_errors(Some("/no/such.mmdb".as_ref()), &[anonymous.path(), country.path(), anonymous.path()]);
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors[0].starts_with("/no/such.mmdb: ") && errors[2].ends_with(": configured twice"), "{errors:?}");
    // A database with both kinds of fields can serve for both.
    let both = Mmdb::new("Both", &[(NETWORK, json!({"proxy_type": "VPN", "country_code": "US"}))]);
    assert!(Location::load(Some(both.path()), &[both.path().to_owned()]).is_ok());
}

#[test]
fn a_truncated_file_is_refused_and_a_damaged_file_never_panics() {
    let rows = [("6.0.0.0/8", json!({"vpn": true, "service": "Sample"})), ("9.0.0.0/8", json!({"relay": "true"}))];
    let whole = bytes(DAY, 4, "Sample", &rows);
    let file = Mmdb::of_bytes(&whole);
    assert_eq!(classes(&place_of(&load_anonymity(&[&file]), ADDRESS)), "vpn");
    for length in 0..whole.len() {
        file.becomes(&whole[..length]);
        assert_eq!(load_errors(None, &[file.path()]).len(), 1, "cut after {length} of {}", whole.len());
    }
    // Damage outside the probed addresses is detected too.
    let mut damaged = whole.clone();
    let last = damaged.windows(5).rposition(|bytes| bytes == b"relay").unwrap();
    damaged[last] = 0xff;
    file.becomes(&damaged);
    assert!(load_errors(None, &[file.path()])[0].contains(": damaged; download it again: "));
    let mut refused = 0;
    for place in 0..whole.len() {
        for bits in [0xff, 0x01, 0x80] {
            let mut damaged = whole.clone();
            damaged[place] ^= bits;
            file.becomes(&damaged);
            match Location::load(None, &[file.path().to_owned()]) {
                Ok(location) => {
                    drop(["6.0.0.1", "9.0.0.1", "1.0.0.1", "2600::1"].map(|address| place_of(&location, address)))
                }
                Err(faults) => refused += faults.len(),
            }
        }
    }
    assert!(refused > whole.len(), "{refused} of {} were refused", 3 * whole.len());
}

#[tokio::test]
async fn the_start_names_every_invalid_database() {
    let country = Mmdb::new("GeoIP2-Country", &[(NETWORK, json!({"country": {"iso_code": "US"}}))]);
    let good = Mmdb::new("Sample", &[(NETWORK, json!({"proxy_type": "VPN"}))]);
    let cut = Mmdb::of_bytes(&bytes(DAY, 6, "Sample", &[(NETWORK, json!({"proxy_type": "VPN"}))])[..500]);
    let paths = [&country, &good, &cut].map(|file| file.path().to_str().unwrap().to_owned());
    let variables = [
        ("GEO_DATABASE".to_owned(), good.path().to_str().unwrap().to_owned()),
        ("ANONYMITY_DATABASES".to_owned(), format!("{}:/no:", paths.join(":"))),
    ];
    let function = export_gate_local::function::Function::spawn(&world::binary(), &variables).await.unwrap();
    assert!(!function.exit_status(world::PATIENCE).await.unwrap().success());
    let output = function.stdout().all().join("\n");
    for expected in [
        format!("GEO_DATABASE: {}: a `Sample` database without countries", paths[1]),
        format!("ANONYMITY_DATABASES: {}: a `GeoIP2-Country` database", paths[0]),
        format!("ANONYMITY_DATABASES: {}: not a readable MMDB file", paths[2]),
        "ANONYMITY_DATABASES: /no: ".to_owned(),
        "CALLERS_TABLE is not set".to_owned(),
    ] {
        assert!(output.contains(&expected), "`{expected}` is not in {output}");
    }
    assert!(!output.contains(&format!("ANONYMITY_DATABASES: {}", paths[1])), "{output}");
}

#[tokio::test]
async fn a_vpn_hides_the_country_and_the_ledger_records_its_source() {
    let world = World::with_samples().await;
    let rows = [("8.8.8.0/24", json!({"vpn": "true"})), ("8.8.4.0/24", json!({"relay": "true"}))];
    let file = Mmdb::new("Privacy", &rows);
    let gate = world.gate_at(world.settings(), load_anonymity(&[&file]));
    for (address, status, code, class) in
        [("8.8.8.8", 403, "destination.unknown", "vpn"), ("8.8.4.4", 200, "", "relay")]
    {
        let event = invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").from(address);
        let answered = ask(&gate, &event.0, at("2026-11-22T12:00:00Z")).await;
        assert_eq!((answered.status, answered.code()), (status, code), "{address}");
        let entry = world.entry(answered.decision_id().unwrap()).await;
        let found = json!([{"class": class, "edition": "2026-11-20", "source": "mmdb:Privacy"}]);
        assert_eq!(entry["facts"]["network"]["found"], found, "{address}");
        assert_eq!(entry["facts"]["signals"][0]["country"], "US", "{address}");
    }
}

async fn health(gate: &export_gate::gate::Gate, now: Timestamp) -> Vec<Value> {
    let answered = ask(gate, &rest("GET", "/v1/health", "x").0, now).await;
    answered.body["databases"].as_array().unwrap().clone()
}

/// Checks the files for changes, and waits until changed ones are loaded.
async fn reload(gate: &export_gate::gate::Gate, now: &str) {
    if let Some(looking) = gate.location.reload_if_due(at(now)) {
        looking.await.unwrap();
    }
}

#[tokio::test]
async fn a_changed_file_is_reloaded_and_an_invalid_one_leaves_the_previous_one_in_use() {
    let world = World::with_samples().await;
    let country =
        |code: &str, made| bytes(made, 6, "GeoIP2-Country", &[(NETWORK, json!({"country": {"iso_code": code}}))]);
    let file = Mmdb::of_bytes(&country("US", DAY));
    let gate = world.gate_at(world.settings(), Location::open(file.path()).unwrap());
    let event = invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").from(ADDRESS);
    let asked = async |now: &str| ask(&gate, &event.0, at(now)).await.status;
    // (time, new content of the file, status: 451 if the address is in Iran, fault that health reports)
    let iran = country("IR", "2026-11-22T00:00:00Z");
    let anonymous = bytes(DAY, 6, "GeoIP2-Anonymous-IP", &[(NETWORK, json!({"is_tor_exit_node": true}))]);
    let steps: [(&str, Option<&[u8]>, u16, &str); 14] = [
        ("12:00:00", None, 200, ""),
        ("12:01:00", Some(&iran[..iran.len() / 2]), 200, ""),
        ("12:02:00", None, 200, "not a readable MMDB file"),
        ("12:03:00", Some(&anonymous), 200, "not a readable MMDB file"),
        ("12:03:30", None, 200, "not a readable MMDB file"),
        ("12:04:00", None, 200, "a `GeoIP2-Anonymous-IP` database without countries"),
        ("12:05:00", None, 200, "a `GeoIP2-Anonymous-IP` database without countries"),
        ("12:06:00", Some(&iran[..iran.len() - 1]), 200, "a `GeoIP2-Anonymous-IP` database"),
        // The file is still being written at the second check.
        ("12:07:00", Some(&iran), 200, "a `GeoIP2-Anonymous-IP` database"),
        ("12:07:59", None, 200, "a `GeoIP2-Anonymous-IP` database"),
        ("12:08:00", None, 451, ""),
        ("12:09:00", Some(b""), 451, ""),
        ("12:10:00", None, 451, "not a readable MMDB file"),
        ("12:11:00", Some(&iran), 451, ""),
    ];
    for (time, becomes, status, fault) in steps {
        if let Some(bytes) = becomes {
            file.becomes(bytes);
        }
        let now = format!("2026-11-22T{time}Z");
        reload(&gate, &now).await;
        assert_eq!(asked(&now).await, status, "{time}");
        let health = &health(&gate, at(&now)).await[0];
        let reported = health["fault"].as_str().unwrap_or_default();
        // In the last step, the file in use is written again with a new time; the next check clears the fault.
        if time != "12:11:00" {
            assert!(reported.starts_with(fault) && reported.is_empty() == fault.is_empty(), "{time}: {health}");
        }
        assert!(reported.is_empty() || reported.ends_with("; the previous file stays in use"), "{health}");
        assert!(!reported.contains('/'), "{health}");
        let edition = if status == 451 { "GeoIP2-Country 2026-11-22" } else { "GeoIP2-Country 2026-11-20" };
        assert_eq!(health["edition"], edition, "{time}");
    }
    std::fs::remove_file(file.path()).unwrap();
    reload(&gate, "2026-11-22T12:12:00Z").await;
    let health = &health(&gate, at("2026-11-22T12:12:00Z")).await[0];
    assert!(health["fault"].as_str().unwrap().starts_with("can't be accessed"), "{health}");
    assert_eq!(asked("2026-11-22T12:12:30Z").await, 451);
}

#[tokio::test]
async fn health_log_and_metrics_report_the_age_of_every_database() {
    let world = World::with_samples().await;
    let city = Mmdb::made("2026-10-01T06:00:00Z", "GeoIP2-City", &[(NETWORK, json!({"country": {"iso_code": "US"}}))]);
    let fresh = Mmdb::made("2026-11-20T06:00:00Z", "Privacy", &[(NETWORK, json!({"relay": "true"}))]);
    let gate = world.gate_at(world.settings(), Location::load(Some(city.path()), &[fresh.path().to_owned()]).unwrap());
    let name = |file: &Mmdb| file.path().file_name().unwrap().to_str().unwrap().to_owned();
    let now = at("2026-11-22T12:00:00Z");
    assert_eq!(
        health(&gate, now).await,
        [
            json!({"file": name(&city), "tells": "location", "type": "GeoIP2-City", "edition": "GeoIP2-City 2026-10-01",
                "date": "2026-10-01T06:00:00.000Z", "age_days": 52, "stale": true}),
            json!({"file": name(&fresh), "tells": "anonymity", "type": "Privacy", "edition": "Privacy 2026-11-20",
                "date": "2026-11-20T06:00:00.000Z", "age_days": 2, "stale": false}),
        ]
    );
    let event = invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").from(ADDRESS);
    let log = async |now: &str| ask(&gate, &event.0, at(now)).await.log.unwrap();
    // Health reported it today; tomorrow the log reports it again, once.
    assert_eq!(log("2026-11-22T13:00:00Z").await.database_problems, []);
    let tomorrow = log("2026-11-23T01:00:00Z").await;
    assert_eq!(tomorrow.databases, (1, 0));
    assert_eq!(tomorrow.database_problems, [(name(&city), "it is 52 days old; the limit is 30 days".to_owned())]);
    assert_eq!(log("2026-11-23T02:00:00Z").await.database_problems, []);
    let line = json!(export_gate::telemetry::log::metrics(&tomorrow, 0));
    assert_eq!((&line["StaleDatabases"], &line["FaultyDatabases"]), (&json!(1), &json!(0)));
    // The setting sets the limit.
    world.register(vec![json!({"kind": "setting", "id": "screening", "database_days": 60})]).await;
    assert_eq!(log("2026-11-23T03:00:00Z").await.databases, (0, 0));
    assert_eq!(log("2026-11-30T06:00:00Z").await.databases, (1, 0));
    assert_eq!(
        health(&world.gate(), now).await,
        [
            json!({"tells": "location", "type": "delegations", "edition": "iptocc 1.4.175", "date": "2026-11-01T06:11:23.000Z",
            "age_days": 21, "stale": false})
        ]
    );
}

#[tokio::test]
async fn compiled_in_delegations_have_their_own_age_limit() {
    let world = World::with_samples().await;
    world.register(vec![json!({"kind": "setting", "id": "screening", "database_days": 1})]).await;
    let gate = world.gate();
    let event = invocation("sample-us-app", "opus-4-8").person("sample-us-citizen");
    let published = at("2026-11-01T06:11:23Z");
    let limit = SignedDuration::from_hours(24 * i64::from(DELEGATIONS_DAYS));
    let report = format!("it is {DELEGATIONS_DAYS} days old; the limit is {DELEGATIONS_DAYS} days");
    for (age, stale, news) in
        [(limit - SignedDuration::from_secs(1), false, vec![]), (limit, true, vec![("delegations".to_owned(), report)])]
    {
        let now = published + age;
        let log = ask(&gate, &event.0, now).await.log.unwrap();
        assert_eq!((log.databases, log.database_problems), ((usize::from(stale), 0), news), "{now}");
        assert_eq!(health(&gate, now).await[0]["stale"], stale, "{now}");
    }
}
