//! Pure. Compares the parties of a request with the parties that embargoes name, by exact name.
//!
//! This happens before the decision, which then needs no names. The results are facts, so the ledger holds no names.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::facts::{NameKey, PartyMatch, Persons};
use super::list_screening::Lists;
use super::subject::Subject;
use crate::record::{Organisation, Owner, Party, Person};
use crate::register::Register;
use crate::terms::{Country, Match, Name};

struct ScreenedParty<'a> {
    /// `None` if unknown.
    name: Option<LazyName<'a>>,
    countries: Vec<Country>,
    /// Whether these are all of the party's countries.
    complete: bool,
}

/// A name that is parsed on first use; lists do not use it.
struct LazyName<'a> {
    written: &'a str,
    name: OnceCell<Option<Name>>,
}

/// Returns the embargoes in force that match a screened party by name, for any model, and those by list whose result is
/// unknown; sorted. Compares no names if there are no such embargoes.
pub(super) fn screen_against_parties(
    subject: &Subject,
    organisation: &Organisation,
    person: Option<(&str, &Person)>,
    register: &Register,
    lists: &Lists<'_>,
    now: Timestamp,
) -> Vec<PartyMatch> {
    if !register.embargoes_by_name().iter().any(|embargo| embargo.meta.is_in_force(now)) {
        return Vec::new();
    }
    let organisation = (format!("organisation#{}", subject.organisation), of_organisation(subject, organisation));
    let (id, record) = person.unzip();
    let person = (format!("person#{}", id.unwrap_or_default()), screened_persons(subject, record));
    let screened = || organisation.1.iter().chain(&person.1);
    // If all names are known and all lists readable, only embargoes that name a party by one of these names can match.
    let embargoes = if lists.have_all() && screened().all(|party| party.name.is_some()) {
        register.embargoes_naming(screened().filter_map(|party| party.name.as_ref()?.parsed()))
    } else {
        register.embargoes_by_name().iter().map(AsRef::as_ref).collect()
    };
    let mut matches = Vec::new();
    for embargo in embargoes.into_iter().filter(|embargo| embargo.meta.is_in_force(now)) {
        let to = &embargo.applies_to;
        let parties = to.parties.as_deref().unwrap_or_default();
        for (id, screened) in [&organisation, &person] {
            let named = Match::any(parties.iter().flat_map(|party| screened.iter().map(|one| one.is(party))));
            let is_unknown = |named: &Vec<String>| screened.iter().any(|one| one.name.is_none() || !lists.have(named));
            let is_listed = if to.lists.as_ref().is_some_and(is_unknown) { Match::Unknown } else { Match::No };
            for (by, matched) in [(NameKey::Parties, named), (NameKey::Lists, is_listed)] {
                if matched >= Match::Unknown {
                    let embargo = embargo.meta.id.clone();
                    matches.push(PartyMatch { by, embargo, matched, subject: id.clone() });
                }
            }
        }
    }
    matches.sort();
    matches
}

/// Adds the embargoes in force whose result is unknown, because a subject was not compared with one of their lists (or, for
/// `None`, with their own parties).
pub(super) fn add_unsearched(
    matches: &mut Vec<PartyMatch>,
    unsearched: &BTreeSet<(String, Option<&str>)>,
    register: &Register,
    now: Timestamp,
) {
    if unsearched.is_empty() {
        return;
    }
    let is_known = |found: &PartyMatch| (found.by, found.embargo.clone(), found.subject.clone());
    let mut known: BTreeSet<_> = matches.iter().map(is_known).collect();
    for embargo in register.embargoes_by_name().iter().filter(|embargo| embargo.meta.is_in_force(now)) {
        let to = &embargo.applies_to;
        for (subject, list) in unsearched {
            let (by, is_named) = match list {
                Some(list) => (NameKey::Lists, to.lists.iter().flatten().any(|named| named == list)),
                None => (NameKey::Parties, to.parties.is_some()),
            };
            let embargo = embargo.meta.id.clone();
            if is_named && known.insert((by, embargo.clone(), subject.clone())) {
                matches.push(PartyMatch { by, embargo, matched: Match::Unknown, subject: subject.clone() });
            }
        }
    }
    matches.sort();
}

impl LazyName<'_> {
    fn parsed(&self) -> Option<&Name> {
        self.name.get_or_init(|| Name::parse(self.written).ok()).as_ref()
    }

    fn is(&self, party: &Party) -> bool {
        self.parsed().is_some_and(|name| party.is_called(name))
    }
}

impl<'a> ScreenedParty<'a> {
    fn new(name: Option<LazyName<'a>>, countries: impl IntoIterator<Item = Country>, complete: bool) -> Self {
        Self { name, countries: countries.into_iter().collect(), complete }
    }

    /// Whether this is the party: by name, and by country if the party has one.
    fn is(&self, party: &Party) -> Match {
        let named = self.name.as_ref().map_or(Match::Unknown, |name| name.is(party).into());
        let of_there = match party.country {
            Some(country) if !self.countries.contains(&country) => {
                if self.complete {
                    Match::No
                } else {
                    Match::Unknown
                }
            }
            Some(_) | None => Match::Yes,
        };
        Match::all([named, of_there])
    }
}

/// The organisation under each of its names, its owners at every level, and unknown users.
fn of_organisation<'a>(subject: &Subject, record: &'a Organisation) -> Vec<ScreenedParty<'a>> {
    let facts = &subject.facts.organisation;
    let countries = [facts.incorporated_in, facts.headquartered_in];
    let itself = |name| ScreenedParty::new(name, countries.into_iter().flatten(), !countries.contains(&None));
    let mut screened = vec![itself(usable(record.name.as_ref()))];
    screened.extend(record.aliases.iter().filter_map(|alias| usable(Some(alias))).map(|alias| itself(Some(alias))));
    add_owners(&record.owners, &mut screened);
    if subject.facts.persons == Persons::Unknown {
        screened.push(ScreenedParty::new(None, [], false));
    }
    screened
}

fn add_owners<'a>(owners: &'a [Owner], screened: &mut Vec<ScreenedParty<'a>>) {
    for owner in owners {
        screened.push(ScreenedParty::new(usable(owner.name.as_ref()), owner.country, owner.country.is_some()));
        add_owners(&owner.owners, screened);
    }
}

/// The named person under each name; empty if no person is named.
fn screened_persons<'a>(subject: &Subject, record: Option<&'a Person>) -> Vec<ScreenedParty<'a>> {
    let Persons::Named(facts) = &subject.facts.persons else { return Vec::new() };
    let countries = || facts.nationalities.iter().copied().chain(facts.deemed_country);
    let itself = |name| ScreenedParty::new(name, countries(), !facts.nationalities.is_empty());
    let name = itself(record.and_then(|person| usable(person.name.as_ref())));
    let aliases = record.into_iter().flat_map(|person| &person.aliases).filter_map(|alias| usable(Some(alias)));
    std::iter::once(name).chain(aliases.map(|alias| itself(Some(alias)))).collect()
}

/// A name with a letter or digit. Any other counts as absent.
fn usable(name: Option<&String>) -> Option<LazyName<'_>> {
    let written = name.filter(|name| Name::is_one(name))?;
    Some(LazyName { written, name: OnceCell::new() })
}
