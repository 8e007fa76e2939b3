//! Pure. The proof of the chains: entries in any order in, the first fault of each chain out.
//!
//! What is kept of a chain is eight bytes of each hash, and what came before its turn, so that a million entries take
//! megabytes, whatever their order.

use std::collections::{BTreeMap, HashMap};

use export_gate::canonical::digest;
use export_gate::terms::parse_time;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::seal::Seal;

/// The `prev` of a chain's first entry.
const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// How much older than a seal a decision may say it is, and not stand in it. An entry is written while its request runs,
/// and Lambda lets none run for longer than 900 s.
pub(super) const TOLERANCE: SignedDuration = SignedDuration::from_secs(900);

/// Chains as far as they were seen.
#[derive(Default)]
pub(super) struct Chains {
    chains: HashMap<String, Chain>,
    seal: Option<std::sync::Arc<Seal>>,
    /// How many entries there were, each once.
    pub(super) entries: u64,
    /// What is no entry of a chain.
    pub(super) strange: Vec<String>,
}

/// One chain.
#[derive(Default)]
struct Chain {
    /// The first eight bytes of each hash, in order.
    hashes: Vec<u64>,
    last: String,
    /// What came before its turn, by number.
    ahead: BTreeMap<u64, Link>,
    /// The first fault, by number.
    fault: Option<(u64, String)>,
}

struct Link {
    prev: String,
    hash: String,
}

/// Where a chain ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) chain: String,
    pub(crate) seq: u64,
    pub(crate) hash: String,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Proof {
    /// Where the chains end, by id.
    pub(super) ends: Vec<End>,
    /// The first fault of each chain that has one, by chain.
    pub(super) faults: BTreeMap<String, String>,
    /// What is no entry of a chain.
    pub(super) strange: Vec<String>,
    /// How many entries there were.
    pub(super) entries: u64,
}

impl Chains {
    /// Chains that are held against a seal as they are seen.
    pub(super) fn sealed(seal: Option<std::sync::Arc<Seal>>) -> Self {
        Self { seal, ..Self::default() }
    }

    /// Takes an entry, hash and all.
    pub(super) fn take(&mut self, entry: &Value) {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let place = (text("chain"), entry.get("seq").and_then(Value::as_u64).filter(|seq| *seq > 0));
        let (Some(id), Some(seq)) = place else {
            self.strange.push("something that is no entry: it has no `chain`, or no `seq` above zero".to_owned());
            return;
        };
        let chain = self.chains.entry(id.to_owned()).or_default();
        let named = format!("{id}-{seq}");
        let hash = text("hash").unwrap_or_default().to_owned();
        let prev = text("prev").unwrap_or_default().to_owned();
        if let Some(known) = chain.known(seq) {
            if known != short(&hash) || chain.ahead.get(&seq).is_some_and(|link| link.hash != hash) {
                chain.blame(seq, format!("`{named}` was added: another entry stands at its place"));
            }
            return;
        }
        self.entries = self.entries.saturating_add(1);
        if text("decision_id") != Some(named.as_str()) {
            let says = text("decision_id").unwrap_or_default();
            chain.blame(seq, format!("`{named}` was reordered: the entry at this place says that it is `{says}`"));
        } else if !bears(entry, &hash) {
            chain.blame(seq, format!("`{named}` was changed: it does not bear its hash"));
        }
        if let Some(seal) = &self.seal {
            let at = text("at").and_then(|at| parse_time(at).ok());
            let is_decision = text("kind") != Some("completion");
            let is_past = seal.seq_of(id).is_none_or(|sealed| seq > sealed);
            if is_past && is_decision && at.is_none_or(|at| is_older(at, seal.from)) {
                let at = text("at").unwrap_or_default();
                chain.blame(
                    seq,
                    format!("`{named}` was forged: it says {at}, and is not in the seal of {}", seal.at_text()),
                );
            }
            if seal.hash_at(id, seq).is_some_and(|sealed| sealed != hash) {
                chain.blame(seq, format!("`{named}` was rewritten: the seal has another hash at this place"));
            }
        }
        chain.link(id, seq, Link { prev, hash });
    }

    /// What came of it, once all was taken.
    pub(super) fn proved(self) -> Proof {
        let mut proof = Proof { entries: self.entries, strange: self.strange, ..Proof::default() };
        let mut sealed: BTreeMap<&str, u64> =
            self.seal.as_ref().map(|seal| seal.places().collect()).unwrap_or_default();
        for (id, mut chain) in self.chains {
            let last = u64::try_from(chain.hashes.len()).unwrap_or_default();
            let next = last.saturating_add(1);
            if let Some((first, _)) = chain.ahead.first_key_value() {
                let until = first.saturating_sub(1);
                let range = if until == next {
                    format!("`{id}-{next}` was")
                } else {
                    format!("`{id}-{next}` to `{id}-{until}` were")
                };
                chain.blame(next, format!("{range} removed: the chain goes on behind"));
            } else if let Some(sealed) = sealed.remove(id.as_str()).filter(|sealed| *sealed > last) {
                chain.blame(
                    next,
                    format!("`{id}-{next}` was removed: the chain was cut at its end, which the seal has at {sealed}"),
                );
            }
            sealed.remove(id.as_str());
            if let Some((_, fault)) = chain.fault {
                proof.faults.insert(id.clone(), fault);
            }
            proof.ends.push(End { chain: id, seq: last, hash: chain.last });
        }
        for (id, seq) in sealed {
            proof.faults.insert(
                id.to_owned(),
                format!("`{id}-1` was removed: the whole chain is gone, which the seal has at {seq}"),
            );
        }
        proof.ends.sort_by(|a, b| a.chain.cmp(&b.chain));
        proof
    }
}

impl Proof {
    /// Joins the proofs of other chains.
    pub(super) fn join(mut self, other: Self) -> Self {
        self.ends.extend(other.ends);
        self.ends.sort_by(|a, b| a.chain.cmp(&b.chain));
        self.faults.extend(other.faults);
        self.strange.extend(other.strange);
        self.entries = self.entries.saturating_add(other.entries);
        self
    }

    /// Whether nothing is wrong.
    pub(super) fn is_whole(&self) -> bool {
        self.faults.is_empty() && self.strange.is_empty()
    }
}

impl Chain {
    /// The hash's first bytes of an entry that was seen.
    fn known(&self, seq: u64) -> Option<u64> {
        let index = usize::try_from(seq.saturating_sub(1)).ok()?;
        self.hashes.get(index).copied().or_else(|| self.ahead.get(&seq).map(|link| short(&link.hash)))
    }

    /// Keeps the fault that comes first in the chain.
    fn blame(&mut self, seq: u64, fault: String) {
        if self.fault.as_ref().is_none_or(|(first, _)| seq < *first) {
            self.fault = Some((seq, fault));
        }
    }

    fn link(&mut self, id: &str, seq: u64, link: Link) {
        self.ahead.insert(seq, link);
        loop {
            let next = u64::try_from(self.hashes.len()).unwrap_or_default().saturating_add(1);
            let Some(Link { prev, hash }) = self.ahead.remove(&next) else { return };
            let before = if next == 1 { NOTHING_BEFORE } else { self.last.as_str() };
            if prev != before {
                let elsewhere = self.hashes.iter().position(|known| *known == short(&prev));
                let fault = match elsewhere {
                    Some(index) => format!(
                        "`{id}-{next}` was reordered: the entry that it was written behind is `{id}-{}`",
                        index.saturating_add(1)
                    ),
                    None => format!(
                        "`{id}-{next}` was added, or what stood before it was changed or removed: it was not written behind the entry before it"
                    ),
                };
                self.blame(next, fault);
            }
            self.hashes.push(short(&hash));
            self.last = hash;
        }
    }
}

fn is_older(at: Timestamp, seal: Timestamp) -> bool {
    seal.checked_sub(TOLERANCE).is_ok_and(|limit| at < limit)
}

fn short(hash: &str) -> u64 {
    hash.get(..16).and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or_default()
}

/// Whether an entry bears the hash of all the rest of it. All of its numbers are whole.
fn bears(entry: &Value, hash: &str) -> bool {
    let mut bare = entry.clone();
    if let Some(entry) = bare.as_object_mut() {
        entry.remove("hash");
    }
    is_whole(&bare) && digest(&bare) == hash
}

fn is_whole(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_f64(),
        Value::Array(list) => list.iter().all(is_whole),
        Value::Object(object) => object.values().all(is_whole),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}
