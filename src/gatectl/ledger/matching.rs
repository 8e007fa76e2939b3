//! Pure. Matches endpoint calls with permits.
//!
//! A permit covers one call of its endpoint within its window, since the gate calls a model once per permit. All windows
//! have the same length. So giving each call, in order of time, the permit that ends first covers as many calls as any
//! other assignment.

use std::collections::{BTreeMap, HashMap, VecDeque};

use export_gate::ledger::has_valid_hash;
use export_gate::terms::parse_time;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::call::Call;
use crate::json::member;

/// The result of matching.
#[derive(Debug, Default)]
pub(super) struct Matched {
    /// The number of calls with a permit.
    pub(super) accounted: usize,
    /// The calls without a permit, by time.
    pub(super) without_permit: Vec<Call>,
    /// The permits without a call.
    pub(super) without_call: Vec<Permit>,
}

/// The window of a permit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slack {
    /// How much earlier a call may be dated: clocks differ, and CloudTrail cuts off fractions of a second.
    pub(super) before: SignedDuration,
    /// How much later a call may be dated.
    pub(super) after: SignedDuration,
}

/// A permit whose window is open.
struct Open {
    permit: Permit,
    until: Timestamp,
}

/// Assigns calls to permits, endpoint by endpoint.
pub(super) fn matched(calls: Vec<Call>, permits: Vec<Permit>, slack: Slack) -> Matched {
    let mut by_endpoint: BTreeMap<String, (Vec<Call>, Vec<Permit>)> = BTreeMap::new();
    for call in calls {
        by_endpoint.entry(call.endpoint.clone().unwrap_or_default()).or_default().0.push(call);
    }
    for permit in permits {
        by_endpoint.entry(permit.endpoint.clone()).or_default().1.push(permit);
    }
    let mut matched = Matched::default();
    for (calls, permits) in by_endpoint.into_values() {
        of_one_endpoint(calls, permits, slack, &mut matched);
    }
    matched.without_permit.sort_by(|a, b| (a.at, &a.event).cmp(&(b.at, &b.event)));
    matched.without_call.sort_by(|a, b| (a.at, &a.decision).cmp(&(b.at, &b.decision)));
    matched
}

fn of_one_endpoint(mut calls: Vec<Call>, mut permits: Vec<Permit>, slack: Slack, matched: &mut Matched) {
    calls.sort_by(|a, b| (a.at, &a.event).cmp(&(b.at, &b.event)));
    permits.sort_by(|a, b| (a.at, &a.decision).cmp(&(b.at, &b.decision)));
    let mut coming = permits.into_iter().peekable();
    // The permits whose windows have begun, by end.
    let mut open: VecDeque<Open> = VecDeque::new();
    let end = |open: VecDeque<Open>, matched: &mut Matched| {
        matched.without_call.extend(open.into_iter().map(|open| open.permit));
    };
    for call in calls {
        let begins = |permit: &Permit| permit.at.checked_sub(slack.before).unwrap_or(Timestamp::MIN);
        while let Some(permit) = coming.next_if(|permit| begins(permit) <= call.at) {
            let until = permit.at.checked_add(slack.after).unwrap_or(Timestamp::MAX);
            open.push_back(Open { permit, until });
        }
        let still_open = open.iter().take_while(|open| open.until < call.at).count();
        let rest = open.split_off(still_open);
        end(std::mem::replace(&mut open, rest), matched);
        match open.pop_front() {
            None => matched.without_permit.push(call),
            Some(_) => matched.accounted = matched.accounted.saturating_add(1),
        }
    }
    end(open, matched);
    matched.without_call.extend(coming);
}

/// A permitted invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Permit {
    /// The decision's id.
    pub(super) decision: String,
    /// The time of the decision, before the call.
    pub(super) at: Timestamp,
    /// The permitted endpoint, in lower case as in SageMaker's ARNs.
    pub(super) endpoint: String,
    hash: String,
}

/// The entries read from the ledger.
#[derive(Debug, Default)]
pub(super) struct Entries {
    permits: HashMap<String, Permit>,
    /// The code of each completion, by decision.
    completions: HashMap<String, String>,
    /// The number of different entries.
    pub(super) count: usize,
}

impl Entries {
    /// Adds an entry.
    pub(super) fn take(&mut self, entry: &Value) -> Result<(), String> {
        let text = |name: &str| entry[name].as_str().ok_or_else(|| format!("it has no `{name}`"));
        let decision = text("decision_id")?;
        if !has_valid_hash(entry) {
            return Err(format!("the hash of the entry `{decision}` is invalid: the entry was changed"));
        }
        match (text("kind")?, text("outcome")?) {
            ("invocation", "permit") => {
                let at = parse_time(text("at")?).map_err(|error| error.to_string())?;
                let endpoint = text("endpoint")?.to_lowercase();
                let permit = Permit { decision: decision.to_owned(), at, endpoint, hash: text("hash")?.to_owned() };
                match self.permits.get(decision) {
                    None => {
                        self.permits.insert(decision.to_owned(), permit);
                    }
                    // The archive can have an entry twice.
                    Some(other) if other.hash == permit.hash => return Ok(()),
                    Some(_) => return Err(format!("there are two versions of the entry `{decision}`")),
                }
            }
            ("completion", _) => {
                let code = member(entry, &["reasons"])
                    .get(0)
                    .and_then(|reason| reason.get("code")?.as_str())
                    .unwrap_or("without a code");
                self.completions.insert(text("of")?.to_owned(), code.to_owned());
            }
            ("invocation" | "screening", _) => {}
            (kind, _) => return Err(format!("the entry `{decision}` has the unknown kind `{kind}`")),
        }
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// The permits, and the codes of the completions.
    pub(super) fn permits(self) -> (Vec<Permit>, HashMap<String, String>) {
        (self.permits.into_values().collect(), self.completions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    /// `3` is a call at second 3, `3!` one that failed.
    fn calls(written: &str) -> Vec<Call> {
        let call = |(number, text): (usize, &str)| Call {
            event: format!("{number}"),
            at: at(text.trim_end_matches('!').parse().unwrap()),
            operation: "InvokeEndpoint".into(),
            endpoint: Some("e".into()),
            principal: "gate".into(),
            error: text.ends_with('!').then(|| "ModelError".into()),
        };
        written.split_whitespace().enumerate().map(call).collect()
    }

    fn permits(written: &str) -> Vec<Permit> {
        let mut entries = Entries::default();
        for (number, text) in written.split_whitespace().enumerate() {
            let at = export_gate::terms::render_time(at(text.parse().unwrap()));
            let mut entry = serde_json::json!({"decision_id": format!("c-{number}"), "kind": "invocation", "outcome": "permit", "at": at, "endpoint": "e"});
            entry["hash"] = serde_json::json!(export_gate::digest::digest(&entry));
            entries.take(&entry).unwrap();
        }
        entries.permits().0
    }

    #[test]
    fn each_call_takes_the_permit_that_ends_first() {
        let slack = Slack { before: SignedDuration::from_secs(2), after: SignedDuration::from_secs(10) };
        // calls, permits, (covered calls, calls without permit, permits without call)
        let cases = [
            ("", "", (0, 0, 0)),
            ("5", "5", (1, 0, 0)),
            ("5 6", "5", (1, 1, 0)),
            ("5", "5 6", (1, 0, 1)),
            ("3", "5", (1, 0, 0)),
            ("2", "5", (0, 1, 1)),
            ("15", "5", (1, 0, 0)),
            ("16", "5", (0, 1, 1)),
            ("14 15", "5 14", (2, 0, 0)),
            ("15 5", "5 14", (2, 0, 0)),
            ("5! 6", "5", (1, 1, 0)),
            ("5! 6!", "5", (1, 1, 0)),
            ("5! 6 6", "5 6", (2, 1, 0)),
            ("5!", "5", (1, 0, 0)),
            ("1 30", "1 2 30", (2, 0, 1)),
        ];
        for (calls_at, permits_at, expected) in cases {
            let found = matched(calls(calls_at), permits(permits_at), slack);
            let counts = (found.accounted, found.without_permit.len(), found.without_call.len());
            assert_eq!(counts, expected, "calls at {calls_at:?}, permits at {permits_at:?}");
        }
    }
}
