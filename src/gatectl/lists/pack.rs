//! Pure. An edition as it is kept: packed, and cut into chunks that DynamoDB takes.

use std::io::{Read as _, Write as _};

use export_gate::canonical::canonical;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::format::Entries;

/// The most of an edition that one item holds: an index's copy counts towards DynamoDB's 400 KB.
const CHUNK: usize = 380 * 1024;

/// An edition, packed.
pub(super) struct Packed {
    /// The chunks, in order.
    pub(super) chunks: Vec<Vec<u8>>,
    /// The lower-case hex SHA-256 of all of them, one behind the other.
    pub(super) sha256: String,
    /// How many entries there are.
    pub(super) entries: u64,
}

/// Packs entries: in the order of their keys, a canonical JSON a line, so that the same list is the same bytes.
///
/// # Errors
/// None that can come of writing to memory.
pub(super) fn pack(entries: &Entries) -> std::io::Result<Packed> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for entry in entries.entries.values() {
        writeln!(encoder, "{}", canonical(entry))?;
    }
    let packed = encoder.finish()?;
    Ok(Packed {
        sha256: hex::encode(Sha256::digest(&packed)),
        chunks: packed.chunks(CHUNK).map(<[u8]>::to_vec).collect(),
        entries: u64::try_from(entries.entries.len()).unwrap_or_default(),
    })
}

/// The entries of an edition whose chunks have this digest.
///
/// # Errors
/// A sentence that says why they are not the edition.
pub(super) fn unpack(chunks: &[Vec<u8>], sha256: &str) -> Result<Vec<Value>, String> {
    let packed = chunks.concat();
    if hex::encode(Sha256::digest(&packed)) != sha256 {
        return Err("its chunks do not have its digest: they were changed, or some are missing".to_owned());
    }
    let mut text = String::new();
    GzDecoder::new(packed.as_slice())
        .read_to_string(&mut text)
        .map_err(|error| format!("it can't be unpacked: {error}"))?;
    text.lines().map(|line| serde_json::from_str(line).map_err(|error| error.to_string())).collect()
}
