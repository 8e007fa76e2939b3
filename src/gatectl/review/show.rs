//! I/O. `gatectl review show`: displays one potential match: both sides, the comparison and the refusals.

use export_gate::record::{Embargo, Item, Kind as _, List};
use export_gate::terms::render_time;
use jiff::Timestamp;
use serde_json::json;

use super::queue::{Refusal, Refusals, Resolution, json as match_json};
use super::read::{Source, not_in_queue};
use super::sides::{self, Sides, nearest, subject};
use crate::callers::Callers;
use crate::clearance::Match;
use crate::display::{count, table, text_line};
use crate::item::value_as_json;
use crate::lists::{Looked, look};
use crate::options::{CallersTable, Globals};
use crate::outcome::{Failure, Outcome};
use crate::period::render_duration;
use crate::snapshot::Snapshot;

/// Options of `gatectl review show`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    potential_match: Match,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    callers: CallersTable,
}

/// Displays the match. The exit code is 1 if a part of it is unreadable.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let of = &arguments.potential_match;
    let (queue, snapshot, mut unread) = arguments.source.read(globals, now).await?;
    let Some(refusals) = queue.refusals(of) else {
        let why = format!("{}; `gatectl review list --all` lists the queue", not_in_queue(of, &unread));
        return Ok(Outcome::refused(globals.json, &why));
    };
    let state = of.resolution(Some(refusals), &snapshot, now);
    let sides = sides(arguments, globals, of, &snapshot, &mut unread).await?;
    let mut text = display(of, refusals, &state, now);
    text += &sides.display(&of.subject, &of.party);
    text += &decisions(refusals);
    text += &unread.iter().map(|why| text_line!("not read: {why}")).collect::<String>();
    let json = || {
        let mut json = match_json(of, refusals, &state, now);
        if let Some(json) = json.as_object_mut() {
            json.insert("sides".into(), sides.json());
            json.insert("unread".into(), json!(unread));
        }
        json
    };
    Ok(Outcome::new(globals.json, json, text, unread.is_empty()))
}

fn display(of: &Match, refusals: &Refusals, state: &Resolution, now: Timestamp) -> String {
    let waited = render_duration(state.waited(refusals, now));
    let waited = if state.is_open() { format!("waits {waited}") } else { format!("waited {waited}") };
    let times = count(refusals.by_decision.len(), "refusal", "refusals");
    let mut text = text_line!("{} may be {}: {}; {times}, {waited}", of.subject, of.party, state.word());
    if let Some(score) = refusals.score {
        text += &text_line!("score: {score} of 1000");
    }
    if let Some(digest) = &refusals.match_sha256 {
        text += &text_line!("compared: {digest}");
    }
    if let Some(decided) = state.decided() {
        let at = decided.at.map_or_else(|| "at an unknown time".to_owned(), render_time);
        text += &text_line!("{}, by {}, {at}: {}", decided.record, decided.by, decided.why);
    }
    text
}

/// Both sides; faults of unreadable parts go to `unread`.
async fn sides(
    arguments: &Arguments,
    globals: &Globals,
    of: &Match,
    snapshot: &Snapshot,
    unread: &mut Vec<String>,
) -> Result<Sides, Failure> {
    let mut sides = Sides::default();
    let Source { register, .. } = &arguments.source;
    let dynamodb = globals.aws.dynamodb().await;
    let callers = Callers::new(dynamodb.clone(), arguments.callers.callers_table.clone());
    let record = callers.record(&of.subject).await?;
    sides.subject = record.as_ref().map(subject);
    let Some((list, entry)) = of.party.split_once(':') else { return Ok(sides) };
    if list == "parties" {
        embargo_parties(&of.subject, entry, record.as_ref(), snapshot, &mut sides, unread);
        return Ok(sides);
    }
    let Some(item) = snapshot.record(List::KIND, list) else { return Ok(sides) };
    match look(dynamodb, &register.register_table, (list, item), entry).await? {
        Ok(Looked { edition, index, party }) => {
            sides.entry = party.as_ref().map(sides::entry);
            sides.edition = Some(edition);
            match record.map(|record| nearest(&of.subject, &record, &index, |id| id == entry)).transpose() {
                Ok(hit) => sides.hit = hit.flatten(),
                Err(why) => unread.push(why),
            }
        }
        Err(why) => unread.push(why),
    }
    Ok(sides)
}

/// The parties that an embargo names, and the closest comparison with one of them.
fn embargo_parties(
    subject: &str,
    embargo: &str,
    record: Option<&Item>,
    snapshot: &Snapshot,
    sides: &mut Sides,
    unread: &mut Vec<String>,
) {
    let Some(item) = snapshot.record(Embargo::KIND, embargo) else { return };
    let to = item.get("applies_to").map(value_as_json).unwrap_or_default();
    sides.entry = to.get("parties").map(|parties| json!({"parties": parties}));
    let register = snapshot.register(Timestamp::now());
    let (Some(named), Some(record)) = (register.parties_named(), record) else { return };
    let is_its = |id: &str| id.split_once(':').is_some_and(|(_, its)| its == embargo);
    match nearest(subject, record, named.index(), is_its) {
        Ok(hit) => sides.hit = hit,
        Err(why) => unread.push(why),
    }
}

fn decisions(refusals: &Refusals) -> String {
    let row = |(decision, refusal): (&String, &Refusal)| {
        let client = refusal.client.clone().unwrap_or_default();
        vec![decision.clone(), render_time(refusal.at), client, refusal.model.clone()]
    };
    let rows = refusals.in_order().into_iter().map(row);
    format!("\n{}", table(&["decision", "at", "client", "model"], rows, &[]))
}
