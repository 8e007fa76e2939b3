//! I/O. Ending a record: at once, or from a moment on. The history keeps the earlier version.
//!
//! At once means from the revision on: it does not depend on the operator's clock, which may differ from the gate's.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Item, Kind, is_withdrawn, read};
use export_gate::terms::{parse_time, render_time};
use jiff::Timestamp;

use super::run::{ChangeOptions, update};
use super::step::{Step, existing};
use crate::options::{Globals, non_empty};
use crate::outcome::{Failure, Outcome};

/// Options of `embargo end` and `licence revoke`.
#[derive(clap::Args)]
pub(crate) struct EndArguments {
    /// The id of the record
    #[arg(value_parser = non_empty)]
    id: String,
    /// End the record at this moment by the gate's clock, such as 2026-06-30T16:00:00Z; default: withdraw it at once
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
    #[command(flatten)]
    options: ChangeOptions,
}

/// Withdraws a record, or sets its `until`.
pub(crate) async fn end<T: Kind>(arguments: &EndArguments, globals: &Globals) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let EndArguments { id, options, .. } = arguments;
    let set = |before: &Item| set::<T>(before, arguments, now);
    let changed = update(options, globals, now, |snapshot| existing(snapshot, T::KIND, id), set).await?;
    let done = done::<T>(&changed.steps, arguments);
    Ok(changed.outcome(&done, &format!("`{}` is over or withdrawn by then already.", arguments.id)))
}

/// The attribute that ends the record; none if it is over by then.
fn set<T: Kind>(
    before: &Item,
    arguments: &EndArguments,
    now: Timestamp,
) -> Result<Option<(&'static str, AttributeValue)>, String> {
    let id = &arguments.id;
    let withdraw = Some(("withdrawn", AttributeValue::Bool(true)));
    let record = match read::<T>(before) {
        Ok(record) => record,
        Err(_) if is_withdrawn(before) => return Ok(None),
        // The gate ignores the `until` of an unreadable record.
        Err(error) if arguments.at.is_some_and(|at| at > now) => {
            return Err(format!("`{id}` can't be read ({error}), so it can only be withdrawn now, without `--at`"));
        }
        Err(_) => return Ok(withdraw),
    };
    match (arguments.at, record.meta.window) {
        _ if record.meta.withdrawn => Ok(None),
        // A window that ends before it begins can't be read.
        (Some(at), window) if window.from.is_none_or(|from| from < at) => match window.until {
            Some(until) if until == at => Ok(None),
            Some(until) if until <= now => Err(format!("`{id}` is over since {}", render_time(until))),
            Some(until) if until < at => {
                let until = render_time(until);
                Err(format!("`{id}` ends at {until}, before that: to prolong it, write it anew with `--replace`"))
            }
            Some(_) | None => Ok(Some(("until", AttributeValue::S(render_time(at))))),
        },
        (Some(_) | None, _) => Ok(withdraw),
    }
}

fn done<T: Kind>(steps: &[Step], arguments: &EndArguments) -> String {
    let id = &arguments.id;
    if steps.iter().any(|step| step.before.as_ref().is_some_and(|before| read::<T>(before).is_err())) {
        return format!("`{id}`, which could not be read, is withdrawn.");
    }
    match arguments.at.map(render_time) {
        None => format!("`{id}` is withdrawn from the gate's next request on."),
        Some(at) if steps.iter().any(|step| step.sign() == '-') => {
            format!("`{id}` is withdrawn: its window begins at {at} or later.")
        }
        Some(at) => format!("`{id}` is over from {at} on."),
    }
}
