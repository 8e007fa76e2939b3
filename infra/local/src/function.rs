//! I/O. Runs a binary as Lambda does, with its environment, events and output.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::Error;
use crate::clock;
use crate::recording::Recording;
use crate::runtime_api::{Event, FunctionError, RuntimeApi};
use crate::tables::{ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY};

/// The wait for the remaining output of an ended process.
const OUTPUT_TIMEOUT: Duration = Duration::from_secs(5);

/// One execution environment: a process and its Runtime API.
pub struct Function {
    api: RuntimeApi,
    started: Instant,
    killed: Arc<Notify>,
    exit: watch::Receiver<Option<ExitStatus>>,
    stdout: Arc<Recording<String>>,
    stderr: Arc<Recording<String>>,
    watcher: JoinHandle<()>,
}

impl Function {
    /// Starts `binary` with Lambda's variables, `PATH`, the [`clock`] and `env`, but no other environment variable.
    /// A variable in `env` replaces Lambda's.
    ///
    /// # Errors
    ///
    /// [`Error::Start`] or [`Error::Listen`].
    pub async fn spawn(binary: &Path, env: &[(String, String)]) -> Result<Function, Error> {
        let api = RuntimeApi::start().await?;
        let mut command = Command::new(binary);
        clock::clear_environment(command.as_std_mut());
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .envs(ENVIRONMENT.iter().copied())
            .envs(env.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let started = Instant::now();
        let mut child =
            command.spawn().map_err(|source| Error::Start { command: binary.display().to_string(), source })?;
        let stdout = Arc::new(Recording::new());
        let stderr = Arc::new(Recording::new());
        let readers = [
            tokio::spawn(record(child.stdout.take(), stdout.clone())),
            tokio::spawn(record(child.stderr.take(), stderr.clone())),
        ];
        let killed = Arc::new(Notify::new());
        let (exited, exit) = watch::channel(None);
        let watcher = tokio::spawn(watch(child, killed.clone(), readers, exited));
        Ok(Function { api, started, killed, exit, stdout, stderr, watcher })
    }

    /// Waits until the function polls for its first event, and returns the duration of its start.
    ///
    /// # Errors
    ///
    /// [`FunctionError::Exited`], or [`FunctionError::Timeout`] after `within`.
    pub async fn ready(&self, within: Duration) -> Result<Duration, FunctionError> {
        tokio::select! {
            biased;
            polled = self.api.first_poll() => Ok(polled - self.started),
            status = self.exited() => Err(FunctionError::Exited(status)),
            () = tokio::time::sleep(within) => Err(FunctionError::Timeout),
        }
    }

    /// Invokes the function; see [`RuntimeApi::invoke`].
    ///
    /// # Errors
    ///
    /// As there, and [`FunctionError::Exited`] when the process ends first.
    pub async fn invoke(&self, event: impl Into<Event>, timeout: Duration) -> Result<Value, FunctionError> {
        tokio::select! {
            biased;
            outcome = self.api.invoke(event, timeout) => outcome,
            status = self.exited() => Err(FunctionError::Exited(status)),
        }
    }

    /// The lines of standard output.
    pub fn stdout(&self) -> &Recording<String> {
        &self.stdout
    }

    /// The lines of standard error.
    pub fn stderr(&self) -> &Recording<String> {
        &self.stderr
    }

    /// Kills the process (SIGKILL) and waits for its end.
    pub async fn kill(&self) -> ExitStatus {
        self.killed.notify_one();
        self.exited().await
    }

    /// Waits until the process has ended and its output is recorded.
    ///
    /// # Errors
    ///
    /// [`FunctionError::Timeout`] when it runs longer than `within`.
    pub async fn exit_status(&self, within: Duration) -> Result<ExitStatus, FunctionError> {
        let exited = tokio::time::timeout(within, self.exited()).await;
        exited.map_err(|_| FunctionError::Timeout)
    }

    async fn exited(&self) -> ExitStatus {
        let mut exit = self.exit.clone();
        let status = exit.wait_for(Option::is_some).await;
        status.ok().and_then(|status| *status).expect("the watcher sends the status before it ends")
    }
}

impl Drop for Function {
    /// Ending the watcher kills the child.
    fn drop(&mut self) {
        self.watcher.abort();
    }
}

const ENVIRONMENT: [(&str, &str); 11] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "export-gate"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/export-gate"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "local"),
    ("AWS_REGION", REGION),
    ("AWS_DEFAULT_REGION", REGION),
    ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID),
    ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY),
    ("TZ", ":UTC"),
];

async fn record(output: Option<impl AsyncRead + Unpin>, recording: Arc<Recording<String>>) {
    let Some(output) = output else { return };
    let mut lines = BufReader::new(output).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        recording.push(String::from_utf8_lossy(&line).into_owned());
    }
}

async fn watch(
    mut child: Child,
    killed: Arc<Notify>,
    readers: [JoinHandle<()>; 2],
    exited: watch::Sender<Option<ExitStatus>>,
) {
    let status = tokio::select! {
        status = child.wait() => status,
        () = killed.notified() => {
            let _ = child.start_kill();
            child.wait().await
        }
    };
    for reader in readers {
        let _ = tokio::time::timeout(OUTPUT_TIMEOUT, reader).await;
    }
    exited.send_replace(Some(status.expect("a child of this process can be awaited")));
}
