//! Measures how well and how fast names are matched, on a list and on labelled pairs of names.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command prints its result")]
#![allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "counts are small, and a failed measurement panics"
)]

mod latency;
mod names;
mod pairs;
mod recall;
mod typing;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use export_gate::parties::{Index, ListedParty, Score, build};
use export_gate::record::{Screening, thousandths};
use export_gate_bench::figures::{Figure, Measured, Part, Unit, Who};
use export_gate_bench::report::print_figures;
use export_gate_lists::{Entry, Format, Read, Reading, Source};

/// Measure how well names are matched. Exit codes: 0 every goal is reached, 1 a goal is missed, 2 an error.
#[derive(Parser)]
struct Options {
    /// Files of the list
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[arg(long, value_name = "FORMAT", value_parser = Format::parse, help = Format::help())]
    format: Format,
    /// Labelled pairs of names: CSV with the columns `schema`, `name1`, `name2` and `is_match`
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
    /// Score from which a name is a potential match, 0 to 1 [default: the gate's]
    #[arg(long, value_name = "SCORE", value_parser = threshold)]
    threshold: Option<Score>,
    /// Measure the latency too, with 20,000 parties made from the list's names
    #[arg(long)]
    speed: bool,
}

fn main() -> ExitCode {
    match measure(&Options::parse()) {
        Ok(figures) => {
            print!("{}", print_figures("Names", &figures));
            let is_missed = |figure: &Figure| figure.goals.iter().any(|goal| figure.reaches(*goal) == Some(false));
            ExitCode::from(u8::from(figures.iter().any(is_missed)))
        }
        Err(error) => {
            eprintln!("evaluate-names: {error}");
            ExitCode::from(2)
        }
    }
}

fn measure(options: &Options) -> Result<Vec<Figure>, Box<dyn Error>> {
    let threshold = options.threshold.unwrap_or_else(|| Screening::default().threshold());
    let mut figures = Vec::new();
    if let Some(path) = &options.pairs {
        let text = String::from_utf8_lossy(&read(path)?).into_owned();
        let pairs = pairs::read(&text).map_err(|why| format!("{}: {why}", path.display()))?;
        figures.extend(pairs::figures(&pairs, threshold));
    }
    let listed = listed(options)?;
    let index = Index::load(build(&listed))?;
    figures.extend(recall::figures(&listed, &index, threshold));
    figures.extend(names::figures(&index, threshold));
    if options.speed {
        figures.extend(latency::figures(&listed, threshold)?);
    }
    Ok(figures)
}

/// A number that does not vary between runs.
fn figure(what: impl Into<String>, unit: Unit, number: f64) -> Figure {
    Figure::new("", Part::Alone, what, unit, vec![Measured::exactly(Who::Gate, number)])
}

/// The list's parties.
fn listed(options: &Options) -> Result<Vec<ListedParty>, Box<dyn Error>> {
    let Read::Parties(read_parties) = options.format.read else {
        return Err(format!("`{}` is a format of networks, expected one of parties", options.format.name).into());
    };
    let mut sources = Vec::new();
    for path in &options.files {
        sources.push(Source::new(&path.display().to_string(), &read(path)?));
    }
    let mut reading = Reading::default();
    read_parties(&sources, &mut reading);
    if let Some(reject) = reading.unreadable_files.first() {
        return Err(format!("{reject}, so no row was read").into());
    }
    let (entries, rejects) = reading.into_entries();
    if let Some(reject) = rejects.first() {
        return Err(format!("{} rows can't be read, the first: {reject}", rejects.len()).into());
    }
    let party = |entry| match entry {
        Entry::Party(party) => Some(*party),
        Entry::Network(_) => None,
    };
    Ok(entries.into_iter().filter_map(party).collect())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("`{}` can't be read: {error}", path.display()))
}

fn threshold(text: &str) -> Result<Score, String> {
    let fraction = text.parse().ok().filter(|fraction| (0.0..=1.0).contains(fraction));
    fraction.map(thousandths).ok_or_else(|| format!("expected a score between 0 and 1, not `{text}`"))
}
