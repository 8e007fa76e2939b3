//! Pure. The picture of the headline figures: the gate's bar above its peers', all times on one scale of decades.

use super::axis::Axis;
use super::number::{chosen, times, told};
use super::picture::{Anchor, MARGIN, Picture, WIDTH};
use super::row::{Row, named, peers, short};
use crate::figures::{Quantile, Results, Taken, Unit, Who};

/// What is drawn, in this order; what wasn't measured isn't.
const HEADLINES: [(&str, Quantile, &str); 5] = [
    ("start.ready.small", Quantile::P50, "Process start to ready"),
    ("latency.added.2ms", Quantile::P50, "Added latency, median, with DynamoDB at 2 ms"),
    ("latency.added.2ms", Quantile::P99, "Added latency, 99th percentile, with DynamoDB at 2 ms"),
    ("cost.processor.small", Quantile::P50, "Processor time a request"),
    ("size.resident.full", Quantile::P50, "Resident memory, full lists"),
];

/// From where to where bars reach.
const BARS: (f64, f64) = (190.0, 590.0);
/// How much room a bar takes, and what stands above the bars of a figure.
const ROW: f64 = 26.0;
const HEAD: f64 = 42.0;
const TITLE: &str = "The gate beside what people would use instead";

/// On a narrow page the picture shrinks: its text must not shrink as much.
const NARROW: &str = "\
@media (max-width:560px){text{font-size:20px}.title{font-size:27px}.scale{font-size:17px}.foot{font-size:15px}}";

/// One figure's bars.
struct Panel<'a> {
    head: &'static str,
    row: Row<'a>,
}

/// The picture.
#[must_use]
pub fn svg(results: &Results) -> String {
    let panels: Vec<Panel<'_>> = HEADLINES.iter().filter_map(|headline| panel(results, *headline)).collect();
    let mut picture = Picture::new(TITLE, description(&panels), NARROW);
    picture.text((MARGIN, 44.0), Anchor::Start, "title", TITLE);
    let mut y = 76.0;
    picture.text((MARGIN, y), Anchor::Start, "quiet", "Shorter is better. Each line is ten times the one before.");
    picture.text((WIDTH - MARGIN, y), Anchor::End, "quiet", "times the gate");
    for of_a_unit in panels.chunk_by(|one, other| one.row.figure.unit == other.row.figure.unit) {
        y = group(&mut picture, of_a_unit, y) + 8.0;
    }
    let y = foot(&mut picture, &results.taken, y + 24.0);
    picture.finish(y)
}

/// A headline that has bars: somebody's number is more than nothing.
fn panel<'a>(results: &'a Results, (id, quantile, head): (&str, Quantile, &'static str)) -> Option<Panel<'a>> {
    let figure = results.figures.iter().find(|figure| figure.id == id)?;
    let row = Row { figure, quantile, is_one_of_two: true };
    let is_seen = numbers(&row).any(|(_, number)| number > 0.0);
    is_seen.then_some(Panel { head, row })
}

/// The gate's number, then its peers'.
fn numbers<'a>(row: &'a Row<'_>) -> impl Iterator<Item = (Who, f64)> + 'a {
    let who = std::iter::once(Who::Gate).chain(peers([row.figure]));
    who.filter_map(|who| row.number(who).map(|number| (who, number)))
}

/// Figures of one unit above their scale; returns where they end.
fn group(picture: &mut Picture, panels: &[Panel<'_>], top: f64) -> f64 {
    let all: Vec<f64> = panels.iter().flat_map(|panel| numbers(&panel.row)).map(|(_, number)| number).collect();
    let Some(axis) = Axis::decades(&all, BARS) else { return top };
    let unit = panels.first().map_or(Unit::Count, |panel| panel.row.figure.unit);
    let rows: usize = panels.iter().map(|panel| numbers(&panel.row).count()).sum();
    let bottom = top + HEAD * panels.len() as f64 + ROW * rows as f64 + 6.0;
    for tick in axis.ticks() {
        let Some(x) = axis.at(tick) else { continue };
        let mut from = top;
        for panel in panels {
            // Lines stop where a heading stands.
            let to = from + HEAD + ROW * numbers(&panel.row).count() as f64;
            picture.path(&format!("M{x:.1} {:.1}V{:.1}", from + HEAD - 4.0, to + 2.0), "grid");
            from = to;
        }
        picture.text((x, bottom + 16.0), Anchor::Middle, "scale", &chosen(unit, tick));
    }
    let mut y = top;
    for panel in panels {
        picture.text((MARGIN, y + HEAD - 14.0), Anchor::Start, "head", panel.head);
        y += HEAD;
        for (who, number) in numbers(&panel.row) {
            bar(picture, &axis, &panel.row, (who, number), y);
            y += ROW;
        }
    }
    bottom + 16.0
}

fn bar(picture: &mut Picture, axis: &Axis, row: &Row<'_>, (who, number): (Who, f64), y: f64) {
    let (is_gate, line) = (who == Who::Gate, y + 18.0);
    let strength = if is_gate { "strong" } else { "" };
    picture.text((BARS.0 - 10.0, line), Anchor::End, strength, named(who));
    let end = axis.at(number).unwrap_or(BARS.0);
    if end > BARS.0 {
        let class = if is_gate { "gate" } else { "peer" };
        picture.rectangle((BARS.0, y + 4.0), (end - BARS.0, ROW - 8.0), class);
    }
    picture.text((end + 8.0, line), Anchor::Start, strength, &told(row.figure.unit, number));
    if let Some(ratio) = row.ratio(who).filter(|_| !is_gate) {
        picture.text((WIDTH - MARGIN, line), Anchor::End, "strong", &times(ratio));
    }
}

/// What the picture shows, for whoever can't see it.
fn description(panels: &[Panel<'_>]) -> String {
    let told = |panel: &Panel<'_>| {
        let number = |(who, number)| format!("{} {}", short(who), told(panel.row.figure.unit, number));
        format!("{}: {}.", panel.head, numbers(&panel.row).map(number).collect::<Vec<_>>().join(", "))
    };
    panels.iter().map(told).collect::<Vec<_>>().join(" ")
}

/// When and where it was measured, and by what command; returns where the picture ends.
pub(super) fn foot(picture: &mut Picture, taken: &Taken, y: f64) -> f64 {
    let date = taken.at.split('T').next().unwrap_or_default();
    let how = format!("{date} · {} at {}", taken.command, taken.revision);
    picture.text((MARGIN, y), Anchor::Start, "scale foot", &how);
    picture.text((MARGIN, y + 18.0), Anchor::Start, "scale foot", &taken.machine);
    y + 38.0
}

#[cfg(test)]
mod tests {
    use super::super::picture::read;
    use super::super::sample;
    use super::*;

    #[test]
    fn a_bar_for_everybody_who_was_measured() {
        let text = read(&svg(&sample::whole()));
        for expected in ["Process start to ready", "Python, boto3", "201 ms", "43×", "LiteLLM", "20×", "100 µs", "1 GB"]
        {
            assert!(text.iter().any(|text| text == expected), "{expected} in {text:?}");
        }
        assert!(!text.iter().any(|text| text == "1.0×"), "the gate beside itself: {text:?}");
        let described = "Processor time a request: gate 531 µs, Python 3.10 ms, Node.js 2.20 ms.";
        assert!(text.iter().any(|text| text.contains(described)), "{text:?}");
    }

    #[test]
    fn what_has_no_bar_has_no_heading() {
        let mut results = sample::whole();
        for figure in results.figures.iter_mut().filter(|figure| figure.id == "start.ready.small") {
            figure.measured.iter_mut().for_each(|measured| measured.p50 = -1.0);
        }
        let text = read(&svg(&results));
        assert!(!text.iter().any(|text| text == "Process start to ready"), "{text:?}");
        assert!(text.iter().any(|text| text == "Processor time a request"), "{text:?}");
    }

    #[test]
    fn no_number_breaks_it() {
        let nothing = [f64::NAN, f64::INFINITY, 0.0, -1.0, 1e-9, 1.0, 1e9];
        for gate in nothing {
            for peer in nothing {
                let mut results = sample::whole();
                for figure in &mut results.figures {
                    figure.measured.iter_mut().for_each(|of| of.p50 = if of.who == Who::Gate { gate } else { peer });
                }
                results.taken.machine = "a <b> & \"c\" \u{1}".to_owned();
                let drawn = svg(&results);
                read(&drawn);
                assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{gate} {peer}: {drawn}");
            }
        }
        read(&svg(&sample::results(Vec::new())));
    }
}
