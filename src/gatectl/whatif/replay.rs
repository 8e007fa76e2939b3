//! I/O. `gatectl replay`: a recorded decision, taken again from its facts and the records of its revision.

use std::collections::BTreeMap;

use export_gate::register::Register;
use export_gate::terms::Window;
use jiff::Timestamp;
use serde_json::Value;

use super::asked::Asked;
use super::compared::differences;
use super::replayed::{Came, Replayed, Several};
use crate::aws::Aws;
use crate::entries::{Found, Place};
use crate::history::History;
use crate::json::member;
use crate::ledger::show::{DecisionId, find, id};
use crate::outcome::{Failure, Outcome};
use crate::period::{Since, since};
use crate::progress;
use crate::table_options::RegisterTable;

/// What it was told.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("decisions").required(true).args(["decision", "all"]))]
pub(crate) struct Arguments {
    /// The decision's id, as the Decision-Id header and the ledger have it
    #[arg(value_name = "DECISION", value_parser = id)]
    decision: Option<DecisionId>,
    /// Replay every decision
    #[arg(long)]
    all: bool,
    /// With --all: only those since then, such as 7d, 24h or 2026-06-12T21:21:00Z
    #[arg(long, value_name = "WHEN", conflicts_with = "decision", value_parser = since)]
    since: Option<Since>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    register: RegisterTable,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// How many revisions' registers are held at once.
const HELD: usize = 64;

/// The registers of the history, each built once while it is held.
struct Registers {
    history: History,
    held: BTreeMap<u64, Result<Register, String>>,
    now: Timestamp,
}

/// Replays one, or all.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let dynamodb = arguments.aws.dynamodb().await;
    let history = History::read(&dynamodb, &arguments.register.register_table).await?;
    let mut registers = Registers { history, held: BTreeMap::new(), now };
    let Some(wanted) = &arguments.decision else { return all(arguments, &mut registers).await };
    let entry = entry(arguments, wanted).await?;
    let entry = match member(&entry, &["of"]).as_str().and_then(|of| id(of).ok()) {
        Some(of) => self::entry(arguments, &of).await?,
        None => entry,
    };
    Ok(replayed(entry, &mut registers).outcome(&wanted.to_string(), arguments.json))
}

async fn all(arguments: &Arguments, registers: &mut Registers) -> Result<Outcome, Failure> {
    let window = Window { from: arguments.since.map(|since| since.moment(registers.now)), until: None };
    let bar = progress::counter("decisions");
    let mut several = Several::default();
    let take = |found| {
        bar.inc(1);
        match found {
            // A completion says how an answer ended, not what was decided.
            Found::Entry(entry) if member(&entry, &["kind"]) == "completion" => several.completions(),
            Found::Entry(entry) => several.take(replayed(entry, registers)),
            Found::Unread { place, why } => several.unread(format!("{place}: {why}")),
        }
    };
    arguments.place.read(&arguments.aws, window, take).await?;
    bar.finish_and_clear();
    Ok(several.outcome(arguments.json))
}

/// One entry of the ledger.
async fn entry(arguments: &Arguments, wanted: &DecisionId) -> Result<Value, Failure> {
    let shown = find(&arguments.place, &arguments.aws, *wanted).await?;
    shown.entry.ok_or_else(|| Failure::new(format!("the ledger has no decision `{wanted}`: is it the right ledger?")))
}

/// What came of an entry.
fn replayed(entry: Value, registers: &mut Registers) -> Replayed {
    let came = came(&entry, registers);
    let unlisted = match &came {
        Came::Same | Came::Differs { .. } => {
            Asked::of(&entry).map_or(0, |asked| registers.history.unlisted(asked.revision))
        }
        Came::Unread(_) | Came::Lost(_) => 0,
    };
    Replayed { entry, came, unlisted }
}

fn came(entry: &Value, registers: &mut Registers) -> Came {
    let asked = match Asked::of(entry) {
        Ok(asked) => asked,
        Err(why) => return Came::Unread(why),
    };
    let register = match registers.at(asked.revision) {
        Ok(register) => register,
        Err(why) => return Came::Lost(why.clone()),
    };
    let faults = register.faults().iter().map(|fault| format!("`{}/{}`: {}", fault.kind, fault.id, fault.why));
    match differences(entry, &asked.again(register, asked.at), asked.destination(register)) {
        none if none.is_empty() => Came::Same,
        differences => Came::Differs { differences, faults: faults.collect() },
    }
}

impl Registers {
    fn at(&mut self, revision: u64) -> &Result<Register, String> {
        if self.held.len() >= HELD && !self.held.contains_key(&revision) {
            self.held.clear();
        }
        if !self.held.contains_key(&revision) {
            let none = Register::default();
            let base = self.held.range(..revision).rev().find_map(|(_, held)| held.as_ref().ok()).unwrap_or(&none);
            // Damage seen only now is within its grace at every decision: the gate decided, so it was within it then.
            let register = self.history.at(base, revision, self.now);
            self.held.insert(revision, register);
        }
        self.held.entry(revision).or_insert_with(|| Err(String::new()))
    }
}
