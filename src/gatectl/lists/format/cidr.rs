//! Pure. `cidr`: a network or an address a line; blank lines, and what stands behind `#`, are passed over.

use std::net::IpAddr;

use export_gate::record::ListContent;
use ipnet::IpNet;

use super::{Format, Reading, Source, legible};
use crate::lists::entry::Entry;

pub(super) const FORMAT: Format =
    Format { name: "cidr", about: "a network a line", content: ListContent::Networks, read };

fn read(sources: &[Source], reading: &mut Reading) {
    for source in sources {
        for (index, line) in source.text.lines().enumerate() {
            let said = line.split('#').next().unwrap_or_default();
            if !said.trim().is_empty() {
                let before = said.chars().take_while(|letter| letter.is_whitespace()).count();
                let place = source.at(index.saturating_add(1), before.saturating_add(1));
                reading.take(place, network(said.trim()).map(Entry::Network));
            }
        }
    }
}

/// A network, as the gate reads an embargo's: what stands behind its prefix says nothing.
fn network(text: &str) -> Result<IpNet, String> {
    let network = legible(text)?.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let network: IpNet = network.map_err(|_| format!("`{text}` is no network such as 192.0.2.0/24"))?;
    if network.prefix_len() == 0 {
        return Err(format!("`{text}` is every address"));
    }
    Ok(network.trunc())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::lists::format) const GOOD: &str =
        "\u{feff}# a list\r\n192.0.2.7/24 # a comment\r\n\r\n  2001:db8::/32\r\n198.51.100.7\n";

    #[test]
    fn a_line_is_a_network_or_is_rejected_with_its_place() {
        let bad = b"192.0.2.0/33\n   bad\n0.0.0.0/0\n\xff\n192.0.2.0/24 198.51.100.0/24";
        let mut reading = Reading::default();
        read(&[Source::new("l.txt", &[GOOD.as_bytes(), bad].concat())], &mut reading);
        let networks: Vec<String> = reading.rows.iter().map(|row| format!("{:?}", row.entry)).collect();
        assert_eq!(networks, ["Network(192.0.2.0/24)", "Network(2001:db8::/32)", "Network(198.51.100.7/32)"]);
        let rejects: Vec<String> = reading.rejects.iter().map(ToString::to_string).collect();
        assert_eq!(
            rejects,
            [
                "l.txt:6:1: `192.0.2.0/33` is no network such as 192.0.2.0/24",
                "l.txt:7:4: `bad` is no network such as 192.0.2.0/24",
                "l.txt:8:1: `0.0.0.0/0` is every address",
                "l.txt:9:1: `\u{fffd}` is no UTF-8",
                "l.txt:10:1: `192.0.2.0/24 198.51.100.0/24` is no network such as 192.0.2.0/24",
            ]
        );
    }
}
