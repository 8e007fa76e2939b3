//! I/O. Keeps the cores from halting, since a halted virtual core takes its host's time to wake.
//!
//! A request with pauses wakes a core at each hop. That time varies by the minute, and is not the measured system's.

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::process::Owned;

/// The subcommand of the bench for this process.
pub const COMMAND: &str = "stay-awake";

/// A process that is busy on every core and yields to any other. It ends when this is dropped, and with the bench.
#[derive(Debug)]
pub struct Awake(Owned);

impl Awake {
    /// Starts `bench` as that process in the scheduler's idle class (`SCHED_IDLE`, sched(7)).
    pub fn keep(bench: &Path) -> io::Result<Self> {
        let mut command = Command::new("chrt");
        command.args(["--idle", "0"]).arg(bench).arg(COMMAND).stdin(Stdio::piped()).stdout(Stdio::piped());
        let missing = |error| io::Error::other(format!("cannot run `chrt`, which util-linux installs: {error}"));
        let mut awake = command.spawn().map(|child| Self(Owned(child))).map_err(missing)?;
        let mut started = [0];
        match awake.0.0.stdout.as_mut().map(|stdout| stdout.read_exact(&mut started)) {
            Some(Ok(())) => Ok(awake),
            _ => Err(missing(io::Error::other("it did not start"))),
        }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.0.0.id()
    }
}

/// Runs a busy thread on each allowed core, prints a byte, and ends when standard input is closed.
pub fn stay() -> io::Result<()> {
    let cores = sched_getaffinity(None)?;
    for core in (0..CpuSet::MAX_CPU).filter(|core| cores.is_set(*core)) {
        let mut alone = CpuSet::new();
        alone.set(core);
        thread::spawn(move || {
            // Without an affinity, the scheduler can move it.
            let _ = sched_setaffinity(None, &alone);
            loop {
                std::hint::spin_loop();
            }
        });
    }
    io::stdout().write_all(b".")?;
    io::stdout().flush()?;
    io::stdin().read_to_end(&mut Vec::new()).map(drop)
}
