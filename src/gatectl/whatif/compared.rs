//! Pure. A recorded decision beside the one that comes out today, field by field.

use export_gate::decision::{Decision, Outcome};
use export_gate::ledger::EntryReason;
use export_gate::terms::Destination;
use serde_json::{Map, Value, json};

use super::asked::Again;
use crate::json::member;

/// A field that differs.
#[derive(Debug, PartialEq)]
pub(super) struct Difference {
    /// The field.
    pub(super) field: &'static str,
    /// As the ledger has it.
    pub(super) recorded: Value,
    /// As it comes out.
    pub(super) again: Value,
}

/// What of an entry the law alone decides.
const FIELDS: [&str; 7] = ["outcome", "status", "reasons", "embargoes", "licences", "model", "endpoint"];

/// Every field in which the decision is not the recorded one; of a subject, where the answer goes too.
pub(super) fn differences(entry: &Value, again: &Option<Again>, to: Option<&Destination>) -> Vec<Difference> {
    let decision = match again {
        Some(Ok(decision)) => decision,
        Some(Err(undecidable)) => return vec![outcome(entry, format!("undecidable: {undecidable}"))],
        None => return vec![outcome(entry, "the caller is borne out".to_owned())],
    };
    let mut again = told(decision);
    let to = to.map(|to| if to.country.is_some() { json!(to) } else { Value::Null });
    let fields = FIELDS.into_iter().chain(to.is_some().then_some("destination"));
    again.extend(to.map(|to| ("destination".to_owned(), to)));
    let field = |field: &'static str| {
        let recorded = member(entry, &[field]);
        // An entry has the model as it was asked for where the register knows none.
        let found = match (field, again.get(field)) {
            ("model", None) => recorded,
            (_, found) => found.unwrap_or(&Value::Null),
        };
        (recorded != found).then(|| Difference { field, recorded: recorded.clone(), again: found.clone() })
    };
    fields.filter_map(field).collect()
}

fn outcome(entry: &Value, again: String) -> Difference {
    Difference { field: "outcome", recorded: member(entry, &["outcome"]).clone(), again: again.into() }
}

/// A decision as an entry has it.
pub(super) fn told(decision: &Decision) -> Map<String, Value> {
    let is_permit = matches!(decision.outcome, Outcome::Permit(_));
    let reasons: Vec<EntryReason> = decision.reasons.iter().map(EntryReason::from).collect();
    let mut told = Map::from_iter([
        ("outcome".to_owned(), json!(if is_permit { "permit" } else { "refuse" })),
        ("status".to_owned(), decision.status().into()),
        ("reasons".to_owned(), json!(reasons)),
        ("embargoes".to_owned(), json!(decision.embargoes)),
        ("licences".to_owned(), decision.licences().into()),
    ]);
    if let Some((model, endpoint)) = &decision.model {
        told.insert("model".to_owned(), model.clone().into());
        told.insert("endpoint".to_owned(), endpoint.clone().into());
    }
    told
}
