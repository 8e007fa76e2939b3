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
///
/// # Errors
/// Those of the system.
pub fn noise(bench: &Bench, stage: &Stage) -> io::Result<Vec<Figure>> {
    let mut figures =
        vec![figure("noise.runtime_api", "the Runtime API, a function that does nothing", runtime_api(bench)?)];
    let mut dynamodb = Connection::open(stage.dynamodb.address(false), None)?;
    for delay in [0, 2, 5, 10] {
        stage.delays(Duration::from_millis(delay), MODEL_DELAY);
        let ledger = format!(r#"{{"TableName":"{}"}}"#, stage.deployment.tables().ledger);
        let times = durations(bench, || {
            dynamodb.post("/", "x-amz-target: DynamoDB_20120810.PutItem\r\n", ledger.as_bytes()).map(drop)
        })?;
        let id = format!("noise.dynamodb.{delay}ms");
        figures.push(figure(&id, &format!("DynamoDB's stand-in at {delay} ms, a plain client"), times));
    }
    for tls in [false, true] {
        let mut direct = stage.direct(tls)?;
        let times = durations(bench, || direct.call(&vec![b'-'; BODY]).map(drop))?;
        let (id, over) = if tls { (".tls", ", TLS") } else { ("", "") };
        figures.push(figure(
            &format!("noise.model{id}"),
            &format!("the model's stand-in at 50 ms{over}, a plain client"),
            times,
        ));
    }
    stage.delays(Duration::ZERO, Duration::ZERO);
    Ok(figures)
}

fn durations(bench: &Bench, mut act: impl FnMut() -> io::Result<()>) -> io::Result<Vec<f64>> {
    let mut times = Vec::new();
    for _ in 0..bench.runs(120) {
        let began = Instant::now();
        act()?;
        times.push(began.elapsed().as_secs_f64());
    }
    Ok(times)
}

/// The time of an event with a thread that polls and posts, and does nothing else.
fn runtime_api(bench: &Bench) -> io::Result<Vec<f64>> {
    let api = RuntimeApi::start()?;
    let address = api.address();
    thread::spawn(move || drop(idle(address)));
    let event = Event::usual();
    let mut times = Vec::new();
    for _ in 0..bench.runs(1_200) {
        times.push(api.invoke(event.text().as_bytes()).1.as_secs_f64());
    }
    Ok(times)
}

fn idle(address: SocketAddr) -> io::Result<()> {
    let mut connection = Connection::open(address, None)?;
    loop {
        connection.get("/2018-06-01/runtime/invocation/next")?;
        connection.post("/2018-06-01/runtime/invocation/-/response", "", b"{\"statusCode\":200}")?;
    }
}

fn figure(id: &str, what: &str, times: Vec<f64>) -> Figure {
    Figure {
        id: id.into(),
        part: Part::Noise,
        what: what.into(),
        unit: Unit::Seconds,
        measured: vec![Measured::of(Who::Bench, times)],
        before: None,
        goals: Vec::new(),
    }
}
