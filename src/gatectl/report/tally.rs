//! Pure. Counting in bounded memory: by name, since names can be anything that a caller asks for, and each entry once, since
//! an archive can have an entry twice.

use std::collections::{BTreeMap, HashMap};

/// The most names with counts of their own.
const MOST_NAMES: usize = 10_000;

/// The name of all others.
const OTHERS: &str = "(all others)";

/// Counts, by name.
pub(super) struct Tally<T> {
    counts: HashMap<String, T>,
}

/// Permits and refusals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) permitted: u64,
    pub(super) refused: u64,
}

impl Split {
    /// Counts one.
    pub(super) fn add(&mut self, is_permit: bool) {
        raise(if is_permit { &mut self.permitted } else { &mut self.refused });
    }

    /// The sum.
    pub(super) fn all(self) -> u64 {
        self.permitted.saturating_add(self.refused)
    }
}

/// Adds one.
pub(super) fn raise(count: &mut u64) {
    *count = count.saturating_add(1);
}

impl<T> Default for Tally<T> {
    fn default() -> Self {
        Self { counts: HashMap::new() }
    }
}

impl<T: Default + Copy> Tally<T> {
    /// The count of a name.
    pub(super) fn of(&mut self, name: &str) -> &mut T {
        let name = if self.counts.contains_key(name) || self.counts.len() < MOST_NAMES { name } else { OTHERS };
        self.counts.entry(name.to_owned()).or_default()
    }

    /// All names with their counts, the largest by `size` first, equal ones by name.
    pub(super) fn sorted(&self, size: impl Fn(T) -> u64) -> Vec<(&str, T)> {
        let mut all: Vec<(&str, T)> = self.counts.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        all.sort_by(|a, b| size(b.1).cmp(&size(a.1)).then_with(|| a.0.cmp(b.0)));
        all
    }
}

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
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn names_past_the_bound_are_counted_together() {
        let mut tally = Tally::<u64>::default();
        for number in 0..MOST_NAMES + 5 {
            raise(tally.of(&format!("{number:06}")));
        }
        raise(tally.of("000000"));
        let sorted = tally.sorted(|count| count);
        assert_eq!(sorted.len(), MOST_NAMES + 1);
        assert_eq!(sorted[..3], [(OTHERS, 5), ("000000", 2), ("000001", 1)]);
    }

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
