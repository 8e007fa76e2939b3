//! Pure. The request log: the summary of one request for the log line and the metrics.
//!
//! INVARIANT: it contains no personal data and no part of a prompt or an answer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::decision::{Decision, leading};
use crate::register::{Register, UnreadableRecord};
use crate::request::Rejected;
use crate::terms::Code;

/// The summary of one request.
#[derive(Clone, Debug, Default)]
pub struct RequestLog {
    /// The route; empty if none matched.
    pub route: &'static str,
    /// The id of the recorded decision.
    pub decision_id: Option<String>,
    /// `permit` or `refuse`, if a decision was made.
    pub outcome: Option<&'static str>,
    /// The HTTP status.
    pub status: u16,
    /// Every code, without duplicates, the leading one first.
    pub codes: Vec<Code>,
    /// The number of parties that a caller submitted for screening, and of the candidates found.
    pub screened: Option<(usize, usize)>,
    /// The model's latency.
    pub model: Option<Duration>,
    /// The register's revision.
    pub revision: Option<u64>,
    /// The age of the register in memory.
    pub snapshot_age: Option<Duration>,
    /// The records that cannot be relied on.
    pub unreadable: Arc<[UnreadableRecord]>,
    /// The licences whose use is unreadable, so that their quota counts as used up.
    pub unreadable_usage: BTreeSet<String>,
    /// The number of embargoes in force that name no model of the register.
    pub unmatched_embargoes: usize,
    /// Their ids, if this request read the register.
    pub new_unmatched_embargoes: Vec<String>,
    /// The number of databases that are too old, and of those whose file cannot be reloaded.
    pub databases: (usize, usize),
    /// Warnings about databases: the database, and what is wrong.
    pub database_problems: Vec<(String, String)>,
    /// The time from the event to the decision.
    pub gate: Duration,
    /// The time of the ledger's write.
    pub ledger: Option<Duration>,
    /// The total time.
    pub total: Duration,
    /// Messages for operators about what failed.
    pub failures: Vec<String>,
}

impl RequestLog {
    /// Notes that the request was malformed or unauthenticated.
    pub(crate) fn rejected(&mut self, rejected: &Rejected) {
        self.codes.push(rejected.code());
        self.note(rejected.to_string());
    }

    /// Notes the register that the request uses.
    pub(crate) fn register(&mut self, register: &Register, now: Timestamp) {
        self.revision = Some(register.revision());
        self.snapshot_age = Duration::try_from(now.duration_since(register.read_at())).ok();
        self.unreadable = register.shared_unreadable();
        self.unmatched_embargoes = register.unmatched_embargoes(now).count();
        if self.snapshot_age == Some(Duration::ZERO) {
            self.new_unmatched_embargoes = unmatched_embargoes(register, now);
        }
    }

    /// Notes the decision.
    pub(crate) fn decided(&mut self, decision: &Decision) {
        self.outcome = Some(if leading(&decision.reasons).is_some() { "refuse" } else { "permit" });
        self.codes.extend(decision.reasons.iter().map(|reason| reason.code));
        // Without duplicates, because each embargo and each potential match adds a reason.
        let mut seen = BTreeSet::new();
        self.codes.retain(|code| seen.insert(*code));
    }

    /// Notes the number of submitted parties and of candidates.
    pub(crate) fn screened(&mut self, submitted: usize, candidates: usize) {
        self.screened = Some((submitted, candidates));
    }

    /// Notes that the entry is written.
    pub(crate) fn recorded(&mut self, decision_id: &str, took: Duration) {
        self.answered(decision_id);
        self.wrote(took);
    }

    /// Notes the end of the write, successful or not.
    pub(crate) fn wrote(&mut self, took: Duration) {
        self.ledger = Some(took);
    }

    /// Notes the decision that the answer names.
    pub(crate) fn answered(&mut self, decision_id: &str) {
        self.decision_id = Some(decision_id.to_owned());
    }

    /// Notes a failure of the gate or the model.
    pub(crate) fn failure(&mut self, code: Code, detail: String) {
        self.codes.insert(0, code);
        self.note(detail);
    }

    /// Adds a message for operators.
    pub(crate) fn note(&mut self, detail: String) {
        self.failures.push(detail);
    }
}

/// The ids of the embargoes in force that name no model of the register.
#[must_use]
pub fn unmatched_embargoes(register: &Register, now: Timestamp) -> Vec<String> {
    register.unmatched_embargoes(now).map(|embargo| embargo.meta.id.clone()).collect()
}
