//! Location of addresses: by MMDBs of each layout, by the registries' delegations, and by neither.

use std::net::IpAddr;

use crate::world;
use crate::world::events::{IN_GERMANY, IN_IRAN, IN_UKRAINE, IN_US, invocation};
use crate::world::mmdb::Mmdb;
use crate::world::{World, ask, at};
use export_gate::error_chain::ErrorChain;
use export_gate::evidence::Location;
use serde_json::{Value, json};

fn geoip2() -> Mmdb {
    let place = |country: &str, region: &str| json!({"country": {"iso_code": country, "names": {"en": "x"}}, "subdivisions": [{"iso_code": region}]});
    Mmdb::new(
        "GeoIP2-City",
        &[
            ("6.51.100.0/28", place("UA", "43")),
            ("6.51.100.16/28", place("UA", "30")),
            ("6.51.100.32/28", json!({"country": {"iso_code": "UA"}})),
            ("6.51.100.48/28", json!({"registered_country": {"iso_code": "US"}})),
            ("6.51.100.64/28", place("US", "CA")),
            ("2600:db8::/48", place("CU", "03")),
        ],
    )
}

fn place(location: &Location, address: &str) -> String {
    let to = location.of(Some(address.parse::<IpAddr>().unwrap())).to;
    let country = to.country.map_or("-".into(), |country| country.to_string());
    format!("{country} {}", to.region.map_or("-".into(), |region| region.as_str().to_owned()))
}

/// Countries with two levels of subdivisions, and one subdivision of each level.
const TWO_LEVELS: [(&str, &str, &str); 5] =
    [("GB", "ENG", "LND"), ("FR", "IDF", "75"), ("IT", "62", "RM"), ("ES", "CT", "B"), ("BE", "VLG", "VAN")];

#[tokio::test]
async fn an_embargo_on_a_region_of_any_level_applies() {
    let networks: Vec<String> = (0..).take(TWO_LEVELS.len()).map(|number| format!("6.51.{number}.0/24")).collect();
    let subdivided = |country: &str, codes: &[&str]| {
        let codes: Vec<Value> = codes.iter().map(|code| json!({"iso_code": code})).collect();
        json!({"country": {"iso_code": country}, "subdivisions": codes})
    };
    let of = TWO_LEVELS.iter().map(|(country, large, small)| subdivided(country, &[large, small]));
    let rows: Vec<(&str, Value)> = networks.iter().map(String::as_str).zip(of).collect();
    let file = Mmdb::new("GeoIP2-City", &rows);
    for ((country, large, small), number) in TWO_LEVELS.into_iter().zip(0..) {
        let address = format!("6.51.{number}.1");
        let location = Location::open(file.path()).unwrap();
        let to = location.of(Some(address.parse().unwrap())).to;
        assert_eq!(
            json!(to),
            json!({"country": country, "region": format!("{country}-{large}"),
                                     "subregions": [format!("{country}-{small}")]})
        );
        let by_each_level =
            [(json!([format!("{country}-{large}")]), 451), (json!([format!("{country}-{small}")]), 451)];
        let others = [
            (json!([country]), 451),
            (json!([format!("{country}-ZZZ")]), 200),
            (json!({"any_of": [country], "except": [format!("{country}-{small}")]}), 200),
            (json!({"any_of": [country], "except": [format!("{country}-{large}")]}), 200),
            (json!({"any_of": [format!("{country}-{large}")], "except": [format!("{country}-ZZZ")]}), 451),
        ];
        for (destinations, status) in by_each_level.into_iter().chain(others.into_iter().filter(|_| country == "GB")) {
            let world = World::with_samples().await;
            let embargo = json!({"kind": "embargo", "id": "region", "models": ["opus-4-8"], "effect": "licence_required",
                "applies_to": {"destinations": destinations}, "authority": "BIS", "citation": "Sample"});
            let licence = json!({"kind": "licence", "id": "other", "authority": "BIS", "reference": "x", "type": "licence",
                "models": ["opus-4-8"], "licensees": ["*"], "persons": "any", "destinations": [format!("{country}-ZZZ")]});
            world.register(vec![embargo, licence.clone()]).await;
            let location = || Location::open(file.path()).unwrap();
            assert_eq!(answered(&world, location(), &address).await.0, status, "{country}: {destinations}");
            if status == 451 {
                let mut licence = licence;
                licence["destinations"] = json!([format!("{country}-{small}")]);
                world.register(vec![licence]).await;
                assert_eq!(answered(&world, location(), &address).await.0, 200, "{country}: {destinations}, licensed");
            }
        }
    }
}

#[test]
fn mmdbs_of_each_layout_are_read() {
    let location = Location::open(geoip2().path()).unwrap();
    for (address, expected) in [
        ("6.51.100.1", "UA UA-43"),
        ("::ffff:6.51.100.1", "UA UA-43"),
        ("2002:633:6401::1", "UA UA-43"),
        ("64:ff9b::6.51.100.17", "UA UA-30"),
        ("6.51.100.33", "UA -"),
        ("6.51.100.49", "- -"),
        ("6.51.100.129", "- -"),
        ("2600:db8::1", "CU CU-03"),
    ] {
        assert_eq!(place(&location, address), expected, "{address}");
    }
    assert_eq!(
        (location.facts().source.as_str(), location.facts().edition.as_str()),
        ("mmdb", "GeoIP2-City 2026-11-20")
    );
    let flat =
        Mmdb::new("ipinfo lite", &[("6.51.100.0/24", json!({"country": "Cuba", "country_code": "CU", "asn": "AS1"}))]);
    assert_eq!(place(&Location::open(flat.path()).unwrap(), "6.51.100.1"), "CU -");
    let older = Mmdb::new("ipinfo country", &[("6.51.100.0/24", json!({"country": "CU", "country_name": "Cuba"}))]);
    assert_eq!(place(&Location::open(older.path()).unwrap(), "6.51.100.1"), "CU -");
}

#[test]
fn an_unusable_database_is_an_error() {
    let anonymous = Mmdb::new("GeoIP2-Anonymous-IP", &[("6.51.100.0/24", json!({"note": "x"}))]);
    let whole = std::fs::read(geoip2().path()).unwrap();
    let table = [
        (anonymous, "a `GeoIP2-Anonymous-IP` database without countries"),
        (Mmdb::of_bytes(b"no database at all"), "not a readable MMDB file"),
        (Mmdb::of_bytes(&whole[..whole.len() / 2]), "not a readable MMDB file"),
        (Mmdb::of_bytes(b""), "not a readable MMDB file"),
    ];
    for (file, expected) in table {
        let error = ErrorChain(&Location::open(file.path()).unwrap_err()).to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert!(Location::open("/no/such/file.mmdb".as_ref()).unwrap_err().to_string().contains("/no/such/file.mmdb"));
}

#[tokio::test]
async fn the_start_reports_the_database_with_every_other_error() {
    let variables =
        [("GEO_DATABASE".to_owned(), "/no/such/file.mmdb".to_owned()), ("MODEL_TIMEOUT".into(), "x".into())];
    let function = export_gate_local::function::Function::spawn(&world::binary(), &variables).await.unwrap();
    assert!(!function.exit_status(world::PATIENCE).await.unwrap().success());
    let output = function.stdout().all().join("\n");
    for name in ["CALLERS_TABLE", "MODEL_TIMEOUT", "GEO_DATABASE: /no/such/file.mmdb"] {
        assert!(output.contains(name), "{output}");
    }
}

/// The status, the code and the source of the location.
async fn answered(world: &World, location: Location, address: &str) -> (u16, String, Value) {
    let gate = world.gate_at(world.settings(), location);
    let event = invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").from(address);
    let answered = ask(&gate, &event.0, at("2026-11-22T12:00:00Z")).await;
    let entry = world.entry(answered.decision_id().unwrap()).await;
    (answered.status, answered.code().to_owned(), entry["facts"]["location"]["source"].clone())
}

#[tokio::test]
async fn the_region_decides_in_ukraine_and_an_unknown_region_is_refused() {
    let world = World::with_samples().await;
    let file = geoip2();
    let mmdb = || Location::open(file.path()).unwrap();
    let table = [
        (mmdb(), "6.51.100.1", 451, "embargo.destination"),
        (mmdb(), "6.51.100.17", 200, ""),
        (mmdb(), "6.51.100.33", 403, "destination.unknown"),
        (mmdb(), "6.51.100.49", 403, "destination.unknown"),
        (mmdb(), "6.51.100.65", 200, ""),
        (mmdb(), "2600:db8::1", 451, "embargo.destination"),
        (Location::delegations(), IN_UKRAINE, 403, "destination.unknown"),
        (Location::delegations(), IN_US, 200, ""),
        (Location::delegations(), IN_GERMANY, 200, ""),
        (Location::delegations(), IN_IRAN, 451, "embargo.destination"),
        (Location::delegations(), "10.0.0.1", 403, "destination.unknown"),
        (Location::delegations(), "100.64.0.1", 403, "destination.unknown"),
        // An unknown address matches every embargoed network.
        (Location::delegations(), "not an address", 403, "embargo.network"),
    ];
    for (location, address, status, code) in table {
        let source = location.facts().source.clone();
        assert_eq!(answered(&world, location, address).await, (status, code.to_owned(), json!(source)), "{address}");
    }
}
