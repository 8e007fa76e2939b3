//! I/O. `gatectl replay`: decides a recorded decision again, from its facts and the register of its revision.

mod differences;
mod report;

use std::collections::BTreeMap;

use export_gate::register::Register;
use export_gate::terms::Window;
use jiff::Timestamp;
use serde_json::Value;

use crate::aws::Aws;
use crate::entries::{Found, Place};
use crate::history::History;
use crate::json::member;
use crate::ledger::show::{DecisionId, find, id};
use crate::options::RegisterTable;
use crate::outcome::{Failure, Outcome};
use crate::period::{Since, since};
use crate::progress;
use crate::whatif::recorded::Recorded;
use differences::differences;
use report::{Comparison, Replayed, Summary};

/// Arguments of `replay`.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("decisions").required(true).args(["decision", "all"]))]
pub(crate) struct Arguments {
    /// Id of the decision, from the Decision-Id header or the ledger
    #[arg(value_name = "DECISION", value_parser = id)]
    decision: Option<DecisionId>,
    /// Replay every decision
    #[arg(long)]
    all: bool,
    /// With --all: replay only decisions since this time, such as 7d, 24h or 2026-06-12T21:21:00Z
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

/// The most registers in memory.
const CACHED: usize = 64;

/// The registers of the history, cached by revision.
struct Registers {
    history: History,
    cache: BTreeMap<u64, Result<Register, String>>,
    now: Timestamp,
}

/// Replays one decision, or all.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let dynamodb = arguments.aws.dynamodb().await;
    let history = History::read(&dynamodb, &arguments.register.register_table).await?;
    let mut registers = Registers { history, cache: BTreeMap::new(), now };
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
    let mut summary = Summary::default();
    let take = |found| {
        bar.inc(1);
        match found {
            // A completion is not a decision.
            Found::Entry(entry) if member(&entry, &["kind"]) == "completion" => summary.add_completion(),
            Found::Entry(entry) => summary.add(replayed(entry, registers)),
            Found::Unread { place, why } => summary.add_unreadable(format!("{place}: {why}")),
        }
    };
    arguments.place.read(&arguments.aws, window, take).await?;
    bar.finish_and_clear();
    Ok(summary.outcome(arguments.json))
}

/// One entry of the ledger.
async fn entry(arguments: &Arguments, decision: &DecisionId) -> Result<Value, Failure> {
    let shown = find(&arguments.place, &arguments.aws, *decision).await?;
    shown.entry.ok_or_else(|| Failure::new(format!("the ledger has no decision `{decision}`: check the ledger's name")))
}

/// Replays an entry.
fn replayed(entry: Value, registers: &mut Registers) -> Replayed {
    let comparison = compare(&entry, registers);
    let unlisted = match &comparison {
        Comparison::Same | Comparison::Differs { .. } => {
            Recorded::read(&entry).map_or(0, |recorded| registers.history.unlisted(recorded.revision))
        }
        Comparison::Unreadable(_) | Comparison::NoRegister(_) => 0,
    };
    Replayed { entry, comparison, unlisted }
}

fn compare(entry: &Value, registers: &mut Registers) -> Comparison {
    let recorded = match Recorded::read(entry) {
        Ok(recorded) => recorded,
        Err(why) => return Comparison::Unreadable(why),
    };
    let register = match registers.at(recorded.revision) {
        Ok(register) => register,
        Err(why) => return Comparison::NoRegister(why.clone()),
    };
    let faults = register.unreadable().iter().map(|fault| format!("`{}/{}`: {}", fault.kind, fault.id, fault.why));
    match differences(entry, &recorded.decide(register, recorded.at), recorded.destination(register)) {
        none if none.is_empty() => Comparison::Same,
        differences => Comparison::Differs { differences, faults: faults.collect() },
    }
}

impl Registers {
    fn at(&mut self, revision: u64) -> &Result<Register, String> {
        if self.cache.len() >= CACHED && !self.cache.contains_key(&revision) {
            self.cache.clear();
        }
        if !self.cache.contains_key(&revision) {
            let none = Register::default();
            let base = self.cache.range(..revision).rev().find_map(|(_, cached)| cached.as_ref().ok()).unwrap_or(&none);
            // The gate decided, so damage was within its grace period then; `now` keeps it so.
            let register = self.history.at(base, revision, self.now);
            self.cache.insert(revision, register);
        }
        self.cache.entry(revision).or_insert_with(|| Err(String::new()))
    }
}
