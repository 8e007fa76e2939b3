//! Pure. The members of an entry that link it into its chain.

use std::fmt;

use export_gate::ledger::has_valid_hash;
use export_gate::terms::parse_time;
use jiff::Timestamp;
use serde_json::Value;

/// A chain: 32 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ChainId(u128);

/// A SHA-256.
pub(super) type Sum = [u8; 32];

/// The `prev` of a chain's first entry.
pub(super) const NO_PREVIOUS: Sum = [0; 32];

/// An entry as a link of its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) chain: ChainId,
    /// Its place in the chain, from 1.
    pub(super) seq: u64,
    /// The hash of this entry and of the previous one, as recorded. Zeros if unreadable, which only a changed entry is.
    pub(super) hash: Sum,
    pub(super) prev: Sum,
    /// The time of a sound decision.
    pub(super) decided: Option<Timestamp>,
    pub(super) integrity: Integrity,
}

/// The integrity of an entry by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Integrity {
    /// Its hash is valid, and its id is that of its place.
    Sound,
    /// Its hash is invalid.
    Changed,
    /// Its id is that of another place, where its hash may be valid.
    Misplaced,
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl ChainId {
    /// Parses a chain's id.
    pub(super) fn parse(text: &str) -> Option<Self> {
        is_hex(text, 32).then(|| u128::from_str_radix(text, 16).ok()).flatten().map(Self)
    }

    /// The id of the decision at a place.
    pub(super) fn at(self, seq: u64) -> String {
        format!("{self}-{seq}")
    }
}

/// Reads a hash, which is in lower case.
pub(super) fn sum(text: &str) -> Option<Sum> {
    let mut sum = Sum::default();
    (is_hex(text, 64) && hex::decode_to_slice(text, &mut sum).is_ok()).then_some(sum)
}

/// Reads `<chain>-<seq>`.
pub(super) fn decision(text: &str) -> Option<(ChainId, u64)> {
    let (chain, seq) = text.split_once('-')?;
    let parsed: u64 = seq.parse().ok()?;
    (parsed > 0 && parsed.to_string() == seq).then_some((ChainId::parse(chain)?, parsed))
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl Link {
    /// Reads an entry. An error means that it has no place in any chain.
    pub(super) fn read(entry: &Value) -> Result<Self, String> {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let chain = text("chain").and_then(ChainId::parse).ok_or("its `chain` is not 32 hex digits")?;
        let seq = entry.get("seq").and_then(Value::as_u64).ok_or("its `seq` is not a number")?;
        let id = chain.at(seq);
        let sum = |name: &str| text(name).and_then(sum);
        if !has_valid_hash(entry) {
            let [hash, prev] = ["hash", "prev"].map(|name| sum(name).unwrap_or_default());
            let integrity = if is_moved(entry) { Integrity::Misplaced } else { Integrity::Changed };
            return Ok(Self { chain, seq, hash, prev, decided: None, integrity });
        }
        let lacks = |name: &str| format!("the hash of `{id}` is valid, but its `{name}` is not in the gate's format");
        let at = text("at").and_then(|at| parse_time(at).ok()).ok_or_else(|| lacks("at"))?;
        let is_placed = text("decision_id") == Some(id.as_str());
        Ok(Self {
            chain,
            seq,
            hash: sum("hash").ok_or_else(|| lacks("hash"))?,
            prev: sum("prev").ok_or_else(|| lacks("prev"))?,
            decided: (text("kind") != Some("completion")).then_some(at),
            integrity: if is_placed { Integrity::Sound } else { Integrity::Misplaced },
        })
    }
}

/// Whether the hash is valid at the place that the id names.
fn is_moved(entry: &Value) -> bool {
    let Some((chain, seq)) = entry.get("decision_id").and_then(Value::as_str).and_then(decision) else { return false };
    let mut moved = entry.clone();
    if let Some(members) = moved.as_object_mut() {
        members.insert("chain".to_owned(), chain.to_string().into());
        members.insert("seq".to_owned(), seq.into());
    }
    has_valid_hash(&moved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_ids_and_hashes_are_parsed() {
        let chain = "00c0ffee00c0ffee00c0ffee00c0ffee";
        assert_eq!(decision(&format!("{chain}-12")).map(|(chain, seq)| chain.at(seq)), Some(format!("{chain}-12")));
        for odd in ["", "-1", "c0ffee-1", &format!("{chain}-0"), &format!("{chain}-01"), &format!("{chain}-+1"), chain]
        {
            assert_eq!(decision(odd), None, "{odd}");
        }
        assert_eq!(ChainId::parse(&chain.to_uppercase()), None);
        assert_eq!(ChainId::parse("+0c0ffee00c0ffee00c0ffee00c0ffee"), None);
        assert_eq!(sum(&"0".repeat(64)), Some(NO_PREVIOUS));
        assert_eq!(sum(&"F".repeat(64)), None);
    }
}
