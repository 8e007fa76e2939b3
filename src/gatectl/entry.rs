//! Pure. A ledger entry of any version of the gate; codes and kinds are texts.

use export_gate::terms::{Destination, parse_time};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// An entry.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Entry {
    /// `<chain>-<seq>`.
    pub(crate) decision_id: String,
    /// The time of the decision.
    #[serde(deserialize_with = "time")]
    pub(crate) at: Timestamp,
    /// `invocation`, `screening` or `completion`.
    pub(crate) kind: String,
    /// `permit` or `refuse`.
    pub(crate) outcome: String,
    /// The HTTP status.
    pub(crate) status: u16,
    /// Every reason, the leading one first.
    #[serde(default)]
    pub(crate) reasons: Vec<Reason>,
    /// The client.
    pub(crate) client: Option<String>,
    /// Its organisation's id.
    pub(crate) organisation: Option<String>,
    /// The model's id, or the requested name if unknown.
    pub(crate) model: String,
    /// The destination.
    pub(crate) destination: Option<Destination>,
    /// The licences that lifted an embargo, `id@revision`.
    #[serde(default)]
    pub(crate) licences: Vec<String>,
    /// The register's revision.
    #[serde(default)]
    pub(crate) revision: u64,
    /// The editions of the compared lists.
    #[serde(default)]
    pub(crate) lists: Vec<String>,
}

/// A reason of a refusal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub(crate) struct Reason {
    /// Its code.
    pub(crate) code: String,
    /// The embargo, `id@revision`.
    pub(crate) embargo: Option<String>,
    /// The authority that imposed the embargo.
    pub(crate) authority: Option<String>,
    /// The cited rule.
    pub(crate) citation: Option<String>,
    /// The screened caller of a potential match, `organisation#…` or `person#…`.
    pub(crate) subject: Option<String>,
    /// The listed party of a potential match, `list:entry`.
    pub(crate) party: Option<String>,
    /// The score of a potential match, in thousandths.
    pub(crate) score: Option<u64>,
    /// The digest of the names that a potential match compared.
    pub(crate) match_sha256: Option<String>,
}

impl Entry {
    /// Reads an entry.
    ///
    /// # Errors
    /// Why it is not a ledger entry.
    pub(crate) fn read(entry: &Value) -> Result<Self, String> {
        Self::deserialize(entry).map_err(|error| format!("not a ledger entry: {error}"))
    }

    /// Whether it is a decision, not a completion.
    pub(crate) fn is_decision(&self) -> bool {
        self.kind != "completion"
    }

    /// Whether it permits.
    pub(crate) fn is_permit(&self) -> bool {
        self.outcome == "permit"
    }

    /// The leading code; empty for a permit.
    pub(crate) fn code(&self) -> &str {
        self.reasons.first().map_or("", |reason| reason.code.as_str())
    }

    /// The region or country of the destination; `?` if unknown.
    pub(crate) fn destination(&self) -> String {
        let to = self.destination.as_ref();
        let region = to.and_then(|to| to.region.as_ref()).map(|region| region.as_str().to_owned());
        region.or_else(|| to.and_then(|to| to.country).map(|country| country.to_string())).unwrap_or_else(|| "?".into())
    }
}

fn time<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    parse_time(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

/// The id of `id@revision`.
pub(crate) fn id_of(version: &str) -> &str {
    version.rsplit_once('@').map_or(version, |(id, _)| id)
}
