//! I/O. Measures the time from process start to ready, and to the first answer.

use std::io;

use super::{Bench, Stage, first_answer};
use crate::event::Event;
use crate::figures::{Bound, Figure, Goal, Measured, Part, Quantile, Unit, Who};

/// The setting of a start.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// For ids: `small`, `full`.
    pub id: &'static str,
    /// A description.
    pub what: &'static str,
    /// Whether over TLS.
    pub tls: bool,
    /// The goal of a start, in seconds.
    pub below: Option<f64>,
}

/// Starts of the gate and of its peers in turn.
///
/// # Errors
/// Those of the system.
pub fn starts(bench: &Bench, stage: &Stage, setting: Setting, runs: usize) -> io::Result<Vec<Figure>> {
    let functions = bench.functions();
    let mut ready: Vec<Vec<f64>> = vec![Vec::new(); functions.len()];
    let mut first = ready.clone();
    let event = Event::usual();
    for _ in 0..bench.runs(runs) {
        for (place, who) in functions.iter().enumerate() {
            let [until_ready, until_answered] = start(bench, stage, *who, setting.tls, &event)?;
            ready[place].push(until_ready);
            first[place].push(until_answered);
        }
    }
    let tenth = Goal { of: Quantile::P50, bound: Bound::Times { times: 10.0, below: Who::Python } };
    let below = setting.below.map(|below| Goal { of: Quantile::P50, bound: Bound::Below(below) });
    let figure = |what: &str, id: &str, runs: Vec<Vec<f64>>, goals: Vec<Goal>| Figure {
        id: format!("start.{id}.{}", setting.id),
        part: Part::Start,
        what: format!("{what}, {}", setting.what),
        unit: Unit::Seconds,
        measured: functions.iter().zip(runs).map(|(who, runs)| Measured::of(*who, runs)).collect(),
        before: None,
        goals,
    };
    Ok(vec![
        figure("process start to ready", "ready", ready, below.into_iter().chain([tenth]).collect()),
        figure("process start to the first answer", "answer", first, vec![tenth]),
    ])
}

/// Seconds from a process' start until it is ready, and until its first answer.
///
/// # Errors
/// Those of the system.
pub(super) fn start(bench: &Bench, stage: &Stage, who: Who, tls: bool, event: &Event) -> io::Result<[f64; 2]> {
    let process = bench.start(who, stage, tls)?;
    let ready = process.api.ready().duration_since(process.started).as_secs_f64();
    let first = first_answer(&process, event);
    process.end();
    Ok([ready, first])
}
