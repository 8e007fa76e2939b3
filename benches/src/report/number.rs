//! Pure. Formats numbers with three significant digits, in the unit that fits.

use crate::figures::Unit;

/// Shown where there is no number.
pub(super) const NONE: &str = "–";

const SECONDS: &[(f64, &str)] = &[(1.0, " s"), (1e-3, " ms"), (1e-6, " µs"), (1e-9, " ns")];
const BYTES: &[(f64, &str)] = &[(1e9, " GB"), (1e6, " MB"), (1e3, " KB"), (1.0, " B")];
const COUNT: &[(f64, &str)] = &[(1e9, " billion"), (1e6, " million"), (1.0, "")];
const PER_SECOND: &[(f64, &str)] = &[(1e6, " million/s"), (1.0, "/s")];

/// `4.70 ms`, `21.2 MB`, `1,230`. Counts have no trailing zeros.
pub(super) fn display(unit: Unit, number: f64) -> String {
    match unit {
        Unit::Seconds => scaled(SECONDS, number, false),
        Unit::Bytes => scaled(BYTES, number, false),
        Unit::Count => scaled(COUNT, number, true),
        Unit::PerSecond => scaled(PER_SECOND, number, true),
    }
}

/// The same without trailing zeros, for goals and places of an axis: `15 ms`.
pub(super) fn display_round(unit: Unit, number: f64) -> String {
    match unit {
        Unit::Seconds => scaled(SECONDS, number, true),
        Unit::Bytes => scaled(BYTES, number, true),
        Unit::Count | Unit::PerSecond => display(unit, number),
    }
}

/// `39×`, `3.9×`.
pub(super) fn times(ratio: f64) -> String {
    if !ratio.is_finite() {
        return NONE.to_owned();
    }
    let ratio = rounded(ratio, if ratio < 10.0 { 2 } else { 3 });
    let decimals = if ratio < 1.0 { 2 } else { usize::from(ratio < 10.0) };
    format!("{}×", grouped(&format!("{ratio:.decimals$}")))
}

fn scaled(scales: &[(f64, &str)], number: f64, is_short: bool) -> String {
    if !number.is_finite() {
        return NONE.to_owned();
    }
    let number = rounded(number, 3);
    let fitting = if number == 0.0 {
        scales.iter().find(|(scale, _)| *scale == 1.0)
    } else {
        scales.iter().find(|(scale, _)| number.abs() >= *scale).or(scales.last())
    };
    let Some((scale, unit)) = fitting else { return NONE.to_owned() };
    let size = (number / scale).abs();
    let decimals = if size >= 100.0 || size == 0.0 { 0 } else { 1 + usize::from(size < 10.0) };
    let mut digits = format!("{size:.decimals$}");
    if is_short && digits.contains('.') {
        digits = digits.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let sign = if number < 0.0 { "−" } else { "" };
    format!("{sign}{}{unit}", grouped(&digits))
}

/// Rounds to significant digits. This comes first, so that 999.6 µs is shown as 1.00 ms.
fn rounded(number: f64, digits: usize) -> f64 {
    format!("{number:.*e}", digits - 1).parse().unwrap_or(number)
}

/// `1234.5` as `1,234.5`.
fn grouped(digits: &str) -> String {
    let whole = digits.find('.').unwrap_or(digits.len());
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index < whole && (whole - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_in_the_unit_that_fits() {
        let cases = [
            (Unit::Seconds, 0.0, "0 s"),
            (Unit::Seconds, 1.5e-9, "1.50 ns"),
            (Unit::Seconds, 4.2e-10, "0.42 ns"),
            (Unit::Seconds, 531.4e-6, "531 µs"),
            (Unit::Seconds, 999.6e-6, "1.00 ms"),
            (Unit::Seconds, 4.7e-3, "4.70 ms"),
            (Unit::Seconds, 20.06e-3, "20.1 ms"),
            (Unit::Seconds, 0.9996, "1.00 s"),
            (Unit::Seconds, 12_345.0, "12,300 s"),
            (Unit::Seconds, -12e-6, "−12.0 µs"),
            (Unit::Seconds, f64::NAN, "–"),
            (Unit::Seconds, f64::INFINITY, "–"),
            (Unit::Bytes, 812.0, "812 B"),
            (Unit::Bytes, 64_000.0, "64.0 KB"),
            (Unit::Bytes, 3_984_000.0, "3.98 MB"),
            (Unit::Bytes, 1.2e9, "1.20 GB"),
            (Unit::Count, 1.0, "1"),
            (Unit::Count, 0.42, "0.42"),
            (Unit::Count, 1.5, "1.5"),
            (Unit::Count, 999.7, "1,000"),
            (Unit::Count, 60_000.0, "60,000"),
            (Unit::Count, 1_234_567.0, "1.23 million"),
            (Unit::PerSecond, 1_812.4, "1,810/s"),
        ];
        for (unit, number, expected) in cases {
            assert_eq!(display(unit, number), expected, "{number:e}");
        }
    }

    #[test]
    fn goals_have_no_trailing_zeros() {
        assert_eq!(display_round(Unit::Seconds, 15e-3), "15 ms");
        assert_eq!(display_round(Unit::Seconds, 3.09e-3), "3.09 ms");
        assert_eq!(display_round(Unit::Bytes, 100e6), "100 MB");
    }

    #[test]
    fn ratios_have_two_digits_below_ten() {
        let cases = [
            (38.7, "39×"),
            (43.04, "43×"),
            (1_240.4, "1,240×"),
            (3.94, "3.9×"),
            (9.97, "10×"),
            (0.421, "0.42×"),
            (f64::NAN, "–"),
        ];
        for (ratio, expected) in cases {
            assert_eq!(times(ratio), expected);
        }
    }
}
