//! Pure. What came of the reconciliation, as a person and as a script reads it.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::call::Call;
use super::entries::Permit;
use super::matching::Matched;
use super::trail::Unread;
use crate::display::{count, table, text_line};
use crate::outcome::Outcome;

/// All that is to be told.
pub(super) struct Told {
    /// What came of the gate's own calls.
    pub(super) found: Matched,
    /// The calls by anybody else.
    pub(super) others: Vec<Call>,
    /// The calls that reached no model.
    pub(super) denied: Vec<Call>,
    /// By decision, the code that its completion says.
    pub(super) completions: HashMap<String, String>,
    /// What could not be read.
    pub(super) unread: Vec<Unread>,
    /// How many digests of CloudTrail were passed by.
    pub(super) digests: usize,
    /// How many calls there were.
    pub(super) call_count: usize,
    /// How many entries there were.
    pub(super) entry_count: usize,
    /// How many records the trail has.
    pub(super) record_count: usize,
    /// Whether the trail has a call of any endpoint, in the period or right beside it.
    pub(super) has_calls: bool,
}

impl Told {
    /// What is printed, and whether every call has its entry.
    pub(super) fn outcome(&self, as_json: bool) -> Outcome {
        let faults = self.others.len().saturating_add(self.found.without_permit.len());
        let is_fine = faults == 0 && self.unread.is_empty() && self.blind().is_none();
        Outcome::new(as_json, || self.json(is_fine), self.text(is_fine, faults), is_fine)
    }

    /// Why the trail can't tell anything: one that saw nothing says nothing for the gate.
    fn blind(&self) -> Option<String> {
        let next = "is its sync complete, and are data events of AWS::SageMaker::Endpoint recorded?";
        if self.record_count == 0 {
            return Some(format!("the trail has no records at all: {next}"));
        }
        let expected = self.found.without_call.iter().filter(|permit| !self.completions.contains_key(&permit.decision));
        match expected.count() {
            0 => None,
            _ if self.has_calls => None,
            permits => Some(format!(
                "the trail has no call of any endpoint, while the ledger has {} that no completion explains: {next}",
                count(permits, "permit", "permits")
            )),
        }
    }

    fn text(&self, is_fine: bool, faults: usize) -> String {
        let mut text = String::new();
        let named = self.others.iter().map(|call| (call, format!("by `{}`, which is not the gate", call.principal)));
        let named = named.chain(
            self.found.without_permit.iter().map(|call| (call, "by the gate, without a permit of its own".to_owned())),
        );
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
        if let Some(why) = self.blind() {
            text += &text_line!("nothing to hold the ledger against: {why}");
        }
        for call in &self.denied {
            text += &text_line!(
                "note: `{}` tried to call `{}` at {} and was turned away ({})",
                call.principal,
                endpoint(call),
                call.at,
                call.event
            );
        }
        for permit in &self.found.without_call {
            text += &text_line!(
                "note: the permit `{}` for `{}` at {} has no call: {}",
                permit.decision,
                permit.endpoint,
                permit.at,
                self.why(permit)
            );
        }
        if self.digests > 0 {
            text += &text_line!("note: passed by: {} of CloudTrail's own", count(self.digests, "digest", "digests"));
        }
        text += &text_line!(
            "{}: {} of the trail, {} of endpoints, {} with a permit; {} of the ledger.",
            if is_fine { "Every call has its entry".to_owned() } else { self.verdict(faults) },
            count(self.record_count, "record", "records"),
            count(self.call_count, "call", "calls"),
            self.found.accounted,
            count(self.entry_count, "entry", "entries"),
        );
        text
    }

    fn verdict(&self, faults: usize) -> String {
        let calls = (faults > 0).then(|| format!("{} without an entry", count(faults, "call", "calls")));
        let unread = (!self.unread.is_empty())
            .then(|| format!("{} that can't be read", count(self.unread.len(), "thing", "things")));
        let blind = self.blind().map(|_| "Nobody can say whether every call has its entry".to_owned());
        [blind, calls, unread].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn why(&self, permit: &Permit) -> String {
        self.completions.get(&permit.decision).map_or_else(
            || "no completion explains it; its call may be in another log file".to_owned(),
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
            others.chain(self.found.without_permit.iter().map(|one| call(one, "no permit"))).collect();
        let unread: Vec<Value> = self.unread.iter().map(|one| json!({"place": one.place, "why": one.why})).collect();
        let permits: Vec<Value> = self
            .found
            .without_call
            .iter()
            .map(|permit| {
                json!({"decision_id": permit.decision, "at": permit.at.to_string(), "endpoint": permit.endpoint,
                       "completion": self.completions.get(&permit.decision)})
            })
            .collect();
        json!({
            "ok": is_fine, "calls_without_entry": faults, "unread": unread, "saw_nothing": self.blind(),
            "denied": self.denied.iter().map(|one| call(one, "turned away")).collect::<Vec<_>>(),
            "permits_without_call": permits, "digests_passed_by": self.digests,
            "counts": {"records": self.record_count, "calls": self.call_count, "accounted": self.found.accounted, "entries": self.entry_count},
        })
    }
}

fn endpoint(call: &Call) -> &str {
    call.endpoint.as_deref().unwrap_or("(none named)")
}
