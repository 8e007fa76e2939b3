//! I/O. `gatectl replay`: a recorded decision, decided again from its facts and the records of its revision.

use std::collections::HashMap;

use export_gate::ledger::bears_its_hash;
use export_gate::register::Register;
use export_gate::terms::Window;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::again::{again, differences};
use crate::aws::Aws;
use crate::entries::{Found, Place};
use crate::entry::Entry;
use crate::ledger::show::{Decision, decision, find};
use crate::outcome::{Outcome, Trouble};
use crate::past::Past;
use crate::period::{Since, since};
use crate::show::count;
use crate::tables::RegisterTable;

/// Which decisions.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["decision", "all"]))]
pub(crate) struct Arguments {
    /// The decision's id, as the answer's `Decision-Id` says
    #[arg(value_name = "DECISION", value_parser = decision)]
    decision: Option<Decision>,
    /// Every decision
    #[arg(long)]
    all: bool,
    /// With --all: from this moment on, or from so long ago, such as 7d
    #[arg(long, value_name = "TIME|DURATION", value_parser = since, requires = "all")]
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

/// What came of the decisions.
#[derive(Default)]
struct Replayed {
    same: usize,
    /// By decision, what differs.
    differs: Vec<(String, Vec<String>)>,
}

/// Decides them again.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let dynamodb = arguments.aws.dynamodb().await;
    let past = Past::read(&dynamodb, &arguments.register.register_table).await?;
    let mut registers = HashMap::new();
    let mut replayed = Replayed::default();
    match &arguments.decision {
        Some(wanted) => {
            let Some(entry) = decision_of(arguments, wanted).await? else {
                let says = format!("there is no decision `{wanted}` in the ledger");
                return Ok(Outcome::new(
                    arguments.json,
                    || json!({"ok": false, "says": says}),
                    format!("{says}\n"),
                    false,
                ));
            };
            replayed.take(&entry, &past, &mut registers);
        }
        None => {
            let now = Timestamp::now();
            let window = Window { from: arguments.since.map(|since| since.moment(now)), until: None };
            let read = arguments.place.read(&arguments.aws, window, |found| match found {
                Found::Entry(entry) => replayed.take(&entry, &past, &mut registers),
                Found::Unread { place, why } => replayed.differs.push((place, vec![why])),
            });
            read.await?;
        }
    }
    Ok(told(arguments, &replayed))
}

/// The decision's entry; a completion's is the decision that it completes.
async fn decision_of(arguments: &Arguments, wanted: &Decision) -> Result<Option<Value>, Trouble> {
    let (entry, _) = find(&arguments.place, &arguments.aws, wanted).await?;
    let of = entry.as_ref().and_then(|entry| entry.get("of")).and_then(Value::as_str);
    match of.and_then(|of| decision(of).ok()) {
        Some(of) => Ok(find(&arguments.place, &arguments.aws, &of).await?.0),
        None => Ok(entry),
    }
}

impl Replayed {
    fn take(&mut self, value: &Value, past: &Past, registers: &mut HashMap<u64, Register>) {
        match Entry::read(value) {
            Ok(entry) if !entry.is_decision() => {}
            Ok(entry) => {
                let found = replay(value, &entry, past, registers);
                if found.is_empty() {
                    self.same = self.same.saturating_add(1);
                } else {
                    self.differs.push((entry.decision_id, found));
                }
            }
            Err(why) => self.differs.push(("an entry".to_owned(), vec![why])),
        }
    }
}

/// What differs.
fn replay(value: &Value, entry: &Entry, past: &Past, registers: &mut HashMap<u64, Register>) -> Vec<String> {
    if !bears_its_hash(value) {
        return vec!["the entry does not bear its hash: it was changed since it was written".to_owned()];
    }
    if entry.revision > past.present.revision {
        return vec![format!(
            "it was decided at revision {}, and the register is at {}: it was restored from an earlier copy",
            entry.revision, past.present.revision
        )];
    }
    let register = registers.entry(entry.revision).or_insert_with(|| past.at(entry.revision, entry.at));
    match again(entry, register, entry.at) {
        Err(why) => vec![why],
        Ok(Err(undecidable)) => {
            vec![format!("nobody could decide it by the records of revision {}: {undecidable}", entry.revision)]
        }
        Ok(Ok(decision)) => differences(entry, &decision),
    }
}

fn told(arguments: &Arguments, replayed: &Replayed) -> Outcome {
    let Replayed { same, differs } = replayed;
    let is_fine = differs.is_empty();
    let mut text = String::new();
    for (decision, found) in differs {
        text += &format!("{decision} does not come out the same:\n");
        text += &found.iter().map(|line| format!("    {line}\n")).collect::<String>();
    }
    text += &match &arguments.decision {
        Some(decision) if is_fine => {
            format!("{decision} comes out the same, from its facts and the records of its revision.\n")
        }
        Some(_) => String::new(),
        None => format!("{} come out the same; {} do not.\n", count(*same, "decision", "decisions"), differs.len()),
    };
    let json = || {
        let differs = differs.iter().map(|(decision, found)| json!({"decision": decision, "differences": found}));
        json!({"ok": is_fine, "same": same, "differ": differs.collect::<Vec<Value>>()})
    };
    Outcome::new(arguments.json, json, text, is_fine)
}
