//! Pure. Compares a recorded decision with the replayed one, field by field.

use export_gate::decision::{Decision, Outcome};
use export_gate::ledger::EntryReason;
use export_gate::terms::Destination;
use serde_json::{Map, Value, json};

use crate::json::member;
use crate::whatif::recorded::Decided;

/// A field that differs.
#[derive(Debug, PartialEq)]
pub(super) struct Difference {
    /// The field.
    pub(super) field: &'static str,
    /// The recorded value.
    pub(super) recorded: Value,
    /// The replayed value.
    pub(super) replayed: Value,
}

/// The members of an entry that only the decision determines.
const FIELDS: [&str; 7] = ["outcome", "status", "reasons", "embargoes", "licences", "model", "endpoint"];

/// The fields that differ. `to` is the replayed destination of an identified caller.
pub(super) fn differences(entry: &Value, decided: &Option<Decided>, to: Option<&Destination>) -> Vec<Difference> {
    let decision = match decided {
        Some(Ok(decision)) => decision,
        Some(Err(undecidable)) => return vec![outcome(entry, format!("undecidable: {undecidable}"))],
        None => return vec![outcome(entry, "the caller is identified".to_owned())],
    };
    let mut replayed = members(decision);
    let to = to.map(|to| if to.country.is_some() { json!(to) } else { Value::Null });
    let fields = FIELDS.into_iter().chain(to.is_some().then_some("destination"));
    replayed.extend(to.map(|to| ("destination".to_owned(), to)));
    let field = |field: &'static str| {
        let recorded = member(entry, &[field]);
        // For an unknown model, an entry has the requested name.
        let found = match (field, replayed.get(field)) {
            ("model", None) => recorded,
            (_, found) => found.unwrap_or(&Value::Null),
        };
        (recorded != found).then(|| Difference { field, recorded: recorded.clone(), replayed: found.clone() })
    };
    fields.filter_map(field).collect()
}

fn outcome(entry: &Value, replayed: String) -> Difference {
    Difference { field: "outcome", recorded: member(entry, &["outcome"]).clone(), replayed: replayed.into() }
}

/// A decision as members of an entry.
fn members(decision: &Decision) -> Map<String, Value> {
    let is_permit = matches!(decision.outcome, Outcome::Permit(_));
    let reasons: Vec<EntryReason> = decision.reasons.iter().map(EntryReason::from).collect();
    let mut members = Map::from_iter([
        ("outcome".to_owned(), json!(if is_permit { "permit" } else { "refuse" })),
        ("status".to_owned(), decision.status().into()),
        ("reasons".to_owned(), json!(reasons)),
        ("embargoes".to_owned(), json!(decision.embargoes)),
        ("licences".to_owned(), decision.licences().into()),
    ]);
    if let Some((model, endpoint)) = &decision.model {
        members.insert("model".to_owned(), model.clone().into());
        members.insert("endpoint".to_owned(), endpoint.clone().into());
    }
    members
}
