//! The gate under `cargo lambda watch`: built, started, awaited, and ended with all that it started.

use std::fs::File;
use std::io::IsTerminal as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
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

/// The Lambda binary, and the function's name.
pub(super) const BINARY: &str = "export-gate";

/// How long a gate that is built may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long `cargo lambda watch` may take to end the gate and itself.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// For `rel="blocked-by"`, unless the environment names another.
const OPERATOR: &str = "https://operator.example/export-control";

/// `cargo lambda watch`, in a process group of its own: a Ctrl-C reaches this process alone, which then ends it in
/// good order.
pub(super) struct Gate {
    group: Group,
}

/// Whether `cargo-lambda` can be run at all.
pub(super) fn installed() -> Result<(), Failure> {
    let asked = std::process::Command::new("cargo-lambda")
        .args(["lambda", "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.map(drop).map_err(|_| Failure::NoCargoLambda)
}

/// Builds the gate, so that compiler errors and progress are seen here rather than in the log.
pub(super) async fn build(root: &Path) -> Result<(), Failure> {
    eprintln!("Building the gate; the first time this takes minutes.");
    let mut command = Command::new("cargo");
    command.args(["build", "--locked", "--bin", BINARY]).current_dir(root).stdin(Stdio::null());
    let mut group = Group::spawn(command)?;
    match group.ended().await {
        status if status.success() => Ok(()),
        status => Err(Failure::Build(status)),
    }
}

/// A port that was free a moment ago.
pub(super) fn free_port() -> Result<u16, Failure> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    bound.map(|address| address.port()).map_err(|source| Failure::Port { port: 0, source })
}

impl Gate {
    /// Starts it; the gate itself starts with the first event.
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
        only_local(&mut command);
        command.envs(environment);
        Ok(Gate { group: Group::spawn(command)? })
    }

    /// Waits until the gate can decide, by its own account.
    pub(super) async fn ready(&mut self, port: u16, gateway: &str) -> Result<(), Failure> {
        let waiting = progress("Starting the gate");
        let deadline = Instant::now() + PATIENCE;
        let outcome = tokio::select! {
            status = self.group.ended() => Err(Failure::Ended(status)),
            outcome = healthy(port, gateway, deadline) => outcome,
        };
        waiting.finish_and_clear();
        outcome
    }

    /// Waits for an end that nobody asked for.
    pub(super) async fn ended(&mut self) -> Result<(), Failure> {
        Err(Failure::Ended(self.group.ended().await))
    }

    /// Ends it, and returns when it and the gate are gone.
    pub(super) async fn stop(mut self) {
        self.group.signal(Signal::TERM);
        if timeout(LAST_WORDS, self.group.ended()).await.is_err() {
            self.group.signal(Signal::KILL);
            self.group.ended().await;
        }
    }
}

/// Nothing of the user's own AWS set-up may reach the gate, or the gate what belongs to it.
fn only_local(command: &mut Command) {
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

async fn healthy(port: u16, gateway: &str, deadline: Instant) -> Result<(), Failure> {
    // A GET on the port itself would wait for a function that has no name.
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
        pause(deadline, || "`cargo lambda watch` does not listen".to_owned()).await?;
    }
    loop {
        // The event waits there until the gate asks for it, so the first answer should be the good one.
        let answer = match timeout(PATIENCE, requests::health(gateway)).await {
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
        return Err(Failure::NotReady { seconds: PATIENCE.as_secs(), last: last() });
    }
    sleep(Duration::from_millis(100)).await;
    Ok(())
}

/// A spinner, or one line where nobody would see it turn.
fn progress(what: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        eprintln!("{what}.");
    }
    let bar = ProgressBar::new_spinner().with_message(what);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// A child that leads a process group; the group is asked to end when this is dropped.
struct Group {
    child: Child,
    id: Option<Pid>,
}

impl Group {
    fn spawn(mut command: Command) -> Result<Group, Failure> {
        let line = format!("{:?}", command.as_std().get_program());
        let child = command.process_group(0).spawn().map_err(|source| Failure::Start { command: line, source })?;
        let id = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        Ok(Group { child, id })
    }

    async fn ended(&mut self) -> ExitStatus {
        self.child.wait().await.expect("a child of this process can be waited for")
    }

    /// Does nothing once the leader was waited for: its number may be another's by then.
    fn signal(&self, signal: Signal) {
        if let Some(id) = self.id.filter(|_| self.child.id().is_some()) {
            let _ = kill_process_group(id, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
    }
}
