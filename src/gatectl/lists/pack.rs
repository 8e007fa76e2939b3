//! Pure. An edition's entries as bytes, and the bytes as chunks. How entries are written is decided here alone.

use std::io::{BufRead as _, BufReader, Write as _};

use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};

use super::entry::Entry;

/// A chunk's most bytes: its item, and the index's copy of it, stay under DynamoDB's 400 KB.
pub(super) const CHUNK: usize = 380_000;

/// The most chunks that four digits number.
pub(super) const MOST_CHUNKS: usize = 9_999;

/// Packs entries that are sorted: a JSON text a line, compressed. The same entries always give the same bytes.
pub(super) fn pack(entries: &[Entry]) -> std::io::Result<Vec<u8>> {
    let mut packed: GzEncoder<Vec<u8>> = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    for entry in entries {
        match entry {
            Entry::Network(network) => serde_json::to_writer(&mut packed, &network.to_string())?,
            Entry::Party(party) => serde_json::to_writer(&mut packed, party)?,
        }
        packed.write_all(b"\n")?;
    }
    packed.finish()
}

/// How many entries bytes hold that [`pack`] made.
///
/// # Errors
/// What is wrong with them.
pub(super) fn count(packed: &[u8]) -> std::io::Result<u64> {
    let mut count = 0_u64;
    for line in BufReader::new(GzDecoder::new(packed)).lines() {
        serde_json::from_str::<serde_json::Value>(&line?)?;
        count = count.saturating_add(1);
    }
    Ok(count)
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
        let entries: Vec<Entry> =
            (0..=255_u8).map(|n| Entry::Network(format!("192.0.{n}.0/24").parse().unwrap())).collect();
        let packed = pack(&entries).unwrap();
        assert_eq!(packed, pack(&entries).unwrap());
        assert_eq!((count(&packed).unwrap(), count(&pack(&[]).unwrap()).unwrap()), (256, 0));
        assert!(count(packed.get(..packed.len() / 2).unwrap()).is_err());
        assert!(count(b"nothing").is_err());
        assert_eq!(digest(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
