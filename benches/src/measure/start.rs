//! I/O. Measures the time from process start to ready, and to the first answer.

use std::io;

use super::{Bench, Stage, answered, in_turns};
use crate::event::Event;
use crate::figures::{Bound, Figure, Measured, Part, Quantile, Unit, Who};

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

/// Starts of the gate and of its peers.
pub fn starts(bench: &Bench, stage: &Stage, setting: Setting, runs: usize) -> io::Result<Vec<Figure>> {
    let Setting { id, what, tls, below } = setting;
    let [ready, first] = started(bench, stage, &bench.functions(), tls, &Event::usual(), bench.runs(runs))?;
    let tenth = Bound::Times { times: 10.0, below: Who::Python };
    let figure = |name: &str, which: &str, measured| {
        Figure::new(format!("start.{name}.{id}"), Part::Start, format!("{which}, {what}"), Unit::Seconds, measured)
    };
    let mut ready = figure("ready", "process start to ready", ready);
    if let Some(below) = below {
        ready = ready.goal(Quantile::P50, Bound::Below(below));
    }
    let first = figure("answer", "process start to the first answer", first);
    Ok(vec![ready.goal(Quantile::P50, tenth), first.goal(Quantile::P50, tenth)])
}

/// Seconds from a process' start until it is ready, and until its first answer.
pub(super) fn started(
    bench: &Bench,
    stage: &Stage,
    whos: &[Who],
    tls: bool,
    event: &Event,
    runs: usize,
) -> io::Result<[Vec<Measured>; 2]> {
    let mut systems: Vec<(Who, ())> = whos.iter().map(|who| (*who, ())).collect();
    in_turns(&mut systems, runs, |who, ()| {
        let process = bench.start(who, stage, tls)?;
        let ready = process.api.ready().duration_since(process.started);
        let first = answered(&process, event).received.duration_since(process.started);
        process.end();
        Ok([ready.as_secs_f64(), first.as_secs_f64()])
    })
}
