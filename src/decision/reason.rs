//! Pure. Why a request is refused.

use serde::Serialize;

use super::embargo::Applying;
use crate::parties::Score;
use crate::record::{Authority, Effect, Embargo, Record};
use crate::terms::Code;

/// One reason against a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Its code.
    pub code: Code,
    /// The embargo that it comes from.
    pub embargo: Option<Source>,
    /// The possible match that awaits a decision; of `party.review`, and of no other.
    pub review: Option<Review>,
}

/// A possible match that awaits a decision by the operators; for the ledger, not for callers. The fields stand in
/// alphabetical order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Review {
    /// What was compared, as [`super::Possible`] has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_sha256: Option<String>,
    /// With whom: `list:entry`.
    pub party: String,
    /// How near it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// Who is held up: `organisation#…` or `person#…`.
    pub subject: String,
}

/// The embargo that a reason comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The embargo, `id@revision`; for the ledger, not for callers.
    pub id: String,
    /// Who imposed it.
    pub authority: Authority,
    /// The rule.
    pub citation: String,
    /// Whether callers may be told authority and citation.
    pub disclose: bool,
    /// Whether a licence can lift it.
    pub licensable: bool,
}

impl Reason {
    /// A reason that comes from no embargo.
    #[must_use]
    pub fn of(code: Code) -> Self {
        Self { code, embargo: None, review: None }
    }
}

/// The reason that gives the answer its status, type and code.
#[must_use]
pub fn leading(reasons: &[Reason]) -> Option<&Reason> {
    reasons.first()
}

/// Adds the reasons of an embargo that nothing lifted, and beside them why no licence did.
pub(super) fn push(reasons: &mut Vec<Reason>, applying: Applying, embargo: &Record<Embargo>, shortfall: Option<Code>) {
    let Applying { code, reviews } = applying;
    if code == Code::DestinationUnknown {
        // Told once, and as nobody's law.
        if !reasons.iter().any(|reason| reason.code == code) {
            reasons.push(Reason::of(code));
        }
        return;
    }
    let source = Source {
        id: embargo.meta.version(),
        authority: embargo.authority,
        citation: embargo.citation.clone(),
        disclose: embargo.disclose,
        licensable: embargo.effect != Effect::Prohibited,
    };
    // A possible match awaits a decision, not a licence.
    if code == Code::PartyReview {
        let review = |review| Reason { code, embargo: Some(source.clone()), review: Some(review) };
        reasons.extend(reviews.into_iter().map(review));
        return;
    }
    reasons.push(Reason { code, embargo: Some(source.clone()), review: None });
    reasons.extend(shortfall.map(|code| Reason { code, embargo: Some(source), review: None }));
}

/// Orders reasons by rank, code and embargo, each licence's behind its embargo's.
pub(super) fn sort(reasons: &mut [Reason]) {
    let leads: std::collections::HashMap<String, Code> = reasons
        .iter()
        .filter(|reason| !is_shortfall(reason.code))
        .filter_map(|reason| Some((reason.embargo.as_ref()?.id.clone(), reason.code)))
        .collect();
    reasons.sort_by_cached_key(|reason| {
        let id = reason.embargo.as_ref().map(|source| source.id.clone()).unwrap_or_default();
        let lead = leads.get(&id).copied().unwrap_or(reason.code);
        (lead.rank(), lead, id, is_shortfall(reason.code))
    });
}

fn is_shortfall(code: Code) -> bool {
    matches!(code, Code::LicenceMissing | Code::LicenceScope | Code::LicenceExpired | Code::LicenceExhausted)
}
