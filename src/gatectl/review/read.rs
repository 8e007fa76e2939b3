//! I/O. The queue, as ledger and register have it.

use export_gate::ledger::bears_its_hash;
use export_gate::terms::Window;
use jiff::Timestamp;

use super::queue::{Match, Queue, fault};
use crate::aws::Aws;
use crate::entries::{Found, Place};
use crate::entry::Entry;
use crate::outcome::Failure;
use crate::period::{Since, since};
use crate::snapshot::Snapshot;
use crate::table_options::RegisterTable;

/// Where ledger and register are, and how far back is looked.
#[derive(clap::Args)]
pub(crate) struct Source {
    /// Refusals from this moment on, or from so long ago
    #[arg(long, value_name = "TIME|DURATION", value_parser = since, default_value = "90d")]
    since: Since,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    pub(super) register: RegisterTable,
    #[command(flatten)]
    pub(super) aws: Aws,
}

impl Source {
    /// The queue, the register, and what could not be read.
    pub(super) async fn read(&self, now: Timestamp) -> Result<(Queue, Snapshot, Vec<String>), Failure> {
        let (queue, unread) = queue(&self.place, &self.aws, self.since, now).await?;
        let snapshot = Snapshot::read(&self.aws.dynamodb().await, &self.register.register_table).await?;
        Ok((queue, snapshot, unread))
    }
}

/// The queue as the ledger has it.
pub(super) async fn queue(
    place: &Place,
    aws: &Aws,
    since: Since,
    now: Timestamp,
) -> Result<(Queue, Vec<String>), Failure> {
    let (mut queue, mut unread) = (Queue::default(), Vec::new());
    let window = Window { from: Some(since.moment(now)), until: None };
    let read = place.read(aws, window, |found| match found {
        Found::Entry(value) => match Entry::read(&value) {
            Ok(entry) if !bears_its_hash(&value) => {
                unread.push(format!(
                    "the entry `{}` does not bear its hash: it is not what the gate wrote",
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

/// That nobody is held up so, as far as the ledger could be read.
pub(super) fn not_held(of: &Match, unread: &[String]) -> String {
    let rest = match unread {
        [] => String::new(),
        [first, ..] => format!(", as far as the ledger can be read ({first})"),
    };
    format!("`{}` is not held up by `{}`{rest}", of.subject, of.party)
}
