//! Writes small databases in MaxMind's MMDB format.

use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use serde_json::Value;

/// A database file, which is deleted when the value is dropped.
pub struct Mmdb {
    path: PathBuf,
}

impl Mmdb {
    /// Writes a database with these rows by network, built on [`DAY`].
    pub fn new(database_type: &str, rows: &[(&str, Value)]) -> Self {
        Self::made(DAY, database_type, rows)
    }

    /// Writes a database built at this time.
    pub fn made(at: &str, database_type: &str, rows: &[(&str, Value)]) -> Self {
        Self::of_bytes(&bytes(at, 6, database_type, rows))
    }

    /// Writes a database of IPv4 networks only.
    pub fn of_ipv4(database_type: &str, rows: &[(&str, Value)]) -> Self {
        Self::of_bytes(&bytes(DAY, 4, database_type, rows))
    }

    /// Writes a file of any content.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut name = [0_u8; 8];
        getrandom::fill(&mut name).unwrap();
        let path = std::env::temp_dir().join(format!("sample-{}.mmdb", hex::encode(name)));
        std::fs::write(&path, bytes).unwrap();
        Self { path }
    }

    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Replaces the file's content.
    pub fn becomes(&self, bytes: &[u8]) {
        std::fs::write(&self.path, bytes).unwrap();
    }
}

impl Drop for Mmdb {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The default build time of a database.
pub const DAY: &str = "2026-11-20T00:00:00Z";

/// The content of a database file.
pub fn bytes(made: &str, ip_version: u8, database_type: &str, rows: &[(&str, Value)]) -> Vec<u8> {
    let (tree, nodes, data) = tree(rows, ip_version);
    let mut bytes = tree;
    bytes.extend([0; 16]);
    bytes.extend(data);
    bytes.extend(b"\xab\xcd\xefMaxMind.com");
    let seconds = made.parse::<jiff::Timestamp>().unwrap().as_second();
    let numbers = [
        ("binary_format_major_version", 5, 2),
        ("binary_format_minor_version", 5, 0),
        ("build_epoch", 9, u64::try_from(seconds).unwrap()),
        ("ip_version", 5, u64::from(ip_version)),
        ("node_count", 6, u64::try_from(nodes).unwrap()),
        ("record_size", 5, 32),
    ];
    let others = [
        ("database_type", Value::from(database_type)),
        ("description", serde_json::json!({"en": "a sample"})),
        ("languages", serde_json::json!(["en"])),
    ];
    control(&mut bytes, 7, numbers.len() + others.len());
    for (name, kind, value) in numbers {
        encode(&Value::from(name), &mut bytes);
        number(&mut bytes, kind, value);
    }
    for (name, value) in others {
        encode(&Value::from(name), &mut bytes);
        encode(&value, &mut bytes);
    }
    bytes
}

#[derive(Clone, Copy)]
enum Branch {
    Empty,
    Node(usize),
    Row(usize),
}

/// The search tree, its number of nodes, and the data section.
fn tree(rows: &[(&str, Value)], ip_version: u8) -> (Vec<u8>, usize, Vec<u8>) {
    let mut nodes = vec![[Branch::Empty; 2]];
    let mut data = Vec::new();
    for (network, row) in rows {
        let offset = data.len();
        encode(row, &mut data);
        let bits = bits(network.parse().unwrap(), ip_version);
        let mut at = 0;
        for (depth, bit) in bits.iter().enumerate() {
            if depth + 1 == bits.len() {
                nodes[at][*bit] = Branch::Row(offset);
            } else if let Branch::Node(next) = nodes[at][*bit] {
                at = next;
            } else {
                nodes.push([Branch::Empty; 2]);
                let next = nodes.len() - 1;
                nodes[at][*bit] = Branch::Node(next);
                at = next;
            }
        }
    }
    let value = |branch: &Branch| match branch {
        Branch::Empty => nodes.len(),
        Branch::Node(node) => *node,
        Branch::Row(offset) => nodes.len() + 16 + offset,
    };
    let records = nodes.iter().flatten().flat_map(|branch| u32::try_from(value(branch)).unwrap().to_be_bytes());
    (records.collect(), nodes.len(), data)
}

/// The bits of a network's prefix. IPv6 databases store IPv4 under `::/96`.
fn bits(network: IpNet, ip_version: u8) -> Vec<usize> {
    let (address, length) = match network.addr() {
        IpAddr::V4(address) if ip_version == 4 => {
            (u128::from(u32::from(address)) << 96, usize::from(network.prefix_len()))
        }
        IpAddr::V4(address) => (u128::from(u32::from(address)), 96 + usize::from(network.prefix_len())),
        IpAddr::V6(address) => (u128::from(address), usize::from(network.prefix_len())),
    };
    (0..length).map(|bit| usize::from(address >> (127 - bit) & 1 == 1)).collect()
}

fn encode(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Object(map) => {
            control(bytes, 7, map.len());
            for (key, value) in map {
                encode(&Value::from(key.as_str()), bytes);
                encode(value, bytes);
            }
        }
        Value::Array(list) => {
            control(bytes, 11, list.len());
            list.iter().for_each(|value| encode(value, bytes));
        }
        Value::String(text) => {
            control(bytes, 2, text.len());
            bytes.extend(text.as_bytes());
        }
        Value::Bool(value) => control(bytes, 14, usize::from(*value)),
        Value::Number(value) => match value.as_u64() {
            Some(value) => number(bytes, if value < 1 << 16 { 5 } else { 6 }, value),
            None => {
                control(bytes, 3, 8);
                bytes.extend(value.as_f64().unwrap().to_be_bytes());
            }
        },
        Value::Null => panic!("MMDB has no null"),
    }
}

/// Encodes a number of 16, 32 or 64 bits, depending on `kind`.
fn number(bytes: &mut Vec<u8>, kind: u8, value: u64) {
    let width = match kind {
        5 => 2,
        6 => 4,
        _ => 8,
    };
    control(bytes, kind, width);
    bytes.extend(&value.to_be_bytes()[8 - width..]);
}

fn control(bytes: &mut Vec<u8>, kind: u8, size: usize) {
    let (size, more) = if size < 29 { (size, None) } else { (29, Some(size - 29)) };
    let size = u8::try_from(size).unwrap();
    if kind < 8 {
        bytes.push(kind << 5 | size)
    } else {
        bytes.extend([size, kind - 7])
    }
    bytes.extend(more.map(|more| u8::try_from(more).unwrap()));
}
