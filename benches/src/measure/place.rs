//! I/O. Measures every figure at one place of an axis.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::instructions::{Counts, per_request};
use super::latency::{Added, Setting, added, directed};
use super::start::start;
use super::{Bench, Stage, answered, cost};
use crate::event::Event;
use crate::figures::{Line, Measured, Unit, Who};
use crate::process::Process;

/// Lines of one number each, the same at each place and in the same order. Only the gate's instructions are counted.
///
/// # Errors
/// Those of the system.
pub(super) fn lines(
    bench: &Bench,
    runtime: &Runtime,
    stage: &Stage,
    whos: &[Who],
    event: &Event,
    folder: &Path,
) -> io::Result<Vec<Line>> {
    stage.delays(Duration::ZERO, Duration::ZERO);
    let mut lines = Vec::new();
    for who in whos {
        lines.extend(starts(bench, stage, *who, event)?);
    }
    let functions = bench.warm(whos.to_vec(), stage, false, event)?;
    for (who, process) in &functions {
        lines.extend(costs(bench, *who, process, event));
    }
    // Under callgrind, an unoptimised binary starts in half a minute.
    if !bench.quick {
        let Counts { instructions, allocations } = per_request(bench, stage, folder, event, [2, 8])?;
        lines.push(line("instructions a request, in user space", Unit::Count, Who::Gate, instructions));
        lines.push(line("allocations a request", Unit::Count, Who::Gate, allocations));
    }
    let setting = Setting { dynamodb: 2, tls: false, requests: bench.runs(16) };
    let Added { latency, round_trips } = added(stage, &functions, None, event, setting)?;
    let medians = |what, unit, measured: Vec<Measured>| {
        measured.into_iter().map(move |measured| line(what, unit, measured.who, measured.p50))
    };
    lines.extend(medians("added latency, DynamoDB 2 ms, model 50 ms", Unit::Seconds, latency));
    lines.extend(medians("round trips before the model is called", Unit::Count, round_trips));
    // Directives change the register, so they come last.
    let more = directed(runtime, stage, &functions, event, bench.runs(5));
    lines.extend(medians("what the first request after a directive takes more", Unit::Seconds, more));
    Ok(lines)
}

fn starts(bench: &Bench, stage: &Stage, who: Who, event: &Event) -> io::Result<[Line; 2]> {
    let (mut ready, mut first) = (Vec::new(), Vec::new());
    for _ in 0..bench.runs(if who == Who::Gate { 8 } else { 4 }) {
        let [until_ready, until_answered] = start(bench, stage, who, false, event)?;
        ready.push(until_ready);
        first.push(until_answered);
    }
    Ok([
        line("process start to ready", Unit::Seconds, who, median(ready)),
        line("process start to the first answer", Unit::Seconds, who, median(first)),
    ])
}

fn costs(bench: &Bench, who: Who, process: &Process, event: &Event) -> [Line; 3] {
    let requests = bench.runs(event.times(if who == Who::Gate { 240 } else { 80 }));
    let took = (0..requests).map(|_| answered(process, event).as_secs_f64()).collect();
    let spent = (0..3).map(|_| cost::turn(process, event, requests.div_ceil(2)).0).collect();
    [
        line("a request, back to back", Unit::Seconds, who, median(took)),
        line("processor time a request", Unit::Seconds, who, median(spent)),
        line("resident memory", Unit::Bytes, who, process.resident() as f64),
    ]
}

fn line(what: &str, unit: Unit, who: Who, number: f64) -> Line {
    Line { what: what.into(), unit, who, values: vec![number] }
}

fn median(runs: Vec<f64>) -> f64 {
    Measured::of(Who::Bench, runs).p50
}
