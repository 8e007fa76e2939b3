//! Pure. Formats numbers with three significant digits, in the unit that fits.

use indicatif::HumanFloatCount;

use crate::figures::Unit;

/// Shown where there is no number.
pub(super) const NONE: &str = "–";

/// `4.7 ms`, `21.2 MB`, `1,230`. Percentages and fractions have fixed decimals, since they end at 1.
pub(super) fn display(unit: Unit, number: f64) -> String {
    match unit {
        Unit::Seconds => scaled(&[(1.0, " s"), (1e-3, " ms"), (1e-6, " µs"), (1e-9, " ns")], number),
        Unit::Bytes => scaled(&[(1e9, " GB"), (1e6, " MB"), (1e3, " KB"), (1.0, " B")], number),
        Unit::Count => scaled(&[(1e9, " billion"), (1e6, " million"), (1.0, "")], number),
        Unit::PerSecond => scaled(&[(1e6, " million/s"), (1.0, "/s")], number),
        Unit::Fraction => format!("{number:.3}"),
        Unit::Percent => format!("{:.2} %", number * 100.0),
    }
}

/// `39×`, `3.9×`.
pub(super) fn times(ratio: f64) -> String {
    if !ratio.is_finite() {
        return NONE.to_owned();
    }
    format!("{}×", HumanFloatCount(rounded(ratio, if ratio < 100.0 { 2 } else { 3 })))
}

fn scaled(scales: &[(f64, &str)], number: f64) -> String {
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
    format!("{}{unit}", HumanFloatCount(rounded(number / scale, 3)))
}

/// Rounds to significant digits. This comes first, so that 999.6 µs is shown as 1 ms.
fn rounded(number: f64, digits: usize) -> f64 {
    format!("{number:.*e}", digits - 1).parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_in_the_unit_that_fits() {
        let cases = [
            (Unit::Seconds, 0.0, "0 s"),
            (Unit::Seconds, 4.2e-10, "0.42 ns"),
            (Unit::Seconds, 531.4e-6, "531 µs"),
            (Unit::Seconds, 999.6e-6, "1 ms"),
            (Unit::Seconds, 4.7e-3, "4.7 ms"),
            (Unit::Seconds, 20.06e-3, "20.1 ms"),
            (Unit::Seconds, 12_345.0, "12,300 s"),
            (Unit::Seconds, -12e-6, "-12 µs"),
            (Unit::Seconds, f64::NAN, "–"),
            (Unit::Seconds, f64::INFINITY, "–"),
            (Unit::Bytes, 812.0, "812 B"),
            (Unit::Bytes, 64_000.0, "64 KB"),
            (Unit::Bytes, 3_984_000.0, "3.98 MB"),
            (Unit::Bytes, 1.2e9, "1.2 GB"),
            (Unit::Count, 0.42, "0.42"),
            (Unit::Count, 999.7, "1,000"),
            (Unit::Count, 60_000.0, "60,000"),
            (Unit::Count, 1_234_567.0, "1.23 million"),
            (Unit::PerSecond, 1_812.4, "1,810/s"),
            (Unit::Fraction, 1.0, "1.000"),
            (Unit::Percent, 0.98784, "98.78 %"),
        ];
        for (unit, number, expected) in cases {
            assert_eq!(display(unit, number), expected, "{number:e}");
        }
    }

    #[test]
    fn ratios_have_two_digits_below_a_hundred() {
        let cases =
            [(38.7, "39×"), (1_240.4, "1,240×"), (3.94, "3.9×"), (9.97, "10×"), (0.421, "0.42×"), (f64::NAN, "–")];
        for (ratio, expected) in cases {
            assert_eq!(times(ratio), expected);
        }
    }
}
