//! Pure. Builds the ledger entry of a decision.

use super::{Evidence, RequestContext};
use crate::decision::{Callers, Decision, Outcome, Subject, editions_in_use};
use crate::ledger::{Draft, EntryFacts, EntryReason, Finding, Kind, UnidentifiedFacts};
use crate::terms::{ModelRef, render_time};

pub(super) fn draft(
    context: &RequestContext<'_>,
    requested: &ModelRef,
    kind: Kind,
    request_sha256: String,
    evidence: &Evidence,
    decision: &Decision,
    subject: Option<Subject>,
) -> Draft {
    let (model, endpoint) = match &decision.model {
        Some((model, endpoint)) => (model.clone(), Some(endpoint.clone())),
        None => (requested.as_str().to_owned(), None),
    };
    let screening = evidence.register.screening(context.now);
    let to = evidence.origin.destination(subject.as_ref(), screening, context.now);
    let destination = Some(to.clone()).filter(|to| to.country.is_some());
    let (facts, lists) = match subject {
        Some(subject) => {
            (EntryFacts::Identified(Box::new(subject.facts)), editions_in_use(&evidence.register, context.now))
        }
        None => (EntryFacts::Unidentified(caller_status(context, evidence)), Vec::new()),
    };
    Draft {
        at: render_time(context.now),
        kind,
        outcome: if matches!(decision.outcome, Outcome::Permit(_)) { Finding::Permit } else { Finding::Refuse },
        status: decision.status(),
        reasons: decision.reasons.iter().map(EntryReason::from).collect(),
        client: context.request.principal.clone(),
        organisation: evidence.callers.client.as_ref().map(|client| client.organisation.clone()),
        person: context.claimed().person().map(str::to_owned),
        model,
        endpoint,
        source_ip: context.request.source.map(|address| address.to_string()),
        destination,
        facts,
        licences: decision.licences(),
        embargoes: decision.embargoes.clone(),
        revision: evidence.register.revision(),
        lists,
        request_sha256,
        of: None,
    }
}

/// The status of an unidentified caller's records.
fn caller_status(context: &RequestContext<'_>, evidence: &Evidence) -> UnidentifiedFacts {
    let Callers { client, organisation, person } = &evidence.callers;
    let verified_until = |verification: Option<&crate::record::Verification>| {
        use crate::record::VerificationStatus::Verified;
        verification.filter(|found| found.status == Verified)?.until.map(render_time)
    };
    UnidentifiedFacts {
        client: client.as_ref().map(|client| client.status),
        location: evidence.origin.by.clone(),
        organisation: organisation.as_ref().map(|organisation| organisation.status),
        organisation_verified_until: verified_until(organisation.as_ref().and_then(|o| o.verification.as_ref())),
        person_by_header: context.request.person_by_header.clone().filter(|_| context.claimed().disagrees()),
        person_of: person.as_ref().map(|person| person.organisation.clone()),
        person_verified_until: verified_until(person.as_ref().and_then(|person| person.verification.as_ref())),
        signals: evidence.origin.signals.clone(),
        users: client.as_ref().map(|client| client.users),
    }
}
