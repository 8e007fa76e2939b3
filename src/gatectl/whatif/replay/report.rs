//! Pure. The report of a replay, as text and as JSON.

use serde_json::{Value, json};

use super::differences::Difference;
use crate::display::{count, table, text_line};
use crate::json::member;
use crate::outcome::Outcome;

/// A replayed entry.
pub(super) struct Replayed {
    pub(super) entry: Value,
    pub(super) comparison: Comparison,
    /// The number of revisions without a list of their records (`history#change`).
    pub(super) unlisted: u64,
}

/// The replayed decision compared with the recorded one.
pub(super) enum Comparison {
    /// Equal.
    Same,
    /// Different. `faults` are the unreadable records of the revision.
    Differs { differences: Vec<Difference>, faults: Vec<String> },
    /// The entry is changed or unreadable.
    Unreadable(String),
    /// The register of the revision can't be restored.
    NoRegister(String),
}

impl Replayed {
    fn text(&self, name: &str) -> String {
        match member(&self.entry, &[name]) {
            Value::String(text) => text.clone(),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                other.to_string()
            }
        }
    }

    fn word(&self) -> &'static str {
        match self.comparison {
            Comparison::Same => "same",
            Comparison::Differs { .. } => "differs",
            Comparison::Unreadable(_) => "unreadable",
            Comparison::NoRegister(_) => "lost",
        }
    }

    fn sentence(&self) -> String {
        let id = self.text("decision_id");
        match &self.comparison {
            Comparison::Same => format!(
                "`{id}` is decided the same: {} {}, at {}, by revision {} of the register.",
                self.text("outcome"),
                self.text("status"),
                self.text("at"),
                self.text("revision"),
            ),
            Comparison::Differs { differences, .. } => {
                let fields: Vec<&str> = differences.iter().map(|one| one.field).collect();
                format!("`{id}` is decided differently: {}.", fields.join(", "))
            }
            Comparison::Unreadable(why) | Comparison::NoRegister(why) => format!("`{id}` can't be replayed: {why}."),
        }
    }

    fn more(&self) -> String {
        let Comparison::Differs { differences, faults } = &self.comparison else { return String::new() };
        let row = |one: &Difference| vec![one.field.to_owned(), one.recorded.to_string(), one.replayed.to_string()];
        let mut text = table(&["field", "recorded", "replayed"], differences.iter().map(row), &[]);
        for fault in faults {
            text += &text_line!("note: unreadable record at that revision: {fault}");
        }
        text
    }

    fn json(&self) -> Value {
        let (mut differs, mut why) = (Vec::new(), Value::Null);
        match &self.comparison {
            Comparison::Differs { differences, .. } => {
                let difference =
                    |one: &Difference| json!({"field": one.field, "recorded": one.recorded, "again": one.replayed});
                differs = differences.iter().map(difference).collect();
            }
            Comparison::Unreadable(reason) | Comparison::NoRegister(reason) => why = reason.clone().into(),
            Comparison::Same => {}
        }
        let field = |name: &str| member(&self.entry, &[name]).clone();
        json!({"decision_id": field("decision_id"), "came_out": self.word(), "differences": differs, "why": why,
               "unlisted_revisions": self.unlisted,
               "at": field("at"), "revision": field("revision"), "outcome": field("outcome"),
               "status": field("status"), "reasons": field("reasons")})
    }

    /// The outcome for one decision. `id` is the given id, which may be a completion's.
    pub(super) fn outcome(self, id: &str, as_json: bool) -> Outcome {
        let is_same = matches!(self.comparison, Comparison::Same);
        let completion = (member(&self.entry, &["decision_id"]) != id)
            .then(|| text_line!("`{id}` is a completion of the decision `{}`.", self.text("decision_id")));
        let note = unlisted(self.unlisted);
        let text =
            format!("{}{}{}{note}", completion.unwrap_or_default(), text_line!("{}", self.sentence()), self.more());
        Outcome::new(as_json, || self.json(), text, is_same)
    }
}

/// A note on revisions without a list of their records.
fn unlisted(revisions: u64) -> String {
    if revisions == 0 {
        return String::new();
    }
    let revisions = count(usize::try_from(revisions).unwrap_or(usize::MAX), "revision", "revisions");
    text_line!(
        "note: {revisions} without a list of records (`history#change`): nothing proves that their records are complete \
         and unchanged"
    )
}

/// The summary of a replay of all decisions.
#[derive(Default)]
pub(super) struct Summary {
    same: usize,
    completions: usize,
    different: usize,
    /// The most revisions without a list for one decision.
    unlisted: u64,
    /// The first decisions that are not the same.
    others: Vec<Replayed>,
    unreadable_count: usize,
    /// The first unreadable entries.
    unreadable: Vec<String>,
}

/// The most decisions and entries that are named.
const NAMED: usize = 100;

impl Summary {
    pub(super) fn add(&mut self, replayed: Replayed) {
        self.unlisted = self.unlisted.max(replayed.unlisted);
        match replayed.comparison {
            Comparison::Same => self.same = self.same.saturating_add(1),
            Comparison::Differs { .. } | Comparison::Unreadable(_) | Comparison::NoRegister(_) => {
                self.different = self.different.saturating_add(1);
                if self.others.len() < NAMED {
                    self.others.push(replayed);
                }
            }
        }
    }

    pub(super) fn add_completion(&mut self) {
        self.completions = self.completions.saturating_add(1);
    }

    pub(super) fn add_unreadable(&mut self, what: String) {
        self.unreadable_count = self.unreadable_count.saturating_add(1);
        if self.unreadable.len() < NAMED {
            self.unreadable.push(what);
        }
    }

    /// The outcome. No decision at all is a failure, since it proves nothing.
    pub(super) fn outcome(mut self, as_json: bool) -> Outcome {
        self.others.sort_by_key(|one| (one.text("at"), one.text("decision_id")));
        let decisions = self.same.saturating_add(self.different);
        let is_fine = self.different == 0 && self.unreadable_count == 0 && decisions > 0;
        let mut text = String::new();
        for one in &self.others {
            text += &format!("{}{}", text_line!("{}", one.sentence()), one.more());
        }
        for what in &self.unreadable {
            text += &text_line!("can't be read: {what}");
        }
        for (all, named) in [(self.different, self.others.len()), (self.unreadable_count, self.unreadable.len())] {
            if all > named {
                text += &text_line!("and {} more", all.saturating_sub(named));
            }
        }
        text += &match (decisions, is_fine) {
            (0, _) => "There are no decisions in this period.\n".to_owned(),
            (_, true) if decisions == 1 => "The one decision is decided the same.\n".to_owned(),
            (_, true) => text_line!("All {} are decided the same.", count(decisions, "decision", "decisions")),
            (_, false) => {
                text_line!("{} of {} are decided the same.", self.same, count(decisions, "decision", "decisions"))
            }
        };
        text += &unlisted(self.unlisted);
        let json = || {
            json!({"ok": is_fine, "decisions": decisions, "unlisted_revisions": self.unlisted, "same": self.same, "otherwise": self.different,
                   "completions": self.completions, "unread_count": self.unreadable_count,
                   "others": self.others.iter().map(Replayed::json).collect::<Vec<_>>(), "unread": self.unreadable})
        };
        Outcome::new(as_json, json, text, is_fine)
    }
}
