//! Pure. Packs an edition's entries as the index that the gate searches, compressed by zstd.

use std::io::{Error, ErrorKind, Read as _};

use export_gate::networks;
use export_gate::parties::{Index, build};
use export_gate::record::ListContent;
use ipnet::IpNet;

use crate::entry::{Entry, Party};

/// The largest list in bytes, as a file or unpacked. OFAC's largest file has some 120 million.
pub const LARGEST_LIST: u64 = 1 << 30;

/// The most bytes of a chunk. Its item, and the index's copy of it, stay under DynamoDB's 400 KB.
pub const CHUNK: usize = 380_000;

/// The most chunks that four digits number.
pub const MOST_CHUNKS: usize = 9_999;

/// zstd's compression level. An edition is packed once and unpacked at every start of the gate.
pub const LEVEL: i32 = 19;

/// A packed edition.
pub struct Packed {
    /// All chunks, concatenated.
    pub bytes: Vec<u8>,
    /// Size of the index before compression, in bytes.
    pub unpacked: usize,
    /// What the index counts.
    pub counts: Counts,
}

/// The counts of an index.
#[derive(Clone, Copy)]
pub enum Counts {
    /// Of parties.
    Parties {
        /// Parties.
        parties: usize,
        /// Names and aliases, weak ones included.
        names: usize,
        /// Aliases that the source calls weak.
        weak: usize,
    },
    /// Ranges, after overlapping and adjacent networks are merged.
    Ranges(usize),
}

impl Packed {
    /// Packs sorted entries. Equal entries give equal bytes.
    ///
    /// # Errors
    /// An entry has other content, or zstd fails.
    pub fn new(content: ListContent, entries: &[Entry]) -> std::io::Result<Self> {
        match content {
            ListContent::Networks => networks(entries),
            ListContent::Parties => parties(entries),
        }
    }
}

fn networks(entries: &[Entry]) -> std::io::Result<Packed> {
    let network = |entry: &Entry| match entry {
        Entry::Network(network) => Ok(*network),
        Entry::Party(_) => Err(Error::other("a party among networks")),
    };
    let networks = entries.iter().map(network).collect::<std::io::Result<Vec<IpNet>>>()?;
    let index = networks::build(&networks);
    let (bytes, unpacked) = (zstd::bulk::compress(&index, LEVEL)?, index.len());
    let ranges = networks::Index::load(index).map_err(invalid)?.range_count();
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
        bytes: zstd::bulk::compress(&index, LEVEL)?,
        unpacked: index.len(),
        counts: Counts::Parties { parties: parties.len(), names: strong.saturating_add(weak), weak },
    })
}

/// The index in the bytes of a packed list of parties.
///
/// # Errors
/// The bytes are not such an index.
pub fn index(packed: &[u8]) -> std::io::Result<Index> {
    Index::load(unpacked(packed)?).map_err(invalid)
}

/// The number of entries in the bytes of a packed list.
///
/// # Errors
/// The bytes are not such an index.
pub fn count(content: ListContent, packed: &[u8]) -> std::io::Result<u64> {
    match content {
        ListContent::Networks => {
            let index = networks::Index::load(unpacked(packed)?).map_err(invalid)?;
            Ok(index.entries())
        }
        ListContent::Parties => u64::try_from(index(packed)?.parties()).map_err(Error::other),
    }
}

/// Decompresses at most [`LARGEST_LIST`] bytes.
fn unpacked(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut decoder = zstd::stream::Decoder::new(packed)?;
    let mut bytes = Vec::new();
    decoder.by_ref().take(LARGEST_LIST).read_to_end(&mut bytes)?;
    if decoder.read(&mut [0])? > 0 {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("it unpacks to more than {LARGEST_LIST} bytes")));
    }
    Ok(bytes)
}

fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::InvalidData, error)
}

/// The lower-case hex SHA-256 of an edition's concatenated chunks.
pub fn digest(packed: &[u8]) -> String {
    export_gate::digest::sha256_hex(packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_entries_give_equal_bytes_and_the_count() {
        let networks = (0..=255_u8).map(|n| Entry::Network(format!("192.0.{n}.0/24").parse().unwrap())).collect();
        let party = |n: u8| Party { id: n.to_string(), name: format!("Sample {n}"), ..Party::default() };
        let parties = (0..=255_u8).map(|n| Entry::Party(Box::new(party(n)))).collect();
        let cases: [(ListContent, Vec<Entry>); 2] =
            [(ListContent::Networks, networks), (ListContent::Parties, parties)];
        for (content, entries) in cases {
            let pack = |entries| Packed::new(content, entries).unwrap().bytes;
            let packed = pack(&entries[..]);
            assert_eq!(packed, pack(&entries));
            assert_eq!((count(content, &packed).unwrap(), count(content, &pack(&[])).unwrap()), (256, 0));
            assert!(count(content, packed.get(..packed.len() / 2).unwrap()).is_err());
            assert!(count(content, b"nothing").is_err());
        }
        assert_eq!(digest(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn entries_of_other_content_are_refused() {
        let network = Entry::Network("192.0.2.0/24".parse().unwrap());
        let party = Entry::Party(Box::default());
        assert!(Packed::new(ListContent::Parties, &[network]).is_err());
        assert!(Packed::new(ListContent::Networks, &[party]).is_err());
    }
}
