//! Pure. What a draft would do, as a person and as a script reads it.

use std::collections::BTreeSet;

use export_gate::terms::render_time;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::effects::{Affected, Counted, Side};
use crate::display::{count, table, text_line};
use crate::outcome::Outcome;

/// All that is to be told.
#[derive(Default)]
pub(super) struct Told {
    /// From when on decisions were looked at.
    pub(super) since: Timestamp,
    /// The moment as of which they were decided again.
    pub(super) at: Timestamp,
    /// Whether that moment was chosen because the draft begins then.
    pub(super) is_ahead: bool,
    /// The register's revision.
    pub(super) revision: u64,
    /// What the draft changes, as `plan` shows it.
    pub(super) changes: String,
    /// The same for scripts.
    pub(super) steps: Vec<Value>,
    /// What is most often a slip.
    pub(super) notes: Vec<String>,
    /// How many callers' records the draft has.
    pub(super) callers: usize,
    /// The licences with a quota that the draft changes.
    pub(super) fresh: BTreeSet<String>,
    /// What the gate could not rely on with the draft.
    pub(super) faults: Vec<String>,
    /// What came of the decisions.
    pub(super) effects: Counted,
}

impl Told {
    /// What is printed; it is fine where the gate could rely on the draft, and all of the ledger was read, whatever the
    /// draft does.
    pub(super) fn outcome(&self, as_json: bool) -> Outcome {
        Outcome::new(as_json, || self.json(), self.text(), self.is_fine())
    }

    fn is_fine(&self) -> bool {
        self.faults.is_empty() && self.effects.unread_count == 0
    }

    fn text(&self) -> String {
        let mut text = if self.changes.is_empty() {
            "The draft changes nothing in the register.\n".to_owned()
        } else {
            format!("The draft changes revision {}:\n{}", self.revision, self.changes)
        };
        for note in &self.notes {
            text += &text_line!("note: {note}");
        }
        if self.callers > 0 {
            text += &text_line!(
                "note: {} passed by: decisions are taken again from the facts that the ledger has",
                count(self.callers, "caller's record of the draft is", "callers' records of the draft are")
            );
        }
        for id in &self.fresh {
            text += &text_line!("note: the draft changes `licence/{id}`, so that it is taken to have quota left");
        }
        if !self.faults.is_empty() {
            let faults: String = self.faults.iter().map(|fault| text_line!("  {fault}")).collect();
            return format!("{text}\nNothing was simulated: the gate could not rely on the draft:\n{faults}");
        }
        let effects = &self.effects;
        text += &format!(
            "\n{} since {}, decided again as of {}{}.\n",
            count(effects.decisions, "decision", "decisions"),
            render_time(self.since),
            render_time(self.at),
            if self.is_ahead { ", when all of the draft has begun" } else { "" },
        );
        if effects.unasked > 0 {
            text += &text_line!(
                "{} taken without asking a list that the draft names: whom it reaches there is not simulated.",
                count(effects.unasked, "of them was", "of them were")
            );
        }
        if effects.untold > 0 {
            text += &text_line!(
                "{} taken when nobody told what the draft asks of the network, the spread or the signals: what it does \
                 to them is not simulated.",
                count(effects.untold, "of them was", "of them were")
            );
        }
        if effects.decisions == 0 {
            return text + "Nobody can say what the draft would do: choose a longer period.\n" + &totals(effects);
        }
        text += &side("would lose access", &effects.lose);
        text += &side("would gain access", &effects.gain);
        text + &totals(effects)
    }

    fn json(&self) -> Value {
        let effects = &self.effects;
        json!({
            "ok": self.is_fine(), "faults": self.faults, "notes": self.notes, "revision": self.revision,
            "changes": self.steps, "callers_passed_by": self.callers, "since": render_time(self.since),
            "at": render_time(self.at), "at_is_the_drafts": self.is_ahead, "decisions": effects.decisions,
            "lose": effects.lose.told(), "gain": effects.gain.told(),
            "unchanged": {"permit": effects.permitted, "refuse": effects.refused},
            "place_not_told": effects.untold, "list_not_asked": effects.unasked, "refused_for_other_reasons": effects.otherwise, "without_facts": effects.strangers,
            "undecidable": {"now": effects.undecidable_now, "with_draft": effects.undecidable_then},
            "unread": {"count": effects.unread_count, "first": effects.unread},
        })
    }
}

fn side(what: &str, side: &Side) -> String {
    let organisations = side.organisations.len();
    if side.decisions == 0 {
        return format!("\nNobody {what}.\n");
    }
    let row = |(id, affected): (&String, &Affected)| {
        vec![
            id.clone(),
            affected.decisions.to_string(),
            affected.clients.len().to_string(),
            affected.persons.len().to_string(),
            affected.models.iter().cloned().collect::<Vec<_>>().join(" "),
        ]
    };
    let reason = |((code, embargo), decisions): (&(String, String), &usize)| {
        vec![code.clone(), embargo.clone(), decisions.to_string()]
    };
    format!(
        "\n{} {what}, in {}:\n{}\n{}",
        count(organisations, "organisation", "organisations"),
        count(side.decisions, "decision", "decisions"),
        table(
            &["organisation", "decisions", "clients", "persons", "models"],
            side.organisations.iter().map(row),
            &[1, 2, 3]
        ),
        table(&["reason", "embargo", "decisions"], side.reasons.iter().map(reason), &[2]),
    )
}

fn totals(effects: &Counted) -> String {
    let rows = [
        ("permitted as before", effects.permitted),
        ("refused as before", effects.refused),
        ("refused as before, for other reasons", effects.otherwise),
        ("refused before the embargoes: the caller was not borne out", effects.strangers),
        ("not simulated: nobody told what the draft asks", effects.untold),
        ("undecidable now", effects.undecidable_now),
        ("undecidable with the draft", effects.undecidable_then),
        ("can't be read", effects.unread_count),
    ];
    let row = |(what, number): (&str, usize)| (number > 0).then(|| vec![what.to_owned(), number.to_string()]);
    let rows: Vec<Vec<String>> = rows.into_iter().filter_map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut text = table(&["the rest", "decisions"], rows, &[1]);
    text.insert(0, '\n');
    for what in &effects.unread {
        text += &text_line!("can't be read: {what}");
    }
    text
}
