//! I/O. `gatectl simulate`: decides the ledger's decisions again, by the current register and with a draft.

mod effects;
mod limits;
mod report;

use std::path::PathBuf;

use export_gate::record::{Item, Kind as _, Licence};
use export_gate::terms::{Window, parse_time};
use jiff::Timestamp;

use crate::aws::Aws;
use crate::change::{Step, diff, faults, notes};
use crate::draft::{Draft, read};
use crate::entries::{Found, Place};
use crate::item::{text, unattributed};
use crate::options::RegisterTable;
use crate::outcome::{Failure, Outcome};
use crate::period::{Since, since};
use crate::progress;
use crate::snapshot::Snapshot;
use effects::{Effects, Registers};
use limits::DraftNeeds;
use report::Report;

/// Arguments of `simulate`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Draft: a .json or .yaml file of records, or a folder of them; a record replaces the one with the same key
    #[arg(long, value_name = "FOLDER|FILE")]
    with: PathBuf,
    /// Simulate decisions since this time, such as 7d, 24h or 2026-06-12T21:21:00Z
    #[arg(long, value_name = "WHEN", value_parser = since)]
    since: Since,
    /// Decide as of this time [default: now, or the draft's last `from` if later]
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

/// Simulates. Exit code 1 if the draft is invalid for the gate, or a part of the ledger can't be read.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let since = arguments.since.moment(now);
    let draft = read(&arguments.with)?;
    let snapshot = Snapshot::read(&arguments.aws.dynamodb().await, &arguments.register.register_table).await?;
    let steps = steps(&snapshot, &draft);
    let at = arguments.at.unwrap_or_else(|| start_of(&steps, now));
    let faults = faults(&snapshot, &steps, at);
    let mut report = Report {
        since,
        at,
        is_at_start: arguments.at.is_none() && at > now,
        revision: snapshot.revision,
        changes: diff(&steps),
        steps: steps.iter().map(Step::json).collect(),
        notes: notes(&snapshot, &steps, now).into_iter().chain(limits::notes(&steps)).collect(),
        callers: draft.callers.len(),
        changed_quotas: steps.iter().filter(|step| has_quota(step)).map(|step| step.key.id.clone()).collect(),
        faults,
        ..Report::default()
    };
    if report.faults.is_empty() {
        let mut next = snapshot.clone();
        next.records.extend(steps.iter().map(|step| (step.key.clone(), step.after.clone())));
        let needs = DraftNeeds::of(&steps);
        let registers =
            |now: &Snapshot, draft: &Snapshot| Registers { now: now.register(at), draft: draft.register(at) };
        let without = registers(&needs.without(&snapshot), &needs.without(&next));
        let both = [registers(&snapshot, &next), without];
        let mut effects = Effects::new(both, needs, report.changed_quotas.clone(), limits::lists(&steps), at);
        let bar = progress::counter("decisions");
        let take = |found| {
            bar.inc(1);
            match found {
                Found::Entry(entry) => effects.take(&entry),
                Found::Unread { place, why } => effects.unreadable(format!("{place}: {why}")),
            }
        };
        arguments.place.read(&arguments.aws, Window { from: Some(since), until: None }, take).await?;
        bar.finish_and_clear();
        report.totals = effects.totals();
    }
    Ok(report.outcome(arguments.json))
}

/// The changes of the draft. An equal record is no change.
fn steps(snapshot: &Snapshot, draft: &Draft) -> Vec<Step> {
    let differs =
        |step: &Step| step.before.as_ref().is_none_or(|before| unattributed(before) != unattributed(&step.after));
    draft.register.values().filter_map(|placed| Step::put(snapshot, placed.item.clone())).filter(differs).collect()
}

/// Whether a step changes a licence with a quota.
fn has_quota(step: &Step) -> bool {
    step.key.kind == Licence::KIND && step.after.contains_key("quota")
}

/// The time at which all records of the draft have begun, or now if that is later.
fn start_of(steps: &[Step], now: Timestamp) -> Timestamp {
    let from = |item: &Item| parse_time(text(item, "from")).ok();
    steps.iter().filter_map(|step| from(&step.after)).chain([now]).max().unwrap_or(now)
}
