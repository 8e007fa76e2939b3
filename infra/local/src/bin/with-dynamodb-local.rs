//! Runs a command beside Amazon's DynamoDB Local, whose address it finds in `DYNAMODB_ENDPOINT`.
//!
//! `with-dynamodb-local FOLDER COMMAND [ARGUMENT …]`, where FOLDER holds `DynamoDBLocal.jar`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use export_gate::error_chain::ErrorChain;
use export_gate_local::dynamodb::DynamoDbLocal;
use tokio::process::Command;

/// How long Java may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(folder), Some(program)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: with-dynamodb-local FOLDER COMMAND [ARGUMENT …]");
        return ExitCode::FAILURE;
    };
    let engine = match DynamoDbLocal::start(Path::new(&folder), PATIENCE).await {
        Ok(engine) => engine,
        Err(failure) => {
            eprintln!("DynamoDB Local can't be had (it needs Java 17): {}", ErrorChain(&failure));
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
            eprintln!("{} can't be run: {failure}", program.display());
            ExitCode::FAILURE
        }
    }
}
