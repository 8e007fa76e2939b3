//! Pure. An edition's entries as bytes, and the bytes as chunks. How entries are written is decided here alone: as the
//! very index that the gate asks, compressed by zstd, which costs the gate least to unpack.

use std::io::{Error, ErrorKind, Read as _};

use export_gate::networks;
use export_gate::parties::{Index, build};
use export_gate::record::ListContent;
use ipnet::IpNet;
use serde_json::{Value, json};

use super::entry::{Entry, Party};
use crate::display::{count as counted, grouped};
use crate::files::{Bounded, LARGEST_LIST};

/// A chunk's most bytes: its item, and the index's copy of it, stay under DynamoDB's 400 KB.
pub(super) const CHUNK: usize = 380_000;

/// The most chunks that four digits number.
pub(super) const MOST_CHUNKS: usize = 9_999;

/// How hard zstd tries: an edition is packed once, and unpacked wherever the gate starts.
pub(super) const EFFORT: i32 = 19;

/// An edition's entries, packed.
pub(super) struct Packed {
    /// What its chunks hold, one behind the other.
    pub(super) bytes: Vec<u8>,
    /// How many bytes it is unpacked.
    unpacked: usize,
    counts: Counts,
}

/// What there is in an index.
enum Counts {
    /// Parties, their names and aliases, and those aliases that their source calls weak.
    Parties([usize; 3]),
    /// What networks come to that overlap, or lie beside each other.
    Ranges(usize),
}

impl Packed {
    /// Packs entries that are sorted. The same entries always give the same bytes.
    pub(super) fn of(content: ListContent, entries: &[Entry]) -> std::io::Result<Self> {
        match content {
            ListContent::Networks => networks(entries),
            ListContent::Parties => parties(entries),
        }
    }

    /// In words, for whoever imports it.
    pub(super) fn said(&self) -> String {
        let size = [self.bytes.len(), self.unpacked].map(|bytes| grouped(u128::try_from(bytes).unwrap_or_default()));
        let size = format!("{} bytes, {} unpacked", size[0], size[1]);
        match self.counts {
            Counts::Parties([parties, names, weak]) => format!(
                "{}, {}, {} among them: {size}",
                counted(parties, "party", "parties"),
                counted(names, "name", "names"),
                counted(weak, "weak alias", "weak aliases")
            ),
            Counts::Ranges(ranges) => format!("{}: {size}", counted(ranges, "range", "ranges")),
        }
    }

    /// For `--json`.
    pub(super) fn told(&self) -> Value {
        let (parties, ranges) = match self.counts {
            Counts::Parties(counts) => (counts.map(Some), None),
            Counts::Ranges(ranges) => ([None; 3], Some(ranges)),
        };
        let [parties, names, weak] = parties;
        json!({"bytes": self.bytes.len(), "unpacked": self.unpacked, "parties": parties, "names": names,
               "weak_aliases": weak, "ranges": ranges})
    }
}

fn networks(entries: &[Entry]) -> std::io::Result<Packed> {
    let network = |entry: &Entry| match entry {
        Entry::Network(network) => Ok(*network),
        Entry::Party(_) => Err(Error::other("a party among networks")),
    };
    let networks = entries.iter().map(network).collect::<std::io::Result<Vec<IpNet>>>()?;
    let index = networks::build(&networks);
    let (bytes, unpacked) = (zstd::bulk::compress(&index, EFFORT)?, index.len());
    let ranges = networks::Index::load(index).map_err(invalid)?.ranges_held();
    Ok(Packed { bytes, unpacked, counts: Counts::Ranges(ranges) })
}

fn parties(entries: &[Entry]) -> std::io::Result<Packed> {
    let party = |entry: &Entry| match entry {
        Entry::Party(party) => Ok(Party::clone(party)),
        Entry::Network(_) => Err(Error::other("a network among parties")),
    };
    let parties = entries.iter().map(party).collect::<std::io::Result<Vec<Party>>>()?;
    let weak: usize = parties.iter().map(|party| party.weak_aliases.len()).sum();
    let strong: usize = parties.iter().map(|party| party.aliases.len().saturating_add(1)).sum();
    let index = build(&parties);
    Ok(Packed {
        bytes: zstd::bulk::compress(&index, EFFORT)?,
        unpacked: index.len(),
        counts: Counts::Parties([parties.len(), strong.saturating_add(weak), weak]),
    })
}

/// The index of bytes that parties were packed as.
///
/// # Errors
/// What is wrong with the bytes.
pub(super) fn index(packed: &[u8]) -> std::io::Result<Index> {
    Index::load(unpacked(packed)?).map_err(invalid)
}

/// How many entries bytes hold that were packed so.
///
/// # Errors
/// What is wrong with them.
pub(super) fn count(content: ListContent, packed: &[u8]) -> std::io::Result<u64> {
    match content {
        ListContent::Networks => {
            let index = networks::Index::load(unpacked(packed)?).map_err(invalid)?;
            Ok(index.entries())
        }
        ListContent::Parties => u64::try_from(index(packed)?.parties()).map_err(Error::other),
    }
}

/// What was packed, up to the size of the largest list.
fn unpacked(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Bounded::new(zstd::stream::Decoder::new(packed)?, LARGEST_LIST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::InvalidData, error)
}

/// The lower-case hex SHA-256 of an edition's bytes, which is that of all its chunks one behind the other.
pub(super) fn digest(packed: &[u8]) -> String {
    export_gate::digest::sha256_hex(packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_entries_are_the_same_bytes_and_count_back() {
        let networks = (0..=255_u8).map(|n| Entry::Network(format!("192.0.{n}.0/24").parse().unwrap())).collect();
        let party = |n: u8| Party { id: n.to_string(), name: format!("Sample {n}"), ..Party::default() };
        let parties = (0..=255_u8).map(|n| Entry::Party(Box::new(party(n)))).collect();
        let cases: [(ListContent, Vec<Entry>); 2] =
            [(ListContent::Networks, networks), (ListContent::Parties, parties)];
        for (content, entries) in cases {
            let pack = |entries| Packed::of(content, entries).unwrap().bytes;
            let packed = pack(&entries[..]);
            assert_eq!(packed, pack(&entries));
            assert_eq!((count(content, &packed).unwrap(), count(content, &pack(&[])).unwrap()), (256, 0));
            assert!(count(content, packed.get(..packed.len() / 2).unwrap()).is_err());
            assert!(count(content, b"nothing").is_err());
        }
        assert_eq!(digest(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn entries_of_the_other_content_are_packed_in_none() {
        let network = Entry::Network("192.0.2.0/24".parse().unwrap());
        let party = Entry::Party(Box::default());
        assert!(Packed::of(ListContent::Parties, &[network]).is_err());
        assert!(Packed::of(ListContent::Networks, &[party]).is_err());
    }
}
