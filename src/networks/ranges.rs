//! Pure. Sorted ranges of numbers as bytes: all starts, then all ends, so that a search reads only the starts.

/// A little-endian number.
pub(super) trait Number: Copy + Ord {
    /// Its length in bytes.
    const BYTES: usize;

    fn read(bytes: &[u8], place: usize) -> Option<Self>;
    fn write(self, bytes: &mut Vec<u8>);
    /// The next number; `None` after the last.
    fn next(self) -> Option<Self>;
}

macro_rules! number {
    ($number:ty) => {
        impl Number for $number {
            const BYTES: usize = size_of::<Self>();

            #[inline]
            fn read(bytes: &[u8], place: usize) -> Option<Self> {
                bytes.get(place.checked_mul(Self::BYTES)?..)?.first_chunk().map(|bytes| Self::from_le_bytes(*bytes))
            }

            fn write(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }
        }
    };
}

number!(u32);
number!(u64);

/// Merges ranges: the result is sorted, and no two ranges overlap or touch.
pub(super) fn merged<N: Number>(mut ranges: Vec<(N, N)>) -> Vec<(N, N)> {
    ranges.sort_unstable();
    let mut merged: Vec<(N, N)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match merged.last_mut() {
            Some((_, end)) if end.next().is_none_or(|next| first <= next) => *end = (*end).max(last),
            Some(_) | None => merged.push((first, last)),
        }
    }
    merged
}

/// Writes ranges.
pub(super) fn write<N: Number>(ranges: &[(N, N)], bytes: &mut Vec<u8>) {
    ranges.iter().for_each(|(first, _)| first.write(bytes));
    ranges.iter().for_each(|(_, last)| last.write(bytes));
}

/// Ranges in the bytes that [`write()`] wrote.
#[derive(Clone, Copy)]
pub(super) struct Ranges<'a> {
    firsts: &'a [u8],
    lasts: &'a [u8],
    count: usize,
}

impl<'a> Ranges<'a> {
    /// Splits `count` ranges from the start of the bytes; `None` if there are fewer.
    pub(super) fn split<N: Number>(bytes: &'a [u8], count: usize) -> Option<(Self, &'a [u8])> {
        let size = count.checked_mul(N::BYTES)?;
        let (firsts, rest) = bytes.split_at_checked(size)?;
        let (lasts, rest) = rest.split_at_checked(size)?;
        Some((Self { firsts, lasts, count }, rest))
    }

    /// Whether they are as [`merged`] returns them. The search depends on it.
    pub(super) fn are_in_order<N: Number>(self) -> bool {
        let mut least: Option<N> = None;
        (0..self.count).all(|place| {
            let (Some(first), Some(last)) = (N::read(self.firsts, place), N::read(self.lasts, place)) else {
                return false;
            };
            let is_behind = place == 0 || least.is_some_and(|least| least < first);
            least = last.next();
            is_behind && first <= last
        })
    }

    /// Whether a number is in one of the ranges.
    #[inline]
    pub(super) fn have<N: Number>(self, number: N) -> bool {
        // The last range that starts at or before the number is the only candidate.
        let (mut begun, mut left) = (0_usize, self.count);
        while left > 0 {
            let half = left / 2;
            let middle = begun.saturating_add(half);
            if N::read(self.firsts, middle).is_some_and(|first| first <= number) {
                begun = middle.saturating_add(1);
                left = left.saturating_sub(half).saturating_sub(1);
            } else {
                left = half;
            }
        }
        let candidate = begun.checked_sub(1).and_then(|place| N::read(self.lasts, place));
        candidate.is_some_and(|last| number <= last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjacent_and_overlapping_ranges_are_merged() {
        let cases: [[&[(u32, u32)]; 2]; 6] = [
            [&[], &[]],
            [&[(5, 9), (0, 2)], &[(0, 2), (5, 9)]],
            [&[(0, 2), (3, 4)], &[(0, 4)]],
            [&[(0, 9), (3, 4), (9, 12)], &[(0, 12)]],
            [&[(7, u32::MAX), (9, 9), (0, 0)], &[(0, 0), (7, u32::MAX)]],
            [&[(0, u32::MAX), (0, u32::MAX)], &[(0, u32::MAX)]],
        ];
        for [ranges, expected] in cases {
            assert_eq!(merged(ranges.to_vec()), expected, "{ranges:?}");
        }
    }
}
