//! I/O. What both functions' processes share: variables, AWS configuration, log, the runtime.

use std::process::ExitCode;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::DynamoDbEventResponse;
use export_gate::error_chain::ErrorChain;
use lambda_runtime::{Error, LambdaEvent, service_fn};

use crate::{metric, stream};

/// Asks for a batch again from `sequence` on, and says why. Lambda counts that as no error, so it is counted here.
pub fn ask_again(failure: &(dyn std::error::Error + 'static), sequence: Option<String>) -> DynamoDbEventResponse {
    tracing::error!(failure = %ErrorChain(failure), "the stream is asked again");
    metric::count("StreamRetries", 1);
    stream::again_from(sequence)
}

/// Runs a function: `build` makes it of the AWS configuration and the values of `variables`, `handle` takes each batch.
/// A start without one of the variables ends with a sentence that names every one that is missing.
pub async fn serve<F, const N: usize>(
    variables: [&str; N],
    build: impl FnOnce(&SdkConfig, [String; N]) -> F,
    handle: impl AsyncFn(&F, Event) -> DynamoDbEventResponse,
) -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    export_gate::telemetry::log::init(variable("AWS_LAMBDA_LOG_LEVEL").as_deref());
    let missing: Vec<_> = variables.into_iter().filter(|name| variable(name).is_none()).collect();
    if !missing.is_empty() {
        tracing::error!(missing = missing.join(", "), "the function does not start: variables are not set");
        return ExitCode::FAILURE;
    }
    let values = variables.map(|name| variable(name).unwrap_or_default());
    let function = build(&aws_config::load_defaults(BehaviorVersion::latest()).await, values);
    let (function, handle) = (&function, &handle);
    let served = lambda_runtime::run(service_fn(async move |event: LambdaEvent<Event>| {
        // On the heap: what lies ahead is large, and would be part of every future around it.
        Ok::<_, Error>(Box::pin(handle(function, event.payload)).await)
    }));
    match served.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %ErrorChain(error.as_ref()), "the function ends");
            ExitCode::FAILURE
        }
    }
}
