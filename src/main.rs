//! The Lambda function `export-gate`. The library's documentation describes the design.

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use export_gate::error_chain::ErrorChain;
use export_gate::gate::{ANSWER_RESERVE, Gate};
use export_gate::start::start;
use export_gate::telemetry::log;
use export_gate::telemetry::unless_it_panics;
use jiff::Timestamp;
use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyResponse;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tokio::task::yield_now;
use tokio::time::Instant;

/// Lambda ends an invocation after 15 minutes.
const LONGEST_INVOCATION: Duration = Duration::from_secs(900);

/// The time of an invocation without a deadline: API Gateway's default time-out.
const DEFAULT_TIME: Duration = Duration::from_secs(29);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok();
    log::init(variable("AWS_LAMBDA_LOG_LEVEL").as_deref());
    let gate = match start(variable).await {
        Ok(gate) => gate,
        Err(error) => return fail(&error),
    };
    let gate: &'static Gate = Box::leak(Box::new(gate));
    let serve = lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| answer(gate, event)));
    // A spawned task is woken through a queue; waking the future that `main` awaits takes two system calls.
    match tokio::spawn(serve).await {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => fail(error.as_ref()),
        Err(error) => fail(&error),
    }
}

/// Logs an error that ends the process.
fn fail(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    tracing::error!(error = %ErrorChain(error), "the gate cannot run");
    ExitCode::FAILURE
}

/// Handles one invocation. A panic becomes a 500 answer.
async fn answer(gate: &Gate, event: LambdaEvent<Box<RawValue>>) -> Result<ApiGatewayProxyResponse, Error> {
    let LambdaEvent { payload, context } = event;
    let deadline = Instant::now()
        .checked_add(time_left(context.deadline()).saturating_sub(ANSWER_RESERVE))
        .unwrap_or_else(Instant::now);
    let handled = gate.handle(payload.get(), Timestamp::now(), deadline);
    let (answer, request) = unless_it_panics(handled).await;
    // The log is written after the answer is sent, so that the caller does not wait for it, and before the next event is
    // requested. This relies on the single-threaded runtime: a task that yields runs after the tasks that are ready.
    tokio::spawn(async move {
        yield_now().await;
        log::request(&request, &context.request_id);
    });
    Ok(answer.into_payload())
}

/// The time left until the deadline. A deadline further back than Lambda's longest invocation counts as absent: cargo-lambda
/// always sends a time in 1970.
fn time_left(deadline: SystemTime) -> Duration {
    match deadline.duration_since(SystemTime::now()) {
        Ok(left) => left,
        Err(past) if past.duration() > LONGEST_INVOCATION => DEFAULT_TIME,
        Err(_) => Duration::ZERO,
    }
}
