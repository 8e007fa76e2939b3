//! I/O. `gatectl review show`: one possible match with its decisions.

use export_gate::terms::render_time;
use jiff::Timestamp;
use serde_json::json;

use super::queue::{Held, Match, Refusal, Resolution, told};
use super::read::{Source, not_held};
use crate::outcome::{Outcome, Trouble};
use crate::period::told as lasted;
use crate::says::filled;
use crate::show::{count, table};

/// Which one.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Who is held up: organisation#… or person#…
    #[arg(value_name = "SUBJECT", value_parser = filled)]
    subject: String,
    /// The entry that it may be, as list:entry
    #[arg(value_name = "PARTY", value_parser = filled)]
    party: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    source: Source,
}

/// Shows it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let now = Timestamp::now();
    let of = Match { subject: arguments.subject.clone(), party: arguments.party.clone() };
    let (queue, present, unread) = arguments.source.read(now).await?;
    let Some(held) = queue.held(&of) else {
        let says = format!("{}; `gatectl review list --all` lists who is", not_held(&of, &unread));
        return Ok(Outcome::new(arguments.json, || json!({"ok": false, "says": says}), format!("{says}\n"), false));
    };
    let state = of.resolution(Some(held), &present, now);
    let mut text = shown(&of, held, &state, now);
    text += &unread.iter().map(|why| format!("not read: {why}\n")).collect::<String>();
    let json = || {
        let mut json = told(&of, held, &state, now);
        json.as_object_mut().and_then(|json| json.insert("unread".into(), json!(unread)));
        json
    };
    Ok(Outcome::new(arguments.json, json, text, unread.is_empty()))
}

fn shown(of: &Match, held: &Held, state: &Resolution, now: Timestamp) -> String {
    let waited = lasted(state.waited(held, now));
    let waited = if state.is_open() { format!("waits {waited}") } else { format!("waited {waited}") };
    let times = count(held.refusals.len(), "refusal", "refusals");
    let mut text = format!("{} may be {}: {}; {times}, {waited}\n", of.subject, of.party, state.word());
    if let Some(score) = held.score {
        text += &format!("score: {score} of 1000\n");
    }
    if let Some(digest) = &held.match_sha256 {
        text += &format!("compared: {digest}\n");
    }
    if let Some(decided) = state.decided() {
        let at = decided.at.map_or_else(|| "nobody says when".to_owned(), render_time);
        text += &format!("{}, by {}, {at}: {}\n", decided.record, decided.by, decided.why);
    }
    let row = |(decision, refusal): (&String, &Refusal)| {
        let client = refusal.client.clone().unwrap_or_default();
        vec![decision.clone(), render_time(refusal.at), client, refusal.model.clone()]
    };
    text += "\n";
    text += &table(&["decision", "at", "client", "model"], held.in_order().into_iter().map(row), &[]);
    text
}
