//! I/O. `gatectl register apply`: the register comes to have what a folder says, in batches, each one transaction.

use std::time::Duration;

use export_gate::record::Item;
use export_gate::register::{MOST_RECORDS, RegisterWriter, WriteTrouble};
use jiff::Timestamp;
use serde_json::json;

use super::compare::CallerStep;
use super::plan::{Planned, Target, planned, shown, told};
use crate::ask::agrees;
use crate::callers::Callers;
use crate::change::Step;
use crate::draft::read;
use crate::item::{substance, text};
use crate::outcome::{Outcome, Trouble};
use crate::present::Present;
use crate::progress::bar;
use crate::says::Says;

/// What to apply, and who says so.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Who says so, for the records that don't say it themselves
    #[arg(long, value_name = "WHO", value_parser = crate::says::filled)]
    by: Option<String>,
    /// Why, for the records that don't say it themselves
    #[arg(long, value_name = "TEXT", value_parser = crate::says::filled)]
    why: Option<String>,
    /// Don't ask
    #[arg(long)]
    yes: bool,
}

/// How often a batch is tried where the table is throttled or others write too, and the first pause, which doubles.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Why it stopped on its way.
struct Stopped {
    written: usize,
    left: usize,
    why: String,
}

/// Shows the plan, asks, writes.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let target = &arguments.target;
    let now = Timestamp::now();
    let draft = read(&target.folder)?;
    let mut planned = planned(target, &draft).await?;
    sign(&mut planned, arguments, now)?;
    let done = |is_fine: bool, says: String, planned: &Planned| {
        let json = || {
            let mut told = told(planned, false);
            told["ok"] = json!(is_fine);
            told["says"] = json!(says);
            told
        };
        Outcome::new(target.json, json, format!("{says}\n"), is_fine)
    };
    if !target.json {
        eprint!("{}", shown(&planned, &draft, target));
    }
    if !planned.faults.is_empty() {
        let why = planned.faults.join("; ");
        return Ok(done(
            false,
            format!("Nothing was changed: the gate could not rely on what this leaves: {why}."),
            &planned,
        ));
    }
    if planned.plan.is_empty() {
        return Ok(done(true, "Nothing was changed: the register has what the folder says.".into(), &planned));
    }
    if !arguments.yes && !agrees(&target.register.register_table)? {
        return Ok(done(false, "Nothing was changed: you did not agree.".into(), &planned));
    }
    let total = planned.plan.steps.len().saturating_add(planned.plan.callers.len());
    let (is_fine, says) = match write(target, &planned, now).await? {
        Ok(revision) => (true, format!("Written: {total} records, revision {revision}.")),
        Err(Stopped { written, left, why }) => (
            false,
            format!(
                "{written} records are written, {left} are not: {why}. Look at the plan, and run it again to complete it."
            ),
        ),
    };
    Ok(done(is_fine, says, &planned))
}

/// Every record says who, when and why.
fn sign(planned: &mut Planned, arguments: &Arguments, now: Timestamp) -> Result<(), Trouble> {
    let registered =
        planned.plan.steps.iter_mut().map(|step| (step.sign() == '-', step.key.to_string(), &mut step.after));
    let registered: Vec<_> = registered.collect();
    let callers = planned.plan.callers.iter_mut().map(|step| (false, step.id.clone(), &mut step.after));
    for (is_withdrawn, name, record) in registered.into_iter().chain(callers) {
        let says_so = ["by", "why"].iter().all(|word| !text(record, word).trim().is_empty());
        // What a withdrawn record says is why it was there, not why it goes.
        if says_so && !is_withdrawn {
            if text(record, "at").is_empty() {
                let at = export_gate::terms::render_time(now);
                record.insert("at".into(), aws_sdk_dynamodb::types::AttributeValue::S(at));
            }
            continue;
        }
        match (&arguments.by, &arguments.why) {
            (Some(by), Some(why)) => Says { by: by.clone(), why: why.clone() }.sign(record, now),
            _ => {
                return Err(Trouble::new(format!(
                    "nothing was changed: `{name}` doesn't say who says so and why: add `by` and `why` to it, or say `--by` and `--why`"
                )));
            }
        }
    }
    Ok(())
}

/// Writes what the callers' table needs, then the register: a caller is known before a licence names it.
async fn write(target: &Target, planned: &Planned, now: Timestamp) -> Result<Result<u64, Stopped>, Trouble> {
    let dynamodb = target.aws.dynamodb().await;
    let progress = bar(planned.plan.steps.len().saturating_add(planned.plan.callers.len()), "records");
    let mut written = 0_usize;
    let left =
        |written: usize| planned.plan.steps.len().saturating_add(planned.plan.callers.len()).saturating_sub(written);
    if let Some(table) = &target.callers_table {
        let callers = Callers::new(dynamodb.clone(), table.clone());
        for CallerStep { id, before, after } in &planned.plan.callers {
            if !callers.replace(before.as_ref(), after.clone(), now).await? {
                let why = format!("somebody else changed `{id}` meanwhile");
                return Ok(Err(Stopped { written, left: left(written), why }));
            }
            written = written.saturating_add(1);
            progress.inc(1);
        }
    }
    let table = &target.register.register_table;
    let writer = RegisterWriter::new(dynamodb.clone(), table.clone());
    let mut steps: Vec<Step> = planned.plan.steps.clone();
    let mut revision = planned.present.revision;
    let (mut tries, mut pause) = (0, PAUSE);
    while !steps.is_empty() {
        let batch = steps.len().min(MOST_RECORDS);
        let changes = steps.iter().take(batch).map(|step| (step.before.clone(), step.after.clone())).collect();
        match writer.replace_at(revision, changes).await {
            Ok(new) => {
                revision = new;
                steps.drain(..batch);
                written = written.saturating_add(batch);
                progress.inc(u64::try_from(batch).unwrap_or_default());
                (tries, pause) = (0, PAUSE);
            }
            Err(error) if tries < TRIES && (error.is_conflict() || error.is_passing()) => {
                tries = tries.saturating_add(1);
                tokio::time::sleep(jittered(pause)).await;
                pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                let present = match Present::read(&dynamodb, table).await {
                    Ok(present) => present,
                    // A table that is throttled is so for reads too.
                    Err(_) if tries < TRIES => continue,
                    Err(trouble) => return Err(trouble),
                };
                // What was written though its answer was lost is done.
                let before = steps.len();
                steps.retain(|step| !is_done(&present, step));
                written = written.saturating_add(before.saturating_sub(steps.len()));
                if let Some(step) = steps.iter().find(|step| present.records.get(&step.key) != step.before.as_ref()) {
                    let why = format!("somebody else changed `{}` meanwhile", step.key);
                    return Ok(Err(Stopped { written, left: left(written), why }));
                }
                revision = present.revision;
            }
            Err(error) => return stopped(error, written, left(written)),
        }
    }
    progress.finish_and_clear();
    Ok(Ok(revision))
}

fn stopped(error: WriteTrouble, written: usize, left: usize) -> Result<Result<u64, Stopped>, Trouble> {
    if written == 0 {
        return Err(Trouble::of("nothing was changed", error));
    }
    Ok(Err(Stopped { written, left, why: export_gate::causes::Causes(&error).to_string() }))
}

fn is_done(present: &Present, step: &Step) -> bool {
    let there: Option<&Item> = present.records.get(&step.key);
    there != step.before.as_ref() && there.is_some_and(|there| substance(there) == substance(&step.after))
}

/// Half of the pause, and by chance up to as much again, so that two who wait don't meet again.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [0_u8; 1];
    let chance = getrandom::fill(&mut byte).map_or(0, |()| u32::from(byte[0]));
    let half = pause.checked_div(2).unwrap_or_default();
    half.saturating_add(half.saturating_mul(chance).checked_div(255).unwrap_or_default())
}
