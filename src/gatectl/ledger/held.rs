//! Pure. A ledger held against a seal, while its entries come in any order.

use std::collections::HashMap;

use jiff::SignedDuration;

use super::chains::Head;
use super::fault::{Fault, What};
use super::link::{ChainId, Link};
use super::sealed::Seal;

/// How much older than the seal a decision may be that the seal doesn't know.
///
/// The seal holds all that was in the ledger when its reading began. A request that was being answered at that moment had
/// been decided, and its entry was written only then; no invocation of Lambda lasts longer than this. So a decision that is
/// older and not in the seal was not in the ledger when it should have been. Completions are not judged by it: one that an
/// environment still owed when it was frozen bears the time of its permit.
const IN_FLIGHT: SignedDuration = SignedDuration::from_secs(900);

/// What was seen of the seal.
pub(super) struct Held<'a> {
    seal: &'a Seal,
    seen: HashMap<ChainId, Seen>,
    /// By chain, the first decision behind its head that claims to be older than the seal.
    backdated: HashMap<ChainId, u64>,
}

/// What was seen of a chain.
#[derive(Default)]
struct Seen {
    last: u64,
    /// The sealed entry is there.
    head: bool,
    /// Another one stands in its place.
    other: bool,
}

impl<'a> Held<'a> {
    /// Nothing seen yet.
    pub(super) fn against(seal: &'a Seal) -> Self {
        Self { seal, seen: HashMap::new(), backdated: HashMap::new() }
    }

    /// Takes an entry.
    pub(super) fn take(&mut self, link: &Link) {
        let head = self.seal.heads.get(&link.chain);
        if let Some(head) = head {
            let seen = self.seen.entry(link.chain).or_default();
            seen.last = seen.last.max(link.seq);
            seen.head |= (link.seq, link.hash) == (head.seq, head.hash);
            seen.other |= link.seq == head.seq && link.hash != head.hash;
        }
        let oldest = self.seal.from.checked_sub(IN_FLIGHT).unwrap_or(jiff::Timestamp::MIN);
        let is_unknown = head.is_none_or(|head| link.seq > head.seq);
        if is_unknown && link.decided.is_some_and(|at| at < oldest) {
            let first = self.backdated.entry(link.chain).or_insert(link.seq);
            *first = link.seq.min(*first);
        }
    }

    /// All that the seal knows and the ledger doesn't have, and the other way round; by chain.
    pub(super) fn faults(self) -> Vec<Fault> {
        let gone = self.seal.heads.iter().filter_map(|(chain, head)| gone(*chain, *head, self.seen.get(chain)));
        let mut backdated: Vec<_> = self.backdated.into_iter().collect();
        backdated.sort_unstable();
        let sealed = &self.seal.at;
        let backdated = backdated.into_iter().map(|(chain, seq)| {
            let says = format!("is not in the seal of {sealed}, and claims to have been decided long before it");
            Fault::of(What::Backdated, chain.at(seq), says)
        });
        gone.chain(backdated).collect()
    }
}

/// What became of a chain that was sealed.
fn gone(chain: ChainId, head: Head, seen: Option<&Seen>) -> Option<Fault> {
    let hash = hex::encode(head.hash);
    let Head { seq, .. } = head;
    let fault = |what, entry, says| Some(Fault::of(what, entry, says));
    match seen {
        Some(Seen { head: true, .. }) => None,
        Some(Seen { other: true, .. }) => {
            fault(What::Rewritten, chain.at(seq), format!("was sealed with the hash {hash}, and has another"))
        }
        Some(Seen { last, .. }) if *last < seq => {
            fault(What::Cut, chain.at(seq), format!("was the end of its chain when it was sealed, and now `{last}` is"))
        }
        Some(_) => fault(What::Removed, chain.at(seq), "was sealed, and is not there".to_owned()),
        None => fault(What::Missing, chain.to_string(), format!("is not there; {seq} of its entries were sealed")),
    }
}
