//! Pure. The report of a reconciliation, as text and as JSON.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::call::Call;
use super::matching::{Matched, Permit};
use super::trail::Unread;
use crate::display::{count, table, text_line};
use crate::outcome::Outcome;

/// The report of a reconciliation.
pub(super) struct ReconcileReport {
    /// The gate's calls, matched with permits.
    pub(super) matched: Matched,
    /// Calls by other principals.
    pub(super) others: Vec<Call>,
    /// Calls that IAM denied.
    pub(super) denied: Vec<Call>,
    /// The code of each completion, by decision.
    pub(super) completions: HashMap<String, String>,
    /// Unreadable log files, records and entries.
    pub(super) unread: Vec<Unread>,
    /// The number of skipped CloudTrail digests.
    pub(super) digests: usize,
    /// The number of calls.
    pub(super) call_count: usize,
    /// The number of ledger entries.
    pub(super) entry_count: usize,
    /// The number of trail records.
    pub(super) record_count: usize,
    /// Whether the trail has any endpoint call in the period, extended by the slack.
    pub(super) has_calls: bool,
}

impl ReconcileReport {
    /// The outcome. It is fine if every call has a permit.
    pub(super) fn outcome(&self, as_json: bool) -> Outcome {
        let faults = self.others.len().saturating_add(self.matched.without_permit.len());
        let is_fine = faults == 0 && self.unread.is_empty() && self.missing_calls().is_none();
        Outcome::new(as_json, || self.json(is_fine), self.text(is_fine, faults), is_fine)
    }

    /// Why the trail proves nothing, if so: it has no calls at all.
    fn missing_calls(&self) -> Option<String> {
        let next = "check that its copy is complete and that data events of AWS::SageMaker::Endpoint are recorded";
        if self.record_count == 0 {
            return Some(format!("the trail has no records: {next}"));
        }
        let expected =
            self.matched.without_call.iter().filter(|permit| !self.completions.contains_key(&permit.decision));
        match expected.count() {
            0 => None,
            _ if self.has_calls => None,
            permits => Some(format!(
                "the trail has no endpoint calls, but the ledger has {} without a completion: {next}",
                count(permits, "permit", "permits")
            )),
        }
    }

    fn text(&self, is_fine: bool, faults: usize) -> String {
        let mut text = String::new();
        let named = self.others.iter().map(|call| (call, format!("by `{}`, which is not the gate", call.principal)));
        let named = named
            .chain(self.matched.without_permit.iter().map(|call| (call, "by the gate, without a permit".to_owned())));
        let row = |(call, what): (&Call, String)| {
            vec![call.at.to_string(), endpoint(call).to_owned(), what, call.event.clone()]
        };
        if faults > 0 {
            text += &table(&["when", "endpoint", "called", "event"], named.map(row), &[]);
            text += "\n";
        }
        for Unread { place, why } in &self.unread {
            text += &text_line!("can't be read: {place}: {why}");
        }
        if let Some(why) = self.missing_calls() {
            text += &text_line!("nothing to compare the ledger with: {why}");
        }
        for call in &self.denied {
            text += &text_line!(
                "note: `{}` was denied a call of `{}` at {} ({})",
                call.principal,
                endpoint(call),
                call.at,
                call.event
            );
        }
        for permit in &self.matched.without_call {
            text += &text_line!(
                "note: the permit `{}` for `{}` at {} has no call: {}",
                permit.decision,
                permit.endpoint,
                permit.at,
                self.why(permit)
            );
        }
        if self.digests > 0 {
            text += &text_line!("note: skipped {} of CloudTrail", count(self.digests, "digest", "digests"));
        }
        text += &text_line!(
            "{}: {} of the trail, {} of endpoints, {} with a permit; {} of the ledger.",
            if is_fine { "Every call has a permit".to_owned() } else { self.failures(faults) },
            count(self.record_count, "record", "records"),
            count(self.call_count, "call", "calls"),
            self.matched.accounted,
            count(self.entry_count, "entry", "entries"),
        );
        text
    }

    fn failures(&self, faults: usize) -> String {
        let calls = (faults > 0).then(|| format!("{} without a permit", count(faults, "call", "calls")));
        let unread = (!self.unread.is_empty()).then(|| {
            format!("{} unreadable", count(self.unread.len(), "file, record or entry", "files, records or entries"))
        });
        let missing = self.missing_calls().map(|_| "It is unknown whether every call has a permit".to_owned());
        [missing, calls, unread].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn why(&self, permit: &Permit) -> String {
        self.completions.get(&permit.decision).map_or_else(
            || "there is no completion; its call may be in another log file".to_owned(),
            |code| format!("it ended as `{code}`"),
        )
    }

    fn json(&self, is_fine: bool) -> Value {
        let call = |call: &Call, what: &str| {
            json!({"what": what, "event": call.event, "at": call.at.to_string(), "operation": call.operation,
                   "endpoint": call.endpoint, "principal": call.principal, "error": call.error})
        };
        let others = self.others.iter().map(|one| call(one, "another principal"));
        let faults: Vec<Value> =
            others.chain(self.matched.without_permit.iter().map(|one| call(one, "no permit"))).collect();
        let unread: Vec<Value> = self.unread.iter().map(|one| json!({"place": one.place, "why": one.why})).collect();
        let permits: Vec<Value> = self
            .matched
            .without_call
            .iter()
            .map(|permit| {
                json!({"decision_id": permit.decision, "at": permit.at.to_string(), "endpoint": permit.endpoint,
                       "completion": self.completions.get(&permit.decision)})
            })
            .collect();
        json!({
            "ok": is_fine, "calls_without_entry": faults, "unread": unread, "saw_nothing": self.missing_calls(),
            "denied": self.denied.iter().map(|one| call(one, "turned away")).collect::<Vec<_>>(),
            "permits_without_call": permits, "digests_passed_by": self.digests,
            "counts": {"records": self.record_count, "calls": self.call_count, "accounted": self.matched.accounted, "entries": self.entry_count},
        })
    }
}

fn endpoint(call: &Call) -> &str {
    call.endpoint.as_deref().unwrap_or("(none named)")
}
