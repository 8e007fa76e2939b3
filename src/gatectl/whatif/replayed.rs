//! Pure. What came of decisions that were taken again, as a person and as a script reads it.

use serde_json::{Value, json};

use super::compared::Difference;
use crate::display::{count, table, text_line};
use crate::json::member;
use crate::outcome::Outcome;

/// An entry, and what came of it.
pub(super) struct Replayed {
    pub(super) entry: Value,
    pub(super) came: Came,
    /// How many of the revisions that it rests on left no list of what they wrote.
    pub(super) unlisted: u64,
}

/// What came of it.
pub(super) enum Came {
    /// The same.
    Same,
    /// Something else, with the records that could not be read at that revision.
    Differs { differences: Vec<Difference>, faults: Vec<String> },
    /// The entry was changed, or can't be read.
    Unread(String),
    /// The register can't be had as it was.
    Lost(String),
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
        match self.came {
            Came::Same => "same",
            Came::Differs { .. } => "differs",
            Came::Unread(_) => "unreadable",
            Came::Lost(_) => "lost",
        }
    }

    /// One sentence.
    fn says(&self) -> String {
        let id = self.text("decision_id");
        match &self.came {
            Came::Same => format!(
                "`{id}` comes out the same: {} {}, at {}, by revision {} of the register.",
                self.text("outcome"),
                self.text("status"),
                self.text("at"),
                self.text("revision"),
            ),
            Came::Differs { differences, .. } => {
                let fields: Vec<&str> = differences.iter().map(|one| one.field).collect();
                format!("`{id}` comes out otherwise: {}.", fields.join(", "))
            }
            Came::Unread(why) | Came::Lost(why) => format!("`{id}` can't be decided again: {why}."),
        }
    }

    fn more(&self) -> String {
        let Came::Differs { differences, faults } = &self.came else { return String::new() };
        let row = |one: &Difference| vec![one.field.to_owned(), one.recorded.to_string(), one.again.to_string()];
        let mut text = table(&["field", "recorded", "comes out"], differences.iter().map(row), &[]);
        for fault in faults {
            text += &text_line!("note: at that revision a record could not be read, {fault}");
        }
        text
    }

    fn told(&self) -> Value {
        let (mut differs, mut why) = (Vec::new(), Value::Null);
        match &self.came {
            Came::Differs { differences, .. } => {
                let told = |one: &Difference| json!({"field": one.field, "recorded": one.recorded, "again": one.again});
                differs = differences.iter().map(told).collect();
            }
            Came::Unread(reason) | Came::Lost(reason) => why = reason.clone().into(),
            Came::Same => {}
        }
        let field = |name: &str| member(&self.entry, &[name]).clone();
        json!({"decision_id": field("decision_id"), "came_out": self.word(), "differences": differs, "why": why,
               "unlisted_revisions": self.unlisted,
               "at": field("at"), "revision": field("revision"), "outcome": field("outcome"),
               "status": field("status"), "reasons": field("reasons")})
    }

    /// What is printed of one; `asked` is the id that was asked for, which may be a completion's.
    pub(super) fn outcome(self, asked: &str, as_json: bool) -> Outcome {
        let is_same = matches!(self.came, Came::Same);
        let followed = (member(&self.entry, &["decision_id"]) != asked)
            .then(|| text_line!("`{asked}` completes `{}`, which is the decision.", self.text("decision_id")));
        let note = unlisted(self.unlisted);
        let text = format!("{}{}{}{note}", followed.unwrap_or_default(), text_line!("{}", self.says()), self.more());
        Outcome::new(as_json, || self.told(), text, is_same)
    }
}

/// A note where revisions left no list of what they wrote.
fn unlisted(revisions: u64) -> String {
    if revisions == 0 {
        return String::new();
    }
    let revisions = count(usize::try_from(revisions).unwrap_or(usize::MAX), "revision", "revisions");
    text_line!(
        "note: {revisions} left no list of their records (`history#change`): the versions that bear them were taken, and \
         nothing proves that these are all, or unchanged"
    )
}

/// What came of many.
#[derive(Default)]
pub(super) struct Several {
    same: usize,
    completions: usize,
    otherwise: usize,
    /// The most revisions without a list that one of them rests on.
    unlisted: u64,
    /// The first of them.
    others: Vec<Replayed>,
    unread_count: usize,
    /// The first of them.
    unread: Vec<String>,
}

/// How many of each are named.
const NAMED: usize = 100;

impl Several {
    pub(super) fn take(&mut self, replayed: Replayed) {
        self.unlisted = self.unlisted.max(replayed.unlisted);
        match replayed.came {
            Came::Same => self.same = self.same.saturating_add(1),
            Came::Differs { .. } | Came::Unread(_) | Came::Lost(_) => {
                self.otherwise = self.otherwise.saturating_add(1);
                if self.others.len() < NAMED {
                    self.others.push(replayed);
                }
            }
        }
    }

    pub(super) fn completions(&mut self) {
        self.completions = self.completions.saturating_add(1);
    }

    pub(super) fn unread(&mut self, what: String) {
        self.unread_count = self.unread_count.saturating_add(1);
        if self.unread.len() < NAMED {
            self.unread.push(what);
        }
    }

    /// What is printed; nothing to replay proves nothing.
    pub(super) fn outcome(mut self, as_json: bool) -> Outcome {
        self.others.sort_by_key(|one| (one.text("at"), one.text("decision_id")));
        let decisions = self.same.saturating_add(self.otherwise);
        let is_fine = self.otherwise == 0 && self.unread_count == 0 && decisions > 0;
        let mut text = String::new();
        for one in &self.others {
            text += &format!("{}{}", text_line!("{}", one.says()), one.more());
        }
        for what in &self.unread {
            text += &text_line!("can't be read: {what}");
        }
        for (all, named) in [(self.otherwise, self.others.len()), (self.unread_count, self.unread.len())] {
            if all > named {
                text += &text_line!("and {} more", all.saturating_sub(named));
            }
        }
        text += &match (decisions, is_fine) {
            (0, _) => "There is no decision in that period.\n".to_owned(),
            (_, true) if decisions == 1 => "The one decision comes out the same.\n".to_owned(),
            (_, true) => text_line!("All {} come out the same.", count(decisions, "decision", "decisions")),
            (_, false) => {
                text_line!("{} of {} come out the same.", self.same, count(decisions, "decision", "decisions"))
            }
        };
        text += &unlisted(self.unlisted);
        let json = || {
            json!({"ok": is_fine, "decisions": decisions, "unlisted_revisions": self.unlisted, "same": self.same, "otherwise": self.otherwise,
                   "completions": self.completions, "unread_count": self.unread_count,
                   "others": self.others.iter().map(Replayed::told).collect::<Vec<_>>(), "unread": self.unread})
        };
        Outcome::new(as_json, json, text, is_fine)
    }
}
