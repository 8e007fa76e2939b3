//! Runs a command with Amazon's DynamoDB Local. `DYNAMODB_ENDPOINT` has the endpoint's URL.
//!
//! `with-dynamodb-local FOLDER COMMAND [ARGUMENT …]`, where FOLDER holds `DynamoDBLocal.jar`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use export_gate::error_chain::ErrorChain;
use export_gate_local::dynamodb::DynamoDbLocal;
use tokio::process::Command;

/// The limit of Java's start.
const TIMEOUT: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(folder), Some(program)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: with-dynamodb-local FOLDER COMMAND [ARGUMENT …]");
        return ExitCode::FAILURE;
    };
    let engine = match DynamoDbLocal::start(Path::new(&folder), TIMEOUT).await {
        Ok(engine) => engine,
        Err(failure) => {
            eprintln!("cannot start DynamoDB Local (it needs Java 17): {}", ErrorChain(&failure));
            return ExitCode::FAILURE;
        }
    };
    match Command::new(&program).args(arguments).env("DYNAMODB_ENDPOINT", engine.url()).status().await {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(status) => {
            eprintln!("{} ended with {status}", program.display());
            ExitCode::FAILURE
        }
        Err(failure) => {
            eprintln!("cannot run {}: {failure}", program.display());
            ExitCode::FAILURE
        }
    }
}
