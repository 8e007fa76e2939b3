//! Pure. What a draft does to the decisions of a period, by organisation and by reason.

use std::collections::{BTreeMap, BTreeSet};

use export_gate::register::Register;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::again::{again, is_unidentified};
use super::explain::is_permit;
use crate::entry::Entry;
use crate::show::{grouped, table};

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Permit,
    /// With these codes.
    Refuse(Vec<String>),
    /// A record that can't be relied on, or facts that can't be read.
    Undecided(String),
}

/// Weighing a request.
pub(super) struct Weighed;

/// What the draft does.
#[derive(Default)]
pub(super) struct Effect {
    /// By organisation.
    loses: BTreeMap<String, Touched>,
    gains: BTreeMap<String, Touched>,
    /// Decisions that are lost, by the code that leads.
    lost_by: BTreeMap<String, u64>,
    /// Decisions that are gained, by the code that led.
    gained_from: BTreeMap<String, u64>,
    permitted: u64,
    refused: u64,
    /// Those of callers whom the records didn't bear out: no draft of the register changes them.
    unidentified: u64,
    /// Those that can't be decided by one or the other, and why.
    undecided: BTreeMap<String, u64>,
    /// What could not be read.
    pub(super) unread: Vec<String>,
}

/// What of an organisation is touched.
#[derive(Default)]
struct Touched {
    decisions: u64,
    clients: BTreeSet<String>,
    persons: BTreeSet<String>,
    models: BTreeSet<String>,
    codes: BTreeSet<String>,
}

impl Weighed {
    /// The verdict on an entry's request.
    pub(super) fn of(entry: &Entry, register: &Register, at: Timestamp) -> Verdict {
        // What was not used up then need not be now: a quota is left out of it.
        match again(entry, register, at) {
            Ok(Ok(decision)) if is_permit(&decision) => Verdict::Permit,
            Ok(Ok(decision)) => {
                Verdict::Refuse(decision.reasons.iter().map(|reason| reason.code.to_string()).collect())
            }
            Ok(Err(undecidable)) => Verdict::Undecided(undecidable.to_string()),
            Err(why) => Verdict::Undecided(why),
        }
    }
}

impl Effect {
    /// Takes a decision with its two verdicts: today's, and the draft's.
    pub(super) fn take(&mut self, entry: &Entry, (today, then): &(Verdict, Verdict)) {
        let one = |count: &mut u64| *count = count.saturating_add(1);
        if is_unidentified(entry) {
            return one(&mut self.unidentified);
        }
        match (today, then) {
            (Verdict::Undecided(why), _) | (_, Verdict::Undecided(why)) => {
                one(self.undecided.entry(why.clone()).or_default())
            }
            (Verdict::Permit, Verdict::Permit) => one(&mut self.permitted),
            (Verdict::Refuse(_), Verdict::Refuse(_)) => one(&mut self.refused),
            (Verdict::Permit, Verdict::Refuse(codes)) => {
                one(self.lost_by.entry(codes.first().cloned().unwrap_or_default()).or_default());
                touch(&mut self.loses, entry, codes);
            }
            (Verdict::Refuse(codes), Verdict::Permit) => {
                one(self.gained_from.entry(codes.first().cloned().unwrap_or_default()).or_default());
                touch(&mut self.gains, entry, codes);
            }
        }
    }

    /// As people read it.
    pub(super) fn shown(&self) -> String {
        let mut shown = section("would lose access", &self.loses, &self.lost_by);
        shown += &section("would gain access", &self.gains, &self.gained_from);
        let n = |number: u64| grouped(number.into());
        shown += &format!(
            "\n{} decisions stay permitted, {} stay refused, {} are of callers whom the records did not bear out.\n",
            n(self.permitted),
            n(self.refused),
            n(self.unidentified)
        );
        for (why, number) in &self.undecided {
            shown += &format!("{} decisions can't be decided: {why}\n", n(*number));
        }
        for why in &self.unread {
            shown += &format!("not read: {why}\n");
        }
        shown
    }

    /// For `--json`.
    pub(super) fn told(&self) -> Value {
        let touched = |all: &BTreeMap<String, Touched>| -> Vec<Value> {
            let one = |(organisation, touched): (&String, &Touched)| {
                json!({"organisation": organisation, "decisions": touched.decisions, "clients": touched.clients,
                       "persons": touched.persons.len(), "models": touched.models, "codes": touched.codes})
            };
            all.iter().map(one).collect()
        };
        json!({
            "ok": self.unread.is_empty(), "lose": touched(&self.loses), "gain": touched(&self.gains),
            "lost_by_code": self.lost_by, "gained_from_code": self.gained_from,
            "stay_permitted": self.permitted, "stay_refused": self.refused, "unidentified": self.unidentified,
            "undecided": self.undecided, "unread": self.unread,
        })
    }
}

fn touch(all: &mut BTreeMap<String, Touched>, entry: &Entry, codes: &[String]) {
    let touched = all.entry(entry.organisation.clone().unwrap_or_default()).or_default();
    touched.decisions = touched.decisions.saturating_add(1);
    touched.clients.extend(entry.client.clone());
    touched.persons.extend(entry.person.clone());
    touched.models.insert(entry.model.clone());
    touched.codes.extend(codes.iter().cloned());
}

/// Whom it touches, and by which reason. Persons are counted, not named.
fn section(what: &str, all: &BTreeMap<String, Touched>, by: &BTreeMap<String, u64>) -> String {
    if all.is_empty() {
        return format!("\nNobody {what}.\n");
    }
    let words = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
    let rows = all.iter().map(|(organisation, touched)| {
        vec![
            organisation.clone(),
            grouped(touched.decisions.into()),
            grouped(u128::try_from(touched.clients.len()).unwrap_or_default()),
            grouped(u128::try_from(touched.persons.len()).unwrap_or_default()),
            words(&touched.models),
            words(&touched.codes),
        ]
    });
    let heading = ["organisation", "decisions", "clients", "persons", "models", "codes"];
    let mut shown = format!("\nThese {what}:\n{}", table(&heading, rows, &[1, 2, 3]));
    let reasons = by.iter().map(|(code, number)| vec![code.clone(), grouped((*number).into())]);
    shown += &format!("\n{}", table(&["leading code", "decisions"], reasons, &[1]));
    shown
}
