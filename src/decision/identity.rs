//! Pure. Whether the records bear out who the request says is calling.

use jiff::Timestamp;

use super::listed::{Lists, Screened, listed};
use super::owned::owned;
use super::parties::{add_unsearched, screen};
use super::spread::{counted, travelled};
use super::subject::{Facts, OrganisationFacts, PersonFacts, Persons, Subject, Where};
use crate::record::{CallerStatus, Client, Organisation, Person, Users, Verification};
use crate::register::Register;
use crate::terms::Code;

/// Whom the request names beside its client.
#[derive(Clone, Copy, Debug, Default)]
pub struct Claimed<'a> {
    /// The person by the token's `sub`.
    pub by_token: Option<&'a str>,
    /// The person by the `End-User` header.
    pub by_header: Option<&'a str>,
    /// The end use by the `End-Use` header.
    pub end_use: Option<&'a str>,
}

impl<'a> Claimed<'a> {
    /// The person: the token's, else the header's.
    #[must_use]
    pub fn person(&self) -> Option<&'a str> {
        self.by_token.or(self.by_header)
    }

    /// Whether the header names another person than the token.
    #[must_use]
    pub fn disagrees(&self) -> bool {
        matches!((self.by_token, self.by_header), (Some(token), Some(header)) if token != header)
    }
}

/// The caller's records, as far as there are any.
#[derive(Clone, Debug, Default)]
pub struct Callers {
    /// The client's.
    pub client: Option<Client>,
    /// Its organisation's.
    pub organisation: Option<Organisation>,
    /// The named person's.
    pub person: Option<Person>,
}

/// The subject of the decision, screened against the parties that the register's embargoes name, themselves or by list.
///
/// # Errors
/// Every `identity.*` and `person.*` that applies. Here an error is a refusal, not failure.
pub fn identify(
    claimed: Claimed<'_>,
    callers: &Callers,
    from: Where,
    register: &Register,
    now: Timestamp,
) -> Result<Subject, Vec<Code>> {
    let Some(client) = &callers.client else { return Err(vec![Code::IdentityUnknown]) };
    let mut faults = Vec::new();
    let organisation = callers.organisation.as_ref();
    if organisation.is_none() {
        faults.push(Code::IdentityUnknown);
    }
    let suspended = |status| status == CallerStatus::Suspended;
    if suspended(client.status) || organisation.is_some_and(|organisation| suspended(organisation.status)) {
        faults.push(Code::IdentitySuspended);
    }
    if organisation.is_some_and(|organisation| !is_verified(organisation.verification.as_ref(), now)) {
        faults.push(Code::IdentityUnverified);
    }
    let persons = persons(claimed, client, callers.person.as_ref(), now);
    match (organisation, persons) {
        (Some(organisation), Ok(persons)) if faults.is_empty() => {
            let (spread, travel) = (counted(&from, register, now), travelled(&from, register, now));
            let mut subject = subject(client, organisation, persons, claimed.end_use, from);
            subject.facts.network.add_lists(&subject.addresses, register, now);
            (subject.facts.spread, subject.facts.travel) = (spread, travel);
            let lists = Lists::asked(register, now);
            subject.facts.parties = screen(&subject, callers, claimed.person(), register, &lists, now);
            let Screened { possible, unsearched } = listed(&subject, callers, claimed.person(), &lists);
            subject.facts.listed = possible;
            add_unsearched(&mut subject.facts.parties, &unsearched, register, now);
            subject.facts.owned = owned(organisation, register, &lists, now);
            Ok(subject)
        }
        (_, persons) => {
            faults.extend(persons.err().into_iter().flatten());
            Err(faults)
        }
    }
}

/// Who uses the client in this request.
fn persons(
    claimed: Claimed<'_>,
    client: &Client,
    record: Option<&Person>,
    now: Timestamp,
) -> Result<Persons, Vec<Code>> {
    let mut faults = Vec::new();
    if claimed.disagrees() {
        faults.push(Code::PersonMismatch);
    }
    let named = claimed.person().is_some();
    match client.users {
        Users::None if named => faults.push(Code::PersonUnexpected),
        Users::Asserted if !named => faults.push(Code::PersonRequired),
        Users::None | Users::Asserted | Users::UsPersons => {}
    }
    let known = record.filter(|person| named && person.organisation == client.organisation);
    // Of a person that a client which serves none must not name, nothing more is told.
    if named && client.users != Users::None {
        match known {
            None => faults.push(Code::PersonUnknown),
            Some(person) if !is_verified(person.verification.as_ref(), now) => faults.push(Code::PersonUnverified),
            Some(_) => {}
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(match (known, client.users) {
        (Some(person), _) => Persons::Named(PersonFacts {
            deemed_country: person.deemed_country,
            nationalities: person.nationalities.clone(),
            us_status: person.us_status,
        }),
        (None, Users::None) => Persons::None,
        (None, Users::UsPersons) if client.attestation.as_ref().is_some_and(|given| given.holds(now)) => {
            Persons::Attested
        }
        (None, Users::UsPersons | Users::Asserted) => Persons::Unknown,
    })
}

fn subject(
    client: &Client,
    organisation: &Organisation,
    persons: Persons,
    end_use: Option<&str>,
    from: Where,
) -> Subject {
    let undeclared = end_use.is_some_and(|word| !organisation.end_uses.iter().any(|declared| declared == word));
    let end_uses = end_use.map_or_else(|| organisation.end_uses.clone(), |word| vec![word.to_owned()]);
    Subject {
        organisation: client.organisation.clone(),
        addresses: from.addresses,
        to: from.to,
        facts: Facts {
            end_uses,
            exhausted: Vec::new(),
            listed: Vec::new(),
            location: from.by,
            network: from.network,
            organisation: OrganisationFacts {
                headquartered_in: organisation.headquartered_in,
                incorporated_in: organisation.incorporated_in,
                organised_in_us: organisation.organised_in_us,
                kind: organisation.kind,
            },
            owned: None,
            parties: Vec::new(),
            persons,
            signals: from.signals,
            spread: Vec::new(),
            travel: None,
            undeclared_end_use: undeclared,
            users: client.users,
        },
    }
}

fn is_verified(verification: Option<&Verification>, now: Timestamp) -> bool {
    verification.is_some_and(|verification| verification.holds(now))
}
