//! The local stack of `make run`: DynamoDB with the sample records, a SageMaker endpoint, the gate under
//! `cargo lambda watch`, and API Gateway in front of it. It sends three sample requests, then runs until stopped.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a command for local runs: it prints, and a failure should panic"
)]

mod stack;

use std::process::ExitCode;

use export_gate::error_chain::ErrorChain;
use tokio::signal::unix::{SignalKind, signal};

use crate::stack::{Arguments, Stack};

const USAGE: &str = "\
usage: export-gate-local [--once] [--port PORT] [--model NAME@VERSION=PATH]

  --once       stop after the three sample requests
  --port PORT  port of the local API Gateway (default: 9000)
  --model …    serve a BERT model from this model.tar.gz, and send the sample requests to it";

/// The exit code of a command that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match arguments(std::env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(fault) => {
            eprintln!("{fault}\n\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    let mut stack = Stack::default();
    let outcome = tokio::select! {
        outcome = stack.run(&arguments) => Some(outcome),
        () = stop_signal() => None,
    };
    let was_up = stack.is_up();
    stack.stop().await;
    match outcome {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(failure)) => {
            eprintln!("error: {}", ErrorChain(&failure));
            ExitCode::FAILURE
        }
        None if was_up => {
            eprintln!("stopped");
            ExitCode::SUCCESS
        }
        None => ExitCode::from(INTERRUPTED),
    }
}

/// Parses the arguments; `None` for help.
fn arguments(mut given: impl Iterator<Item = String>) -> Result<Option<Arguments>, String> {
    let mut arguments = Arguments { once: false, port: 9000, model: None };
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--once" => arguments.once = true,
            "--port" => {
                let port = given.next().ok_or("`--port` needs a number")?;
                arguments.port = port.parse().map_err(|_| format!("invalid port `{port}`: expected 0 to 65535"))?;
            }
            "--model" => {
                let model = given.next().ok_or("`--model` needs a value: `name@version=path`")?;
                arguments.model = Some(model.parse()?);
            }
            "--help" | "-h" => return Ok(None),
            _ => return Err(format!("unknown argument `{argument}`")),
        }
    }
    Ok(Some(arguments))
}

/// Waits for Ctrl-C, `kill`, or the end of the terminal.
async fn stop_signal() {
    let on = |kind| signal(kind).expect("signal handlers can be installed");
    let mut signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(on);
    let [interrupt, terminate, hangup] = &mut signals;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Option<Arguments>, String> {
        arguments(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn invalid_arguments_are_named_in_the_error() {
        assert_eq!(read(""), Ok(Some(Arguments { once: false, port: 9000, model: None })));
        assert_eq!(read("--port 0 --once"), Ok(Some(Arguments { once: true, port: 0, model: None })));
        assert_eq!(read("--once --help"), Ok(None));
        for (line, named) in
            [("--port", "--port"), ("--port 65536", "65536"), ("--twice", "--twice"), ("--model", "--model")]
        {
            assert!(read(line).unwrap_err().contains(&format!("`{named}`")), "{line}");
        }
    }
}
