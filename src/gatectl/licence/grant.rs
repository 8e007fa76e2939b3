//! I/O. `gatectl licence grant`: a licence, an exception or an exemption that the gate obeys on its next request.

use std::path::PathBuf;

use export_gate::record::{Item, Kind, Licence};
use export_gate::terms::{parse_time, render_time};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::callers::Callers;
use crate::change::{Manner, Step, make};
use crate::files;
use crate::item::{if_any, of_json, substance};
use crate::outcome::{Outcome, Trouble};
use crate::present::Present;
use crate::says::{Says, filled, pattern};

/// The licence.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("who").required(true).multiple(true).args(["licensees", "licensees_from"]))]
pub(crate) struct Arguments {
    /// Its id, such as bis-exemption-2026-06-26
    #[arg(value_name = "ID", value_parser = filled)]
    id: String,
    /// Who granted it: BIS, OFAC, DDTC, EU, UK, UN or OPERATOR
    #[arg(long)]
    authority: String,
    /// Its number or name with the authority
    #[arg(long, value_parser = filled)]
    reference: String,
    /// What it is
    #[arg(long = "type", value_enum, default_value = "licence")]
    kind: Type,
    /// A model: name, name@version, eccn:4E091 or *; may be said again
    #[arg(long = "model", value_name = "MODEL", required = true, value_parser = pattern)]
    models: Vec<String>,
    /// An organisation that holds it, by its id, or * for an exception open to all; may be said again
    #[arg(long = "licensee", value_name = "ORGANISATION")]
    licensees: Vec<String>,
    /// A file with an organisation's id a line; `#` begins a comment
    #[arg(long, value_name = "FILE")]
    licensees_from: Option<PathBuf>,
    /// Which of their persons it covers: US persons alone, or any, their foreign-person employees too
    #[arg(long, value_enum)]
    persons: Persons,
    /// An embargo that it answers, by its id; may be said again
    #[arg(long = "embargo", value_name = "ID")]
    embargoes: Vec<String>,
    /// A destination that it covers; may be said again
    #[arg(long = "destination", value_name = "PLACE")]
    destinations: Vec<String>,
    /// A nationality that it covers; may be said again
    #[arg(long = "nationality", value_name = "PLACE")]
    nationalities: Vec<String>,
    /// An end use that it covers; may be said again
    #[arg(long = "end-use", value_name = "CODE")]
    end_uses: Vec<String>,
    /// How many requests it is good for; without it there is no limit
    #[arg(long, value_name = "NUMBER")]
    requests: Option<u64>,
    /// The first moment at which it is in force; now without it
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
    says: Says,
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

/// Shows it, asks, writes it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let now = Timestamp::now();
    let licensees = licensees(arguments)?;
    let record = record(arguments, &licensees, now);
    if !arguments.manner.json {
        for id in unknown(arguments, &licensees).await? {
            eprintln!("note: no organisation `{id}` is in the callers' records");
        }
    }
    let made = make(&arguments.manner, now, |present| plan(present, &record, arguments)).await?;
    let id = &arguments.id;
    let done = format!("the gate obeys `{id}`, of {} licensees, from its next request on.", licensees.len());
    Ok(made.outcome(&arguments.manner, &done, &format!("`{id}` is there already, just so.")))
}

/// Those of the command line and of the file, each once.
fn licensees(arguments: &Arguments) -> Result<Vec<String>, Trouble> {
    let mut all = arguments.licensees.clone();
    if let Some(path) = &arguments.licensees_from {
        let bytes = files::read(path)?;
        let text =
            String::from_utf8(bytes).map_err(|error| Trouble::of(format!("`{}` is no text", path.display()), error))?;
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
        let before = all.len();
        all.extend(lines.filter(|line| !line.is_empty()).map(str::to_owned));
        if all.len() == before {
            return Err(Trouble::new(format!("`{}` names no organisation: write an id a line", path.display())));
        }
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// The licensees of whom there is no record.
async fn unknown(arguments: &Arguments, licensees: &[String]) -> Result<Vec<String>, Trouble> {
    let Some(table) = &arguments.callers_table else { return Ok(Vec::new()) };
    let callers = Callers::new(arguments.manner.aws.dynamodb().await, table.clone());
    let mut unknown = Vec::new();
    for id in licensees.iter().filter(|id| *id != "*") {
        if callers.record(&format!("organisation#{id}")).await?.is_none() {
            unknown.push(id.clone());
        }
    }
    Ok(unknown)
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
        "from": render_time(arguments.from.unwrap_or(now)), "until": arguments.until.map(render_time),
    }));
    arguments.says.sign(&mut record, now);
    record
}

fn plan(present: &Present, record: &Item, arguments: &Arguments) -> Result<Vec<Step>, String> {
    if let Some(id) = arguments.embargoes.iter().find(|id| present.record("embargo", id).is_none()) {
        return Err(format!("there is no embargo `{id}` to answer; `gatectl embargo list --all` lists them"));
    }
    let step = Step::put(present, record.clone()).ok_or("the record has no id")?;
    let without = |item: &Item| {
        let mut item = substance(item);
        item.remove("from");
        item
    };
    match &step.before {
        Some(before) if without(before) == without(&step.after) => Ok(Vec::new()),
        Some(_) if !arguments.replace => Err(format!(
            "`{}` is there already, and differs: give this one another id, or say `--replace` if it is to be replaced",
            step.key.id
        )),
        Some(_) | None => Ok(vec![step]),
    }
}
