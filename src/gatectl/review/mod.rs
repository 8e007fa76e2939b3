//! I/O. `gatectl review`: the queue of potential matches.

mod confirm;
pub(crate) mod queue;
mod read;
mod show;
mod sides;

use export_gate::terms::render_time;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::change::{ChangeOptions, Step, change};
use crate::clearance::grant::Cleared;
use crate::display::{grouped, table, text_line};
use crate::options::Globals;
use crate::outcome::{Failure, Outcome};
use crate::period::render_duration;
use queue::{Resolution, json as match_json};
use read::{MatchOptions, Source, not_in_queue};

/// Subcommands of `gatectl review`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List the callers that a potential match refuses, since when and how often
    List(Box<ListArguments>),
    /// Show one potential match: both sides, the comparison and its refusals, names of persons included
    Show(Box<show::Arguments>),
    /// Record that it is not the listed party, by a clearance
    Clear(Box<ClearArguments>),
    /// Record that it is the listed party, by an embargo
    Confirm(Box<confirm::Arguments>),
}

/// Runs a subcommand.
pub(crate) async fn run(command: &Command, globals: &Globals) -> Result<Outcome, Failure> {
    match command {
        Command::List(arguments) => list(arguments, globals).await,
        Command::Show(arguments) => show::run(arguments, globals).await,
        Command::Clear(arguments) => clear(arguments, globals).await,
        Command::Confirm(arguments) => confirm::run(arguments, globals).await,
    }
}

/// Options of `gatectl review list`.
#[derive(clap::Args)]
pub(crate) struct ListArguments {
    /// Include cleared and confirmed matches
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    source: Source,
}

/// Lists the queue. The exit code is 1 if an entry is unreadable.
async fn list(arguments: &ListArguments, globals: &Globals) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let (queue, snapshot, unread) = arguments.source.read(globals, now).await?;
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
    Ok(Outcome::new(globals.json, json, text, unread.is_empty()))
}

/// Options of `gatectl review clear`.
#[derive(clap::Args)]
pub(crate) struct ClearArguments {
    #[command(flatten)]
    potential_match: MatchOptions,
    #[command(flatten)]
    cleared: Cleared,
    /// Replace a clearance in force that differs
    #[arg(long)]
    replace: bool,
    /// Clear a match that has caused no refusal
    #[arg(long)]
    anyway: bool,
    #[command(flatten)]
    options: ChangeOptions,
}

/// Writes the clearance of a match that is refused and not confirmed.
async fn clear(arguments: &ClearArguments, globals: &Globals) -> Result<Outcome, Failure> {
    let ClearArguments { cleared, replace, anyway, options, .. } = arguments;
    let now = Timestamp::now();
    let (of, queue, unread) = arguments.potential_match.read(globals, now).await?;
    let refusals = queue.refusals(of);
    // The officer reviewed what the last refusal compared: another name or entry needs another review.
    let compared = refusals.and_then(|refusals| refusals.match_sha256.as_deref());
    let record = cleared.record(of, compared, &options.attribution, now);
    let changed = change(options, globals, now, |snapshot| {
        if refusals.is_none() && !anyway {
            return Err(format!("{}; pass `--anyway` to clear it in advance", not_in_queue(of, &unread)));
        }
        match of.resolution(refusals, snapshot, now) {
            Resolution::Confirmed(_) => Err(format!(
                "`{}` is confirmed to be `{}`: end that embargo first, gatectl embargo end '{}'",
                of.subject,
                of.party,
                of.embargo_id()
            )),
            Resolution::Cleared(_) => Step::wanted(snapshot, &record, *replace),
            Resolution::Open | Resolution::Again(_) => Ok(Step::put(snapshot, record.clone()).into_iter().collect()),
        }
    })
    .await?;
    let until = if compared.is_some() { ", until the subject's names or the entry change" } else { "" };
    let done = format!("`{}` is not `{}`, from the gate's next request on{until}.", of.subject, of.party);
    Ok(changed.outcome(&done, &format!("`{}` is cleared of `{}` already.", of.subject, of.party)))
}
