//! Pure. Special-purpose address ranges, which have no location, even if a database has one (RFC 6890, IANA's registries).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// First address, prefix length, and the defining document.
type Range<T> = (T, u32, &'static str);

#[rustfmt::skip]
const V4: &[Range<Ipv4Addr>] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, "RFC 791: this network"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "RFC 1918: private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "RFC 6598: carrier-grade NAT"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "RFC 1122: loopback"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "RFC 3927: link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "RFC 1918: private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "RFC 6890: protocol assignments"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "RFC 5737: documentation"),
    (Ipv4Addr::new(192, 31, 196, 0), 24, "RFC 7535: AS112, anycast"),
    (Ipv4Addr::new(192, 52, 193, 0), 24, "RFC 7450: AMT, anycast"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "RFC 7526: 6to4 relays, anycast"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "RFC 1918: private"),
    (Ipv4Addr::new(192, 175, 48, 0), 24, "RFC 7534: AS112, anycast"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "RFC 2544: benchmarking"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "RFC 5737: documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "RFC 5737: documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "RFC 5771: multicast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "RFC 1112: reserved; RFC 919: broadcast"),
];

/// Everything outside 2000::/3 is not global unicast: unspecified, loopback, discard-only (RFC 6666), segment routing (RFC
/// 9602), unique local (RFC 4193), link-local, site-local, multicast, or unassigned.
#[rustfmt::skip]
const V6: &[Range<Ipv6Addr>] = &[
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, 0), 3, "RFC 4291"),
    (Ipv6Addr::new(0x4000, 0, 0, 0, 0, 0, 0, 0), 2, "RFC 4291"),
    (Ipv6Addr::new(0x8000, 0, 0, 0, 0, 0, 0, 0), 1, "RFC 4291"),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "RFC 2928: protocol assignments, benchmarking (RFC 5180), ORCHID (RFC 7343)"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "RFC 3849: documentation"),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48, "RFC 7534: AS112, anycast"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "RFC 9637: documentation"),
];

/// Whether an address has no location. For an address with an embedded one, check the embedded one.
pub(super) fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => V4.iter().any(|(first, length, _)| same(v4.to_bits(), first.to_bits(), *length)),
        IpAddr::V6(v6) => V6.iter().any(|(first, length, _)| same_wide(v6.to_bits(), first.to_bits(), *length)),
    }
}

/// Whether the first `length` bits are equal.
fn same(one: u32, other: u32, length: u32) -> bool {
    (one ^ other).leading_zeros() >= length
}

fn same_wide(one: u128, other: u128, length: u32) -> bool {
    (one ^ other).leading_zeros() >= length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_is_special_up_to_its_boundaries() {
        let table = [
            ("0.0.0.0", "0.255.255.255", "1.0.0.0"),
            ("10.0.0.0", "10.255.255.255", "11.0.0.0"),
            ("100.64.0.0", "100.127.255.255", "100.128.0.0"),
            ("127.0.0.0", "127.255.255.255", "126.255.255.255"),
            ("169.254.0.0", "169.254.255.255", "169.255.0.0"),
            ("172.16.0.0", "172.31.255.255", "172.32.0.0"),
            ("192.0.0.0", "192.0.0.255", "192.0.1.0"),
            ("192.0.2.0", "192.0.2.255", "192.0.3.0"),
            ("192.31.196.0", "192.31.196.255", "192.31.197.0"),
            ("192.52.193.0", "192.52.193.255", "192.52.194.0"),
            ("192.88.99.0", "192.88.99.255", "192.88.100.0"),
            ("192.168.0.0", "192.168.255.255", "192.169.0.0"),
            ("192.175.48.0", "192.175.48.255", "192.175.49.0"),
            ("198.18.0.0", "198.19.255.255", "198.20.0.0"),
            ("198.51.100.0", "198.51.100.255", "198.51.101.0"),
            ("203.0.113.0", "203.0.113.255", "203.0.114.0"),
            ("224.0.0.0", "255.255.255.255", "223.255.255.255"),
            ("::", "1fff:ffff::", "2000::"),
            ("4000::", "ffff:ffff::", "3ffe::"),
            ("2001::", "2001:1ff:ffff::", "2001:200::"),
            ("2001:db8::", "2001:db8:ffff::", "2001:db9::"),
            ("2620:4f:8000::", "2620:4f:8000:ffff::", "2620:4f:8001::"),
            ("3fff::", "3fff:fff:ffff::", "3fff:1000::"),
        ];
        for (first, last, beside) in table {
            for (address, expected) in [(first, true), (last, true), (beside, false)] {
                assert_eq!(is_special(address.parse().unwrap()), expected, "{address}");
            }
        }
        for special in ["::1", "100::1", "5f00::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1"] {
            assert!(is_special(special.parse().unwrap()), "{special}");
        }
        for plain in ["8.8.8.8", "2001:4860:4860::8888", "2a00::1"] {
            assert!(!is_special(plain.parse().unwrap()), "{plain}");
        }
    }
}
