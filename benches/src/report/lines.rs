//! Pure. The picture of growth: a small plot a figure, whose lines end in their last number.

use super::axis::Axis;
use super::bars::foot;
use super::growth::{by_axis, plots};
use super::number::{chosen, short as short_number, told};
use super::picture::{Anchor, MARGIN, Picture, WIDTH};
use super::row::{named, short};
use crate::figures::{Growth, Line, Results, Who};

const COLUMNS: usize = 3;
const GAP: f64 = 22.0;
const PANEL: f64 = (WIDTH - 2.0 * MARGIN - GAP * 2.0) / 3.0;
/// How high a plot is, and what its scale and its last numbers take beside it.
const PLOT: f64 = 100.0;
const SCALE: f64 = 50.0;
const LAST: f64 = 62.0;
/// A line of text.
const LINE: f64 = 17.0;
/// Characters of a plot's heading in a line, and of an axis' number.
const HEADING: usize = 33;
const CHARACTER: f64 = 6.6;
const TITLE: &str = "How it grows";
const STYLE: &str = "\
text{font-size:13px}.line{fill:none;stroke-width:2}.s-gate{stroke:#1f5f8b;stroke-width:2.6}\
.s-a{stroke:#a4471f;stroke-dasharray:6 3}.s-b{stroke:#2e6b45;stroke-dasharray:2 3}.f-gate{fill:#1f5f8b;font-weight:600}\
.f-a{fill:#a4471f}.f-b{fill:#2e6b45}\
@media (prefers-color-scheme:dark){.s-gate{stroke:#82bdea}.s-a{stroke:#f0a077}.s-b{stroke:#86c79b}.f-gate{fill:#82bdea}\
.f-a{fill:#f0a077}.f-b{fill:#86c79b}}\
@media (max-width:560px){text{font-size:15px}.scale{font-size:14px}}";

/// The picture.
#[must_use]
pub fn growth_svg(results: &Results) -> String {
    let growth = by_axis(&results.growth);
    let mut picture = Picture::new(TITLE, description(&growth), STYLE);
    picture.text((MARGIN, 44.0), Anchor::Start, "title", TITLE);
    let note = "Axes are of decades where they span more than tenfold. Lower and flatter is better.";
    picture.text((MARGIN, 70.0), Anchor::Start, "quiet", note);
    legend(&mut picture, &growth, 96.0);
    let mut y = 112.0;
    for growth in &growth {
        y = section(&mut picture, growth, y);
    }
    let y = foot(&mut picture, &results.taken, y + 22.0);
    picture.finish(y)
}

/// Whose line is whose: by colour, by stroke and by mark.
fn legend(picture: &mut Picture, growth: &[Growth], y: f64) {
    let mut who: Vec<Who> = growth.iter().flat_map(|growth| growth.lines.iter().map(|line| line.who)).collect();
    who.sort_unstable();
    who.dedup();
    let mut x = MARGIN;
    for who in who {
        picture.path(&format!("M{x:.1} {0:.1}H{1:.1}", y - 4.5, x + 30.0), &format!("line s-{}", class(who)));
        picture.path(&mark(who, (x + 15.0, y - 4.5)), &format!("f-{}", class(who)));
        picture.text((x + 38.0, y), Anchor::Start, "", named(who));
        x += 38.0 + 24.0 + CHARACTER * 1.1 * named(who).chars().count() as f64;
    }
}

/// All plots along one axis; returns where they end.
fn section(picture: &mut Picture, growth: &Growth, top: f64) -> f64 {
    picture.path(&format!("M{MARGIN} {:.1}H{:.1}", top + 8.0, WIDTH - MARGIN), "grid");
    picture.text((MARGIN, top + 34.0), Anchor::Start, "head", &format!("By {}", growth.axis));
    let mut y = top + 44.0;
    for row in plots(growth).chunks(COLUMNS) {
        let headings: Vec<Vec<String>> = row.iter().map(|plot| wrapped(what(plot))).collect();
        let below = y + LINE * headings.iter().map(Vec::len).max().unwrap_or_default() as f64 + 14.0;
        for (column, (plot, heading)) in row.iter().zip(&headings).enumerate() {
            let x = MARGIN + (PANEL + GAP) * column as f64;
            for (index, line) in heading.iter().enumerate() {
                picture.text((x, y + LINE * (index as f64 + 1.0) - 2.0), Anchor::Start, "quiet", line);
            }
            draw(picture, growth, plot, (x, below));
        }
        y = below + PLOT + 34.0;
    }
    y
}

fn what<'a>(plot: &[&'a Line]) -> &'a str {
    plot.first().map_or("", |line| line.what.as_str())
}

/// One plot, from its upper left corner.
fn draw(picture: &mut Picture, growth: &Growth, plot: &[&Line], (left, top): (f64, f64)) {
    let (from, to, bottom) = (left + SCALE, left + PANEL - LAST, top + PLOT);
    let numbers: Vec<f64> = plot.iter().flat_map(|line| line.values.iter().copied()).collect();
    let axes = Axis::growing(&growth.at, (from + 4.0, to - 4.0)).zip(Axis::measured(&numbers, (bottom, top)));
    let (Some((across, up)), Some(first)) = (axes, plot.first()) else {
        return picture.text((from, top + PLOT / 2.0), Anchor::Start, "quiet", "not measured");
    };
    for tick in up.ticks() {
        let Some(y) = up.at(tick) else { continue };
        picture.path(&format!("M{from:.1} {y:.1}H{to:.1}"), "grid");
        picture.text((from - 6.0, y + 4.0), Anchor::End, "scale", &chosen(first.unit, tick));
    }
    picture.path(&format!("M{from:.1} {bottom:.1}H{to:.1}"), "base");
    places(picture, growth, &across, bottom + 17.0);
    let mut ends = Vec::new();
    for line in plot.iter().rev() {
        let points: Vec<(f64, f64, f64)> = growth
            .at
            .iter()
            .zip(&line.values)
            .filter_map(|(at, value)| Some((across.at(*at)?, up.at(*value)?, *value)))
            .collect();
        let joined: Vec<String> = points.iter().map(|(x, y, _)| format!("{x:.1} {y:.1}")).collect();
        let class = class(line.who);
        if joined.len() > 1 {
            picture.path(&format!("M{}", joined.join("L")), &format!("line s-{class}"));
        }
        for (x, y, _) in &points {
            picture.path(&mark(line.who, (*x, *y)), &format!("f-{class}"));
        }
        let last = |value| told(line.unit, value).replace(" million", " M");
        ends.extend(points.last().map(|(_, y, value)| (*y, last(*value), class)));
    }
    for (y, value, class) in apart(ends, (top, bottom)) {
        picture.text((to + 4.0, y + 4.0), Anchor::Start, &format!("f-{class}"), &value);
    }
}

/// The axis' places, from its end: one that has no room is left out.
fn places(picture: &mut Picture, growth: &Growth, across: &Axis, y: f64) {
    let mut free_to = f64::INFINITY;
    for at in growth.at.iter().rev() {
        let (Some(x), text) = (across.at(*at), short_number(growth.unit, *at)) else { continue };
        let half = CHARACTER * text.chars().count() as f64 / 2.0;
        if x + half < free_to {
            picture.text((x, y), Anchor::Middle, "scale", &text);
            free_to = x - half - 6.0;
        }
    }
}

/// Last numbers in the order of their lines, no two of them on each other and none above its plot.
fn apart(mut ends: Vec<(f64, String, &'static str)>, (top, bottom): (f64, f64)) -> Vec<(f64, String, &'static str)> {
    ends.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut below = bottom + LINE;
    for end in &mut ends {
        end.0 = end.0.min(below - 14.0);
        below = end.0;
    }
    let mut above = top;
    for end in ends.iter_mut().rev() {
        end.0 = end.0.max(above);
        above = end.0 + 14.0;
    }
    ends
}

/// The gate is a disc, peers are a square or a diamond.
fn mark(who: Who, (x, y): (f64, f64)) -> String {
    match class(who) {
        "gate" => format!("M{:.1} {y:.1}a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0 -7.2 0", x - 3.6),
        "a" => format!("M{:.1} {:.1}h6v6h-6z", x - 3.0, y - 3.0),
        _ => format!("M{x:.1} {:.1}l4 4l-4 4l-4 -4z", y - 4.0),
    }
}

fn class(who: Who) -> &'static str {
    match who {
        Who::Gate => "gate",
        Who::Python | Who::LiteLlm | Who::Nomenklatura => "a",
        Who::Calls | Who::Node | Who::Nobody => "b",
    }
}

/// A heading in two lines at most.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && last + 1 + word.chars().count() > HEADING {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            let space = if line.is_empty() { "" } else { " " };
            line.push_str(&format!("{space}{word}"));
        }
    }
    if lines.len() > 2 {
        lines.truncate(2);
        lines.iter_mut().skip(1).for_each(|line| line.push('…'));
    }
    lines
}

/// What the picture shows, for whoever can't see it.
fn description(growth: &[Growth]) -> String {
    let line = |growth: &Growth, line: &Line| {
        let (first, last) = (line.values.first()?, line.values.last()?);
        let (from, to) = (growth.at.first()?, growth.at.last()?);
        Some(format!(
            "{}, {}: {} at {} {}, {} at {}.",
            line.what,
            short(line.who),
            told(line.unit, *first),
            chosen(growth.unit, *from),
            growth.axis,
            told(line.unit, *last),
            chosen(growth.unit, *to)
        ))
    };
    let told = growth.iter().flat_map(|growth| growth.lines.iter().filter_map(move |of| line(growth, of)));
    told.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::picture::read;
    use super::super::sample;
    use super::*;

    #[test]
    fn every_line_ends_in_its_last_number() {
        let text = read(&growth_svg(&sample::whole()));
        for expected in ["By listed names", "resident memory", "46.0 ms", "40.0 MB", "60k", "4 MB", "80.0 ns"] {
            assert!(text.iter().any(|text| text == expected), "{expected} in {text:?}");
        }
    }

    #[test]
    fn last_numbers_do_not_lie_on_each_other() {
        let table =
            [([50.0, 51.0, 100.0, 100.0], [100.0, 86.0, 51.0, 37.0]), ([0.0, 0.0, 0.0, 60.0], [60.0, 28.0, 14.0, 0.0])];
        for (ends, expected) in table {
            let ends = ends.map(|y| (y, String::new(), "gate")).to_vec();
            let places: Vec<f64> = apart(ends, (0.0, 100.0)).iter().map(|end| end.0).collect();
            assert_eq!(places, expected);
        }
    }

    #[test]
    fn no_number_breaks_it() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, 1e-9, 1e9] {
            for place in 0..4 {
                let mut results = sample::whole();
                for growth in &mut results.growth {
                    growth.at.iter_mut().skip(place).for_each(|at| *at = number);
                    growth
                        .lines
                        .iter_mut()
                        .for_each(|line| line.values.iter_mut().skip(place).for_each(|of| *of = number));
                }
                let drawn = growth_svg(&results);
                read(&drawn);
                assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{number} at {place}: {drawn}");
            }
        }
        read(&growth_svg(&sample::results(Vec::new())));
    }

    #[test]
    fn a_heading_has_two_lines_at_most() {
        assert_eq!(wrapped("process start to the first answer"), ["process start to the first answer"]);
        let long = "word ".repeat(20);
        assert_eq!(wrapped(long.trim()), ["word word word word word word", "word word word word word word…"]);
    }
}
