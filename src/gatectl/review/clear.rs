//! I/O. `gatectl review clear`: dismisses a potential match by a clearance.

use jiff::Timestamp;

use super::queue::Resolution;
use super::read::{MatchOptions, not_in_queue};
use crate::change::{ChangeOptions, Step, change};
use crate::clearance::grant::Cleared;
use crate::outcome::{Failure, Outcome};

/// Options of `gatectl review clear`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
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
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Arguments { cleared, replace, anyway, options, .. } = arguments;
    let now = Timestamp::now();
    let (of, queue, unread) = arguments.potential_match.read(&options.aws, now).await?;
    let refusals = queue.refusals(of);
    // The officer reviewed what the last refusal compared: another name or entry needs another review.
    let compared = refusals.and_then(|refusals| refusals.match_sha256.as_deref());
    let record = cleared.record(of, compared, &options.attribution, now);
    let changed = change(options, now, |snapshot| {
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
