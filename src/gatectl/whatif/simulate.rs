//! I/O. `gatectl simulate`: the ledger's decisions, by the register as it stands and with a draft in it.

use std::path::PathBuf;

use export_gate::record::{Item, Kind as _, Licence};
use export_gate::terms::{Window, parse_time};
use jiff::Timestamp;

use super::effects::{Effects, Registers};
use super::names;
use super::told::Told;
use super::untold::Untold;
use crate::aws::Aws;
use crate::change::{Step, diff, faults, notes};
use crate::draft::{Draft, read};
use crate::entries::{Found, Place};
use crate::item::{text, unattributed};
use crate::outcome::{Failure, Outcome};
use crate::period::{Since, since};
use crate::progress;
use crate::snapshot::Snapshot;
use crate::table_options::RegisterTable;

/// What it was told.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The draft: a .json or .yaml file of records, or a folder of them; each takes the place of the one with its key
    #[arg(long, value_name = "FOLDER|FILE")]
    with: PathBuf,
    /// The decisions since then, such as 7d, 24h or 2026-06-12T21:21:00Z
    #[arg(long, value_name = "WHEN", value_parser = since)]
    since: Since,
    /// Decide as of this moment; else as of now, or of the draft's last `from` where that lies ahead
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
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

/// Simulates; exit code 1 where the gate could not rely on the draft, or a part of the ledger can't be read.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let since = arguments.since.moment(now);
    let draft = read(&arguments.with)?;
    let snapshot = Snapshot::read(&arguments.aws.dynamodb().await, &arguments.register.register_table).await?;
    let steps = steps(&snapshot, &draft);
    let at = arguments.at.unwrap_or_else(|| ahead(&steps, now));
    let faults = faults(&snapshot, &steps, at);
    let mut told = Told {
        since,
        at,
        is_ahead: arguments.at.is_none() && at > now,
        revision: snapshot.revision,
        changes: diff(&steps),
        steps: steps.iter().map(Step::json).collect(),
        notes: notes(&snapshot, &steps, now).into_iter().chain(names::notes(&steps)).collect(),
        callers: draft.callers.len(),
        fresh: steps.iter().filter(|step| is_counted(step)).map(|step| step.key.id.clone()).collect(),
        faults,
        ..Told::default()
    };
    if told.faults.is_empty() {
        let mut next = snapshot.clone();
        next.records.extend(steps.iter().map(|step| (step.key.clone(), step.after.clone())));
        let untold = Untold::of(&steps);
        let registers = |now: &Snapshot, then: &Snapshot| Registers { now: now.register(at), then: then.register(at) };
        let without = registers(&untold.without(&snapshot), &untold.without(&next));
        let both = [registers(&snapshot, &next), without];
        let mut effects = Effects::new(both, untold, told.fresh.clone(), names::lists(&steps), at);
        let bar = progress::counter("decisions");
        let take = |found| {
            bar.inc(1);
            match found {
                Found::Entry(entry) => effects.take(&entry),
                Found::Unread { place, why } => effects.unread(format!("{place}: {why}")),
            }
        };
        arguments.place.read(&arguments.aws, Window { from: Some(since), until: None }, take).await?;
        bar.finish_and_clear();
        told.effects = effects.counted();
    }
    Ok(told.outcome(arguments.json))
}

/// What the draft changes: a record that says the same as the one with its key changes nothing.
fn steps(snapshot: &Snapshot, draft: &Draft) -> Vec<Step> {
    let differs =
        |step: &Step| step.before.as_ref().is_none_or(|before| unattributed(before) != unattributed(&step.after));
    draft.register.values().filter_map(|placed| Step::put(snapshot, placed.item.clone())).filter(differs).collect()
}

/// Whether it is a licence with a quota.
fn is_counted(step: &Step) -> bool {
    step.key.kind == Licence::KIND && step.after.contains_key("quota")
}

/// Now, or the moment at which all of the draft has begun, where that lies ahead.
fn ahead(steps: &[Step], now: Timestamp) -> Timestamp {
    let from = |item: &Item| parse_time(text(item, "from")).ok();
    steps.iter().filter_map(|step| from(&step.after)).chain([now]).max().unwrap_or(now)
}
