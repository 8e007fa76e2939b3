//! I/O. `gatectl review show`: one possible match with its decisions.

use export_gate::terms::render_time;
use jiff::Timestamp;
use serde_json::json;

use super::queue::{Match, told};
use super::read::Source;
use crate::outcome::{Outcome, Trouble};
use crate::period::told as lasted;
use crate::says::filled;

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
    let (queue, present, _) = arguments.source.read(now).await?;
    let Some(held) = queue.held(&of) else {
        let says =
            format!("`{}` is not held up by `{}`; `gatectl review list --all` lists who is", of.subject, of.party);
        return Ok(Outcome::new(arguments.json, || json!({"ok": false, "says": says}), format!("{says}\n"), false));
    };
    let state = of.resolution(&present, now);
    let words = |set: &std::collections::BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
    let mut text = format!(
        "{} may be {}: {}, held up {} times from {} to {}, {}\nclients  {}\nmodels  {}\n",
        of.subject,
        of.party,
        state.word(),
        held.times,
        render_time(held.since),
        render_time(held.last),
        lasted(state.waited(held, now)),
        words(&held.clients),
        words(&held.models)
    );
    text += "decisions, the first of them; `gatectl ledger show` has each:\n";
    text += &held.decisions.iter().map(|decision| format!("    {decision}\n")).collect::<String>();
    Ok(Outcome::new(arguments.json, || told(&of, held, &state, now), text, true))
}
