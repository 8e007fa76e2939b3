//! Pure. Turns a figure into table rows: its median, and its 99th percentile where it has one.

use super::number::{NONE, display};
use crate::figures::{Figure, Goal, Part, Quantile, Unit, Who};

/// The headings, in the order of the report.
pub(super) const PARTS: [(Part, &str); 7] = [
    (Part::Start, "Start"),
    (Part::Latency, "Latency"),
    (Part::Cost, "Cost"),
    (Part::Instructions, "Instructions"),
    (Part::Size, "Size"),
    (Part::Alone, "Alone"),
    (Part::Noise, "Noise"),
];

/// One quantile of a figure.
pub(super) struct Row<'a> {
    pub(super) figure: &'a Figure,
    pub(super) quantile: Quantile,
    /// Whether the figure has another row.
    pub(super) is_one_of_two: bool,
}

impl<'a> Row<'a> {
    /// A figure's rows.
    pub(super) fn of(figure: &'a Figure) -> Vec<Self> {
        let has_p99 = figure.measured.iter().any(|measured| measured.p99.is_some())
            || figure.goals.iter().any(|goal| goal.of == Quantile::P99);
        let row = |quantile| Self { figure, quantile, is_one_of_two: has_p99 };
        std::iter::once(Quantile::P50).chain(has_p99.then_some(Quantile::P99)).map(row).collect()
    }

    /// A system's number, where it is finite.
    pub(super) fn number(&self, who: Who) -> Option<f64> {
        self.figure.of(who).and_then(|measured| measured.at(self.quantile)).filter(|number| number.is_finite())
    }

    /// The number as text, the gate's with its change since the earlier results.
    pub(super) fn cell(&self, who: Who) -> String {
        let Some(number) = self.number(who) else { return NONE.to_owned() };
        let shown = display(self.figure.unit, number);
        match self.figure.before.filter(|before| who == Who::Gate && *before > 0.0) {
            Some(before) => format!("{shown} ({:+.1} %)", (number / before - 1.0) * 100.0),
            None => shown,
        }
    }

    /// How many times better than a peer the gate is. `None` beside the bench itself, and where a number is not positive,
    /// as a latency within the noise can be.
    pub(super) fn ratio(&self, peer: Who) -> Option<f64> {
        let (gate, peer) = (self.number(Who::Gate)?, self.number(peer).filter(|_| peer != Who::Bench)?);
        (gate > 0.0 && peer > 0.0).then(|| if self.figure.unit == Unit::PerSecond { gate / peer } else { peer / gate })
    }

    /// The goals of this quantile.
    pub(super) fn goals(&self) -> impl Iterator<Item = &'a Goal> {
        self.figure.goals.iter().filter(|goal| goal.of == self.quantile)
    }
}

/// All systems in a table but the gate.
pub(super) fn peers<'a>(figures: impl IntoIterator<Item = &'a Figure>) -> Vec<Who> {
    let mut peers: Vec<Who> =
        figures.into_iter().flat_map(|figure| figure.measured.iter().map(|measured| measured.who)).collect();
    peers.sort_unstable();
    peers.dedup();
    peers.retain(|who| *who != Who::Gate);
    peers
}

/// A system's name with its SDK.
pub(super) fn full_name(who: Who) -> &'static str {
    match who {
        Who::Gate => "gate",
        Who::Calls => "its AWS calls alone",
        Who::Python => "Python, boto3",
        Who::Node => "Node.js, SDK v3",
        Who::LiteLlm | Who::Nomenklatura | Who::Bench => short_name(who),
    }
}

/// A system's name.
pub(super) fn short_name(who: Who) -> &'static str {
    match who {
        Who::Gate => "gate",
        Who::Calls => "calls alone",
        Who::Python => "Python",
        Who::Node => "Node.js",
        Who::LiteLlm => "LiteLLM",
        Who::Nomenklatura => "nomenklatura",
        Who::Bench => "bench alone",
    }
}

/// `p50` or `p99`.
pub(super) fn quantile(quantile: Quantile) -> &'static str {
    match quantile {
        Quantile::P50 => "p50",
        Quantile::P99 => "p99",
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_gates_cell_shows_the_change_since_earlier_results() {
        let mut results = sample::whole();
        let figure = results.figures.iter_mut().find(|figure| figure.id == "instructions.permit").unwrap();
        assert_eq!(Row::of(figure)[0].cell(Who::Gate), "1.23 million");
        figure.before = Some(1_300_000.0);
        assert_eq!(Row::of(figure)[0].cell(Who::Gate), "1.23 million (-5.0 %)");
    }

    #[test]
    fn a_ratio_above_one_is_in_the_gates_favour() {
        let results = sample::whole();
        let ratio = |id: &str, peer| {
            let figure = results.figures.iter().find(|figure| figure.id == id).unwrap();
            Row::of(figure)[0].ratio(peer).map(|ratio| (ratio * 10.0).round() / 10.0)
        };
        let cases = [
            ("start.ready.small", Who::Python, Some(42.8)),
            ("cost.rate.small", Who::Python, Some(6.2)),
            ("start.ready.small", Who::LiteLlm, None),
            ("latency.added.0ms", Who::Python, None),
            ("alone.none", Who::Gate, None),
            ("noise.runtime_api", Who::Bench, None),
        ];
        for (id, peer, expected) in cases {
            assert_eq!(ratio(id, peer), expected, "{id}");
        }
    }
}
