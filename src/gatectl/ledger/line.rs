//! Pure. A decision in one line, and which decisions are asked for. No person is named.

use serde_json::{Value, json};

use crate::json::member;

/// Which decisions are asked for; all of these must hold.
#[derive(clap::Args)]
pub(super) struct Filter {
    /// Those with this outcome
    #[arg(long, value_name = "OUTCOME", value_parser = ["permit", "refuse"])]
    outcome: Option<String>,
    /// Those of this organisation
    #[arg(long, value_name = "ID")]
    organisation: Option<String>,
    /// Those of this client
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Those with this code among their reasons, such as embargo.foreign-person
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
}

impl Filter {
    /// Whether an entry is asked for.
    pub(super) fn admits(&self, entry: &Value) -> bool {
        let is = |asked: &Option<String>, name: &str| asked.is_none() || text(entry, name) == asked.as_deref();
        let has_code = self.code.as_deref().is_none_or(|code| codes(entry).any(|one| one == code));
        has_code && is(&self.outcome, "outcome") && is(&self.organisation, "organisation") && is(&self.client, "client")
    }
}

/// By what entries stand in order: their time, then their id.
pub(super) fn order(entry: &Value) -> (String, String) {
    ["at", "decision_id"].map(|name| text(entry, name).unwrap_or_default().to_owned()).into()
}

/// An entry as a person reads it in a list.
pub(super) fn line(entry: &Value) -> String {
    let word = |name| text(entry, name).unwrap_or("-");
    format!(
        "{:<24}  {:<6} {:>3}  {:<24}  {:<20}  {:<20}  {:<5}  {}",
        word("at"),
        outcome(entry),
        member(entry, &["status"]),
        codes(entry).next().unwrap_or("-"),
        word("client"),
        word("model"),
        destination(entry),
        word("decision_id")
    )
}

/// The same as a script reads it.
pub(super) fn as_json(entry: &Value) -> Value {
    json!({"at": text(entry, "at"), "kind": text(entry, "kind"), "outcome": text(entry, "outcome"),
           "status": member(entry, &["status"]), "code": codes(entry).next(), "client": text(entry, "client"),
           "model": text(entry, "model"), "destination": member(entry, &["destination"]),
           "decision_id": text(entry, "decision_id"), "of": text(entry, "of")})
}

/// A completion is no decision: it says how one ended.
fn outcome(entry: &Value) -> &str {
    match text(entry, "kind") {
        Some("completion") => "ended",
        _ => text(entry, "outcome").unwrap_or("-"),
    }
}

fn destination(entry: &Value) -> &str {
    let of = |name: &str| member(entry, &["destination", name]).as_str();
    of("region").or_else(|| of("country")).unwrap_or("-")
}

fn codes(entry: &Value) -> impl Iterator<Item = &str> {
    let reasons = member(entry, &["reasons"]).as_array().into_iter().flatten();
    reasons.filter_map(|reason| member(reason, &["code"]).as_str())
}

fn text<'a>(entry: &'a Value, name: &str) -> Option<&'a str> {
    member(entry, &[name]).as_str()
}
