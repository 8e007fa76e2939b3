//! I/O. `gatectl review clear`: a possible match is somebody else, which becomes a clearance.

use jiff::Timestamp;

use super::queue::{Match, Resolution};
use super::read::{not_held, queue};
use crate::attribution::{Attribution, filled};
use crate::change::{Manner, Step, make};
use crate::clearance::grant::{Cleared, bind, record};
use crate::entries::Place;
use crate::outcome::{Failure, Outcome};
use crate::period::{Since, since};

/// Which one, and what was found.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Who is held up: organisation#… or person#…
    #[arg(value_name = "SUBJECT", value_parser = filled)]
    subject: String,
    /// The entry that it is not, as list:entry
    #[arg(value_name = "PARTY", value_parser = filled)]
    party: String,
    #[command(flatten)]
    cleared: Cleared,
    /// Replace a clearance in force that differs
    #[arg(long)]
    replace: bool,
    /// Refusals from this moment on, or from so long ago
    #[arg(long, value_name = "TIME|DURATION", value_parser = since, default_value = "90d")]
    since: Since,
    /// Clear somebody whom nobody holds up
    #[arg(long)]
    anyway: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    says: Attribution,
    #[command(flatten)]
    manner: Manner,
}

/// Writes the clearance, of somebody who is held up and not confirmed.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let of = Match { subject: arguments.subject.clone(), party: arguments.party.clone() };
    let (queue, unread) = queue(&arguments.place, &arguments.manner.aws, arguments.since, now).await?;
    let held = queue.held(&of);
    let mut record = record(&of.subject, &of.party, &arguments.cleared, &arguments.says, now);
    // What was looked into is what was compared: another name or another entry is for another look.
    let compared = held.and_then(|held| held.match_sha256.as_deref());
    bind(&mut record, compared);
    let made = make(&arguments.manner, now, |snapshot| {
        if held.is_none() && !arguments.anyway {
            return Err(format!("{}; say `--anyway` to clear whom nobody has seen yet", not_held(&of, &unread)));
        }
        match of.resolution(held, snapshot, now) {
            Resolution::Confirmed(_) => Err(format!(
                "`{}` is confirmed to be `{}`: end that embargo first, gatectl embargo end '{}'",
                of.subject,
                of.party,
                of.embargo_id()
            )),
            Resolution::Cleared(_) => Step::wanted(snapshot, &record, arguments.replace),
            Resolution::Open | Resolution::Again(_) => Ok(Step::put(snapshot, record.clone()).into_iter().collect()),
        }
    })
    .await?;
    let until = if compared.is_some() { ", until the subject's names or the entry change" } else { "" };
    let done = format!("`{}` is not `{}`, from the gate's next request on{until}.", of.subject, of.party);
    Ok(made.outcome(&arguments.manner, &done, &format!("`{}` is cleared of `{}` already.", of.subject, of.party)))
}
