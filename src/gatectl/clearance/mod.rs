//! I/O. `gatectl clearance`: grants and revokes clearances, which dismiss a potential match.

pub(crate) mod grant;

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Clearance, Item, Kind};
use jiff::Timestamp;

use crate::change::{ChangeOptions, Step, update};
use crate::item::text;
use crate::options::{Globals, non_empty};
use crate::outcome::{Failure, Outcome};
use crate::record_table::State;
use crate::snapshot::Snapshot;

/// Subcommands of `gatectl clearance`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Record that a potential match is not the listed party
    Grant(Box<grant::Arguments>),
    /// Revoke a clearance: the subject is a potential match again
    Revoke(Box<RevokeArguments>),
}

/// A potential match of a caller with a listed party.
#[derive(clap::Args, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Match {
    /// The screened caller: organisation#… or person#…
    #[arg(value_name = "SUBJECT", value_parser = non_empty)]
    pub(crate) subject: String,
    /// The list entry, as list:entry
    #[arg(value_name = "PARTY", value_parser = non_empty)]
    pub(crate) party: String,
}

/// Options of `gatectl clearance revoke`.
#[derive(clap::Args)]
pub(crate) struct RevokeArguments {
    #[command(flatten)]
    potential_match: Match,
    #[command(flatten)]
    options: ChangeOptions,
}

/// Runs a subcommand.
pub(crate) async fn run(command: &Command, globals: &Globals) -> Result<Outcome, Failure> {
    match command {
        Command::Grant(arguments) => grant::run(arguments, globals).await,
        Command::Revoke(arguments) => revoke(arguments, globals).await,
    }
}

/// Withdraws a clearance. It takes effect at once, since it only restricts.
async fn revoke(arguments: &RevokeArguments, globals: &Globals) -> Result<Outcome, Failure> {
    let RevokeArguments { potential_match: of @ Match { subject, party }, options } = arguments;
    let now = Timestamp::now();
    let set = |before: &Item| {
        let is_withdrawn = State::of::<Clearance>(before, now) == State::Withdrawn;
        Ok((!is_withdrawn).then_some(("withdrawn", AttributeValue::Bool(true))))
    };
    let changed = update(
        options,
        globals,
        now,
        |snapshot| {
            // A clearance that was applied from a file may have an id of its own.
            let by_content = || snapshot.of_kind(Clearance::KIND).map(|(_, item)| item).find(|item| of.is_of(item));
            let before = snapshot.record(Clearance::KIND, &of.clearance_id()).or_else(by_content);
            before.ok_or_else(|| format!("`{subject}` has no clearance against `{party}`"))
        },
        set,
    );
    let done = format!("`{subject}` is a potential match with `{party}` again.");
    Ok(changed.await?.outcome(&done, "the clearance is withdrawn already."))
}

impl Match {
    /// The id of its clearance.
    pub(crate) fn clearance_id(&self) -> String {
        format!("{} {}", self.subject, self.party)
    }

    /// Whether a clearance is for this match.
    pub(crate) fn is_of(&self, clearance: &Item) -> bool {
        text(clearance, "subject") == self.subject && text(clearance, "party") == self.party
    }

    /// The steps that put a clearance. One in force with other content is replaced only if `replace`.
    pub(crate) fn grant(
        &self,
        snapshot: &Snapshot,
        clearance: &Item,
        replace: bool,
        now: Timestamp,
    ) -> Result<Vec<Step>, String> {
        let existing = snapshot.record(Clearance::KIND, &self.clearance_id());
        let is_in_force = existing.is_some_and(|item| State::of::<Clearance>(item, now) == State::InForce);
        Step::wanted(snapshot, clearance, replace || !is_in_force)
    }
}
