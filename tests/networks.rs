//! The index of networks: look-ups compared with a plain scan, and damaged bytes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use export_gate::networks::{Index, NotAnIndex, build, delegated};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use proptest::collection::vec;
use proptest::prelude::*;

fn networks(text: &str) -> Vec<IpNet> {
    text.split_whitespace().map(|network| network.parse().unwrap()).collect()
}

fn index(networks: &[IpNet]) -> Index {
    Index::load(build(networks)).unwrap()
}

#[test]
fn an_address_is_on_a_list_if_a_network_contains_it() {
    // (the list, addresses on it, other addresses)
    for (list, on, off) in [
        ("", "", "0.0.0.0 255.255.255.255 :: ffff::"),
        ("192.0.2.0/24", "192.0.2.0 192.0.2.255", "192.0.1.255 192.0.3.0 ::ffff:192.0.2.1"),
        ("192.0.2.7/32", "192.0.2.7", "192.0.2.6 192.0.2.8"),
        ("0.0.0.0/0", "0.0.0.0 8.8.8.8 255.255.255.255", ":: ::8.8.8.8"),
        ("::/0", ":: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ::1", "0.0.0.0"),
        ("0.0.0.0/1 128.0.0.0/1", "0.0.0.0 127.255.255.255 128.0.0.0 255.255.255.255", "::"),
        ("10.0.0.0/8 10.1.0.0/16 10.1.2.3/32", "10.0.0.0 10.1.2.3 10.255.255.255", "9.255.255.255 11.0.0.0"),
        ("10.0.0.0/25 10.0.0.128/25", "10.0.0.127 10.0.0.128 10.0.0.255", "10.0.1.0"),
        ("10.0.0.0/24 10.0.2.0/24", "10.0.0.255 10.0.2.0", "10.0.1.0 10.0.1.255 10.0.3.0"),
        ("255.255.255.255/32 0.0.0.0/32", "0.0.0.0 255.255.255.255", "0.0.0.1 255.255.255.254"),
        ("2001:db8::/32", "2001:db8:: 2001:db8:ffff:ffff:ffff::1", "2001:db7:ffff:: 2001:db9::"),
        // A network within a /64 covers the whole /64.
        ("2001:db8:0:1::7/128", "2001:db8:0:1::7 2001:db8:0:1:ffff::", "2001:db8:: 2001:db8:0:2::7"),
        ("2001:db8:0:1:8000::/65", "2001:db8:0:1::", "2001:db8:0:2::"),
        // IPv6 forms of IPv4 networks are not widened.
        ("::ffff:192.0.2.0/120", "192.0.2.9", "192.0.3.9 ::ffff:192.0.3.9 ::ffff:8.8.8.8"),
        ("64:ff9b::192.0.2.1/128", "192.0.2.1", "192.0.2.2 64:ff9b::8.8.8.8"),
        ("::1/128", "0.0.0.1", "::ffff:8.8.8.8 ::8.8.8.8"),
    ] {
        let index = index(&networks(list));
        let addresses =
            |text: &str| -> Vec<IpAddr> { text.split(' ').filter_map(|address| address.parse().ok()).collect() };
        assert!(addresses(on).iter().all(|address| index.has(*address)), "{on} on {list}");
        assert!(addresses(off).iter().all(|address| !index.has(*address)), "{off} on {list}");
    }
}

#[test]
fn entries_are_counted_before_merging_and_their_order_does_not_matter() {
    let list = networks("10.0.0.0/8 10.1.0.0/16 11.0.0.0/8 2001:db8::/32 2001:db8:1::/48");
    let mut reversed = list.clone();
    reversed.reverse();
    assert_eq!(build(&list), build(&reversed));
    let index = index(&list);
    assert_eq!((index.entries(), index.range_count(), index.size()), (5, 2, 24 + 8 + 16));
    assert_eq!(format!("{index:?}"), "Index { entries: 5, .. }");
}

/// An index of IPv4 and IPv6 networks.
fn sample() -> Vec<u8> {
    build(&networks("192.0.2.0/24 198.51.100.7/32 203.0.113.0/25 2001:db8::/32 2001:db8:8000::/33 2001:dba::/48"))
}

type Change = fn(&mut Vec<u8>);

#[test]
fn a_damaged_index_is_refused() {
    let whole = sample();
    let error = |change: Change| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        Index::load(bytes).err().map(|error| error.to_string())
    };
    let count = "not a network index of this version: the number of ranges differs from the header";
    let order = "not a network index of this version: the ranges are out of order";
    let magic = "not a network index of this version: wrong magic bytes";
    let cases: [(&str, Change, &str); 11] = [
        ("no bytes", |bytes| bytes.clear(), magic),
        ("an index of parties", |bytes| bytes[..8].copy_from_slice(b"parties1"), magic),
        ("another version", |bytes| bytes[7] = b'2', magic),
        ("a truncated header", |bytes| bytes.truncate(22), "not a network index of this version: truncated header"),
        ("a missing byte", |bytes| bytes.truncate(bytes.len() - 1), count),
        ("an additional byte", |bytes| bytes.push(0), count),
        ("a wrong count", |bytes| bytes[16] += 1, count),
        ("a huge count", |bytes| bytes[16..24].fill(0xff), count),
        ("overlapping ranges", |bytes| bytes[28..32].copy_from_slice(&[0, 2, 0, 192]), order),
        ("a range that ends before it begins", |bytes| bytes[36..40].fill(0), order),
        ("unordered ranges", |bytes| bytes[24..36].rotate_left(4), order),
    ];
    for (case, change, expected) in cases {
        assert_eq!(error(change).as_deref(), Some(expected), "{case}");
    }
    for end in 0..whole.len() {
        assert!(Index::load(whole[..end].to_vec()).is_err(), "truncated to {end} bytes");
    }
    let _: NotAnIndex = Index::load(Vec::new()).unwrap_err();
}

/// Whether one of the networks contains the address, by comparing each prefix.
fn scan(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().map(|network| delegated(*network)).any(|network| network.contains(&address))
}

/// IPv4 networks of a small part of the address space, so that they overlap and touch.
fn v4() -> impl Strategy<Value = IpNet> {
    (any::<u16>(), any::<bool>(), prop_oneof![1 => 0..=32_u8, 9 => 16..=32_u8]).prop_map(|(low, is_last, length)| {
        let high: u32 = if is_last { 0xffff_0000 } else { 0x0a00_0000 };
        IpNet::V4(Ipv4Net::new(Ipv4Addr::from(high | u32::from(low)), length).unwrap())
    })
}

fn v6() -> impl Strategy<Value = IpNet> {
    (any::<u16>(), any::<u64>(), prop_oneof![1 => 0..=128_u8, 9 => 48..=80_u8]).prop_map(|(middle, low, length)| {
        let bits = (0x2001_0db8_u128 << 96) | (u128::from(middle) << 64) | u128::from(low);
        IpNet::V6(Ipv6Net::new(Ipv6Addr::from(bits), length).unwrap())
    })
}

/// The first and last address of a network, and their neighbours.
fn borders(network: &IpNet) -> Vec<IpAddr> {
    match network {
        IpNet::V4(network) => {
            let (first, last) = (u32::from(network.network()), u32::from(network.broadcast()));
            [first, last, first.wrapping_sub(1), last.wrapping_add(1)].map(|bits| Ipv4Addr::from(bits).into()).into()
        }
        IpNet::V6(network) => {
            let (first, last) = (u128::from(network.network()), u128::from(network.broadcast()));
            let beside =
                [first.wrapping_sub(1), last.wrapping_add(1), first.wrapping_sub(1 << 64), last.wrapping_add(1 << 64)];
            [first, last].into_iter().chain(beside).map(|bits| Ipv6Addr::from(bits).into()).collect()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn look_ups_equal_a_plain_scan(
        list in vec(prop_oneof![v4(), v6()], 0..60), more in vec(prop_oneof![v4(), v6()], 0..20),
    ) {
        let index = index(&list);
        prop_assert_eq!(index.entries(), u64::try_from(list.len()).unwrap());
        for address in list.iter().chain(&more).flat_map(borders) {
            prop_assert_eq!(index.has(address), scan(&list, address), "{} on {:?}", address, list);
        }
    }

    #[test]
    fn changed_bytes_cause_no_panic(
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), address in any::<u32>(), upper in any::<u128>(),
    ) {
        let mut bytes = sample();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(index) = Index::load(bytes) {
            let _ = index.has(Ipv4Addr::from(address).into());
            let _ = index.has(Ipv6Addr::from(upper).into());
        }
    }

    #[test]
    fn random_bytes_cause_no_panic(tail in vec(any::<u8>(), 0..200), counts in any::<[u8; 8]>()) {
        let bytes = [&b"network1"[..], &[0; 8], &counts.map(|byte| byte % 4), &tail].concat();
        if let Ok(index) = Index::load(bytes) {
            let _ = index.has(Ipv4Addr::LOCALHOST.into());
            let _ = index.has(Ipv6Addr::LOCALHOST.into());
        }
    }
}
