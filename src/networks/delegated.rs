//! Pure. Expands listed networks to what one host controls: an IPv6 host can choose any address of its /64.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// The prefix length of the network that one host controls.
const HOST: u8 = 64;

/// The shortest prefix of a network whose addresses all embed IPv4 addresses in the same form.
const EMBEDDING: u8 = 96;

/// The network that a listed network stands for. An IPv6 prefix longer than /64 becomes its /64. A network of embedded IPv4
/// addresses becomes that IPv4 network, because its /64 would contain everyone.
#[must_use]
pub fn delegated(network: IpNet) -> IpNet {
    match network {
        IpNet::V4(network) => IpNet::V4(network.trunc()),
        IpNet::V6(network) => embedded(network).map_or_else(|| IpNet::V6(host(network)), IpNet::V4),
    }
}

fn host(network: Ipv6Net) -> Ipv6Net {
    Ipv6Net::new(network.network(), network.prefix_len().min(HOST)).unwrap_or(network).trunc()
}

/// Compatible, mapped (RFC 4291), translated (RFC 2765) and NAT64 (RFC 6052) networks.
fn embedded(network: Ipv6Net) -> Option<Ipv4Net> {
    let length = network.prefix_len().checked_sub(EMBEDDING)?;
    let address: Ipv6Addr = network.network();
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Ipv4Net::new(Ipv4Addr::new(a, b, c, d), length).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_host_stands_for_its_64_and_an_embedded_network_for_its_ipv4_network() {
        for (listed, stands_for) in [
            ("192.0.2.7/24", "192.0.2.0/24"),
            ("192.0.2.7/32", "192.0.2.7/32"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("2001:db8:0:1:2::/64", "2001:db8:0:1::/64"),
            ("2001:db8:0:1:2::/65", "2001:db8:0:1::/64"),
            ("2001:db8:0:1::7/128", "2001:db8:0:1::/64"),
            ("::/0", "::/0"),
            ("::ffff:192.0.2.7/128", "192.0.2.7/32"),
            ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::ffff:0:192.0.2.7/128", "192.0.2.7/32"),
            ("64:ff9b::192.0.2.7/128", "192.0.2.7/32"),
            ("::1/128", "0.0.0.1/32"),
            ("::/80", "::/64"),
            ("2002:c000:221::1/128", "2002:c000:221::/64"),
        ] {
            let network = |text: &str| text.parse::<IpNet>().unwrap();
            assert_eq!(delegated(network(listed)), network(stands_for), "{listed}");
        }
    }
}
