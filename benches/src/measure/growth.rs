//! I/O. How start, time, cost and memory grow with what the gate holds, and with what it carries.

use std::io;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::{BODY, Bench, Stage, answered, first_answer};
use crate::authority::Authority;
use crate::deployment::{Size, event};
use crate::figures::{Growth, Line, Measured, Unit, Who};
use crate::measure::cost;

/// What is measured at each place of an axis.
const LINES: [(&str, Unit); 5] = [
    ("process start to ready", Unit::Seconds),
    ("process start to the first answer", Unit::Seconds),
    ("a request, back to back", Unit::Seconds),
    ("processor time a request", Unit::Seconds),
    ("resident memory", Unit::Bytes),
];

/// The places of the axes that parts alone are measured on too.
pub const NETWORKS: [usize; 3] = [10, 1_000, 100_000];
/// Of listed names.
pub const NAMES: [usize; 4] = [0, 1_000, 20_000, 60_000];
/// Of embargoes.
pub const EMBARGOES: [usize; 4] = [1, 10, 100, 500];

/// What grows, what it counts, each of its places with a deployment and a body, and whether the peers go along.
type Axis = (&'static str, Unit, Vec<(usize, (Size, usize))>, bool);

/// Every axis.
///
/// # Errors
/// Those of the system.
pub fn growth(bench: &Bench, runtime: &Runtime, authority: &Authority) -> io::Result<Vec<Growth>> {
    let networks = |networks| (Size { networks, ..Size::SMALL }, BODY);
    let names = |names: usize| (Size::SMALL.with_names(names), BODY);
    let embargoes = |embargoes| (Size { embargoes, ..Size::SMALL }, BODY);
    let axes: [Axis; 4] = [
        ("listed networks", Unit::Count, of(&bench.places(&NETWORKS), networks), false),
        ("listed names", Unit::Count, of(&bench.places(&NAMES), names), false),
        ("embargoes", Unit::Count, of(&bench.places(&EMBARGOES), embargoes), true),
        (
            "the body's bytes",
            Unit::Bytes,
            of(&bench.places(&[1_000, 64_000, 1_000_000, 4_000_000]), |body| (Size::SMALL, body)),
            true,
        ),
    ];
    let mut grown = Vec::new();
    for (axis, unit, places, with_peers) in axes {
        let whos = if with_peers { bench.functions() } else { vec![Who::Gate] };
        let mut lines: Vec<Line> = Vec::new();
        for who in &whos {
            lines.extend(LINES.map(|(what, unit)| Line { what: what.into(), unit, who: *who, values: Vec::new() }));
        }
        for (_, (size, body)) in &places {
            let stage = Stage::new(runtime, authority, *size)?;
            for (place, who) in whos.iter().enumerate() {
                let numbers = at(bench, &stage, *who, *body)?;
                let own = lines.iter_mut().skip(place * LINES.len());
                own.zip(numbers).for_each(|(line, number)| line.values.push(number));
            }
        }
        let at = places.iter().map(|(place, _)| *place as f64).collect();
        grown.push(Growth { axis: axis.into(), unit, at, lines });
    }
    Ok(grown)
}

fn of<T>(places: &[usize], at: impl Fn(usize) -> T) -> Vec<(usize, T)> {
    places.iter().map(|place| (*place, at(*place))).collect()
}

/// The numbers of [`LINES`].
fn at(bench: &Bench, stage: &Stage, who: Who, body: usize) -> io::Result<[f64; LINES.len()]> {
    stage.delays(Duration::ZERO, Duration::ZERO);
    let event = event(body).to_string();
    let (mut ready, mut first) = (Vec::new(), Vec::new());
    for _ in 0..bench.runs(8) {
        let process = bench.start(who, stage, false)?;
        ready.push(process.api.ready().duration_since(process.started).as_secs_f64());
        first.push(first_answer(&process, event.as_bytes()));
    }
    let process = bench.start(who, stage, false)?;
    let _ = process.api.ready();
    let requests = bench.runs(if body > 500_000 { 40 } else { 240 });
    for _ in 0..requests {
        answered(&process, event.as_bytes());
    }
    let took = (0..requests).map(|_| answered(&process, event.as_bytes()).as_secs_f64()).collect();
    let spent = (0..3).map(|_| cost::turn(&process, event.as_bytes(), requests.div_ceil(2)).0).collect();
    let median = |runs| Measured::of(who, runs).p50;
    Ok([median(ready), median(first), median(took), median(spent), process.resident() as f64])
}
