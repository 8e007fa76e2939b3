//! Pure. Axes: from a number to a place, in decades where the numbers span them.

/// From numbers to places.
pub(super) struct Axis {
    is_log: bool,
    numbers: (f64, f64),
    places: (f64, f64),
    /// Where nothing is on an axis of decades, which has no place for it.
    zero: Option<f64>,
}

/// How many times the smallest number the largest is, from which on an axis is one of decades.
const DECADES_FROM: f64 = 10.0;

impl Axis {
    /// Whole decades around numbers, of which at least one is more than nothing.
    pub(super) fn decades(numbers: &[f64], places: (f64, f64)) -> Option<Self> {
        let (least, most) = ends(numbers.iter().copied().filter(|number| *number > 0.0))?;
        let from = power(least.log10().floor());
        // A bar that ends where it begins isn't seen.
        let from = if least / from < 1.4 { from / 10.0 } else { from };
        let to = power(most.log10().ceil()).max(from * 10.0);
        Some(Self { is_log: true, numbers: (from, to), places, zero: None })
    }

    /// What is measured: whole decades, or from nothing to a round number where it stays within one.
    pub(super) fn measured(numbers: &[f64], places: (f64, f64)) -> Option<Self> {
        let (least, most) = ends(numbers.iter().copied())?;
        if least > 0.0 && most / least >= DECADES_FROM {
            let (from, to) = (power(least.log10().floor()), power(most.log10().ceil()));
            return Some(Self { is_log: true, numbers: (from, to), places, zero: None });
        }
        Some(Self { is_log: false, numbers: (least.min(0.0), round(most)), places, zero: None })
    }

    /// What grows: from end to end, nothing a decade before the first that is more.
    pub(super) fn growing(numbers: &[f64], places: (f64, f64)) -> Option<Self> {
        let (least, most) = ends(numbers.iter().copied())?;
        let (first, _) = ends(numbers.iter().copied().filter(|number| *number > 0.0)).unwrap_or((least, most));
        if first > 0.0 && most / first >= DECADES_FROM {
            let has_zero = least <= 0.0;
            let from = if has_zero { first / 10.0 } else { first };
            return Some(Self { is_log: true, numbers: (from, most), places, zero: has_zero.then_some(places.0) });
        }
        Some(Self { is_log: false, numbers: (least, most), places, zero: None })
    }

    /// Where a number is; in the middle of an axis of a single one.
    pub(super) fn at(&self, number: f64) -> Option<f64> {
        let on = |number: f64| if self.is_log { number.log10() } else { number };
        if !number.is_finite() || (self.is_log && number <= 0.0) {
            return self.zero.filter(|_| number == 0.0);
        }
        let (from, to) = (on(self.numbers.0), on(self.numbers.1));
        let part = if to > from { (on(number) - from) / (to - from) } else { 0.5 };
        Some(self.places.0 + part.clamp(0.0, 1.0) * (self.places.1 - self.places.0))
    }

    /// Round numbers to have lines: decades, or both ends and the middle.
    pub(super) fn ticks(&self) -> Vec<f64> {
        let (from, to) = self.numbers;
        if !self.is_log {
            return vec![from, f64::midpoint(from, to), to];
        }
        let (first, decades) = (from.log10().round(), (to / from).log10().round());
        let every = (decades / 5.0).ceil().max(1.0);
        std::iter::successors(Some(0.0), |decade| Some(decade + every))
            .take_while(|decade| *decade <= decades)
            .map(|decade| power(first + decade))
            .collect()
    }
}

/// Smallest and largest.
fn ends(numbers: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    numbers.filter(|number| number.is_finite()).fold(None, |ends, number| {
        let (least, most) = ends.unwrap_or((number, number));
        Some((number.min(least), number.max(most)))
    })
}

/// The round number at or above that can be halved.
fn round(most: f64) -> f64 {
    if most <= 0.0 {
        return 1.0;
    }
    let decade = power(most.log10().floor());
    [1.0, 2.0, 4.0, 6.0, 8.0, 10.0].map(|step| step * decade).into_iter().find(|top| *top >= most).unwrap_or(most)
}

/// A power of ten as it is written: `10.0.powf(-3.0)` may be off by a hair.
fn power(exponent: f64) -> f64 {
    format!("1e{exponent:.0}").parse().unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: (f64, f64) = (0.0, 100.0);

    #[test]
    fn decades_have_room_for_the_shortest_bar() {
        let cases = [
            (vec![531e-6, 0.201], vec![1e-4, 1e-3, 1e-2, 1e-1, 1.0]),
            (vec![1e-3, 1e-3], vec![1e-4, 1e-3]),
            (vec![0.0, -1.0, f64::NAN, 5.0], vec![1.0, 10.0]),
            (vec![1.5e-9, 15.0], vec![1e-9, 1e-6, 1e-3, 1.0]),
        ];
        for (numbers, expected) in cases {
            assert_eq!(Axis::decades(&numbers, PLACES).unwrap().ticks(), expected);
        }
        assert!(Axis::decades(&[0.0, f64::NAN], PLACES).is_none());
    }

    #[test]
    fn nothing_has_a_place_beside_decades() {
        let axis = Axis::growing(&[0.0, 1e3, 20e3, 1e5], PLACES).unwrap();
        let places: Vec<f64> = [0.0, 1e3, 1e4, 1e5].iter().map(|at| axis.at(*at).unwrap().round()).collect();
        assert_eq!(places, [0.0, 33.0, 67.0, 100.0]);
        assert_eq!(axis.at(-1.0), None);
        assert_eq!(Axis::growing(&[10.0], PLACES).unwrap().at(10.0), Some(50.0));
        assert_eq!(Axis::growing(&[0.0], PLACES).unwrap().at(0.0), Some(50.0));
    }

    #[test]
    fn what_stays_within_a_decade_begins_at_nothing() {
        let axis = Axis::measured(&[18e6, 40e6], PLACES).unwrap();
        assert_eq!(axis.ticks(), [0.0, 20e6, 40e6]);
        assert_eq!(Axis::measured(&[600e-6, 40e-3], PLACES).unwrap().ticks(), [1e-4, 1e-3, 1e-2, 1e-1]);
        assert_eq!(Axis::measured(&[0.0], PLACES).unwrap().ticks(), [0.0, 0.5, 1.0]);
        assert!(Axis::measured(&[f64::NAN], PLACES).is_none());
    }
}
