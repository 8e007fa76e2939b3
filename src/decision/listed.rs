//! Pure. Whom lists name that may stand behind a request, and whom embargoes themselves name by another spelling: worked
//! out before the decision, which then needs no name, and kept as a fact, so that no name stands in the ledger.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Callers;
use super::parties::{NameKey, PartyMatch};
use super::reason::Review;
use super::subject::{Persons, Subject};
use crate::parties::{Hit, PartyKind, Score, Somebody, half_sha256};
use crate::record::{Clearance, Embargo, Organisation, Owner, OwnerKind, Person, Record};
use crate::register::{Loaded, MOST_STEPS, Register, Searched};
use crate::terms::Name;

/// An entry of a list that somebody behind the request is, or may be; or a party of an embargo that somebody may be. The
/// fields stand in alphabetical order, since the ledger's entry is hashed so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Possible {
    /// Whether nothing is left to review: it is the party.
    pub exact: bool,
    /// The first 32 hex digits of the SHA-256 of what was compared: of the subject's names, birth date, identifiers and
    /// countries, and of the entry. Another where any of that changed.
    pub match_sha256: String,
    /// The entry: `list:entry`; the embargo that names the party itself: `parties:embargo`.
    pub party: String,
    /// How near it is.
    pub score: Score,
    /// Whose record it is: `organisation#…`, for its owners too, or `person#…`.
    pub subject: String,
    /// `owner` where it is an owner of the subject; absent where it is the subject itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
}

/// What stands for a list's name where an embargo names the party itself.
const NAMED: &str = "parties";

/// The lists that embargoes in force name, as they are asked, and the parties that such embargoes name themselves.
pub(super) struct Lists<'a> {
    all: Vec<(&'a str, &'a Loaded)>,
    /// Absent where no embargo in force names a party.
    named: Option<&'a Loaded>,
    register: &'a Register,
    now: Timestamp,
    at_least: Score,
    /// The steps that are left for searching.
    steps: Cell<u64>,
}

/// Whom lists name of those behind a request.
#[derive(Default)]
pub(super) struct Screened<'a> {
    /// Each subject once an entry or embargo, sorted.
    pub(super) possible: Vec<Possible>,
    /// The subjects that were not compared with a list, since that takes too many steps, each with the list's name. Absent,
    /// it is the parties that embargoes name themselves.
    pub(super) unsearched: BTreeSet<(String, Option<&'a str>)>,
}

/// Somebody behind the request.
struct Standing {
    via: Option<&'static str>,
    who: Somebody,
    /// Whether there are no other countries than those that are known.
    complete: bool,
}

/// The editions that are asked about a caller at `now`, `name@edition`, sorted: those of the lists of parties that
/// embargoes in force name, and of all lists of networks.
#[must_use]
pub fn editions_asked(register: &Register, now: Timestamp) -> Vec<String> {
    let of_parties = register.lists_asked(now).map(|(name, loaded)| format!("{name}@{}", loaded.edition()));
    let of_networks = register.network_lists(now).map(|(name, loaded)| format!("{name}@{}", loaded.edition()));
    let mut editions: Vec<String> = of_parties.chain(of_networks).collect();
    editions.sort();
    editions
}

/// Whom lists and embargoes name of the organisation, its owners at every level and the named person, whose id is `person`.
/// Where no embargo in force names a list or a party, no name is looked at.
pub(super) fn listed<'a>(
    subject: &Subject,
    callers: &Callers,
    person: Option<&str>,
    lists: &Lists<'a>,
) -> Screened<'a> {
    if lists.all.is_empty() && lists.named.is_none() {
        return Screened::default();
    }
    let mut standing = Vec::new();
    if let Some(organisation) = &callers.organisation {
        let id = format!("organisation#{}", subject.organisation);
        let is_known = organisation.incorporated_in.is_some() && organisation.headquartered_in.is_some();
        standing.extend(behind(organisation).into_iter().map(|(via, who)| {
            let complete = if via.is_some() { !who.countries.is_empty() } else { is_known };
            (id.clone(), Standing { via, who, complete })
        }));
    }
    if let (Some(record), Persons::Named(_)) = (&callers.person, &subject.facts.persons) {
        let complete = !record.nationalities.is_empty();
        let id = format!("person#{}", person.unwrap_or_default());
        standing.push((id, Standing { via: None, who: of_person(record), complete }));
    }
    let (mut found, mut unsearched) = (Vec::new(), BTreeSet::new());
    for (id, standing) in &standing {
        let (held, left_out) = lists.hold(id, &standing.who, standing.via);
        let near = lists.near(id, standing, &subject.facts.parties);
        let left_out = left_out.into_iter().map(Some).chain(near.is_none().then_some(None));
        unsearched.extend(left_out.map(|list| (id.clone(), list)));
        found.extend(held.into_iter().chain(near.into_iter().flatten()));
    }
    Screened { possible: strongest(found), unsearched }
}

/// Everybody who is held against lists because of an organisation's record: itself, then its owners at every level.
#[must_use]
pub fn behind(record: &Organisation) -> Vec<(Option<&'static str>, Somebody)> {
    let mut all = vec![(None, of_organisation(record))];
    add_owners(&record.owners, &mut all);
    all
}

fn add_owners(owners: &[Owner], all: &mut Vec<(Option<&'static str>, Somebody)>) {
    for owner in owners {
        all.push((Some("owner"), of_owner(owner)));
        add_owners(&owner.owners, all);
    }
}

impl<'a> Lists<'a> {
    /// Those that can be relied on; what can't is unknown.
    pub(super) fn asked(register: &'a Register, now: Timestamp) -> Self {
        let all = register.lists_asked(now).map(|(name, loaded)| (name, loaded.as_ref()));
        let is_naming = |embargo: &Arc<Record<Embargo>>| is_naming(embargo, now);
        let named = register.parties_named().filter(|_| register.embargoes_by_name().iter().any(is_naming));
        let (named, at_least) = (named.map(AsRef::as_ref), register.screening(now).threshold());
        Self { all: all.collect(), named, register, now, at_least, steps: Cell::new(MOST_STEPS) }
    }

    /// Whether these can all be asked.
    pub(super) fn have(&self, names: &[String]) -> bool {
        names.iter().all(|name| self.all.iter().any(|(list, _)| list == name))
    }

    /// Whether every list that an embargo in force names can be asked.
    pub(super) fn have_all(&self) -> bool {
        self.all.len() == self.register.lists_named(self.now).count()
    }

    /// The entries that somebody is, or may be, and the lists of which nobody can say. Who has neither name nor number is
    /// nobody's match.
    pub(super) fn hold(&self, subject: &str, who: &Somebody, via: Option<&str>) -> (Vec<Possible>, Vec<&'a str>) {
        let (mut found, mut unasked) = (Vec::new(), Vec::new());
        if who.names.is_empty() && who.identifiers.is_empty() {
            return (found, unasked);
        }
        for (list, loaded) in &self.all {
            match self.search(loaded, who) {
                Some(hits) => {
                    found.extend(hits.iter().map(|hit| Possible::new((list, &hit.entry), hit, subject, (via, who))));
                }
                None => unasked.push(*list),
            }
        }
        (found, unasked)
    }

    /// What a list has of somebody; `None` where that takes more steps than are left.
    fn search(&self, loaded: &Loaded, who: &Somebody) -> Option<Arc<[Hit]>> {
        let left = self.steps.replace(0);
        if left == 0 {
            return None;
        }
        let Searched { hits, steps } = loaded.hits(who, self.at_least);
        self.steps.set(left.checked_sub(steps)?);
        hits.ok()
    }

    /// The embargoes in force that name a party themselves that somebody may be, by another spelling, and that don't name
    /// the subject already, which `known` says. Whether it is the party is for the operators: here nothing is exact. `None`
    /// where nobody can say.
    fn near(&self, subject: &str, standing: &Standing, known: &[PartyMatch]) -> Option<Vec<Possible>> {
        let Standing { via, who, complete } = standing;
        let Some(named) = self.named.filter(|_| !who.names.is_empty()) else { return Some(Vec::new()) };
        let is_known = |embargo: &str| {
            let of_it = |found: &PartyMatch| found.by == NameKey::Parties && found.embargo == embargo;
            known.iter().any(|found| of_it(found) && found.subject == subject)
        };
        let is_elsewhere = |country: &str| {
            let is_there = || who.countries.iter().any(|own| own.to_string() == country);
            !country.is_empty() && *complete && !is_there()
        };
        let possible = |hit: &Hit| {
            let (country, embargo) = hit.entry.split_once(':')?;
            let is_naming = self.register.embargo(embargo).is_some_and(|embargo| is_naming(embargo, self.now));
            let is_meant = is_naming && !is_known(embargo) && !is_elsewhere(country);
            let possible = || Possible::new((NAMED, embargo), hit, subject, (*via, who));
            is_meant.then(|| Possible { exact: false, ..possible() })
        };
        Some(self.search(named, who)?.iter().filter_map(possible).collect())
    }
}

/// Whether an embargo is in force and names parties itself.
fn is_naming(embargo: &Record<Embargo>, now: Timestamp) -> bool {
    embargo.applies_to.parties.is_some() && embargo.meta.is_in_force(now)
}

fn of_organisation(record: &Organisation) -> Somebody {
    Somebody {
        kind: Some(PartyKind::Organisation),
        names: known(record.name.iter().chain(&record.aliases)),
        countries: record.incorporated_in.into_iter().chain(record.headquartered_in).collect(),
        identifiers: record.identifiers.clone(),
        ..Somebody::default()
    }
}

/// An owner, as far as the organisation's record says who it is.
pub(super) fn of_owner(record: &Owner) -> Somebody {
    let kind = record.kind.map(|kind| match kind {
        OwnerKind::Person => PartyKind::Person,
        OwnerKind::Organisation => PartyKind::Organisation,
    });
    let countries = record.country.into_iter().collect();
    Somebody { kind, names: known(&record.name), countries, ..Somebody::default() }
}

/// A person, as the record says who it is.
#[must_use]
pub fn of_person(record: &Person) -> Somebody {
    Somebody {
        kind: Some(PartyKind::Person),
        names: known(record.name.iter().chain(&record.aliases)),
        countries: record.nationalities.iter().copied().chain(record.deemed_country).collect(),
        born: record.born.clone(),
        identifiers: record.identifiers.clone(),
    }
}

/// The names that say something.
fn known<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    names.into_iter().filter(|name| Name::is_one(name)).cloned().collect()
}

/// The digest of what was compared: both sides of it.
fn compared(who: &Somebody, hit: &Hit) -> String {
    let names: BTreeSet<Name> = who.names.iter().filter_map(|name| Name::parse(name).ok()).collect();
    let names: Vec<&str> = names.iter().map(Name::as_str).collect();
    let countries: BTreeSet<_> = who.countries.iter().collect();
    let identifiers: BTreeSet<_> = who.identifiers.iter().collect();
    digest(&(names, &who.born, identifiers, countries, &hit.sha256))
}

/// Each subject once an entry, as what comes nearest. What was compared is then all of it: whichever changes, it is
/// another match.
fn strongest(mut found: Vec<Possible>) -> Vec<Possible> {
    let is_same = |one: &Possible, other: &Possible| one.subject == other.subject && one.party == other.party;
    found.sort_by(|one, other| order(one).cmp(&order(other)));
    let mut strongest: Vec<Possible> = Vec::new();
    for possible in found {
        match strongest.last_mut() {
            Some(last) if is_same(last, &possible) => {
                last.match_sha256 = digest(&(&last.match_sha256, &possible.match_sha256));
            }
            Some(_) | None => strongest.push(possible),
        }
    }
    strongest
}

fn order(possible: &Possible) -> (&str, &str, Reverse<bool>, Reverse<Score>, Option<&str>, &str) {
    let Possible { exact, match_sha256, party, score, subject, via } = possible;
    (subject, party, Reverse(*exact), Reverse(*score), via.as_deref(), match_sha256)
}

/// The first 32 hex digits of the SHA-256 of this as JSON.
pub(super) fn digest(of: &impl Serialize) -> String {
    half_sha256(&serde_json::to_vec(of).unwrap_or_default())
}

impl Possible {
    /// Of an entry, `list` and id, that somebody behind the subject comes near to.
    fn new(of: (&str, &str), hit: &Hit, subject: &str, (via, who): (Option<&str>, &Somebody)) -> Self {
        Self {
            exact: hit.exact,
            match_sha256: compared(who, hit),
            party: format!("{}:{}", of.0, of.1),
            score: hit.score,
            subject: subject.to_owned(),
            via: via.map(str::to_owned),
        }
    }

    /// The embargo that names the party itself, where one does.
    pub(super) fn embargo_named(&self) -> Option<&str> {
        self.party.split_once(':').filter(|(list, _)| *list == NAMED).map(|(_, embargo)| embargo)
    }

    /// The list.
    pub(super) fn list(&self) -> &str {
        self.party.split_once(':').map_or(self.party.as_str(), |(list, _)| list)
    }

    /// The clearance in force at `now` by which it is somebody else.
    #[must_use]
    pub fn cleared_by<'a>(&self, register: &'a Register, now: Timestamp) -> Option<&'a Record<Clearance>> {
        let mut in_force = register.clearances_of(&self.subject).filter(|clearance| clearance.meta.is_in_force(now));
        let clears = |found: &&Arc<Record<Clearance>>| found.clears(&self.subject, &self.party, &self.match_sha256);
        in_force.find(clears).map(AsRef::as_ref)
    }

    /// As it awaits a decision.
    pub(super) fn review(&self) -> Review {
        Review {
            match_sha256: Some(self.match_sha256.clone()),
            party: self.party.clone(),
            score: Some(self.score),
            subject: self.subject.clone(),
        }
    }
}
