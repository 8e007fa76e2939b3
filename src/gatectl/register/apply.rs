//! I/O. `gatectl register apply`: applies a folder to the register, in batches of one transaction each.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::terms::render_time;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::plan::{MOST_NAMED, Planned, Target, display, faulty_folder, plan_json, planned};
use super::write::{Written, write};
use crate::confirm::confirm;
use crate::display::{count, text_line};
use crate::draft::{Checked, read_nonempty};
use crate::item::text;
use crate::options::{Attribution, Globals, non_empty};
use crate::outcome::{Failure, Outcome};
use crate::output::notice;

/// Options of `gatectl register apply`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Name who makes the change, for records without `by`
    #[arg(long, value_name = "WHO", value_parser = non_empty)]
    by: Option<String>,
    /// Give the reason, for records without `why`
    #[arg(long, value_name = "TEXT", value_parser = non_empty)]
    why: Option<String>,
    /// Write without asking for confirmation
    #[arg(long)]
    yes: bool,
}

/// Displays the plan, asks for confirmation and writes.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let target = &arguments.target;
    let now = Timestamp::now();
    let Checked { draft, faults } = read_nonempty(&target.folder)?;
    if !faults.is_empty() {
        return Ok(faulty_folder(target, globals, &faults));
    }
    let mut planned = planned(target, globals, &draft).await?;
    sign(&mut planned, arguments, now)?;
    if !globals.json {
        notice(&display(&planned, &draft, target));
    }
    let plan = plan_json(&planned);
    let report = |is_fine: bool, message: String, written: Value| {
        let json = || {
            let mut json = plan.clone();
            json.extend([("ok".to_owned(), is_fine.into()), ("says".to_owned(), message.clone().into())]);
            json.insert("written".to_owned(), written);
            Value::Object(json)
        };
        Ok(Outcome::new(globals.json, json, text_line!("{message}"), is_fine))
    };
    if !planned.faults.is_empty() {
        let why = planned.faults.join("; ");
        let message = format!("Nothing was changed: the gate could not rely on the result: {why}.");
        return report(false, message, Value::Null);
    }
    if planned.plan.is_empty() {
        let message = "Nothing was changed: the register matches the folder.";
        return report(true, message.to_owned(), Value::Null);
    }
    let callers = target.callers_table.as_ref().filter(|_| !planned.plan.callers.is_empty());
    let tables: Vec<&str> = callers.into_iter().chain([&target.register.register_table]).map(String::as_str).collect();
    if !arguments.yes && !confirm(&tables.join("` and `"))? {
        return report(false, "Nothing was changed: you declined.".to_owned(), Value::Null);
    }
    let written = write(target, globals, planned, now).await?;
    let is_whole = written.why.is_none();
    let json = json!({"records": written.records, "revision": written.revision, "left": written.left});
    let outcome = report(is_whole, message(&written), json)?;
    Ok(if is_whole { outcome } else { outcome.not_done() })
}

fn message(Written { records, revision, left, why }: &Written) -> String {
    let done = format!("Written: {}, the register is at revision {revision}.", count(*records, "record", "records"));
    let Some(why) = why else { return done };
    let mut names = left.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
    if left.len() > MOST_NAMED {
        names += ", …";
    }
    let left = count(left.len(), "record", "records");
    format!("{done} Not written: {left} ({names}), because {why}. Review the plan and apply it again to complete it.")
}

/// Attributes every record that has no attribution of its own.
fn sign(planned: &mut Planned, arguments: &Arguments, now: Timestamp) -> Result<(), Failure> {
    let plan = &mut planned.plan;
    // A withdrawn record's own reason is why it was written, not why it is withdrawn.
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
                "nothing was changed: `{name}` has no attribution: add `by` and `why` to it, or pass `--by` and `--why`"
            )));
        };
        Attribution { by, why }.sign(record, now);
    }
    Ok(())
}
