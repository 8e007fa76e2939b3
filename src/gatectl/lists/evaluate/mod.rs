//! I/O. `gatectl lists evaluate`: how well names are matched, and how fast, on lists and labelled pairs of one's own.

mod figure;
mod latency;
mod names;
mod pairs;
mod recall;
mod typing;

use std::path::PathBuf;

use export_gate::parties::{Index, Listed, Score, build};
use export_gate::record::{Screening, thousandths};

use crate::files;
use crate::lists::check::settled;
use crate::lists::entry::Entry;
use crate::lists::format::{Format, Read, Reading};
use crate::lists::import::sources;
use crate::outcome::{Failure, Outcome};

/// What to evaluate on.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A list's files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// How the list is written
    #[arg(long, value_name = "FORMAT", value_parser = Format::parse)]
    format: Format,
    /// Pairs of names, as CSV with the columns `schema`, `name1`, `name2` and `is_match`
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
    /// The score from which a name is a possible match, 0 to 1; the gate's default without it
    #[arg(long, value_name = "SCORE", value_parser = threshold)]
    threshold: Option<Score>,
    /// Measure how fast an index answers too: of 20,000 parties, made of the words of the list's names
    #[arg(long)]
    speed: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Measures, and tells.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let threshold = arguments.threshold.unwrap_or_else(|| Screening::default().threshold());
    let mut figures = Vec::new();
    if let Some(path) = &arguments.pairs {
        let text = String::from_utf8_lossy(&files::read(path)?).into_owned();
        let pairs = pairs::read(&text).map_err(|why| Failure::new(format!("{}: {why}", path.display())))?;
        figures.extend(pairs::figures(&pairs, threshold));
    }
    let listed = listed(arguments)?;
    let index = Index::load(build(&listed)).map_err(|error| Failure::of("the list could not be indexed", error))?;
    figures.extend(recall::figures(&listed, &index, threshold));
    figures.extend(names::figures(&index, threshold));
    if arguments.speed {
        figures.extend(latency::figures(&listed, threshold)?);
    }
    let is_fine = figures.iter().all(|figure| figure.is_reached() != Some(false));
    Ok(Outcome::new(arguments.json, || figure::told(&figures, threshold), figure::table(&figures), is_fine))
}

/// The list's parties.
fn listed(arguments: &Arguments) -> Result<Vec<Listed>, Failure> {
    let Read::Parties(read) = arguments.format.read else {
        return Err(Failure::new(format!(
            "`{}` is a format of networks: parties are evaluated",
            arguments.format.name
        )));
    };
    let mut reading = Reading::default();
    read(&sources(&arguments.files)?, &mut reading);
    if let Some(reject) = reading.headless.first() {
        return Err(Failure::new(format!("{}: {}, so no row was read", reject.place, reject.why)));
    }
    let (entries, rejects) = settled(reading);
    if let Some(reject) = rejects.first() {
        let rows = crate::display::count(rejects.len(), "row", "rows");
        return Err(Failure::new(format!("{rows} can't be read: {reject}; `gatectl lists import` names them all")));
    }
    let party = |entry| match entry {
        Entry::Party(party) => Some(*party),
        Entry::Network(_) => None,
    };
    Ok(entries.into_iter().filter_map(party).collect())
}

fn threshold(text: &str) -> Result<Score, String> {
    let fraction = text.parse().ok().filter(|fraction| (0.0..=1.0).contains(fraction));
    fraction.map(thousandths).ok_or_else(|| format!("`{text}` is no score between 0 and 1"))
}
