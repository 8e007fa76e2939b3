//! I/O. `gatectl lists import`: reads a list's files and stores them as an edition.

use std::path::PathBuf;

use export_gate::record::{Item, ListContent, NetworkClass};
use export_gate::terms::render_time;
use export_gate_lists::{
    CHUNK, Counts, Entry, Format, LARGEST_LIST, MOST_CHUNKS, Packed, Read, Reading, Reject, Source, digest,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::edition::{self, Edition};
use super::notes;
use super::notes::Allowed;
use super::store::Store;
use crate::display::{count, grouped, text_line};
use crate::files;
use crate::options::Attribution;
use crate::options::{Globals, RegisterTable};
use crate::outcome::{Failure, Outcome};
use crate::progress;
use crate::value_parsers::word;

/// Arguments of `lists import`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Name of the list in embargoes
    #[arg(value_name = "NAME", value_parser = edition::name)]
    name: String,
    /// Files of the list
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Kind of entries
    #[arg(long, value_parser = word::<ListContent>())]
    content: ListContent,
    /// Class of the networks
    #[arg(long, value_parser = word::<NetworkClass>())]
    class: Option<NetworkClass>,
    #[arg(long, value_name = "FORMAT", value_parser = Format::parse, help = Format::help())]
    format: Format,
    /// Name of the edition [default: its day and the start of its digest]
    #[arg(long, value_name = "EDITION", value_parser = edition::name)]
    edition: Option<String>,
    /// Publication date, such as 2026-11-24
    #[arg(long, value_name = "DATE", value_parser = edition::published)]
    published: Option<Timestamp>,
    #[command(flatten)]
    allowed: Allowed,
    #[command(flatten)]
    attribution: Attribution,
    #[command(flatten)]
    register: RegisterTable,
}

/// The result of an import.
struct Imported {
    rejects: Vec<Reject>,
    notes: Vec<String>,
    edition: Option<Edition>,
    packed: Option<Packed>,
    in_force: Option<Edition>,
    /// Why nothing was written, if so.
    refused: Option<String>,
}

/// Reads, checks, packs and stores an edition.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let sources = sources(&arguments.files)?;
    let wait = progress::wait("reading the list");
    let (content, class, reading) = read(arguments, &sources)?;
    wait.finish_and_clear();
    let unreadable = reading.unreadable_files.first().map(|reject| format!("{reject}, so no row was read"));
    let skipped = reading.skipped;
    let (entries, rejects) = reading.into_entries();
    let notes = class.map(|class| notes::imported(&entries, skipped, class)).unwrap_or_default();
    let mut imported = Imported { rejects, notes, edition: None, packed: None, in_force: None, refused: unreadable };
    if imported.refused.is_some() {
        return Ok(imported.outcome(arguments, globals));
    }
    if let Err(why) = arguments.allowed.rejects(&imported.rejects) {
        imported.refused = Some(why);
        return Ok(imported.outcome(arguments, globals));
    }
    let store = Store::new(globals.aws.dynamodb().await, arguments.register.register_table.clone());
    let existing = store.record(&arguments.name).await?.map(|item| Edition::read(&arguments.name, &item)).transpose();
    // An unreadable record sets no limit on shrinkage; activating an edition replaces it.
    imported.in_force = existing.ok().flatten();
    let wait = progress::wait("packing the list");
    let packed =
        Packed::new(content, &entries).map_err(|error| Failure::of("the entries could not be packed", error))?;
    wait.finish_and_clear();
    let edition = edition(arguments, (content, class), &entries, &packed.bytes);
    imported.refused = refused(arguments, &edition, imported.in_force.as_ref(), &packed.bytes);
    if imported.refused.is_none() {
        let manifest = signed(arguments, &edition);
        imported.refused = store.write(&edition, &packed, manifest).await?.err();
        imported.edition = Some(edition);
        imported.packed = Some(packed);
    }
    Ok(imported.outcome(arguments, globals))
}

/// Reads the files, if format, content and class fit together.
fn read(arguments: &Arguments, sources: &[Source]) -> Result<(ListContent, Option<NetworkClass>, Reading), Failure> {
    let mut reading = Reading::default();
    match (arguments.content, arguments.format.read, arguments.class) {
        (ListContent::Parties, Read::Parties(read), None) => {
            read(sources, &mut reading);
            Ok((ListContent::Parties, None, reading))
        }
        (ListContent::Networks, Read::Networks(read), Some(class)) => {
            read(sources, class, &mut reading);
            Ok((ListContent::Networks, Some(class), reading))
        }
        (ListContent::Networks, Read::Networks(_), None) => Err(Failure::new("networks need a class: add `--class`")),
        (ListContent::Parties, Read::Parties(_), Some(_)) => {
            Err(Failure::new("parties have no class: remove `--class`"))
        }
        (ListContent::Parties, Read::Networks(_), _) | (ListContent::Networks, Read::Parties(_), _) => {
            Err(Failure::new(format!("the format `{}` does not fit `--content`", arguments.format.name)))
        }
    }
}

fn sources(paths: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    paths
        .iter()
        .map(|path| Ok(Source::new(&path.display().to_string(), &files::read_at_most(path, LARGEST_LIST)?)))
        .collect()
}

fn edition(
    arguments: &Arguments,
    (content, class): (ListContent, Option<NetworkClass>),
    entries: &[Entry],
    packed: &[u8],
) -> Edition {
    let sha256 = digest(packed);
    let day = arguments.published.unwrap_or_else(Timestamp::now);
    Edition {
        list: arguments.name.clone(),
        content,
        class,
        edition: arguments.edition.clone().unwrap_or_else(|| edition::default_name(day, &sha256)),
        entries: u64::try_from(entries.len()).unwrap_or(u64::MAX),
        chunks: u64::try_from(packed.chunks(CHUNK).len()).unwrap_or(u64::MAX),
        sha256,
        published: arguments.published.map(render_time),
    }
}

/// Why an edition can't be stored, if so.
fn refused(arguments: &Arguments, edition: &Edition, in_force: Option<&Edition>, packed: &[u8]) -> Option<String> {
    if in_force.is_some_and(|in_force| in_force.content != edition.content) {
        return Some(format!("the list `{}` has other content: choose another name", edition.list));
    }
    if packed.chunks(CHUNK).len() > MOST_CHUNKS {
        return Some(format!("it needs more than {MOST_CHUNKS} chunks: split it into several lists"));
    }
    arguments.allowed.entries(edition.entries, in_force).err()
}

fn signed(arguments: &Arguments, edition: &Edition) -> Item {
    let mut manifest = edition.manifest();
    arguments.attribution.sign(&mut manifest, Timestamp::now());
    manifest
}

/// The most rejects that are printed as text; `--json` has all.
const SHOWN: usize = 20;

impl Imported {
    fn outcome(self, arguments: &Arguments, globals: &Globals) -> Outcome {
        let mut text = String::new();
        for reject in self.rejects.iter().take(SHOWN) {
            text += &text_line!("{reject}");
        }
        if let Some(more) = self.rejects.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            text += &text_line!("… and {more} more; `--json` has all");
        }
        for note in &self.notes {
            text += &text_line!("note: {note}");
        }
        let says = match (&self.refused, &self.edition) {
            (Some(why), _) => format!("Nothing was imported: {why}."),
            (None, edition) => edition.as_ref().zip(self.packed.as_ref()).map(summary).unwrap_or_default(),
        };
        text += &text_line!("{says}");
        let is_fine = self.refused.is_none();
        let reject = |reject: &Reject| {
            json!({"file": &*reject.place.file, "line": reject.place.line, "column": reject.place.column,
                   "why": reject.why})
        };
        let json = || {
            json!({"ok": is_fine, "says": says, "edition": self.edition.as_ref().map(Edition::json),
                   "packed": self.packed.as_ref().map(packed_json),
                   "in_force": self.in_force.as_ref().map(Edition::json),
                   "notes": self.notes,
                   "rejects": self.rejects.iter().map(reject).collect::<Vec<Value>>(),
                   "table": arguments.register.register_table})
        };
        Outcome::new(globals.json, json, text, is_fine)
    }
}

fn summary((edition, packed): (&Edition, &Packed)) -> String {
    let Edition { edition, list, entries, chunks, .. } = edition;
    let entries = edition::entry_count(*entries);
    let chunks = count(usize::try_from(*chunks).unwrap_or(usize::MAX), "chunk", "chunks");
    format!(
        "Imported edition `{edition}` of `{list}`: {entries} in {chunks} ({}). To put it in force, run \
         `gatectl lists activate {list} {edition}`.",
        contents(packed)
    )
}

fn contents(packed: &Packed) -> String {
    let [bytes, unpacked] =
        [packed.bytes.len(), packed.unpacked].map(|bytes| grouped(u128::try_from(bytes).unwrap_or_default()));
    let counts = match packed.counts {
        Counts::Parties { parties, names, weak } => format!(
            "{}, {}, {} among them",
            count(parties, "party", "parties"),
            count(names, "name", "names"),
            count(weak, "weak alias", "weak aliases")
        ),
        Counts::Ranges(ranges) => count(ranges, "range", "ranges"),
    };
    format!("{counts}: {bytes} bytes, {unpacked} unpacked")
}

fn packed_json(packed: &Packed) -> Value {
    let (parties, ranges) = match packed.counts {
        Counts::Parties { parties, names, weak } => ([parties, names, weak].map(Some), None),
        Counts::Ranges(ranges) => ([None; 3], Some(ranges)),
    };
    let [parties, names, weak] = parties;
    json!({"bytes": packed.bytes.len(), "unpacked": packed.unpacked, "parties": parties, "names": names,
           "weak_aliases": weak, "ranges": ranges})
}
