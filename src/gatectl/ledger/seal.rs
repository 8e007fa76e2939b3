//! Pure. A seal: where every chain stood at a moment, under one signed root.
//!
//! The root is a Merkle tree's (RFC 6962, 2.1) over the chains by their ids: a leaf is the canonical JSON of
//! `{"chain", "hash", "seq"}`. What is signed is the canonical JSON of the seal without `heads` and `signature`.

use std::collections::HashMap;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use export_gate::canonical::canonical;
use export_gate::terms::{parse_time, render_time};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::chains::End;

/// What a seal's form is called.
const FORMAT: &str = "export-gate-seal/1";

/// An Ed25519 public key as X.509 has it, up to the key itself (RFC 8410).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A seal.
#[derive(Clone, Debug)]
pub(crate) struct Seal {
    value: Value,
    heads: HashMap<String, (u64, String)>,
    /// When the reading for it began.
    pub(crate) from: Timestamp,
}

/// An Ed25519 public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey([u8; 32]);

impl Seal {
    /// The seal of these ends, without its signature.
    pub(super) fn new(ends: &[End], from: Timestamp, at: Timestamp, key: &str, previous: Option<&Seal>) -> Value {
        let entries: u64 = ends.iter().fold(0, |sum, end| sum.saturating_add(end.seq));
        let mut seal = json!({
            "format": FORMAT, "from": render_time(from), "at": render_time(at), "chains": ends.len(),
            "entries": entries, "root": hex::encode(root(&ends.iter().map(leaf).collect::<Vec<_>>())),
            "algorithm": "Ed25519", "key": key, "heads": ends.iter().map(head).collect::<Vec<Value>>(),
        });
        if let Some(previous) = previous {
            seal["previous"] = json!(hex::encode(Sha256::digest(signed_bytes(&previous.value))));
        }
        seal
    }

    /// Reads a seal; its heads must give its root.
    ///
    /// # Errors
    /// A sentence that says why it is none.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| format!("the seal is no JSON: {error}"))?;
        if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
            return Err(format!("this is no seal of the form `{FORMAT}`"));
        }
        let text =
            |name: &str| value.get(name).and_then(Value::as_str).ok_or_else(|| format!("the seal has no `{name}`"));
        let from = parse_time(text("from")?).map_err(|error| error.to_string())?;
        let mut ends = Vec::new();
        for head in value.get("heads").and_then(Value::as_array).ok_or("the seal has no `heads`")? {
            let text = |name: &str| head.get(name).and_then(Value::as_str).map(str::to_owned);
            let (Some(chain), Some(hash), Some(seq)) =
                (text("chain"), text("hash"), head.get("seq").and_then(Value::as_u64))
            else {
                return Err("a head of the seal has no chain, hash or seq".to_owned());
            };
            ends.push(End { chain, seq, hash });
        }
        if !ends.is_sorted_by(|a, b| a.chain < b.chain) {
            return Err("the seal's heads are not in the order of their chains".to_owned());
        }
        if hex::encode(root(&ends.iter().map(leaf).collect::<Vec<_>>())) != text("root")? {
            return Err("the seal's heads were changed: they do not give its root".to_owned());
        }
        let heads = ends.into_iter().map(|end| (end.chain, (end.seq, end.hash))).collect();
        Ok(Self { heads, from, value })
    }

    /// The seal of some of its chains alone.
    pub(super) fn part(&self, is_own: impl Fn(&str) -> bool) -> Self {
        let heads = self.heads.iter().filter(|(chain, _)| is_own(chain));
        Self {
            heads: heads.map(|(chain, head)| (chain.clone(), head.clone())).collect(),
            from: self.from,
            value: json!({"at": self.at_text()}),
        }
    }

    /// Whether the key signed it.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        let signature =
            self.value.get("signature").and_then(Value::as_str).and_then(|text| BASE64_STANDARD.decode(text).ok());
        let verify =
            |signature: Vec<u8>| UnparsedPublicKey::new(&ED25519, key.0).verify(&signed_bytes(&self.value), &signature);
        signature.is_some_and(|signature| verify(signature).is_ok())
    }

    /// When it was made, as it says.
    pub(crate) fn at_text(&self) -> &str {
        self.value.get("at").and_then(Value::as_str).unwrap_or_default()
    }

    /// A member that says something of it.
    pub(crate) fn member(&self, name: &str) -> &Value {
        self.value.get(name).unwrap_or(&Value::Null)
    }

    /// Where a chain stood.
    pub(super) fn seq_of(&self, chain: &str) -> Option<u64> {
        self.heads.get(chain).map(|(seq, _)| *seq)
    }

    /// The hash that a chain's entry must have, where it is the one that was sealed.
    pub(super) fn hash_at(&self, chain: &str, seq: u64) -> Option<&str> {
        self.heads.get(chain).filter(|(sealed, _)| *sealed == seq).map(|(_, hash)| hash.as_str())
    }

    /// Every chain, and where it stood.
    pub(super) fn places(&self) -> impl Iterator<Item = (&str, u64)> {
        self.heads.iter().map(|(chain, (seq, _))| (chain.as_str(), *seq))
    }
}

impl PublicKey {
    /// Reads a key as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// A sentence that says why it is none.
    pub(super) fn from_pem(text: &str) -> Result<Self, String> {
        Self::from_der(&from_pem(text, "PUBLIC KEY")?)
    }

    /// Reads a key as X.509 has it.
    ///
    /// # Errors
    /// As [`PublicKey::from_pem`].
    pub(super) fn from_der(der: &[u8]) -> Result<Self, String> {
        let key = der.strip_prefix(&SPKI).and_then(|key| <[u8; 32]>::try_from(key).ok());
        key.map(Self)
            .ok_or_else(|| "the key is no Ed25519 public key: `openssl pkey -in key.pem -pubout` writes one".to_owned())
    }
}

/// What a signature is over.
pub(super) fn signed_bytes(seal: &Value) -> Vec<u8> {
    let mut bare = seal.clone();
    if let Some(seal) = bare.as_object_mut() {
        seal.remove("heads");
        seal.remove("signature");
    }
    canonical(&bare).into_bytes()
}

/// What stands in a PEM file under a label (RFC 7468).
///
/// # Errors
/// A sentence that says what is missing.
pub(super) fn from_pem(text: &str, label: &str) -> Result<Vec<u8>, String> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let body = text.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end)).map(|(body, _)| body);
    let body: String = body.ok_or_else(|| format!("there is no `{label}` in the file"))?.split_whitespace().collect();
    BASE64_STANDARD.decode(body).map_err(|_| format!("the `{label}` is no base64"))
}

fn head(end: &End) -> Value {
    json!({"chain": end.chain, "hash": end.hash, "seq": end.seq})
}

fn leaf(end: &End) -> [u8; 32] {
    Sha256::new().chain_update([0]).chain_update(canonical(&head(end))).finalize().into()
}

/// A tree splits at the largest power of two that is less than its leaves.
fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() >> 1);
            Sha256::new().chain_update([1]).chain_update(root(left)).chain_update(root(right)).finalize().into()
        }
    }
}
