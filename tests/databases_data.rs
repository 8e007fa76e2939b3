//! Compares lookups in MaxMind's test databases with their source files (`source-data` of maxmind/MaxMind-DB). `DATA` names
//! the folder with the databases: `make prove-places DATA=folder`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use export_gate::evidence::Location;
use ipnet::IpNet;
use maxminddb::{Reader, WithinOptions};

/// Networks with non-empty rows in a source file, and the expected result.
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

/// Countries of networks `2a02:…::/29`, or of the given length; `-` has only a continent.
const IN_2A02: &str = "\
    cf40 NO, cf80 IL, cfc0 FR, d000 CH, d040 SE, d080 BH, d0c0 RU, d100 PL, d140 NO, d180 DE, d1c0 IT, d200 FI, \
    d240 BY, d280 CZ, d2c0 IR, d300 UA, d340 FR, d380 IR, d3c0 GB, d400 HU, d440 SE, d480 DE, d4c0/30 FI, \
    d4e0/30 DE, d500 -, d540 GB, d580 FR, d5c0 ES, d600 DE, d640 FR, d680/30 GB, d6a0/30 DE, d6c0 BG, d700 DE, \
    d740 CH, d780 IR, d7c0 FR, d800 RO, d840 RU, d880 RU, d8c0 NO, d900 SE, d940 BE, d980 TR, d9c0 TR, da00 DE, \
    da40 GB, da80 AT, dac0 RU, db00 DE, db40 RO, db80 RU, dbc0 RU, dc00 RU, dc40 TR, dc80 RU, dcc0 UA, dd00 AL, \
    dd40 GB, dd80 SE, ddc0 RU, de00 RU, de40 IL, de80 RU, dec0 LB, df00 IR, df40 TR, df80 GB, dfc0 IR, e000 FR, \
    e040 NL, e080 KW, e0c0 CH, e100 GB, e140 PL, e180 GB, e1c0 NL, e200/30 AT, e220/30 SA, e240 DE, e280 DE, \
    e2c0 IT, e300 BY, e340 NO, e380 IT, e3c0 FR, e400 SE, e440 DE, e480 RU, e4c0 NL, e500 FR, e540 RS, e580 NO, \
    e5c0 RU, e600/30 FR, e620/30 RU, e640 FR, e680 JO, e6c0 RU, e700 LY, e740 DE, e780 TR, e7c0 PL, e800 DE, \
    e840 RU, e880 RU, e900 IE, e940 RO, e980 IL, e9c0 SE, ea00 CH, ea40 GB, ea80 PL, eac0 PL, eb00 RU, eb40 GB, \
    eb80 RU, ebc0 FR, ec00 FR, ec40 RU, ec80 -, ecc0 AZ, ed00 NO, ed40 TR, ed80 DE, edc0 SA, ee00 UA, ee40 RU, \
    ee80 NL, eec0 SE, ef00 RU, ef40 RU, ef80 TR, efc0 RU, f000 CZ, f040 BH, f080/30 UA, f0a0/30 GB, f0c0 JO, \
    f100 GB, f140 DE, f180 FR, f1c0 UA, f200 DE, f240 IR, f280 FR, f2c0 RU, f300 NO, f340 DE, f380 GB, f3c0 PL, \
    f400 AE, f440 GB, f480 NO, f4c0 ES, f500 RU, f540/30 GB, f560/30 RU, f580 AM, f5c0 NL, f600 NL, f640 NL, \
    f680 RU, f6c0 RU, f700 LB, f740 PL, f780 SE, f7c0 PL, f800 RU, f840 NL, f880 DE, f8c0 PL, f900 IR, f940 HU, \
    f980 GB, f9c0 GB, fa00 SA, fa40 TR, fa80 DE, fac0 PL, fb00 DE, fb40 GB, fb80 IT, fbc0 PL, fc00 SE, fc40 DK, \
    fc80 NO, fcc0 GB, fd00 DE, fd40 IT, fd80 DK, fdc0 AT, fe00 NL, fe40 GB, fe80 IT, fec0 GB, ff00 IT, ff40 IM, \
    ff80 DE, ffc0 GI";

/// Countries of networks `2001:…::/32`, or of the given length.
const IN_2001: &str = "\
    218 JP, 230 KR, 238 TW, 240 JP, 250/31 CN, 252 CN, 254 CN, 256 CN, 258 JP, 260 JP, 268 JP, 270 KR, 278 JP, \
    280 KR, 288 TW, 290 KR, 298 JP, 2a0 JP, 2a8 JP, 2b0 KR, 2b8 KR, 2c0 JP, 2c8 JP, 2d8 KR, 2e0 HK, 2e8 JP, 2f0 \
    JP, 2f8 JP";

const OTHER_COUNTRIES: Stated = &[
    ("2001:220::/128", "SE"),
    ("2001:480:10::/48", "US"),
    ("2.125.160.216/29", "GB"),
    ("149.101.100.0/28", "US"),
    ("74.209.16.0/20", "US"),
    ("75.209.24.0/32", "US"),
    ("81.2.69.142/31", "GB"),
    ("81.2.69.144/28", "GB"),
    ("81.2.69.160/27", "GB"),
    ("81.2.69.192/28", "GB"),
    ("216.160.83.56/29", "US"),
    ("89.160.20.112/28", "SE"),
    ("89.160.20.128/25", "SE"),
    ("67.43.156.0/24", "BT"),
    ("202.196.224.0/20", "PH"),
    ("111.235.160.0/22", "CN"),
    ("175.16.199.0/24", "CN"),
    ("217.65.48.0/29", "GI"),
    ("50.114.0.0/22", "US"),
    ("214.1.1.0/24", ""),
    ("214.78.120.0/22", "US"),
];

fn data(file: &str) -> PathBuf {
    let folder =
        std::env::var("DATA").unwrap_or_else(|_| panic!("DATA is not set: name the folder with the databases"));
    PathBuf::from(folder).join("mmdb").join(file)
}

/// Every network of a database, including those without a row, and whether its row has data.
fn networks(file: &str) -> Vec<(IpNet, bool)> {
    let reader = Reader::open_readfile(data(file)).unwrap();
    let all = reader.networks(WithinOptions::default().include_networks_without_data()).unwrap();
    let of = |found: maxminddb::LookupResult<'_, Vec<u8>>| {
        let row: Option<BTreeMap<&str, serde::de::IgnoredAny>> = found.decode().unwrap();
        (found.network().unwrap().to_string().parse().unwrap(), row.is_some_and(|row| !row.is_empty()))
    };
    all.map(|found| of(found.unwrap())).collect()
}

/// Looks up the first and the last address of every network. Database and source file must have the same networks.
fn assert_matches(file: &str, stated: &BTreeMap<IpNet, String>, look_up: impl Fn(IpAddr) -> String) {
    let networks = networks(file);
    let mut missing = stated.clone();
    for (network, has_data) in &networks {
        let expected = missing.remove(network).unwrap_or_default();
        assert!(*has_data || expected.is_empty(), "{file}: {network} has no row");
        for address in [network.network(), network.broadcast()] {
            assert_eq!(look_up(address), expected, "{file}: {address} of {network}");
        }
    }
    assert!(missing.is_empty(), "{file}: networks missing from the database: {missing:?}");
    println!("{file}: {} networks match, {} of them from the source file", networks.len(), stated.len());
}

fn parsed(stated: Stated) -> BTreeMap<IpNet, String> {
    stated.iter().map(|(network, result)| (network.parse().unwrap(), (*result).to_owned())).collect()
}

#[test]
#[ignore = "needs MaxMind's test databases: make prove-places DATA=folder"]
fn anonymity_matches_maxminds_source_files() {
    for (file, stated) in
        [("GeoIP2-Anonymous-IP-Test.mmdb", ANONYMOUS_IP), ("GeoIP-Anonymous-Plus-Test.mmdb", ANONYMOUS_PLUS)]
    {
        let location = Location::load(None, &[data(file)]).unwrap();
        assert_matches(file, &parsed(stated), |address| {
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

#[test]
#[ignore = "needs MaxMind's test databases: make prove-places DATA=folder"]
fn countries_match_maxminds_source_file() {
    let file = "GeoIP2-Country-Test.mmdb";
    let mut stated = parsed(OTHER_COUNTRIES);
    for (prefix, length, table) in [("2a02", 29, IN_2A02), ("2001", 32, IN_2001)] {
        for (network, country) in table.split(", ").map(|one| one.split_once(' ').unwrap()) {
            let (middle, length) = match network.split_once('/') {
                Some((middle, length)) => (middle, length.parse().unwrap()),
                None => (network, length),
            };
            let network = format!("{prefix}:{middle}::/{length}").parse().unwrap();
            stated.insert(network, country.replace('-', ""));
        }
    }
    // 2001:220::/32 is Korean except its first address, which is Swedish: one network of each length.
    let first = u128::from("2001:220::".parse::<std::net::Ipv6Addr>().unwrap());
    for length in 33..=128_u8 {
        let address = std::net::Ipv6Addr::from(first | 1 << (128 - length));
        stated.insert(IpNet::new(address.into(), length).unwrap(), "KR".to_owned());
    }
    let location = Location::open(&data(file)).unwrap();
    assert_matches(file, &stated, |address| {
        let to = location.of(Some(address)).to;
        to.country.map(|country| country.to_string()).unwrap_or_default()
    });
}
