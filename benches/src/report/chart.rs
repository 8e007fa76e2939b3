//! Pure. Draws the headline figures as bars, the gate's above its peers'.

use std::error::Error;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::number::{display, times};
use super::table::{Row, full_name, peers};
use crate::figures::{Quantile, Results, Who};

/// What is drawn where it was measured, in this order.
const HEADLINES: [(&str, Quantile, &str); 5] = [
    ("start.ready.small", Quantile::P50, "Process start to ready"),
    ("latency.added.2ms", Quantile::P50, "Added latency, median, with DynamoDB at 2 ms"),
    ("latency.added.2ms", Quantile::P99, "Added latency, 99th percentile, with DynamoDB at 2 ms"),
    ("cost.processor.small", Quantile::P50, "Processor time a request"),
    ("size.resident.full", Quantile::P50, "Resident memory, full lists"),
];

const WIDTH: u32 = 760;
const NAMES: u32 = 160;
const LABELS: u32 = 120;
const TITLE: u32 = 40;
const FOOT: u32 = 30;
const BAR: u32 = 24;
/// Height of a caption and a scale.
const HEAD: u32 = 56;
/// The gate's colour, and its peers'.
const GATE: RGBColor = RGBColor(31, 95, 139);
const PEER: RGBColor = RGBColor(160, 170, 178);
const FONT: &str = "sans-serif";

/// One headline and its bars.
struct Panel<'a> {
    head: &'static str,
    row: Row<'a>,
    bars: Vec<(Who, f64)>,
}

/// The SVG document.
pub(super) fn svg(results: &Results) -> Result<String, Box<dyn Error>> {
    let panels: Vec<Panel<'_>> = HEADLINES.iter().filter_map(|headline| panel(results, *headline)).collect();
    let height = |panel: &Panel<'_>| HEAD + BAR * panel.bars.len() as u32;
    let mut svg = String::new();
    {
        let size = (WIDTH, TITLE + FOOT + panels.iter().map(height).sum::<u32>());
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE)?;
        root.draw(&Text::new("The gate beside its alternatives: shorter is better", (10, 12), (FONT, 24)))?;
        let mut rest = root.split_vertically(TITLE).1;
        for panel in &panels {
            let (area, below) = rest.split_vertically(height(panel));
            draw(&area, panel)?;
            rest = below;
        }
        let taken = &results.taken;
        let foot = format!("{} at {}, {}, {}", taken.command, taken.revision, taken.at, taken.machine);
        rest.draw(&Text::new(foot, (10, 8), (FONT, 14)))?;
        root.present()?;
    }
    Ok(svg)
}

/// A headline's panel; `None` where no number is positive.
fn panel<'a>(results: &'a Results, (id, quantile, head): (&str, Quantile, &'static str)) -> Option<Panel<'a>> {
    let figure = results.figures.iter().find(|figure| figure.id == id)?;
    let row = Row { figure, quantile };
    let who = std::iter::once(Who::Gate).chain(peers(&[figure]));
    let bars: Vec<_> = who.filter_map(|who| Some((who, row.number(who).filter(|number| *number > 0.0)?))).collect();
    (!bars.is_empty()).then_some(Panel { head, row, bars })
}

/// Draws a panel on a logarithmic scale of whole decades.
fn draw(area: &DrawingArea<SVGBackend<'_>, Shift>, panel: &Panel<'_>) -> Result<(), Box<dyn Error>> {
    let decade = |number: f64, round: fn(f64) -> f64| 10_f64.powf(round(number.log10()));
    let least = panel.bars.iter().map(|(_, number)| decade(*number, f64::floor)).fold(f64::INFINITY, f64::min);
    let most = panel.bars.iter().map(|(_, number)| decade(*number, f64::ceil)).fold(least * 10.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(panel.head, (FONT, 19))
        .margin_right(LABELS)
        .x_label_area_size(22)
        .y_label_area_size(NAMES)
        .build_cartesian_2d((least..most).log_scale(), panel.bars.len() as f64..0.0)?;
    let unit = panel.row.figure.unit;
    let tick = |at: &f64| display(unit, *at);
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .y_labels(0)
        .x_label_formatter(&tick)
        .label_style((FONT, 15))
        .draw()?;
    let style = |position| (FONT, 16).into_font().color(&BLACK).pos(Pos::new(position, VPos::Center));
    for (place, (who, number)) in panel.bars.iter().enumerate() {
        let (top, colour) = (place as f64, if *who == Who::Gate { GATE } else { PEER });
        let bar = Rectangle::new([(least, top + 0.15), (*number, top + 0.85)], colour.filled());
        let ratio = panel.row.ratio(*who).filter(|_| *who != Who::Gate).map(|ratio| format!("  {}", times(ratio)));
        let label = display(unit, *number) + &ratio.unwrap_or_default();
        chart.plotting_area().draw(&bar)?;
        for (at, text, offset, position) in
            [(least, full_name(*who).to_owned(), -8, HPos::Right), (*number, label, 8, HPos::Left)]
        {
            let text = EmptyElement::at((at, top + 0.5)) + Text::new(text, (offset, 0), style(position));
            chart.plotting_area().draw(&text)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn each_measured_system_has_a_bar_with_its_number_and_ratio() {
        let drawn = svg(&sample::results()).unwrap();
        for text in ["Process start to ready", "Python, boto3", "201 ms  43×", "LiteLLM", "100 ms"] {
            assert!(drawn.contains(text), "{text} in {drawn}");
        }
    }

    #[test]
    fn numbers_that_are_not_positive_or_finite_have_no_bar() {
        for odd in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
            let mut results = sample::results();
            for figure in &mut results.figures {
                figure.measured.iter_mut().for_each(|measured| (measured.p50, measured.p99) = (odd, None));
            }
            let drawn = svg(&results).unwrap();
            assert!(!drawn.contains("Process start") && !drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
        }
    }
}
