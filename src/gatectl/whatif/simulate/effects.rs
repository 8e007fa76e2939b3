//! Pure. The effect of a draft on recorded decisions. Only totals are kept, so a ledger may have any size.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use export_gate::decision::{Outcome, Reason, Subject};
use export_gate::digest::canonical;
use export_gate::register::Register;
use export_gate::terms::ModelRef;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::limits::{DraftNeeds, lacks_list};
use crate::entry::id_of;
use crate::json::member;
use crate::whatif::recorded::{Caller, Decided, Recorded, decide_without};

/// The capacity of the cache of results.
const CACHED: usize = 50_000;

/// The most unreadable entries that are named.
const NAMED: usize = 20;

/// Decides by two registers, and counts the results.
pub(super) struct Effects {
    registers: Registers,
    /// The same without the records that need facts on places.
    without: Registers,
    needs: DraftNeeds,
    /// Licences that the draft changes. Their quota counts as not exhausted.
    changed_quotas: BTreeSet<String>,
    /// The lists that the draft names.
    lists: BTreeSet<String>,
    at: Timestamp,
    cache: HashMap<String, Results>,
    totals: Totals,
}

/// The current register, and the register with the draft.
pub(super) struct Registers {
    pub(super) now: Register,
    pub(super) draft: Register,
}

/// The results now and with the draft; `None` if they depend on facts that were not recorded.
type Results = Option<(Access, Access)>;

/// The totals of a simulation.
#[derive(Default)]
pub(super) struct Totals {
    /// Decisions.
    pub(super) decisions: usize,
    /// Permitted with and without the draft.
    pub(super) permitted: usize,
    /// Refused with and without it, for the same reasons.
    pub(super) refused: usize,
    /// Refused with and without it, for other reasons.
    pub(super) other_reasons: usize,
    /// Decisions on unidentified callers, where no embargo is checked.
    pub(super) unidentified: usize,
    /// Decisions made without a list that the draft names.
    pub(super) without_list: usize,
    /// Decisions without recorded facts that the draft needs.
    pub(super) without_facts: usize,
    /// Undecidable now.
    pub(super) undecidable_now: usize,
    /// Undecidable with the draft.
    pub(super) undecidable_with_draft: usize,
    /// Decisions that would lose access.
    pub(super) lose: Change,
    /// Decisions that would gain access.
    pub(super) gain: Change,
    /// The first unreadable entries.
    pub(super) unreadable: Vec<String>,
    /// The number of unreadable entries.
    pub(super) unreadable_count: usize,
}

/// Decisions whose access would change.
#[derive(Default)]
pub(super) struct Change {
    /// Their number.
    pub(super) decisions: usize,
    /// By organisation.
    pub(super) organisations: BTreeMap<String, Affected>,
    /// By code and embargo.
    pub(super) reasons: BTreeMap<(String, String), usize>,
}

/// An organisation's part.
#[derive(Default)]
pub(super) struct Affected {
    pub(super) decisions: usize,
    pub(super) clients: BTreeSet<String>,
    /// Persons are counted, never named.
    pub(super) persons: BTreeSet<String>,
    pub(super) models: BTreeSet<String>,
}

/// The access that a decision gives.
#[derive(Clone, Debug, PartialEq)]
enum Access {
    Permit,
    Refuse(Vec<(String, String)>),
    Undecidable(String),
}

impl Effects {
    /// Takes the registers with all records, and without those that `needs` describes.
    pub(super) fn new(
        [registers, without]: [Registers; 2],
        needs: DraftNeeds,
        changed_quotas: BTreeSet<String>,
        lists: BTreeSet<String>,
        at: Timestamp,
    ) -> Self {
        Self { registers, without, needs, changed_quotas, lists, at, cache: HashMap::new(), totals: Totals::default() }
    }

    pub(super) fn unreadable(&mut self, what: String) {
        add(&mut self.totals.unreadable_count);
        if self.totals.unreadable.len() < NAMED {
            self.totals.unreadable.push(what);
        }
    }

    /// Counts an entry. A completion is not a decision.
    pub(super) fn take(&mut self, entry: &Value) {
        if member(entry, &["kind"]) == "completion" {
            return;
        }
        match Recorded::read(entry) {
            Err(why) => self.unreadable(format!("the entry `{}`: {why}", text(entry, "decision_id"))),
            Ok(recorded) => {
                add(&mut self.totals.decisions);
                match &recorded.caller {
                    Caller::Unidentified(_) => add(&mut self.totals.unidentified),
                    Caller::Identified(subject) => {
                        if lacks_list(entry, &self.lists) {
                            add(&mut self.totals.without_list);
                        }
                        self.count(entry, &recorded.model, subject);
                    }
                }
            }
        }
    }

    fn count(&mut self, entry: &Value, model: &ModelRef, subject: &Subject) {
        let Some((now, draft)) = self.results(entry, model, subject) else {
            return add(&mut self.totals.without_facts);
        };
        let totals = &mut self.totals;
        for (access, count) in [(&now, &mut totals.undecidable_now), (&draft, &mut totals.undecidable_with_draft)] {
            if matches!(access, Access::Undecidable(_)) {
                add(count);
            }
        }
        match (now, draft) {
            (Access::Permit, Access::Permit) => add(&mut totals.permitted),
            (Access::Permit, draft) => totals.lose.take(entry, draft),
            (now, Access::Permit) => totals.gain.take(entry, now),
            (Access::Undecidable(_), Access::Undecidable(_)) => {}
            (now, draft) if now == draft => add(&mut totals.refused),
            _ => add(&mut totals.other_reasons),
        }
    }

    /// The results now and with the draft. Equal decisions are cached.
    fn results(&mut self, entry: &Value, model: &ModelRef, subject: &Subject) -> Results {
        let inputs = ["organisation", "model", "destination", "source_ip", "facts"];
        let key = canonical(&inputs.iter().map(|name| member(entry, &[name]).clone()).collect());
        if let Some(results) = self.cache.get(&key) {
            return results.clone();
        }
        let all = self.decide(&self.registers, model, subject);
        let results = if self.needs.are_missing_in(&subject.facts) {
            // A missing fact is unknown, and that only refuses: it does not matter if the other records decide alike.
            let rest = self.decide(&self.without, model, subject);
            (all.0.is_like(&rest.0) && all.1.is_like(&rest.1)).then_some(rest)
        } else {
            Some(all)
        };
        if self.cache.len() >= CACHED {
            self.cache.clear();
        }
        self.cache.insert(key, results.clone());
        results
    }

    fn decide(&self, registers: &Registers, model: &ModelRef, subject: &Subject) -> (Access, Access) {
        let now = decide_without(model, subject, &registers.now, &BTreeSet::new(), self.at);
        (access(now), access(decide_without(model, subject, &registers.draft, &self.changed_quotas, self.at)))
    }

    pub(super) fn totals(self) -> Totals {
        self.totals
    }
}

impl Access {
    /// Whether both are permitted, refused or undecidable.
    fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

fn access(decided: Decided) -> Access {
    match decided {
        Ok(decision) => match decision.outcome {
            Outcome::Permit(_) => Access::Permit,
            Outcome::Refuse => Access::Refuse(decision.reasons.iter().map(code_and_embargo).collect()),
        },
        Err(undecidable) => Access::Undecidable(undecidable.to_string()),
    }
}

/// A reason's code and embargo. The embargo has no revision, since the draft would change it.
fn code_and_embargo(reason: &Reason) -> (String, String) {
    let embargo = reason.embargo.as_ref().map(|source| id_of(&source.id).to_owned());
    (reason.code.to_string(), embargo.unwrap_or_default())
}

fn text(entry: &Value, name: &str) -> String {
    member(entry, &[name]).as_str().unwrap_or_default().to_owned()
}

fn add(count: &mut usize) {
    *count = count.saturating_add(1);
}

impl Change {
    fn take(&mut self, entry: &Value, refused: Access) {
        add(&mut self.decisions);
        let affected = self.organisations.entry(text(entry, "organisation")).or_default();
        add(&mut affected.decisions);
        affected.clients.insert(text(entry, "client"));
        affected.persons.extend(member(entry, &["person"]).as_str().map(str::to_owned));
        affected.models.insert(text(entry, "model"));
        let mut reasons = match refused {
            Access::Permit => Vec::new(),
            Access::Refuse(reasons) => reasons,
            Access::Undecidable(why) => vec![("register.unavailable".to_owned(), why)],
        };
        reasons.sort();
        reasons.dedup();
        for reason in reasons {
            add(self.reasons.entry(reason).or_default());
        }
    }

    /// The change as JSON.
    pub(super) fn json(&self) -> Value {
        let organisation = |(id, affected): (&String, &Affected)| {
            json!({"organisation": id, "decisions": affected.decisions, "clients": affected.clients.len(),
                   "persons": affected.persons.len(), "models": affected.models})
        };
        let reason = |((code, embargo), decisions): (&(String, String), &usize)| json!({"code": code, "embargo": (!embargo.is_empty()).then_some(embargo), "decisions": decisions});
        json!({"decisions": self.decisions, "organisations": self.organisations.iter().map(organisation).collect::<Vec<_>>(),
               "reasons": self.reasons.iter().map(reason).collect::<Vec<_>>()})
    }
}
