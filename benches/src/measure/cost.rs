//! I/O. Measures processor time, rate and memory of requests back to back, with stand-ins without delay, and file sizes.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{Bench, Stage, answered, in_turns};
use crate::event::Event;
use crate::figures::{Bound, Figure, Measured, Part, Quantile, Unit, Who};
use crate::process::Process;

/// Requests in one turn of the gate and of its calls alone; the slower peers have a quarter.
const REQUESTS: usize = 1_000;

/// Processor time and requests a second, then resident memory. `id` is `small` or `full`.
pub fn costs(bench: &Bench, stage: &Stage, id: &str, turns: usize) -> io::Result<Vec<Figure>> {
    stage.delays(Duration::ZERO, Duration::ZERO);
    let event = Event::usual();
    let mut functions = bench.warm(&bench.functions_and_calls(), stage, false, &event)?;
    let [spent, took] = spent(bench, &mut functions, &event, bench.runs(turns), REQUESTS)?;
    let rates = took.into_iter().map(|took| Measured { p50: 1.0 / took.p50, ..took }).collect();
    let on = if id == "small" { "small register" } else { "full lists" };
    let figure = |name: &str, part, what: &str, unit, measured| {
        Figure::new(format!("{name}.{id}"), part, format!("{what}, {on}"), unit, measured)
    };
    let what = "processor time a request, its three AWS calls included";
    let mut processor = figure("cost.processor", Part::Cost, what, Unit::Seconds, spent);
    let rate = figure("cost.rate", Part::Cost, "requests a second of one environment", Unit::PerSecond, rates);
    let what = "resident memory after thousands of requests";
    let mut resident = figure("size.resident", Part::Size, what, Unit::Bytes, resident(&functions));
    if id == "small" {
        processor = processor.goal(Quantile::P50, Bound::Below(650e-6));
        processor = processor.goal(Quantile::P50, Bound::Times { times: 4.0, below: Who::Python });
    } else {
        resident = resident.goal(Quantile::P50, Bound::Below(64e6));
    }
    Ok(vec![processor, rate, resident])
}

/// Processor time and duration of a request.
pub(super) fn spent(
    bench: &Bench,
    functions: &mut [(Who, Process)],
    event: &Event,
    turns: usize,
    requests: usize,
) -> io::Result<[Vec<Measured>; 2]> {
    in_turns(functions, turns, |who, process| {
        let requests = bench.runs(if matches!(who, Who::Gate | Who::Calls) { requests } else { requests / 4 });
        let (spent, began) = (process.processor_time(), Instant::now());
        for _ in 0..requests {
            answered(process, event);
        }
        let spent = process.processor_time().saturating_sub(spent);
        Ok([spent, began.elapsed()].map(|time| time.as_secs_f64() / requests as f64))
    })
}

/// The resident memory.
pub(super) fn resident(functions: &[(Who, Process)]) -> Vec<Measured> {
    functions.iter().map(|(who, process)| Measured::exactly(*who, process.resident() as f64)).collect()
}

/// The binary's size, and the zip's where it is given.
pub fn sizes(bench: &Bench, zip: Option<&Path>) -> io::Result<Vec<Figure>> {
    let figure = |id: &str, what: &str, file: &Path| {
        let with_path = |error: io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", file.display()));
        let bytes = std::fs::metadata(file).map_err(with_path)?.len() as f64;
        io::Result::Ok(Figure::new(id, Part::Size, what, Unit::Bytes, vec![Measured::exactly(Who::Gate, bytes)]))
    };
    let mut figures = vec![figure("size.binary", "the binary", &bench.gate)?];
    if let Some(zip) = zip {
        let package = figure("size.zip", "the package that is deployed, without location databases", zip)?;
        figures.push(package.goal(Quantile::P50, Bound::Below(5e6)));
    }
    Ok(figures)
}
