//! I/O. `make bench`: measures the gate beside its peers, and tells.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command talks to its user")]

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};
use export_gate_bench::alone;
use export_gate_bench::authority::Authority;
use export_gate_bench::awake::{self, Awake};
use export_gate_bench::deployment::Size;
use export_gate_bench::figures::{Figure, Part, Results, Taken};
use export_gate_bench::measure::{
    Bench, Latency, Proxy, ROUND_TRIP, Stage, Start, costs, counts, directive, growth, instructions, latencies, noise,
    sizes, starts,
};
use export_gate_bench::report;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

/// DynamoDB's delay in ms, whether over TLS, and how many requests of each.
const LATENCIES: [(u64, bool, usize); 5] =
    [(0, false, 100), (2, false, 300), (5, false, 100), (10, false, 100), (2, true, 100)];

/// How fast and how small the gate is, beside what people would use in its place.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// The gate's binary.
    #[arg(long, default_value = "target/release/export-gate")]
    gate: PathBuf,
    /// The package that is deployed; without one its size is not told.
    #[arg(long)]
    zip: Option<PathBuf>,
    /// A function that makes the gate's calls to AWS and nothing else.
    #[arg(long)]
    calls: Option<PathBuf>,
    /// Where the peers are installed; without it none of them is measured.
    #[arg(long)]
    peers: Option<PathBuf>,
    /// Few runs: to show that it runs, not how fast.
    #[arg(long)]
    quick: bool,
    /// Only these parts.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,
    /// Where results go.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// By what command it was called.
    #[arg(long, default_value = "bench")]
    called: String,
}

#[derive(Subcommand)]
enum Command {
    /// Tells again what is in a `results.json`.
    Report {
        /// The file.
        file: PathBuf,
    },
    /// Is busy on every core until its standard input ends.
    #[command(name = awake::COMMAND, hide = true)]
    StayAwake,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match &options.command {
        Some(Command::Report { file }) => read(file).and_then(|results| tell(&results, &options.out)),
        Some(Command::StayAwake) => awake::stay(),
        None => measured(&options).and_then(|results| tell(&results, &options.out)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::from(2)
        }
    }
}

fn read(file: &Path) -> io::Result<Results> {
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| io::Error::new(error.kind(), format!("`{}`: {error}", file.display())))?;
    Ok(serde_json::from_str(&text)?)
}

fn tell(results: &Results, out: &Path) -> io::Result<()> {
    report::write(results, out)?;
    println!("{}", report::print(results));
    println!("Written: {0}/results.json, results.md, figures.svg, growth.svg", out.display());
    Ok(())
}

fn measured(options: &Options) -> io::Result<Results> {
    let began = Instant::now();
    std::fs::create_dir_all(&options.out)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let whole = |path: &Option<PathBuf>| path.as_deref().map(Path::canonicalize).transpose();
    let (calls, peers) = (whole(&options.calls)?, whole(&options.peers)?);
    let bench = Bench { gate: options.gate.canonicalize()?, calls, peers, quick: options.quick };
    let authority = Authority::new(&options.out)?;
    let asked = |part| options.only.is_empty() || options.only.contains(&part);
    let of_costs = asked(Part::Cost) || asked(Part::Size);
    if of_costs || (asked(Part::Growth) && !options.quick) {
        counts()?;
    }
    let parts = [
        (true, 1),
        (asked(Part::Start), 3),
        (asked(Part::Latency), LATENCIES.len()),
        (of_costs, 3),
        (asked(Part::Alone), 1),
        (asked(Part::Latency), 1),
        (asked(Part::Growth), 1),
    ];
    let _awake = Awake::keep(&std::env::current_exe()?)?;
    let steps = Steps::new(parts.iter().filter(|(asked, _)| *asked).map(|(_, many)| many).sum::<usize>());

    steps.next("the small register, and the bench's own noise");
    let small = Stage::new(&runtime, &authority, Size::SMALL)?;
    let mut figures = noise(&bench, &small)?;
    let round_trip = median(&figures, ROUND_TRIP);
    let full = Stage::new(&runtime, &authority, Size::FULL)?;

    let of = |id, what, tls, below| Start { id, what, tls, below };
    if asked(Part::Start) {
        steps.next("starts");
        figures.extend(starts(&bench, &small, of("small", "small register", false, Some(15e-3)), 24)?);
        steps.next("starts over TLS");
        figures.extend(starts(&bench, &small, of("small.tls", "small register, TLS", true, None), 12)?);
        steps.next("starts with full lists");
        figures.extend(starts(&bench, &full, of("full", "full lists", false, Some(80e-3)), 12)?);
    }
    if asked(Part::Latency) {
        let peers = bench.peers.as_deref().filter(|_| !bench.quick);
        let mut proxy = peers.map(|peers| Proxy::warm(peers, &small, bench.runs(200))).transpose()?;
        for (dynamodb, tls, requests) in LATENCIES {
            steps.next("latency");
            // It isn't measured over TLS, nor is it to be in the way of those that are.
            proxy = proxy.filter(|_| !tls);
            let setting = Latency { dynamodb, tls, requests };
            figures.extend(latencies(&bench, &small, proxy.as_mut(), setting, round_trip)?);
        }
    }
    if of_costs {
        steps.next("costs");
        figures.extend(costs(&bench, &small, "small", 7)?);
        steps.next("costs with full lists");
        figures.extend(costs(&bench, &full, "full", 3)?);
        steps.next("instructions");
        figures.extend(instructions(&bench, &small, &options.out)?);
        figures.extend(sizes(&bench, options.zip.as_deref())?);
    }
    if asked(Part::Alone) {
        steps.next("parts alone");
        figures.extend(alone::figures(&bench, &runtime, &full.deployment)?);
    }
    if asked(Part::Latency) {
        // They change the full register, so nothing that is measured on it comes after them.
        steps.next("directives");
        figures.push(directive(&bench, &runtime, &full, 24)?);
    }
    let mut grown = Vec::new();
    if asked(Part::Growth) {
        steps.next("growth");
        grown.extend(growth(&bench, &runtime, &authority, &options.out)?);
        grown.extend(alone::growth(&bench, &runtime));
    }
    steps.done();

    figures.sort_by_key(|figure| figure.part);
    let taken = Taken {
        at: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        machine: machine(),
        command: options.called.clone(),
        revision: revision(),
        seconds: began.elapsed().as_secs_f64(),
    };
    Ok(Results { taken, figures, growth: grown })
}

fn median(figures: &[Figure], id: &str) -> f64 {
    let found = figures.iter().find(|figure| figure.id == id);
    found.and_then(|figure| figure.measured.first()).map_or(f64::NAN, |measured| measured.p50)
}

/// Processor, cores and system, as /proc has them.
fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.split('-').next().unwrap_or_default().trim();
    format!("{}, {cores} cores, Linux {kernel}, {}", model.trim_start_matches([' ', '\t', ':']), std::env::consts::ARCH)
}

fn revision() -> String {
    let asked = std::process::Command::new("git").args(["describe", "--always", "--dirty=+"]).output();
    asked.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// Progress: what is being measured, and for how long already.
struct Steps(ProgressBar);

impl Steps {
    /// So many, of which each is announced by [`Steps::next`].
    fn new(many: usize) -> Self {
        let bar = ProgressBar::new(u64::try_from(many).unwrap_or_default());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        Self(bar)
    }

    fn next(&self, what: &'static str) {
        if self.0.is_hidden() {
            eprintln!("measuring: {what}");
        }
        self.0.set_message(what);
        self.0.inc(1);
    }

    fn done(&self) {
        self.0.finish_and_clear();
    }
}
