//! Pure. Exact amounts of money in ten-billionths of a US dollar, the smallest unit of AWS's prices.

use std::fmt;

use crate::display::grouped;

/// An amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Usd(pub(crate) u128);

/// One dollar.
const DOLLAR: u128 = 10_000_000_000;

impl Usd {
    /// The sum.
    #[must_use]
    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The excess over `other` in tenths of a percent, rounded; `None` if `other` is zero.
    pub(crate) fn tenths_of_percent_above(self, other: Self) -> Option<u128> {
        let more = self.0.saturating_sub(other.0).saturating_mul(1_000);
        more.saturating_add(other.0.checked_div(2)?).checked_div(other.0)
    }

    /// All ten decimal places: `0.0333334000`.
    pub(crate) fn exact(self) -> String {
        format!("{}.{:010}", self.0.wrapping_div(DOLLAR), self.0.wrapping_rem(DOLLAR))
    }
}

impl std::iter::Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Self::plus)
    }
}

/// Displays cents from a dollar up, and hundredths of a cent below.
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// A hundredth of a cent, and a cent.
        const FINE: u128 = 1_000_000;
        const CENT: u128 = 100_000_000;
        if self.0 >= DOLLAR {
            let cents = self.0.saturating_add(CENT / 2).wrapping_div(CENT);
            write!(f, "${}.{:02}", grouped(cents.wrapping_div(100)), cents.wrapping_rem(100))
        } else {
            let parts = self.0.saturating_add(FINE / 2).wrapping_div(FINE);
            write!(f, "${}.{:04}", parts.wrapping_div(10_000), parts.wrapping_rem(10_000))
        }
    }
}

/// `19.3 %`.
pub(crate) fn percent(tenths: u128) -> String {
    format!("{}.{} %", grouped(tenths.wrapping_div(10)), tenths.wrapping_rem(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_rounded_for_display() {
        for (amount, written) in [
            (0, "$0.0000"),
            (333_334_000, "$0.0333"),
            (9_999_999_999, "$1.0000"),
            (10_000_000_000, "$1.00"),
            (12_345_678_000_000_000, "$1,234,567.80"),
        ] {
            assert_eq!(Usd(amount).to_string(), written);
        }
        assert_eq!(Usd(333_334_000).exact(), "0.0333334000");
        assert_eq!(Usd(400).tenths_of_percent_above(Usd(333)).map(percent).unwrap(), "20.1 %");
        assert_eq!(Usd(400).tenths_of_percent_above(Usd(0)), None);
    }
}
