//! I/O. Starts a function: environment variables, AWS configuration, log and runtime.

use std::process::ExitCode;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::DynamoDbEventResponse;
use export_gate::error_chain::ErrorChain;
use lambda_runtime::{Error, LambdaEvent, service_fn};

use crate::{metric, stream};

/// Requests a retry from `sequence` on and logs the reason. Lambda does not count it as an error, so a metric does.
pub fn retry(failure: &(dyn std::error::Error + 'static), sequence: Option<String>) -> DynamoDbEventResponse {
    tracing::error!(failure = %ErrorChain(failure), "the batch is retried");
    metric::count("StreamRetries", 1);
    stream::retry_from(sequence)
}

/// Runs a function. `build` receives the AWS configuration and the values of `variables`; `handle` receives each batch.
/// Without all variables it does not start, and logs the missing ones.
pub async fn serve<F, const N: usize>(
    variables: [&str; N],
    build: impl FnOnce(&SdkConfig, [String; N]) -> F,
    handle: impl AsyncFn(&F, Event) -> DynamoDbEventResponse,
) -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    export_gate::telemetry::log::init(variable("AWS_LAMBDA_LOG_LEVEL").as_deref());
    let missing: Vec<_> = variables.into_iter().filter(|name| variable(name).is_none()).collect();
    if !missing.is_empty() {
        tracing::error!(
            missing = missing.join(", "),
            "the function does not start: set the missing environment variables"
        );
        return ExitCode::FAILURE;
    }
    let values = variables.map(|name| variable(name).unwrap_or_default());
    let function = build(&aws_config::load_defaults(BehaviorVersion::latest()).await, values);
    let (function, handle) = (&function, &handle);
    let served = lambda_runtime::run(service_fn(async move |event: LambdaEvent<Event>| {
        // On the heap, since every enclosing future would contain this large one.
        Ok::<_, Error>(Box::pin(handle(function, event.payload)).await)
    }));
    match served.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %ErrorChain(error.as_ref()), "the function ended");
            ExitCode::FAILURE
        }
    }
}
