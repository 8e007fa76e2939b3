//! Pure. Permits of the ledger, as far as calls of endpoints are held against them.

use std::collections::HashMap;

use crate::json::member;
use export_gate::ledger::bears_its_hash;
use export_gate::terms::parse_time;
use jiff::Timestamp;
use serde_json::Value;

/// A permitted invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Permit {
    /// The decision's id.
    pub(super) decision: String,
    /// When it was decided, before the endpoint was called.
    pub(super) at: Timestamp,
    /// The endpoint that it allows, in lower case as SageMaker's ARNs are.
    pub(super) endpoint: String,
    hash: String,
}

/// What was read of the ledger.
#[derive(Debug, Default)]
pub(super) struct Entries {
    permits: HashMap<String, Permit>,
    /// By decision, what its completion says: a code.
    completions: HashMap<String, String>,
    /// How many entries there were, each once.
    pub(super) count: usize,
}

impl Entries {
    /// Takes an entry.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn take(&mut self, entry: &Value) -> Result<(), String> {
        let text = |name: &str| entry[name].as_str().ok_or_else(|| format!("it has no `{name}`"));
        let decision = text("decision_id")?;
        if !bears_its_hash(entry) {
            return Err(format!("the entry `{decision}` does not bear its hash: it is not what the gate wrote"));
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
                    // A stream tells some changes twice.
                    Some(other) if other.hash == permit.hash => return Ok(()),
                    Some(_) => return Err(format!("the entry `{decision}` is there in two versions")),
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
            (kind, _) => return Err(format!("the entry `{decision}` is of the kind `{kind}`, which is none")),
        }
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// Every permit, and what its completion says.
    pub(super) fn permits(self) -> (Vec<Permit>, HashMap<String, String>) {
        (self.permits.into_values().collect(), self.completions)
    }
}
