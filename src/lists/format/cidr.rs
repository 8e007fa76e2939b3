//! Pure. Format `cidr`: a network or an address per line. Blank lines and comments after `#` or `;` are skipped.

use std::net::IpAddr;

use export_gate::record::NetworkClass;
use ipnet::IpNet;

use super::{Format, Read, Reading, Source, legible};
use crate::entry::Entry;

pub(super) const FORMAT: Format = Format {
    name: "cidr",
    about: "a network or an address a line, as X4BNet's lists and FireHOL's .netset and .ipset",
    read: Read::Networks(read),
};

fn read(sources: &[Source], _class: NetworkClass, reading: &mut Reading) {
    for source in sources {
        for (index, line) in source.text.lines().enumerate() {
            let text = line.split(['#', ';']).next().unwrap_or_default();
            if !text.trim().is_empty() {
                let before = text.chars().take_while(|letter| letter.is_whitespace()).count();
                let place = source.at(index.saturating_add(1), before.saturating_add(1));
                reading.take(place, network(text.trim()).map(Entry::Network));
            }
        }
    }
}

/// Parses a network like an embargo's: bits after the prefix are ignored.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let network = legible(text)?.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    narrow(network.map_err(|_| format!("`{text}` is not a network such as 192.0.2.0/24"))?)
}

/// Refuses a network of all addresses, which would refuse every request.
pub(super) fn narrow(network: IpNet) -> Result<IpNet, String> {
    if network.prefix_len() == 0 { Err(format!("`{network}` is every address")) } else { Ok(network.trunc()) }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::format::tests::networks_of;

    pub(in crate::format) const GOOD: &str = "\u{feff}# a list\r\n192.0.2.7/24 # a comment\r\n\r\n\
        \u{20} 2001:db8::/32\r\n198.51.100.7\n; another\n203.0.113.0/25 ; SAMPLE1\n203.0.113.128/25\t\t# 2026-11-24\n";

    #[test]
    fn a_line_is_a_network_or_is_rejected_with_its_place() {
        let bad = "192.0.2.0/33\n   bad\n0.0.0.0/0\n\u{fffd}\n192.0.2.0/24 198.51.100.0/24\n1.2.3.4/0\n::/0\n";
        let (networks, faults) = networks_of(FORMAT, NetworkClass::Vpn, &[("l.txt", GOOD), ("bad.txt", bad)]);
        let read = "192.0.2.0/24 2001:db8::/32 198.51.100.7/32 203.0.113.0/25 203.0.113.128/25";
        assert_eq!(networks.join(" "), read);
        assert_eq!(
            faults,
            [
                "bad.txt:1:1: `192.0.2.0/33` is not a network such as 192.0.2.0/24",
                "bad.txt:2:4: `bad` is not a network such as 192.0.2.0/24",
                "bad.txt:3:1: `0.0.0.0/0` is every address",
                "bad.txt:4:1: `\u{fffd}` is not UTF-8",
                "bad.txt:5:1: `192.0.2.0/24 198.51.100.0/24` is not a network such as 192.0.2.0/24",
                "bad.txt:6:1: `1.2.3.4/0` is every address",
                "bad.txt:7:1: `::/0` is every address",
            ]
        );
    }
}
