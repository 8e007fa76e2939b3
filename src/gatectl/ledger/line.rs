//! Pure. A decision in one line, without persons, and the filter of `ledger tail`.

use serde_json::{Value, json};

use crate::json::member;

/// A filter of decisions. All its conditions must hold.
#[derive(clap::Args)]
pub(super) struct Filter {
    /// Show only decisions with this outcome
    #[arg(long, value_name = "OUTCOME", value_parser = ["permit", "refuse"])]
    outcome: Option<String>,
    /// Show only decisions of this organisation
    #[arg(long, value_name = "ID")]
    organisation: Option<String>,
    /// Show only decisions of this client
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Show only decisions with this code among their reasons, such as embargo.foreign-person
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
}

impl Filter {
    /// Whether the filter admits an entry.
    pub(super) fn admits(&self, entry: &Value) -> bool {
        let is = |wanted: &Option<String>, name: &str| wanted.is_none() || text(entry, name) == wanted.as_deref();
        let has_code = self.code.as_deref().is_none_or(|code| codes(entry).any(|one| one == code));
        has_code && is(&self.outcome, "outcome") && is(&self.organisation, "organisation") && is(&self.client, "client")
    }
}

/// The sort key of entries: time, then id.
pub(super) fn order(entry: &Value) -> (String, String) {
    ["at", "decision_id"].map(|name| text(entry, name).unwrap_or_default().to_owned()).into()
}

/// An entry as a line of text.
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

/// An entry as JSON.
pub(super) fn as_json(entry: &Value) -> Value {
    json!({"at": text(entry, "at"), "kind": text(entry, "kind"), "outcome": text(entry, "outcome"),
           "status": member(entry, &["status"]), "code": codes(entry).next(), "client": text(entry, "client"),
           "model": text(entry, "model"), "destination": member(entry, &["destination"]),
           "decision_id": text(entry, "decision_id"), "of": text(entry, "of")})
}

/// The outcome. A completion is not a decision, so it is `ended`.
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
