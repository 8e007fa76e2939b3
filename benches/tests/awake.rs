//! The process that keeps cores awake yields to others, and ends with the bench.

#![allow(clippy::unwrap_used, reason = "a test fails with a message")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use export_gate_bench::awake::{Awake, COMMAND};
use rustix::thread::sched_getaffinity;

const BENCH: &str = env!("CARGO_BIN_EXE_bench");

/// `SCHED_IDLE` of sched(7), as proc_pid_stat(5) gives it.
const IDLE: &str = "5";

/// The scheduling policies of a process' threads.
fn policies(id: u32) -> Vec<String> {
    let tasks: Vec<PathBuf> =
        fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten().map(|task| task.path()).collect();
    let stats = tasks.iter().filter_map(|task| fs::read_to_string(task.join("stat")).ok());
    // The policy is the 41st field; the second may hold spaces, and ends with a parenthesis.
    stats.filter_map(|stat| Some(stat.rsplit_once(')')?.1.split_whitespace().nth(38)?.to_owned())).collect()
}

#[test]
fn every_core_has_a_thread_of_the_idle_class() {
    let awake = Awake::keep(Path::new(BENCH)).unwrap();
    let cores = sched_getaffinity(None).unwrap().count();
    let many = usize::try_from(cores).unwrap() + 1;
    assert_eq!(policies(awake.id()), vec![IDLE; many]);
}

#[test]
fn it_ends_with_its_standard_input() {
    let mut process = Command::new(BENCH).arg(COMMAND).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    drop(process.stdin.take());
    assert!(process.wait().unwrap().success());
}
