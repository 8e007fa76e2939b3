//! A small MMDB, written as MaxMind's specification of the format has it, for tests that need a location of their own.

use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use serde_json::Value;

/// Rows by network, in a file that is removed with the value.
pub struct Mmdb {
    path: PathBuf,
}

impl Mmdb {
    /// Writes a database of this type.
    pub fn new(database_type: &str, rows: &[(&str, Value)]) -> Self {
        let (tree, nodes, data) = tree(rows);
        let metadata = serde_json::json!({
            "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": EPOCH,
            "database_type": database_type, "description": {"en": "a sample"}, "ip_version": 6, "languages": ["en"],
            "node_count": NODES + u64::try_from(nodes).unwrap(), "record_size": 32,
        });
        let mut bytes = tree;
        bytes.extend([0; 16]);
        bytes.extend(data);
        bytes.extend(b"\xab\xcd\xefMaxMind.com");
        encode(&metadata, &mut bytes);
        Self::of_bytes(&bytes)
    }

    /// Any file.
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
}

impl Drop for Mmdb {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// 2106-02-07, the first time that takes 64 bits.
pub const EPOCH: u64 = 1 << 32;

/// Added to the count of nodes, so that it is written in 32 bits.
const NODES: u64 = 1 << 16;

#[derive(Clone, Copy)]
enum Branch {
    Empty,
    Node(usize),
    Row(usize),
}

/// The search tree, how many nodes it has, and the data section.
fn tree(rows: &[(&str, Value)]) -> (Vec<u8>, usize, Vec<u8>) {
    let mut nodes = vec![[Branch::Empty; 2]];
    let mut data = Vec::new();
    for (network, row) in rows {
        let offset = data.len();
        encode(row, &mut data);
        let bits = bits(network.parse().unwrap());
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

/// IPv4 stands under `::/96`.
fn bits(network: IpNet) -> Vec<usize> {
    let (address, length) = match network.addr() {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 96 + usize::from(network.prefix_len())),
        IpAddr::V6(address) => (u128::from(address), usize::from(network.prefix_len())),
    };
    (0..length).map(|bit| usize::from(address >> (127 - bit) & 1 == 1)).collect()
}

fn encode(value: &Value, bytes: &mut Vec<u8>) {
    let mut control = |kind: u8, size: usize| {
        let (size, more) = if size < 29 { (size, None) } else { (29, Some(size - 29)) };
        let size = u8::try_from(size).unwrap();
        if kind < 8 {
            bytes.push(kind << 5 | size)
        } else {
            bytes.extend([size, kind - 7])
        }
        bytes.extend(more.map(|more| u8::try_from(more).unwrap()));
    };
    match value {
        Value::Object(map) => {
            control(7, map.len());
            for (key, value) in map {
                encode(&Value::from(key.as_str()), bytes);
                encode(value, bytes);
            }
        }
        Value::Array(list) => {
            control(11, list.len());
            list.iter().for_each(|value| encode(value, bytes));
        }
        Value::String(text) => {
            control(2, text.len());
            bytes.extend(text.as_bytes());
        }
        // The metadata's numbers have a type each, which a reader insists on; here their size tells them apart.
        Value::Number(number) => {
            let number = number.as_u64().unwrap();
            let (kind, width) = if number >= 1 << 32 {
                (9, 8)
            } else if number >= NODES {
                (6, 4)
            } else {
                (5, 2)
            };
            control(kind, width);
            let number = if kind == 6 { number - NODES } else { number };
            bytes.extend(&number.to_be_bytes()[8 - width..]);
        }
        Value::Null | Value::Bool(_) => panic!("no sample needs it"),
    }
}
