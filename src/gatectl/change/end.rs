//! I/O. Ending a record: from a moment on it is over, and what it was stays in the history.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Kind, is_withdrawn, read};
use export_gate::terms::{parse_time, render_time};
use jiff::Timestamp;

use super::make::{Made, Manner, make};
use super::step::Step;
use crate::outcome::{Outcome, Trouble};
use crate::present::Present;
use crate::says::{Says, filled};

/// Which record ends, and when.
#[derive(clap::Args)]
pub(crate) struct Ending {
    /// Its id
    #[arg(value_parser = filled)]
    id: String,
    /// The first moment at which it is over, such as 2026-06-30T16:00:00Z; now without it
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
    #[command(flatten)]
    says: Says,
    #[command(flatten)]
    manner: Manner,
}

/// Sets a record's `until`.
pub(crate) async fn end<T: Kind>(ending: &Ending) -> Result<Outcome, Trouble> {
    let now = Timestamp::now();
    let made = make(&ending.manner, now, |present| plan::<T>(present, ending, now)).await?;
    let (id, done) = (&ending.id, done::<T>(&made, ending, now));
    Ok(made.outcome(&ending.manner, &done, &format!("`{id}` is over or withdrawn by then already.")))
}

fn plan<T: Kind>(present: &Present, ending: &Ending, now: Timestamp) -> Result<Vec<Step>, String> {
    let (id, kind) = (&ending.id, T::KIND);
    let Some(before) = present.record(kind, id) else {
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
            return Ok(Step::put(present, after).into_iter().collect());
        }
    };
    let at = ending.at.unwrap_or(now);
    match record.meta.window.until {
        _ if record.meta.withdrawn => return Ok(Vec::new()),
        Some(until) if until == at || (until <= now && ending.at.is_none()) => return Ok(Vec::new()),
        Some(until) if until <= now => return Err(format!("`{id}` is over since {}", render_time(until))),
        Some(until) if until < at => {
            let until = render_time(until);
            return Err(format!("`{id}` ends at {until}, before that: to prolong it, write it anew with `--replace`"));
        }
        Some(_) | None => {}
    }
    let mut after = before.clone();
    if record.meta.window.from.is_some_and(|from| at <= from) {
        // A window that ends before it begins can't be read.
        after.insert("withdrawn".into(), AttributeValue::Bool(true));
    } else {
        after.insert("until".into(), AttributeValue::S(render_time(at)));
    }
    ending.says.sign(&mut after, now);
    Ok(Step::put(present, after).into_iter().collect())
}

fn done<T: Kind>(made: &Made, ending: &Ending, now: Timestamp) -> String {
    let (id, at) = (&ending.id, render_time(ending.at.unwrap_or(now)));
    if made.steps.iter().any(|step| step.after.contains_key("until") && step.sign() != '-') {
        format!("`{id}` is over from {at} on.")
    } else if made.steps.iter().any(|step| step.before.as_ref().is_some_and(|before| read::<T>(before).is_err())) {
        format!("`{id}`, which could not be read, is withdrawn.")
    } else {
        format!("`{id}` is withdrawn: it was not to begin before {at}.")
    }
}
