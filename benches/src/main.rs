//! I/O. `make bench`: measures the gate beside its peers, writes the results and prints them.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command writes to its user")]
#![cfg_attr(test, allow(clippy::panic, reason = "a test of panics"))]

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};
use export_gate_bench::alone;
use export_gate_bench::authority::Authority;
use export_gate_bench::awake::{self, Awake};
use export_gate_bench::deployment::Size;
use export_gate_bench::figures::{Figure, Growth, Part, Results, RunInfo};
use export_gate_bench::measure::{
    Bench, Latency, Proxy, ROUND_TRIP, Stage, Start, axes, costs, directive, instructions, latencies, noise,
    require_valgrind, sizes, starts,
};
use export_gate_bench::report;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

/// DynamoDB's delay in ms, whether TLS is used, and the number of requests.
const LATENCIES: [(u64, bool, usize); 5] =
    [(0, false, 100), (2, false, 300), (5, false, 100), (10, false, 100), (2, true, 100)];

/// Measure the gate's speed and size beside its alternatives.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// The gate's binary.
    #[arg(long, default_value = "target/release/export-gate")]
    gate: PathBuf,
    /// The deployment package; without it, its size is not measured.
    #[arg(long)]
    zip: Option<PathBuf>,
    /// A function that makes the gate's AWS calls and nothing else.
    #[arg(long)]
    calls: Option<PathBuf>,
    /// The folder of the installed peers; without it, no peer is measured.
    #[arg(long)]
    peers: Option<PathBuf>,
    /// Make few runs, to show that the bench works.
    #[arg(long)]
    quick: bool,
    /// Measure only these parts, separated by commas.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,
    /// Show how instructions and allocations changed since this `results.json`.
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
    /// The folder that results are written to.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// The command that the results name.
    #[arg(long, default_value = "bench")]
    called: String,
}

#[derive(Subcommand)]
enum Command {
    /// Write and print the report of a `results.json`.
    Report {
        /// The file.
        file: PathBuf,
    },
    /// Keep every core busy until standard input ends.
    #[command(name = awake::COMMAND, hide = true)]
    StayAwake,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match &options.command {
        Some(Command::Report { file }) => read(file).and_then(|results| report(&results, &options.out)),
        Some(Command::StayAwake) => awake::stay().map(|()| ExitCode::SUCCESS),
        None => measure(&options).and_then(|results| report(&results, &options.out)),
    };
    done.unwrap_or_else(|error| {
        eprintln!("bench: {error}");
        ExitCode::from(2)
    })
}

fn read(file: &Path) -> io::Result<Results> {
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| io::Error::new(error.kind(), format!("`{}`: {error}", file.display())))?;
    Ok(serde_json::from_str(&text)?)
}

/// Writes and prints the results. A failed measurement makes the exit code 1.
fn report(results: &Results, out: &Path) -> io::Result<ExitCode> {
    report::write(results, out)?;
    println!("{}", report::print(results));
    println!("Written: {0}/results.json, results.md, figures.svg", out.display());
    Ok(if results.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn measure(options: &Options) -> io::Result<Results> {
    let began = Instant::now();
    let earlier = options.since.as_deref().map(read).transpose()?;
    std::fs::create_dir_all(&options.out)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let absolute = |path: &Option<PathBuf>| path.as_deref().map(Path::canonicalize).transpose();
    let (calls, peers) = (absolute(&options.calls)?, absolute(&options.peers)?);
    let bench = Bench { gate: options.gate.canonicalize()?, calls, peers, quick: options.quick };
    let authority = Authority::new(&options.out)?;
    let selected = |part| options.only.is_empty() || options.only.contains(&part);
    if selected(Part::Instructions) || (selected(Part::Growth) && !options.quick) {
        require_valgrind()?;
    }
    let of_costs = selected(Part::Cost) || selected(Part::Size);
    let parts = [
        (options.only != [Part::Instructions], 1),
        (selected(Part::Start), 3),
        (selected(Part::Latency), LATENCIES.len()),
        (selected(Part::Latency), 2),
        (of_costs, 3),
        (selected(Part::Instructions), 1),
        (selected(Part::Alone), 1),
        (selected(Part::Growth), 5),
    ];
    let _awake = Awake::keep(&std::env::current_exe()?)?;
    let mut run = Run::new(parts.iter().filter(|(selected, _)| *selected).map(|(_, steps)| steps).sum());
    let small = Stage::new(&runtime, &authority, Size::SMALL)?;

    if options.only != [Part::Instructions] {
        run.figures("the bench's own noise", || noise(&bench, &small));
    }
    let round_trip = run.median(ROUND_TRIP);
    if selected(Part::Instructions) {
        run.figures("instructions", || instructions(&bench, &small, &options.out));
    }
    if of_costs {
        run.figures("sizes", || sizes(&bench, options.zip.as_deref()));
    }
    let of_full = [Part::Start, Part::Cost, Part::Size, Part::Alone, Part::Latency];
    let full = of_full.into_iter().any(selected).then(|| Stage::new(&runtime, &authority, Size::FULL)).transpose()?;

    let of = |id, what, tls, below| Start { id, what, tls, below };
    if let Some(full) = full.as_ref().filter(|_| selected(Part::Start)) {
        run.figures("starts", || starts(&bench, &small, of("small", "small register", false, Some(15e-3)), 24));
        let tls = of("small.tls", "small register, TLS", true, None);
        run.figures("starts over TLS", || starts(&bench, &small, tls, 12));
        let lists = of("full", "full lists", false, Some(80e-3));
        run.figures("starts with full lists", || starts(&bench, full, lists, 12));
    }
    if selected(Part::Latency) {
        let peers = bench.peers.as_deref().filter(|_| !bench.quick);
        let start = || peers.map(|peers| Proxy::warm(peers, &small, bench.runs(200))).transpose();
        let mut proxy = run.measure("LiteLLM's start", start);
        for (dynamodb, tls, requests) in LATENCIES {
            // It is not measured over TLS, and must not slow down the others.
            proxy = proxy.filter(|_| !tls);
            let setting = Latency { dynamodb, tls, requests };
            run.figures("latency", || latencies(&bench, &small, proxy.as_mut(), setting, round_trip));
        }
    }
    if let Some(full) = full.as_ref().filter(|_| of_costs) {
        run.figures("costs", || costs(&bench, &small, "small", 7));
        run.figures("costs with full lists", || costs(&bench, full, "full", 3));
    }
    if let Some(full) = full.as_ref().filter(|_| selected(Part::Alone)) {
        run.figures("single components", || alone::figures(&bench, &runtime, &full.deployment));
    }
    if let Some(full) = full.as_ref().filter(|_| selected(Part::Latency)) {
        // Directives change the full register, so they come last.
        run.figures("directives", || directive(&bench, &runtime, full, 24));
    }
    if selected(Part::Growth) {
        for axis in axes(&bench) {
            let grown = run.measure(axis.name, || axis.measure(&bench, &runtime, &authority, &options.out).map(Some));
            run.growth.extend(grown);
        }
        for grown in run.measure("growth of single components", || Ok(alone::growth(&bench, &runtime))) {
            match run.growth.iter_mut().find(|growth| growth.axis == grown.axis && growth.at == grown.at) {
                Some(growth) => growth.lines.extend(grown.lines),
                None => run.growth.push(grown),
            }
        }
    }
    let taken = RunInfo {
        at: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        machine: machine(),
        command: options.called.clone(),
        revision: revision(),
        seconds: began.elapsed().as_secs_f64(),
    };
    let mut results = run.results(taken);
    if let Some(earlier) = &earlier {
        results.compare(earlier);
    }
    Ok(results)
}

/// Processor, cores and system from /proc.
fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.split('-').next().unwrap_or_default().trim();
    format!("{}, {cores} cores, Linux {kernel}, {}", model.trim_start_matches([' ', '\t', ':']), std::env::consts::ARCH)
}

fn revision() -> String {
    let output = std::process::Command::new("git").args(["describe", "--always", "--dirty=+"]).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// A run in progress: its results so far, and a progress bar.
struct Run {
    bar: ProgressBar,
    figures: Vec<Figure>,
    growth: Vec<Growth>,
    failed: Vec<String>,
}

impl Run {
    fn new(steps: usize) -> Self {
        let bar = ProgressBar::new(u64::try_from(steps).unwrap_or_default());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        Self { bar, figures: Vec::new(), growth: Vec::new(), failed: Vec::new() }
    }

    /// Makes one measurement. An error or a panic is noted, and the run continues with the default value.
    fn measure<T: Default>(&mut self, what: &'static str, measurement: impl FnOnce() -> io::Result<T>) -> T {
        if self.bar.is_hidden() {
            eprintln!("measuring: {what}");
        }
        self.bar.set_message(what);
        self.bar.inc(1);
        let outcome = catch_unwind(AssertUnwindSafe(measurement));
        let outcome = outcome.map_err(|panic| panic_message(&*panic)).and_then(|done| done.map_err(|e| e.to_string()));
        outcome.unwrap_or_else(|error| {
            self.bar.suspend(|| eprintln!("bench: {what}: {error}"));
            self.failed.push(format!("{what}: {error}"));
            T::default()
        })
    }

    fn figures(&mut self, what: &'static str, measurement: impl FnOnce() -> io::Result<Vec<Figure>>) {
        let figures = self.measure(what, measurement);
        self.figures.extend(figures);
    }

    /// The first median of a figure, where it was measured.
    fn median(&self, id: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.id == id)?.measured.first().map(|measured| measured.p50)
    }

    fn results(mut self, taken: RunInfo) -> Results {
        self.bar.finish_and_clear();
        self.figures.sort_by_key(|figure| figure.part);
        Results { taken, figures: self.figures, growth: self.growth, failed: self.failed }
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panicked".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_measurement_is_noted_and_the_others_are_kept() {
        let mut run = Run::new(3);
        let failed: Vec<u8> = run.measure("starts", || Err(io::ErrorKind::UnexpectedEof.into()));
        assert!(failed.is_empty());
        let _: Option<u8> = run.measure("costs", || panic!("not a permit"));
        assert_eq!(run.measure("sizes", || Ok(7)), 7);
        assert_eq!(run.failed, ["starts: unexpected end of file", "costs: not a permit"]);
    }
}
