//! Pure. Which embargoes name the organisation, an owner or the person as a party. Names are compared here, before the
//! decision, so that no name goes into it or into the ledger.

use serde::{Deserialize, Serialize};

use super::identity::Callers;
use super::subject::{Persons, Subject};
use crate::record::{Organisation, Owner, Party, Person};
use crate::register::Register;
use crate::terms::{Country, Match};

/// That an embargo names somebody of the caller's as a party, or that nobody can say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PartyMatch {
    /// The embargo's id.
    pub embargo: String,
    /// Whether nobody can say: somebody has no name in the records.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
}

/// Notes in the subject which embargoes name somebody of the caller's. Where none has parties, nothing is done.
pub fn screen_parties(subject: &mut Subject, callers: &Callers, register: &Register) {
    for embargo in register.party_embargoes() {
        let parties = embargo.applies_to.parties.as_deref().unwrap_or_default();
        match Match::any(parties.iter().map(|party| named(party, subject, callers))) {
            Match::No => {}
            matched @ (Match::Unknown | Match::Yes) => subject
                .facts
                .parties
                .push(PartyMatch { embargo: embargo.meta.id.clone(), unknown: matched == Match::Unknown }),
        }
    }
    subject.facts.parties.sort();
}

/// Whether a party is one of the caller's.
fn named(party: &Party, subject: &Subject, callers: &Callers) -> Match {
    let organisation = callers.organisation.as_ref().map_or(Match::Unknown, |found| is_organisation(party, found));
    let person = match (&subject.facts.persons, &callers.person) {
        (Persons::Named(_), Some(person)) => is_person(party, person),
        (Persons::None | Persons::Attested, _) => Match::No,
        (Persons::Unknown, _) | (Persons::Named(_), None) => Match::Unknown,
    };
    organisation.max(person)
}

fn is_organisation(party: &Party, organisation: &Organisation) -> Match {
    let countries = [organisation.incorporated_in, organisation.headquartered_in];
    let own = match &organisation.name {
        None => Match::Unknown,
        Some(name) => has_name(party, std::iter::once(name).chain(&organisation.aliases), &countries),
    };
    own.max(is_owner(party, &organisation.owners))
}

/// Owners whose own owners are named too.
fn is_owner(party: &Party, owners: &[Owner]) -> Match {
    Match::any(owners.iter().map(|owner| {
        let own = has_name(party, std::iter::once(&owner.name), &[owner.country]);
        own.max(is_owner(party, &owner.owners))
    }))
}

fn is_person(party: &Party, person: &Person) -> Match {
    let countries: Vec<Option<Country>> = person.nationalities.iter().copied().map(Some).collect();
    match &person.name {
        None => Match::Unknown,
        Some(name) => has_name(party, std::iter::once(name).chain(&person.aliases), &countries),
    }
}

/// The same name, and a country that agrees, where both are known.
fn has_name<'a>(party: &Party, names: impl Iterator<Item = &'a String>, countries: &[Option<Country>]) -> Match {
    let of_party: Vec<String> =
        std::iter::once(&party.name).chain(party.aliases.iter().flatten()).map(|name| plain(name)).collect();
    let is_named = names.map(|name| plain(name)).any(|name| of_party.contains(&name));
    let agrees = match party.country {
        Some(country) if !countries.is_empty() && !countries.contains(&None) => countries.contains(&Some(country)),
        Some(_) | None => true,
    };
    Match::from(is_named && agrees)
}

/// A name in lower case, its words with one space between them, and nothing else.
fn plain(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
