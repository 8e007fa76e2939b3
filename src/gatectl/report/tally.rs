//! Pure. Counting by name, in bounded memory: names can be anything that a caller asks for.

use std::collections::HashMap;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
