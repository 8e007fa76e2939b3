//! Pure. Shares of ownership as integers: the ledger has only integers, and their sums are exact.

use serde::{Deserialize, Serialize};

/// A share of the whole, in millionths of a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Share(u32);

impl Share {
    /// 0 %.
    pub const NONE: Self = Self(0);
    /// 1 %.
    pub const ONE_PERCENT: Self = Self(1_000_000);
    /// 50 %.
    pub const HALF: Self = Self(50_000_000);
    /// 100 %.
    pub const WHOLE: Self = Self(100_000_000);

    /// Reads a percentage, rounded up and at most the whole; `None` for negative values and NaN.
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
        // Subtracts the error of binary fractions, so that 49.99 does not become 49.990001.
        let units = (percent.min(100.0) * 1e6 - 1e-3).ceil().clamp(0.0, 1e8);
        Some(Self(units as u32))
    }

    /// The share in percent, for display.
    #[must_use]
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 1e6
    }

    /// The sum, at most the whole.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0)).min(Self::WHOLE)
    }

    /// The whole less this share.
    #[must_use]
    pub fn rest(self) -> Self {
        Self(Self::WHOLE.0.saturating_sub(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_rounded_up_and_at_most_the_whole() {
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
