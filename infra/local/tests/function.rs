//! With Lambda's variables this binary is a function; otherwise it tests `Function` on itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test"
)]

use std::sync::Arc;
use std::time::Duration;

use export_gate_local::function::Function;
use export_gate_local::gateway::by_function;
use export_gate_local::runtime_api::FunctionError;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(20);

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        runtime.block_on(act()).unwrap();
    } else {
        runtime.block_on(a_function_answers_and_reports_errors());
        runtime.block_on(a_function_that_hangs_or_exits_is_an_error());
        runtime.block_on(a_function_that_does_not_start_is_an_error());
        println!("test function ... ok");
    }
}

async fn act() -> Result<(), Error> {
    if std::env::var_os("BROKEN").is_some() {
        eprintln!("BROKEN is set");
        std::process::exit(3);
    }
    println!("started");
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| match event.payload["do"].as_str() {
        Some("fail") => Err(Error::from("as requested")),
        Some("hang") => std::future::pending().await,
        Some("exit") => std::process::exit(4),
        Some("flood") => Ok(json!("x".repeat(6_300_000))),
        _ => Ok(json!({
            "echo": event.payload,
            "arn": event.context.invoked_function_arn,
            "deadline": event.context.deadline,
            "home": std::env::var_os("HOME").is_some(),
            "extra": std::env::var("EXTRA").ok(),
        })),
    }))
    .await
}

async fn spawn(env: &[(&str, &str)]) -> Function {
    let env: Vec<_> = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let this = std::env::current_exe().unwrap();
    Function::spawn(&this, &env).await.unwrap()
}

async fn a_function_answers_and_reports_errors() {
    let function = spawn(&[("EXTRA", "1")]).await;
    let start = function.ready(LONG).await.unwrap();
    assert!(start < LONG);

    for number in 0..3 {
        let answer = function.invoke(json!({"n": number}), LONG).await.unwrap();
        assert_eq!(answer["echo"], json!({"n": number}));
        assert_eq!(answer["extra"], "1");
        assert_eq!(answer["home"], false, "only Lambda's environment");
        assert!(answer["deadline"].as_u64().unwrap() > 1_700_000_000_000);
        assert!(answer["arn"].as_str().unwrap().starts_with("arn:aws:lambda:"));
    }

    let function = Arc::new(function);
    let invoke = by_function(function.clone(), LONG);
    assert_eq!(invoke(json!({"n": 4})).await.unwrap()["echo"]["n"], 4);
    assert!(invoke(json!({"do": "fail"})).await.unwrap_err().contains("as requested"));

    let failed = function.invoke(json!({"do": "fail"}), LONG).await;
    let Err(FunctionError::Reported { message, .. }) = failed else {
        panic!("{failed:?}");
    };
    assert_eq!(message, "as requested");
    let flooded = function.invoke(json!({"do": "flood"}), LONG).await;
    let Err(FunctionError::Reported { kind, .. }) = flooded else {
        panic!("{flooded:?}");
    };
    assert_eq!(kind, "Function.ResponseSizeTooLarge");
    let garbled = function.invoke("{", LONG).await;
    assert!(matches!(garbled, Err(FunctionError::Reported { .. })), "{garbled:?}");
    function.invoke(json!({}), LONG).await.expect("the function keeps running");
    let lines = function.stdout().wait(LONG, |lines| !lines.is_empty()).await;
    assert_eq!(lines[0], "started");
}

async fn a_function_that_hangs_or_exits_is_an_error() {
    let function = spawn(&[]).await;
    let hung = function.invoke(json!({"do": "hang"}), Duration::from_secs(1)).await;
    assert!(matches!(hung, Err(FunctionError::Timeout)), "{hung:?}");
    assert!(!function.kill().await.success());
    let dead = function.invoke(json!({}), LONG).await;
    assert!(matches!(dead, Err(FunctionError::Exited(_))), "{dead:?}");

    let function = spawn(&[]).await;
    let ended = function.invoke(json!({"do": "exit"}), LONG).await;
    let Err(FunctionError::Exited(status)) = ended else {
        panic!("{ended:?}");
    };
    assert_eq!(status.code(), Some(4));
}

async fn a_function_that_does_not_start_is_an_error() {
    let function = spawn(&[("BROKEN", "1")]).await;
    let ready = function.ready(LONG).await;
    assert!(matches!(ready, Err(FunctionError::Exited(_))), "{ready:?}");
    assert_eq!(function.exit_status(LONG).await.unwrap().code(), Some(3));
    assert_eq!(function.stderr().all(), ["BROKEN is set"]);
}
