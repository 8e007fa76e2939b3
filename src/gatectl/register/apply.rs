//! I/O. `gatectl register apply`: the register comes to have what a folder says, in batches, each one transaction.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::terms::render_time;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::plan::{NAMED, Planned, Target, misread, planned, shown, told};
use super::write::{Written, write};
use crate::attribution::{Attribution, filled};
use crate::confirm::agrees;
use crate::display::{count, text_line};
use crate::draft::{Checked, look};
use crate::item::text;
use crate::outcome::{Failure, Outcome};
use crate::output::notice;

/// What to apply, and who says so.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Who says so, for the records that don't say it themselves
    #[arg(long, value_name = "WHO", value_parser = filled)]
    by: Option<String>,
    /// Why, for the records that don't say it themselves
    #[arg(long, value_name = "TEXT", value_parser = filled)]
    why: Option<String>,
    /// Don't ask
    #[arg(long)]
    yes: bool,
}

/// Shows the plan, asks, writes.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let target = &arguments.target;
    let now = Timestamp::now();
    let Checked { draft, faults } = look(&target.folder)?;
    if !faults.is_empty() {
        return Ok(misread(target, &faults));
    }
    let mut planned = planned(target, &draft).await?;
    sign(&mut planned, arguments, now)?;
    if !target.json {
        notice(&shown(&planned, &draft, target));
    }
    let plan = told(&planned);
    let done = |is_fine: bool, says: String, written: Value| {
        let json = || {
            let mut told = plan.clone();
            told.extend([("ok".to_owned(), is_fine.into()), ("says".to_owned(), says.clone().into())]);
            told.insert("written".to_owned(), written);
            Value::Object(told)
        };
        Ok(Outcome::new(target.json, json, text_line!("{says}"), is_fine))
    };
    if !planned.faults.is_empty() {
        let why = planned.faults.join("; ");
        let says = format!("Nothing was changed: the gate could not rely on what this leaves: {why}.");
        return done(false, says, Value::Null);
    }
    if planned.plan.is_empty() {
        let says = "Nothing was changed: there is nothing to do, the register has what the folder says.";
        return done(true, says.to_owned(), Value::Null);
    }
    let callers = target.callers_table.as_ref().filter(|_| !planned.plan.callers.is_empty());
    let tables: Vec<&str> = callers.into_iter().chain([&target.register.register_table]).map(String::as_str).collect();
    if !arguments.yes && !agrees(&tables.join("` and `"))? {
        return done(false, "Nothing was changed: you did not agree.".to_owned(), Value::Null);
    }
    let written = write(target, planned, now).await?;
    done(
        written.why.is_none(),
        says(&written),
        json!({"records": written.records, "revision": written.revision, "left": written.left}),
    )
}

fn says(Written { records, revision, left, why }: &Written) -> String {
    let done = format!("Written: {}, the register is at revision {revision}.", count(*records, "record", "records"));
    let Some(why) = why else { return done };
    let mut names = left.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if left.len() > NAMED {
        names += ", …";
    }
    let left = count(left.len(), "record", "records");
    format!(
        "{done} Not written: {left} ({names}), because {why}. Look at the plan and apply it again, which completes it."
    )
}

/// Every record says who, when and why.
fn sign(planned: &mut Planned, arguments: &Arguments, now: Timestamp) -> Result<(), Failure> {
    let plan = &mut planned.plan;
    // What a record says that no file has is why it was there, not why it goes.
    let unfiled = &plan.unfiled;
    let registered =
        plan.steps.iter_mut().map(|step| (!unfiled.contains(&step.key), step.key.to_string(), &mut step.after));
    let callers = plan.callers.iter_mut().map(|step| (true, step.id.clone(), &mut step.after));
    for (is_filed, name, record) in registered.chain(callers) {
        if is_filed && ["by", "why"].iter().all(|word| !text(record, word).trim().is_empty()) {
            if text(record, "at").is_empty() {
                record.insert("at".into(), AttributeValue::S(render_time(now)));
            }
            continue;
        }
        let (Some(by), Some(why)) = (arguments.by.clone(), arguments.why.clone()) else {
            return Err(Failure::new(format!(
                "nothing was changed: nobody says who wants `{name}` so and why: add `by` and `why` to it, or say `--by` and `--why`"
            )));
        };
        Attribution { by, why }.sign(record, now);
    }
    Ok(())
}
