//! Pure. Which entries are counted already: an archive can have an entry twice.

use std::collections::{BTreeMap, HashMap};

/// The seen numbers of each chain, as runs without a gap. This needs little memory, since chains have no gaps.
#[derive(Default)]
pub(super) struct Seen {
    /// By chain: the first number of a run, and its last.
    runs: HashMap<String, BTreeMap<u64, u64>>,
}

impl Seen {
    /// Whether an entry is new. It is marked as seen.
    pub(super) fn is_new(&mut self, chain: &str, seq: u64) -> bool {
        if !self.runs.contains_key(chain) {
            self.runs.insert(chain.to_owned(), BTreeMap::new());
        }
        let Some(runs) = self.runs.get_mut(chain) else { return true };
        let before = runs.range(..=seq).next_back().map(|(first, last)| (*first, *last));
        if before.is_some_and(|(_, last)| seq <= last) {
            return false;
        }
        let joined = before.filter(|(_, last)| last.checked_add(1) == Some(seq));
        let last = seq.checked_add(1).and_then(|next| runs.remove(&next)).unwrap_or(seq);
        runs.insert(joined.map_or(seq, |(first, _)| first), last);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_agrees_with_a_set(numbers in proptest::collection::vec((0..3_u8, 1..20_u64), 0..200)) {
            let (mut seen, mut set) = (Seen::default(), HashSet::new());
            for (chain, seq) in numbers {
                prop_assert_eq!(seen.is_new(&chain.to_string(), seq), set.insert((chain, seq)));
            }
        }
    }

    #[test]
    fn a_whole_chain_is_one_run_in_any_order() {
        let mut seen = Seen::default();
        for seq in (1..=100).step_by(2).chain((2..=100).rev().step_by(2)).chain([u64::MAX]) {
            assert!(seen.is_new("c", seq));
        }
        assert_eq!(seen.runs["c"], BTreeMap::from([(1, 100), (u64::MAX, u64::MAX)]));
    }
}
