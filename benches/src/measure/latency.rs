//! I/O. Measures added latency: the time of a request less that of calling the model directly.

use std::io;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::{Bench, MODEL_DELAY, Proxy, Stage, answered, in_turns};
use crate::event::Event;
use crate::figures::{Bound, Figure, Measured, Part, Quantile, Unit, Who};
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

/// One system's next call: the time it took, and the round trips before the model.
type Call<'a> = Box<dyn FnMut() -> io::Result<[f64; 2]> + 'a>;

/// The latency that each function adds, and LiteLLM where its proxy runs.
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
    let functions = bench.warm(&bench.functions_and_calls(), stage, tls, &event)?;
    if let Some(proxy) = &mut proxy {
        proxy.reconnect()?;
    }
    let setting = Setting { requests: bench.runs(requests), ..setting };
    let [latency, round_trips] = added(stage, &functions, proxy, &event, setting)?;
    let (suffix, over) = if tls { (".tls", ", TLS") } else { ("", "") };
    let what = format!("added latency, DynamoDB {dynamodb} ms, model 50 ms{over}");
    let mut added =
        Figure::new(format!("latency.added.{dynamodb}ms{suffix}"), Part::Latency, what, Unit::Seconds, latency);
    if let (2, false, Some(round_trip)) = (dynamodb, tls, round_trip) {
        added = added.goal(Quantile::P50, Bound::Below(round_trip + 1e-3));
    }
    if dynamodb <= 2 && !tls {
        // LiteLLM reads no store: 0 ms compares processing alone, 2 ms the time that a caller waits.
        added = added.goal(Quantile::P99, Bound::Times { times: 10.0, below: Who::LiteLlm });
    }
    let what = "round trips to DynamoDB before the model is called";
    let round_trips = (dynamodb == 2 && !tls).then(|| {
        let figure = Figure::new("latency.round_trips", Part::Latency, what, Unit::Count, round_trips);
        figure.goal(Quantile::P50, Bound::Below(1.5))
    });
    Ok(std::iter::once(added).chain(round_trips).collect())
}

/// Added latency, the proxy's last, and the functions' round trips. Each round also calls the model directly.
pub(super) fn added(
    stage: &Stage,
    functions: &[(Who, Process)],
    proxy: Option<&mut Proxy>,
    event: &Event,
    setting: Setting,
) -> io::Result<[Vec<Measured>; 2]> {
    stage.delays(Duration::from_millis(setting.dynamodb), MODEL_DELAY);
    let mut direct = stage.direct(setting.tls)?;
    let direct: Call<'_> = Box::new(|| Ok([direct.call(event.body.as_bytes())?.as_secs_f64(), f64::NAN]));
    let mut systems = vec![(Who::Bench, direct)];
    systems.extend(functions.iter().map(|(who, process)| {
        let call: Call<'_> = Box::new(|| {
            drop((stage.dynamodb.stand_in.seen(), stage.model.seen()));
            let took = answered(process, event).took().as_secs_f64();
            Ok([took, before_the_model(stage, setting)])
        });
        (*who, call)
    }));
    systems.extend(proxy.map(|proxy| {
        let call: Call<'_> = Box::new(|| Ok([proxy.call(event.body.len())?, f64::NAN]));
        (Who::LiteLlm, call)
    }));
    let [mut latency, mut round_trips] = in_turns(&mut systems, setting.requests, |_, call| call())?;
    let usual = latency.remove(0).p50;
    for measured in &mut latency {
        measured.p50 -= usual;
        measured.p99 = measured.p99.map(|p99| p99 - usual);
    }
    round_trips.retain(|measured| !matches!(measured.who, Who::Bench | Who::LiteLlm));
    Ok([latency, round_trips])
}

/// Operations that DynamoDB answered before the model was called. Concurrent ones, like the ledger's entry, cost no time.
fn before_the_model(stage: &Stage, setting: Setting) -> f64 {
    let called = stage.model.seen().first().copied();
    let delay = Duration::from_millis(setting.dynamodb);
    let seen = stage.dynamodb.stand_in.seen();
    seen.iter().filter(|seen| called.is_some_and(|called| **seen + delay <= called)).count() as f64
}

/// The extra time of the first request after a new embargo, with a full register. It changes the stage.
pub fn directive(bench: &Bench, runtime: &Runtime, stage: &Stage, runs: usize) -> io::Result<Vec<Figure>> {
    stage.delays(Duration::ZERO, Duration::ZERO);
    let event = Event::usual();
    let functions = bench.warm(&bench.functions(), stage, false, &event)?;
    let what = "what the first request after a directive takes more, full register, DynamoDB 2 ms";
    let measured = directed(runtime, stage, &functions, &event, bench.runs(runs));
    Ok(vec![Figure::new("latency.directive", Part::Latency, what, Unit::Seconds, measured)])
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
    let all = || functions.iter().map(|(_, process)| answered(process, event).took().as_secs_f64());
    for _ in 0..runs {
        let usual: Vec<f64> = all().collect();
        runtime.block_on(stage.deployment.directive());
        stage.dynamodb.forget();
        more.iter_mut().zip(all().zip(usual)).for_each(|(more, (first, usual))| more.push(first - usual));
    }
    functions.iter().zip(more).map(|((who, _), more)| Measured::of(*who, more)).collect()
}
