//! I/O. `gatectl lists import`: a list's files become an edition that may be put in force.

use std::path::PathBuf;

use export_gate::record::{Item, ListContent, NetworkClass};
use export_gate::terms::render_time;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::check::{Allowed, settled};
use super::edition::{self, Edition};
use super::entry::{Entry, Reject};
use super::format::{Format, Read, Reading, Source};
use super::notes;
use super::pack::{CHUNK, MOST_CHUNKS, Packed, digest};
use super::store::Store;
use crate::attribution::Attribution;
use crate::aws::Aws;
use crate::display::{count, text_line};
use crate::files::{self, LARGEST_LIST};
use crate::outcome::{Failure, Outcome};
use crate::progress;
use crate::table_options::RegisterTable;

/// The list, and how it is written.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The list's name, as embargoes name it
    #[arg(value_name = "NAME", value_parser = edition::name)]
    name: String,
    /// Its files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// What it lists
    #[arg(long, value_enum)]
    content: Content,
    /// What its networks are
    #[arg(long, value_enum)]
    class: Option<Class>,
    #[arg(long, value_name = "FORMAT", value_parser = Format::parse, help = Format::help())]
    format: Format,
    /// The edition's name; its day and a part of its digest without it
    #[arg(long, value_name = "EDITION", value_parser = edition::name)]
    edition: Option<String>,
    /// When it was published, such as 2026-11-24
    #[arg(long, value_name = "DATE", value_parser = edition::published)]
    published: Option<Timestamp>,
    #[command(flatten)]
    allowed: Allowed,
    #[command(flatten)]
    says: Attribution,
    #[command(flatten)]
    register: RegisterTable,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Content {
    Parties,
    Networks,
}

#[derive(Clone, Copy, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
enum Class {
    Vpn,
    Tor,
    PublicProxy,
    ResidentialProxy,
    Hosting,
    Relay,
}

/// What an import came to.
struct Imported {
    rejects: Vec<Reject>,
    notes: Vec<String>,
    edition: Option<Edition>,
    packed: Option<Packed>,
    in_force: Option<Edition>,
    /// Why nothing was written.
    refused: Option<String>,
}

/// Reads, checks, packs, writes. Nothing of it is in force before `lists activate`.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let sources = sources(&arguments.files)?;
    let wait = progress::wait("the list is read");
    let (content, class, reading) = read(arguments, &sources)?;
    wait.finish_and_clear();
    let headless =
        reading.headless.first().map(|reject| format!("{}: {}, so no row was read", reject.place, reject.why));
    let passed_over = reading.passed_over;
    let (entries, rejects) = settled(reading);
    let notes = class.map(|class| notes::imported(&entries, passed_over, class)).unwrap_or_default();
    let mut imported = Imported { rejects, notes, edition: None, packed: None, in_force: None, refused: headless };
    if imported.refused.is_some() {
        return Ok(imported.outcome(arguments));
    }
    if let Err(why) = arguments.allowed.rejects(&imported.rejects) {
        imported.refused = Some(why);
        return Ok(imported.outcome(arguments));
    }
    let store = Store::new(arguments.aws.dynamodb().await, arguments.register.register_table.clone());
    let there = store.record(&arguments.name).await?.map(|item| Edition::read(&arguments.name, &item)).transpose();
    // A record that can't be read says nothing of entries; putting an edition in force mends it.
    imported.in_force = there.ok().flatten();
    let wait = progress::wait("the list is packed");
    let packed =
        Packed::of(content, &entries).map_err(|error| Failure::of("the entries could not be packed", error))?;
    wait.finish_and_clear();
    let edition = described(arguments, (content, class), &entries, &packed.bytes);
    imported.refused = refused(arguments, &edition, imported.in_force.as_ref(), &packed.bytes);
    if imported.refused.is_none() {
        let manifest = signed(arguments, &edition);
        imported.refused = store.write(&edition, &packed, manifest).await?.err();
        imported.edition = Some(edition);
        imported.packed = Some(packed);
    }
    Ok(imported.outcome(arguments))
}

/// What is listed, where format, content and class go together, and what is read of it.
fn read(arguments: &Arguments, sources: &[Source]) -> Result<(ListContent, Option<NetworkClass>, Reading), Failure> {
    let class = arguments.class.map(|class| match class {
        Class::Vpn => NetworkClass::Vpn,
        Class::Tor => NetworkClass::Tor,
        Class::PublicProxy => NetworkClass::PublicProxy,
        Class::ResidentialProxy => NetworkClass::ResidentialProxy,
        Class::Hosting => NetworkClass::Hosting,
        Class::Relay => NetworkClass::Relay,
    });
    let mut reading = Reading::default();
    match (arguments.content, arguments.format.read, class) {
        (Content::Parties, Read::Parties(read), None) => {
            read(sources, &mut reading);
            Ok((ListContent::Parties, None, reading))
        }
        (Content::Networks, Read::Networks(read), Some(class)) => {
            read(sources, class, &mut reading);
            Ok((ListContent::Networks, Some(class), reading))
        }
        (Content::Networks, Read::Networks(_), None) => Err(Failure::new("say with `--class` what the networks are")),
        (Content::Parties, Read::Parties(_), Some(_)) => Err(Failure::new("parties have no `--class`: leave it out")),
        (Content::Parties, Read::Networks(_), _) | (Content::Networks, Read::Parties(_), _) => {
            Err(Failure::new(format!("the format `{}` is one of the other content", arguments.format.name)))
        }
    }
}

/// The files, read.
pub(super) fn sources(paths: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    paths
        .iter()
        .map(|path| Ok(Source::new(&path.display().to_string(), &files::read_at_most(path, LARGEST_LIST)?)))
        .collect()
}

fn described(
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
        edition: arguments.edition.clone().unwrap_or_else(|| edition::named_by(day, &sha256)),
        entries: u64::try_from(entries.len()).unwrap_or(u64::MAX),
        chunks: u64::try_from(packed.chunks(CHUNK).len()).unwrap_or(u64::MAX),
        sha256,
        published: arguments.published.map(render_time),
    }
}

/// Why an edition may not be written.
fn refused(arguments: &Arguments, edition: &Edition, in_force: Option<&Edition>, packed: &[u8]) -> Option<String> {
    if in_force.is_some_and(|in_force| in_force.content != edition.content) {
        return Some(format!("`{}` is a list of another content: give this one another name", edition.list));
    }
    if packed.chunks(CHUNK).len() > MOST_CHUNKS {
        return Some(format!("it has more than {MOST_CHUNKS} chunks: cut it into several lists"));
    }
    arguments.allowed.entries(edition.entries, in_force).err()
}

fn signed(arguments: &Arguments, edition: &Edition) -> Item {
    let mut manifest = edition.manifest();
    arguments.says.sign(&mut manifest, Timestamp::now());
    manifest
}

/// How many rejects are printed; `--json` has all.
const SHOWN: usize = 20;

impl Imported {
    fn outcome(self, arguments: &Arguments) -> Outcome {
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
            (None, edition) => edition.as_ref().zip(self.packed.as_ref()).map(done).unwrap_or_default(),
        };
        text += &text_line!("{says}");
        let is_fine = self.refused.is_none();
        let reject = |reject: &Reject| {
            json!({"file": &*reject.place.file, "line": reject.place.line, "column": reject.place.column,
                   "why": reject.why})
        };
        let json = || {
            json!({"ok": is_fine, "says": says, "edition": self.edition.as_ref().map(Edition::told),
                   "packed": self.packed.as_ref().map(Packed::told),
                   "in_force": self.in_force.as_ref().map(Edition::told),
                   "notes": self.notes,
                   "rejects": self.rejects.iter().map(reject).collect::<Vec<Value>>(),
                   "table": arguments.register.register_table})
        };
        Outcome::new(arguments.json, json, text, is_fine)
    }
}

fn done((edition, packed): (&Edition, &Packed)) -> String {
    let entries = edition::told(edition.entries);
    let chunks = count(usize::try_from(edition.chunks).unwrap_or(usize::MAX), "chunk", "chunks");
    format!(
        "Imported the edition `{}` of `{}`: {entries} in {chunks} ({}). `gatectl lists activate {} {}` puts it in force.",
        edition.edition,
        edition.list,
        packed.said(),
        edition.list,
        edition.edition
    )
}
