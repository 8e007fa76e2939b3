//! I/O. `gatectl review list`: lists the callers that a potential match refuses, the longest wait first.

use export_gate::terms::render_time;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::queue::json as match_json;
use super::read::Source;
use crate::display::{grouped, table, text_line};
use crate::outcome::{Failure, Outcome};
use crate::period::render_duration;

/// Options of `gatectl review list`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Include cleared and confirmed matches
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    source: Source,
}

/// Lists the queue. The exit code is 1 if an entry is unreadable.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let (queue, snapshot, unread) = arguments.source.read(now).await?;
    let all = queue.all();
    let all: Vec<_> =
        all.into_iter().map(|(of, refusals)| (of, refusals, of.resolution(Some(refusals), &snapshot, now))).collect();
    let shown: Vec<_> = all.iter().filter(|(_, _, state)| arguments.all || state.is_open()).collect();
    let rows = shown.iter().map(|(of, refusals, state)| {
        vec![
            of.subject.clone(),
            of.party.clone(),
            state.word().to_owned(),
            render_time(refusals.first),
            render_time(refusals.last),
            render_duration(state.waited(refusals, now)),
            grouped(refusals.count.into()),
            grouped(u128::try_from(refusals.clients.len()).unwrap_or_default()),
        ]
    });
    let heading = ["subject", "party", "state", "since", "last", "waited", "times", "clients"];
    let mut text =
        if shown.is_empty() { "The queue is empty.\n".to_owned() } else { table(&heading, rows, &[5, 6, 7]) };
    text += &unread.iter().map(|why| text_line!("not read: {why}")).collect::<String>();
    let json = || {
        let queue: Vec<Value> =
            shown.iter().map(|(of, refusals, state)| match_json(of, refusals, state, now)).collect();
        json!({"ok": unread.is_empty(), "queue": queue, "unread": unread})
    };
    Ok(Outcome::new(arguments.json, json, text, unread.is_empty()))
}
