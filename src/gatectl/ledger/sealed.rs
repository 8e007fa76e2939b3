//! Pure. A seal: where every chain stood, signed. What is signed holds the root of the tree over the heads, not the heads,
//! so that it fits what KMS signs at once (4,096 bytes).

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

/// The version of the form.
const FORMAT: u64 = 1;
/// The only way of signing.
const ALGORITHM: &str = "Ed25519";

/// A seal.
#[derive(Debug)]
pub(super) struct Seal {
    /// What is signed.
    signed: Value,
    signature: Vec<u8>,
    key: String,
    root: String,
    entries: u64,
    /// When it was made.
    pub(super) at: String,
    /// When the reading of the ledger began: whatever was there then is in the seal.
    pub(super) from: Timestamp,
    /// Where each chain stood.
    pub(super) heads: BTreeMap<ChainId, Head>,
}

/// A seal before it is signed.
pub(super) struct Unsigned {
    pub(super) heads: BTreeMap<ChainId, Head>,
    pub(super) from: Timestamp,
    pub(super) at: Timestamp,
    /// The digest of the seal before.
    pub(super) previous: Option<String>,
}

/// As it is written.
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
    /// What a key signs.
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

    /// The seal as it is written, once that is signed.
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
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut signed = json::read(bytes)?;
        let document = Document::deserialize(&signed).map_err(|error| error.to_string())?;
        let (format, algorithm) = (document.format, document.algorithm.as_str());
        if (format, algorithm) != (FORMAT, ALGORITHM) {
            return Err(format!(
                "its format {format} with `{algorithm}` is not known, only {FORMAT} with `{ALGORITHM}`"
            ));
        }
        let time = |text: &str| parse_time(text).map_err(|error| error.to_string());
        time(&document.at)?;
        if document.previous.as_deref().is_some_and(|previous| sum(previous).is_none()) {
            return Err("its `previous` is no SHA-256".to_owned());
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

    /// What the next seal knows it by: the hash of what is signed.
    pub(super) fn digest(&self) -> String {
        digest(&self.signed)
    }

    /// What keeps it from proving anything: it is by another key, or its heads are others than were signed.
    pub(super) fn faults(&self, key: &PublicKey) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !key.has_signed(canonical(&self.signed).as_bytes(), &self.signature) {
            faults.push(Fault::of_seal(if self.key == key.id() {
                "its signature is not one of what it says".to_owned()
            } else {
                format!("its signature is not by the key `{}` that was given, it names `{}`", key.id(), self.key)
            }));
        }
        if self.root != hex::encode(root(&self.heads)) || self.entries != entries(&self.heads) {
            faults.push(Fault::of_seal("its heads are not those that were signed"));
        }
        faults
    }
}

/// The heads of a seal, which stand in the order of their chains.
fn heads(written: &[LeafDocument]) -> Result<BTreeMap<ChainId, Head>, String> {
    let mut heads = BTreeMap::new();
    for LeafDocument { chain, hash, seq } in written {
        let is_behind = |id: &ChainId| heads.last_key_value().is_none_or(|(last, _)| last < id);
        let id = ChainId::parse(chain).filter(is_behind);
        let id = id.ok_or_else(|| format!("its head `{chain}` is no chain's, or stands out of order"))?;
        let hash = sum(hash).filter(|_| *seq > 0).ok_or_else(|| format!("its head `{chain}` has no place and hash"))?;
        heads.insert(id, Head { seq: *seq, hash });
    }
    Ok(heads)
}

/// How many entries lie behind these heads.
fn entries(heads: &BTreeMap<ChainId, Head>) -> u64 {
    heads.values().fold(0, |sum, head| sum.saturating_add(head.seq))
}
