//! Pure. The first entry of a chain that shows what was done to it.

use std::collections::BTreeMap;

use super::chains::Head;
use super::fault::{Fault, What};
use super::link::{ChainId, Link, NOTHING_BEFORE, Standing, Sum};

/// All that stands in one chain, by place: each different entry once.
#[derive(Debug, Default)]
pub(super) struct Whole {
    places: BTreeMap<u64, Vec<Link>>,
}

impl Whole {
    /// Takes an entry. The same twice is fine: streams tell some changes twice.
    pub(super) fn take(&mut self, link: Link) {
        let place = self.places.entry(link.seq).or_default();
        if !place.contains(&link) {
            place.push(link);
        }
    }

    /// How many entries there are.
    pub(super) fn count(&self) -> usize {
        self.places.values().map(Vec::len).sum()
    }

    /// Where it stands, or what is wrong first.
    pub(super) fn head(&self, chain: ChainId) -> Result<Head, Fault> {
        let mut head = Head { seq: 0, hash: NOTHING_BEFORE };
        for (seq, links) in &self.places {
            let is_at = |what, says: String| Fault::of(what, chain.at(*seq), says);
            let expected = head.seq.saturating_add(1);
            if *seq == 0 {
                return Err(is_at(What::Added, "stands before the chain's beginning, which is 1".into()));
            }
            if *seq > expected {
                return Err(removed(chain, expected, *seq));
            }
            if links.iter().any(|link| link.standing == Standing::Changed) {
                return Err(is_at(What::Changed, "does not bear its hash".into()));
            }
            if links.iter().any(|link| link.standing == Standing::Misplaced) {
                return Err(is_at(What::Reordered, "bears the `decision_id` of another place".into()));
            }
            let [link] = links.as_slice() else {
                return Err(is_at(What::Added, self.several(links, expected, head)));
            };
            if link.prev != head.hash {
                return Err(self.unfollowed(chain, link, head));
            }
            head = Head { seq: *seq, hash: link.hash };
        }
        Ok(head)
    }

    /// What an entry is that does not follow the one before it.
    fn unfollowed(&self, chain: ChainId, link: &Link, head: Head) -> Fault {
        let other =
            |is: &dyn Fn(&Link) -> bool| self.places.values().flatten().find(|other| is(other)).map(|one| one.seq);
        let fault = |what, says| Fault::of(what, chain.at(link.seq), says);
        if link.prev == NOTHING_BEFORE {
            return fault(What::Reordered, "says that it is the first of its chain".to_owned());
        }
        if let Some(before) = other(&|other| other.hash == link.prev) {
            let says = format!("follows `{before}` of its chain: it was moved, or what stands between was put there");
            return fault(What::Reordered, says);
        }
        if let Some(next) = other(&|other| other.prev == head.hash) {
            let says = format!("does not follow the entry before it, and `{next}` of its chain does");
            return fault(What::Reordered, says);
        }
        let says = "does not follow the entry before it: one of the two is not what the gate wrote there";
        fault(What::Added, says.to_owned())
    }

    /// Which of several entries at one place was added, as far as their neighbours tell.
    fn several(&self, links: &[Link], seq: u64, head: Head) -> String {
        let next: Vec<Sum> =
            self.places.get(&seq.saturating_add(1)).into_iter().flatten().map(|link| link.prev).collect();
        let fits = |link: &&Link| link.prev == head.hash && (next.is_empty() || next.contains(&link.hash));
        let mut genuine = links.iter().filter(fits);
        let count = links.len();
        match (genuine.next(), genuine.next()) {
            (Some(link), None) => format!(
                "is there in {count} versions: the one with the hash {} fits its neighbours, so another was added",
                hex::encode(link.hash)
            ),
            _ => format!("is there in {count} versions, and its neighbours don't tell which was added"),
        }
    }
}

fn removed(chain: ChainId, first: u64, next: u64) -> Fault {
    let says = match next.saturating_sub(first) {
        1 => format!("is not there, and `{next}` of its chain is"),
        _ => format!("and all before `{next}` of its chain are not there, and that one is"),
    };
    Fault::of(What::Removed, chain.at(first), says)
}
