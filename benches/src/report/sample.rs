//! Pure. Sample results for the tests.

use crate::figures::{Bound, Figure, Goal, Growth, Line, Measured, Part, Quantile, Results, RunInfo, Unit, Who};

pub(super) const SECOND: f64 = 1.0;

/// Figures of a run.
pub(super) fn results(figures: Vec<Figure>) -> Results {
    let taken = RunInfo {
        at: "2026-11-24T22:13:58Z".to_owned(),
        machine: "A processor, 2 cores, Linux 6.18, x86_64".to_owned(),
        command: "make bench".to_owned(),
        revision: "0123abc".to_owned(),
        seconds: 700.0,
    };
    Results { taken, figures, growth: Vec::new(), failed: Vec::new() }
}

/// One figure.
pub(super) fn figure(measured: Vec<Measured>, goals: Vec<Goal>) -> Figure {
    Figure {
        id: "start.ready".to_owned(),
        part: Part::Start,
        what: "a start".to_owned(),
        unit: Unit::Seconds,
        measured,
        before: None,
        goals,
    }
}

/// A run with every special case: missed goals, absent peers, a negative latency, no number, a line of one point.
pub(super) fn whole() -> Results {
    use Part::{Alone, Cost, Latency, Noise, Size, Start};
    use Unit::{Bytes, Count, PerSecond, Seconds};
    use Who::{Bench, Gate, LiteLlm, Node, Nomenklatura, Python};
    let p50 = |bound| Goal { of: Quantile::P50, bound };
    let p99 = |bound| Goal { of: Quantile::P99, bound };
    let tenth = |below| Bound::Times { times: 10.0, below };
    let row = |id: &str, part, what: &str, unit, measured: &[(Who, f64, Option<f64>)], goals: Vec<Goal>| Figure {
        id: id.to_owned(),
        part,
        what: what.to_owned(),
        unit,
        measured: measured
            .iter()
            .map(|(who, p50, p99)| Measured { who: *who, p50: *p50, p99: *p99, runs: 24 })
            .collect(),
        before: None,
        goals,
    };
    let figures = vec![
        row(
            "start.ready.small",
            Start,
            "process start to ready, small register",
            Seconds,
            &[(Gate, 4.7e-3, None), (Python, 0.201, None), (Node, 0.187, None)],
            vec![p50(Bound::Below(15e-3))],
        ),
        row(
            "start.ready.full",
            Start,
            "process start to ready, full lists",
            Seconds,
            &[(Gate, 48e-3, None), (Python, 1.26, None), (Node, 0.9996, None)],
            vec![p50(Bound::Below(80e-3)), p50(tenth(Python))],
        ),
        row(
            "latency.added.2ms",
            Latency,
            "added latency, DynamoDB 2 ms, model 50 ms",
            Seconds,
            &[
                (Gate, 3.1e-3, Some(4.4e-3)),
                (Python, 14.2e-3, Some(31e-3)),
                (Node, 9.1e-3, Some(22e-3)),
                (LiteLlm, 21e-3, Some(88e-3)),
            ],
            vec![p50(Bound::Below(3e-3)), p99(tenth(LiteLlm))],
        ),
        row(
            "latency.added.0ms",
            Latency,
            "added latency, DynamoDB 0 ms, model 50 ms",
            Seconds,
            &[(Gate, -12e-6, Some(400e-6)), (Python, 6e-3, None)],
            Vec::new(),
        ),
        row(
            "latency.round_trips",
            Latency,
            "round trips to DynamoDB before the model is called",
            Count,
            &[(Gate, 1.0, Some(1.0)), (Python, 1.0, Some(1.0))],
            vec![p50(Bound::Below(1.5))],
        ),
        row(
            "cost.processor.small",
            Cost,
            "processor time a request, its three AWS calls included, small register",
            Seconds,
            &[(Gate, 531e-6, None), (Python, 3.1e-3, None), (Node, 2.2e-3, None)],
            vec![p50(Bound::Below(650e-6)), p50(Bound::Times { times: 4.0, below: Python })],
        ),
        row(
            "cost.rate.small",
            Cost,
            "requests a second of one environment",
            PerSecond,
            &[(Gate, 1_812.4, None), (Python, 290.0, None)],
            Vec::new(),
        ),
        row(
            "instructions.permit",
            Part::Instructions,
            "instructions of a permitted request, in user space",
            Count,
            &[(Gate, 1_234_567.0, None)],
            Vec::new(),
        ),
        row(
            "size.resident.full",
            Size,
            "resident memory after thousands of requests, full lists",
            Bytes,
            &[(Gate, 41e6, None), (Python, 233e6, None), (Node, 310e6, None)],
            vec![p50(Bound::Below(64e6))],
        ),
        row(
            "size.zip",
            Size,
            "the package that is deployed",
            Bytes,
            &[(Gate, 4.4e6, None)],
            vec![p50(Bound::Below(5e6))],
        ),
        row(
            "alone.pair",
            Alone,
            "a pair of names compared",
            Seconds,
            &[(Gate, 1.5e-9, Some(3e-9)), (Nomenklatura, 15.0, None)],
            vec![p99(Bound::Below(20e-6))],
        ),
        row(
            "alone.none",
            Alone,
            "what could not be measured",
            Seconds,
            &[(Gate, f64::NAN, None)],
            vec![p50(Bound::Below(1.0))],
        ),
        row(
            "noise.runtime_api",
            Noise,
            "the Runtime API, a function that does nothing",
            Seconds,
            &[(Bench, 60e-6, Some(89e-6))],
            Vec::new(),
        ),
    ];
    Results { growth: growth(), ..results(figures) }
}

fn growth() -> Vec<Growth> {
    let line =
        |what: &str, unit, who, values: &[f64]| Line { what: what.to_owned(), unit, who, values: values.to_vec() };
    let names = vec![
        line("process start to ready", Unit::Seconds, Who::Gate, &[4.7e-3, 6.1e-3, 19e-3, 46e-3]),
        line("process start to the first answer", Unit::Seconds, Who::Gate, &[6.5e-3, 8e-3, 21e-3, 48e-3]),
        line("a request, back to back", Unit::Seconds, Who::Gate, &[600e-6, 601e-6, 603e-6, 604e-6]),
        line("processor time a request", Unit::Seconds, Who::Gate, &[531e-6, f64::NAN, 533e-6, 540e-6]),
        line("resident memory", Unit::Bytes, Who::Gate, &[18e6, 19e6, 27e6, 40e6]),
    ];
    let of = |what: &str, unit, [gate, python, node]: [[f64; 4]; 3]| {
        [line(what, unit, Who::Gate, &gate), line(what, unit, Who::Python, &python), line(what, unit, Who::Node, &node)]
    };
    let bodies = [
        of(
            "a request, back to back",
            Unit::Seconds,
            [[610e-6, 650e-6, 2.1e-3, 7.8e-3], [3.2e-3, 3.5e-3, 11e-3, 40e-3], [2.4e-3, 2.7e-3, 10.5e-3, 39e-3]],
        ),
        of(
            "resident memory",
            Unit::Bytes,
            [[18e6, 18.4e6, 24e6, 46e6], [61e6, 62e6, 70e6, 101e6], [88e6, 89e6, 99e6, 140e6]],
        ),
    ];
    vec![
        Growth { axis: "listed names".to_owned(), unit: Unit::Count, at: vec![0.0, 1e3, 20e3, 60e3], lines: names },
        Growth {
            axis: "the body's bytes".to_owned(),
            unit: Unit::Bytes,
            at: vec![1e3, 64e3, 1e6, 4e6],
            lines: bodies.concat(),
        },
        Growth {
            axis: "networks".to_owned(),
            unit: Unit::Count,
            at: vec![10.0],
            lines: vec![line("asked of a network", Unit::Seconds, Who::Gate, &[80e-9])],
        },
    ]
}
