//! Pure. What the entries of a period add up to, in any order, in memory that doesn't grow with their number.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use export_gate::ledger::bears_its_hash;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::directive::Directive;
use crate::entry::{Entry, id_of};
use crate::review::queue::Queue;

/// How many entries with a fault are named.
const NAMED: usize = 20;

/// The figures.
#[derive(Default)]
pub(super) struct Figures {
    /// Entries, decisions and completions alike.
    pub(super) entries: u64,
    /// By day in UTC.
    pub(super) days: BTreeMap<Date, Day>,
    /// Refusals by code: those that it leads, and those that it stands in.
    pub(super) codes: BTreeMap<String, (u64, u64)>,
    /// Permits and refusals.
    pub(super) destinations: BTreeMap<String, (u64, u64)>,
    pub(super) models: BTreeMap<String, (u64, u64)>,
    /// Permits that a licence lifted an embargo for, by the licence's id.
    pub(super) licences: BTreeMap<String, u64>,
    /// Permits that gave no answer, by code and status.
    pub(super) unanswered: BTreeMap<(String, u16), u64>,
    /// The editions that decisions asked.
    pub(super) lists: BTreeSet<String>,
    /// What is not whole, or is no entry: how many, and the first of them.
    pub(super) faults: u64,
    pub(super) named_faults: Vec<String>,
    /// What was seen of each directive.
    pub(super) seen: Vec<Seen>,
    pub(super) queue: Queue,
}

/// A day's decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Day {
    /// Invocations that were permitted, and refused.
    pub(super) permits: u64,
    pub(super) refusals: u64,
    /// Screenings, which invoke nothing.
    pub(super) screened_permits: u64,
    pub(super) screened_refusals: u64,
    /// Permits that gave no answer.
    pub(super) unanswered: u64,
}

/// What was seen of a directive.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// How many refusals it is a reason of, and the first.
    pub(super) refusals: u64,
    pub(super) first_refusal: Option<Timestamp>,
    /// Whom it refused what.
    refused: BTreeSet<(String, String)>,
    /// The first permit behind its end, by whom and for what.
    permits: HashMap<(String, String), Timestamp>,
}

impl Figures {
    /// Figures that look out for these directives.
    pub(super) fn of(directives: &[Directive]) -> Self {
        Self { seen: vec![Seen::default(); directives.len()], ..Self::default() }
    }

    /// Notes something that is no entry, or not whole.
    pub(super) fn fault(&mut self, why: String) {
        self.faults = self.faults.saturating_add(1);
        if self.named_faults.len() < NAMED {
            self.named_faults.push(why);
        }
    }

    /// Takes an entry. One that is not whole is named, and counted all the same.
    pub(super) fn take(&mut self, value: &Value, directives: &[Directive]) {
        let entry = match Entry::read(value) {
            Ok(entry) => entry,
            Err(why) => return self.fault(why),
        };
        if !bears_its_hash(value) {
            self.fault(format!("`{}` does not bear its hash", entry.decision_id));
        }
        self.entries = self.entries.saturating_add(1);
        let day = self.days.entry(entry.at.to_zoned(TimeZone::UTC).date()).or_default();
        if !entry.is_decision() {
            one(&mut day.unanswered);
            one(self.unanswered.entry((entry.code().to_owned(), entry.status)).or_default());
            return;
        }
        let is_permit = entry.is_permit();
        one(match (entry.kind.as_str(), is_permit) {
            ("screening", true) => &mut day.screened_permits,
            ("screening", false) => &mut day.screened_refusals,
            (_, true) => &mut day.permits,
            (_, false) => &mut day.refusals,
        });
        for (key, counts) in [(entry.destination(), &mut self.destinations), (entry.model.clone(), &mut self.models)] {
            let (permits, refusals) = counts.entry(key).or_default();
            one(if is_permit { permits } else { refusals });
        }
        if is_permit {
            for licence in &entry.licences {
                one(self.licences.entry(id_of(licence).to_owned()).or_default());
            }
        } else {
            one(&mut self.codes.entry(entry.code().to_owned()).or_default().0);
            let codes: BTreeSet<&str> = entry.reasons.iter().map(|reason| reason.code.as_str()).collect();
            for code in codes {
                one(&mut self.codes.entry(code.to_owned()).or_default().1);
            }
        }
        self.lists.extend(entry.lists.iter().cloned());
        self.queue.take(&entry);
        for (directive, seen) in directives.iter().zip(&mut self.seen) {
            seen.take(&entry, directive);
        }
    }

    /// All days in one.
    pub(super) fn total(&self) -> Day {
        self.days.values().fold(Day::default(), |sum, day| Day {
            permits: sum.permits.saturating_add(day.permits),
            refusals: sum.refusals.saturating_add(day.refusals),
            screened_permits: sum.screened_permits.saturating_add(day.screened_permits),
            screened_refusals: sum.screened_refusals.saturating_add(day.screened_refusals),
            unanswered: sum.unanswered.saturating_add(day.unanswered),
        })
    }
}

impl Seen {
    fn take(&mut self, entry: &Entry, directive: &Directive) {
        let key = || (entry.organisation.clone().unwrap_or_default(), entry.model.clone());
        let is_its =
            entry.reasons.iter().filter_map(|reason| reason.embargo.as_deref()).any(|id| id_of(id) == directive.id);
        if is_its && !entry.is_permit() {
            one(&mut self.refusals);
            self.first_refusal = Some(self.first_refusal.map_or(entry.at, |first| first.min(entry.at)));
            self.refused.insert(key());
        } else if entry.is_permit() && directive.lifted.is_some_and(|lifted| lifted <= entry.at) {
            let first = self.permits.entry(key()).or_insert(entry.at);
            *first = (*first).min(entry.at);
        }
    }

    /// The first permit behind its end of something that it had refused.
    pub(super) fn first_permit(&self) -> Option<Timestamp> {
        self.refused.iter().filter_map(|key| self.permits.get(key)).min().copied()
    }
}

fn one(count: &mut u64) {
    *count = count.saturating_add(1);
}
