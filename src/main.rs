//! The Lambda function `export-gate`.

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use export_gate::error_chain::ErrorChain;
use export_gate::gate::Gate;
use export_gate::start::start;
use export_gate::telemetry::log;
use export_gate::telemetry::unless_it_panics;
use jiff::Timestamp;
use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyResponse;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tokio::task::yield_now;
use tokio::time::Instant;

/// What is kept back of the invocation's time for the answer's own way out.
const FOR_THE_ANSWER: Duration = Duration::from_millis(250);

/// Lambda ends an invocation after 15 minutes.
const LONGEST_INVOCATION: Duration = Duration::from_secs(900);

/// The time of an invocation that was given no deadline: what API Gateway waits for by default.
const WITHOUT_DEADLINE: Duration = Duration::from_secs(29);

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
    // A task that is woken is put into a queue; for what `main` itself awaits it takes a system call, and another to hear it.
    match tokio::spawn(serve).await {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => fail(error.as_ref()),
        Err(error) => fail(&error),
    }
}

/// Ends the start with a sentence that names every fault.
fn fail(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    tracing::error!(error = %ErrorChain(error), "the gate does not start");
    ExitCode::FAILURE
}

/// One invocation. A panic is answered, and the environment lives on.
async fn answer(gate: &Gate, event: LambdaEvent<Box<RawValue>>) -> Result<ApiGatewayProxyResponse, Error> {
    let LambdaEvent { payload, context } = event;
    let deadline = Instant::now()
        .checked_add(time_left(context.deadline()).saturating_sub(FOR_THE_ANSWER))
        .unwrap_or_else(Instant::now);
    let handled = gate.handle(payload.get(), Timestamp::now(), deadline);
    let (answer, request) = unless_it_panics(handled).await;
    // Nobody waits for the log: it is written once the answer is, and before the next event is asked for, which takes the
    // answer's receipt. That rests on the runtime's one thread, where what yields runs after what was ready.
    tokio::spawn(async move {
        yield_now().await;
        log::request(&request, &context.request_id);
    });
    Ok(answer.into_payload())
}

/// What is left until the deadline. One that is past by more than Lambda's longest invocation is none: cargo-lambda
/// always sends the same moment of 1970.
fn time_left(deadline: SystemTime) -> Duration {
    match deadline.duration_since(SystemTime::now()) {
        Ok(left) => left,
        Err(past) if past.duration() > LONGEST_INVOCATION => WITHOUT_DEADLINE,
        Err(_) => Duration::ZERO,
    }
}
