//! Pure. Screens the parties of a request against lists and against the parties that embargoes name.
//!
//! This happens before the decision, which then needs no names. The results are facts, so the ledger holds no names.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::facts::{NameKey, PartyMatch, Persons, PotentialMatch};
use super::reason::Review;
use super::subject::Subject;
use crate::parties::{Hit, PartyKind, Score, ScreenedParty, half_sha256};
use crate::record::{Clearance, Embargo, Organisation, Owner, OwnerKind, Person, Record};
use crate::register::{Loaded, MOST_STEPS, Register, Searched};
use crate::terms::Name;

/// The prefix in place of a list's name if an embargo names the party itself.
const NAMED: &str = "parties";

/// The lists that embargoes in force name, and the parties that embargoes in force name themselves.
pub(super) struct Lists<'a> {
    all: Vec<(&'a str, &'a Loaded)>,
    /// Absent if no embargo in force names a party.
    named: Option<&'a Loaded>,
    register: &'a Register,
    now: Timestamp,
    at_least: Score,
    /// The search steps left.
    steps: Cell<u64>,
}

/// The result of screening a request's parties against lists.
#[derive(Default)]
pub(super) struct ListScreening<'a> {
    /// At most one match per subject and entry or embargo, sorted.
    pub(super) matches: Vec<PotentialMatch>,
    /// The subjects that were not compared with a list because too few steps were left, each with the list's name.
    /// `None` stands for the parties that embargoes name themselves.
    pub(super) unsearched: BTreeSet<(String, Option<&'a str>)>,
}

struct PartyToScreen {
    via: Option<&'static str>,
    who: ScreenedParty,
    /// Whether all of the party's countries are known.
    complete: bool,
}

/// The list editions that a decision at `now` uses, `name@edition`, sorted: party lists that embargoes in force name, and
/// all network lists.
#[must_use]
pub fn editions_in_use(register: &Register, now: Timestamp) -> Vec<String> {
    let of_parties = register.lists_asked(now).map(|(name, loaded)| format!("{name}@{}", loaded.edition()));
    let of_networks = register.network_lists(now).map(|(name, loaded)| format!("{name}@{}", loaded.edition()));
    let mut editions: Vec<String> = of_parties.chain(of_networks).collect();
    editions.sort();
    editions
}

/// Screens the organisation, its owners at every level and the named person. Compares no names if no embargo in force
/// names a list or a party.
pub(super) fn screen_against_lists<'a>(
    subject: &Subject,
    organisation: &Organisation,
    person: Option<(&str, &Person)>,
    lists: &Lists<'a>,
) -> ListScreening<'a> {
    if lists.all.is_empty() && lists.named.is_none() {
        return ListScreening::default();
    }
    let id = format!("organisation#{}", subject.organisation);
    let is_known = organisation.incorporated_in.is_some() && organisation.headquartered_in.is_some();
    let mut screened: Vec<(String, PartyToScreen)> = screened_parties(organisation)
        .into_iter()
        .map(|(via, who)| {
            let complete = if via.is_some() { !who.countries.is_empty() } else { is_known };
            (id.clone(), PartyToScreen { via, who, complete })
        })
        .collect();
    if let (Some((id, record)), Persons::Named(_)) = (person, &subject.facts.persons) {
        let complete = !record.nationalities.is_empty();
        screened.push((format!("person#{id}"), PartyToScreen { via: None, who: screened_person(record), complete }));
    }
    let (mut found, mut unsearched) = (Vec::new(), BTreeSet::new());
    for (id, party) in &screened {
        let (matches, left_out) = lists.screen(id, &party.who, party.via);
        let variants = lists.spelling_variants(id, party, &subject.facts.parties);
        let left_out = left_out.into_iter().map(Some).chain(variants.is_none().then_some(None));
        unsearched.extend(left_out.map(|list| (id.clone(), list)));
        found.extend(matches.into_iter().chain(variants.into_iter().flatten()));
    }
    ListScreening { matches: strongest(found), unsearched }
}

/// The screened parties of an organisation's record: the organisation, then its owners at every level.
#[must_use]
pub fn screened_parties(record: &Organisation) -> Vec<(Option<&'static str>, ScreenedParty)> {
    let mut all = vec![(None, of_organisation(record))];
    add_owners(&record.owners, &mut all);
    all
}

fn add_owners(owners: &[Owner], all: &mut Vec<(Option<&'static str>, ScreenedParty)>) {
    for owner in owners {
        all.push((Some("owner"), of_owner(owner)));
        add_owners(&owner.owners, all);
    }
}

impl<'a> Lists<'a> {
    /// The lists that are readable; the result for any other is unknown.
    pub(super) fn in_use(register: &'a Register, now: Timestamp) -> Self {
        let all = register.lists_asked(now).map(|(name, loaded)| (name, loaded.as_ref()));
        let is_naming = |embargo: &Arc<Record<Embargo>>| is_naming(embargo, now);
        let named = register.parties_named().filter(|_| register.embargoes_by_name().iter().any(is_naming));
        let (named, at_least) = (named.map(AsRef::as_ref), register.screening(now).threshold());
        Self { all: all.collect(), named, register, now, at_least, steps: Cell::new(MOST_STEPS) }
    }

    /// Whether all of these lists are readable.
    pub(super) fn have(&self, names: &[String]) -> bool {
        names.iter().all(|name| self.all.iter().any(|(list, _)| list == name))
    }

    /// Whether every list that an embargo in force names is readable.
    pub(super) fn have_all(&self) -> bool {
        self.all.len() == self.register.lists_named(self.now).count()
    }

    /// Returns the matching entries, and the lists that could not be searched. A party without name and identifier
    /// matches nothing.
    pub(super) fn screen(
        &self,
        subject: &str,
        who: &ScreenedParty,
        via: Option<&str>,
    ) -> (Vec<PotentialMatch>, Vec<&'a str>) {
        let (mut found, mut unsearched) = (Vec::new(), Vec::new());
        if who.names.is_empty() && who.identifiers.is_empty() {
            return (found, unsearched);
        }
        for (list, loaded) in &self.all {
            match self.search(loaded, who) {
                Some(hits) => {
                    found.extend(
                        hits.iter().map(|hit| PotentialMatch::new((list, &hit.entry), hit, subject, (via, who))),
                    );
                }
                None => unsearched.push(*list),
            }
        }
        (found, unsearched)
    }

    /// Searches one list; `None` if that takes more steps than are left.
    fn search(&self, loaded: &Loaded, who: &ScreenedParty) -> Option<Arc<[Hit]>> {
        let left = self.steps.replace(0);
        if left == 0 {
            return None;
        }
        let Searched { hits, steps } = loaded.hits(who, self.at_least);
        self.steps.set(left.checked_sub(steps)?);
        hits.ok()
    }

    /// The embargoes in force that name the party in another spelling. Such a match is never exact: operators decide. An
    /// embargo that already matches the subject by name, according to `by_name`, is left out. `None` if the search did
    /// not finish.
    fn spelling_variants(
        &self,
        subject: &str,
        party: &PartyToScreen,
        by_name: &[PartyMatch],
    ) -> Option<Vec<PotentialMatch>> {
        let PartyToScreen { via, who, complete } = party;
        let Some(named) = self.named.filter(|_| !who.names.is_empty()) else { return Some(Vec::new()) };
        let matches_by_name = |embargo: &str| {
            let of_it = |found: &PartyMatch| found.by == NameKey::Parties && found.embargo == embargo;
            by_name.iter().any(|found| of_it(found) && found.subject == subject)
        };
        let is_elsewhere = |country: &str| {
            let is_there = || who.countries.iter().any(|own| own.to_string() == country);
            !country.is_empty() && *complete && !is_there()
        };
        let variant = |hit: &Hit| {
            let (country, embargo) = hit.entry.split_once(':')?;
            let is_naming = self.register.embargo(embargo).is_some_and(|embargo| is_naming(embargo, self.now));
            let is_variant = is_naming && !matches_by_name(embargo) && !is_elsewhere(country);
            let found = || PotentialMatch::new((NAMED, embargo), hit, subject, (*via, who));
            is_variant.then(|| PotentialMatch { exact: false, ..found() })
        };
        Some(self.search(named, who)?.iter().filter_map(variant).collect())
    }
}

/// Whether an embargo is in force and names parties itself.
fn is_naming(embargo: &Record<Embargo>, now: Timestamp) -> bool {
    embargo.applies_to.parties.is_some() && embargo.meta.is_in_force(now)
}

fn of_organisation(record: &Organisation) -> ScreenedParty {
    ScreenedParty {
        kind: Some(PartyKind::Organisation),
        names: usable(record.name.iter().chain(&record.aliases)),
        countries: record.incorporated_in.into_iter().chain(record.headquartered_in).collect(),
        identifiers: record.identifiers.clone(),
        ..ScreenedParty::default()
    }
}

pub(super) fn of_owner(record: &Owner) -> ScreenedParty {
    let kind = record.kind.map(|kind| match kind {
        OwnerKind::Person => PartyKind::Person,
        OwnerKind::Organisation => PartyKind::Organisation,
    });
    let countries = record.country.into_iter().collect();
    ScreenedParty { kind, names: usable(&record.name), countries, ..ScreenedParty::default() }
}

/// The screened party of a person's record.
#[must_use]
pub fn screened_person(record: &Person) -> ScreenedParty {
    ScreenedParty {
        kind: Some(PartyKind::Person),
        names: usable(record.name.iter().chain(&record.aliases)),
        countries: record.nationalities.iter().copied().chain(record.deemed_country).collect(),
        born: record.born.clone(),
        identifiers: record.identifiers.clone(),
    }
}

/// The names that have a letter or digit.
fn usable<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    names.into_iter().filter(|name| Name::is_one(name)).cloned().collect()
}

/// The digest of both sides of a comparison.
fn compared(who: &ScreenedParty, hit: &Hit) -> String {
    let names: BTreeSet<Name> = who.names.iter().filter_map(|name| Name::parse(name).ok()).collect();
    let names: Vec<&str> = names.iter().map(Name::as_str).collect();
    let countries: BTreeSet<_> = who.countries.iter().collect();
    let identifiers: BTreeSet<_> = who.identifiers.iter().collect();
    digest(&(names, &who.born, identifiers, countries, &hit.sha256))
}

/// Keeps the strongest match per subject and entry. Its digest covers the dropped ones, so it changes with any of them.
fn strongest(mut found: Vec<PotentialMatch>) -> Vec<PotentialMatch> {
    let is_same =
        |one: &PotentialMatch, other: &PotentialMatch| one.subject == other.subject && one.party == other.party;
    found.sort_by(|one, other| order(one).cmp(&order(other)));
    let mut strongest: Vec<PotentialMatch> = Vec::new();
    for found in found {
        match strongest.last_mut() {
            Some(last) if is_same(last, &found) => {
                last.match_sha256 = digest(&(&last.match_sha256, &found.match_sha256));
            }
            Some(_) | None => strongest.push(found),
        }
    }
    strongest
}

fn order(found: &PotentialMatch) -> (&str, &str, Reverse<bool>, Reverse<Score>, Option<&str>, &str) {
    let PotentialMatch { exact, match_sha256, party, score, subject, via } = found;
    (subject, party, Reverse(*exact), Reverse(*score), via.as_deref(), match_sha256)
}

/// The first 32 hex digits of the SHA-256 of this as JSON.
pub(super) fn digest(of: &impl Serialize) -> String {
    half_sha256(&serde_json::to_vec(of).unwrap_or_default())
}

impl PotentialMatch {
    /// A match of a screened party with the entry `(list, id)`.
    fn new(of: (&str, &str), hit: &Hit, subject: &str, (via, who): (Option<&str>, &ScreenedParty)) -> Self {
        Self {
            exact: hit.exact,
            match_sha256: compared(who, hit),
            party: format!("{}:{}", of.0, of.1),
            score: hit.score,
            subject: subject.to_owned(),
            via: via.map(str::to_owned),
        }
    }

    /// The embargo that names the party itself, if one does.
    pub(super) fn naming_embargo(&self) -> Option<&str> {
        self.party.split_once(':').filter(|(list, _)| *list == NAMED).map(|(_, embargo)| embargo)
    }

    pub(super) fn list(&self) -> &str {
        self.party.split_once(':').map_or(self.party.as_str(), |(list, _)| list)
    }

    /// The clearance in force at `now` that covers this match.
    #[must_use]
    pub fn cleared_by<'a>(&self, register: &'a Register, now: Timestamp) -> Option<&'a Record<Clearance>> {
        let mut in_force = register.clearances_of(&self.subject).filter(|clearance| clearance.meta.is_in_force(now));
        let clears = |found: &&Arc<Record<Clearance>>| found.clears(&self.subject, &self.party, &self.match_sha256);
        in_force.find(clears).map(AsRef::as_ref)
    }

    /// The match as a reason awaiting review.
    pub(super) fn review(&self) -> Review {
        Review {
            match_sha256: Some(self.match_sha256.clone()),
            party: self.party.clone(),
            score: Some(self.score),
            subject: self.subject.clone(),
        }
    }
}
