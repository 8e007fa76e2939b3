//! Pure. Compares a ledger with a seal. Entries may come in any order.

use std::collections::HashMap;

use jiff::SignedDuration;

use super::chains::Head;
use super::fault::{Fault, What};
use super::link::{ChainId, Link};
use super::seal_document::Seal;

/// How much older than the seal an unsealed decision may be.
///
/// The seal has all entries from when its reading began. A request in progress at that time was decided earlier and
/// recorded later. It ends within 15 minutes, the limit of a Lambda invocation, so an older unsealed decision is backdated.
/// Completions are exempt: a frozen environment writes them late, with the time of their permit.
const IN_FLIGHT: SignedDuration = SignedDuration::from_secs(900);

/// A ledger compared with a seal.
pub(super) struct SealCheck<'a> {
    seal: &'a Seal,
    seen: HashMap<ChainId, Seen>,
    /// By chain, the first decision after its head that is dated before the seal.
    backdated: HashMap<ChainId, u64>,
}

/// The entries seen of a sealed chain.
#[derive(Default)]
struct Seen {
    last: u64,
    /// Whether the sealed head exists.
    head: bool,
    /// Whether another entry has its place.
    other: bool,
}

impl<'a> SealCheck<'a> {
    /// Starts a comparison.
    pub(super) fn new(seal: &'a Seal) -> Self {
        Self { seal, seen: HashMap::new(), backdated: HashMap::new() }
    }

    /// Compares an entry.
    pub(super) fn take(&mut self, link: &Link) {
        let head = self.seal.heads.get(&link.chain);
        if let Some(head) = head {
            let seen = self.seen.entry(link.chain).or_default();
            seen.last = seen.last.max(link.seq);
            seen.head |= (link.seq, link.hash) == (head.seq, head.hash);
            seen.other |= link.seq == head.seq && link.hash != head.hash;
        }
        let oldest = self.seal.from.checked_sub(IN_FLIGHT).unwrap_or(jiff::Timestamp::MIN);
        let is_unsealed = head.is_none_or(|head| link.seq > head.seq);
        if is_unsealed && link.decided.is_some_and(|at| at < oldest) {
            let first = self.backdated.entry(link.chain).or_insert(link.seq);
            *first = link.seq.min(*first);
        }
    }

    /// The differences between seal and ledger, by chain.
    pub(super) fn faults(self) -> Vec<Fault> {
        let missing = self.seal.heads.iter().filter_map(|(chain, head)| missing(*chain, *head, self.seen.get(chain)));
        let mut backdated: Vec<_> = self.backdated.into_iter().collect();
        backdated.sort_unstable();
        let sealed = &self.seal.at;
        let backdated = backdated.into_iter().map(|(chain, seq)| {
            let why = format!("is not in the seal of {sealed}, but is dated long before it");
            Fault::of(What::Backdated, chain.at(seq), why)
        });
        missing.chain(backdated).collect()
    }
}

/// The fault of a sealed chain, if any.
fn missing(chain: ChainId, head: Head, seen: Option<&Seen>) -> Option<Fault> {
    let hash = hex::encode(head.hash);
    let Head { seq, .. } = head;
    let fault = |what, entry, why| Some(Fault::of(what, entry, why));
    match seen {
        Some(Seen { head: true, .. }) => None,
        Some(Seen { other: true, .. }) => {
            fault(What::Rewritten, chain.at(seq), format!("was sealed with the hash {hash}, but has another"))
        }
        Some(Seen { last, .. }) if *last < seq => {
            fault(What::Cut, chain.at(seq), format!("was the end of its chain when sealed, but now `{last}` is"))
        }
        Some(_) => fault(What::Removed, chain.at(seq), "was sealed, but is missing".to_owned()),
        None => fault(What::Missing, chain.to_string(), format!("is missing; {seq} of its entries were sealed")),
    }
}
