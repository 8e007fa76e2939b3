//! I/O. Measures processor time, rate and memory of requests back to back, with stand-ins without delay.

use std::io;
use std::time::{Duration, Instant};

use super::{Bench, Stage, answered};
use crate::event::Event;
use crate::figures::{Bound, Figure, Goal, Measured, Part, Quantile, Unit, Who};
use crate::process::Process;

/// Requests in one run of the gate and of its calls alone; the slower peers have a quarter.
const REQUESTS: usize = 1_000;

/// Processor time and requests a second in turns, then resident memory. `id` is `small` or `full`.
///
/// # Errors
/// Those of the system.
pub fn costs(bench: &Bench, stage: &Stage, id: &str, turns: usize) -> io::Result<Vec<Figure>> {
    stage.delays(Duration::ZERO, Duration::ZERO);
    let event = Event::usual();
    let functions = bench.warm(bench.functions_and_calls(), stage, false, &event)?;
    let mut spent: Vec<Vec<f64>> = vec![Vec::new(); functions.len()];
    let mut rates = spent.clone();
    for _ in 0..bench.runs(turns) {
        for (place, (who, process)) in functions.iter().enumerate() {
            let requests = bench.runs(if matches!(who, Who::Gate | Who::Calls) { REQUESTS } else { REQUESTS / 4 });
            let (cost, rate) = turn(process, &event, requests);
            spent[place].push(cost);
            rates[place].push(rate);
        }
    }
    let resident: Vec<f64> = functions.iter().map(|(_, process)| process.resident() as f64).collect();
    let whos = || functions.iter().map(|(who, _)| *who);
    let measured = |runs: Vec<Vec<f64>>| whos().zip(runs).map(|(who, runs)| Measured::of(who, runs)).collect();
    let on = if id == "small" { "small register" } else { "full lists" };
    let below = |bound| Goal { of: Quantile::P50, bound };
    let small = id == "small";
    let figure = |id_of: &str, part, what: &str, unit, measured, goals| Figure {
        id: format!("{id_of}.{id}"),
        part,
        what: format!("{what}, {on}"),
        unit,
        measured,
        before: None,
        goals,
    };
    Ok(vec![
        figure(
            "cost.processor",
            Part::Cost,
            "processor time a request, its three AWS calls included",
            Unit::Seconds,
            measured(spent),
            if small {
                vec![below(Bound::Below(650e-6)), below(Bound::Times { times: 4.0, below: Who::Python })]
            } else {
                Vec::new()
            },
        ),
        figure(
            "cost.rate",
            Part::Cost,
            "requests a second of one environment",
            Unit::PerSecond,
            measured(rates),
            Vec::new(),
        ),
        figure(
            "size.resident",
            Part::Size,
            "resident memory after thousands of requests",
            Unit::Bytes,
            whos().zip(resident).map(|(who, bytes)| Measured::exactly(who, bytes)).collect(),
            if small { Vec::new() } else { vec![below(Bound::Below(64e6))] },
        ),
    ])
}

/// Processor time a request, and requests a second.
pub(super) fn turn(process: &Process, event: &Event, requests: usize) -> (f64, f64) {
    let (spent, began) = (process.processor_time(), Instant::now());
    for _ in 0..requests {
        answered(process, event);
    }
    let cost = process.processor_time().saturating_sub(spent).as_secs_f64() / requests as f64;
    (cost, requests as f64 / began.elapsed().as_secs_f64())
}
