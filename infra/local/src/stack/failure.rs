//! What keeps the stack from running, each with what to do about it.

use std::path::PathBuf;
use std::process::ExitStatus;

use export_gate_local::samples::LoadError;

/// One sentence a cause.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("another `make run` of this folder is up already; stop it with Ctrl-C first")]
    RunsAlready,
    #[error("port {port} can't be had; stop the program that uses it, or say `make run PORT=…` with another")]
    Port { port: u16, source: std::io::Error },
    #[error("`{folder}` can't be written; look at its permissions and the disk's free space")]
    State { folder: PathBuf, source: std::io::Error },
    #[error("`cargo-lambda` is not on the path; `make run` installs it into `.tools` and puts that on the path")]
    NoCargoLambda,
    #[error("`{command}` can't be started; look whether it is installed")]
    Start { command: String, source: std::io::Error },
    #[error("the gate did not build ({0}); the compiler says why above")]
    Build(ExitStatus),
    #[error("`cargo lambda watch` ended ({0}); `.local/gate.log` says why")]
    Ended(ExitStatus),
    #[error("the gate did not get ready within {seconds} s, {last}; `.local/gate.log` says why")]
    NotReady { seconds: u64, last: String },
    #[error("the gateway did not answer `{0}`; `.local/gate.log` may say why")]
    Unanswered(String, #[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(
        "{who} should have been answered with {expected}, not {got}; `.local/gate.log` may say why, and where records \
         were changed by hand, `rm -r .local` brings the samples back"
    )]
    Unexpected { who: &'static str, expected: String, got: String },
    #[cfg(feature = "model")]
    #[error("`{archive}` can't be served; `make run MODEL=minilm` packs one that can")]
    Model { archive: PathBuf, source: std::sync::Arc<export_gate_local::model::LoadFault> },
    #[cfg(not(feature = "model"))]
    #[error("this program was built without the feature `model`; `make run MODEL=minilm` builds it with that")]
    NoModels,
    #[error("`.local/dynamodb.sqlite` can't be filled; `rm -r .local` begins anew")]
    Samples(#[from] LoadError),
    #[error(transparent)]
    Part(#[from] export_gate_local::Error),
}
