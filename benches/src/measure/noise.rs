//! I/O. Measures the bench's own noise: the Runtime API with an idle function, and the stand-ins called directly.

use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use super::{Bench, MODEL_DELAY, Stage};
use crate::event::{BODY, Event};
use crate::figures::{Figure, Measured, Part, Unit, Who};
use crate::runtime_api::RuntimeApi;
use crate::wire::Connection;

/// The id of a round trip to DynamoDB's stand-in at 2 ms, which goals refer to.
pub const ROUND_TRIP: &str = "noise.dynamodb.2ms";

/// Every figure of noise.
pub fn noise(bench: &Bench, stage: &Stage) -> io::Result<Vec<Figure>> {
    let figure = |id: String, what: String, times| {
        Figure::new(id, Part::Noise, what, Unit::Seconds, vec![Measured::of(Who::Bench, times)])
    };
    let idle = "the Runtime API, a function that does nothing".into();
    let mut figures = vec![figure("noise.runtime_api".into(), idle, runtime_api(bench)?)];
    let mut dynamodb = Connection::open(stage.dynamodb.stand_in.address(false), None)?;
    for delay in [0, 2, 5, 10] {
        stage.delays(Duration::from_millis(delay), MODEL_DELAY);
        let ledger = format!(r#"{{"TableName":"{}"}}"#, stage.deployment.tables().ledger);
        let times = durations(bench, || {
            dynamodb.post("/", "x-amz-target: DynamoDB_20120810.PutItem\r\n", ledger.as_bytes()).map(drop)
        })?;
        let what = format!("DynamoDB's stand-in at {delay} ms, a plain client");
        figures.push(figure(format!("noise.dynamodb.{delay}ms"), what, times));
    }
    for (tls, id, over) in [(false, "", ""), (true, ".tls", ", TLS")] {
        let mut direct = stage.direct(tls)?;
        let times = durations(bench, || direct.call(&[b'-'; BODY]).map(drop))?;
        let what = format!("the model's stand-in at 50 ms{over}, a plain client");
        figures.push(figure(format!("noise.model{id}"), what, times));
    }
    stage.delays(Duration::ZERO, Duration::ZERO);
    Ok(figures)
}

fn durations(bench: &Bench, mut act: impl FnMut() -> io::Result<()>) -> io::Result<Vec<f64>> {
    let timed = |_| {
        let began = Instant::now();
        act().map(|()| began.elapsed().as_secs_f64())
    };
    (0..bench.runs(120)).map(timed).collect()
}

/// The time of an event with a thread that polls and posts, and does nothing else.
fn runtime_api(bench: &Bench) -> io::Result<Vec<f64>> {
    let api = RuntimeApi::start()?;
    let address = api.address();
    thread::spawn(move || drop(idle(address)));
    let event = Event::usual();
    Ok((0..bench.runs(1_200)).map(|_| api.invoke(&event.text).took().as_secs_f64()).collect())
}

fn idle(address: SocketAddr) -> io::Result<()> {
    let mut connection = Connection::open(address, None)?;
    loop {
        connection.get("/2018-06-01/runtime/invocation/next")?;
        connection.post("/2018-06-01/runtime/invocation/-/response", "", b"{\"statusCode\":200}")?;
    }
}
