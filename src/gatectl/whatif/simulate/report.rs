//! Pure. The report of a simulation, as text and as JSON.

use std::collections::BTreeSet;

use export_gate::terms::render_time;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::effects::{Affected, Change, Totals};
use crate::display::{count, table, text_line};
use crate::outcome::Outcome;

/// The report of a simulation.
#[derive(Default)]
pub(super) struct Report {
    /// Start of the period.
    pub(super) since: Timestamp,
    /// The time as of which decisions are made.
    pub(super) at: Timestamp,
    /// Whether that time is the start of the draft.
    pub(super) is_at_start: bool,
    /// The register's revision.
    pub(super) revision: u64,
    /// The draft's changes as text.
    pub(super) changes: String,
    /// The draft's changes as JSON.
    pub(super) steps: Vec<Value>,
    pub(super) notes: Vec<String>,
    /// The number of callers' records in the draft.
    pub(super) callers: usize,
    /// Licences with a quota that the draft changes.
    pub(super) changed_quotas: BTreeSet<String>,
    /// Faults of the draft.
    pub(super) faults: Vec<String>,
    /// The totals.
    pub(super) totals: Totals,
}

impl Report {
    /// The outcome. It is fine if the draft has no faults and the whole ledger was read.
    pub(super) fn outcome(&self, as_json: bool) -> Outcome {
        Outcome::new(as_json, || self.json(), self.text(), self.is_fine())
    }

    fn is_fine(&self) -> bool {
        self.faults.is_empty() && self.totals.unreadable_count == 0
    }

    fn text(&self) -> String {
        let mut text = if self.changes.is_empty() {
            "The draft does not change the register.\n".to_owned()
        } else {
            format!("The draft changes revision {}:\n{}", self.revision, self.changes)
        };
        for note in &self.notes {
            text += &text_line!("note: {note}");
        }
        if self.callers > 0 {
            text += &text_line!(
                "note: {} ignored: decisions are simulated from the facts in the ledger",
                count(self.callers, "caller's record of the draft is", "callers' records of the draft are")
            );
        }
        for id in &self.changed_quotas {
            text += &text_line!("note: the draft changes `licence/{id}`, so its quota counts as not exhausted");
        }
        if !self.faults.is_empty() {
            let faults: String = self.faults.iter().map(|fault| text_line!("  {fault}")).collect();
            return format!("{text}\nNothing was simulated, because the draft is invalid:\n{faults}");
        }
        let totals = &self.totals;
        text += &format!(
            "\n{} since {}, decided again as of {}{}.\n",
            count(totals.decisions, "decision", "decisions"),
            render_time(self.since),
            render_time(self.at),
            if self.is_at_start { ", when the whole draft is in force" } else { "" },
        );
        if totals.without_list > 0 {
            text += &text_line!(
                "{} made without a list that the draft names: its matches are not simulated.",
                count(totals.without_list, "of them was", "of them were")
            );
        }
        if totals.without_facts > 0 {
            text += &text_line!(
                "{} facts on the network, spread or signals that the draft needs: its effect on them is not simulated.",
                count(totals.without_facts, "of them lacks", "of them lack")
            );
        }
        if totals.decisions == 0 {
            return text + "There are no decisions to simulate: choose a longer period.\n" + &totals_text(totals);
        }
        text += &change("would lose access", &totals.lose);
        text += &change("would gain access", &totals.gain);
        text + &totals_text(totals)
    }

    fn json(&self) -> Value {
        let totals = &self.totals;
        json!({
            "ok": self.is_fine(), "faults": self.faults, "notes": self.notes, "revision": self.revision,
            "changes": self.steps, "callers_passed_by": self.callers, "since": render_time(self.since),
            "at": render_time(self.at), "at_is_the_drafts": self.is_at_start, "decisions": totals.decisions,
            "lose": totals.lose.json(), "gain": totals.gain.json(),
            "unchanged": {"permit": totals.permitted, "refuse": totals.refused},
            "place_not_told": totals.without_facts, "list_not_asked": totals.without_list, "refused_for_other_reasons": totals.other_reasons, "without_facts": totals.unidentified,
            "undecidable": {"now": totals.undecidable_now, "with_draft": totals.undecidable_with_draft},
            "unread": {"count": totals.unreadable_count, "first": totals.unreadable},
        })
    }
}

fn change(what: &str, change: &Change) -> String {
    let organisations = change.organisations.len();
    if change.decisions == 0 {
        return format!("\nNo organisation {what}.\n");
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
        count(change.decisions, "decision", "decisions"),
        table(
            &["organisation", "decisions", "clients", "persons", "models"],
            change.organisations.iter().map(row),
            &[1, 2, 3]
        ),
        table(&["reason", "embargo", "decisions"], change.reasons.iter().map(reason), &[2]),
    )
}

fn totals_text(totals: &Totals) -> String {
    let rows = [
        ("permitted as before", totals.permitted),
        ("refused as before", totals.refused),
        ("refused as before, for other reasons", totals.other_reasons),
        ("refused before the embargoes: caller not identified", totals.unidentified),
        ("not simulated: facts are missing", totals.without_facts),
        ("undecidable now", totals.undecidable_now),
        ("undecidable with the draft", totals.undecidable_with_draft),
        ("can't be read", totals.unreadable_count),
    ];
    let row = |(what, number): (&str, usize)| (number > 0).then(|| vec![what.to_owned(), number.to_string()]);
    let rows: Vec<Vec<String>> = rows.into_iter().filter_map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut text = table(&["other decisions", "number"], rows, &[1]);
    text.insert(0, '\n');
    for what in &totals.unreadable {
        text += &text_line!("can't be read: {what}");
    }
    text
}
