//! How fast a list of networks loads and answers, and how large it is: `make bench`. Without `DATA`, or beside the lists in
//! that folder, a made one of 100,000 networks.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark prints"
)]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::time::{Duration, Instant};

use export_gate::networks::{Index, build};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use prefix_trie::PrefixSet;

/// How hard `gatectl lists import` packs.
const EFFORT: i32 = 19;

/// How often something is measured; the median counts.
const RUNS: usize = 9;

/// How many addresses a run asks about; a plain scan is asked fewer.
const ASKED: usize = 200_000;
const SCANNED: usize = 200;

fn main() {
    let folder = std::env::var("DATA").unwrap_or_default();
    let read = |file: &str| std::fs::read_to_string(Path::new(&folder).join("networks").join(file)).unwrap();
    let parsed = |file: &str| read(file).lines().map(|line| line.trim().parse().unwrap()).collect::<Vec<IpNet>>();
    if !folder.is_empty() {
        for (name, files) in [
            ("X4BNet's VPNs", &["vpn-ipv4.txt", "vpn-ipv6.txt"][..]),
            ("X4BNet's data centres", &["datacenter-ipv4.txt", "datacenter-ipv6.txt"]),
            ("Apple's private relay", &["apple-private-relay.txt"]),
        ] {
            measure(name, &files.iter().flat_map(|file| parsed(file)).collect::<Vec<_>>());
        }
    }
    measure("100,000 made networks", &made(100_000));
}

fn measure(name: &str, networks: &[IpNet]) {
    let bytes = build(networks);
    let packed = zstd::bulk::compress(&bytes, EFFORT).unwrap();
    let load = || Index::load(zstd::stream::decode_all(packed.as_slice()).unwrap()).unwrap();
    let index = load();
    let loading = median(|| timed(|| drop(black_box(load()))));
    println!("\n{name}");
    row("networks", &index.entries().to_string());
    row("ranges", &index.ranges_held().to_string());
    row("packed", &format!("{} bytes", packed.len()));
    row("in memory", &format!("{} bytes", index.size()));
    row("unpack, check, ready", &format!("{:.2} ms", loading.as_secs_f64() * 1e3));
    let (v4, v6) = (trie_v4(networks), trie_v6(networks));
    println!("  {:<24}{:>12}{:>16}{:>14}", "an answer, in ns", "this index", "PrefixSet", "plain scan");
    for (what, addresses) in asked(networks, &index) {
        let own = each(&addresses, |address| index.has(address));
        let trie = each(&addresses, |address| match address {
            IpAddr::V4(address) => v4.get_lpm(&Ipv4Net::from(address)).is_some(),
            IpAddr::V6(address) => v6.get_lpm(&Ipv6Net::from(address)).is_some(),
        });
        let scan = each(&addresses[..SCANNED], |address| networks.iter().any(|network| network.contains(&address)));
        println!("  {what:<24}{own:>12.0}{trie:>16.0}{scan:>14.0}");
    }
}

fn row(what: &str, value: &str) {
    println!("  {what:<24}{value:>16}");
}

/// Addresses to ask about, in no order: those on the list and those that aren't, of each kind that the list has.
fn asked(networks: &[IpNet], index: &Index) -> Vec<(&'static str, Vec<IpAddr>)> {
    let mut dice = Dice(7);
    let mut kinds = Vec::new();
    for (is_v4, [hit, miss]) in [(true, ["IPv4, on it", "IPv4, not"]), (false, ["IPv6, on it", "IPv6, not"])] {
        let own: Vec<&IpNet> = networks.iter().filter(|network| matches!(network, IpNet::V4(_)) == is_v4).collect();
        if own.is_empty() {
            continue;
        }
        let on = (0..ASKED).map(|_| own[dice.next() as usize % own.len()].network()).collect();
        let any = std::iter::repeat_with(|| match is_v4 {
            true => IpAddr::V4(Ipv4Addr::from(dice.next() as u32)),
            false => IpAddr::V6(Ipv6Addr::from(u128::from((dice.next() >> 3) | (1 << 61)) << 64)),
        });
        let off = any.filter(|address| !index.has(*address)).take(ASKED).collect();
        kinds.extend([(hit, on), (miss, off)]);
    }
    kinds
}

/// Nanoseconds an answer.
fn each(addresses: &[IpAddr], has: impl Fn(IpAddr) -> bool) -> f64 {
    let run = || {
        timed(|| {
            black_box(addresses.iter().filter(|address| has(**address)).count());
        })
    };
    median(run).as_secs_f64() * 1e9 / addresses.len() as f64
}

fn timed(act: impl FnOnce()) -> Duration {
    let began = Instant::now();
    act();
    began.elapsed()
}

fn median(run: impl Fn() -> Duration) -> Duration {
    let mut all: Vec<Duration> = (0..RUNS).map(|_| run()).collect();
    all.sort();
    all[RUNS / 2]
}

fn trie_v4(networks: &[IpNet]) -> PrefixSet<Ipv4Net> {
    let own = networks.iter().filter_map(|network| match network {
        IpNet::V4(network) => Some(*network),
        IpNet::V6(_) => None,
    });
    own.collect()
}

fn trie_v6(networks: &[IpNet]) -> PrefixSet<Ipv6Net> {
    let own = networks.iter().filter_map(|network| match network {
        IpNet::V4(_) => None,
        IpNet::V6(network) => Some(*network),
    });
    own.collect()
}

/// So many networks, four in five of IPv4, none beside another.
fn made(count: usize) -> Vec<IpNet> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let network = |number: usize| {
        let bits = dice.next();
        if number.is_multiple_of(5) {
            let upper = (bits >> 3) | (1 << 61);
            IpNet::V6(Ipv6Net::new(Ipv6Addr::from(u128::from(upper) << 64), 48).unwrap().trunc())
        } else {
            IpNet::V4(Ipv4Net::new(Ipv4Addr::from(bits as u32), 24 + (bits >> 61) as u8).unwrap().trunc())
        }
    };
    (0..count).map(network).collect()
}

/// The same numbers each time (xorshift).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
