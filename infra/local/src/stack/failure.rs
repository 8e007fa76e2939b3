//! Pure. The errors of the stack, each with its remedy.

use std::path::PathBuf;
use std::process::ExitStatus;

use export_gate_local::client::ClientError;
use export_gate_local::samples::LoadError;

/// An error of the stack.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("another `make run` is running in this folder; stop it with Ctrl-C first")]
    RunsAlready,
    #[error("port {port} is in use; stop the program that uses it, or choose another with `make run PORT=…`")]
    Port { port: u16, source: std::io::Error },
    #[error("cannot write `{folder}`; check its permissions and the free disk space")]
    State { folder: PathBuf, source: std::io::Error },
    #[error("`cargo-lambda` is not on the path; start the stack with `make run`, which installs it into `.tools`")]
    NoCargoLambda,
    #[error("cannot start `{command}`; check whether it is installed")]
    Start { command: String, source: std::io::Error },
    #[error("the gate did not build ({0}); see the compiler's errors above")]
    Build(ExitStatus),
    #[error("`cargo lambda watch` ended ({0}); see `.local/gate.log`")]
    Ended(ExitStatus),
    #[error("the gate was not ready within {seconds} s, {last}; see `.local/gate.log`")]
    NotReady { seconds: u64, last: String },
    #[error("the gateway did not answer `{0}`; see `.local/gate.log`")]
    Unanswered(String, #[source] ClientError),
    #[error(
        "the answer for {caller} should be {expected}, not {got}; see `.local/gate.log`. If records were changed manually, \
         `rm -r .local` restores the samples"
    )]
    Unexpected { caller: &'static str, expected: String, got: String },
    #[cfg(feature = "model")]
    #[error("cannot serve `{archive}`; `make run MODEL=minilm` packs a valid archive")]
    Model { archive: PathBuf, source: std::sync::Arc<export_gate_local::model::LoadFault> },
    #[cfg(not(feature = "model"))]
    #[error("this program was built without the feature `model`; `make run MODEL=minilm` builds it with the feature")]
    NoModels,
    #[error("cannot load the samples into `.local/dynamodb.sqlite`; `rm -r .local` starts with an empty one")]
    Samples(#[from] LoadError),
    #[error(transparent)]
    Part(#[from] export_gate_local::Error),
}
