//! I/O. Ending a record: at once, or from a moment on. What it was stays in the history.
//!
//! At once means by the revision, which no clock has a part in: the operator's may be ahead of the gate's.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Kind, is_withdrawn, read};
use export_gate::terms::{parse_time, render_time};
use jiff::Timestamp;

use super::make::{Made, Manner, make};
use super::step::Step;
use crate::attribution::{Attribution, filled};
use crate::outcome::{Failure, Outcome};
use crate::snapshot::Snapshot;

/// Which record ends, and when.
#[derive(clap::Args)]
pub(crate) struct Ending {
    /// Its id
    #[arg(value_parser = filled)]
    id: String,
    /// The first moment at which it is over by the gate's clock, such as 2026-06-30T16:00:00Z; without it the record is
    /// withdrawn at once, whatever the clocks say
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
    #[command(flatten)]
    says: Attribution,
    #[command(flatten)]
    manner: Manner,
}

/// Withdraws a record, or sets its `until`.
pub(crate) async fn end<T: Kind>(ending: &Ending) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let made = make(&ending.manner, now, |snapshot| plan::<T>(snapshot, ending, now)).await?;
    let (id, done) = (&ending.id, done::<T>(&made, ending));
    Ok(made.outcome(&ending.manner, &done, &format!("`{id}` is over or withdrawn by then already.")))
}

fn plan<T: Kind>(snapshot: &Snapshot, ending: &Ending, now: Timestamp) -> Result<Vec<Step>, String> {
    let (id, kind) = (&ending.id, T::KIND);
    let Some(before) = snapshot.record(kind, id) else {
        return Err(format!("there is no {kind} `{id}`; `gatectl {kind} list --all` lists them"));
    };
    let record = match read::<T>(before) {
        Ok(record) => record,
        Err(_) if is_withdrawn(before) => return Ok(Vec::new()),
        // What can't be read has no `until` that the gate would obey.
        Err(error) if ending.at.is_some_and(|at| at > now) => {
            return Err(format!(
                "`{id}` can't be read ({error}), so it can be withdrawn now, without `--at`, and not later"
            ));
        }
        Err(_) => {
            let mut after = before.clone();
            after.insert("withdrawn".into(), AttributeValue::Bool(true));
            ending.says.sign(&mut after, now);
            return Ok(Step::put(snapshot, after).into_iter().collect());
        }
    };
    let mut after = before.clone();
    match (ending.at, record.meta.window) {
        _ if record.meta.withdrawn => return Ok(Vec::new()),
        // A window that ends before it begins can't be read.
        (Some(at), window) if window.from.is_none_or(|from| from < at) => {
            match window.until {
                Some(until) if until == at => return Ok(Vec::new()),
                Some(until) if until <= now => return Err(format!("`{id}` is over since {}", render_time(until))),
                Some(until) if until < at => {
                    let until = render_time(until);
                    return Err(format!(
                        "`{id}` ends at {until}, before that: to prolong it, write it anew with `--replace`"
                    ));
                }
                Some(_) | None => {}
            }
            after.insert("until".into(), AttributeValue::S(render_time(at)));
        }
        (Some(_) | None, _) => drop(after.insert("withdrawn".into(), AttributeValue::Bool(true))),
    }
    ending.says.sign(&mut after, now);
    Ok(Step::put(snapshot, after).into_iter().collect())
}

fn done<T: Kind>(made: &Made, ending: &Ending) -> String {
    let id = &ending.id;
    if made.steps.iter().any(|step| step.before.as_ref().is_some_and(|before| read::<T>(before).is_err())) {
        return format!("`{id}`, which could not be read, is withdrawn.");
    }
    match ending.at.map(render_time) {
        None => format!("`{id}` is withdrawn from the gate's next request on."),
        Some(at) if made.steps.iter().any(|step| step.sign() == '-') => {
            format!("`{id}` is withdrawn: it was not to begin before {at}.")
        }
        Some(at) => format!("`{id}` is over from {at} on."),
    }
}
