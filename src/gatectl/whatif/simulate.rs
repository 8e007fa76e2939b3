//! I/O. `gatectl simulate`: the ledger's decisions against a draft: who would lose or gain access.

use std::collections::HashMap;
use std::path::PathBuf;

use export_gate::register::Register;
use export_gate::terms::{Window, parse_time, render_time};
use jiff::Timestamp;
use serde_json::json;

use super::effect::{Effect, Verdict, Weighed};
use crate::aws::Aws;
use crate::change::{Step, diff, faults, notes};
use crate::draft::{Draft, read};
use crate::entries::{Found, Place};
use crate::entry::Entry;
use crate::item::text;
use crate::outcome::{Outcome, Trouble};
use crate::period::{Since, since};
use crate::present::Present;
use crate::tables::RegisterTable;

/// The draft, and the decisions that are weighed against it.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The draft: records as files, each in the place of the register's own by its key
    #[arg(long, value_name = "FOLDER|FILE")]
    with: PathBuf,
    /// Decisions from this moment on, or from so long ago, such as 7d
    #[arg(long, value_name = "TIME|DURATION", value_parser = since, default_value = "7d")]
    since: Since,
    /// The moment as of which both are asked; now without it, or when the last record of the draft comes into force
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

/// How many different requests are remembered before the memory is begun anew.
const REMEMBERED: usize = 100_000;

/// Decides each decision of the period twice: by the register as it stands, and with the draft.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let now = Timestamp::now();
    let draft = read(&arguments.with)?;
    let present = Present::read(&arguments.aws.dynamodb().await, &arguments.register.register_table).await?;
    let steps: Vec<Step> =
        draft.register.values().filter_map(|placed| Step::put(&present, placed.item.clone())).collect();
    if steps.is_empty() {
        return Err(Trouble::new(format!("`{}` has no record of the register", arguments.with.display())));
    }
    let at = arguments.at.unwrap_or_else(|| begins(&draft).max(now));
    let wrong = faults(&present, &steps, now);
    if !wrong.is_empty() {
        let says = format!("the gate could not rely on the draft: {}", wrong.join("; "));
        return Ok(Outcome::new(arguments.json, || json!({"ok": false, "says": says}), format!("{says}\n"), false));
    }
    let mut drafted = present.clone();
    drafted.records.extend(steps.iter().map(|step| (step.key.clone(), step.after.clone())));
    let (today, then) = (present.register(at), drafted.register(at));
    let mut effect = Effect::default();
    let mut known: HashMap<String, (Verdict, Verdict)> = HashMap::new();
    let window = Window { from: Some(arguments.since.moment(now)), until: None };
    let read = arguments.place.read(&arguments.aws, window, |found| match found {
        Found::Entry(value) => match Entry::read(&value) {
            Ok(entry) if entry.is_decision() => {
                if known.len() > REMEMBERED {
                    known.clear();
                }
                let weighed = known.entry(request(&entry)).or_insert_with(|| both(&entry, &today, &then, at));
                effect.take(&entry, weighed);
            }
            Ok(_) => {}
            Err(why) => effect.unread.push(why),
        },
        Found::Unread { place, why } => effect.unread.push(format!("{place}: {why}")),
    });
    read.await?;
    let mut shown = diff(&steps);
    for note in notes(&present, &steps, now) {
        shown += &format!("note: {note}\n");
    }
    shown +=
        &format!("\nAs of {}, by the decisions since {}:\n", render_time(at), render_time(arguments.since.moment(now)));
    shown += &effect.shown();
    let json = || {
        let mut told = effect.told();
        told["at"] = json!(render_time(at));
        told["since"] = json!(render_time(arguments.since.moment(now)));
        told["changes"] = steps.iter().map(Step::told).collect();
        told
    };
    Ok(Outcome::new(arguments.json, json, shown, effect.unread.is_empty()))
}

/// When the last record of the draft comes into force.
fn begins(draft: &Draft) -> Timestamp {
    let from = draft.register.values().filter_map(|placed| parse_time(text(&placed.item, "from")).ok());
    from.max().unwrap_or(Timestamp::MIN)
}

/// What two requests have in common that are decided alike.
fn request(entry: &Entry) -> String {
    let to = serde_json::to_string(&entry.destination).unwrap_or_default();
    let parts =
        [entry.organisation.as_deref(), Some(&entry.model), entry.source_ip.as_deref(), entry.person.as_deref()];
    format!("{parts:?} {to} {}", entry.facts)
}

fn both(entry: &Entry, today: &Register, then: &Register, at: Timestamp) -> (Verdict, Verdict) {
    (Weighed::of(entry, today, at), Weighed::of(entry, then, at))
}
