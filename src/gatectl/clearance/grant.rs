//! I/O. `gatectl clearance grant`: records that a potential match is not the listed party.

use export_gate::record::{Clearance, Item, Meta, Record, write};
use export_gate::terms::{Window, parse_time};
use jiff::Timestamp;

use super::Match;
use crate::change::{ChangeOptions, change};
use crate::draft::{DraftOption, save};
use crate::options::{Attribution, Globals, non_empty, unless_draft};
use crate::outcome::{Failure, Outcome};

/// Options of `gatectl clearance grant`.
#[derive(clap::Args)]
#[command(mut_arg("register_table", unless_draft))]
pub(crate) struct Arguments {
    #[command(flatten)]
    potential_match: Match,
    #[command(flatten)]
    cleared: Cleared,
    /// Bind the clearance to a comparison, by the `match_sha256` of the refusal: it ends when the subject's names or the entry
    /// change. Default: it stays in force
    #[arg(long, value_name = "DIGEST", value_parser = match_digest)]
    match_sha256: Option<String>,
    /// Replace a clearance in force that differs
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    draft: DraftOption,
    #[command(flatten)]
    options: ChangeOptions,
}

/// The content of a clearance.
#[derive(clap::Args, Clone)]
pub(crate) struct Cleared {
    /// Name the officer who decided
    #[arg(long, value_name = "WHO", value_parser = non_empty)]
    officer: String,
    /// Say why the subject is not the listed party
    #[arg(long, value_name = "TEXT", value_parser = non_empty)]
    reason: String,
    /// Set the moment at which the clearance ends; default: never
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<Timestamp>,
}

/// Puts the clearance.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let Arguments { potential_match: of, options, .. } = arguments;
    let now = Timestamp::now();
    let record = arguments.cleared.record(of, arguments.match_sha256.as_deref(), &options.attribution, now);
    if let Some(file) = &arguments.draft.draft {
        return save(file, record, globals.json);
    }
    let changed = change(options, globals, now, |snapshot| of.grant(snapshot, &record, arguments.replace, now)).await?;
    let Match { subject, party } = of;
    let done = format!("`{subject}` is not `{party}`, from the gate's next request on.");
    Ok(changed.outcome(&done, &format!("`{subject}` is cleared of `{party}` already.")))
}

impl Cleared {
    /// The record. With `match_sha256` it ends when the compared names change.
    pub(crate) fn record(
        &self,
        of: &Match,
        match_sha256: Option<&str>,
        attribution: &Attribution,
        now: Timestamp,
    ) -> Item {
        let record = write(&Record {
            meta: Meta { id: of.clearance_id(), window: Window { from: None, until: self.until }, ..Meta::default() },
            body: Clearance {
                subject: of.subject.clone(),
                party: of.party.clone(),
                match_sha256: match_sha256.map(str::to_owned),
                reason: self.reason.clone(),
                officer: self.officer.clone(),
            },
        });
        attribution.signed(record, now)
    }
}

fn match_digest(text: &str) -> Result<String, String> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() == 32 && text.bytes().all(is_digit) {
        Ok(text.to_owned())
    } else {
        Err("expected 32 lower-case hexadecimal digits, as `gatectl review show` prints them".into())
    }
}
