//! Pure. Limits on an imported list, and notes on likely mistakes and on effects that an operator may not expect.

use export_gate::networks::delegated;
use export_gate::record::NetworkClass;
use export_gate_lists::{Entry, Reject, UNCLOSED};
use ipnet::{IpNet, Ipv4Net};

use super::edition::{Edition, entry_count};
use crate::display::count;

/// Ranges that are not source addresses on the internet (IANA's special-purpose registries, RFC 6890).
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

/// The percentage of all IPv4 addresses from which a list gets a note.
const WIDE: u64 = 5;

/// Notes on an import of networks as a class; `skipped` rows are of another class.
pub(super) fn imported(entries: &[Entry], skipped: usize, class: NetworkClass) -> Vec<String> {
    let class = class.as_str();
    let mut notes = Vec::new();
    if skipped > 0 {
        let rows = count(skipped, "row is", "rows are");
        notes.push(format!("{rows} not of the class `{class}` and skipped"));
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
        let entries = count(networks().filter(is_special).count(), "entry lies", "entries lie");
        notes.push(format!(
            "{entries} in private or special-use ranges, such as `{first}`: requests never come from there"
        ));
    }
    let share = share(networks());
    if share >= WIDE {
        notes.push(format!(
            "the list covers {share} % of all IPv4 addresses: embargoes on the class `{class}` apply to all of them"
        ));
    }
    notes
}

/// A note on the effect of activating an edition.
pub(super) fn in_force(edition: &Edition) -> Option<String> {
    let class = edition.class.filter(|class| class.is_tunnel())?.as_str();
    Some(format!(
        "`{}` lists tunnels (`{class}`): from the next request, its addresses have no known destination, so requests \
         are refused with `destination.unknown` unless the settings permit that or set `tunnelled_destination: permit`",
        edition.list
    ))
}

/// The percentage of all IPv4 addresses in the networks.
fn share(networks: impl Iterator<Item = IpNet>) -> u64 {
    let v4 = networks.filter_map(|network| match delegated(network) {
        IpNet::V4(network) => Some(network),
        IpNet::V6(_) => None,
    });
    let addresses = |network: &Ipv4Net| 1_u64.wrapping_shl(32_u32.saturating_sub(network.prefix_len().into()));
    let all: u64 = Ipv4Net::aggregate(&v4.collect()).iter().map(addresses).sum();
    all.saturating_mul(100) >> 32
}

/// Limits that an operator may lift.
#[derive(clap::Args, Clone, Copy)]
pub(super) struct Allowed {
    /// Accept a list without entries
    #[arg(long)]
    allow_empty: bool,
    /// Accept a list that shrank by more than `--most-shrink`
    #[arg(long)]
    allow_shrink: bool,
    /// Limit how much a list may shrink, as a percentage of its entries
    #[arg(long, value_name = "PERCENT", default_value = "10", value_parser = clap::value_parser!(u64).range(0..=100))]
    most_shrink: u64,
    /// Skip up to N rows that can't be read, and print them
    #[arg(long, value_name = "N", default_value = "0")]
    allow_rejects: usize,
}

impl Allowed {
    /// Checks the rejected rows against `--allow-rejects`.
    pub(super) fn rejects(self, rejects: &[Reject]) -> Result<(), String> {
        if let Some(Reject { place, why }) = rejects.iter().find(|reject| reject.why == UNCLOSED) {
            return Err(format!("{place}: {why}, so the rows after it can't be read: correct the file"));
        }
        if rejects.len() <= self.allow_rejects {
            return Ok(());
        }
        let rows = crate::display::count(rejects.len(), "row", "rows");
        Err(format!("{rows} can't be read: correct them, or skip them with `--allow-rejects {}`", rejects.len()))
    }

    /// Checks the number of entries against the edition in force.
    pub(super) fn entries(self, entries: u64, in_force: Option<&Edition>) -> Result<(), String> {
        if entries == 0 {
            let error = "the list has no entries; if that is correct, add `--allow-empty`".to_owned();
            return if self.allow_empty { Ok(()) } else { Err(error) };
        }
        let Some(in_force) = in_force.filter(|_| !self.allow_shrink) else { return Ok(()) };
        let left = in_force.entries.saturating_mul(100_u64.saturating_sub(self.most_shrink));
        if entries.saturating_mul(100) >= left {
            return Ok(());
        }
        Err(format!(
            "the list has {}, and the edition `{}` in force has {}: it shrank by more than {} %; if that is correct, \
             add `--allow-shrink`",
            entry_count(entries),
            in_force.edition,
            in_force.entries,
            self.most_shrink
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likely_mistakes_are_noted() {
        // networks, skipped rows, notes
        for (networks, skipped, expected) in [
            ("1.2.3.0/24 2a00::/16", 0, vec![]),
            ("1.2.3.0/24", 2, vec!["2 rows are not of the class `vpn` and skipped"]),
            (
                "1.2.3.0/24 10.1.0.0/16 fd00::/8 192.168.0.1/32",
                0,
                vec![
                    "3 entries lie in private or special-use ranges, such as `10.1.0.0/16`: requests never come from there",
                ],
            ),
            (
                "127.0.0.1/32",
                0,
                vec![
                    "1 entry lies in private or special-use ranges, such as `127.0.0.1/32`: requests never come from there",
                ],
            ),
            ("16.0.0.0/5", 0, vec![]),
            (
                "0.0.0.0/1 64.0.0.0/2 ::ffff:128.0.0.0/98",
                0,
                vec!["the list covers 75 % of all IPv4 addresses: embargoes on the class `vpn` apply to all of them"],
            ),
        ] {
            let entries: Vec<Entry> =
                networks.split(' ').map(|network| Entry::Network(network.parse().unwrap())).collect();
            assert_eq!(imported(&entries, skipped, NetworkClass::Vpn), expected, "{networks}");
        }
    }

    #[test]
    fn every_special_range_is_a_network() {
        assert!(SPECIAL.iter().all(|range| range.parse::<IpNet>().is_ok()));
    }
}
