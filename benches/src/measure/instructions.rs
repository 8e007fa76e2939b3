//! I/O. Counts instructions and allocations with Valgrind's callgrind. The machine's load does not change them.

use std::io;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::{Bench, Stage, answered};
use crate::event::Event;
use crate::figures::{Figure, Measured, Part, Unit, Who};
use crate::process::{Process, gate};

/// The C library's functions that allocate.
const ALLOCATORS: [&str; 6] = ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"];

/// What callgrind counted.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) instructions: f64,
    pub(super) allocations: f64,
}

/// Checks that Valgrind is installed.
pub fn require_valgrind() -> io::Result<()> {
    let version = Command::new("valgrind").arg("--version").output();
    version.map(drop).map_err(|_| io::Error::other("counting instructions needs Valgrind: install it first"))
}

/// The cost of a start, a permitted request, a refused one, and a permitted one of 64 KB. A quick run counts the first two.
pub fn instructions(bench: &Bench, stage: &Stage, folder: &Path) -> io::Result<Vec<Figure>> {
    let requests = [
        ("permit", "a permitted request", Event::usual()),
        ("refusal", "a refused request", Event::refused()),
        ("permit.64kb", "a permitted request of 64 KB", Event::of(64_000)),
    ];
    stage.delays(Duration::ZERO, Duration::ZERO);
    let mut rows = vec![("start", "a start", profile(bench, stage, folder, &Event::usual(), 0)?)];
    for (id, what, event) in requests.into_iter().take(if bench.quick { 1 } else { 3 }) {
        let counts = per_request(bench, stage, folder, &event, [20, 120].map(|requests| bench.runs(requests)))?;
        rows.push((id, what, counts));
    }
    let figure = |name: &str, id: &str, what, count| {
        let measured = vec![Measured::exactly(Who::Gate, count)];
        Figure::new(format!("{name}.{id}"), Part::Instructions, what, Unit::Count, measured)
    };
    let figures = |(id, what, counts): (&str, &str, Counts)| {
        let instructions = format!("instructions of {what}, in user space");
        [
            figure("instructions", id, instructions, counts.instructions),
            figure("allocations", id, format!("allocations of {what}"), counts.allocations),
        ]
    };
    Ok(rows.into_iter().flat_map(figures).collect())
}

/// The cost of one request: a run of many less a run of few, which removes the start and what is done once.
pub(super) fn per_request(
    bench: &Bench,
    stage: &Stage,
    folder: &Path,
    event: &Event,
    [few, many]: [usize; 2],
) -> io::Result<Counts> {
    stage.delays(Duration::ZERO, Duration::ZERO);
    let profile = |requests| profile(bench, stage, folder, event, requests);
    // In parallel, since load does not change counts.
    let (short, long) = thread::scope(|scope| {
        let short = scope.spawn(|| profile(few));
        let long = profile(many);
        (short.join(), long)
    });
    let (short, long) = (short.expect("the short run ends")?, long?);
    let each = |long: f64, short: f64| (long - short) / (many - few) as f64;
    Ok(Counts {
        instructions: each(long.instructions, short.instructions),
        allocations: each(long.allocations, short.allocations),
    })
}

/// A start and `requests` requests under callgrind.
fn profile(bench: &Bench, stage: &Stage, folder: &Path, event: &Event, requests: usize) -> io::Result<Counts> {
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
    let counts = parse(&std::fs::read_to_string(&file)?);
    if counts.instructions > 0.0 {
        Ok(counts)
    } else {
        Err(io::Error::other(format!("`{}` has no total", file.display())))
    }
}

/// Reads callgrind's format. A function is named once, as `cfn=(7) malloc`, and then by its number.
fn parse(profile: &str) -> Counts {
    let mut allocators = Vec::new();
    let mut counts = Counts::default();
    let mut callee = "";
    for line in profile.lines() {
        if let Some((number, name)) =
            line.strip_prefix("cfn=").or_else(|| line.strip_prefix("fn=")).and_then(|f| f.split_once(' '))
            && ALLOCATORS.contains(&name)
        {
            allocators.push(number);
        }
        if let Some(called) = line.strip_prefix("cfn=") {
            callee = called.split(' ').next().unwrap_or_default();
        } else if let Some(calls) = line.strip_prefix("calls=") {
            if allocators.contains(&callee) {
                counts.allocations += number(calls);
            }
        } else if let Some(total) = line.strip_prefix("totals:").or_else(|| line.strip_prefix("summary:")) {
            counts.instructions = number(total.trim());
        }
    }
    counts
}

fn number(text: &str) -> f64 {
    text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_allocators_are_summed_by_name_and_by_number() {
        let profile = "fn=(1) main\ncfn=(7) malloc\ncalls=3 0\n0 90\ncfn=(8) free\ncalls=2 0\n0 4\n\
                       fn=(9) other\ncfn=(7)\ncalls=4 0\n0 10\ntotals: 1234\n";
        assert_eq!(parse(profile), Counts { instructions: 1234.0, allocations: 7.0 });
    }
}
