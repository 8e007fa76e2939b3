//! Pure. Diagnoses a chain: its first entry with a fault.

use std::collections::BTreeMap;

use super::chains::Head;
use super::fault::{Fault, What};
use super::link::{ChainId, Integrity, Link, NO_PREVIOUS, Sum};

/// All different entries of a chain, by place.
#[derive(Debug, Default)]
pub(super) struct Whole {
    places: BTreeMap<u64, Vec<Link>>,
}

impl Whole {
    /// Adds an entry. Duplicates are ignored: the archive can have an entry twice.
    pub(super) fn take(&mut self, link: Link) {
        let place = self.places.entry(link.seq).or_default();
        if !place.contains(&link) {
            place.push(link);
        }
    }

    /// The number of entries.
    pub(super) fn count(&self) -> usize {
        self.places.values().map(Vec::len).sum()
    }

    /// The head of the chain, or its first fault.
    pub(super) fn head(&self, chain: ChainId) -> Result<Head, Fault> {
        let mut head = Head { seq: 0, hash: NO_PREVIOUS };
        for (seq, links) in &self.places {
            let is_at = |what, why: String| Fault::of(what, chain.at(*seq), why);
            let expected = head.seq.saturating_add(1);
            if *seq == 0 {
                return Err(is_at(What::Added, "comes before the first place, which is 1".into()));
            }
            if *seq > expected {
                return Err(removed(chain, expected, *seq));
            }
            if links.iter().any(|link| link.integrity == Integrity::Changed) {
                return Err(is_at(What::Changed, "has an invalid hash".into()));
            }
            if links.iter().any(|link| link.integrity == Integrity::Misplaced) {
                return Err(is_at(What::Reordered, "has the `decision_id` of another place".into()));
            }
            let [link] = links.as_slice() else {
                return Err(is_at(What::Added, self.several(links, expected, head)));
            };
            if link.prev != head.hash {
                return Err(self.not_following(chain, link, head));
            }
            head = Head { seq: *seq, hash: link.hash };
        }
        Ok(head)
    }

    /// The fault of an entry that does not follow the previous one.
    fn not_following(&self, chain: ChainId, link: &Link, head: Head) -> Fault {
        let other =
            |is: &dyn Fn(&Link) -> bool| self.places.values().flatten().find(|other| is(other)).map(|one| one.seq);
        let fault = |what, why| Fault::of(what, chain.at(link.seq), why);
        if link.prev == NO_PREVIOUS {
            return fault(What::Reordered, "claims to be the first of its chain".to_owned());
        }
        if let Some(before) = other(&|other| other.hash == link.prev) {
            let why = format!("follows `{before}` of its chain: it was moved, or entries were inserted between them");
            return fault(What::Reordered, why);
        }
        if let Some(next) = other(&|other| other.prev == head.hash) {
            let why = format!("does not follow the previous entry, but `{next}` of its chain does");
            return fault(What::Reordered, why);
        }
        let why = "does not follow the previous entry: one of the two was changed";
        fault(What::Added, why.to_owned())
    }

    /// Which of several entries at one place was added, judged by their neighbours.
    fn several(&self, links: &[Link], seq: u64, head: Head) -> String {
        let next: Vec<Sum> =
            self.places.get(&seq.saturating_add(1)).into_iter().flatten().map(|link| link.prev).collect();
        let fits = |link: &&Link| link.prev == head.hash && (next.is_empty() || next.contains(&link.hash));
        let mut genuine = links.iter().filter(fits);
        let count = links.len();
        match (genuine.next(), genuine.next()) {
            (Some(link), None) => format!(
                "has {count} versions: the one with the hash {} fits its neighbours, so another was added",
                hex::encode(link.hash)
            ),
            _ => format!("has {count} versions, and its neighbours do not show which was added"),
        }
    }
}

fn removed(chain: ChainId, first: u64, next: u64) -> Fault {
    let why = match next.saturating_sub(first) {
        1 => format!("is missing, but `{next}` of its chain exists"),
        _ => format!("and all entries up to `{next}` of its chain are missing, but that one exists"),
    };
    Fault::of(What::Removed, chain.at(first), why)
}
