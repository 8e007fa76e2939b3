//! Pure. Why a request is refused.

use crate::record::{Authority, Embargo, Record};
use crate::terms::Code;

/// One reason against a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Its code.
    pub code: Code,
    /// The embargo that it comes from.
    pub embargo: Option<Source>,
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
}

impl Reason {
    /// A reason that comes from no embargo.
    #[must_use]
    pub fn of(code: Code) -> Self {
        Self { code, embargo: None }
    }
}

/// The reason that gives the answer its status, type and code.
#[must_use]
pub fn leading(reasons: &[Reason]) -> Option<&Reason> {
    reasons.first()
}

/// Adds the reason of an embargo that nothing lifted, and beside it why no licence did.
pub(super) fn push(reasons: &mut Vec<Reason>, code: Code, embargo: &Record<Embargo>, shortfall: Option<Code>) {
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
    };
    reasons.push(Reason { code, embargo: Some(source.clone()) });
    reasons.extend(shortfall.map(|code| Reason { code, embargo: Some(source) }));
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
