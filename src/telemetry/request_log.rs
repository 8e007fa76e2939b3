//! Pure. What a log line and the metrics may know of a request: nothing of a person or a prompt.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::decision::{Decision, leading};
use crate::register::{Fault, Register};
use crate::request::Rejected;
use crate::terms::Code;

/// What became of a request.
#[derive(Clone, Debug, Default)]
pub struct RequestLog {
    /// The route; empty where there was none.
    pub route: &'static str,
    /// The decision's id, where one was recorded.
    pub decision_id: Option<String>,
    /// `permit` or `refuse`, where it was decided.
    pub outcome: Option<&'static str>,
    /// The HTTP status.
    pub status: u16,
    /// Every code returned or noted, each once, the leading one first.
    pub codes: Vec<Code>,
    /// Who was held against the lists because a caller asked about them, and which candidates that gave: how many.
    pub screened: Option<(usize, usize)>,
    /// How long the model took.
    pub model: Option<Duration>,
    /// The register's revision.
    pub revision: Option<u64>,
    /// How long ago the register in memory was read.
    pub snapshot_age: Option<Duration>,
    /// The records that can't be relied on.
    pub unreadable: Arc<[Fault]>,
    /// The licences whose use can't be read, so that their quota counts as used up.
    pub unreadable_usage: BTreeSet<String>,
    /// The ids of the embargoes in force that name no model of the register.
    pub unmatched_embargoes: Vec<String>,
    /// How many databases are too old, and how many have a file that can't be loaded anew.
    pub databases: (usize, usize),
    /// What operators are to be told of databases: which, what is the matter.
    pub database_news: Vec<(String, String)>,
    /// From the event to the decision.
    pub gate: Duration,
    /// The ledger's write.
    pub ledger: Option<Duration>,
    /// All of it.
    pub total: Duration,
    /// What went wrong, in words for operators.
    pub failures: Vec<String>,
}

impl RequestLog {
    /// The request was none.
    pub(crate) fn rejected(&mut self, rejected: &Rejected) {
        self.codes.push(rejected.code());
        self.note(rejected.to_string());
    }

    /// The register that served it.
    pub(crate) fn register(&mut self, register: &Register, now: Timestamp) {
        self.revision = Some(register.revision());
        self.snapshot_age = Duration::try_from(now.duration_since(register.read_at())).ok();
        self.unreadable = register.shared_faults();
        self.unmatched_embargoes = unmatched_embargoes(register, now);
    }

    /// What was decided.
    pub(crate) fn decided(&mut self, decision: &Decision) {
        self.outcome = Some(if leading(&decision.reasons).is_some() { "refuse" } else { "permit" });
        self.codes.extend(decision.reasons.iter().map(|reason| reason.code));
        // Each embargo and each possible match is a reason; a line that grew with them would have no end.
        let mut seen = BTreeSet::new();
        self.codes.retain(|code| seen.insert(*code));
    }

    /// So many were held against the lists, which gave so many candidates.
    pub(crate) fn screened(&mut self, asked: usize, candidates: usize) {
        self.screened = Some((asked, candidates));
    }

    /// The entry is written.
    pub(crate) fn recorded(&mut self, decision_id: &str, took: Duration) {
        self.answered(decision_id);
        self.wrote(took);
    }

    /// The write ended, well or not.
    pub(crate) fn wrote(&mut self, took: Duration) {
        self.ledger = Some(took);
    }

    /// The decision that the answer names.
    pub(crate) fn answered(&mut self, decision_id: &str) {
        self.decision_id = Some(decision_id.to_owned());
    }

    /// What kept the gate or the model from answering.
    pub(crate) fn failure(&mut self, code: Code, detail: String) {
        self.codes.insert(0, code);
        self.note(detail);
    }

    /// Something for operators to know.
    pub(crate) fn note(&mut self, detail: String) {
        self.failures.push(detail);
    }
}

/// The ids of the embargoes in force that name no model of the register.
#[must_use]
pub fn unmatched_embargoes(register: &Register, now: Timestamp) -> Vec<String> {
    register.unmatched_embargoes(now).map(|embargo| embargo.meta.id.clone()).collect()
}
