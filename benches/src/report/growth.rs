//! Pure. Turns growth into table rows.

use super::number::{NONE, display, display_round, times};
use super::row::short_name;
use crate::figures::{Growth, Line};

/// Heading of the last number divided by the first.
pub(super) const SPREAD: &str = "last ÷ first";

/// Heading of whether a line grows no faster than its axis.
pub(super) const KEEPS: &str = "no faster";

/// Headings of the axis' places.
pub(super) fn places(growth: &Growth) -> Vec<String> {
    growth.at.iter().map(|at| display_round(growth.unit, *at)).collect()
}

/// Merges growth along the same places of the same axis.
pub(super) fn by_axis(growth: &[Growth]) -> Vec<Growth> {
    let mut axes: Vec<Growth> = Vec::new();
    for growth in growth {
        match axes.iter_mut().find(|axis| axis.axis == growth.axis && axis.unit == growth.unit && axis.at == growth.at)
        {
            Some(axis) => axis.lines.extend(growth.lines.iter().cloned()),
            None => axes.push(growth.clone()),
        }
    }
    axes
}

/// Groups lines by figure, in the order of their first lines.
pub(super) fn by_figure(growth: &Growth) -> Vec<Vec<&Line>> {
    let mut by_figure: Vec<Vec<&Line>> = Vec::new();
    for line in &growth.lines {
        match by_figure.iter_mut().find(|plot| plot.iter().any(|of| of.what == line.what && of.unit == line.unit)) {
            Some(plot) => plot.push(line),
            None => by_figure.push(vec![line]),
        }
    }
    by_figure
}

/// Whether a line grows no faster than its axis. Zero places and numbers are left out.
fn keeps(growth: &Growth, line: &Line) -> &'static str {
    let mut there = growth.at.iter().zip(&line.values).filter(|(at, value)| **at > 0.0 && **value > 0.0);
    match (there.next(), there.next_back()) {
        (Some((from, first)), Some((to, last))) if last / first <= to / from => "✔",
        (Some(_), Some(_)) => "✘",
        _ => NONE,
    }
}

/// A row for each line: its name, its numbers, the last divided by the first, and whether it grows no faster.
pub(super) fn rows(growth: &Growth) -> Vec<Vec<String>> {
    let row = |line: &Line| {
        let mut row = vec![format!("{}, {}", line.what, short_name(line.who))];
        let number = |place| line.values.get(place).map_or(NONE.to_owned(), |number| display(line.unit, *number));
        row.extend((0..growth.at.len()).map(number));
        let ends = line.values.first().zip(line.values.get(growth.at.len().saturating_sub(1)));
        let ends = ends.filter(|(first, last)| **first > 0.0 && **last > 0.0);
        row.push(ends.map_or(NONE.to_owned(), |(first, last)| times(last / first)));
        row.push(keeps(growth, line).to_owned());
        row
    };
    by_figure(growth).into_iter().flatten().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn lines_of_one_figure_are_grouped() {
        let mut growth = sample::whole().growth.remove(1);
        growth.lines.sort_by_key(|line| line.who);
        let rows: Vec<_> = by_figure(&growth).iter().map(|plot| (plot[0].what.clone(), plot.len())).collect();
        assert_eq!(rows, [("a request, back to back".to_owned(), 3), ("resident memory".to_owned(), 3)]);
    }

    #[test]
    fn growth_along_the_same_places_is_merged() {
        let mut growth = sample::whole().growth;
        let whole = growth.clone();
        let last = growth[0].lines.split_off(2);
        growth.push(Growth { lines: last, ..growth[0].clone() });
        growth.push(Growth { at: vec![1.0], ..growth[0].clone() });
        let rows: Vec<_> = by_axis(&growth).iter().map(|growth| (growth.axis.clone(), growth.lines.len())).collect();
        let mut expected: Vec<_> = whole.iter().map(|growth| (growth.axis.clone(), growth.lines.len())).collect();
        expected.push((growth[0].axis.clone(), 2));
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_line_that_grows_faster_than_its_axis_is_marked() {
        let mut growth = sample::whole().growth.remove(0);
        growth.at = vec![0.0, 10.0, 1_000.0];
        let mut keeps_at = |values: [f64; 3]| {
            growth.lines[0].values = values.into();
            keeps(&growth, &growth.lines[0])
        };
        assert_eq!(keeps_at([1.0, 2.0, 200.0]), "✔");
        assert_eq!(keeps_at([0.0, 2.0, 201.0]), "✘");
        assert_eq!(keeps_at([5.0, 5.0, 5.0]), "✔");
        assert_eq!(keeps_at([1.0, 0.0, 3.0]), NONE);
    }

    #[test]
    fn a_short_line_has_no_last_number() {
        let mut growth = sample::whole().growth.remove(0);
        growth.lines[0].values.truncate(1);
        assert_eq!(rows(&growth)[0][1..], ["4.70 ms", "–", "–", "–", "–", "–"]);
    }
}
