//! I/O. Measures how figures grow along an axis: records in the register, or bytes in the body.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::cost::{resident, spent};
use super::instructions::per_request;
use super::latency::{Setting, added, directed};
use super::start::started;
use super::{Bench, Stage};
use crate::authority::Authority;
use crate::deployment::Size;
use crate::event::{BODY, Event};
use crate::figures::{Growth, Line, Measured, Unit, Who};

/// Numbers of listed networks. Figures of single components use the same places.
pub const NETWORKS: [usize; 3] = [10, 1_000, 100_000];
/// Numbers of listed names.
pub const NAMES: [usize; 4] = [0, 1_000, 20_000, 60_000];
/// Numbers of embargoes, and of licences.
pub const EMBARGOES: [usize; 5] = [1, 10, 100, 500, 10_000];
/// Sizes of bodies, in bytes.
const BODIES: [usize; 4] = [1_000, 64_000, 1_000_000, 4_000_000];

/// One axis.
#[derive(Debug)]
pub struct Axis {
    /// What grows.
    pub name: &'static str,
    unit: Unit,
    /// Each place with its register and the size of its body.
    places: Vec<(usize, Size, usize)>,
    with_peers: bool,
}

/// A figure at one place.
type Here = (&'static str, Unit, Vec<Measured>);

/// Every axis.
pub fn axes(bench: &Bench) -> [Axis; 4] {
    let axis = |name, unit, places: &[usize], with_peers, at: fn(usize) -> (Size, usize)| {
        let place = |place| {
            let (size, body) = at(place);
            (place, size, body)
        };
        Axis { name, unit, places: bench.places(places).into_iter().map(place).collect(), with_peers }
    };
    [
        axis("listed networks", Unit::Count, &NETWORKS, false, |networks| (Size { networks, ..Size::SMALL }, BODY)),
        axis("listed names", Unit::Count, &NAMES, false, |names| (Size::SMALL.with_names(names), BODY)),
        axis("embargoes, each with a licence", Unit::Count, &EMBARGOES, true, |embargoes| {
            (Size { embargoes, licences: embargoes, ..Size::SMALL }, BODY)
        }),
        axis("the body's bytes", Unit::Bytes, &BODIES, true, |body| (Size::SMALL, body)),
    ]
}

impl Axis {
    /// Measures every line at every place. callgrind writes into `folder`.
    pub fn measure(
        &self,
        bench: &Bench,
        runtime: &Runtime,
        authority: &Authority,
        folder: &Path,
    ) -> io::Result<Growth> {
        let whos = if self.with_peers { bench.functions() } else { vec![Who::Gate] };
        let mut lines: Vec<Line> = Vec::new();
        for (place, size, body) in &self.places {
            let stage = Stage::new(runtime, authority, *size)?;
            let figures = figures(bench, runtime, &stage, &whos, &Event::of(*body), folder)?;
            for (what, unit, measured) in figures {
                for Measured { who, p50, .. } in measured {
                    match lines.iter_mut().find(|line| line.what == what && line.who == who) {
                        Some(line) => line.values.push(p50),
                        None => lines.push(Line { what: what.into(), unit, who, values: vec![p50] }),
                    }
                }
            }
            let done = self.places.iter().position(|(other, ..)| other == place).map_or(0, |before| before + 1);
            assert!(lines.iter().all(|line| line.values.len() == done), "each place has the same lines");
        }
        let at = self.places.iter().map(|(place, ..)| *place as f64).collect();
        Ok(Growth { axis: self.name.into(), unit: self.unit, at, lines })
    }
}

/// Every figure at one place. Only the gate's instructions are counted.
fn figures(
    bench: &Bench,
    runtime: &Runtime,
    stage: &Stage,
    whos: &[Who],
    event: &Event,
    folder: &Path,
) -> io::Result<Vec<Here>> {
    stage.delays(Duration::ZERO, Duration::ZERO);
    let [ready, first] = started(bench, stage, whos, false, event, bench.runs(6))?;
    let mut functions = bench.warm(whos, stage, false, event)?;
    let [spent, took] = spent(bench, &mut functions, event, 3, event.times(240))?;
    let mut figures = vec![
        ("process start to ready", Unit::Seconds, ready),
        ("process start to the first answer", Unit::Seconds, first),
        ("a request, back to back", Unit::Seconds, took),
        ("processor time a request", Unit::Seconds, spent),
        ("resident memory", Unit::Bytes, resident(&functions)),
    ];
    // Under callgrind, an unoptimised binary starts in half a minute.
    if !bench.quick {
        let counts = per_request(bench, stage, folder, event, [2, 8])?;
        let gate = |count| vec![Measured::exactly(Who::Gate, count)];
        figures.push(("instructions a request, in user space", Unit::Count, gate(counts.instructions)));
        figures.push(("allocations a request", Unit::Count, gate(counts.allocations)));
    }
    let setting = Setting { dynamodb: 2, tls: false, requests: bench.runs(16) };
    let [latency, round_trips] = added(stage, &functions, None, event, setting)?;
    figures.push(("added latency, DynamoDB 2 ms, model 50 ms", Unit::Seconds, latency));
    figures.push(("round trips before the model is called", Unit::Count, round_trips));
    // Directives change the register, so they come last.
    let more = directed(runtime, stage, &functions, event, bench.runs(5));
    figures.push(("what the first request after a directive takes more", Unit::Seconds, more));
    Ok(figures)
}
