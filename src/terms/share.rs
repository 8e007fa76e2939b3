//! Pure. Shares of ownership, in whole numbers: the ledger has no others, and sums of them come out the same everywhere.

use serde::{Deserialize, Serialize};

/// A share of the whole, in millionths of a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Share(u32);

impl Share {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// A hundredth.
    pub const ONE_PERCENT: Self = Self(1_000_000);
    /// Half.
    pub const HALF: Self = Self(50_000_000);
    /// All of it.
    pub const WHOLE: Self = Self(100_000_000);

    /// A share of so many percent, rounded up, and never more than the whole. What is negative, or no number, is none.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "it lies between nothing and the whole")]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it lies between nothing and the whole"
    )]
    pub fn of_percent(percent: f64) -> Option<Self> {
        if percent.is_nan() || percent < 0.0 {
            return None;
        }
        // A thousandth of a unit is what binary fractions may be off by: 49.99 is not to become 49.990001.
        let units = (percent.min(100.0) * 1e6 - 1e-3).ceil().clamp(0.0, 1e8);
        Some(Self(units as u32))
    }

    /// In percent, for people.
    #[must_use]
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 1e6
    }

    /// Both together, never more than the whole.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0)).min(Self::WHOLE)
    }

    /// What is left of the whole.
    #[must_use]
    pub fn rest(self) -> Self {
        Self(Self::WHOLE.0.saturating_sub(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percent_is_rounded_up_and_kept_within_the_whole() {
        let table = [
            (0.0, Some(0)),
            (-0.0, Some(0)),
            (50.0, Some(50_000_000)),
            (49.99, Some(49_990_000)),
            (33.3, Some(33_300_000)),
            (16.666_666_666_667, Some(16_666_667)),
            (7.142_857_142_857_143, Some(7_142_858)),
            (49.999_999_99, Some(50_000_000)),
            (1e-9, Some(0)),
            (100.0, Some(100_000_000)),
            (100.1, Some(100_000_000)),
            (1e300, Some(100_000_000)),
            (f64::INFINITY, Some(100_000_000)),
            (-0.1, None),
            (f64::NEG_INFINITY, None),
            (f64::NAN, None),
        ];
        for (percent, units) in table {
            assert_eq!(Share::of_percent(percent), units.map(Share), "{percent}");
        }
        let share = |percent| Share::of_percent(percent).unwrap();
        assert_eq!(share(60.0).and(share(60.0)), Share::WHOLE);
        assert_eq!((share(60.0).rest(), Share::WHOLE.rest()), (share(40.0), Share::NONE));
        assert!((share(49.99).percent() - 49.99).abs() < 1e-9);
    }
}
