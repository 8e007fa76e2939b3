//! I/O. What the gate adds to a request: the time with it, less the time of calling the model directly.

use std::io;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::{BODY, Bench, Proxy, Stage, THINKING, answered};
use crate::deployment::event;
use crate::figures::{Bound, Figure, Goal, Measured, Part, Quantile, Unit, Who};

/// What latency is measured with.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// DynamoDB's delay in milliseconds.
    pub dynamodb: u64,
    /// Whether over TLS.
    pub tls: bool,
    /// How many requests of each.
    pub requests: usize,
}

/// The latency that each adds, one request of each in turn; LiteLLM, which reads no records, among them where its proxy runs.
///
/// # Errors
/// Those of the system.
pub fn latencies(
    bench: &Bench,
    stage: &Stage,
    proxy: Option<&mut Proxy>,
    setting: Setting,
    round_trip: f64,
) -> io::Result<Vec<Figure>> {
    let Setting { dynamodb, tls, requests } = setting;
    let mut proxy = proxy;
    stage.delays(Duration::ZERO, Duration::ZERO);
    let functions = bench.all_warm(bench.functions_and_calls(), stage, tls)?;
    stage.delays(Duration::from_millis(dynamodb), THINKING);
    let whole = event(BODY);
    let body = whole["body"].as_str().unwrap_or_default().as_bytes().to_vec();
    let event = whole.to_string();
    let mut direct = stage.direct(tls)?;
    let mut calls = Vec::new();
    let mut totals: Vec<Vec<f64>> = vec![Vec::new(); functions.len()];
    let mut proxied = Vec::new();
    let mut round_trips: Vec<Vec<f64>> = totals.clone();
    for _ in 0..bench.runs(requests) {
        calls.push(direct.call(&body)?.as_secs_f64());
        for (place, (_, process)) in functions.iter().enumerate() {
            drop((stage.dynamodb.seen(), stage.model.seen()));
            totals[place].push(answered(process, event.as_bytes()).as_secs_f64());
            round_trips[place].push(before_the_model(stage, setting));
        }
        if let Some(proxy) = proxy.as_mut() {
            proxied.push(proxy.call(&body)?.as_secs_f64());
        }
    }
    let usual = Measured::of(Who::Nobody, calls).p50;
    let added = |who, totals: Vec<f64>| Measured::of(who, totals.into_iter().map(|total| total - usual).collect());
    let mut measured: Vec<Measured> =
        functions.iter().zip(totals).map(|((who, _), totals)| added(*who, totals)).collect();
    if !proxied.is_empty() {
        measured.push(added(Who::LiteLlm, proxied));
    }
    let over = if tls { ".tls" } else { "" };
    let in_words = format!("DynamoDB {dynamodb} ms, model 50 ms{}", if tls { ", TLS" } else { "" });
    let tenth = Goal { of: Quantile::P99, bound: Bound::Times { times: 10.0, below: Who::LiteLlm } };
    let goals = match dynamodb {
        // LiteLLM asks no store, so that 0 ms compares what each takes itself, 2 ms what a caller waits for.
        0 if !tls => vec![tenth],
        2 if !tls => vec![Goal { of: Quantile::P50, bound: Bound::Below(round_trip + 1e-3) }, tenth],
        _ => Vec::new(),
    };
    let mut figures = vec![Figure {
        id: format!("latency.added.{dynamodb}ms{over}"),
        part: Part::Latency,
        what: format!("added latency, {in_words}"),
        unit: Unit::Seconds,
        measured,
        goals,
    }];
    if dynamodb == 2 && !tls {
        let counted = functions.iter().zip(round_trips).map(|((who, _), counts)| Measured::of(*who, counts));
        figures.push(Figure {
            id: "latency.round_trips".into(),
            part: Part::Latency,
            what: "round trips to DynamoDB before the model is called".into(),
            unit: Unit::Count,
            measured: counted.collect(),
            goals: vec![Goal { of: Quantile::P50, bound: Bound::Below(1.5) }],
        });
    }
    Ok(figures)
}

/// How many operations DynamoDB had answered when the model was called. What is on the way at that moment, like the
/// ledger's entry, costs the request nothing.
fn before_the_model(stage: &Stage, setting: Setting) -> f64 {
    let called = stage.model.seen().first().copied();
    let answered_by = |seen: std::time::Instant| seen + Duration::from_millis(setting.dynamodb);
    let seen = stage.dynamodb.seen();
    seen.iter().filter(|(seen, _)| called.is_some_and(|called| answered_by(*seen) <= called)).count() as f64
}

/// The first request after a directive, and the one after it: how long each takes with a full register.
///
/// # Errors
/// Those of the system.
pub fn directive(bench: &Bench, runtime: &Runtime, stage: &Stage, runs: usize) -> io::Result<Figure> {
    stage.delays(Duration::ZERO, Duration::ZERO);
    let functions = bench.all_warm(bench.functions(), stage, false)?;
    stage.delays(Duration::from_millis(2), THINKING);
    let event = event(BODY).to_string();
    let mut more: Vec<Vec<f64>> = vec![Vec::new(); functions.len()];
    for _ in 0..bench.runs(runs) {
        let usual: Vec<Duration> = functions.iter().map(|(_, process)| answered(process, event.as_bytes())).collect();
        runtime.block_on(stage.deployment.directive());
        stage.dynamodb.forget();
        for (place, (_, process)) in functions.iter().enumerate() {
            let first = answered(process, event.as_bytes());
            more[place].push(first.as_secs_f64() - usual[place].as_secs_f64());
        }
    }
    Ok(Figure {
        id: "latency.directive".into(),
        part: Part::Latency,
        what: "what the first request after a directive takes more, full register, DynamoDB 2 ms".into(),
        unit: Unit::Seconds,
        measured: functions.iter().zip(more).map(|((who, _), more)| Measured::of(*who, more)).collect(),
        goals: Vec::new(),
    })
}
