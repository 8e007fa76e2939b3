//! Pure. An edition's entries as bytes, and the bytes as chunks. How entries are written is decided here alone: networks
//! as a JSON text a line, compressed by gzip; parties as the index that the gate asks, compressed by zstd, which costs the
//! gate least to unpack.

use std::io::{BufRead as _, BufReader, Error, ErrorKind, Write as _};

use export_gate::parties::{Index, build};
use export_gate::record::ListContent;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::entry::{Entry, Party};
use crate::show::{count as counted, grouped};

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
    /// Of parties: how many there are, their names and aliases, and those aliases that their source calls weak.
    parties: Option<[usize; 3]>,
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
        match self.parties {
            Some([parties, names, weak]) => format!(
                "{}, {}, {} among them: {size}",
                counted(parties, "party", "parties"),
                counted(names, "name", "names"),
                counted(weak, "weak alias", "weak aliases")
            ),
            None => size,
        }
    }

    /// For `--json`.
    pub(super) fn told(&self) -> Value {
        let [parties, names, weak] = self.parties.map_or([None; 3], |counts| counts.map(Some));
        json!({"bytes": self.bytes.len(), "unpacked": self.unpacked, "parties": parties, "names": names,
               "weak_aliases": weak})
    }
}

fn networks(entries: &[Entry]) -> std::io::Result<Packed> {
    let network = |entry: &Entry| match entry {
        Entry::Network(network) => Ok(network.to_string()),
        Entry::Party(_) => Err(Error::other("a party among networks")),
    };
    let (bytes, unpacked) = lines(&entries.iter().map(network).collect::<std::io::Result<Vec<_>>>()?)?;
    Ok(Packed { bytes, unpacked, parties: None })
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
        parties: Some([parties.len(), strong.saturating_add(weak), weak]),
    })
}

/// A JSON text a line, and how many bytes that is unpacked.
fn lines(all: &[String]) -> std::io::Result<(Vec<u8>, usize)> {
    let mut packed: GzEncoder<Vec<u8>> = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    let mut unpacked = 0_usize;
    for one in all {
        let mut line = serde_json::to_vec(one)?;
        line.push(b'\n');
        unpacked = unpacked.saturating_add(line.len());
        packed.write_all(&line)?;
    }
    Ok((packed.finish()?, unpacked))
}

/// The index of bytes that parties were packed as.
///
/// # Errors
/// What is wrong with the bytes.
pub(super) fn index(packed: &[u8]) -> std::io::Result<Index> {
    Index::load(zstd::stream::decode_all(packed)?).map_err(|error| Error::new(ErrorKind::InvalidData, error))
}

/// How many entries bytes hold that were packed so.
///
/// # Errors
/// What is wrong with them.
pub(super) fn count(content: ListContent, packed: &[u8]) -> std::io::Result<u64> {
    let count = match content {
        ListContent::Networks => {
            let mut count = 0_usize;
            for line in BufReader::new(GzDecoder::new(packed)).lines() {
                serde_json::from_str::<Value>(&line?)?;
                count = count.saturating_add(1);
            }
            count
        }
        ListContent::Parties => index(packed)?.parties(),
    };
    u64::try_from(count).map_err(Error::other)
}

/// The lower-case hex SHA-256 of an edition's bytes, which is that of all its chunks one behind the other.
pub(super) fn digest(packed: &[u8]) -> String {
    hex::encode(Sha256::digest(packed))
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
