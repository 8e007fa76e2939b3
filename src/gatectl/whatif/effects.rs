//! Pure. What a draft would do to decisions that were taken: counted as they come, so that a ledger of any size fits.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use export_gate::decision::{Outcome, Reason, Subject};
use export_gate::digest::canonical;
use export_gate::register::Register;
use export_gate::terms::ModelRef;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::asked::{Again, Asked, By, decided};
use super::names::is_unasked;
use super::untold::Untold;
use crate::entry::id_of;
use crate::json::member;

/// How many different questions are remembered with their answers.
const REMEMBERED: usize = 50_000;

/// How many things that can't be read are named.
const NAMED: usize = 20;

/// Decides by two registers, and counts.
pub(super) struct Effects {
    registers: Registers,
    /// The same without what asks about places that nobody may have told of.
    without: Registers,
    untold: Untold,
    /// The licences that the draft changes: nobody knows yet what will be left of them, so something is.
    fresh: BTreeSet<String>,
    /// The lists that the draft names.
    lists: BTreeSet<String>,
    at: Timestamp,
    answers: HashMap<String, Answers>,
    counted: Counted,
}

/// The register as it stands, and with the draft.
pub(super) struct Registers {
    pub(super) now: Register,
    pub(super) then: Register,
}

/// What somebody gets now, and with the draft; `None` where that hangs on what nobody told.
type Answers = Option<(Access, Access)>;

/// What came of all decisions.
#[derive(Default)]
pub(super) struct Counted {
    /// The decisions that were looked at.
    pub(super) decisions: usize,
    /// Permitted with and without the draft.
    pub(super) permitted: usize,
    /// Refused with and without it, for the same reasons.
    pub(super) refused: usize,
    /// Refused with and without it, for other reasons.
    pub(super) otherwise: usize,
    /// Of callers whom the records didn't bear out: no embargo was asked, and none would be.
    pub(super) strangers: usize,
    /// Taken without asking a list that the draft names: what it would have said nobody knows.
    pub(super) unasked: usize,
    /// Taken when nobody told of a place what the draft asks, so that nobody knows what would come of them.
    pub(super) untold: usize,
    /// Which the gate couldn't decide now.
    pub(super) undecidable_now: usize,
    /// Which it couldn't decide with the draft.
    pub(super) undecidable_then: usize,
    /// Who would lose access.
    pub(super) lose: Side,
    /// Who would gain it.
    pub(super) gain: Side,
    /// The first of what could not be read.
    pub(super) unread: Vec<String>,
    /// How much could not be read.
    pub(super) unread_count: usize,
}

/// Decisions that would come out otherwise.
#[derive(Default)]
pub(super) struct Side {
    /// All of them.
    pub(super) decisions: usize,
    /// By organisation.
    pub(super) organisations: BTreeMap<String, Affected>,
    /// By code, and the embargo that it comes of.
    pub(super) reasons: BTreeMap<(String, String), usize>,
}

/// An organisation's part of them.
#[derive(Default)]
pub(super) struct Affected {
    pub(super) decisions: usize,
    pub(super) clients: BTreeSet<String>,
    /// Persons are counted, never named.
    pub(super) persons: BTreeSet<String>,
    pub(super) models: BTreeSet<String>,
}

/// What somebody gets: the reasons against it, none where it is permitted.
#[derive(Clone, Debug, PartialEq)]
enum Access {
    Permit,
    Refuse(Vec<(String, String)>),
    Undecidable(String),
}

impl Effects {
    /// Both of each: with all records, and without those that `untold` is made of.
    pub(super) fn new(
        [registers, without]: [Registers; 2],
        untold: Untold,
        fresh: BTreeSet<String>,
        lists: BTreeSet<String>,
        at: Timestamp,
    ) -> Self {
        Self { registers, without, untold, fresh, lists, at, answers: HashMap::new(), counted: Counted::default() }
    }

    pub(super) fn unread(&mut self, what: String) {
        add(&mut self.counted.unread_count);
        if self.counted.unread.len() < NAMED {
            self.counted.unread.push(what);
        }
    }

    /// Takes an entry of the ledger. A completion says how an answer ended, not what was decided.
    pub(super) fn take(&mut self, entry: &Value) {
        if member(entry, &["kind"]) == "completion" {
            return;
        }
        match Asked::of(entry) {
            Err(why) => self.unread(format!("the entry `{}`: {why}", said(entry, "decision_id"))),
            Ok(asked) => {
                add(&mut self.counted.decisions);
                match &asked.by {
                    By::Stranger(_) => add(&mut self.counted.strangers),
                    By::Subject(subject) => {
                        if is_unasked(entry, &self.lists) {
                            add(&mut self.counted.unasked);
                        }
                        self.count(entry, &asked.model, subject);
                    }
                }
            }
        }
    }

    fn count(&mut self, entry: &Value, model: &ModelRef, subject: &Subject) {
        let Some((now, then)) = self.answers(entry, model, subject) else { return add(&mut self.counted.untold) };
        let counted = &mut self.counted;
        for (access, count) in [(&now, &mut counted.undecidable_now), (&then, &mut counted.undecidable_then)] {
            if matches!(access, Access::Undecidable(_)) {
                add(count);
            }
        }
        match (now, then) {
            (Access::Permit, Access::Permit) => add(&mut counted.permitted),
            (Access::Permit, then) => counted.lose.take(entry, then),
            (now, Access::Permit) => counted.gain.take(entry, now),
            (Access::Undecidable(_), Access::Undecidable(_)) => {}
            (now, then) if now == then => add(&mut counted.refused),
            _ => add(&mut counted.otherwise),
        }
    }

    /// What it gets now, and with the draft. The same question is decided once.
    fn answers(&mut self, entry: &Value, model: &ModelRef, subject: &Subject) -> Answers {
        let rests_on = ["organisation", "model", "destination", "source_ip", "facts"];
        let key = canonical(&rests_on.iter().map(|name| member(entry, &[name]).clone()).collect());
        if let Some(known) = self.answers.get(&key) {
            return known.clone();
        }
        let all = self.decided(&self.registers, model, subject);
        let answers = if self.untold.has(&subject.facts) {
            // What nobody told of is unknown, which only refuses: where the rest comes to the same, it doesn't matter.
            let rest = self.decided(&self.without, model, subject);
            (all.0.is_like(&rest.0) && all.1.is_like(&rest.1)).then_some(rest)
        } else {
            Some(all)
        };
        if self.answers.len() >= REMEMBERED {
            self.answers.clear();
        }
        self.answers.insert(key, answers.clone());
        answers
    }

    fn decided(&self, registers: &Registers, model: &ModelRef, subject: &Subject) -> (Access, Access) {
        let now = decided(model, subject, &registers.now, &BTreeSet::new(), self.at);
        (access(now), access(decided(model, subject, &registers.then, &self.fresh, self.at)))
    }

    pub(super) fn counted(self) -> Counted {
        self.counted
    }
}

impl Access {
    /// Whether both are permitted, refused or undecidable.
    fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

fn access(again: Again) -> Access {
    match again {
        Ok(decision) => match decision.outcome {
            Outcome::Permit(_) => Access::Permit,
            Outcome::Refuse => Access::Refuse(decision.reasons.iter().map(named).collect()),
        },
        Err(undecidable) => Access::Undecidable(undecidable.to_string()),
    }
}

/// A reason's code, and the embargo that it comes of without its revision, which the draft would change.
fn named(reason: &Reason) -> (String, String) {
    let embargo = reason.embargo.as_ref().map(|source| id_of(&source.id).to_owned());
    (reason.code.to_string(), embargo.unwrap_or_default())
}

fn said(entry: &Value, name: &str) -> String {
    member(entry, &[name]).as_str().unwrap_or_default().to_owned()
}

fn add(count: &mut usize) {
    *count = count.saturating_add(1);
}

impl Side {
    fn take(&mut self, entry: &Value, against: Access) {
        add(&mut self.decisions);
        let affected = self.organisations.entry(said(entry, "organisation")).or_default();
        add(&mut affected.decisions);
        affected.clients.insert(said(entry, "client"));
        affected.persons.extend(member(entry, &["person"]).as_str().map(str::to_owned));
        affected.models.insert(said(entry, "model"));
        let mut reasons = match against {
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

    /// For `--json`.
    pub(super) fn told(&self) -> Value {
        let organisation = |(id, affected): (&String, &Affected)| {
            json!({"organisation": id, "decisions": affected.decisions, "clients": affected.clients.len(),
                   "persons": affected.persons.len(), "models": affected.models})
        };
        let reason = |((code, embargo), decisions): (&(String, String), &usize)| json!({"code": code, "embargo": (!embargo.is_empty()).then_some(embargo), "decisions": decisions});
        json!({"decisions": self.decisions, "organisations": self.organisations.iter().map(organisation).collect::<Vec<_>>(),
               "reasons": self.reasons.iter().map(reason).collect::<Vec<_>>()})
    }
}
