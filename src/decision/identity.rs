//! Pure. Identifies the caller: checks the claimed client and person against their records and collects the facts.

use jiff::Timestamp;

use super::facts::{Facts, OrganisationFacts, PersonFacts, Persons};
use super::list_screening::{ListScreening, Lists, screen_against_lists};
use super::owners::trace_owners;
use super::party_screening::{add_unsearched, screen_against_parties};
use super::spread::{count_places, impossible_travel};
use super::subject::{RequestOrigin, Subject};
use crate::record::{CallerStatus, Client, Organisation, Person, Users, Verification};
use crate::register::Register;
use crate::terms::Code;

/// The claims of a request besides its client.
#[derive(Clone, Copy, Debug, Default)]
pub struct Claimed<'a> {
    /// The person, from the token's `sub`.
    pub by_token: Option<&'a str>,
    /// The person, from the `End-User` header.
    pub by_header: Option<&'a str>,
    /// The end use, from the `End-Use` header.
    pub end_use: Option<&'a str>,
}

impl<'a> Claimed<'a> {
    /// The person: the token's, otherwise the header's.
    #[must_use]
    pub fn person(&self) -> Option<&'a str> {
        self.by_token.or(self.by_header)
    }

    /// Whether the header names a different person than the token.
    #[must_use]
    pub fn disagrees(&self) -> bool {
        matches!((self.by_token, self.by_header), (Some(token), Some(header)) if token != header)
    }
}

/// The caller's records, as far as they exist.
#[derive(Clone, Debug, Default)]
pub struct Callers {
    /// The client.
    pub client: Option<Client>,
    /// Its organisation.
    pub organisation: Option<Organisation>,
    /// The named person.
    pub person: Option<Person>,
}

/// Returns the subject of the decision, screened against the lists and parties that embargoes name.
///
/// # Errors
/// Every `identity.*` and `person.*` code that applies. An error here is a refusal, not a failure.
pub fn identify(
    claimed: Claimed<'_>,
    callers: &Callers,
    from: RequestOrigin,
    register: &Register,
    now: Timestamp,
) -> Result<Subject, Vec<Code>> {
    let Some(client) = &callers.client else { return Err(vec![Code::IdentityUnknown]) };
    let mut codes = Vec::new();
    let organisation = callers.organisation.as_ref();
    if organisation.is_none() {
        codes.push(Code::IdentityUnknown);
    }
    let suspended = |status| status == CallerStatus::Suspended;
    if suspended(client.status) || organisation.is_some_and(|organisation| suspended(organisation.status)) {
        codes.push(Code::IdentitySuspended);
    }
    if organisation.is_some_and(|organisation| !is_verified(organisation.verification.as_ref(), now)) {
        codes.push(Code::IdentityUnverified);
    }
    let persons = persons(claimed, client, callers.person.as_ref(), now);
    match (organisation, persons) {
        (Some(organisation), Ok(persons)) if codes.is_empty() => {
            let sightings = from.sightings.as_deref();
            let places = sightings.map(|sightings| count_places(sightings, register, now)).unwrap_or_default();
            let travel = impossible_travel(from.coordinates, sightings, register, now);
            let mut subject = subject(client, organisation, persons, claimed.end_use, from);
            subject.facts.network.add_lists(&subject.addresses, register, now);
            (subject.facts.spread, subject.facts.travel) = (places, travel);
            let person = callers.person.as_ref().map(|record| (claimed.person().unwrap_or_default(), record));
            let lists = Lists::in_use(register, now);
            subject.facts.parties = screen_against_parties(&subject, organisation, person, register, &lists, now);
            let ListScreening { matches, unsearched } = screen_against_lists(&subject, organisation, person, &lists);
            subject.facts.listed = matches;
            add_unsearched(&mut subject.facts.parties, &unsearched, register, now);
            subject.facts.owned = trace_owners(organisation, register, &lists, now);
            Ok(subject)
        }
        (_, persons) => {
            codes.extend(persons.err().into_iter().flatten());
            Err(codes)
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
    let mut codes = Vec::new();
    if claimed.disagrees() {
        codes.push(Code::PersonMismatch);
    }
    let named = claimed.person().is_some();
    match client.users {
        Users::None if named => codes.push(Code::PersonUnexpected),
        Users::Asserted if !named => codes.push(Code::PersonRequired),
        Users::None | Users::Asserted | Users::UsPersons => {}
    }
    let own = record.filter(|person| named && person.organisation == client.organisation);
    // If the client must not name a person, the answer reveals nothing about that person's record.
    if named && client.users != Users::None {
        match own {
            None => codes.push(Code::PersonUnknown),
            Some(person) if !is_verified(person.verification.as_ref(), now) => codes.push(Code::PersonUnverified),
            Some(_) => {}
        }
    }
    if !codes.is_empty() {
        return Err(codes);
    }
    Ok(match (own, client.users) {
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
    from: RequestOrigin,
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
