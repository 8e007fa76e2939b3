//! Pure. Finds the IPv4 address embedded in an IPv6 address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address, then the IPv4 address embedded in it, if there is one.
///
/// Mapped (RFC 4291, 2.5.5.2), IPv4-compatible (RFC 4291, 2.5.5.1), translated (RFC 2765), 6to4 (RFC 3056), NAT64
/// (RFC 6052, RFC 8215) and Teredo (RFC 4380).
#[must_use]
pub fn addresses(address: IpAddr) -> Vec<IpAddr> {
    match address {
        IpAddr::V4(_) => vec![address],
        IpAddr::V6(v6) => std::iter::once(address).chain(embedded(v6).map(IpAddr::V4)).collect(),
    }
}

fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None, // unspecified and loopback
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => of(high, low),
        [0x2002, high, low, ..] => of(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 1, _, _, _, high, low] => of(high, low),
        [0x2001, 0, _, _, _, _, high, low] => of(!high, !low), // Teredo inverts the client's bits
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ipv6_form_yields_the_embedded_ipv4_address() {
        for form in [
            "::ffff:192.0.2.33",
            "::192.0.2.33",
            "::ffff:0:192.0.2.33",
            "2002:c000:221::1",
            "64:ff9b::192.0.2.33",
            "64:ff9b:1:2:3:4:192.0.2.33",
            "2001:0:53aa:64c:0:0:3fff:fdde",
        ] {
            let address: IpAddr = form.parse().unwrap();
            assert_eq!(addresses(address), [address, "192.0.2.33".parse().unwrap()], "{form}");
        }
        for plain in ["192.0.2.33", "2001:db8::1", "::1", "::", "2001:4860:4860::8888"] {
            let address: IpAddr = plain.parse().unwrap();
            assert_eq!(addresses(address), [address]);
        }
    }
}
