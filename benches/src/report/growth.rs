//! Pure. What grows, as rows of a table.

use super::number::{NONE, chosen, times, told};
use super::row::short;
use crate::figures::Growth;

/// The last column: the last number beside the first.
pub(super) const SPREAD: &str = "last ÷ first";

/// The axis' places.
pub(super) fn places(growth: &Growth) -> Vec<String> {
    growth.at.iter().map(|at| chosen(growth.unit, *at)).collect()
}

/// A row a line: what and whose, its numbers, and how many times the first the last is.
pub(super) fn rows(growth: &Growth) -> Vec<Vec<String>> {
    let row = |line: &crate::figures::Line| {
        let mut row = vec![format!("{}, {}", line.what, short(line.who))];
        let number = |place| line.values.get(place).map_or(NONE.to_owned(), |number| told(line.unit, *number));
        row.extend((0..growth.at.len()).map(number));
        let ends = line.values.first().zip(line.values.get(growth.at.len().saturating_sub(1)));
        let ends = ends.filter(|(first, last)| **first > 0.0 && **last > 0.0);
        row.push(ends.map_or(NONE.to_owned(), |(first, last)| times(last / first)));
        row
    };
    growth.lines.iter().map(row).collect()
}
