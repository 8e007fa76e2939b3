//! I/O. Instructions and allocations a request, counted by callgrind, which the machine's load doesn't touch.

use std::io;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::{Bench, Stage, answered};
use crate::event::Event;
use crate::figures::{Figure, Measured, Part, Unit, Who};
use crate::process::{Process, gate};

/// What allocates, by the C library's names.
const ALLOCATES: [&str; 6] = ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"];

/// Whether they can be counted.
///
/// # Errors
/// That Valgrind is missing.
pub fn counts() -> io::Result<()> {
    let asked = Command::new("valgrind").arg("--version").output();
    asked.map(drop).map_err(|_| io::Error::other("Valgrind counts instructions: install it first"))
}

/// Instructions and allocations of one request.
///
/// # Errors
/// Those of the system.
pub fn instructions(bench: &Bench, stage: &Stage, folder: &Path) -> io::Result<Vec<Figure>> {
    let counted = a_request(bench, stage, folder, &Event::usual(), [20, 120].map(|requests| bench.runs(requests)))?;
    let figure = |id: &str, what: &str, number: f64| Figure {
        id: id.into(),
        part: Part::Cost,
        what: what.into(),
        unit: Unit::Count,
        measured: vec![Measured::exactly(Who::Gate, number)],
        goals: Vec::new(),
    };
    Ok(vec![
        figure("cost.instructions", "instructions a request, in user space", counted.instructions),
        figure("cost.allocations", "allocations a request", counted.allocations),
    ])
}

/// What callgrind counts.
pub(super) struct Counted {
    pub instructions: f64,
    pub allocations: f64,
}

/// What one request takes: those between a run of few and one of many, since the start, and what is done once, is in both.
///
/// # Errors
/// Those of the system.
pub(super) fn a_request(
    bench: &Bench,
    stage: &Stage,
    folder: &Path,
    event: &Event,
    [few, many]: [usize; 2],
) -> io::Result<Counted> {
    stage.delays(Duration::ZERO, Duration::ZERO);
    let counted = |requests| counted(bench, stage, folder, event, requests);
    // Both at once: counts are the same however busy the machine is.
    let (short, long) = thread::scope(|scope| {
        let short = scope.spawn(|| counted(few));
        let long = counted(many);
        (short.join(), long)
    });
    let (short, long) = (short.expect("it counts")?, long?);
    let each = |long: f64, short: f64| (long - short) / (many - few) as f64;
    Ok(Counted {
        instructions: each(long.instructions, short.instructions),
        allocations: each(long.allocations, short.allocations),
    })
}

fn counted(bench: &Bench, stage: &Stage, folder: &Path, event: &Event, requests: usize) -> io::Result<Counted> {
    let file = folder.join(format!("callgrind-{requests}.out"));
    let mut command = gate(Path::new("valgrind"));
    command.args(["--tool=callgrind", "--quiet"]);
    command.arg(format!("--callgrind-out-file={}", file.display())).arg(&bench.gate);
    let process = Process::start(command, &stage.environment(false))?;
    let _ = process.api.ready();
    for _ in 0..requests {
        answered(&process, event);
    }
    process.end();
    Ok(read(&std::fs::read_to_string(&file)?))
}

/// The total, and the calls of what allocates. Names are written once, as `cfn=(7) malloc`, and then by number.
fn read(profile: &str) -> Counted {
    let mut ours = Vec::new();
    let mut counted = Counted { instructions: 0.0, allocations: 0.0 };
    let mut called = "";
    for line in profile.lines() {
        if let Some((number, name)) =
            line.strip_prefix("cfn=").or_else(|| line.strip_prefix("fn=")).and_then(|f| f.split_once(' '))
            && ALLOCATES.contains(&name)
        {
            ours.push(number);
        }
        if let Some(callee) = line.strip_prefix("cfn=") {
            called = callee.split(' ').next().unwrap_or_default();
        } else if let Some(calls) = line.strip_prefix("calls=") {
            if ours.contains(&called) {
                counted.allocations += number(calls);
            }
        } else if let Some(total) = line.strip_prefix("totals:").or_else(|| line.strip_prefix("summary:")) {
            counted.instructions = number(total.trim());
        }
    }
    counted
}

fn number(text: &str) -> f64 {
    text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0.0)
}
