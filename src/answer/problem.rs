//! Pure. Problem documents (RFC 9457) with the `error` member that OpenAI clients read.

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
    reasons: Vec<DisclosedReason<'a>>,
    error: ErrorMember,
    #[serde(skip)]
    code: Code,
}

/// The end uses that a refusal's sentence depends on.
#[derive(Clone, Copy, Debug, Default)]
pub struct EndUses<'a> {
    /// Those that the organisation declares.
    pub declared: &'a [String],
    /// The one that the request names.
    pub named: Option<&'a str>,
}

/// The error as OpenAI clients read it.
#[derive(Debug, Serialize)]
struct ErrorMember {
    message: Cow<'static, str>,
    #[serde(rename = "type")]
    kind: &'static str,
    code: &'static str,
}

/// A reason as callers see it: without the embargo's id, and without a confidential authority and citation.
#[derive(Debug, Serialize)]
pub struct DisclosedReason<'a> {
    code: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    authority: Option<Authority>,
    #[serde(skip_serializing_if = "Option::is_none")]
    citation: Option<&'a str>,
}

impl<'a> From<&'a Reason> for DisclosedReason<'a> {
    fn from(reason: &'a Reason) -> Self {
        // The authority of a potential match would reveal which list it is on.
        let source = reason.embargo.as_ref().filter(|source| source.disclose && reason.review.is_none());
        Self {
            code: reason.code,
            authority: source.map(|source| source.authority),
            citation: source.map(|source| source.citation.as_str()),
        }
    }
}

impl From<Code> for DisclosedReason<'_> {
    fn from(code: Code) -> Self {
        Self { code, authority: None, citation: None }
    }
}

/// The reasons that callers may see. `party.review` appears once, however many matches await review.
#[must_use]
pub fn disclosed(reasons: &[Reason]) -> Vec<DisclosedReason<'_>> {
    let first = reasons.iter().position(|reason| reason.review.is_some());
    let is_disclosed = |(index, reason): &(usize, &Reason)| reason.review.is_none() || Some(*index) == first;
    reasons.iter().enumerate().filter(is_disclosed).map(|(_, reason)| reason.into()).collect()
}

impl<'a> Problem<'a> {
    pub(super) fn refusal(decision: &'a Decision, end_uses: EndUses<'_>, decision_id: Option<&'a str>) -> Self {
        let code = leading(&decision.reasons).map_or(Code::InternalFailure, |reason| reason.code);
        let is_prohibited = |reason: &Reason| {
            reason.embargo.as_ref().is_some_and(|source| !source.licensable && reason.review.is_none())
        };
        // A licence helps only if it can lift everything that refuses.
        let detail = detail(code, !decision.reasons.iter().any(is_prohibited), end_uses);
        Self::new(code, decision.status(), detail.into(), decision_id, disclosed(&decision.reasons))
    }

    pub(super) fn failure(code: Code, status: u16, detail: Option<String>, decision_id: Option<&'a str>) -> Self {
        let detail = detail.map_or(self::detail(code, true, EndUses::default()).into(), Cow::Owned);
        Self::new(code, status, detail, decision_id, vec![code.into()])
    }

    fn new(
        code: Code,
        status: u16,
        detail: Cow<'static, str>,
        decision_id: Option<&'a str>,
        reasons: Vec<DisclosedReason<'a>>,
    ) -> Self {
        let error = ErrorMember { message: detail.clone(), kind: kind(code), code: code.as_str() };
        let (kind, title) = (format!("urn:export-gate:{code}"), title(status));
        Self { kind, title, status, detail, decision_id, reasons, error, code }
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    /// The value of `Retry-After`, in seconds.
    pub(super) fn retry_after(&self) -> Option<&'static str> {
        let own = matches!(self.code, Code::RegisterUnavailable | Code::LedgerUnavailable).then_some("1");
        own.or((self.code == Code::ModelUnavailable).then_some("5"))
    }
}

/// The reason phrase of the status; RFC 7725's for 451.
fn title(status: u16) -> &'static str {
    match status {
        451 => "Unavailable for legal reasons",
        status => {
            http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error")
        }
    }
}

/// The error type by which OpenAI clients distinguish errors.
fn kind(code: Code) -> &'static str {
    match (code, code.rank()) {
        (Code::RequestMalformed, _) => "invalid_request_error",
        (_, Rank::Other) if code.status() >= 500 => "server_error",
        _ => "export_control",
    }
}

/// One sentence that the caller can act on. It reveals nothing confidential, and mentions a licence only if one can help.
fn detail(code: Code, licensable: bool, end_uses: EndUses<'_>) -> &'static str {
    match code {
        Code::IdentityMissing => "Sign the request in: the API's authorizer did not name a caller.",
        Code::IdentityUnknown => "Ask the operator of this API to register your application and its organisation.",
        Code::IdentitySuspended => "Your application or its organisation is suspended; ask the operator of this API.",
        Code::IdentityUnverified => "Your organisation's verification is missing or has expired; have it renewed.",
        Code::IdentityUnscoped => {
            "Your application lacks the scope `export-gate/parties`; ask the operator of this API for it."
        }
        Code::PersonRequired => "Name the end user in the End-User header.",
        Code::PersonMismatch => "The End-User header and the token name different persons; send only one of them.",
        Code::PersonUnexpected => "This application is registered as serving no person; omit the End-User header.",
        Code::PersonUnknown => "This person is not registered with your organisation; have the person registered.",
        Code::PersonUnverified => "The person's verification is missing or has expired; have it renewed.",
        Code::ModelUnknown => "There is no such model or version; GET /v1/models lists them.",
        Code::ModelWithdrawn => "This model is no longer available; GET /v1/models lists those that are.",
        Code::EmbargoEveryone => "This model is currently closed to everyone; use another model.",
        Code::EmbargoForeignPerson if !licensable => "This model is closed to foreign persons; use another model.",
        Code::EmbargoForeignPerson => {
            "This model is closed to foreign persons without a licence; use another model, or ask the operator of this API."
        }
        Code::EmbargoDestination if !licensable => {
            "This model is not available at the request's destination; use another model."
        }
        Code::EmbargoDestination => {
            "This model is not available at the request's destination without a licence; use another model, or ask the \
             operator of this API."
        }
        Code::EmbargoNationality if !licensable => "This model is closed to this nationality; use another model.",
        Code::EmbargoNationality => {
            "This model is closed to this nationality without a licence; use another model, or ask the operator of this API."
        }
        Code::EmbargoParty if !licensable => {
            "This model is closed to your organisation or this person; use another model, or ask the operator of this API."
        }
        Code::EmbargoParty => {
            "This model is closed to your organisation or this person without a licence; ask the operator of this API."
        }
        Code::EmbargoOwnership if !licensable => {
            "This model is closed to organisations with certain owners; use another model, or ask the operator of this API."
        }
        Code::EmbargoOwnership => {
            "This model is closed to organisations with certain owners without a licence; ask the operator of this API."
        }
        Code::EmbargoEndUse | Code::EndUseUndeclared => end_uses.detail(licensable),
        Code::EmbargoNetwork => {
            "Requests from this network, or from this many places, are not accepted; use a single, different network."
        }
        Code::DestinationUnknown => {
            "The country or region of the request is unknown; call from a network with a known location."
        }
        Code::DestinationInconsistent => {
            "The location signals of the request contradict each other; call from your usual network and country, without \
             a proxy."
        }
        Code::PartyReview => {
            "Your organisation, one of its owners or this person awaits review; ask the operator of this API."
        }
        Code::LicenceMissing | Code::LicenceScope | Code::LicenceExpired | Code::LicenceExhausted => {
            "No licence covers this request; ask the operator of this API."
        }
        Code::RequestMalformed => "Correct the request.",
        Code::RegisterUnavailable => "The gate is currently unable to decide; try again shortly.",
        Code::LedgerUnavailable => "The gate is currently unable to record its decision; try again shortly.",
        Code::ModelUnavailable => "The model is not ready; try again in a few seconds.",
        Code::ModelFailed => {
            "The model failed on this request, or its answer is too large; change the request or try again."
        }
        Code::ModelTimeout => "The model did not answer in time; try again, or ask for less.",
        Code::InternalFailure => "The gate failed on this request; report this to the operator of this API.",
    }
}

impl EndUses<'_> {
    fn detail(self, licensable: bool) -> &'static str {
        let is_declared = |named: &str| self.declared.iter().any(|declared| declared == named);
        match (self.declared, self.named) {
            ([], _) => "Your organisation has not declared an end use; ask the operator of this API to record it.",
            (_, Some(named)) if !is_declared(named) => {
                "The End-Use header names an end use that your organisation has not declared; name a declared one."
            }
            ([_], _) if !licensable => "This model is closed to your organisation's end use; use another model.",
            ([_], _) => {
                "This model is closed to your organisation's end use without a licence; use another model, or ask the \
                 operator of this API."
            }
            (_, Some(_)) if !licensable => {
                "This model is closed to this end use; name another of your organisation's in the End-Use header, or use \
                 another model."
            }
            (_, Some(_)) => {
                "This model is closed to this end use without a licence; name another of your organisation's in the \
                 End-Use header, or ask the operator of this API."
            }
            (_, None) if !licensable => {
                "This model is closed to one of your organisation's end uses; name the request's own in the End-Use \
                 header, or use another model."
            }
            (_, None) => {
                "This model is closed to one of your organisation's end uses without a licence; name the request's own in \
                 the End-Use header, or ask the operator of this API."
            }
        }
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
    fn detail_mentions_a_licence_only_if_one_can_help() {
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
                let end_uses = EndUses { declared: &["research".to_owned()], named: None };
                let detail = Problem::refusal(&decision, end_uses, None).detail;
                assert_eq!(detail.contains("licence"), named, "{code}: {detail}");
            }
        }
    }

    #[test]
    fn detail_of_an_embargoed_end_use_fits_what_is_declared_and_named() {
        let table: [(&[&str], Option<&str>, &str); 7] = [
            (&[], None, "Your organisation has not declared an end use; ask the operator of this API to record it."),
            (&[], Some("research"), "has not declared an end use; ask the operator of this API to record it."),
            (&["mining"], None, "closed to your organisation's end use without a licence; use another model"),
            (&["mining"], Some("mining"), "closed to your organisation's end use without a licence; use another model"),
            (&["mining"], Some("research"), "not declared; name a declared one."),
            (&["mining", "research"], None, "closed to one of your organisation's end uses without a licence; name"),
            (&["mining", "research"], Some("mining"), "closed to this end use without a licence; name another of your"),
        ];
        for (declared, named, expected) in table {
            let declared: Vec<String> = declared.iter().map(ToString::to_string).collect();
            let end_uses = EndUses { declared: &declared, named };
            for licensable in [true, false] {
                let decision = Decision {
                    reasons: vec![reason(Code::EmbargoEndUse, licensable)],
                    ..Decision::unidentified(vec![])
                };
                let detail = Problem::refusal(&decision, end_uses, None).detail;
                let expected =
                    if licensable { expected.to_owned() } else { expected.replace(" without a licence", "") };
                assert!(detail.contains(&expected), "{declared:?} {named:?}: {detail}");
            }
        }
    }
}
