//! I/O. `gatectl licence grant`: a licence, an exception or an exemption that the gate obeys on its next request.

use std::path::{Path, PathBuf};

use export_gate::record::{Item, Kind, Licence};
use export_gate::terms::{parse_time, render_time};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::attribution::{Attribution, filled};
use crate::callers::Callers;
use crate::change::{Manner, Step, make_noting};
use crate::display::count;
use crate::files;
use crate::item::{if_any, of_json};
use crate::outcome::{Failure, Outcome};
use crate::value_parsers::{self, AUTHORITIES};

/// The licence.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("who").required(true).multiple(true).args(["licensees", "licensees_from"]))]
pub(crate) struct Arguments {
    /// Its id, such as bis-exemption-2026-06-26
    #[arg(value_name = "ID", value_parser = value_parsers::id)]
    id: String,
    /// Who granted it
    #[arg(long, value_parser = AUTHORITIES)]
    authority: String,
    /// Its number or name with the authority
    #[arg(long, value_name = "TEXT", value_parser = filled)]
    reference: String,
    /// What it is
    #[arg(long = "type", value_enum, default_value = "licence")]
    kind: Type,
    /// A model: name, name@version, eccn:4E091 or *; may be said again
    #[arg(long = "model", value_name = "MODEL", required = true, value_parser = value_parsers::models)]
    models: Vec<String>,
    /// An organisation that holds it, by its id, or * for an exception open to all; may be said again
    #[arg(long = "licensee", value_name = "ORGANISATION", value_parser = value_parsers::organisation)]
    licensees: Vec<String>,
    /// A file with an organisation's id a line; a line or the rest of one that begins with `#` is a comment
    #[arg(long, value_name = "FILE")]
    licensees_from: Option<PathBuf>,
    /// Which of their persons it covers: US persons alone, or any, their foreign-person employees too
    #[arg(long, value_enum)]
    persons: Persons,
    /// An embargo that it answers, by its id; may be said again
    #[arg(long = "embargo", value_name = "ID", value_parser = value_parsers::id)]
    embargoes: Vec<String>,
    /// A destination that it covers; may be said again
    #[arg(long = "destination", value_name = "PLACE", value_parser = value_parsers::place)]
    destinations: Vec<String>,
    /// A nationality that it covers; may be said again
    #[arg(long = "nationality", value_name = "PLACE", value_parser = value_parsers::place)]
    nationalities: Vec<String>,
    /// An end use that it covers; may be said again
    #[arg(long = "end-use", value_name = "CODE", value_parser = filled)]
    end_uses: Vec<String>,
    /// How many requests it is good for; without it there is no limit
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    requests: Option<u64>,
    /// The first moment at which it is in force; at once without it
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<Timestamp>,
    /// The first moment at which it is over
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<Timestamp>,
    /// Replace a licence of this id that differs
    #[arg(long)]
    replace: bool,
    /// Look up whether the callers' table has the organisations
    #[arg(long, value_name = "TABLE", env = "CALLERS_TABLE")]
    callers_table: Option<String>,
    #[command(flatten)]
    says: Attribution,
    #[command(flatten)]
    manner: Manner,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Type {
    Licence,
    Exception,
    Exemption,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Persons {
    UsPersons,
    Any,
}

/// How many organisations are looked up at once.
const LOOK_UPS: usize = 16;

/// Shows it, asks, writes it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let mut licensees = arguments.licensees.clone();
    if let Some(path) = &arguments.licensees_from {
        licensees.extend(read(path)?);
    }
    licensees.sort();
    licensees.dedup();
    let record = record(arguments, &licensees, now);
    let notes = unknown(arguments, &licensees).await?;
    let plan = |snapshot: &_| Step::wanted(snapshot, &record, arguments.replace);
    let made = make_noting(&arguments.manner, now, notes, plan).await?;
    let (id, holders) = (&arguments.id, count(licensees.len(), "licensee", "licensees"));
    let done = match arguments.from.filter(|from| *from > now) {
        Some(from) => format!("the gate obeys `{id}`, of {holders}, from {} on.", render_time(from)),
        None => format!("the gate obeys `{id}`, of {holders}, from its next request on."),
    };
    Ok(made.outcome(&arguments.manner, &done, &format!("`{id}` is there already, just so.")))
}

/// The ids of a file. `organisation#x` is no id with a comment behind it.
fn read(path: &Path) -> Result<Vec<String>, Failure> {
    let name = path.display();
    let text = String::from_utf8(files::read(path)?)
        .map_err(|error| Failure::of(format!("`{name}` is no text in UTF-8"), error))?;
    let mut found = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let comment = if line.starts_with('#') { Some(0) } else { line.find(" #").or(line.find("\t#")) };
        let id = comment.and_then(|start| line.get(..start)).unwrap_or(line).trim();
        let bad = |why: &str| Failure::new(format!("`{name}`, line {}: `{id}`: {why}", index.saturating_add(1)));
        if id.contains(char::is_whitespace) {
            return Err(bad("write one id a line"));
        }
        if !id.is_empty() {
            found.push(value_parsers::organisation(id).map_err(|why| bad(&why))?);
        }
    }
    if found.is_empty() {
        return Err(Failure::new(format!("`{name}` names no organisation: write an id a line")));
    }
    Ok(found)
}

/// The licensees of whom there is no record.
async fn unknown(arguments: &Arguments, licensees: &[String]) -> Result<Vec<String>, Failure> {
    let Some(table) = &arguments.callers_table else { return Ok(Vec::new()) };
    let callers = Callers::new(arguments.manner.aws.dynamodb().await, table.clone());
    let look_up = async |id: &String| {
        let record = callers.record(&format!("organisation#{id}")).await?;
        Ok(record.is_none().then(|| format!("no organisation `{id}` is in the callers' records")))
    };
    let named = licensees.iter().filter(|id| *id != "*");
    let found: Vec<Option<String>> = stream::iter(named.map(look_up)).buffered(LOOK_UPS).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

fn record(arguments: &Arguments, licensees: &[String], now: Timestamp) -> Item {
    let kind = match arguments.kind {
        Type::Licence => "licence",
        Type::Exception => "exception",
        Type::Exemption => "exemption",
    };
    let persons = match arguments.persons {
        Persons::UsPersons => "us_persons",
        Persons::Any => "any",
    };
    let mut record = of_json(json!({
        "kind": Licence::KIND, "id": arguments.id, "authority": arguments.authority, "reference": arguments.reference,
        "type": kind, "models": arguments.models, "licensees": licensees, "persons": persons,
        "embargoes": if_any(&arguments.embargoes), "destinations": if_any(&arguments.destinations),
        "nationalities": if_any(&arguments.nationalities), "end_uses": if_any(&arguments.end_uses),
        "quota": arguments.requests.map_or(Value::Null, |requests| json!({"requests": requests})),
        "from": arguments.from.map(render_time), "until": arguments.until.map(render_time),
    }));
    arguments.says.sign(&mut record, now);
    record
}
