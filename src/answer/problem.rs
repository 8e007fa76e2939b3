//! Pure. Problem documents (RFC 9457), with the member that OpenAI clients read.

use std::borrow::Cow;

use serde::Serialize;

use crate::decision::{Decision, Reason, leading};
use crate::record::Authority;
use crate::terms::{Code, Rank};

/// A problem document.
#[derive(Debug, Serialize)]
pub(super) struct Problem<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_id: Option<&'a str>,
    reasons: Vec<ReasonTold<'a>>,
    error: ErrorMember,
    #[serde(skip)]
    code: Code,
}

/// What OpenAI clients read of an error.
#[derive(Debug, Serialize)]
struct ErrorMember {
    message: Cow<'static, str>,
    #[serde(rename = "type")]
    kind: &'static str,
    code: &'static str,
}

/// What callers may know of a reason: not the embargo's id, and not authority and citation where they are confidential.
#[derive(Debug, Serialize)]
pub struct ReasonTold<'a> {
    code: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    authority: Option<Authority>,
    #[serde(skip_serializing_if = "Option::is_none")]
    citation: Option<&'a str>,
}

impl<'a> From<&'a Reason> for ReasonTold<'a> {
    fn from(reason: &'a Reason) -> Self {
        // Whose law a possible match is about would tell on which list it is.
        let source = reason.embargo.as_ref().filter(|source| source.disclose && reason.review.is_none());
        Self {
            code: reason.code,
            authority: source.map(|source| source.authority),
            citation: source.map(|source| source.citation.as_str()),
        }
    }
}

impl From<Code> for ReasonTold<'_> {
    fn from(code: Code) -> Self {
        Self { code, authority: None, citation: None }
    }
}

impl<'a> Problem<'a> {
    pub(super) fn refusal(decision: &'a Decision, decision_id: &'a str) -> Self {
        Self { decision_id: Some(decision_id), ..Self::refusal_unrecorded(decision) }
    }

    pub(super) fn refusal_unrecorded(decision: &'a Decision) -> Self {
        let code = leading(&decision.reasons).map_or(Code::InternalFailure, |reason| reason.code);
        let is_prohibited = |reason: &Reason| {
            reason.embargo.as_ref().is_some_and(|source| !source.licensable && reason.review.is_none())
        };
        // A licence helps only where it lifts all that refuses.
        let detail = detail(code, !decision.reasons.iter().any(is_prohibited));
        Self::new(code, decision.status(), detail.into(), None, super::told(&decision.reasons))
    }

    pub(super) fn failure(code: Code, status: u16, said: Option<String>, decision_id: Option<&'a str>) -> Self {
        let detail = said.map_or(detail(code, true).into(), Cow::Owned);
        Self::new(code, status, detail, decision_id, vec![code.into()])
    }

    fn new(
        code: Code,
        status: u16,
        detail: Cow<'static, str>,
        decision_id: Option<&'a str>,
        reasons: Vec<ReasonTold<'a>>,
    ) -> Self {
        let error = ErrorMember { message: detail.clone(), kind: kind(code), code: code.as_str() };
        let (kind, title) = (format!("urn:export-gate:{code}"), title(status));
        Self { kind, title, status, detail, decision_id, reasons, error, code }
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    /// Seconds after which another try may fare better.
    pub(super) fn retry_after(&self) -> Option<&'static str> {
        let own = matches!(self.code, Code::RegisterUnavailable | Code::LedgerUnavailable).then_some("1");
        own.or((self.code == Code::ModelUnavailable).then_some("5"))
    }
}

/// The status in words; 451 as RFC 7725 has it.
fn title(status: u16) -> &'static str {
    match status {
        451 => "Unavailable for legal reasons",
        status => {
            http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error")
        }
    }
}

/// The kind of error, as OpenAI clients tell them apart.
fn kind(code: Code) -> &'static str {
    match (code, code.rank()) {
        (Code::RequestMalformed, _) => "invalid_request_error",
        (_, Rank::Other) if code.status() >= 500 => "server_error",
        _ => "export_control",
    }
}

/// One sentence that the caller can act on. It says nothing that a confidential letter would hide, and names a licence only
/// where one can help.
fn detail(code: Code, licensable: bool) -> &'static str {
    match code {
        Code::IdentityMissing => "Sign the request in: the API's authorizer did not name a caller.",
        Code::IdentityUnknown => "Ask whoever runs this API to register your application and its organisation.",
        Code::IdentitySuspended => "Your application or its organisation is suspended; ask whoever runs this API.",
        Code::IdentityUnverified => "Your organisation's verification is missing or has lapsed; have it renewed.",
        Code::IdentityUnscoped => {
            "Your application has no scope for this; ask whoever runs this API for the scope `export-gate/parties`."
        }
        Code::PersonRequired => "Name the person on whose behalf you call, in the End-User header.",
        Code::PersonMismatch => "The End-User header names another person than the token; send one of them.",
        Code::PersonUnexpected => "This application is registered as serving no person; leave out the End-User header.",
        Code::PersonUnknown => "The person named is not registered with your organisation; have the person registered.",
        Code::PersonUnverified => "The person's verification is missing or has lapsed; have it renewed.",
        Code::ModelUnknown => "There is no such model or version; GET /v1/models lists them.",
        Code::ModelWithdrawn => "This model is no longer offered; GET /v1/models lists those that are.",
        Code::EmbargoEveryone => "This model is closed to everyone for now; use another.",
        Code::EmbargoForeignPerson if !licensable => "This model is not open to foreign persons; use another.",
        Code::EmbargoForeignPerson => {
            "This model is not open to foreign persons without a licence; use another, or ask whoever runs this API."
        }
        Code::EmbargoDestination if !licensable => {
            "This model may not be used from where the request comes from; use another."
        }
        Code::EmbargoDestination => {
            "This model may not be used from where the request comes from without a licence; use another, or ask whoever \
             runs this API."
        }
        Code::EmbargoNationality if !licensable => "This model is not open to this nationality; use another.",
        Code::EmbargoNationality => {
            "This model is not open to this nationality without a licence; use another, or ask whoever runs this API."
        }
        Code::EmbargoParty if !licensable => {
            "This model is not open to your organisation or the person named; use another, or ask whoever runs this API."
        }
        Code::EmbargoParty => {
            "This model is not open to your organisation or the person named without a licence; ask whoever runs this API."
        }
        Code::EmbargoOwnership if !licensable => {
            "This model is not open to what certain parties own; use another, or ask whoever runs this API."
        }
        Code::EmbargoOwnership => {
            "This model is not open to what certain parties own without a licence; ask whoever runs this API."
        }
        Code::EmbargoEndUse if !licensable => {
            "This model may not be put to this end use; name another of your organisation's in the End-Use header, or use \
             another model."
        }
        Code::EmbargoEndUse => {
            "This model may not be put to this end use without a licence; name another of your organisation's in the \
             End-Use header, or ask whoever runs this API."
        }
        Code::EmbargoNetwork => {
            "Requests from this network, or from so many at once, are not accepted; call from one other."
        }
        Code::DestinationUnknown => {
            "Nobody can say which country or region the request comes from; call from a network that can be placed."
        }
        Code::DestinationInconsistent => {
            "What tells where the request comes from disagrees; call from the network and country that you are known by, \
             without a proxy."
        }
        Code::EndUseUndeclared => {
            "The End-Use header names none of your organisation's declared end uses; name one of them."
        }
        Code::PartyReview => {
            "Whoever runs this API must first look into who your organisation, its owners or the person named are; ask them."
        }
        Code::LicenceMissing | Code::LicenceScope | Code::LicenceExpired | Code::LicenceExhausted => {
            "No licence covers this; ask whoever runs this API."
        }
        Code::RequestMalformed => "Send the request again in another form.",
        Code::RegisterUnavailable => "The gate can't decide at the moment; try again in a moment.",
        Code::LedgerUnavailable => "The gate can't record its decision at the moment; try again in a moment.",
        Code::ModelUnavailable => "The model is not ready; try again in a few seconds.",
        Code::ModelFailed => {
            "The model failed on this request, or answered more than can be passed on; change it or try again."
        }
        Code::ModelTimeout => "The model took too long; try again, or ask for less.",
        Code::InternalFailure => "The gate failed on this request; tell whoever runs this API.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Review, Source};

    fn reason(code: Code, licensable: bool) -> Reason {
        let (id, citation) = ("letter@1".to_owned(), "15 CFR 744".to_owned());
        let source = Source { id, authority: Authority::Bis, citation, disclose: true, licensable };
        Reason { code, embargo: Some(source), review: None }
    }

    #[test]
    fn a_licence_is_named_only_where_one_can_help() {
        let table = [
            Code::EmbargoForeignPerson,
            Code::EmbargoDestination,
            Code::EmbargoNationality,
            Code::EmbargoParty,
            Code::EmbargoOwnership,
            Code::EmbargoEndUse,
        ];
        for code in table {
            let review = Review { match_sha256: None, party: "sdn:1".into(), score: None, subject: "person#p".into() };
            let possible = Reason { review: Some(review), ..reason(Code::PartyReview, false) };
            let missing = reason(Code::LicenceMissing, true);
            let cases = [
                (vec![reason(code, true), missing.clone()], true),
                (vec![reason(code, false)], false),
                (vec![reason(code, true), missing, reason(Code::EmbargoEveryone, false)], false),
                (vec![reason(code, true), possible], true),
            ];
            for (reasons, named) in cases {
                let decision = Decision { reasons, ..Decision::unidentified(vec![]) };
                let detail = Problem::refusal_unrecorded(&decision).detail;
                assert_eq!(detail.contains("licence"), named, "{code}: {detail}");
            }
        }
    }
}
