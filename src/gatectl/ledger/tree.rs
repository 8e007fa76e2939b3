//! Pure. The Merkle tree over all heads (RFC 6962, 2.1): one leaf per chain, by id.

use std::collections::BTreeMap;

use export_gate::digest::canonical;
use export_gate::digest::sha256;
use serde_json::{Value, json};

use super::chains::Head;
use super::link::{ChainId, Sum};

/// The root; without heads, the hash of the empty string.
pub(super) fn root(heads: &BTreeMap<ChainId, Head>) -> Sum {
    let leaves: Vec<Sum> =
        heads.iter().map(|(chain, head)| hashed(0, &[canonical(&leaf(*chain, *head)).as_bytes()])).collect();
    if leaves.is_empty() { sha256([]) } else { node(&leaves) }
}

/// A head as JSON.
pub(super) fn leaf(chain: ChainId, head: Head) -> Value {
    json!({"chain": chain.to_string(), "hash": hex::encode(head.hash), "seq": head.seq})
}

fn node(leaves: &[Sum]) -> Sum {
    match leaves {
        [leaf] => *leaf,
        _ => {
            // The left part has the largest power of two below the number of leaves.
            let (left, right) = leaves.split_at(leaves.len().div_ceil(2).next_power_of_two());
            hashed(1, &[&node(left), &node(right)])
        }
    }
}

/// Leaves and nodes have different prefixes, so that neither can be taken for the other.
fn hashed(first: u8, parts: &[&[u8]]) -> Sum {
    sha256([&[first], parts.concat().as_slice()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Another construction of the tree: level by level, an odd node moves up.
    fn by_levels(mut row: Vec<Sum>) -> Sum {
        while row.len() > 1 {
            row = row
                .chunks(2)
                .map(|pair| if pair.len() == 2 { hashed(1, &[&pair[0], &pair[1]]) } else { pair[0] })
                .collect();
        }
        row[0]
    }

    #[test]
    fn roots_match_the_vectors_of_rfc_6962() {
        // Test vectors of the certificate transparency project.
        assert_eq!(
            hex::encode(root(&BTreeMap::new())),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        let leaves =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let leaves: Vec<Sum> = leaves.iter().map(|leaf| hashed(0, &[&hex::decode(leaf).unwrap()])).collect();
        for (count, expected) in [
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ] {
            assert_eq!(hex::encode(node(&leaves[..count])), expected, "{count}");
        }
        for count in 1..=leaves.len() {
            assert_eq!(node(&leaves[..count]), by_levels(leaves[..count].to_vec()), "{count}");
        }
    }
}
