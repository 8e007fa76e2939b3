//! Pure. A recorded decision, decided again from the entry's own facts.

use std::collections::BTreeSet;

use export_gate::decision::{Callers, Claimed, Decision, Facts, Subject, Undecidable, Where, decide, identify};
use export_gate::evidence::addresses;
use export_gate::ledger::Standing;
use export_gate::record::{
    CallerStatus, Client, Organisation, Person, UsStatus, Users, Verification, VerificationStatus,
};
use export_gate::register::Register;
use export_gate::terms::{ModelRef, parse_time};
use jiff::Timestamp;
use serde::Deserialize as _;

use super::explain::is_permit;
use crate::entry::{Applied, Entry, Reason};

/// Decides an entry's request again, by a register and at a moment.
///
/// # Errors
/// A sentence that says why the entry's facts can't be decided on.
pub(super) fn again(
    entry: &Entry,
    register: &Register,
    now: Timestamp,
) -> Result<Result<Decision, Undecidable>, String> {
    let asked = ModelRef::parse(&entry.model).map_err(|error| error.to_string())?;
    match Facts::deserialize(&entry.facts) {
        Ok(facts) => {
            let exhausted: BTreeSet<String> = facts.exhausted.iter().cloned().collect();
            Ok(decide(&asked, &subject(entry, facts)?, register, &exhausted, now))
        }
        Err(_) => match Standing::deserialize(&entry.facts) {
            Ok(standing) => Ok(Ok(Decision::unidentified(unidentified(entry, &standing, now)?))),
            Err(error) => Err(format!("its facts can't be read: {error}")),
        },
    }
}

/// Whether the entry is about a caller whom the records didn't bear out.
pub(super) fn is_unidentified(entry: &Entry) -> bool {
    Facts::deserialize(&entry.facts).is_err()
}

fn subject(entry: &Entry, facts: Facts) -> Result<Subject, String> {
    let source =
        entry.source_ip.as_ref().map(|ip| ip.parse().map_err(|_| format!("`{ip}` is no address"))).transpose()?;
    Ok(Subject {
        organisation: entry.organisation.clone().ok_or("it names no organisation")?,
        addresses: source.map(addresses).unwrap_or_default(),
        to: entry.destination.clone().unwrap_or_default(),
        facts,
    })
}

/// The codes that the records' standing gave.
fn unidentified(entry: &Entry, standing: &Standing, now: Timestamp) -> Result<Vec<export_gate::terms::Code>, String> {
    let verified = |until: &Option<String>| -> Result<Option<Verification>, String> {
        let until = until.as_ref().map(|until| parse_time(until).map_err(|error| error.to_string())).transpose()?;
        Ok(until.map(|until| Verification { status: VerificationStatus::Verified, until: Some(until) }))
    };
    let client = standing.client.map(|status| Client {
        organisation: entry.organisation.clone().unwrap_or_default(),
        status,
        users: standing.users.unwrap_or(Users::Asserted),
        attestation: None,
    });
    let organisation = |status: CallerStatus| -> Result<Organisation, String> {
        Ok(Organisation {
            name: None,
            aliases: Vec::new(),
            owners: Vec::new(),
            kind: None,
            incorporated_in: None,
            organised_in_us: false,
            headquartered_in: None,
            end_uses: Vec::new(),
            status,
            verification: verified(&standing.organisation_verified_until)?,
        })
    };
    let organisation = standing.organisation.map(organisation).transpose()?;
    let person = match &standing.person_of {
        None => None,
        Some(of) => Some(Person {
            organisation: of.clone(),
            name: None,
            aliases: Vec::new(),
            nationalities: Vec::new(),
            deemed_country: None,
            us_status: UsStatus::Unknown,
            verification: verified(&standing.person_verified_until)?,
        }),
    };
    let claimed = match &standing.person_by_header {
        // Token and header named two.
        Some(header) => Claimed { by_token: entry.person.as_deref(), by_header: Some(header), end_use: None },
        None => Claimed { by_token: None, by_header: entry.person.as_deref(), end_use: None },
    };
    match identify(claimed, &Callers { client, organisation, person }, Where::default(), now) {
        Err(codes) => Ok(codes),
        Ok(_) => Err("by its facts the records bear the caller out".to_owned()),
    }
}

/// What of a decision differs from what the entry says, a line each.
pub(super) fn differences(entry: &Entry, decision: &Decision) -> Vec<String> {
    let reasons: Vec<Reason> = decision
        .reasons
        .iter()
        .map(|reason| {
            let source = reason.embargo.as_ref();
            Reason {
                code: reason.code.to_string(),
                embargo: source.map(|source| source.id.clone()),
                authority: source.map(|source| source.authority.to_string()),
                citation: source.map(|source| source.citation.clone()),
                subject: None,
                party: None,
                score: None,
            }
        })
        .collect();
    let applied: Vec<Applied> = decision
        .embargoes
        .iter()
        .map(|applied| Applied {
            embargo: applied.embargo.clone(),
            effect: serde_json::to_value(applied.effect)
                .ok()
                .and_then(|effect| effect.as_str().map(str::to_owned))
                .unwrap_or_default(),
            licence: applied.licence.clone(),
        })
        .collect();
    let endpoint = decision.model.as_ref().map(|(_, endpoint)| endpoint.clone());
    let outcome = if is_permit(decision) { "permit" } else { "refuse" };
    let mut found = Vec::new();
    let mut compare = |name: &str, was: String, is: String| {
        if was != is {
            found.push(format!("{name}: the entry says {was}, and it comes out {is}"));
        }
    };
    let codes = |reasons: &[Reason]| {
        let told = reasons.iter().map(|reason| match &reason.embargo {
            Some(embargo) => format!("{} by {embargo}", reason.code),
            None => reason.code.clone(),
        });
        told.collect::<Vec<_>>().join(", ")
    };
    compare("outcome", entry.outcome.clone(), outcome.to_owned());
    compare("status", entry.status.to_string(), decision.status().to_string());
    compare("reasons", codes(&entry.reasons), codes(&reasons));
    compare("reasons' authorities", format!("{:?}", entry.reasons), format!("{reasons:?}"));
    compare("embargoes", format!("{:?}", entry.embargoes), format!("{applied:?}"));
    compare("licences", entry.licences.join(", "), decision.licences().join(", "));
    compare("endpoint", entry.endpoint.clone().unwrap_or_default(), endpoint.unwrap_or_default());
    found
}
