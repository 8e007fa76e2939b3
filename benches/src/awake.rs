//! I/O. Keeps the machine's cores from halting, since a virtual core that has halted takes its host's time to wake.
//!
//! A request with pauses in it wakes a core at each of its hops. What that takes is neither the gate's nor a peer's, it is
//! different from one minute to the next, and there is more of it with a function than without.

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// What the bench is told to be, to do this.
pub const COMMAND: &str = "stay-awake";

/// A process that is busy on every core, and gives way at once to whatever else wants to run there. It ends when this is
/// dropped, and with the process that has it.
#[derive(Debug)]
pub struct Awake(Child);

impl Awake {
    /// Starts `bench` as that process, of the scheduler's idle class (`SCHED_IDLE`, sched(7)).
    ///
    /// # Errors
    /// That `chrt`, of util-linux, is missing; those of the system.
    pub fn keep(bench: &Path) -> io::Result<Self> {
        let mut command = Command::new("chrt");
        command.args(["--idle", "0"]).arg(bench).arg(COMMAND).stdin(Stdio::piped()).stdout(Stdio::piped());
        let missing = |error| io::Error::other(format!("`chrt`, of util-linux, keeps the cores awake: {error}"));
        let mut awake = command.spawn().map(Self).map_err(missing)?;
        let mut told = [0];
        match awake.0.stdout.as_mut().map(|stdout| stdout.read_exact(&mut told)) {
            Some(Ok(())) => Ok(awake),
            _ => Err(missing(io::Error::other("it did not start"))),
        }
    }

    /// The process' number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What that process does: a thread on each core that it may run on, which it tells by a byte, until nobody holds the other
/// end of its standard input any more.
///
/// # Errors
/// Those of the system.
pub fn stay() -> io::Result<()> {
    let cores = sched_getaffinity(None)?;
    for core in (0..CpuSet::MAX_CPU).filter(|core| cores.is_set(*core)) {
        let mut alone = CpuSet::new();
        alone.set(core);
        thread::spawn(move || {
            // Where it can't stay on its core, the scheduler moves it.
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
