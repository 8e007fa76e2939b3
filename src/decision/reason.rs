//! Pure. The reasons of a refusal and their order.

use serde::Serialize;

use crate::parties::Score;
use crate::record::{Authority, Effect, Embargo, Record};
use crate::terms::Code;

/// One reason to refuse a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Its code.
    pub code: Code,
    /// The embargo that gives the reason.
    pub embargo: Option<Source>,
    /// The potential match awaiting review; present for `party.review` only.
    pub review: Option<Review>,
}

/// A potential match that awaits review by the operators. It goes into the ledger, never to callers.
///
/// INVARIANT: the fields are in alphabetical order, because the ledger hashes the entry in that order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Review {
    /// The digest of the compared values, as in [`super::PotentialMatch`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_sha256: Option<String>,
    /// The listed party, `list:entry`.
    pub party: String,
    /// The similarity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// The screened party's record: `organisation#…` or `person#…`.
    pub subject: String,
}

/// The embargo that gives a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The embargo, `id@revision`. It goes into the ledger, never to callers.
    pub id: String,
    /// The authority that imposed it.
    pub authority: Authority,
    /// The rule.
    pub citation: String,
    /// Whether callers may see authority and citation.
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

/// Adds the reasons of an embargo that no licence lifted: its own code, then why no licence covered it.
pub(super) fn push(
    reasons: &mut Vec<Reason>,
    code: Code,
    reviews: Vec<Review>,
    embargo: &Record<Embargo>,
    shortfall: Option<Code>,
) {
    if code == Code::DestinationUnknown {
        // Added once and without an authority, because it is unknown whether an embargo applies.
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
    // A potential match awaits a review, not a licence.
    if code == Code::PartyReview {
        let review = |review| Reason { code, embargo: Some(source.clone()), review: Some(review) };
        reasons.extend(reviews.into_iter().map(review));
        return;
    }
    reasons.push(Reason { code, embargo: Some(source.clone()), review: None });
    reasons.extend(shortfall.map(|code| Reason { code, embargo: Some(source), review: None }));
}

/// Orders reasons by rank, code and embargo. Each `licence.*` follows its embargo's reason.
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
