//! Pure. What is most often a slip in a list of networks, or means more than its importer may think.

use export_gate::networks::delegated;
use export_gate::record::NetworkClass;
use ipnet::{IpNet, Ipv4Net};

use super::edition::Edition;
use super::entry::Entry;
use crate::display::count;

/// Ranges from which nobody calls (IANA's registries of special-purpose addresses, RFC 6890).
const SPECIAL: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "100::/64",
    "2001:db8::/32",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];

/// From how many in a hundred of all IPv4 addresses on a list is called wide.
const WIDE: u64 = 5;

/// What is to be said of networks that are imported as a class, a sentence each; `passed_over` rows were of another.
pub(super) fn imported(entries: &[Entry], passed_over: usize, class: NetworkClass) -> Vec<String> {
    let class = class.as_str();
    let mut notes = Vec::new();
    if passed_over > 0 {
        let left_out = count(passed_over, "row is", "rows are");
        notes.push(format!("{left_out} of another type than those of the class `{class}`, and left out"));
    }
    let networks = || {
        entries.iter().filter_map(|entry| match entry {
            Entry::Network(network) => Some(*network),
            Entry::Party(_) => None,
        })
    };
    let special: Vec<IpNet> = SPECIAL.iter().filter_map(|range| range.parse().ok()).collect();
    let is_special = |network: &IpNet| special.iter().any(|range| range.contains(network));
    if let Some(first) = networks().find(is_special) {
        let many = count(networks().filter(is_special).count(), "entry lies", "entries lie");
        notes.push(format!("{many} in ranges for private or special use, from which nobody calls, such as `{first}`"));
    }
    let share = share(networks());
    if share >= WIDE {
        notes.push(format!(
            "it covers {share} in a hundred of all IPv4 addresses: whoever calls from there is on the class `{class}`"
        ));
    }
    notes
}

/// What it means that a list is in force.
pub(super) fn in_force(edition: &Edition) -> Option<String> {
    let class = edition.class.filter(|class| class.is_tunnel())?.as_str();
    Some(format!(
        "`{}` is of `{class}`, a tunnel: from the next request on whoever calls from one of its addresses has no known \
         destination, which is `destination.unknown` unless the settings permit that or say `tunnelled_destination: permit`",
        edition.list
    ))
}

/// How many in a hundred of all IPv4 addresses these networks have.
fn share(networks: impl Iterator<Item = IpNet>) -> u64 {
    let v4 = networks.filter_map(|network| match delegated(network) {
        IpNet::V4(network) => Some(network),
        IpNet::V6(_) => None,
    });
    let addresses = |network: &Ipv4Net| 1_u64.wrapping_shl(32_u32.saturating_sub(network.prefix_len().into()));
    let all: u64 = Ipv4Net::aggregate(&v4.collect()).iter().map(addresses).sum();
    all.saturating_mul(100) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told() {
        // the networks, how many rows were passed over, what is said
        for (networks, passed_over, expected) in [
            ("1.2.3.0/24 2a00::/16", 0, vec![]),
            ("1.2.3.0/24", 2, vec!["2 rows are of another type than those of the class `vpn`, and left out"]),
            (
                "1.2.3.0/24 10.1.0.0/16 fd00::/8 192.168.0.1/32",
                0,
                vec![
                    "3 entries lie in ranges for private or special use, from which nobody calls, such as `10.1.0.0/16`",
                ],
            ),
            (
                "127.0.0.1/32",
                0,
                vec![
                    "1 entry lies in ranges for private or special use, from which nobody calls, such as `127.0.0.1/32`",
                ],
            ),
            ("16.0.0.0/5", 0, vec![]),
            (
                "0.0.0.0/1 64.0.0.0/2 ::ffff:128.0.0.0/98",
                0,
                vec!["it covers 75 in a hundred of all IPv4 addresses: whoever calls from there is on the class `vpn`"],
            ),
        ] {
            let entries: Vec<Entry> =
                networks.split(' ').map(|network| Entry::Network(network.parse().unwrap())).collect();
            assert_eq!(imported(&entries, passed_over, NetworkClass::Vpn), expected, "{networks}");
        }
    }

    #[test]
    fn every_special_range_can_be_read() {
        assert!(SPECIAL.iter().all(|range| range.parse::<IpNet>().is_ok()));
    }
}
