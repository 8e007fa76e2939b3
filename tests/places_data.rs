//! The index of networks on real data of the folder `DATA`: `make prove-places DATA=folder`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use export_gate::networks::{Index, build};
use ipnet::IpNet;

/// A file of the folder `DATA`.
fn data(file: &str) -> String {
    let folder =
        PathBuf::from(std::env::var("DATA").unwrap_or_else(|_| panic!("set DATA to the folder with the data")));
    let path = folder.join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// X4BNet's lists and their files.
const LISTS: [(&str, &[&str]); 3] = [
    ("vpn", &["networks/vpn-ipv4.txt", "networks/vpn-ipv6.txt"]),
    ("datacenter", &["networks/datacenter-ipv4.txt", "networks/datacenter-ipv6.txt"]),
    ("apple-private-relay", &["networks/apple-private-relay.txt"]),
];

/// Addresses that are looked up in each list.
const ADDRESSES: usize = 1_000_000;

/// A list for a plain scan: first and last address of each network; of IPv6 the upper 64 bits.
struct Plain {
    networks: Vec<IpNet>,
    v4: Vec<(u32, u32)>,
    v6: Vec<(u64, u64)>,
}

impl Plain {
    fn read(files: &[&str]) -> Self {
        let text: String = files.iter().map(|file| data(file)).collect();
        let networks: Vec<IpNet> = text.lines().map(|line| line.trim().parse().unwrap()).collect();
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for network in &networks {
            match network {
                IpNet::V4(network) => v4.push((network.network().into(), network.broadcast().into())),
                IpNet::V6(network) => v6.push((upper(network.network()), upper(network.broadcast()))),
            }
        }
        Self { networks, v4, v6 }
    }

    /// Compares with every network.
    fn has(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => {
                let address = u32::from(address);
                self.v4.iter().fold(false, |is, (first, last)| is | (address.wrapping_sub(*first) <= last - first))
            }
            IpAddr::V6(address) => {
                let address = upper(address);
                self.v6.iter().fold(false, |is, (first, last)| is | (address.wrapping_sub(*first) <= last - first))
            }
        }
    }

    /// An address at most three away from the first or last address of a network.
    fn near(&self, random: &mut Random) -> IpAddr {
        let network = self.networks[usize::try_from(random.next()).unwrap() % self.networks.len()];
        let (is_last, off) = (random.next().is_multiple_of(2), random.next() % 7);
        match network {
            IpNet::V4(network) => {
                let border = u32::from(if is_last { network.broadcast() } else { network.network() });
                IpAddr::V4(border.wrapping_add(u32::try_from(off).unwrap()).wrapping_sub(3).into())
            }
            IpNet::V6(network) => {
                let border = upper(if is_last { network.broadcast() } else { network.network() });
                IpAddr::V6(within(border.wrapping_add(off).wrapping_sub(3), random.next()))
            }
        }
    }

    /// A random address of an IP version of the list.
    fn any(&self, random: &mut Random) -> IpAddr {
        if self.v6.is_empty() || random.next().is_multiple_of(2) {
            IpAddr::V4(Ipv4Addr::from(u32::try_from(random.next() >> 32).unwrap()))
        } else {
            // Within 2000::/3, the global unicast addresses.
            IpAddr::V6(within((random.next() >> 3) | (1 << 61), random.next()))
        }
    }
}

fn upper(address: Ipv6Addr) -> u64 {
    u64::try_from(u128::from(address) >> 64).unwrap()
}

fn within(upper: u64, lower: u64) -> Ipv6Addr {
    Ipv6Addr::from((u128::from(upper) << 64) | u128::from(lower))
}

/// A xorshift generator.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
#[ignore = "needs data that is not the project's: make prove-places DATA=folder"]
fn a_million_look_ups_equal_a_plain_scan() {
    for (name, files) in LISTS {
        let plain = Plain::read(files);
        let packed = zstd::encode_all(build(&plain.networks).as_slice(), 3).unwrap();
        let index = Index::load(zstd::decode_all(packed.as_slice()).unwrap()).unwrap();
        assert_eq!(index.entries(), u64::try_from(plain.networks.len()).unwrap());
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut on = 0_usize;
        for number in 0..ADDRESSES {
            let address = if number % 2 == 0 { plain.near(&mut random) } else { plain.any(&mut random) };
            let expected = plain.has(address);
            assert_eq!(index.has(address), expected, "{address} on {name}");
            on += usize::from(expected);
        }
        assert!((ADDRESSES / 10..ADDRESSES * 9 / 10).contains(&on), "{name}: {on} addresses are on the list");
        let entries = index.entries();
        println!("{name}: {entries} networks, {ADDRESSES} addresses, {on} of them on the list: same as a plain scan");
    }
}
