//! Pure. The prices of AWS in us-east-1, in US dollars, before tax, free tiers and discounts.
//!
//! Prices are of [`AS_OF`], from AWS's pages or from several publications that quote them and agree. The exception is
//! [`SAGEMAKER`], which could not be confirmed. Check each page before you rely on one.
//! Money is exact, in ten-billionths of a US dollar, the smallest unit of these prices.

use std::fmt;

use crate::display::grouped;

/// The date of the prices.
pub(crate) const AS_OF: &str = "2026-12-01";

/// The region of the prices.
pub(crate) const REGION: &str = "us-east-1";

/// A price.
pub(crate) struct Price {
    /// The charged item.
    pub(crate) what: &'static str,
    /// The unit.
    pub(crate) unit: &'static str,
    /// Tiers: the upper limit a month, and the price of a unit in ten-billionths of a dollar. The last tier has no limit.
    pub(crate) tiers: &'static [(u128, u128)],
    /// The page of AWS with the price.
    pub(crate) page: &'static str,
}

/// No limit.
const REST: u128 = u128::MAX;

/// Millions, for tiers.
const M: u128 = 1_000_000;

macro_rules! prices {
    ($($name:ident: $what:literal, $unit:literal, [$(($to:expr, $usd:literal)),+], $page:literal;)+) => {
        $(pub(crate) const $name: Price = Price {
            what: $what, unit: $unit, tiers: &[$(($to, $usd)),+], page: $page,
        };)+
        /// All of them, in order.
        pub(crate) const ALL: &[&Price] = &[$(&$name),+];
    };
}

prices! {
    LAMBDA_X86: "Lambda on x86_64", "GB-second",
        [(6_000 * M, 166_667), (15_000 * M, 150_000), (REST, 133_334)], "AWS Lambda Pricing";
    LAMBDA_ARM: "Lambda on arm64", "GB-second",
        [(7_500 * M, 133_334), (18_750 * M, 120_001), (REST, 106_667)], "AWS Lambda Pricing";
    LAMBDA_REQUEST: "Lambda requests", "request", [(REST, 2_000)], "AWS Lambda Pricing";
    SAGEMAKER: "SageMaker serverless inference", "GB-second", [(REST, 200_000)], "Amazon SageMaker AI Pricing";
    ECR_STORAGE: "ECR private storage", "GB-month", [(REST, 1_000_000_000)], "Amazon ECR Pricing";
    API_REQUEST: "API Gateway REST requests", "request",
        [(333 * M, 35_000), (1_000 * M, 28_000), (20_000 * M, 23_800), (REST, 15_100)],
        "Amazon API Gateway Pricing";
    WAF_REQUEST: "WAF requests", "request", [(REST, 6_000)], "AWS WAF Pricing";
    WAF_ACL: "WAF web ACL", "month", [(REST, 50_000_000_000)], "AWS WAF Pricing";
    WAF_RULE: "WAF rule or rule group", "month", [(REST, 10_000_000_000)], "AWS WAF Pricing";
    DYNAMODB_READ: "DynamoDB reads on demand", "read unit", [(REST, 1_250)], "Amazon DynamoDB Pricing";
    DYNAMODB_WRITE: "DynamoDB writes on demand", "write unit", [(REST, 6_250)], "Amazon DynamoDB Pricing";
    DYNAMODB_STORAGE: "DynamoDB storage", "GB-month", [(REST, 2_500_000_000)], "Amazon DynamoDB Pricing";
    DYNAMODB_BACKUP: "DynamoDB point-in-time recovery", "GB-month",
        [(REST, 2_000_000_000)], "Amazon DynamoDB Pricing";
    S3_PUT: "S3 PUT requests", "request", [(REST, 50_000)], "Amazon S3 Pricing";
    S3_STORAGE: "S3 Standard storage", "GB-month",
        [(50_000, 230_000_000), (500_000, 220_000_000), (REST, 210_000_000)], "Amazon S3 Pricing";
    LOGS: "CloudWatch Logs ingestion", "GB", [(REST, 5_000_000_000)], "Amazon CloudWatch Pricing";
    METRIC: "CloudWatch custom metric", "month", [(10_000, 3_000_000_000), (REST, 1_000_000_000)],
        "Amazon CloudWatch Pricing";
    ALARM: "CloudWatch alarm", "month", [(REST, 1_000_000_000)], "Amazon CloudWatch Pricing";
    DASHBOARD: "CloudWatch dashboard", "month", [(REST, 30_000_000_000)], "Amazon CloudWatch Pricing";
    KMS_KEY: "KMS key", "month", [(REST, 10_000_000_000)], "AWS Key Management Service Pricing";
    TRAIL_EVENT: "CloudTrail data events", "event", [(REST, 10_000)], "AWS CloudTrail Pricing";
}

impl Price {
    /// What `amount / per` units cost in a month, rounded up to the ten-billionth.
    pub(crate) fn of(&self, amount: u128, per: u128) -> Usd {
        let (mut from, mut cost) = (0_u128, 0_u128);
        for (to, each) in self.tiers {
            let to = amount.min(to.saturating_mul(per));
            cost = cost.saturating_add(to.saturating_sub(from).saturating_mul(*each));
            from = to;
        }
        Usd(cost.div_ceil(per.max(1)))
    }
}

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
    fn tiers_are_charged_each_for_its_part() {
        assert_eq!(API_REQUEST.of(333 * M, 1), Usd(333 * M * 35_000));
        assert_eq!(API_REQUEST.of(334 * M, 1), Usd(333 * M * 35_000 + M * 28_000));
        assert_eq!(API_REQUEST.of(0, 1), Usd(0));
        assert_eq!(SAGEMAKER.of(1, 3), Usd(66_667), "a part of a unit is rounded up");
    }

    #[test]
    fn tiers_rise_and_end_nowhere() {
        for price in ALL {
            assert!(price.tiers.is_sorted_by(|a, b| a.0 < b.0), "{}", price.what);
            assert_eq!(price.tiers.last().map(|(to, _)| *to), Some(REST), "{}", price.what);
            assert!(price.tiers.iter().all(|(_, each)| *each > 0), "{}", price.what);
        }
    }

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
