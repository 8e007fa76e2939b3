//! I/O. Runs a process as a Lambda execution environment, and reads its processor time and memory.

use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::runtime_api::RuntimeApi;

/// A process with its own Runtime API.
#[derive(Debug)]
pub struct Process {
    /// Its Runtime API.
    pub api: RuntimeApi,
    /// When it was started.
    pub started: Instant,
    child: Owned,
}

/// A child process that ends when this is dropped.
#[derive(Debug)]
pub struct Owned(pub Child);

impl Drop for Owned {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    /// Starts `command` with `environment` and `PATH` only. Its output is discarded unless `BENCH_OUTPUT` is set.
    pub fn start(mut command: Command, environment: &[(String, String)]) -> io::Result<Self> {
        let api = RuntimeApi::start()?;
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
            .envs(environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(output())
            .stderr(output());
        let started = Instant::now();
        let child = Owned(command.spawn()?);
        Ok(Self { api, started, child })
    }

    /// The processor time of all threads so far.
    pub fn processor_time(&self) -> Duration {
        let tasks = format!("/proc/{}/task", self.child.0.id());
        let spent = std::fs::read_dir(tasks).expect("the process lives").flatten().map(|task| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            text.split(' ').next().and_then(|spent| spent.parse().ok()).unwrap_or(0)
        });
        Duration::from_nanos(spent.sum())
    }

    /// The resident memory, in bytes.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.0.id())).expect("the process lives");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1024
    }

    /// Sends SIGTERM and waits for the end.
    pub fn end(mut self) {
        if let Some(id) = i32::try_from(self.child.0.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        }
        let _ = self.child.0.wait();
    }
}

fn output() -> Stdio {
    if std::env::var_os("BENCH_OUTPUT").is_some() { Stdio::inherit() } else { Stdio::null() }
}

/// The command of the gate or of a program that runs it, with the template's allocator settings.
pub fn gate(program: &Path) -> Command {
    const TUNES: &str = "GLIBC_TUNABLES";
    let template = include_str!("../../infra/template.yaml");
    let tuned = template.lines().find_map(|line| line.trim().strip_prefix(TUNES)?.strip_prefix(": "));
    let mut command = Command::new(program);
    command.env_clear().env(TUNES, tuned.expect("the template sets it"));
    command
}
