//! Pure. A seal: the signed heads of all chains. The signed part has the root of a Merkle tree over the heads, so that it
//! fits the limit of KMS (4,096 bytes).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use export_gate::digest::{canonical, digest};
use export_gate::terms::{parse_time, render_time};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::chains::Head;
use super::fault::Fault;
use super::key::PublicKey;
use super::link::{ChainId, sum};
use super::tree::{leaf, root};
use crate::json;

/// The version of the format.
const FORMAT: u64 = 1;
/// The only signature algorithm.
const ALGORITHM: &str = "Ed25519";

/// A seal.
#[derive(Debug)]
pub(super) struct Seal {
    /// The signed part.
    signed: Value,
    signature: Vec<u8>,
    key: String,
    root: String,
    entries: u64,
    /// The time of the seal.
    pub(super) at: String,
    /// The start of the reading. Entries from before it are in the seal.
    pub(super) from: Timestamp,
    /// The head of each chain.
    pub(super) heads: BTreeMap<ChainId, Head>,
}

/// A seal before it is signed.
pub(super) struct Unsigned {
    pub(super) heads: BTreeMap<ChainId, Head>,
    pub(super) from: Timestamp,
    pub(super) at: Timestamp,
    /// The digest of the previous seal.
    pub(super) previous: Option<String>,
}

/// A seal as stored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    algorithm: String,
    at: String,
    entries: u64,
    format: u64,
    from: String,
    heads: Vec<LeafDocument>,
    key: String,
    previous: Option<String>,
    root: String,
    signature: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeafDocument {
    chain: String,
    hash: String,
    seq: u64,
}

impl Unsigned {
    /// The signed part.
    pub(super) fn signed(&self, key: &PublicKey) -> Value {
        let mut signed = json!({
            "algorithm": ALGORITHM, "at": render_time(self.at), "entries": entries(&self.heads), "format": FORMAT,
            "from": render_time(self.from), "key": key.id(), "root": hex::encode(root(&self.heads)),
        });
        if let (Some(previous), Some(members)) = (&self.previous, signed.as_object_mut()) {
            members.insert("previous".to_owned(), previous.clone().into());
        }
        signed
    }

    /// The seal as stored.
    pub(super) fn document(&self, mut signed: Value, signature: &[u8]) -> String {
        let heads: Vec<Value> = self.heads.iter().map(|(chain, head)| leaf(*chain, *head)).collect();
        if let Some(members) = signed.as_object_mut() {
            members.insert("heads".to_owned(), heads.into());
            members.insert("signature".to_owned(), STANDARD.encode(signature).into());
        }
        format!("{signed:#}\n")
    }
}

impl Seal {
    /// Reads a seal.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut signed = json::read(bytes)?;
        let document = Document::deserialize(&signed).map_err(|error| error.to_string())?;
        let (format, algorithm) = (document.format, document.algorithm.as_str());
        if (format, algorithm) != (FORMAT, ALGORITHM) {
            return Err(format!("unknown format {format} with `{algorithm}`: expected {FORMAT} with `{ALGORITHM}`"));
        }
        let time = |text: &str| parse_time(text).map_err(|error| error.to_string());
        time(&document.at)?;
        if document.previous.as_deref().is_some_and(|previous| sum(previous).is_none()) {
            return Err("its `previous` is not a SHA-256".to_owned());
        }
        if let Some(members) = signed.as_object_mut() {
            members.retain(|name, _| !["heads", "signature"].contains(&name.as_str()));
        }
        Ok(Self {
            signed,
            signature: STANDARD.decode(&document.signature).map_err(|error| format!("its signature: {error}"))?,
            heads: heads(&document.heads)?,
            from: time(&document.from)?,
            at: document.at,
            key: document.key,
            root: document.root,
            entries: document.entries,
        })
    }

    /// The digest of the signed part, which the next seal names.
    pub(super) fn digest(&self) -> String {
        digest(&self.signed)
    }

    /// The faults of the seal: another key, or heads that differ from the signed ones.
    pub(super) fn faults(&self, key: &PublicKey) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !key.has_signed(canonical(&self.signed).as_bytes(), &self.signature) {
            faults.push(Fault::of_seal(if self.key == key.id() {
                "its signature does not match its content".to_owned()
            } else {
                format!("its signature is not by the key `{}`; it names `{}`", key.id(), self.key)
            }));
        }
        if self.root != hex::encode(root(&self.heads)) || self.entries != entries(&self.heads) {
            faults.push(Fault::of_seal("its heads are not the signed ones"));
        }
        faults
    }
}

/// Reads the heads, sorted by chain.
fn heads(written: &[LeafDocument]) -> Result<BTreeMap<ChainId, Head>, String> {
    let mut heads = BTreeMap::new();
    for LeafDocument { chain, hash, seq } in written {
        let is_behind = |id: &ChainId| heads.last_key_value().is_none_or(|(last, _)| last < id);
        let id = ChainId::parse(chain).filter(is_behind);
        let id = id.ok_or_else(|| format!("its head `{chain}` is not a chain, or out of order"))?;
        let hash = sum(hash)
            .filter(|_| *seq > 0)
            .ok_or_else(|| format!("its head `{chain}` has no valid `seq` and `hash`"))?;
        heads.insert(id, Head { seq: *seq, hash });
    }
    Ok(heads)
}

/// The number of entries up to the heads.
fn entries(heads: &BTreeMap<ChainId, Head>) -> u64 {
    heads.values().fold(0, |sum, head| sum.saturating_add(head.seq))
}
