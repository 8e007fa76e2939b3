//! Pure. Sample results for the tests.

use crate::figures::{Bound, Figure, Growth, Line, Measured, Part, Quantile, Results, RunInfo, Unit, Who};

/// A run with every special case: missed goals, absent peers, a negative latency, no number, a line of one point.
pub(super) fn results() -> Results {
    use Unit::{Bytes, Count, PerSecond, Seconds};
    use Who::{Bench, Gate, LiteLlm, Node, Python};
    let figure = |id: &str, part, what: &str, unit, measured: &[(Who, f64, Option<f64>)]| {
        let measured = measured.iter().map(|(who, p50, p99)| Measured { who: *who, p50: *p50, p99: *p99, runs: 24 });
        Figure::new(id, part, what, unit, measured.collect())
    };
    let (ready, added) = ("process start to ready, small register", "added latency, DynamoDB 2 ms, model 50 ms");
    let starts = [(Gate, 4.7e-3, None), (Python, 0.201, None), (Node, 0.187, None)];
    let latencies = [(Gate, 3.1e-3, Some(4.4e-3)), (Python, 14.2e-3, Some(31e-3)), (LiteLlm, 21e-3, Some(88e-3))];
    let negative = [(Gate, -12e-6, Some(400e-6)), (Python, 6e-3, None)];
    let tenth = Bound::Times { times: 10.0, below: LiteLlm };
    let line = |what: &str, unit, who, values: &[f64]| Line { what: what.into(), unit, who, values: values.into() };
    let growth = |axis: &str, at: &[f64], lines| Growth { axis: axis.into(), unit: Count, at: at.into(), lines };
    Results {
        taken: RunInfo {
            at: "2026-11-24T22:13:58Z".to_owned(),
            machine: "A processor, 2 cores, Linux 6.18, x86_64".to_owned(),
            command: "make bench".to_owned(),
            revision: "0123abc".to_owned(),
            seconds: 700.0,
        },
        figures: vec![
            figure("start.ready.small", Part::Start, ready, Seconds, &starts).goal(Quantile::P50, Bound::Below(15e-3)),
            figure("latency.added.2ms", Part::Latency, added, Seconds, &latencies)
                .goal(Quantile::P50, Bound::Below(3e-3))
                .goal(Quantile::P99, tenth),
            figure("latency.added.0ms", Part::Latency, "added latency, DynamoDB 0 ms", Seconds, &negative),
            figure(
                "cost.rate.small",
                Part::Cost,
                "requests",
                PerSecond,
                &[(Gate, 1_812.4, None), (Python, 290.0, None)],
            ),
            figure("instructions.permit", Part::Instructions, "instructions", Count, &[(Gate, 1_234_567.0, None)]),
            figure(
                "size.resident.full",
                Part::Size,
                "resident memory",
                Bytes,
                &[(Gate, 41e6, None), (Node, 310e6, None)],
            ),
            figure("alone.none", Part::Alone, "what could not be measured", Seconds, &[(Gate, f64::NAN, None)])
                .goal(Quantile::P50, Bound::Below(1.0)),
            figure("noise.runtime_api", Part::Noise, "the Runtime API", Seconds, &[(Bench, 60e-6, Some(89e-6))]),
        ],
        growth: vec![
            growth(
                "listed names",
                &[0.0, 1e3, 20e3, 60e3],
                vec![
                    line("process start to ready", Seconds, Gate, &[4.7e-3, 6.1e-3, 19e-3, 46e-3]),
                    line("processor time a request", Seconds, Gate, &[531e-6, f64::NAN, 533e-6, 540e-6]),
                    line("resident memory", Bytes, Python, &[61e6, 62e6, 70e6, 101e6]),
                ],
            ),
            growth("networks", &[10.0], vec![line("an answer of the list", Seconds, Gate, &[80e-9])]),
        ],
        failed: Vec::new(),
    }
}

/// One figure of the sample.
pub(super) fn figure(id: &str) -> Figure {
    results().figures.into_iter().find(|figure| figure.id == id).unwrap()
}
