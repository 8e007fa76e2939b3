//! I/O. Measures added latency: the time of a request less that of calling the model directly.

use std::io;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::{Bench, MODEL_DELAY, Proxy, Stage, answered};
use crate::event::Event;
use crate::figures::{Bound, Figure, Goal, Measured, Part, Quantile, Unit, Who};
use crate::process::Process;

/// The setting of a latency measurement.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// DynamoDB's delay in milliseconds.
    pub dynamodb: u64,
    /// Whether over TLS.
    pub tls: bool,
    /// The number of requests to each system.
    pub requests: usize,
}

/// Latency and round trips, in the functions' order.
pub(super) struct Added {
    /// Added latency; the proxy's last.
    pub latency: Vec<Measured>,
    /// Operations that DynamoDB answered before the model was called.
    pub round_trips: Vec<Measured>,
}

/// The latency that each function adds, and LiteLLM where its proxy runs.
///
/// # Errors
/// Those of the system.
pub fn latencies(
    bench: &Bench,
    stage: &Stage,
    mut proxy: Option<&mut Proxy>,
    setting: Setting,
    round_trip: Option<f64>,
) -> io::Result<Vec<Figure>> {
    let Setting { dynamodb, tls, requests } = setting;
    stage.delays(Duration::ZERO, Duration::ZERO);
    let event = Event::usual();
    let functions = bench.warm(bench.functions_and_calls(), stage, tls, &event)?;
    if let Some(proxy) = &mut proxy {
        proxy.reconnect()?;
    }
    let setting = Setting { requests: bench.runs(requests), ..setting };
    let Added { latency, round_trips } = added(stage, &functions, proxy, &event, setting)?;
    let suffix = if tls { ".tls" } else { "" };
    let description = format!("DynamoDB {dynamodb} ms, model 50 ms{}", if tls { ", TLS" } else { "" });
    let tenth = Goal { of: Quantile::P99, bound: Bound::Times { times: 10.0, below: Who::LiteLlm } };
    let goals = match dynamodb {
        // LiteLLM reads no store: 0 ms compares processing alone, 2 ms the time that a caller waits.
        0 if !tls => vec![tenth],
        2 if !tls => {
            let below = round_trip.map(|round_trip| Bound::Below(round_trip + 1e-3));
            below.map(|bound| Goal { of: Quantile::P50, bound }).into_iter().chain([tenth]).collect()
        }
        _ => Vec::new(),
    };
    let mut figures = vec![Figure {
        id: format!("latency.added.{dynamodb}ms{suffix}"),
        part: Part::Latency,
        what: format!("added latency, {description}"),
        unit: Unit::Seconds,
        measured: latency,
        before: None,
        goals,
    }];
    if dynamodb == 2 && !tls {
        figures.push(Figure {
            id: "latency.round_trips".into(),
            part: Part::Latency,
            what: "round trips to DynamoDB before the model is called".into(),
            unit: Unit::Count,
            measured: round_trips,
            before: None,
            goals: vec![Goal { of: Quantile::P50, bound: Bound::Below(1.5) }],
        });
    }
    Ok(figures)
}

/// Sends requests in turn to the model directly, to each warm function, and to the proxy.
///
/// # Errors
/// Those of the system.
pub(super) fn added(
    stage: &Stage,
    functions: &[(Who, Process)],
    mut proxy: Option<&mut Proxy>,
    event: &Event,
    setting: Setting,
) -> io::Result<Added> {
    stage.delays(Duration::from_millis(setting.dynamodb), MODEL_DELAY);
    let mut direct = stage.direct(setting.tls)?;
    let mut calls = Vec::new();
    let mut totals: Vec<Vec<f64>> = vec![Vec::new(); functions.len()];
    let mut round_trips = totals.clone();
    let mut proxied = Vec::new();
    for _ in 0..setting.requests {
        calls.push(direct.call(event.body())?.as_secs_f64());
        for (place, (_, process)) in functions.iter().enumerate() {
            drop((stage.dynamodb.seen(), stage.model.seen()));
            totals[place].push(answered(process, event).as_secs_f64());
            round_trips[place].push(before_the_model(stage, setting));
        }
        if let Some(proxy) = &mut proxy {
            proxied.push(proxy.call(event.body())?.as_secs_f64());
        }
    }
    let usual = Measured::of(Who::Bench, calls).p50;
    let proxied = (!proxied.is_empty()).then_some((Who::LiteLlm, proxied));
    let totals = functions.iter().map(|(who, _)| *who).zip(totals).chain(proxied);
    let less = |totals: Vec<f64>| totals.into_iter().map(|total| total - usual).collect();
    Ok(Added {
        latency: totals.map(|(who, totals)| Measured::of(who, less(totals))).collect(),
        round_trips: functions.iter().zip(round_trips).map(|((who, _), counts)| Measured::of(*who, counts)).collect(),
    })
}

/// Operations that DynamoDB answered before the model was called. Concurrent ones, like the ledger's entry, cost no time.
fn before_the_model(stage: &Stage, setting: Setting) -> f64 {
    let called = stage.model.seen().first().copied();
    let answered_by = |seen: std::time::Instant| seen + Duration::from_millis(setting.dynamodb);
    let seen = stage.dynamodb.seen();
    seen.iter().filter(|(seen, _)| called.is_some_and(|called| answered_by(*seen) <= called)).count() as f64
}

/// The extra time of the first request after a new embargo, with a full register. It changes the stage.
///
/// # Errors
/// Those of the system.
pub fn directive(bench: &Bench, runtime: &Runtime, stage: &Stage, runs: usize) -> io::Result<Figure> {
    stage.delays(Duration::ZERO, Duration::ZERO);
    let event = Event::usual();
    let functions = bench.warm(bench.functions(), stage, false, &event)?;
    Ok(Figure {
        id: "latency.directive".into(),
        part: Part::Latency,
        what: "what the first request after a directive takes more, full register, DynamoDB 2 ms".into(),
        unit: Unit::Seconds,
        measured: directed(runtime, stage, &functions, &event, bench.runs(runs)),
        before: None,
        goals: Vec::new(),
    })
}

/// The extra time of the first request after a new embargo, of warm functions.
pub(super) fn directed(
    runtime: &Runtime,
    stage: &Stage,
    functions: &[(Who, Process)],
    event: &Event,
    runs: usize,
) -> Vec<Measured> {
    stage.delays(Duration::from_millis(2), MODEL_DELAY);
    let mut more: Vec<Vec<f64>> = vec![Vec::new(); functions.len()];
    for _ in 0..runs {
        let usual: Vec<Duration> = functions.iter().map(|(_, process)| answered(process, event)).collect();
        runtime.block_on(stage.deployment.directive());
        stage.dynamodb.forget();
        for (place, (_, process)) in functions.iter().enumerate() {
            let first = answered(process, event);
            more[place].push(first.as_secs_f64() - usual[place].as_secs_f64());
        }
    }
    functions.iter().zip(more).map(|((who, _), more)| Measured::of(*who, more)).collect()
}
