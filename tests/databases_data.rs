//! MaxMind's own test databases say what their source files state (`source-data` of maxmind/MaxMind-DB). They lie below the
//! folder that `DATA` names: `make prove-places DATA=folder`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test says loudly what is wrong")]

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use export_gate::evidence::Location;
use ipnet::IpNet;
use maxminddb::{Reader, WithinOptions};

/// What a source file states of the networks whose rows aren't empty.
type Stated = &'static [(&'static str, &'static str)];

const ANONYMOUS_IP: Stated = &[
    ("1.2.0.0/16", "vpn"),
    ("1.124.213.1/32", "vpn, tor"),
    ("81.2.69.0/24", "vpn, tor, public_proxy, residential_proxy, hosting"),
    ("71.160.223.0/24", "hosting"),
    ("186.30.236.0/24", "public_proxy"),
    ("65.0.0.0/13", "tor"),
    ("abcd:1000::/112", "public_proxy"),
    ("2001:480:3a::/64", "public_proxy"),
    ("6.1.0.0/31", "vpn"),
    ("6.1.0.2/32", "hosting"),
    ("6.1.0.3/32", "public_proxy"),
    ("6.1.0.4/32", "residential_proxy"),
];

const ANONYMOUS_PLUS: Stated = &[
    ("1.2.0.0/32", "vpn"),
    ("1.2.0.1/32", "vpn 30 2025-04-14"),
    ("1.2.0.2/32", "vpn 99"),
    ("1.2.0.3/32", "vpn 2025-04-14"),
    ("1.2.0.4/32", "vpn"),
    ("1.2.0.5/32", "vpn"),
    ("1.2.0.6/31", "vpn"),
    ("1.2.0.8/29", "vpn"),
    ("1.2.0.16/28", "vpn"),
    ("1.2.0.32/27", "vpn"),
    ("1.2.0.64/26", "vpn"),
    ("1.2.0.128/25", "vpn"),
    ("1.2.1.0/24", "vpn"),
    ("1.2.2.0/23", "vpn"),
    ("1.2.4.0/22", "vpn"),
    ("1.2.8.0/21", "vpn"),
    ("1.2.16.0/20", "vpn"),
    ("1.2.32.0/19", "vpn"),
    ("1.2.64.0/18", "vpn"),
    ("1.2.128.0/17", "vpn"),
    ("1.124.213.1/32", "vpn, tor"),
    ("81.2.69.0/24", "vpn, tor, public_proxy, residential_proxy, hosting"),
    ("71.160.223.0/24", "hosting"),
    ("186.30.236.0/24", "public_proxy"),
    ("65.0.0.0/13", "tor"),
    ("abcd:1000::/112", "public_proxy"),
    ("2001:480:3a::/64", "public_proxy"),
    ("55.0.0.4/32", "vpn"),
    ("6.1.0.0/31", "vpn"),
    ("6.1.0.2/32", "hosting"),
    ("6.1.0.3/32", "public_proxy"),
    ("6.1.0.4/32", "residential_proxy"),
];

fn data(file: &str) -> PathBuf {
    let folder = std::env::var("DATA").unwrap_or_else(|_| panic!("say where the data is: DATA=folder"));
    PathBuf::from(folder).join("mmdb").join(file)
}

/// Every network of a database, those without a row too, and whether its row says anything.
fn networks(file: &str) -> Vec<(IpNet, bool)> {
    let reader = Reader::open_readfile(data(file)).unwrap();
    let all = reader.networks(WithinOptions::default().include_networks_without_data()).unwrap();
    let of = |found: maxminddb::LookupResult<'_, Vec<u8>>| {
        let row: Option<BTreeMap<&str, serde::de::IgnoredAny>> = found.decode().unwrap();
        (found.network().unwrap().to_string().parse().unwrap(), row.is_some_and(|row| !row.is_empty()))
    };
    all.map(|found| of(found.unwrap())).collect()
}

/// Asks of the first and the last address of every network, and holds it to what is stated, both ways.
fn proved(file: &str, stated: &BTreeMap<IpNet, String>, ask: impl Fn(IpAddr) -> String) {
    let networks = networks(file);
    let mut unseen = stated.clone();
    for (network, says_anything) in &networks {
        let expected = unseen.remove(network).unwrap_or_default();
        assert!(*says_anything || expected.is_empty(), "{file}: {network} has no row");
        for address in [network.network(), network.broadcast()] {
            assert_eq!(ask(address), expected, "{file}: {address} of {network}");
        }
    }
    assert!(unseen.is_empty(), "{file}: the database has no such networks: {unseen:?}");
    println!("{file}: {} networks, {} of them stated, all as stated", networks.len(), stated.len());
}

fn parsed(stated: Stated) -> BTreeMap<IpNet, String> {
    stated.iter().map(|(network, says)| (network.parse().unwrap(), (*says).to_owned())).collect()
}

#[test]
#[ignore = "needs MaxMind's test databases: make prove-places DATA=folder"]
fn anonymity_is_as_maxminds_source_files_state() {
    for (file, stated) in
        [("GeoIP2-Anonymous-IP-Test.mmdb", ANONYMOUS_IP), ("GeoIP-Anonymous-Plus-Test.mmdb", ANONYMOUS_PLUS)]
    {
        let location = Location::load(None, &[data(file)]).unwrap();
        proved(file, &parsed(stated), |address| {
            let found = location.of(Some(address)).network.found;
            let one = |found: &export_gate::decision::Classified| {
                let confidence = found.confidence.map(|confidence| format!(" {confidence}")).unwrap_or_default();
                let last_seen = found.last_seen.as_ref().map(|day| format!(" {day}")).unwrap_or_default();
                format!("{}{confidence}{last_seen}", found.class.map_or("?", |class| class.as_str()))
            };
            found.iter().map(one).collect::<Vec<_>>().join(", ")
        });
    }
}
