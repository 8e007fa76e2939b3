//! I/O. Reading the review queue from the ledger.

use export_gate::ledger::has_valid_hash;
use export_gate::terms::Window;
use jiff::Timestamp;

use super::queue::{Queue, fault};
use crate::clearance::Match;
use crate::entries::{Found, Place};
use crate::entry::Entry;
use crate::options::{Globals, RegisterTable};
use crate::outcome::Failure;
use crate::period::{Since, since};
use crate::snapshot::Snapshot;

/// The part of the ledger that is read.
#[derive(clap::Args)]
struct LedgerOptions {
    /// Read refusals since this moment or for this long, such as 2026-06-12T21:21:00Z or 7d
    #[arg(long, value_name = "TIME|DURATION", value_parser = since, default_value = "90d")]
    since: Since,
    #[command(flatten)]
    place: Place,
}

/// A match and the part of the ledger that is read for it.
#[derive(clap::Args)]
pub(crate) struct MatchOptions {
    #[command(flatten)]
    potential_match: Match,
    #[command(flatten)]
    ledger: LedgerOptions,
}

/// Options of the commands that only read.
#[derive(clap::Args)]
pub(crate) struct Source {
    #[command(flatten)]
    ledger: LedgerOptions,
    #[command(flatten)]
    pub(super) register: RegisterTable,
}

impl Source {
    /// The queue, the register, and the faults of unreadable entries.
    pub(super) async fn read(
        &self,
        globals: &Globals,
        now: Timestamp,
    ) -> Result<(Queue, Snapshot, Vec<String>), Failure> {
        let (queue, unread) = self.ledger.queue(globals, now).await?;
        let snapshot = Snapshot::read(&globals.aws.dynamodb().await, &self.register.register_table).await?;
        Ok((queue, snapshot, unread))
    }
}

impl MatchOptions {
    /// The match, the queue, and the faults of unreadable entries.
    pub(super) async fn read(
        &self,
        globals: &Globals,
        now: Timestamp,
    ) -> Result<(&Match, Queue, Vec<String>), Failure> {
        let (queue, unread) = self.ledger.queue(globals, now).await?;
        Ok((&self.potential_match, queue, unread))
    }
}

impl LedgerOptions {
    async fn queue(&self, globals: &Globals, now: Timestamp) -> Result<(Queue, Vec<String>), Failure> {
        let (mut queue, mut unread) = (Queue::default(), Vec::new());
        let window = Window { from: Some(self.since.moment(now)), until: None };
        let read = self.place.read(&globals.aws, window, |found| match found {
            Found::Entry(value) => match Entry::read(&value) {
                Ok(entry) if !has_valid_hash(&value) => {
                    unread.push(format!(
                        "the entry `{}` does not match its hash: it was changed after the gate wrote it",
                        entry.decision_id
                    ));
                }
                Ok(entry) => {
                    unread.extend(fault(&entry));
                    queue.take(&entry);
                }
                Err(why) => unread.push(why),
            },
            Found::Unread { place, why } => unread.push(format!("{place}: {why}")),
        });
        read.await?;
        Ok((queue, unread))
    }
}

/// The message that a match has caused no refusal.
pub(super) fn not_in_queue(of: &Match, unread: &[String]) -> String {
    let limit = match unread {
        [] => String::new(),
        [first, ..] => format!(", as far as the ledger can be read ({first})"),
    };
    format!("`{}` was not refused as a potential match with `{}`{limit}", of.subject, of.party)
}
