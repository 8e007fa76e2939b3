//! I/O. `gatectl licence grant`: grants a licence, an exception or an exemption, in force from the next request on.

use std::path::{Path, PathBuf};

use export_gate::record::{Authority, Item, Licence, LicenceType, Meta, PersonScope, Place, Quota, Record, write};
use export_gate::terms::{ModelPattern, Window, parse_time, render_time};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use crate::callers::Callers;
use crate::change::{ChangeOptions, Step, change_with_notes};
use crate::display::count;
use crate::draft::{DraftOption, save};
use crate::files;
use crate::options::{Globals, non_empty, unless_draft};
use crate::outcome::{Failure, Outcome};
use crate::value_parsers::{self, choice, hyphened_word, if_any, word};

/// Options of `gatectl licence grant`.
#[derive(clap::Args)]
#[command(mut_arg("register_table", unless_draft))]
#[command(group = clap::ArgGroup::new("who").required(true).multiple(true).args(["licensees", "licensees_from"]))]
pub(crate) struct Arguments {
    /// The id of the licence, such as bis-exemption-2026-06-26
    #[arg(value_name = "ID", value_parser = value_parsers::id)]
    id: String,
    /// Set the authority that granted it
    #[arg(long, value_parser = word::<Authority>())]
    authority: Authority,
    /// Set the authority's number or name of it
    #[arg(long, value_name = "TEXT", value_parser = non_empty)]
    reference: String,
    /// Set its type
    #[arg(long = "type", default_value = "licence", value_parser = hyphened_word::<LicenceType>())]
    kind: LicenceType,
    /// Add a model: name, name@version, eccn:4E091 or *; repeatable
    #[arg(long = "model", value_name = "MODEL", required = true, value_parser = value_parsers::models)]
    models: Vec<ModelPattern>,
    /// Add a licensee: an organisation's id, or * for an exception open to all; repeatable
    #[arg(long = "licensee", value_name = "ORGANISATION", value_parser = value_parsers::organisation)]
    licensees: Vec<String>,
    /// Read licensees from a file, one organisation's id per line; ` #` begins a comment
    #[arg(long, value_name = "FILE")]
    licensees_from: Option<PathBuf>,
    /// Set the persons that it covers: US persons only, or any, including foreign-person employees
    #[arg(long, value_parser = hyphened_word::<PersonScope>())]
    persons: PersonScope,
    /// Add an embargo that it lifts, by id; repeatable
    #[arg(long = "embargo", value_name = "ID", value_parser = value_parsers::id)]
    embargoes: Vec<String>,
    /// Add a destination that it covers; repeatable
    #[arg(long = "destination", value_name = "PLACE", value_parser = value_parsers::place)]
    destinations: Vec<Place>,
    /// Add a nationality that it covers; repeatable
    #[arg(long = "nationality", value_name = "PLACE", value_parser = value_parsers::place)]
    nationalities: Vec<Place>,
    /// Add an end use that it covers; repeatable
    #[arg(long = "end-use", value_name = "CODE", value_parser = non_empty)]
    end_uses: Vec<String>,
    /// Set the quota of requests; default: no limit
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    requests: Option<u64>,
    /// Set the moment at which it begins; default: at once
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<Timestamp>,
    /// Set the moment at which it ends; default: never
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<Timestamp>,
    /// Replace a licence of this id that differs
    #[arg(long)]
    replace: bool,
    /// Name the callers table, to note licensees without a record
    #[arg(long, value_name = "TABLE", env = "CALLERS_TABLE")]
    callers_table: Option<String>,
    #[command(flatten)]
    draft: DraftOption,
    #[command(flatten)]
    options: ChangeOptions,
}

/// Number of organisations that are looked up at a time.
const CONCURRENT_READS: usize = 16;

/// Puts the licence.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let mut licensees = arguments.licensees.clone();
    if let Some(path) = &arguments.licensees_from {
        licensees.extend(read(path)?);
    }
    licensees.sort();
    licensees.dedup();
    let record = record(arguments, &licensees, now);
    if let Some(file) = &arguments.draft.draft {
        return save(file, record, globals.json);
    }
    let notes = unknown_licensees(arguments, globals, &licensees).await?;
    let plan = |snapshot: &_| Step::wanted(snapshot, &record, arguments.replace);
    let changed = change_with_notes(&arguments.options, globals, now, notes, plan).await?;
    let (id, licensees) = (&arguments.id, count(licensees.len(), "licensee", "licensees"));
    let done = match arguments.from.filter(|from| *from > now) {
        Some(from) => format!("the gate applies `{id}`, of {licensees}, from {} on.", render_time(from)),
        None => format!("the gate applies `{id}`, of {licensees}, from its next request on."),
    };
    Ok(changed.outcome(&done, &format!("`{id}` is so already.")))
}

/// The ids of a file. A `#` begins a comment only at the start of a line or after white space.
fn read(path: &Path) -> Result<Vec<String>, Failure> {
    let name = path.display();
    let text =
        String::from_utf8(files::read(path)?).map_err(|error| Failure::of(format!("`{name}` is not UTF-8"), error))?;
    let mut found = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let comment = if line.starts_with('#') { Some(0) } else { line.find(" #").or(line.find("\t#")) };
        let id = comment.and_then(|start| line.get(..start)).unwrap_or(line).trim();
        let bad = |why: &str| Failure::new(format!("`{name}`, line {}: `{id}`: {why}", index.saturating_add(1)));
        if id.contains(char::is_whitespace) {
            return Err(bad("write one id per line"));
        }
        if !id.is_empty() {
            found.push(value_parsers::organisation(id).map_err(|why| bad(&why))?);
        }
    }
    if found.is_empty() {
        return Err(Failure::new(format!("`{name}` names no organisation: write one id per line")));
    }
    Ok(found)
}

/// Notes on licensees without a record.
async fn unknown_licensees(
    arguments: &Arguments,
    globals: &Globals,
    licensees: &[String],
) -> Result<Vec<String>, Failure> {
    let Some(table) = &arguments.callers_table else { return Ok(Vec::new()) };
    let callers = Callers::new(globals.aws.dynamodb().await, table.clone());
    let look_up = async |id: &String| {
        let record = callers.record(&format!("organisation#{id}")).await?;
        Ok(record.is_none().then(|| format!("no organisation `{id}` is in the callers' records")))
    };
    let named = licensees.iter().filter(|id| *id != "*");
    let found: Vec<Option<String>> = stream::iter(named.map(look_up)).buffered(CONCURRENT_READS).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

fn record(arguments: &Arguments, licensees: &[String], now: Timestamp) -> Item {
    let record = write(&Record {
        meta: Meta {
            id: arguments.id.clone(),
            window: Window { from: arguments.from, until: arguments.until },
            ..Meta::default()
        },
        body: Licence {
            authority: arguments.authority,
            reference: arguments.reference.clone(),
            kind: arguments.kind,
            models: arguments.models.clone(),
            licensees: licensees.to_vec(),
            persons: arguments.persons,
            embargoes: if_any(&arguments.embargoes),
            destinations: choice(&arguments.destinations, &[]),
            nationalities: choice(&arguments.nationalities, &[]),
            end_uses: choice(&arguments.end_uses, &[]),
            quota: arguments.requests.map(|requests| Quota { requests }),
        },
    });
    arguments.options.attribution.signed(record, now)
}
