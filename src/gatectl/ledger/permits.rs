//! Pure. The permits and completions of the ledger, for reconciliation.

use std::collections::HashMap;

use crate::json::member;
use export_gate::ledger::has_valid_hash;
use export_gate::terms::parse_time;
use jiff::Timestamp;
use serde_json::Value;

/// A permitted invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Permit {
    /// The decision's id.
    pub(super) decision: String,
    /// The time of the decision, before the call.
    pub(super) at: Timestamp,
    /// The permitted endpoint, in lower case as in SageMaker's ARNs.
    pub(super) endpoint: String,
    hash: String,
}

/// The entries read from the ledger.
#[derive(Debug, Default)]
pub(super) struct Entries {
    permits: HashMap<String, Permit>,
    /// The code of each completion, by decision.
    completions: HashMap<String, String>,
    /// The number of different entries.
    pub(super) count: usize,
}

impl Entries {
    /// Adds an entry.
    pub(super) fn take(&mut self, entry: &Value) -> Result<(), String> {
        let text = |name: &str| entry[name].as_str().ok_or_else(|| format!("it has no `{name}`"));
        let decision = text("decision_id")?;
        if !has_valid_hash(entry) {
            return Err(format!("the hash of the entry `{decision}` is invalid: the entry was changed"));
        }
        match (text("kind")?, text("outcome")?) {
            ("invocation", "permit") => {
                let at = parse_time(text("at")?).map_err(|error| error.to_string())?;
                let endpoint = text("endpoint")?.to_lowercase();
                let permit = Permit { decision: decision.to_owned(), at, endpoint, hash: text("hash")?.to_owned() };
                match self.permits.get(decision) {
                    None => {
                        self.permits.insert(decision.to_owned(), permit);
                    }
                    // The archive can have an entry twice.
                    Some(other) if other.hash == permit.hash => return Ok(()),
                    Some(_) => return Err(format!("there are two versions of the entry `{decision}`")),
                }
            }
            ("completion", _) => {
                let code = member(entry, &["reasons"])
                    .get(0)
                    .and_then(|reason| reason.get("code")?.as_str())
                    .unwrap_or("without a code");
                self.completions.insert(text("of")?.to_owned(), code.to_owned());
            }
            ("invocation" | "screening", _) => {}
            (kind, _) => return Err(format!("the entry `{decision}` has the unknown kind `{kind}`")),
        }
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// The permits, and the codes of the completions.
    pub(super) fn permits(self) -> (Vec<Permit>, HashMap<String, String>) {
        (self.permits.into_values().collect(), self.completions)
    }
}
