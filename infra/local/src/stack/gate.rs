//! I/O. Builds, starts and ends the gate under `cargo lambda watch`.

use std::fs::File;
use std::io::IsTerminal as _;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use export_gate_local::tables::{ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY};
use http::StatusCode;
use indicatif::ProgressBar;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::failure::Failure;
use super::requests;

/// The name of the Lambda binary and of the function.
pub(super) const BINARY: &str = "export-gate";

/// The limit until a built gate answers.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The limit until `cargo lambda watch` and the gate end after SIGTERM.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// The default URL for `rel="blocked-by"`.
const OPERATOR: &str = "https://operator.example/export-control";

/// `cargo lambda watch` in its own process group, so that Ctrl-C reaches only this process, which then ends the group.
pub(super) struct Gate {
    group: ProcessGroup,
}

/// The folder of `cargo-lambda`, from `PATH`.
pub(super) fn cargo_lambda_folder() -> Result<PathBuf, Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).find(|folder| folder.join("cargo-lambda").is_file()).ok_or(Failure::NoCargoLambda)
}

/// Builds the gate, so that compiler errors and progress are shown here rather than in the log.
pub(super) async fn build(root: &Path) -> Result<(), Failure> {
    eprintln!("Building the gate; the first build takes minutes.");
    let mut command = Command::new("cargo");
    command.args(["build", "--locked", "--bin", BINARY]).current_dir(root).stdin(Stdio::null());
    let mut group = ProcessGroup::spawn(command)?;
    match group.ended().await {
        status if status.success() => Ok(()),
        status => Err(Failure::Build(status)),
    }
}

impl Gate {
    /// Starts `cargo lambda watch`, which starts the gate with the first event.
    pub(super) fn start(
        root: &Path,
        log: &Path,
        port: u16,
        environment: Vec<(String, String)>,
    ) -> Result<Gate, Failure> {
        let fault = |source| Failure::State { folder: log.to_owned(), source };
        let file = File::create(log).map_err(fault)?;
        let mut command = Command::new("cargo-lambda");
        command
            .args(["lambda", "watch", "--bin", BINARY, "--invoke-address", "127.0.0.1", "--invoke-port"])
            .arg(port.to_string())
            .current_dir(root)
            .stdin(Stdio::null())
            .stdout(file.try_clone().map_err(fault)?)
            .stderr(file);
        isolate(&mut command);
        command.envs(environment);
        Ok(Gate { group: ProcessGroup::spawn(command)? })
    }

    /// Waits until the gate reports that it can decide.
    pub(super) async fn ready(&mut self, port: u16, gateway: &str) -> Result<(), Failure> {
        let waiting = progress("Starting the gate");
        let deadline = Instant::now() + TIMEOUT;
        let outcome = tokio::select! {
            status = self.group.ended() => Err(Failure::Ended(status)),
            outcome = wait_until_healthy(port, gateway, deadline) => outcome,
        };
        waiting.finish_and_clear();
        outcome
    }

    /// Waits for an unexpected end.
    pub(super) async fn ended(&mut self) -> Result<(), Failure> {
        Err(Failure::Ended(self.group.ended().await))
    }

    /// Ends it, and waits for the end of the gate.
    pub(super) async fn stop(mut self) {
        self.group.signal(Signal::TERM);
        if timeout(STOP_TIMEOUT, self.group.ended()).await.is_err() {
            self.group.signal(Signal::KILL);
            self.group.ended().await;
        }
    }
}

/// Isolates the gate from the user's AWS configuration and account.
fn isolate(command: &mut Command) {
    let of_aws = |name: &str| name.starts_with("AWS_") && !name.starts_with("AWS_LAMBDA_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_aws)) {
        command.env_remove(name);
    }
    if std::env::var_os("OPERATOR_URL").is_none() {
        command.env("OPERATOR_URL", OPERATOR);
    }
    command
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_REGION", REGION)
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY);
}

async fn wait_until_healthy(port: u16, gateway: &str, deadline: Instant) -> Result<(), Failure> {
    // A GET on the port would wait for a function without a name.
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
        pause(deadline, || "`cargo lambda watch` is not listening".to_owned()).await?;
    }
    loop {
        // The event waits until the gate polls, so the first answer should succeed.
        let answer = match timeout(TIMEOUT, requests::health(gateway)).await {
            Ok(answer) => answer?,
            Err(_) => http::Response::builder().status(StatusCode::GATEWAY_TIMEOUT).body(Bytes::new()).expect("plain"),
        };
        if answer.status() == StatusCode::OK {
            return Ok(());
        }
        pause(deadline, || format!("and its last answer was {}", answer.status())).await?;
    }
}

async fn pause(deadline: Instant, last: impl FnOnce() -> String) -> Result<(), Failure> {
    if Instant::now() >= deadline {
        return Err(Failure::NotReady { seconds: TIMEOUT.as_secs(), last: last() });
    }
    sleep(Duration::from_millis(100)).await;
    Ok(())
}

/// A spinner, or one line without a terminal.
fn progress(what: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        eprintln!("{what}.");
    }
    let bar = ProgressBar::new_spinner().with_message(what);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// A child that leads a process group. Dropping it sends the group SIGTERM.
struct ProcessGroup {
    child: Child,
    id: Option<Pid>,
}

impl ProcessGroup {
    fn spawn(mut command: Command) -> Result<ProcessGroup, Failure> {
        let line = format!("{:?}", command.as_std().get_program());
        let child = command.process_group(0).spawn().map_err(|source| Failure::Start { command: line, source })?;
        let id = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        Ok(ProcessGroup { child, id })
    }

    async fn ended(&mut self) -> ExitStatus {
        self.child.wait().await.expect("a child of this process can be awaited")
    }

    /// Does nothing after the leader was awaited, since its id can be reused.
    fn signal(&self, signal: Signal) {
        if let Some(id) = self.id.filter(|_| self.child.id().is_some()) {
            let _ = kill_process_group(id, signal);
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
    }
}
