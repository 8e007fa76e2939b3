//! I/O. `gatectl review list`: who is held up by a possible match, since when, and how often.

use export_gate::terms::render_time;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::queue::told;
use super::read::Source;
use crate::display::{grouped, table, text_line};
use crate::outcome::{Failure, Outcome};
use crate::period::told as lasted;

/// Which of them.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// List those too that are cleared or confirmed
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    source: Source,
}

/// Lists them, those that have waited longest first.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let (queue, snapshot, unread) = arguments.source.read(now).await?;
    let all = queue.all();
    let all: Vec<_> = all.into_iter().map(|(of, held)| (of, held, of.resolution(Some(held), &snapshot, now))).collect();
    let shown: Vec<_> = all.iter().filter(|(_, _, state)| arguments.all || state.is_open()).collect();
    let rows = shown.iter().map(|(of, held, state)| {
        vec![
            of.subject.clone(),
            of.party.clone(),
            state.word().to_owned(),
            render_time(held.since),
            render_time(held.last),
            lasted(state.waited(held, now)),
            grouped(held.times.into()),
            grouped(u128::try_from(held.clients.len()).unwrap_or_default()),
        ]
    });
    let heading = ["subject", "party", "state", "since", "last", "waited", "times", "clients"];
    let mut text = if shown.is_empty() { "Nobody is held up.\n".to_owned() } else { table(&heading, rows, &[5, 6, 7]) };
    text += &unread.iter().map(|why| text_line!("not read: {why}")).collect::<String>();
    let json = || {
        let queue: Vec<Value> = shown.iter().map(|(of, held, state)| told(of, held, state, now)).collect();
        json!({"ok": unread.is_empty(), "queue": queue, "unread": unread})
    };
    Ok(Outcome::new(arguments.json, json, text, unread.is_empty()))
}
