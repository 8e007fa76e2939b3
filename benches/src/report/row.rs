//! Pure. A figure as rows of a table: its median, and its 99th percentile where there is one.

use super::number::{NONE, told};
use crate::figures::{Figure, Goal, Part, Quantile, Unit, Who};

/// The headings, in the order in which they are told.
pub(super) const PARTS: [(Part, &str); 6] = [
    (Part::Start, "Start"),
    (Part::Latency, "Latency"),
    (Part::Cost, "Cost"),
    (Part::Size, "Size"),
    (Part::Alone, "Alone"),
    (Part::Noise, "Noise"),
];

/// One of both quantiles of a figure.
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

    /// One's number, where there is one.
    pub(super) fn number(&self, who: Who) -> Option<f64> {
        self.figure.of(who).and_then(|measured| measured.at(self.quantile)).filter(|number| number.is_finite())
    }

    /// The same in words.
    pub(super) fn cell(&self, who: Who) -> String {
        self.number(who).map_or_else(|| NONE.to_owned(), |number| told(self.figure.unit, number))
    }

    /// How many times better than a peer the gate is. None where a number is nothing or less, as a latency may be that
    /// is lost in the noise; nor beside nobody.
    pub(super) fn ratio(&self, peer: Who) -> Option<f64> {
        let (gate, peer) = (self.number(Who::Gate)?, self.number(peer).filter(|_| peer != Who::Nobody)?);
        (gate > 0.0 && peer > 0.0).then(|| if self.figure.unit == Unit::PerSecond { gate / peer } else { peer / gate })
    }

    /// What this row's number is to be.
    pub(super) fn goals(&self) -> impl Iterator<Item = &'a Goal> {
        self.figure.goals.iter().filter(|goal| goal.of == self.quantile)
    }
}

/// Everybody in a table but the gate.
pub(super) fn peers<'a>(figures: impl IntoIterator<Item = &'a Figure>) -> Vec<Who> {
    let mut peers: Vec<Who> =
        figures.into_iter().flat_map(|figure| figure.measured.iter().map(|measured| measured.who)).collect();
    peers.sort_unstable();
    peers.dedup();
    peers.retain(|who| *who != Who::Gate);
    peers
}

/// Who it is, and with what.
pub(super) fn named(who: Who) -> &'static str {
    match who {
        Who::Gate => "gate",
        Who::Calls => "its AWS calls alone",
        Who::Python => "Python, boto3",
        Who::Node => "Node.js, SDK v3",
        Who::LiteLlm | Who::Nomenklatura | Who::Nobody => short(who),
    }
}

/// Who it is.
pub(super) fn short(who: Who) -> &'static str {
    match who {
        Who::Gate => "gate",
        Who::Calls => "calls alone",
        Who::Python => "Python",
        Who::Node => "Node.js",
        Who::LiteLlm => "LiteLLM",
        Who::Nomenklatura => "nomenklatura",
        Who::Nobody => "bench alone",
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
            ("noise.runtime_api", Who::Nobody, None),
        ];
        for (id, peer, expected) in cases {
            assert_eq!(ratio(id, peer), expected, "{id}");
        }
    }
}
