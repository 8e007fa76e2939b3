//! Pure. Which embargoed parties may stand behind a request, by name: worked out before the decision, which then needs no
//! name, and kept as a fact, so that no name stands in the ledger.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Callers;
use super::listed::Lists;
use super::subject::{Persons, Subject};
use crate::record::{Organisation, Owner, Party};
use crate::register::Register;
use crate::terms::{Country, Match, Name};

/// An embargo by party or by list of which somebody behind the request may be one. The fields stand in alphabetical order, since
/// the ledger's entry is hashed so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PartyMatch {
    /// The key by which it names parties.
    #[serde(default, skip_serializing_if = "NameKey::is_parties")]
    pub by: NameKey,
    /// The embargo's id.
    pub embargo: String,
    /// Whether it is known; never `No`.
    #[serde(rename = "match")]
    pub matched: Match,
    /// Whose record it is: `organisation#…`, for its owners too, or `person#…`.
    pub subject: String,
}

/// A key of embargoes that names parties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameKey {
    /// `parties`: the embargo itself has their names.
    #[default]
    Parties,
    /// `lists`: only what is unknown; whom lists name is told by [`super::Possible`].
    Lists,
}

impl NameKey {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    fn is_parties(&self) -> bool {
        *self == Self::Parties
    }
}

/// Somebody behind the request.
struct Standing<'a> {
    /// `None` where nobody knows.
    name: Option<Called<'a>>,
    countries: Vec<Country>,
    /// Whether there are no other countries.
    complete: bool,
}

/// A name, made ready to be compared once somebody compares it: lists don't.
struct Called<'a> {
    written: &'a str,
    name: OnceCell<Option<Name>>,
}

/// The embargoes by party in force at `now` that match somebody behind the request, on whatever model, and those by list
/// of whom nobody can say whether they do; sorted. `person` is the named person's id. Where there are no such embargoes,
/// no name is looked at.
pub(super) fn screen(
    subject: &Subject,
    callers: &Callers,
    person: Option<&str>,
    register: &Register,
    lists: &Lists<'_>,
    now: Timestamp,
) -> Vec<PartyMatch> {
    if !register.embargoes_by_name().iter().any(|embargo| embargo.meta.is_in_force(now)) {
        return Vec::new();
    }
    let organisation = (format!("organisation#{}", subject.organisation), of_organisation(subject, callers));
    let person = (format!("person#{}", person.unwrap_or_default()), of_person(subject, callers));
    let standing = || organisation.1.iter().chain(&person.1);
    // Where all names are known and all lists can be asked, an embargo matches by one of its parties' names alone.
    let embargoes = if lists.have_all() && standing().all(|one| one.name.is_some()) {
        register.embargoes_naming(standing().filter_map(|one| one.name.as_ref()?.parsed()))
    } else {
        register.embargoes_by_name().iter().map(AsRef::as_ref).collect()
    };
    let mut matches = Vec::new();
    for embargo in embargoes.into_iter().filter(|embargo| embargo.meta.is_in_force(now)) {
        let to = &embargo.applies_to;
        let parties = to.parties.as_deref().unwrap_or_default();
        for (id, standing) in [&organisation, &person] {
            let named = Match::any(parties.iter().flat_map(|party| standing.iter().map(|one| one.is(party))));
            let is_unknown = |named: &Vec<String>| standing.iter().any(|one| one.name.is_none() || !lists.have(named));
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

/// Adds the embargoes in force of which nobody can say whether they match, since the names of a subject were not compared
/// with one of their lists, or, where none is named, with their own parties.
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

impl Called<'_> {
    fn parsed(&self) -> Option<&Name> {
        self.name.get_or_init(|| Name::parse(self.written).ok()).as_ref()
    }

    fn is(&self, party: &Party) -> bool {
        self.parsed().is_some_and(|name| party.is_called(name))
    }
}

impl<'a> Standing<'a> {
    fn new(name: Option<Called<'a>>, countries: impl IntoIterator<Item = Country>, complete: bool) -> Self {
        Self { name, countries: countries.into_iter().collect(), complete }
    }

    /// Whether this is the party: by name, and by country where the party has one.
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

/// The organisation by each of its names, its owners at every level, and users whom nobody knows.
fn of_organisation<'a>(subject: &Subject, callers: &'a Callers) -> Vec<Standing<'a>> {
    let facts = &subject.facts.organisation;
    let countries = [facts.incorporated_in, facts.headquartered_in];
    let itself = |name| Standing::new(name, countries.into_iter().flatten(), !countries.contains(&None));
    let record = callers.organisation.as_ref();
    let mut standing = vec![itself(record.and_then(|organisation| known(organisation.name.as_ref())))];
    if let Some(Organisation { aliases, owners, .. }) = record {
        standing.extend(aliases.iter().filter_map(|alias| known(Some(alias))).map(|alias| itself(Some(alias))));
        add_owners(owners, &mut standing);
    }
    if subject.facts.persons == Persons::Unknown {
        standing.push(Standing::new(None, [], false));
    }
    standing
}

fn add_owners<'a>(owners: &'a [Owner], standing: &mut Vec<Standing<'a>>) {
    for owner in owners {
        standing.push(Standing::new(known(owner.name.as_ref()), owner.country, owner.country.is_some()));
        add_owners(&owner.owners, standing);
    }
}

/// The named person by each name; nobody where none is named.
fn of_person<'a>(subject: &Subject, callers: &'a Callers) -> Vec<Standing<'a>> {
    let Persons::Named(facts) = &subject.facts.persons else { return Vec::new() };
    let countries = || facts.nationalities.iter().copied().chain(facts.deemed_country);
    let itself = |name| Standing::new(name, countries(), !facts.nationalities.is_empty());
    let record = callers.person.as_ref();
    let name = itself(record.and_then(|person| known(person.name.as_ref())));
    let aliases = record.into_iter().flat_map(|person| &person.aliases).filter_map(|alias| known(Some(alias)));
    std::iter::once(name).chain(aliases.map(|alias| itself(Some(alias)))).collect()
}

/// A name. One that says nothing is as good as absent.
fn known(name: Option<&String>) -> Option<Called<'_>> {
    let written = name.filter(|name| Name::is_one(name))?;
    Some(Called { written, name: OnceCell::new() })
}
